//! What pages of other origins may read.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Uri, header, request::Parts};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::HttpOptions;

/// Browsers need to read the challenge and the session id. Credentials are headers, never cookies.
pub(super) fn layer(options: &HttpOptions) -> CorsLayer {
    let allowed = options.allowed_origins.clone().unwrap_or_default();
    let may_read = move |origin: &HeaderValue, _: &Parts| {
        let origin = origin.to_str().unwrap_or_default();
        allowed.iter().any(|allowed| covers(allowed, origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(may_read))
        .allow_methods([Method::POST, Method::GET, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::WWW_AUTHENTICATE,
            HeaderName::from_static("mcp-session-id"),
            HeaderName::from_static("mcp-protocol-version"),
        ])
        .max_age(Duration::from_mins(10))
}

/// Whether an origin is the allowed one, whose port is written, also where browsers leave it out, or `*`.
fn covers(allowed: &str, origin: &str) -> bool {
    let Some((scheme, host, port)) = parts(origin) else {
        return false;
    };
    let (allowed, any_port) = match allowed.strip_suffix(":*") {
        Some(base) => (base, true),
        None => (allowed, false),
    };
    parts(allowed).is_some_and(|allowed| {
        allowed.0 == scheme && allowed.1.eq_ignore_ascii_case(&host) && (any_port || allowed.2 == port)
    })
}

fn parts(origin: &str) -> Option<(String, String, Option<u16>)> {
    let uri = Uri::try_from(origin).ok()?;
    let scheme = uri.scheme_str()?.to_owned();
    let default = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let port = uri.port_u16().or(default);
    Some((scheme, uri.host()?.to_owned(), port))
}
