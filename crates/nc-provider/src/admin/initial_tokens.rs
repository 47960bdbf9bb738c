use std::time::Duration;

use nc_store::{Digest, TicketKind, TicketRecord};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{Admin, AdminError, clients_change::resource, invalid};
use crate::{Audit, Event, random};

/// Tells it from tokens for APIs.
const PREFIX: &str = "nci_";

/// The longest life of an initial access token.
const LIFETIME_MAX: Duration = Duration::from_hours(24 * 365);

/// What an initial access token (RFC 7591 §3) allows: to register clients until it ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialAccess {
    /// Resources that clients registered with it may ask tokens for.
    #[serde(default)]
    pub resources: Vec<String>,
}

/// An initial access token that was just made.
#[derive(Debug)]
pub struct InitialAccessToken {
    /// The token, which nobody can read again.
    pub token: SecretString,
    /// When it ends, Unix seconds.
    pub expires_at: i64,
}

impl Admin<'_> {
    /// Makes an initial access token.
    pub async fn create_initial_access_token(
        &self,
        access: InitialAccess,
        lifetime: Duration,
    ) -> Result<InitialAccessToken, AdminError> {
        if lifetime.is_zero() || lifetime > LIFETIME_MAX {
            return Err(invalid("the token must last between a second and a year"));
        }
        for uri in &access.resources {
            resource(uri.clone())?;
        }
        let token = SecretString::from(format!("{PREFIX}{}", random::text::<32>()?));
        let expires_at = self.now.saturating_add_unsigned(lifetime.as_secs());
        let ticket = TicketRecord {
            kind: TicketKind::InitialAccessToken,
            key: Digest::of(token.expose_secret()),
            document: serde_json::to_string(&access)?,
            expires_at,
        };
        let unit = self.store.begin().await?;
        unit.put_ticket(&ticket).await?;
        let audit = Audit::new(Event::Administration).with("what", "initial access token");
        self.finish(unit, audit.with("ends", expires_at)).await?;
        Ok(InitialAccessToken { token, expires_at })
    }

    /// Ends an initial access token before its time.
    pub async fn remove_initial_access_token(&self, token: &SecretString) -> Result<(), AdminError> {
        let unit = self.store.begin().await?;
        let key = Digest::of(token.expose_secret());
        let taken = unit.take_ticket(TicketKind::InitialAccessToken, key, self.now).await?;
        taken.ok_or(AdminError::Missing("initial access token"))?;
        let audit = Audit::new(Event::Administration).with("what", "initial access token ended");
        self.finish(unit, audit).await
    }
}
