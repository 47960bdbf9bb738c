//! The keys of this server: one P-256 and one Ed25519 key that sign by RFC 9421 and access tokens, and one RSA key for
//! draft-cavage.
//!
//! pending → active → retiring → gone. A pending key is published, so that everybody who remembers the set knows it before it
//! signs; a retiring one stays published until nothing that it signed is still good. The RSA key stays for good: others pin it.
//! Private keys are sealed where they are stored.

mod change;
mod make;
mod plan;
mod snapshot;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use nc_proto::{clock::Clock, oauth::jose::Jwk};
use nc_store::{Sealer, Store};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

pub use self::{
    change::{KeyChange, KeyInfo, KeySlot},
    make::KeyKind,
    snapshot::{OwnCavageKey, OwnKey},
};
use self::{make::Names, snapshot::Snapshot};
use crate::{OcmError, Random, signature::SigningAlgorithm};

/// How old the keys that are believed may be, seconds: another process may have changed them.
const FRESH_S: i64 = 5;

/// How long others may remember a key set, seconds (§6.2).
pub const KEY_SET_REMEMBERED_S: i64 = 3600;

/// What the keys are kept with.
pub struct KeyParts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Seals the private ones.
    pub sealer: Arc<Sealer>,
    /// The time.
    pub clock: Clock,
    /// Unguessable bytes.
    pub random: Random,
    /// How others reach this server; keys are called after it.
    pub public_origin: Url,
    /// Life of an access token.
    pub token_ttl: Duration,
}

/// The keys of this server. Several processes may share a store; each sees the others' changes within seconds.
pub struct Keys {
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    clock: Clock,
    random: Random,
    names: Names,
    token_ttl: Duration,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held while keys are read again, so that one request does it for all.
    reloading: Mutex<()>,
}

impl Keys {
    /// Opens them, and makes those that are missing.
    ///
    /// # Errors
    /// When the store fails, or a key was sealed with a secret that is not here: nothing is overwritten then.
    pub async fn open(parts: KeyParts) -> Result<Self, OcmError> {
        let names = Names::of(&parts.public_origin);
        make::missing(&parts, &names).await?;
        let now = parts.clock.now().unix_timestamp();
        let records = parts.store.list_federation_keys().await?;
        let snapshot = Snapshot::read(&records, &names, &parts.sealer, None, now)?;
        let keys = Self {
            store: parts.store,
            sealer: parts.sealer,
            clock: parts.clock,
            random: parts.random,
            names,
            token_ttl: parts.token_ttl,
            snapshot: RwLock::new(Arc::new(snapshot)),
            reloading: Mutex::new(()),
        };
        keys.seal_again().await?;
        Ok(keys)
    }

    /// The key that signs.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn active(&self, algorithm: SigningAlgorithm) -> Result<Arc<OwnKey>, OcmError> {
        let snapshot = self.fresh().await?;
        snapshot.signing(algorithm).ok_or(OcmError::Internal("no key signs"))
    }

    /// The key for draft-cavage.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cavage(&self) -> Result<Arc<OwnCavageKey>, OcmError> {
        Ok(Arc::clone(&self.fresh().await?.cavage))
    }

    /// What is published: a JWK set with pending, active and retiring keys.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn published(&self) -> Result<Value, OcmError> {
        Ok(self.fresh().await?.published.clone())
    }

    /// The same, to verify access tokens with.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn token_keys(&self) -> Result<Arc<[Jwk]>, OcmError> {
        Ok(Arc::clone(&self.fresh().await?.jwks))
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    async fn fresh(&self) -> Result<Arc<Snapshot>, OcmError> {
        let now = self.now();
        let known = self.known();
        if known.is_fresh(now) {
            return Ok(known);
        }
        let _one_at_a_time = self.reloading.lock().await;
        let known = self.known();
        if known.is_fresh(now) {
            return Ok(known);
        }
        self.read_again(&known).await
    }

    fn known(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the keys whatever is known of them.
    async fn reload(&self) -> Result<Arc<Snapshot>, OcmError> {
        let _one_at_a_time = self.reloading.lock().await;
        self.read_again(&self.known()).await
    }

    async fn read_again(&self, known: &Snapshot) -> Result<Arc<Snapshot>, OcmError> {
        let records = self.store.list_federation_keys().await?;
        let snapshot = Snapshot::read(&records, &self.names, &self.sealer, Some(known), self.now())?;
        let snapshot = Arc::new(snapshot);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        Ok(snapshot)
    }
}

/// The addresses that this server has or had: those that keys in the database are called after.
///
/// # Errors
/// When the store fails.
pub async fn origins(store: &dyn Store) -> Result<Vec<Url>, OcmError> {
    let mut origins = Vec::new();
    for key in store.list_federation_keys().await? {
        let origin = key
            .kid
            .split_once("/ocm#")
            .and_then(|(origin, _)| Url::parse(origin).ok());
        let origin = origin.ok_or(OcmError::Damaged("key"))?;
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Keys({})", self.names.origin())
    }
}
