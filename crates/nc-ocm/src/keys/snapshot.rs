//! The keys as they were when the store was last asked.

use std::sync::Arc;

use nc_proto::oauth::jose::Jwk;
use nc_store::{KeyRecord, KeyState, Sealer};
use serde_json::{Value, json};

use super::{
    FRESH_S, KeyKind,
    make::{self, Names},
};
use crate::{
    OcmError,
    signature::{RsaSigningKey, SigningAlgorithm, SigningKey},
};

/// A key that signs.
pub struct OwnKey {
    /// Its name in the key set.
    pub kid: String,
    /// It.
    pub key: SigningKey,
}

/// The key that signs by draft-cavage.
pub struct OwnCavageKey {
    /// Its name in the discovery document.
    pub key_id: String,
    /// Its public half.
    pub public_pem: String,
    /// It.
    pub key: RsaSigningKey,
}

/// What the store held.
pub(super) struct Snapshot {
    loaded_at: i64,
    signing: Vec<Arc<OwnKey>>,
    pub(super) cavage: Arc<OwnCavageKey>,
    pub(super) published: Value,
    pub(super) jwks: Arc<[Jwk]>,
}

impl Snapshot {
    /// Reads what is stored. Private keys that `known` has opened already are not opened again.
    pub(super) fn read(
        records: &[KeyRecord],
        names: &Names,
        sealer: &Sealer,
        known: Option<&Self>,
        loaded_at: i64,
    ) -> Result<Self, OcmError> {
        let mut signing = Vec::new();
        let mut cavage = None;
        let mut public = Vec::new();
        for record in records.iter().filter(|record| names.are_of(record)) {
            let kind = KeyKind::from_algorithm(&record.algorithm).ok_or(OcmError::Damaged("key"))?;
            let KeyKind::InSet(algorithm) = kind else {
                cavage = Some(read_cavage(record, sealer, known)?);
                continue;
            };
            public.push(serde_json::from_str::<Value>(&record.public).map_err(|_| OcmError::Damaged("key"))?);
            if record.state == KeyState::Active {
                signing.push(read_signing(record, algorithm, sealer, known)?);
            }
        }
        let jwks = public
            .iter()
            .map(|jwk| Jwk::from_value(jwk).map_err(|_| OcmError::Damaged("key")));
        Ok(Self {
            loaded_at,
            signing,
            cavage: cavage.ok_or(OcmError::Internal("no key signs by draft-cavage"))?,
            jwks: jwks.collect::<Result<_, _>>()?,
            published: json!({ "keys": public }),
        })
    }

    pub(super) fn is_fresh(&self, now: i64) -> bool {
        // Also when the clock was put back.
        (0..FRESH_S).contains(&now.saturating_sub(self.loaded_at))
    }

    /// The key that signs; the newest, should there be several.
    pub(super) fn signing(&self, algorithm: SigningAlgorithm) -> Option<Arc<OwnKey>> {
        self.signing
            .iter()
            .rfind(|own| own.key.algorithm() == algorithm)
            .map(Arc::clone)
    }
}

fn read_signing(
    record: &KeyRecord,
    algorithm: SigningAlgorithm,
    sealer: &Sealer,
    known: Option<&Snapshot>,
) -> Result<Arc<OwnKey>, OcmError> {
    let opened = known.and_then(|known| known.signing.iter().find(|key| key.kid == record.kid));
    if let Some(opened) = opened {
        return Ok(Arc::clone(opened));
    }
    let pkcs8 = make::open(record, sealer)?;
    let key = SigningKey::from_pkcs8(algorithm, &pkcs8)?;
    Ok(Arc::new(OwnKey {
        kid: record.kid.clone(),
        key,
    }))
}

fn read_cavage(record: &KeyRecord, sealer: &Sealer, known: Option<&Snapshot>) -> Result<Arc<OwnCavageKey>, OcmError> {
    if let Some(known) = known.filter(|known| known.cavage.key_id == record.kid) {
        return Ok(Arc::clone(&known.cavage));
    }
    let pkcs8 = make::open(record, sealer)?;
    let key = RsaSigningKey::from_pkcs8(&pkcs8)?;
    Ok(Arc::new(OwnCavageKey {
        key_id: record.kid.clone(),
        public_pem: record.public.clone(),
        key,
    }))
}
