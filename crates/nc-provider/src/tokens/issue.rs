//! Issuing the tokens of a grant: an access token, and by the rules an ID token and a refresh token.

use nc_proto::oauth::{scope_list::ScopeList, token::TokenResponse};
use nc_store::{ClientKind, Digest, GrantRecord, RefreshState, RefreshTokenRecord, Unit};
use secrecy::ExposeSecret as _;

use super::{Access, Beside, IdToken, Minted, Opaque};
use crate::{Client, Error, GrantDocument, Person, Provider, RefreshDocument, Resource, Settings};

/// The tokens to issue.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    /// To whom.
    pub(crate) client: &'a Client,
    /// Their family.
    pub(crate) grant: &'a GrantRecord,
    /// What the family is about.
    pub(crate) document: &'a GrantDocument,
    /// Whose they are.
    pub(crate) person: &'a Person,
    /// What the access token allows.
    pub(crate) scopes: &'a ScopeList,
    /// For which resources it is.
    pub(crate) resources: &'a [Resource],
    /// Goes into the ID token.
    pub(crate) nonce: Option<&'a str>,
    /// The refresh token, if there is to be one.
    pub(crate) next: Option<Next>,
}

/// A refresh token to be.
#[derive(Debug)]
pub(crate) struct Next {
    /// The token that it replaces.
    pub(crate) parent: Option<Digest>,
    /// What it is bound to.
    pub(crate) document: RefreshDocument,
}

/// What was issued.
#[derive(Debug)]
pub(crate) struct Issued {
    /// The answer for the client.
    pub(crate) response: TokenResponse,
    /// The refresh token, as it is stored.
    pub(crate) refresh: Option<Digest>,
}

impl Order<'_> {
    /// Issues them as part of a unit of work.
    pub(crate) async fn issue(mut self, provider: &Provider, unit: &dyn Unit) -> Result<Issued, Error> {
        let now = provider.now();
        let settings = provider.settings().await?;
        let Minted {
            token,
            record,
            expires_in_s,
        } = self.access().mint(provider).await?;
        unit.insert_access_token(&record).await?;
        let id_token = if self.scopes.contains("openid") {
            Some(self.id_token(token.expose_secret())?.sign(provider).await?)
        } else {
            None
        };
        let mut response = TokenResponse {
            access_token: token.expose_secret().to_owned(),
            token_type: if self.document.dpop_jkt.is_some() {
                "DPoP"
            } else {
                "Bearer"
            }
            .to_owned(),
            expires_in: Some(expires_in_s),
            scope: Some(self.scopes.clone()),
            id_token,
            refresh_token: None,
            refresh_expires_in: None,
            issued_token_type: None,
        };
        let mut refresh = None;
        if let Some(next) = self.next.take() {
            let end = idle_end(provider, &settings, self.client).min(next.document.family_ends_at);
            let (token, digest) = Opaque::Refresh.make()?;
            unit.insert_refresh_token(&RefreshTokenRecord {
                token: digest,
                grant: self.grant.id.clone(),
                parent: next.parent,
                state: RefreshState::Live,
                spent_at: None,
                successor: None,
                document: serde_json::to_string(&next.document)?,
                expires_at: end,
            })
            .await?;
            response.refresh_token = Some(token.expose_secret().to_owned());
            response.refresh_expires_in = Some(u64::try_from(end.saturating_sub(now)).unwrap_or(0));
            refresh = Some(digest);
        }
        let client_end = client_end(provider, &settings, self.client);
        unit.note_client_use(self.client.id(), now, client_end).await?;
        Ok(Issued { response, refresh })
    }

    /// The ID token that goes with an access token.
    fn id_token<'b>(&'b self, access_token: &'b str) -> Result<IdToken<'b>, Error> {
        let subject = self.grant.subject.as_deref();
        Ok(IdToken {
            client: self.client,
            person: self.person,
            subject: subject.ok_or(Error::Internal("a grant of a person has no subject"))?,
            sid: self.grant.sid.as_deref(),
            scopes: self.scopes,
            document: self.document,
            nonce: self.nonce,
            beside: Beside::AccessToken(access_token),
        })
    }

    fn access(&self) -> Access<'_> {
        Access {
            grant: &self.grant.id,
            subject: self.grant.subject.as_deref().unwrap_or_default(),
            person: Some(self.person),
            client: self.client,
            scopes: self.scopes,
            resources: self.resources,
            authentication: self.document.authentication.as_ref(),
            sid: self.grant.sid.as_deref(),
            jkt: self.document.dpop_jkt.as_deref(),
            act: None,
            not_after: None,
        }
    }
}

/// When a refresh token ends that is not used until then.
fn idle_end(provider: &Provider, settings: &Settings, client: &Client) -> i64 {
    let lifetimes = &provider.config().lifetimes;
    let built_in = if client.is_public() {
        lifetimes.refresh_idle_public
    } else {
        lifetimes.refresh_idle
    };
    let seconds = settings.refresh_expire_time_s.map_or(built_in.as_secs(), u64::from);
    provider
        .now()
        .saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// When a client ends that just got a token. Only those that registered themselves do.
pub(crate) fn client_end(provider: &Provider, settings: &Settings, client: &Client) -> Option<i64> {
    if client.record.kind != ClientKind::Dynamic {
        return client.record.expires_at;
    }
    let built_in = provider.config().lifetimes.used_client.as_secs();
    let seconds = settings.client_expire_time_s.map_or(built_in, u64::from);
    Some(
        provider
            .now()
            .saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)),
    )
}
