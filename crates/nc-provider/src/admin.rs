//! What administrators do: clients, resource servers, initial access tokens, claims, settings, keys. The command line and
//! the HTTP interface call the same functions; every change is written to the audit log in the same unit of work.

mod claims;
mod clients;
mod clients_change;
mod describe;
mod gate;
mod http;
mod initial_tokens;
mod legacy_clients;
mod logout_uris;
mod number;
mod resources;
mod settings;

use nc_auth::UserId;
use nc_store::{Store, StoreError, Unit};

pub use claims::{ClaimOfClient, NewClaim};
pub use clients::{CreatedClient, NewAdminClient, NewClientKind, WhichClient};
pub use clients_change::ClientChange;
pub use describe::{describe_claim, describe_client, describe_resource};
pub use gate::{AdminAccess, AdminGate};
pub use initial_tokens::{InitialAccess, InitialAccessToken};
pub use legacy_clients::LEGACY_CLIENTS;
pub use logout_uris::{LOGOUT_URIS, LogoutUri};
pub use number::number_of;

use crate::{Audit, Error, Event, notices};

/// Why an administrator's wish was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// It cannot be; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// There is no such thing.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// There is one already.
    #[error("there is such a {0} already")]
    Exists(&'static str),
    /// The work failed.
    #[error(transparent)]
    Failed(Error),
}

impl From<Error> for AdminError {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(text) => Self::Invalid(text),
            other => Self::Failed(other),
        }
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<serde_json::Error> for AdminError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// An administrator at work on a store; a server that uses the same store sees the changes within a second.
pub struct Admin<'a> {
    store: &'a dyn Store,
    now: i64,
    by: &'a str,
}

impl<'a> Admin<'a> {
    /// `by` is written to the audit log: the account, or `command line`.
    pub fn new(store: &'a dyn Store, now: i64, by: &'a str) -> Self {
        Self { store, now, by }
    }

    /// Writes something that was done elsewhere to the audit log.
    pub async fn note(&self, audit: Audit) -> Result<(), AdminError> {
        let unit = self.store.begin().await?;
        self.finish(unit, audit).await
    }

    /// Ends every browser session of an account, after its password or second factor was changed: who knew the former one may
    /// be signed in with it. `base` names the cloud, as in [`crate::ProviderConfig::account_base`]. How many there were.
    pub async fn end_sessions(&self, base: &str, user: &UserId) -> Result<u64, AdminError> {
        let unit = self.store.begin().await?;
        let Some(subject) = unit.find_subject(base, user.as_str()).await? else {
            return Ok(0);
        };
        let ended = notices::end_sessions(&*unit, &subject, self.now).await?;
        let audit = Audit::new(Event::SignedOut).with("subject", subject);
        self.finish(unit, audit.with("what", "every browser")).await?;
        Ok(ended)
    }

    /// Ends a unit of work with its entry in the audit log.
    async fn finish(&self, unit: Box<dyn Unit>, audit: Audit) -> Result<(), AdminError> {
        audit.with("by", self.by).append(&*unit, self.now).await?;
        Ok(unit.commit().await?)
    }
}

fn invalid(text: impl Into<String>) -> AdminError {
    AdminError::Invalid(text.into())
}
