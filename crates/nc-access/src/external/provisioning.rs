//! Links with which a person gives this server a credential for the cloud. A link is used once, and then belongs to the
//! browser that came with it.

use std::sync::Arc;

use nc_proto::clock::Clock;
use nc_store::{Digest, Store, TicketKind, TicketRecord};
use serde::{Deserialize, Serialize};

use super::SignInError;
use crate::random;

/// How long a link may be used, and how long the person then has.
const LASTS_S: i64 = 600;

/// Who asked for a credential, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The issuer's name for the person: nobody else may answer.
    pub subject: String,
    /// Id of the client through which the person was asked.
    pub client: String,
    /// Scopes for the cloud.
    pub scopes: Vec<String>,
    /// The person showed who they are.
    pub is_known: bool,
    /// The person asked on their own page, not through a client.
    #[serde(default)]
    pub from_page: bool,
}

/// The links of all people.
#[derive(Clone)]
pub struct Links {
    store: Arc<dyn Store>,
    clock: Clock,
}

impl Links {
    /// Links in this store.
    pub const fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Makes a link. Its secret.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn create(&self, asked: &Asked) -> Result<String, SignInError> {
        let secret = random::secret()?;
        self.put(TicketKind::ProvisioningLink, Digest::of(&secret), asked, LASTS_S)
            .await?;
        Ok(secret)
    }

    /// Uses a link in the browser with this secret. Whether it was good.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(&self, secret: &str, browser: &str) -> Result<bool, SignInError> {
        let now = self.now();
        let unit = self.store.begin().await?;
        let taken = unit
            .take_ticket(TicketKind::ProvisioningLink, Digest::of(secret), now)
            .await?;
        let Some(taken) = taken else { return Ok(false) };
        let record = TicketRecord {
            kind: TicketKind::Provisioning,
            key: key(browser),
            document: taken.document,
            expires_at: now.saturating_add(LASTS_S),
        };
        unit.put_ticket(&record).await?;
        unit.commit().await?;
        Ok(true)
    }

    /// What the browser with this secret was asked for.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(&self, browser: &str) -> Result<Option<Asked>, SignInError> {
        let found = self
            .store
            .find_ticket(TicketKind::Provisioning, key(browser), self.now());
        found.await?.map(|record| read(&record)).transpose()
    }

    /// Notes that the person showed who they are, and gives them `lasts_s` seconds more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_known(&self, browser: &str, asked: &Asked, lasts_s: i64) -> Result<(), SignInError> {
        let known = Asked {
            is_known: true,
            ..asked.clone()
        };
        self.put(TicketKind::Provisioning, key(browser), &known, lasts_s).await
    }

    /// Ends it, done or not. What was asked for, if it was still open.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take(&self, browser: &str) -> Result<Option<Asked>, SignInError> {
        let unit = self.store.begin().await?;
        let taken = unit
            .take_ticket(TicketKind::Provisioning, key(browser), self.now())
            .await?;
        unit.commit().await?;
        taken.map(|record| read(&record)).transpose()
    }

    async fn put(&self, kind: TicketKind, key: Digest, asked: &Asked, lasts_s: i64) -> Result<(), SignInError> {
        let record = TicketRecord {
            kind,
            key,
            document: serde_json::to_string(asked).map_err(|_| SignInError::Unreadable)?,
            expires_at: self.now().saturating_add(lasts_s),
        };
        let unit = self.store.begin().await?;
        unit.put_ticket(&record).await?;
        Ok(unit.commit().await?)
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

fn key(browser: &str) -> Digest {
    Digest::of(&serde_json::json!(["provisioning", browser]).to_string())
}

fn read(record: &TicketRecord) -> Result<Asked, SignInError> {
    serde_json::from_str(&record.document).map_err(|_| SignInError::Unreadable)
}
