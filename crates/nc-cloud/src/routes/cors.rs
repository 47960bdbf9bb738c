//! Pages of other origins may use every interface with a token, all alike, and none with a cookie.
//!
//! A page that sends a token has been given it on purpose. What a browser adds by itself (cookies, stored passwords) is
//! never let in from elsewhere: no answer allows credentials, and answers to passwords are not shared at all.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::Surface;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, PROPFIND, PROPPATCH, MKCOL, MKCALENDAR, COPY, MOVE, LOCK, UNLOCK, SEARCH, REPORT";

const REQUEST_HEADERS: &str = "Authorization, DPoP, Content-Type, Accept, If, If-Match, If-None-Match, OCS-APIRequest, Depth, \
                               Destination, Overwrite, Lock-Token, Timeout, Range, X-Requested-With, X-OC-Mtime, OC-Checksum, \
                               OC-Total-Length";

const ANSWER_HEADERS: &str = "WWW-Authenticate, DPoP-Nonce, ETag, Location, Lock-Token, Retry-After, Content-Range, Link, DAV, \
                              OC-ETag, OC-FileId, X-OC-MTime, X-Notes-API-Versions, X-Notes-Chunk-Cursor, \
                              X-Notes-Chunk-Pending";

impl Surface {
    /// Whether programs of other origins use it.
    const fn is_interface(self) -> bool {
        matches!(self, Self::Dav | Self::Ocs | Self::App)
    }
}

/// The answer to a browser that asks whether a request of another origin may follow. Nobody is signed in here: the
/// question carries no credential, and what is told is the same for all.
pub(super) fn preflight(surface: Surface, method: &Method, headers: &HeaderMap) -> Option<Response> {
    let asks = *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    (asks && surface.is_interface()).then(|| {
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, "3600"),
        ];
        (StatusCode::NO_CONTENT, headers, Body::empty()).into_response()
    })
}

/// Lets scripts of other origins read an answer. For answers that no password opened.
pub(super) fn share(surface: Surface, response: &mut Response) {
    if !surface.is_interface() {
        return;
    }
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
}
