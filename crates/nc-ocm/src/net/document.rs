//! Documents of other servers.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use reqwest::{RequestBuilder, Response};
use url::Url;

use super::PeerFault;
use crate::Ocm;

/// Redirects on one server that are followed. Nextcloud sends `/.well-known/ocm` elsewhere.
const MAX_REDIRECTS: usize = 3;

impl Ocm {
    /// The document at `url`. A redirect is followed on the same server only.
    pub(super) async fn document(&self, url: &Url) -> Result<Bytes, PeerFault> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = self.0.net.client.request(Method::GET, &url)?;
            let answer = self.send(request.header(header::ACCEPT, "application/json")).await?;
            let status = answer.status();
            if status.is_redirection() {
                url = on_same_server(&url, answer.headers()).ok_or(PeerFault::Status(status.as_u16()))?;
                continue;
            }
            if status != StatusCode::OK {
                return Err(PeerFault::Status(status.as_u16()));
            }
            return self.read_body(answer).await;
        }
        Err(PeerFault::NotOcm("it redirects too often"))
    }

    /// Sends a request that has to be over in time, its answer included.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, PeerFault> {
        Ok(request.timeout(self.0.config.timeout).send().await?)
    }

    /// A body of no more bytes than are read. Nothing is unpacked, so a packed one is refused.
    pub(super) async fn read_body(&self, mut answer: Response) -> Result<Bytes, PeerFault> {
        let packed = answer.headers().get(header::CONTENT_ENCODING);
        if packed.is_some_and(|packed| !packed.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(PeerFault::NotOcm(
                "its answer is compressed although nobody asked for that",
            ));
        }
        let most = self.0.config.max_response;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            if body.len() + piece.len() > most {
                return Err(PeerFault::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.into())
    }
}

fn on_same_server(url: &Url, headers: &HeaderMap) -> Option<Url> {
    let target = url.join(headers.get(header::LOCATION)?.to_str().ok()?).ok()?;
    let is_same = (target.scheme(), target.authority()) == (url.scheme(), url.authority());
    is_same.then_some(target)
}
