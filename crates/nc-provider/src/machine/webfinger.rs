//! Which provider somebody of this host has (RFC 7033, `OpenID` Connect Discovery §2).
//!
//! The answer is the same for everybody, so it does not tell which accounts there are.

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use nc_proto::oauth::form;
use serde_json::json;
use url::Url;

use crate::Provider;

const ISSUER: &str = "http://openid.net/specs/connect/1.0/issuer";

/// Answers for one resource.
pub(super) async fn answer(State(provider): State<Provider>, RawQuery(query): RawQuery) -> Response {
    let Some(pairs) = read(query.as_deref().unwrap_or_default()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let values = |name: &'static str| {
        pairs
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value)
    };
    let mut resources = values("resource");
    let (Some(resource), None) = (resources.next(), resources.next()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match host(resource) {
        None => return StatusCode::BAD_REQUEST.into_response(),
        Some(host) if !host.eq_ignore_ascii_case(provider.config().authority()) => {
            return StatusCode::NOT_FOUND.into_response();
        }
        Some(_) => {}
    }
    let mut wanted = values("rel").peekable();
    let links = if wanted.peek().is_none() || wanted.any(|rel| rel == ISSUER) {
        json!([{"rel": ISSUER, "href": provider.config().issuer}])
    } else {
        json!([])
    };
    let body = json!({"subject": resource, "links": links}).to_string();
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/jrd+json"))];
    (StatusCode::OK, headers, body).into_response()
}

/// `rel` may come several times, so this is not read as the forms of OAuth are.
fn read(query: &str) -> Option<Vec<(String, String)>> {
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    let pairs = pieces.map(|piece| {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let decode = |text: &str| form::decode(text.as_bytes()).ok();
        decode(name).zip(decode(value))
    });
    pairs.collect()
}

/// Host and port of `acct:user@host`, of a URL, or of `user@host`.
fn host(resource: &str) -> Option<String> {
    let address = resource
        .strip_prefix("acct:")
        .or_else(|| (!resource.contains(':')).then_some(resource));
    if let Some(address) = address {
        let (user, host) = address.rsplit_once('@')?;
        return (!user.is_empty() && !host.is_empty()).then(|| host.to_owned());
    }
    let url = Url::parse(resource).ok()?;
    let host = url.host_str()?;
    Some(
        url.port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
    )
}
