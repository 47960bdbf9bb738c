//! The one key with which another server signs as draft-cavage says.

use nc_proto::ocm::PeerHost;

use super::{Cause, Freshness, KeyFault, record::peer_document};
use crate::{Ocm, signature::CavageKey};

/// A key, and what is kept of it when its signature is good.
pub(crate) struct CavageFound {
    pub(crate) key: CavageKey,
    pub(crate) key_id: String,
    pub(crate) pem: String,
    /// Whether it was kept before: no other one counts then.
    pub(crate) is_pinned: bool,
}

impl Ocm {
    /// The key of a server with a name: the pinned one, for good, or the one that its document has. `None` when the document
    /// has none of this name.
    pub(crate) async fn cavage_key(
        &self,
        host: &PeerHost,
        plain_http: bool,
        key_id: &str,
        freshness: Freshness,
    ) -> Result<Option<CavageFound>, KeyFault> {
        let kept = peer_document(self, host)
            .await?
            .map(|(document, _)| document)
            .unwrap_or_default();
        if let (Some(pinned), Some(pem)) = (kept.cavage_key_id, kept.cavage_pem) {
            if pinned != key_id {
                tracing::warn!(host = %host, "a message is signed with another key than the one that is known");
                return Err(KeyFault::None);
            }
            return found(pinned, pem, true).map(Some);
        }
        let peer = self.peer_for(host, plain_http, freshness, Cause::Message).await?;
        let published = peer.discovery.public_key.as_ref();
        let published = published.filter(|key| key.key_id == key_id);
        published
            .map(|key| found(key.key_id.clone(), key.pem.clone(), false))
            .transpose()
    }
}

fn found(key_id: String, pem: String, is_pinned: bool) -> Result<CavageFound, KeyFault> {
    let key = CavageKey::from_pem(&pem).map_err(|error| {
        tracing::info!(error = %error, "a key of another server is not used");
        KeyFault::None
    })?;
    Ok(CavageFound {
        key,
        key_id,
        pem,
        is_pinned,
    })
}
