use nc_proto::oauth::scope_list::ScopeList;

use super::{
    Admin, AdminError, WhichClient,
    clients::{get, write},
    invalid, number_of,
};
use crate::{
    Audit, Client, CustomClaim, Event,
    claims::{CUSTOM_CLAIM_FUNCTIONS, is_custom_claim_name},
};

/// Functions that need to be told a group.
const ABOUT_A_GROUP: [&str; 3] = ["isGroupAdmin", "hasRole", "isInGroup"];

/// A claim to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClaim {
    /// Given with this scope.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// Which value.
    pub function: String,
    /// What the function needs.
    pub parameter: Option<String>,
}

/// A claim and the client that has it.
#[derive(Debug, Clone)]
pub struct ClaimOfClient {
    /// Number of the client.
    pub client_number: i64,
    /// Its id on the wire.
    pub client_id: String,
    /// The claim.
    pub claim: CustomClaim,
}

impl NewClaim {
    fn check(self, client: i64) -> Result<CustomClaim, AdminError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/#".contains(&byte);
        if self.name.len() > 128 || !self.name.bytes().all(plain) || !is_custom_claim_name(&self.name) {
            return Err(invalid(
                "this name is reserved, or not a plain name of at most 128 characters",
            ));
        }
        if !ScopeList::parse(&self.scope).is_ok_and(|list| list.len() == 1) {
            return Err(invalid("a claim is given with one scope"));
        }
        if !CUSTOM_CLAIM_FUNCTIONS.contains(&self.function.as_str()) {
            return Err(invalid(format!(
                "the function must be one of {}",
                CUSTOM_CLAIM_FUNCTIONS.join(", ")
            )));
        }
        let parameter = self.parameter.filter(|parameter| !parameter.is_empty());
        if ABOUT_A_GROUP.contains(&self.function.as_str()) != parameter.is_some() {
            return Err(invalid(format!(
                "{} need a group as parameter, the others none",
                ABOUT_A_GROUP.join(", ")
            )));
        }
        Ok(CustomClaim {
            id: number_of(client, &self.name),
            scope: self.scope,
            name: self.name,
            function: self.function,
            parameter,
        })
    }
}

impl ClaimOfClient {
    fn all(client: &Client) -> impl Iterator<Item = Self> + '_ {
        client.document.custom_claims.iter().map(|claim| Self {
            client_number: client.record.number,
            client_id: client.id().to_owned(),
            claim: claim.clone(),
        })
    }
}

impl Admin<'_> {
    /// Every claim, or those of one client.
    pub async fn list_claims(&self, of: Option<WhichClient<'_>>) -> Result<Vec<ClaimOfClient>, AdminError> {
        let clients = match of {
            Some(which) => vec![self.get_client(which).await?],
            None => self.list_clients().await?,
        };
        Ok(clients.iter().flat_map(ClaimOfClient::all).collect())
    }

    /// Gives a client a claim; one with the same name is replaced.
    pub async fn put_claim(&self, of: WhichClient<'_>, new: NewClaim) -> Result<ClaimOfClient, AdminError> {
        let unit = self.store.begin().await?;
        let mut client = get(&*unit, of).await?;
        let claim = new.check(client.record.number)?;
        client.document.custom_claims.retain(|own| own.name != claim.name);
        client.document.custom_claims.push(claim.clone());
        write(&*unit, &mut client).await?;
        let audit = Audit::new(Event::Registration).with("client", client.id());
        self.finish(unit, audit.with("what", "custom claim")).await?;
        Ok(ClaimOfClient {
            client_number: client.record.number,
            client_id: client.id().to_owned(),
            claim,
        })
    }

    /// Replaces a claim, which may change its name; it keeps its client.
    pub async fn change_claim(&self, number: i64, new: NewClaim) -> Result<ClaimOfClient, AdminError> {
        let former = self.find_claim(number).await?;
        let client = WhichClient::Number(former.client_number);
        if former.claim.name != new.name {
            // Checked first, so that a bad new one does not cost the old one.
            new.clone().check(former.client_number)?;
            self.remove_claim(number).await?;
        }
        self.put_claim(client, new).await
    }

    /// Takes a claim away.
    pub async fn remove_claim(&self, number: i64) -> Result<(), AdminError> {
        let found = self.find_claim(number).await?;
        let unit = self.store.begin().await?;
        let mut client = get(&*unit, WhichClient::Number(found.client_number)).await?;
        client.document.custom_claims.retain(|own| own.id != number);
        write(&*unit, &mut client).await?;
        let audit = Audit::new(Event::Registration).with("client", client.id());
        self.finish(unit, audit.with("what", "custom claim removed")).await
    }

    /// The functions that give claims their values.
    pub const fn claim_functions() -> &'static [&'static str] {
        &CUSTOM_CLAIM_FUNCTIONS
    }

    async fn find_claim(&self, number: i64) -> Result<ClaimOfClient, AdminError> {
        let claims = self.list_claims(None).await?;
        let mut found = claims.into_iter().filter(|claim| claim.claim.id == number);
        found.next().ok_or(AdminError::Missing("claim"))
    }
}
