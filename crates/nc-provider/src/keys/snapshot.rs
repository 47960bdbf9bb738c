//! The keys as they were when the store was last asked.

use std::sync::Arc;

use nc_proto::oauth::jose::{Algorithm, Jwk, JwkSet};
use nc_store::{KeyRecord, KeyState, Sealer};

use super::SigningKey;
use crate::Error;

/// Where the private key of a record is sealed.
pub(super) fn place(kid: &str) -> String {
    format!("keys|{kid}")
}

/// What the store held.
pub(super) struct Snapshot {
    pub(super) loaded_at: i64,
    signing: Vec<Arc<SigningKey>>,
    pub(super) published: JwkSet,
}

impl Snapshot {
    /// Reads what is stored. Private keys that `known` has opened already are not opened again.
    pub(super) fn read(
        records: &[KeyRecord],
        sealer: &Sealer,
        known: Option<&Self>,
        loaded_at: i64,
    ) -> Result<Self, Error> {
        let mut signing = Vec::new();
        for record in records.iter().filter(|record| record.state == KeyState::Active) {
            let opened = known.and_then(|known| known.signing.iter().find(|key| key.kid() == record.kid));
            signing.push(match opened {
                Some(key) => Arc::clone(key),
                None => Arc::new(open(record, sealer)?),
            });
        }
        let damaged = |_| Error::Internal("a stored public key cannot be read");
        let published = records
            .iter()
            .map(|record| Jwk::from_value(&serde_json::from_str(&record.public)?).map_err(damaged))
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            loaded_at,
            signing,
            published: JwkSet(published),
        })
    }

    /// The key that signs; the newest, should there be several.
    pub(super) fn signing(&self, algorithm: Algorithm) -> Option<&Arc<SigningKey>> {
        self.signing.iter().rfind(|key| key.algorithm() == algorithm)
    }

    /// A published key by its name.
    pub(super) fn find(&self, kid: &str) -> Option<&Jwk> {
        self.published.0.iter().find(|key| key.kid.as_deref() == Some(kid))
    }
}

/// Opens the private key of a record.
pub(super) fn open(record: &KeyRecord, sealer: &Sealer) -> Result<SigningKey, Error> {
    let algorithm =
        Algorithm::from_name(&record.algorithm).ok_or(Error::Internal("a stored key has an unknown algorithm"))?;
    let pkcs8 = sealer.open(&place(&record.kid), &record.sealed)?;
    let key = SigningKey::from_pkcs8(algorithm, &pkcs8)?;
    if key.kid() == record.kid {
        Ok(key)
    } else {
        Err(Error::Internal("a stored key has another's name"))
    }
}
