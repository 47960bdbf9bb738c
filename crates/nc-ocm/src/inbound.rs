//! Messages of other servers: read with limits, and checked for who signed them.

mod check;
mod failure;
mod refusal;

use std::{net::IpAddr, time::Duration};

use axum::{
    Json,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use nc_proto::ocm::{ErrorBody, PeerHost};
use nc_web::ClientAddress;

use crate::{Ocm, OcmConfig, limits::Window};

pub use check::{Checked, Need};
pub(crate) use failure::Failure;
pub use refusal::SignatureRefusal;

/// Most messages a minute from one address. Servers behind one address share it.
const MESSAGES_PER_MINUTE: u32 = 600;
/// Most shares an hour that are offered in the names of servers that never signed here, as a multiple of what one may offer.
const SHARES_OF_STRANGERS: u32 = 20;
/// A message that takes longer to arrive is not waited for.
const BODY_LIMIT: Duration = Duration::from_secs(30);

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// `POST`.
    pub method: Method,
    /// Path and query as they were sent.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; it may hold a secret.
    pub body: Bytes,
    /// Where it came from.
    pub address: Option<IpAddr>,
}

/// What is counted of messages that come.
pub(crate) struct Limits {
    by_address: Window<IpAddr>,
    offers: Window<(PeerHost, Option<IpAddr>)>,
    offers_of_strangers: Window<()>,
    shares: Window<PeerHost>,
}

impl Limits {
    pub(crate) fn new(config: &OcmConfig) -> Self {
        let shares = config.shares_per_host_per_hour;
        let an_hour = 60 * 60;
        Self {
            by_address: Window::new(MESSAGES_PER_MINUTE, 60),
            offers: Window::new(shares, an_hour),
            offers_of_strangers: Window::new(shares.saturating_mul(SHARES_OF_STRANGERS), an_hour),
            shares: Window::new(shares, an_hour),
        }
    }
}

impl Inbound {
    /// Reads a message of no more than `max_bytes`.
    ///
    /// # Errors
    /// The answer when it is too large (413), does not arrive (400, 408), or too many come from its address (429).
    pub async fn read(ocm: &Ocm, request: Request, max_bytes: usize) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let address = parts.extensions.get::<ClientAddress>().copied();
        if let Some(address) = address {
            let counted = ocm.0.limits.by_address.count(address.subscriber(), ocm.now());
            counted.map_err(too_many)?;
        }
        let announced = parts
            .headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok());
        if announced
            .and_then(|value| value.parse().ok())
            .is_some_and(|length: usize| length > max_bytes)
        {
            return Err(answer(StatusCode::PAYLOAD_TOO_LARGE, "the message is too large"));
        }
        let collected = tokio::time::timeout(BODY_LIMIT, Limited::new(body, max_bytes).collect()).await;
        let body = match collected {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return Err(answer(StatusCode::PAYLOAD_TOO_LARGE, "the message is too large"));
            }
            Ok(Err(_)) => return Err(answer(StatusCode::BAD_REQUEST, "the message did not arrive")),
            Err(_) => {
                return Err(answer(
                    StatusCode::REQUEST_TIMEOUT,
                    "the message did not arrive in time",
                ));
            }
        };
        Ok(Self {
            target: target(&parts),
            method: parts.method,
            headers: parts.headers,
            body,
            address: address.map(|address| address.0),
        })
    }
}

/// The path and query as they stood in the request. So the router may be merged, but not nested.
fn target(parts: &Parts) -> String {
    let target = parts.uri.path_and_query();
    target.map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// An answer that says no more than `message`.
pub(crate) fn answer(status: StatusCode, message: &str) -> Response {
    (status, Json(ErrorBody::new(message).to_value())).into_response()
}

/// 429 with the seconds to wait.
pub(crate) fn too_many(retry_after_s: u32) -> Response {
    let mut response = answer(StatusCode::TOO_MANY_REQUESTS, "too many messages; try again later");
    response.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
    response
}

impl Ocm {
    /// Counts a share that a message offers in the name of a server, before anything is asked of that server. Nobody uses up
    /// what another address may send, and strangers do not use up what servers may send that have signed here.
    ///
    /// # Errors
    /// The seconds to wait, when there were too many.
    pub async fn count_offer(&self, inbound: &Inbound, sender: &PeerHost) -> Result<(), u32> {
        let now = self.now();
        let limits = &self.0.limits;
        let from = inbound.address.map(|address| ClientAddress(address).subscriber());
        limits.offers.count((sender.clone(), from), now)?;
        let known = self.0.store.find_peer(sender.as_str()).await;
        if known.is_ok_and(|peer| peer.is_some_and(|peer| peer.ever_signed)) {
            return Ok(());
        }
        limits.offers_of_strangers.count((), now)
    }

    /// Counts a share of a server that is known to have offered it.
    ///
    /// # Errors
    /// The seconds to wait, when it offered too many.
    pub fn count_share(&self, sender: &PeerHost) -> Result<(), u32> {
        self.0.limits.shares.count(sender.clone(), self.now())
    }
}
