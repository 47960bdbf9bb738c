//! What keys are called, and how they are made and stored.

use nc_store::{KeyRecord, KeyState, SealError, Sealer};
use url::Url;
use zeroize::Zeroizing;

use super::KeyParts;
use crate::{
    OcmError, Random,
    signature::{RsaSigningKey, SigningAlgorithm, SigningKey},
};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// In the key set: RFC 9421, and access tokens.
    InSet(SigningAlgorithm),
    /// In the discovery document: draft-cavage.
    Cavage,
}

impl KeyKind {
    /// Those that are published in the key set and change.
    pub const IN_SET: [Self; 2] = [
        Self::InSet(SigningAlgorithm::Es256),
        Self::InSet(SigningAlgorithm::Ed25519),
    ];
    /// All.
    pub const ALL: [Self; 3] = [Self::IN_SET[0], Self::IN_SET[1], Self::Cavage];

    /// The name of its algorithm: in key sets, or in draft-cavage.
    pub const fn algorithm(self) -> &'static str {
        match self {
            Self::InSet(algorithm) => algorithm.jwk_name(),
            Self::Cavage => "rsa-sha512",
        }
    }

    /// The kind with this algorithm.
    pub fn from_algorithm(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.algorithm() == name)
    }
}

/// What the keys of this server are called: others take the server's name out of it.
pub(super) struct Names {
    origin: String,
}

impl Names {
    pub(super) fn of(origin: &Url) -> Self {
        let origin = origin.as_str().trim_end_matches('/').to_owned();
        Self { origin }
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether a key is called after this server: it may have had another address before.
    pub(super) fn are_of(&self, record: &KeyRecord) -> bool {
        let rest = record.kid.strip_prefix(self.origin.as_str());
        rest.is_some_and(|rest| rest.starts_with("/ocm#"))
    }

    /// The name of the next key of a kind. Numbers go up, so that no name comes twice while somebody may remember it.
    pub(super) fn next(&self, kind: KeyKind, records: &[KeyRecord]) -> String {
        let stem = match kind {
            KeyKind::InSet(algorithm) => algorithm.http_name(),
            // Others know it by this name, and pin it.
            KeyKind::Cavage => return format!("{}/ocm#signature", self.origin),
        };
        let stem = format!("{}/ocm#{stem}-", self.origin);
        let number = |record: &KeyRecord| record.kid.strip_prefix(&stem)?.parse::<u64>().ok();
        let last = records.iter().filter_map(number).max().unwrap_or(0);
        format!("{stem}{}", last.saturating_add(1))
    }
}

/// A private key that has no name yet.
pub(super) enum Made {
    InSet(SigningKey),
    Cavage(RsaSigningKey),
}

impl Made {
    pub(super) fn kind(&self) -> KeyKind {
        match self {
            Self::InSet(key) => KeyKind::InSet(key.algorithm()),
            Self::Cavage(_) => KeyKind::Cavage,
        }
    }

    /// Makes one. RSA takes up to a second, so not on a thread that others wait for.
    pub(super) async fn new(kind: KeyKind) -> Result<Self, OcmError> {
        match kind {
            KeyKind::InSet(algorithm) => Ok(Self::InSet(SigningKey::generate(algorithm)?)),
            KeyKind::Cavage => {
                let made = tokio::task::spawn_blocking(RsaSigningKey::generate).await;
                Ok(Self::Cavage(
                    made.map_err(|_| OcmError::Internal("a worker thread ended"))??,
                ))
            }
        }
    }

    /// As it is stored under a name.
    pub(super) fn record(
        &self,
        kid: String,
        state: KeyState,
        now: i64,
        sealer: &Sealer,
        random: &Random,
    ) -> Result<KeyRecord, OcmError> {
        let (pkcs8, public) = match self {
            Self::InSet(key) => (key.pkcs8()?, key.public_jwk(&kid).to_string()),
            Self::Cavage(key) => (key.pkcs8()?, key.public_pem()?),
        };
        let sealed = sealer.seal(&place(&kid), &pkcs8, random.bytes()?)?;
        Ok(KeyRecord {
            algorithm: self.kind().algorithm().to_owned(),
            state,
            sealed,
            public,
            created_at: now,
            changed_at: now,
            kid,
        })
    }
}

/// Where a private key is sealed.
fn place(kid: &str) -> String {
    format!("ocm_key/{kid}")
}

/// Opens the private key of a record.
pub(super) fn open(record: &KeyRecord, sealer: &Sealer) -> Result<Zeroizing<Vec<u8>>, SealError> {
    sealer.open(&place(&record.kid), &record.sealed)
}

/// Seals the private key of a record with the first key, if another one did it. Whether it was.
pub(super) fn seal_again(record: &mut KeyRecord, sealer: &Sealer, random: &Random) -> Result<bool, OcmError> {
    if !sealer.is_outdated(&record.sealed) {
        return Ok(false);
    }
    let plain = open(record, sealer)?;
    record.sealed = sealer.seal(&place(&record.kid), &plain, random.bytes()?)?;
    Ok(true)
}

/// Makes the keys that sign, where there are none.
pub(super) async fn missing(parts: &KeyParts, names: &Names) -> Result<(), OcmError> {
    let lacking = |records: &[KeyRecord], kind: KeyKind| {
        !records.iter().any(|record| {
            names.are_of(record) && record.state == KeyState::Active && record.algorithm == kind.algorithm()
        })
    };
    let records = parts.store.list_federation_keys().await?;
    let mut made = Vec::new();
    // Outside of the unit, since it takes long. Should another process be quicker, ours are thrown away.
    for kind in KeyKind::ALL {
        if lacking(&records, kind) {
            made.push(Made::new(kind).await?);
        }
    }
    if made.is_empty() {
        return Ok(());
    }
    let now = parts.clock.now().unix_timestamp();
    let unit = parts.store.begin().await?;
    let records = unit.list_federation_keys().await?;
    for key in made.into_iter().filter(|key| lacking(&records, key.kind())) {
        let kid = names.next(key.kind(), &records);
        let record = key.record(kid, KeyState::Active, now, &parts.sealer, &parts.random)?;
        unit.put_federation_key(&record).await?;
        super::change::note(&*unit, &record.kid, "made", now).await?;
    }
    Ok(unit.commit().await?)
}
