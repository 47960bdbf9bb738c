//! The keys with which another server signs as RFC 9421 says.

use nc_proto::ocm::PeerHost;
use url::Url;

use super::{
    Cause, Freshness, NetError, PeerFault,
    discovery::ASKED_S,
    record::peer_document,
    slots::{KeySlot, is_within},
};
use crate::{
    Ocm,
    signature::{KeyError, VerifyingKey},
};

/// How long a set is used.
const SET_S: i64 = 60 * 60;
/// How long a failure, and a name that is not in the set, is remembered.
const MISSING_S: i64 = 60;
/// Names that are remembered as missing.
const MAX_MISSING: usize = 64;
/// Longest name of a key.
const MAX_KID: usize = 512;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFault {
    /// The server has no keys, or none with this name, or one that is not acceptable.
    #[error("there is no acceptable key with this name")]
    None,
    /// Its keys cannot be read.
    #[error(transparent)]
    Net(#[from] NetError),
}

impl From<crate::OcmError> for KeyFault {
    fn from(error: crate::OcmError) -> Self {
        Self::Net(error.into())
    }
}

/// Whether a name of a key is not too long to be one.
pub(crate) fn kid_is_short(kid: &str) -> bool {
    kid.len() <= MAX_KID
}

impl Ocm {
    /// The key of a server with a name. An unknown name causes one fetch in 30 seconds.
    pub(crate) async fn verifying_key(
        &self,
        host: &PeerHost,
        plain_http: bool,
        kid: &str,
    ) -> Result<VerifyingKey, KeyFault> {
        let uri = self.key_set_uri(host, plain_http).await?;
        let slot = self.0.net.slots.of(host);
        let mut slot = slot.keys.lock().await;
        if !slot.is_loaded {
            let kept = peer_document(self, host).await?.map(|(document, _)| document);
            slot.set = kept.and_then(|kept| Some((kept.jwks_fetched_at?, kept.jwks?.into())));
            slot.is_loaded = true;
        }
        let now = self.now();
        slot.missing.retain(|_, at| is_within(*at, now, MISSING_S));
        if let Some((at, set)) = &slot.set
            && is_within(*at, now, SET_S)
        {
            match self.in_set(set, kid) {
                Ok(key) => return Ok(key),
                Err(KeyError::Unknown) => {}
                Err(error) => return Err(unacceptable(host, error)),
            }
            let was_asked = slot.asked_at.is_some_and(|at| is_within(at, now, ASKED_S));
            if was_asked || slot.missing.contains_key(kid) {
                return Err(KeyFault::None);
            }
        }
        let set = self.fetch_keys(&mut slot, host, &uri, now).await?;
        self.in_set(&set, kid).map_err(|error| {
            if slot.missing.len() < MAX_MISSING {
                slot.missing.insert(kid.to_owned(), now);
            }
            unacceptable(host, error)
        })
    }

    fn in_set(&self, set: &[u8], kid: &str) -> Result<VerifyingKey, KeyError> {
        VerifyingKey::from_set(set, kid, self.0.config.allow_rsa)
    }

    /// Where a server has its keys. One that had none a while ago is asked again.
    async fn key_set_uri(&self, host: &PeerHost, plain_http: bool) -> Result<Url, KeyFault> {
        for freshness in [Freshness::Day, Freshness::New] {
            let peer = self.peer_for(host, plain_http, freshness, Cause::Message).await?;
            if let Some(uri) = &peer.discovery.jwks_uri {
                return Ok(uri.clone());
            }
        }
        Err(KeyFault::None)
    }

    async fn fetch_keys(
        &self,
        slot: &mut KeySlot,
        host: &PeerHost,
        uri: &Url,
        now: i64,
    ) -> Result<bytes::Bytes, KeyFault> {
        if let Some((at, fault)) = slot.failed
            && is_within(at, now, MISSING_S)
        {
            return Err(NetError::from(fault).into());
        }
        self.may_ask(host, Cause::Message).await?;
        slot.asked_at = Some(now);
        let fetched = tokio::time::timeout(self.0.config.timeout, self.document(uri)).await;
        let set = match fetched.unwrap_or(Err(PeerFault::Unreachable)) {
            Ok(set) => set,
            Err(fault) => {
                metrics::counter!("ocm_jwks_fetch_total", "result" => "failed").increment(1);
                tracing::info!(host = %host, fault = %fault, "keys of another server cannot be fetched");
                slot.failed = Some((now, fault));
                return Err(NetError::from(fault).into());
            }
        };
        metrics::counter!("ocm_jwks_fetch_total", "result" => "ok").increment(1);
        slot.failed = None;
        slot.missing.clear();
        slot.set = Some((now, set.clone()));
        if let Ok(text) = String::from_utf8(set.to_vec()) {
            let kept = self.keep(host, |document| {
                document.jwks = Some(text);
                document.jwks_fetched_at = Some(now);
            });
            kept.await?;
        }
        Ok(set)
    }
}

fn unacceptable(host: &PeerHost, error: KeyError) -> KeyFault {
    tracing::info!(host = %host, error = %error, "a key of another server is not used");
    KeyFault::None
}
