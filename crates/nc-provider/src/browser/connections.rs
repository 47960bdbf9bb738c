//! What may use a person's account: the consents, put together for each client.

use nc_proto::oauth::scope_list::ScopeList;
use nc_store::{ClientKind, ConsentRecord};
use nc_web::ClientAddress;

use super::session::SignedIn;
use crate::{Audit, Client, Error, Event, GrantDocument, Provider, Resource, consents};

/// A client that a person allowed something.
pub(super) struct Connection {
    /// The client.
    pub(super) client: Client,
    /// One for each resource.
    pub(super) consents: Vec<ConsentRecord>,
    /// What they hold together.
    pub(super) scopes: ScopeList,
}

/// Why scopes are not changed.
pub(super) enum Unchanged {
    /// There is no such connection.
    Unknown,
    /// Nothing at all, or more than the client may have.
    NotAllowed,
    /// We failed.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Unchanged {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Connection {
    /// Every connection of a person, in the order in which they were made.
    pub(super) async fn list(provider: &Provider, subject: &str) -> Result<Vec<Self>, Error> {
        let mut connections: Vec<Self> = Vec::new();
        for consent in provider.store().list_consents(subject).await? {
            if consent.expires_at <= provider.now() {
                continue;
            }
            let scopes = consents::scopes(&consent)?;
            let known = connections
                .iter_mut()
                .find(|known| known.client.id() == consent.client_id);
            if let Some(known) = known {
                known.scopes = known.scopes.union(&scopes);
                known.consents.push(consent);
            } else if let Some(record) = provider.store().find_client(&consent.client_id).await? {
                connections.push(Self {
                    client: Client::from_record(record)?,
                    consents: vec![consent],
                    scopes,
                });
            }
        }
        Ok(connections)
    }

    /// The connection with a client, by the client's number.
    pub(super) async fn find(provider: &Provider, subject: &str, number: i64) -> Result<Option<Self>, Error> {
        let all = Self::list(provider, subject).await?;
        Ok(all.into_iter().find(|one| one.client.record.number == number))
    }

    /// The scopes that the client may have.
    pub(super) fn allowed(&self, provider: &Provider) -> Result<ScopeList, Error> {
        let public = &provider.config().public_scopes;
        let all = self.client.document.allowed_scopes.as_ref().unwrap_or(public);
        let all = ScopeList::from_tokens(all.iter().map(String::as_str))
            .map_err(|_| Error::Internal("a stored client has scopes that cannot be"))?;
        Ok(self.client.allowed(&all, public))
    }

    /// When it was made.
    pub(super) fn created_at(&self) -> i64 {
        self.consents
            .iter()
            .map(|consent| consent.created_at)
            .min()
            .unwrap_or(0)
    }

    /// When it was last changed.
    pub(super) fn updated_at(&self) -> i64 {
        self.consents
            .iter()
            .map(|consent| consent.updated_at)
            .max()
            .unwrap_or(0)
    }

    /// When the first part of it ends.
    pub(super) fn expires_at(&self) -> i64 {
        self.consents
            .iter()
            .map(|consent| consent.expires_at)
            .min()
            .unwrap_or(0)
    }

    /// Its resources.
    pub(super) fn resources(&self) -> Vec<&str> {
        let resources = self.consents.iter().map(|consent| consent.resource.as_str());
        resources.filter(|resource| !resource.is_empty()).collect()
    }

    /// Whether it is one that nobody checked.
    pub(super) fn is_document(&self) -> bool {
        self.client.record.kind == ClientKind::Document
    }
}

/// Ends a connection at once: consents, grants and all that came of them. Whether there was one.
pub(super) async fn revoke(
    provider: &Provider,
    session: &SignedIn,
    number: i64,
    address: Option<ClientAddress>,
) -> Result<bool, Error> {
    let Some(connection) = Connection::find(provider, &session.subject, number).await? else {
        return Ok(false);
    };
    let (client_id, now) = (connection.client.id(), provider.now());
    let unit = provider.store().begin().await?;
    unit.delete_consents(&session.subject, client_id).await?;
    unit.revoke_grants(&session.subject, Some(client_id), None, now).await?;
    Audit::new(Event::Revoked)
        .with("client", client_id)
        .with("subject", session.subject.as_str())
        .with("sid", session.sid.as_str())
        .with("what", "consent")
        .with_address(provider, address)
        .append(unit.as_ref(), now)
        .await?;
    unit.commit().await?;
    provider.release(Some(&session.subject)).await;
    Ok(true)
}

/// Changes what a client may do. What none of the allowed resources defines is not kept. The connection as it is then.
pub(super) async fn change(
    provider: &Provider,
    session: &SignedIn,
    number: i64,
    wanted: &ScopeList,
    address: Option<ClientAddress>,
) -> Result<Connection, Unchanged> {
    let found = Connection::find(provider, &session.subject, number).await?;
    let before = found.ok_or(Unchanged::Unknown)?;
    if wanted.is_empty() || !wanted.is_subset(&before.allowed(provider)?) {
        return Err(Unchanged::NotAllowed);
    }
    let (client_id, now) = (before.client.id(), provider.now());
    let unit = provider.store().begin().await?;
    let mut after = ScopeList::default();
    for consent in &before.consents {
        let found = unit
            .find_consent(&session.subject, client_id, &consent.resource)
            .await?;
        // One that was ended meanwhile stays so.
        let Some(consent) = found else { continue };
        let known = consents::scopes(&consent)?;
        // What was ticked because another resource has it says nothing about this one.
        let wanted = &wanted.difference(&before.scopes.difference(&known));
        let scopes = if consent.resource.is_empty() {
            wanted.clone()
        } else {
            match Resource::find(provider.config(), unit.as_ref(), &consent.resource).await? {
                Some(resource) => resource.narrow(wanted),
                None => wanted.intersection(&known),
            }
        };
        after = after.union(&scopes);
        unit.put_consent(&ConsentRecord {
            updated_at: now,
            expires_at: consents::ends_at(provider, now),
            ..consents::narrowed(consent, &scopes, now)?
        })
        .await?;
    }
    if !before.scopes.is_subset(&after) {
        // Tokens that say more than this must not live on, nor codes; the next refresh gives one that says less.
        for grant in unit.list_grants(&session.subject).await? {
            if grant.client_id == client_id {
                unit.revoke_access_tokens(&grant.id, now).await?;
                let mut document: GrantDocument = serde_json::from_str(&grant.document)?;
                document.scopes.retain(|scope| after.contains(scope));
                unit.update_grant(&grant.id, &serde_json::to_string(&document)?).await?;
            }
        }
    }
    Audit::new(Event::Consented)
        .with("client", client_id)
        .with("subject", session.subject.as_str())
        .with("sid", session.sid.as_str())
        .with("scope", after.to_string())
        .with_address(provider, address)
        .append(unit.as_ref(), now)
        .await?;
    unit.commit().await?;
    // A grant without a refresh token ends with its access token.
    provider.release(Some(&session.subject)).await;
    let found = Connection::find(provider, &session.subject, number).await?;
    found.ok_or(Unchanged::Unknown)
}
