//! Messages to other servers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use nc_proto::ocm::PeerHost;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{NetError, Peer, PeerFault};
use crate::{Ocm, OcmError, OutboundSignatures, signature::SigningAlgorithm};

/// How far ahead of the clock a signature may be dated, so that it differs from the one before.
const AHEAD_S: i64 = 30;
/// Messages whose dates are remembered.
const MAX_SENT: usize = 4096;

/// What another server answered to a message.
#[derive(Debug, Clone)]
pub struct PeerAnswer {
    /// The status. Redirects are not followed.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, which may hold a secret.
    pub body: Bytes,
}

impl PeerAnswer {
    /// The media type, without parameters and in lower case.
    pub fn content_type(&self) -> String {
        let value = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let kind = value.unwrap_or_default().split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }

    /// How long the server asks to wait, in seconds.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.headers
            .get(header::RETRY_AFTER)?
            .to_str()
            .ok()?
            .trim()
            .parse()
            .ok()
    }
}

/// How a message is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Rfc9421(SigningAlgorithm),
    Cavage,
    Unsigned,
}

/// When the same message was signed last. Signing is deterministic, and who gets the same signature twice sees a replay.
pub(super) struct Sent(Mutex<HashMap<[u8; 32], i64>>);

impl Sent {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// The date of a signature: now, or later when the same was signed in this second.
    fn date(&self, url: &Url, body: &[u8], now: i64) -> i64 {
        let name = Sha256::new()
            .chain_update(url.as_str())
            .chain_update([0])
            .chain_update(body)
            .finalize();
        let mut dates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if dates.len() >= MAX_SENT {
            dates.retain(|_, date| *date >= now);
        }
        let date = dates.entry(name.into()).or_insert(now - 1);
        *date = (*date + 1).clamp(now, now + AHEAD_S);
        *date
    }
}

impl Ocm {
    /// Posts a message, signed as the other server understands it (§6.4).
    ///
    /// # Errors
    /// [`NetError`]. An answer of any status is none.
    pub async fn post_signed(
        &self,
        peer: &Peer,
        url: &Url,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<PeerAnswer, NetError> {
        if !self.allows(&peer.host) {
            return Err(NetError::NotAllowed);
        }
        if !self.is_of(peer, url) {
            return Err(PeerFault::Forbidden.into());
        }
        let (answer, is_clock_new) = self.post_once(peer, url, content_type, body.clone()).await?;
        let may_be_about_time = matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
        if is_clock_new && may_be_about_time {
            return Ok(self.post_once(peer, url, content_type, body).await?.0);
        }
        Ok(answer)
    }

    /// The answer, and whether the other server has another clock than was thought.
    async fn post_once(
        &self,
        peer: &Peer,
        url: &Url,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<(PeerAnswer, bool), NetError> {
        let net = &self.0.net;
        let date = net.sent.date(url, &body, self.now() + net.clocks.ahead_s(&peer.host));
        let mut headers = self.sign(self.manner(peer, url), url, &body, date).await?;
        let content_type = HeaderValue::from_str(content_type);
        headers.insert(
            header::CONTENT_TYPE,
            content_type.map_err(|_| OcmError::Internal("not a media type"))?,
        );
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let request = net.client.request(Method::POST, url).map_err(PeerFault::from)?;
        let answer = self.send(request.headers(headers).body(body)).await?;
        let is_clock_new = net.clocks.learn(&peer.host, answer.headers(), self.now());
        let answer = PeerAnswer {
            status: answer.status(),
            headers: answer.headers().clone(),
            body: self.read_body(answer).await?,
        };
        Ok((answer, is_clock_new))
    }

    /// Whether an address belongs to a server, or is one of the exceptions that the operator made.
    pub(crate) fn is_of(&self, peer: &Peer, url: &Url) -> bool {
        let exceptions = &self.0.net.exceptions;
        PeerHost::of_url(url)
            .is_ok_and(|host| host == peer.host || exceptions.contains(&(peer.host.to_string(), host.to_string())))
    }

    fn manner(&self, peer: &Peer, url: &Url) -> Manner {
        let usual = if is_nextcloud(peer) {
            SigningAlgorithm::Es256
        } else {
            SigningAlgorithm::Ed25519
        };
        let named = self.0.config.algorithm_to.get(&peer.host);
        let rfc9421 = Manner::Rfc9421(named.copied().unwrap_or(usual));
        let discovery = &peer.discovery;
        match self.0.config.outbound {
            OutboundSignatures::Off => Manner::Unsigned,
            OutboundSignatures::Rfc9421 => rfc9421,
            // Only RFC 9421 counts at a token endpoint.
            _ if discovery.token_end_point.as_ref() == Some(url) => rfc9421,
            OutboundSignatures::Cavage => Manner::Cavage,
            OutboundSignatures::Auto if discovery.can_sign() => rfc9421,
            OutboundSignatures::Auto if discovery.public_key.is_some() => Manner::Cavage,
            OutboundSignatures::Auto => Manner::Unsigned,
        }
    }

    async fn sign(&self, manner: Manner, url: &Url, body: &[u8], date: i64) -> Result<HeaderMap, OcmError> {
        let algorithm = match manner {
            Manner::Unsigned => return Ok(HeaderMap::new()),
            Manner::Cavage => {
                let own = self.keys().cavage().await?;
                return own.key.sign_cavage(&Method::POST, url, body, &own.key_id, date);
            }
            Manner::Rfc9421(algorithm) => algorithm,
        };
        let own = self.keys().active(algorithm).await?;
        own.key.sign_rfc9421("POST", url.as_str(), body, &own.kid, date)
    }
}

/// Whether a server is a Nextcloud, or like one. Nextcloud signs with P-256 itself; that it takes Ed25519 is unconfirmed.
pub(crate) fn is_nextcloud(peer: &Peer) -> bool {
    let token = peer.discovery.token_end_point.as_ref();
    peer.discovery
        .provider
        .as_deref()
        .is_some_and(|provider| provider.starts_with("Nextcloud"))
        || token.is_some_and(|url| url.path().contains("/apps/cloud_federation_api/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_is_never_dated_alike() {
        let sent = Sent::new();
        let url: Url = "https://cloud.example.org/ocm/shares".parse().expect("a URL");
        let date = |body: &[u8], now| sent.date(&url, body, now);
        assert_eq!([date(b"a", 100), date(b"a", 100), date(b"b", 100)], [100, 101, 100]);
        assert_eq!([date(b"a", 101), date(b"a", 500)], [102, 500]);
    }

    #[test]
    fn dates_never_lie_further_ahead_than_others_accept() {
        let sent = Sent::new();
        let url: Url = "https://cloud.example.org/ocm/shares".parse().expect("a URL");
        let last = (0..100).map(|_| sent.date(&url, b"a", 100)).max();
        assert_eq!(last, Some(130));
    }
}
