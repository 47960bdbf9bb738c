use std::collections::BTreeSet;

use nc_proto::oauth::{
    client_auth::AuthMethod,
    jose::Algorithm,
    redirect_uri::{ApplicationType, RedirectUri},
    registration::check_name,
};
use nc_store::{ClientKind, ClientRecord, Digest, NewClient, StoreError, Unit};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{Admin, AdminError, ClientChange, invalid, legacy_clients};
use crate::{Audit, Client, ClientDocument, Error, Event, GrantType, SigningKey, random};

/// Clients in one page of a list.
const PAGE: u32 = 500;

/// The shortest secret that an administrator may choose; ours have 64 characters.
const SECRET_MIN_CHARS: usize = 32;

/// Which client is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichClient<'a> {
    /// The one with this number.
    Number(i64),
    /// The one with this id on the wire.
    Id(&'a str),
}

/// What kind of client an administrator makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewClientKind {
    /// For users.
    Ordinary,
    /// For users, trusted like a part of this server.
    FirstParty,
    /// A program without users.
    Service,
}

/// A client to be.
#[derive(Debug, Clone)]
pub struct NewAdminClient {
    /// Name for people.
    pub name: String,
    /// What kind.
    pub kind: NewClientKind,
    /// Where answers may be sent.
    pub redirect_uris: Vec<String>,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// Its public keys, for [`AuthMethod::PrivateKeyJwt`].
    pub jwks: Option<Value>,
    /// Its id; made up when there is none.
    pub client_id: Option<String>,
    /// Its secret; made up when there is none and it needs one.
    pub secret: Option<SecretString>,
    /// `alg` of its ID tokens.
    pub id_token_algorithm: Option<String>,
    /// All the rest.
    pub changes: Vec<ClientChange>,
}

impl NewAdminClient {
    /// A confidential client for users.
    pub fn new(name: impl Into<String>, redirect_uris: Vec<String>) -> Self {
        Self {
            name: name.into(),
            kind: NewClientKind::Ordinary,
            redirect_uris,
            auth_method: AuthMethod::ClientSecretPost,
            jwks: None,
            client_id: None,
            secret: None,
            id_token_algorithm: None,
            changes: Vec::new(),
        }
    }
}

/// A client that was just made.
#[derive(Debug)]
pub struct CreatedClient {
    /// The client.
    pub client: Client,
    /// Its secret, which nobody can read again.
    pub secret: Option<SecretString>,
}

impl Admin<'_> {
    /// Makes a client.
    pub async fn create_client(&self, new: NewAdminClient) -> Result<CreatedClient, AdminError> {
        let client_id = match new.client_id.clone() {
            Some(id) => checked_id(id)?,
            None => hex::encode(random::bytes::<32>()?),
        };
        let secret = new_secret(&new)?;
        let document = document(&new)?;
        let record = NewClient {
            client_id: client_id.clone(),
            kind: match new.kind {
                NewClientKind::Ordinary => ClientKind::Admin,
                NewClientKind::FirstParty => ClientKind::FirstParty,
                NewClientKind::Service => ClientKind::Service,
            },
            document: serde_json::to_string(&document)?,
            secret: secret.as_ref().map(|secret| Digest::of(secret.expose_secret())),
            registration_token: None,
            created_at: self.now,
            expires_at: None,
        };
        let unit = self.store.begin().await?;
        let number = match unit.insert_client(&record).await {
            Err(StoreError::Exists) => return Err(AdminError::Exists("client")),
            other => other?,
        };
        let mut client = get(&*unit, WhichClient::Number(number)).await?;
        for change in new.changes {
            change.apply(&mut client, &*unit).await?;
        }
        write(&*unit, &mut client).await?;
        let audit = Audit::new(Event::Registration).with("client", client_id);
        self.finish(unit, audit.with("what", "created")).await?;
        Ok(CreatedClient { client, secret })
    }

    /// Every client, in order of number.
    pub async fn list_clients(&self) -> Result<Vec<Client>, AdminError> {
        let mut clients = Vec::new();
        let mut after = 0;
        loop {
            let page = self.store.list_clients(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(clients) };
            after = last.number;
            for record in page {
                clients.push(Client::from_record(record)?);
            }
        }
    }

    /// One client, whatever state it is in.
    pub async fn get_client(&self, which: WhichClient<'_>) -> Result<Client, AdminError> {
        let record = match which {
            WhichClient::Number(number) => self.store.find_client_by_number(number).await?,
            WhichClient::Id(id) => self.store.find_client(id).await?,
        };
        Ok(Client::from_record(record.ok_or(AdminError::Missing("client"))?)?)
    }

    /// Deletes a client with all that came from it.
    pub async fn remove_client(&self, which: WhichClient<'_>) -> Result<(), AdminError> {
        let unit = self.store.begin().await?;
        let record = find(&*unit, which).await?.ok_or(AdminError::Missing("client"))?;
        unit.delete_client(&record.client_id).await?;
        legacy_clients::note(&*unit, &record.client_id, false).await?;
        let audit = Audit::new(Event::Registration).with("client", record.client_id);
        self.finish(unit, audit.with("what", "deleted")).await
    }

    /// Changes a client: all of the changes, or none.
    pub async fn change_client(
        &self,
        which: WhichClient<'_>,
        changes: Vec<ClientChange>,
    ) -> Result<Client, AdminError> {
        let unit = self.store.begin().await?;
        let mut client = get(&*unit, which).await?;
        let mut what = BTreeSet::new();
        for change in changes {
            what.insert(change.word());
            change.apply(&mut client, &*unit).await?;
        }
        write(&*unit, &mut client).await?;
        let what: Vec<_> = what.into_iter().collect();
        let audit = Audit::new(Event::Registration).with("client", client.id());
        self.finish(unit, audit.with("what", what)).await?;
        Ok(client)
    }

    /// Gives a client a new secret; the former one is no longer good.
    pub async fn renew_secret(&self, which: WhichClient<'_>) -> Result<CreatedClient, AdminError> {
        let unit = self.store.begin().await?;
        let mut client = get(&*unit, which).await?;
        if !has_secret(client.document.auth_method) {
            return Err(invalid("this client authenticates without a secret"));
        }
        let secret = fresh_secret()?;
        client.record.secret = Some(Digest::of(secret.expose_secret()));
        write(&*unit, &mut client).await?;
        let audit = Audit::new(Event::Registration).with("client", client.id());
        self.finish(unit, audit.with("what", "secret")).await?;
        let secret = Some(secret);
        Ok(CreatedClient { client, secret })
    }
}

/// A client inside a unit of work.
pub(super) async fn get(unit: &dyn Unit, which: WhichClient<'_>) -> Result<Client, AdminError> {
    let record = find(unit, which).await?.ok_or(AdminError::Missing("client"))?;
    Ok(Client::from_record(record)?)
}

/// Stores a changed client.
pub(super) async fn write(unit: &dyn Unit, client: &mut Client) -> Result<(), AdminError> {
    client.record.document = serde_json::to_string(&client.document)?;
    Ok(unit.update_client(&client.record).await?)
}

async fn find(unit: &dyn Unit, which: WhichClient<'_>) -> Result<Option<ClientRecord>, AdminError> {
    Ok(match which {
        WhichClient::Number(number) => unit.find_client_by_number(number).await?,
        WhichClient::Id(id) => unit.find_client(id).await?,
    })
}

fn document(new: &NewAdminClient) -> Result<ClientDocument, AdminError> {
    let name = check_name(&new.name).map_err(|_| invalid("the name must be 1 to 128 plain characters"))?;
    let uris: Vec<RedirectUri> = new
        .redirect_uris
        .iter()
        .map(|uri| redirect_uri(uri))
        .collect::<Result<_, _>>()?;
    let is_service = new.kind == NewClientKind::Service;
    if is_service != uris.is_empty() {
        return Err(invalid("a client needs a redirect URI, and one without users has none"));
    }
    if is_service && new.auth_method == AuthMethod::None {
        return Err(invalid("a client without users has to authenticate"));
    }
    let jwks = keys(new)?;
    let grants: &[GrantType] = if is_service {
        &[GrantType::ClientCredentials]
    } else {
        &[GrantType::AuthorizationCode, GrantType::RefreshToken]
    };
    check_algorithm(new.id_token_algorithm.as_deref())?;
    Ok(ClientDocument {
        name,
        application_type: ApplicationType::derive(&uris),
        auth_method: new.auth_method,
        redirect_uris: new.redirect_uris.clone(),
        logout_uris: Vec::new(),
        grants: grants.iter().copied().collect(),
        jwks,
        jwks_uri: None,
        tokens_are_jwt: None,
        id_token_algorithm: new.id_token_algorithm.clone(),
        allowed_scopes: None,
        default_scopes: None,
        default_resource: None,
        requested_resource: None,
        resources: Vec::new(),
        exchange_targets: Vec::new(),
        groups: Vec::new(),
        email_regex: None,
        custom_claims: Vec::new(),
        auto_grant: false,
        require_par: false,
        require_dpop: false,
        admin_scopes: false,
        legacy_flows: false,
        backchannel_logout_uri: None,
        backchannel_logout_session_required: false,
        contacts: Vec::new(),
        logo_uri: None,
        policy_uri: None,
        tos_uri: None,
        decided: BTreeSet::new(),
        document_hash: None,
    })
}

fn keys(new: &NewAdminClient) -> Result<Option<Value>, AdminError> {
    if (new.auth_method == AuthMethod::PrivateKeyJwt) != new.jwks.is_some() {
        return Err(invalid("public keys go with private_key_jwt, and only with it"));
    }
    let Some(value) = &new.jwks else { return Ok(None) };
    let set = nc_proto::oauth::jose::JwkSet::from_value(value).map_err(|_| invalid("not a set of public keys"))?;
    Ok(Some(set.to_value()))
}

/// Checks that tokens can be signed so.
pub(super) fn check_algorithm(name: Option<&str>) -> Result<(), AdminError> {
    let known = |name: &str| Algorithm::from_name(name).is_some_and(|one| SigningKey::ALGORITHMS.contains(&one));
    if name.is_none_or(known) {
        Ok(())
    } else {
        Err(invalid("the algorithm must be RS256, ES256 or EdDSA"))
    }
}

/// Checks where answers may be sent.
pub(super) fn redirect_uri(uri: &str) -> Result<RedirectUri, AdminError> {
    RedirectUri::parse(uri).map_err(|error| invalid(format!("redirect URI {uri}: {error}")))
}

fn new_secret(new: &NewAdminClient) -> Result<Option<SecretString>, AdminError> {
    match &new.secret {
        None if has_secret(new.auth_method) => Ok(Some(fresh_secret()?)),
        None => Ok(None),
        Some(_) if !has_secret(new.auth_method) => Err(invalid("this client authenticates without a secret")),
        Some(secret) => {
            let text = secret.expose_secret();
            if text.len() < SECRET_MIN_CHARS || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(invalid("a secret needs at least 32 plain characters"));
            }
            Ok(Some(secret.clone()))
        }
    }
}

fn fresh_secret() -> Result<SecretString, Error> {
    Ok(hex::encode(random::bytes::<32>()?).into())
}

const fn has_secret(method: AuthMethod) -> bool {
    matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)
}

/// Ids of clients are plain: they stand in URLs, logs and Basic credentials.
fn checked_id(id: String) -> Result<String, AdminError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if (1..=128).contains(&id.len()) && id.bytes().all(plain) {
        Ok(id)
    } else {
        Err(invalid("a client id has 1 to 128 letters, digits, -, . or _"))
    }
}
