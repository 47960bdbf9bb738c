//! What the database keeps of another server.

use nc_proto::ocm::PeerHost;
use nc_store::{PeerRecord, Store, Unit};
use serde::{Deserialize, Serialize};

use crate::{Ocm, OcmError};

/// The document of a [`PeerRecord`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerDocument {
    /// What it says that it can do, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery: Option<String>,
    /// When that was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery_fetched_at: Option<i64>,
    /// Whether that was without TLS.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub plain_http: bool,
    /// Its keys, as they came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
    /// When those were fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_fetched_at: Option<i64>,
    /// The name of the key that its draft-cavage signatures are checked with for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cavage_key_id: Option<String>,
    /// That key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cavage_pem: Option<String>,
}

impl PeerDocument {
    /// Reads it from its record.
    pub fn of(record: &PeerRecord) -> Result<Self, OcmError> {
        serde_json::from_str(&record.document).map_err(|_| OcmError::Damaged("record of another server"))
    }
}

/// Another server that is known, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPeer {
    /// Which: `host[:port]`.
    pub host: String,
    /// Whether it ever signed a message, and so always has to.
    pub ever_signed: bool,
    /// The name of the key that its draft-cavage signatures are checked with.
    pub cavage_key_id: Option<String>,
    /// When anything about it changed, Unix seconds.
    pub changed_at: i64,
}

/// Every other server that has signed messages here, by host.
///
/// # Errors
/// When the store fails.
pub async fn list_peers(store: &dyn Store) -> Result<Vec<KnownPeer>, OcmError> {
    let known = |record: PeerRecord| {
        Ok(KnownPeer {
            cavage_key_id: PeerDocument::of(&record)?.cavage_key_id,
            host: record.host,
            ever_signed: record.ever_signed,
            changed_at: record.changed_at,
        })
    };
    store.list_peers().await?.into_iter().map(known).collect()
}

/// Forgets the key that draft-cavage signatures of a server are checked with: its next message brings another. It still has to
/// sign. Whether there was a key.
///
/// # Errors
/// When the store fails.
pub async fn reset_peer_key(store: &dyn Store, host: &PeerHost, now: i64) -> Result<bool, OcmError> {
    let unit = store.begin().await?;
    if unit.find_peer(host.as_str()).await?.is_none() {
        return Ok(false);
    }
    let had_one = change_peer(unit.as_ref(), host, now, |document, _| {
        document.cavage_pem = None;
        // What is remembered of its document may still have the old key.
        document.discovery = None;
        document.cavage_key_id.take().is_some()
    });
    let had_one = had_one.await?;
    unit.commit().await?;
    Ok(had_one)
}

/// What is known of a server: its document, and whether it ever signed.
pub(crate) async fn peer_document(ocm: &Ocm, host: &PeerHost) -> Result<Option<(PeerDocument, bool)>, OcmError> {
    let record = ocm.0.store.find_peer(host.as_str()).await?;
    record
        .map(|record| Ok((PeerDocument::of(&record)?, record.ever_signed)))
        .transpose()
}

/// Changes what is known of a server, in a unit that the caller commits. Writes only what changed.
pub(crate) async fn change_peer<T>(
    unit: &dyn Unit,
    host: &PeerHost,
    now: i64,
    change: impl FnOnce(&mut PeerDocument, &mut bool) -> T + Send,
) -> Result<T, OcmError> {
    let found = unit.find_peer(host.as_str()).await?;
    let (mut document, mut ever_signed) = match &found {
        Some(record) => (PeerDocument::of(record)?, record.ever_signed),
        None => (PeerDocument::default(), false),
    };
    let outcome = change(&mut document, &mut ever_signed);
    let text = serde_json::to_string(&document).map_err(|_| OcmError::Internal("a document cannot be written"))?;
    let is_same = found.is_some_and(|record| (&record.document, record.ever_signed) == (&text, ever_signed));
    if !is_same {
        unit.put_peer(&PeerRecord {
            host: host.to_string(),
            document: text,
            ever_signed,
            changed_at: now,
        })
        .await?;
    }
    Ok(outcome)
}

impl Ocm {
    /// Keeps what was fetched of a server that has signed messages here. Others are remembered in memory only, so that
    /// inventing servers does not fill the database.
    pub(super) async fn keep(
        &self,
        host: &PeerHost,
        change: impl FnOnce(&mut PeerDocument) + Send,
    ) -> Result<(), OcmError> {
        if self.0.store.find_peer(host.as_str()).await?.is_none() {
            return Ok(());
        }
        let unit = self.0.store.begin().await?;
        change_peer(unit.as_ref(), host, self.now(), |document, _| change(document)).await?;
        Ok(unit.commit().await?)
    }
}
