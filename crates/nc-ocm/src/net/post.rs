//! Messages to other servers.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use nc_proto::ocm::PeerHost;
use url::Url;

use super::{NetError, Peer, PeerFault};
use crate::{Ocm, OcmError};

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
        let mut headers = HeaderMap::new();
        let content_type = HeaderValue::from_str(content_type);
        headers.insert(
            header::CONTENT_TYPE,
            content_type.map_err(|_| OcmError::Internal("not a media type"))?,
        );
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let request = self.0.net.client.request(Method::POST, url).map_err(PeerFault::from)?;
        let answer = self.send(request.headers(headers).body(body)).await?;
        Ok(PeerAnswer {
            status: answer.status(),
            headers: answer.headers().clone(),
            body: self.read_body(answer).await?,
        })
    }

    /// Whether an address belongs to a server, or is one of the exceptions that the operator made.
    pub(crate) fn is_of(&self, peer: &Peer, url: &Url) -> bool {
        let exceptions = &self.0.net.exceptions;
        PeerHost::of_url(url)
            .is_ok_and(|host| host == peer.host || exceptions.contains(&(peer.host.to_string(), host.to_string())))
    }
}
