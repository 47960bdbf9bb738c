//! Clients that are known by a metadata document, whose URL is their id (draft-ietf-oauth-client-id-metadata-document-00).
//!
//! What was read is stored as a client, so that grants and tokens can belong to it. A ticket says how long it is believed
//! without asking again, and how long a failure rests.

use nc_auth::fetch::FetchError;
use nc_proto::oauth::{
    allowed_client::names_host,
    cimd::{CACHE_MAX_S, ClientIdUrl, MAX_BYTES, cache_seconds},
    registration::ClientMetadata,
};
use nc_store::{ClientKind, Digest, NewClient, TicketKind, TicketRecord, Unit};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::allowed::{allowed, allows_document};
use crate::{Audit, Client, ClientDocument, Error, Event, Provider};

/// How long a failure is not tried again.
const FAILURE_S: i64 = 60;

/// What is remembered of the last attempt.
#[derive(Serialize, Deserialize)]
struct Attempt {
    /// Whether the stored client may be used.
    good: bool,
    /// Until when the document is not asked for again.
    rests_until: i64,
}

enum Read {
    Good {
        metadata: Box<ClientMetadata>,
        hash: String,
        keep_s: i64,
    },
    /// It says something that no client may say, or is no document.
    Refused,
    /// Its server is away, which may pass.
    Away,
}

impl Provider {
    /// The client that describes itself at the URL which is its id. `None`: it is not one of this kind, or not acceptable.
    pub(crate) async fn find_document_client(&self, client_id: &str) -> Result<Option<Client>, Error> {
        let found = self.find_described_client(client_id).await?;
        Ok(found.and_then(|client| allowed(&self.config().allowed_clients, client)))
    }

    async fn find_described_client(&self, client_id: &str) -> Result<Option<Client>, Error> {
        let stored = self.store().find_client(client_id).await?;
        if stored
            .as_ref()
            .is_some_and(|record| record.kind != ClientKind::Document)
        {
            // An administrator gave this name to a client; no document changes it.
            return self.find_stored_client(client_id).await;
        }
        let config = self.config();
        let is_one = |id: &ClientIdUrl| {
            is_allowed(id.host(), &config.document_hosts) && allows_document(&config.allowed_clients, id)
        };
        let Some(id) = ClientIdUrl::parse(client_id).filter(is_one) else {
            return Ok(None);
        };
        let now = self.now();
        let ticket = self
            .store()
            .find_ticket(TicketKind::ClientDocument, key(&id), now)
            .await?;
        let known: Option<Attempt> = ticket.and_then(|ticket| serde_json::from_str(&ticket.document).ok());
        if stored.as_ref().is_some_and(|record| record.disabled) {
            return Ok(None);
        }
        let client = stored.map(Client::from_record).transpose()?;
        match known.as_ref().filter(|known| now < known.rests_until) {
            Some(known) if !known.good => return Ok(None),
            Some(_) if client.is_some() => return Ok(client),
            // Of one that made room for others nothing is left but the document.
            _ => {}
        }
        match self.read_document(&id).await {
            Read::Good { metadata, hash, keep_s } => {
                let mut document = ClientDocument::from_metadata(&metadata, id.host());
                document.document_hash = Some(hash);
                self.keep_client(&id, self.within_bounds(document), now.saturating_add(keep_s))
                    .await
            }
            // A day at most without its server; tokens that were given meanwhile end sooner.
            Read::Away if known.is_some_and(|known| known.good) && client.is_some() => {
                let unit = self.store().begin().await?;
                let ticket = unit.find_ticket(TicketKind::ClientDocument, key(&id), now).await?;
                let expires_at = ticket.map_or(now, |ticket| ticket.expires_at);
                note(&*unit, &id, true, now.saturating_add(FAILURE_S), expires_at).await?;
                // It may have been stopped while its server was waited for.
                let client = Client::find_stored(&*unit, client_id, now).await?;
                unit.commit().await?;
                Ok(client)
            }
            Read::Refused | Read::Away => {
                let unit = self.store().begin().await?;
                let rests_until = now.saturating_add(FAILURE_S);
                note(&*unit, &id, false, rests_until, rests_until).await?;
                unit.commit().await?;
                Ok(None)
            }
        }
    }

    /// What a document may say of a client: no scope that is not offered to everybody, no algorithm that nothing here signs
    /// with. It is written for many servers, so what means nothing here is left out.
    fn within_bounds(&self, mut document: ClientDocument) -> ClientDocument {
        let public = &self.config().public_scopes;
        if let Some(scopes) = &mut document.allowed_scopes {
            scopes.retain(|scope| public.contains(scope));
        }
        let signs = |name: &String| self.keys().algorithms().iter().any(|own| own.name() == name);
        document.id_token_algorithm = document.id_token_algorithm.filter(signs);
        document
    }

    async fn read_document(&self, id: &ClientIdUrl) -> Read {
        let Some(fetch) = self.fetch() else {
            return Read::Refused;
        };
        let fetched = match fetch.get(id.url(), None, MAX_BYTES).await {
            Ok(fetched) => fetched,
            Err(error) => {
                tracing::info!(client.host = id.host(), %error, "a client's metadata document was not fetched");
                return match error {
                    FetchError::Unreachable | FetchError::Status(500..) => Read::Away,
                    _ => Read::Refused,
                };
            }
        };
        match id.read_document(&fetched.body) {
            Ok(metadata) => Read::Good {
                metadata: Box::new(metadata),
                hash: hex::encode(Sha256::digest(&fetched.body)),
                keep_s: i64::try_from(cache_seconds(fetched.max_age_s)).unwrap_or(i64::MAX),
            },
            Err(error) => {
                tracing::info!(client.host = id.host(), %error, "a client's metadata document is not acceptable");
                Read::Refused
            }
        }
    }

    /// Stores what a document says, and for how long it holds. `None`: an administrator stopped the client meanwhile.
    async fn keep_client(
        &self,
        id: &ClientIdUrl,
        document: ClientDocument,
        rests_until: i64,
    ) -> Result<Option<Client>, Error> {
        let now = self.now();
        let unit = self.store().begin().await?;
        // Asked again: the document took its time.
        let known = unit
            .find_client(id.as_str())
            .await?
            .map(Client::from_record)
            .transpose()?;
        if known.as_ref().is_some_and(|known| known.record.disabled) {
            return Ok(None);
        }
        if let Some(mut client) = known {
            if client.document.document_hash != document.document_hash {
                client.document = document.in_place_of(client.document);
                client.record.document = serde_json::to_string(&client.document)?;
                unit.update_client(&client.record).await?;
                let entry = Audit::new(Event::Registration).with("client", id.as_str());
                entry.with("what", "document changed").append(&*unit, now).await?;
            }
        } else {
            // Anybody can name documents; those that nobody ever used make room for new ones.
            if unit.count_clients(ClientKind::Document).await? >= self.config().max_dynamic_clients
                && let Some(evicted) = unit.evict_unused_client(ClientKind::Document).await?
            {
                let entry = Audit::new(Event::Registration).with("client", evicted);
                entry.with("what", "evicted, never used").append(&*unit, now).await?;
            }
            let new = NewClient {
                client_id: id.as_str().to_owned(),
                kind: ClientKind::Document,
                document: serde_json::to_string(&document)?,
                secret: None,
                registration_token: None,
                created_at: now,
                expires_at: None,
            };
            unit.insert_client(&new).await?;
            let entry = Audit::new(Event::Registration).with("client", id.as_str());
            entry.with("what", "known by its document").append(&*unit, now).await?;
        }
        let expires_at = now.saturating_add_unsigned(CACHE_MAX_S).max(rests_until);
        note(&*unit, id, true, rests_until, expires_at).await?;
        let client = Client::find_stored(&*unit, id.as_str(), now).await?;
        unit.commit().await?;
        Ok(client)
    }
}

fn key(id: &ClientIdUrl) -> Digest {
    Digest::of(id.as_str())
}

async fn note(unit: &dyn Unit, id: &ClientIdUrl, good: bool, rests_until: i64, expires_at: i64) -> Result<(), Error> {
    let ticket = TicketRecord {
        kind: TicketKind::ClientDocument,
        key: key(id),
        document: serde_json::to_string(&Attempt { good, rests_until })?,
        expires_at,
    };
    Ok(unit.put_ticket(&ticket).await?)
}

/// Whether documents of this host are read. An entry is a host, `.example.org` for all below it, or one of these after `!`,
/// which refuses. Where only refusals are listed, or nothing is, all others are allowed.
fn is_allowed(host: &str, list: &[String]) -> bool {
    let (refused, allowed): (Vec<&str>, Vec<&str>) = list
        .iter()
        .map(String::as_str)
        .partition(|entry| entry.starts_with('!'));
    !refused.iter().any(|entry| names_host(&entry[1..], host))
        && (allowed.is_empty() || allowed.iter().any(|entry| names_host(entry, host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_allowed_and_refused_as_listed() {
        let check = |host: &str, list: &[&str]| {
            is_allowed(host, &list.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>())
        };
        assert!(check("a.example", &[]));
        assert!(check("a.example", &["a.example"]) && !check("b.example", &["a.example"]));
        assert!(check("x.a.example", &[".a.example"]) && !check("xa.example", &[".a.example"]));
        assert!(!check("a.example", &[".a.example"]));
        assert!(!check("a.example", &["!a.example"]) && check("b.example", &["!a.example"]));
        assert!(!check("x.a.example", &[".a.example", "!x.a.example"]));
    }
}
