use std::sync::{Arc, PoisonError, RwLock};

use nc_auth::jws;
use nc_proto::{
    clock::Clock,
    oauth::jose::{Algorithm, Compact, JwkSet},
};
use nc_store::{KeyRecord, KeyState, Sealer, Store, Unit};
use serde::Serialize;
use tokio::sync::Mutex;

use super::{
    KeyOptions, SigningKey,
    life::{Step, plan},
    snapshot::{Snapshot, open, place},
};
use crate::{Audit, Error, Event, random};

/// How old the keys that are believed may be, in seconds; another process may have rotated them.
const FRESH_S: i64 = 5;

/// The keys of this issuer. Several processes may share a store; each sees the others' changes within seconds.
pub struct KeyRing {
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    clock: Clock,
    options: KeyOptions,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held while keys are read again, so that one request does it for all.
    reloading: Mutex<()>,
    /// Held while keys are made, so that one request makes them for all.
    making: Mutex<()>,
}

impl KeyRing {
    /// Opens the ring, and makes the keys that are missing. An RSA key takes seconds to make, which nobody should wait for
    /// at a first start: the first [`Self::upkeep`] makes it, or the first token that has to be signed with it.
    ///
    /// # Errors
    /// When the store fails, or a key was sealed with a secret that is not here: nothing is overwritten then.
    pub async fn open(
        store: Arc<dyn Store>,
        sealer: Arc<Sealer>,
        clock: Clock,
        options: KeyOptions,
    ) -> Result<Arc<Self>, Error> {
        let records = store.list_keys().await?;
        let snapshot = Snapshot::read(&records, &sealer, None, clock.now().unix_timestamp())?;
        let ring = Arc::new(Self {
            store,
            sealer,
            clock,
            options,
            snapshot: RwLock::new(Arc::new(snapshot)),
            reloading: Mutex::new(()),
            making: Mutex::new(()),
        });
        let mut quick = ring.options.clone();
        quick.algorithms.retain(|algorithm| *algorithm != Algorithm::Rs256);
        ring.take_steps(&quick, false).await?;
        ring.seal_again().await?;
        Ok(ring)
    }

    /// The algorithms that tokens can be signed with.
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.options.algorithms
    }

    /// A signed token with the header members `typ`, `alg` and `kid`. Makes the key if it is not there yet; not to be called
    /// inside a unit of work, which making one would wait for.
    pub async fn sign<T: Serialize>(&self, algorithm: Algorithm, typ: &str, claims: &T) -> Result<String, Error> {
        match self.sign_with_known(algorithm, typ, claims).await {
            Err(Error::KeyMissing) => {
                self.make_missing().await?;
                self.sign_with_known(algorithm, typ, claims).await
            }
            other => other,
        }
    }

    /// Makes the keys that are not there yet.
    pub(crate) async fn make_missing(&self) -> Result<(), Error> {
        self.take_steps(&self.options, false).await
    }

    /// The same as [`Self::sign`] inside a unit of work: a key that is missing is [`Error::KeyMissing`].
    pub(crate) async fn sign_with_known<T: Serialize>(
        &self,
        algorithm: Algorithm,
        typ: &str,
        claims: &T,
    ) -> Result<String, Error> {
        let payload = serde_json::to_vec(claims)?;
        let snapshot = self.fresh().await?;
        let key = snapshot.signing(algorithm).ok_or_else(|| {
            if self.options.algorithms.contains(&algorithm) {
                Error::KeyMissing
            } else {
                Error::Internal("no key signs with this algorithm")
            }
        })?;
        if algorithm != Algorithm::Rs256 {
            return key.sign_payload(typ, &payload);
        }
        // RSA takes milliseconds, which the other requests of this thread would have to wait for.
        let (key, typ) = (Arc::clone(key), typ.to_owned());
        on_blocking_pool(move || key.sign_payload(&typ, &payload)).await
    }

    /// What is published: the keys that will sign, do sign and did sign.
    pub async fn jwks(&self) -> Result<JwkSet, Error> {
        Ok(self.fresh().await?.published.clone())
    }

    /// Whether one of our keys signed it. What it says is for the caller to check.
    pub async fn verify(&self, token: &Compact<'_>) -> Result<bool, Error> {
        let Some(kid) = token.header.kid.as_deref() else {
            return Ok(false);
        };
        let mut snapshot = self.fresh().await?;
        if snapshot.find(kid).is_none() && snapshot.loaded_at < self.now() {
            snapshot = self.reload(self.now()).await?;
        }
        Ok(snapshot.find(kid).is_some_and(|key| jws::verify(token, key).is_ok()))
    }

    /// Takes every step that is due: makes, activates, retires and removes keys. To be called every hour or so.
    pub async fn upkeep(&self) -> Result<(), Error> {
        self.take_steps(&self.options, false).await?;
        self.seal_again().await
    }

    /// Publishes a successor for every key that signs; it will sign when everybody knows it, a day later.
    pub async fn rotate(&self) -> Result<(), Error> {
        self.take_steps(&self.options, true).await
    }

    /// Removes every key at once and signs with new ones, because a private key may be known. Everything signed before is
    /// no longer good.
    pub async fn rotate_emergency(&self) -> Result<(), Error> {
        let mut fresh = Vec::new();
        for algorithm in self.options.algorithms.clone() {
            fresh.push(self.generate(algorithm).await?);
        }
        let now = self.now();
        let unit = self.store.begin().await?;
        for record in unit.list_keys().await? {
            unit.delete_key(&record.kid).await?;
            audit(&*unit, &record.kid, "removed in an emergency", now).await?;
        }
        for key in &fresh {
            self.insert(&*unit, key, KeyState::Active, now).await?;
        }
        unit.commit().await?;
        self.reload(i64::MAX).await?;
        Ok(())
    }

    async fn take_steps(&self, options: &KeyOptions, rotate: bool) -> Result<(), Error> {
        let _one_at_a_time = self.making.lock().await;
        let now = self.now();
        let mut made: Vec<SigningKey> = Vec::new();
        // Keys are made outside of the transaction, since that takes long. Should another process have made them
        // meanwhile, ours are thrown away.
        for step in plan(&self.store.list_keys().await?, now, options, rotate) {
            if let Some(algorithm) = step.makes() {
                made.push(self.generate(algorithm).await?);
            }
        }
        let unit = self.store.begin().await?;
        let records = unit.list_keys().await?;
        let steps = plan(&records, now, options, rotate);
        for step in &steps {
            self.take_step(&*unit, step, &records, &mut made, now).await?;
        }
        unit.commit().await?;
        // Also after no step: another process may have taken them.
        self.reload(i64::MAX).await?;
        Ok(())
    }

    async fn take_step(
        &self,
        unit: &dyn Unit,
        step: &Step,
        records: &[KeyRecord],
        made: &mut Vec<SigningKey>,
        now: i64,
    ) -> Result<(), Error> {
        let change = async |kid: &str, state: KeyState| {
            let record = records.iter().find(|record| record.kid == kid);
            let mut record = record.ok_or(Error::Internal("a key is gone"))?.clone();
            (record.state, record.changed_at) = (state, now);
            unit.put_key(&record).await?;
            audit(unit, kid, state.word(), now).await
        };
        let state = match step {
            Step::Activate(kid) => return change(kid, KeyState::Active).await,
            Step::Retire(kid) => return change(kid, KeyState::Retired).await,
            Step::Remove(kid) => {
                unit.delete_key(kid).await?;
                return audit(unit, kid, "removed", now).await;
            }
            Step::MakeActive(_) => KeyState::Active,
            Step::MakeNext(_) => KeyState::Next,
        };
        let at = made.iter().position(|key| Some(key.algorithm()) == step.makes());
        // Without one another process was quicker with the rest of the plan; the next upkeep comes back to it.
        match at.map(|at| made.swap_remove(at)) {
            Some(key) => self.insert(unit, &key, state, now).await,
            None => Ok(()),
        }
    }

    async fn insert(&self, unit: &dyn Unit, key: &SigningKey, state: KeyState, now: i64) -> Result<(), Error> {
        let sealed = self
            .sealer
            .seal(&place(key.kid()), &key.to_pkcs8()?, random::bytes()?)?;
        let record = KeyRecord {
            kid: key.kid().to_owned(),
            algorithm: key.algorithm().name().to_owned(),
            state,
            sealed,
            public: key.public().to_value().to_string(),
            created_at: now,
            changed_at: now,
        };
        unit.put_key(&record).await?;
        audit(unit, key.kid(), state.word(), now).await
    }

    /// Seals with the first key what an older one sealed.
    async fn seal_again(&self) -> Result<(), Error> {
        let outdated = |record: &KeyRecord| self.sealer.is_outdated(&record.sealed);
        if !self.store.list_keys().await?.iter().any(outdated) {
            return Ok(());
        }
        let unit = self.store.begin().await?;
        for mut record in unit.list_keys().await?.into_iter().filter(outdated) {
            let pkcs8 = open(&record, &self.sealer)?.to_pkcs8()?;
            record.sealed = self.sealer.seal(&place(&record.kid), &pkcs8, random::bytes()?)?;
            unit.put_key(&record).await?;
        }
        Ok(unit.commit().await?)
    }

    async fn generate(&self, algorithm: Algorithm) -> Result<SigningKey, Error> {
        let bits = self.options.rsa_bits;
        on_blocking_pool(move || SigningKey::generate(algorithm, bits)).await
    }

    async fn fresh(&self) -> Result<Arc<Snapshot>, Error> {
        let (now, known) = (self.now(), self.known());
        if (known.loaded_at..known.loaded_at.saturating_add(FRESH_S)).contains(&now) {
            return Ok(known);
        }
        self.reload(now.saturating_sub(FRESH_S).saturating_add(1)).await
    }

    /// Reads the keys again, unless they were read at `since` or later.
    async fn reload(&self, since: i64) -> Result<Arc<Snapshot>, Error> {
        let _one_at_a_time = self.reloading.lock().await;
        let (now, known) = (self.now(), self.known());
        if (since..=now).contains(&known.loaded_at) {
            return Ok(known);
        }
        let records = self.store.list_keys().await?;
        let snapshot = Arc::new(Snapshot::read(&records, &self.sealer, Some(&known), now)?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        Ok(snapshot)
    }

    fn known(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "KeyRing({} published)", self.known().published.0.len())
    }
}

async fn audit(unit: &dyn Unit, kid: &str, what: &str, now: i64) -> Result<(), Error> {
    let entry = Audit::new(Event::Key).with("kid", kid).with("what", what);
    entry.append(unit, now).await
}

async fn on_blocking_pool<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::Internal("a worker thread ended"))?
}

#[cfg(test)]
mod tests;
