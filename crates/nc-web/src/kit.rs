//! What every router is wrapped in.

mod label;
mod log;
mod panic;

use std::sync::Arc;

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::net::SocketAddr;
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use crate::TrustedProxies;

/// Header that carries the request id to the client and, from trusted proxies, to us.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in logs. An extension of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// Request id, log line, metrics, panic catcher, security headers, and the client's address past trusted proxies.
///
/// Applied with [`Kit::wrap`], once, outermost, so it sees the patterns of the matched routes.
#[derive(Debug, Clone, Default)]
pub struct Kit {
    proxies: TrustedProxies,
    https: bool,
}

impl Kit {
    /// Forwarded headers count when they come from `proxies`. `https`: whether the public URL is; then browsers are told
    /// to stay with it.
    pub const fn new(proxies: TrustedProxies, https: bool) -> Self {
        Self { proxies, https }
    }

    /// Wraps `router`, its fallback included.
    pub fn wrap<S: Clone + Send + Sync + 'static>(self, router: Router<S>) -> Router<S> {
        router
            .layer(CatchPanicLayer::custom(panic::answer))
            .layer(middleware::from_fn_with_state(Arc::new(self), around))
    }
}

async fn around(State(kit): State<Arc<Kit>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    if let Some(peer) = peer {
        let address = kit.proxies.client_address(peer, request.headers());
        let origin = kit.proxies.client_origin(peer, request.headers());
        request.extensions_mut().insert(address);
        request.extensions_mut().insert(origin);
    }
    let trusted = peer.is_some_and(|peer| kit.proxies.trust(peer.ip()));
    let id = request_id(request.headers(), trusted);
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let entry = log::Entry::begin(&request, Arc::clone(&id));
    let mut response = next.run(request).await;
    entry.end(&response);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    security_headers(headers, kit.https);
    response
}

/// A trusted proxy's own id, so that both logs name the request alike; else a fresh one.
fn request_id(headers: &HeaderMap, trusted: bool) -> Arc<str> {
    let given = headers
        .get(REQUEST_ID)
        .filter(|_| trusted)
        .and_then(|value| value.to_str().ok());
    let usable = |id: &&str| {
        (8..=64).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    match given.filter(usable) {
        Some(id) => id.into(),
        None => Uuid::new_v4().simple().to_string().into(),
    }
}

/// Headers that hold for every answer. What a handler set itself stays: pages bring their own policy.
fn security_headers(headers: &mut HeaderMap, https: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "no-referrer");
    // Content of users must never run as a page of ours, whatever its media type.
    default(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; sandbox",
    );
    if https {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

#[cfg(test)]
mod tests;
