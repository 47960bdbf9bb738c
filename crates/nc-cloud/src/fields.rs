//! Bodies of requests as PHP reads them for apps: JSON or a form, both as fields (P68).

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::IntoResponse,
};
use http::{StatusCode, header};
use serde_json::{Map, Value};

/// Why a body has no fields. Each app says so in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is larger than the route allows.
    TooLarge,
    /// It did not come whole.
    BrokeOff,
    /// It is neither a form nor a JSON object.
    NotAnObject,
}

impl Unreadable {
    /// In words, for those to whom size is not worth an answer of its own.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is too large",
            Self::BrokeOff => "the body broke off",
            Self::NotAnObject => "the body is neither a form nor a JSON object",
        }
    }
}

/// The fields of a body; none of an empty one. How large it may be is the route's `DefaultBodyLimit`.
///
/// Not as PHP, which takes what it cannot read for nothing: that would store something without its content.
pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Map<String, Value>, Unreadable> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let is_form = kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let body = Bytes::from_request(request, state).await;
    let body = body.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Unreadable::TooLarge,
        _ => Unreadable::BrokeOff,
    })?;
    if is_form {
        let pairs = url::form_urlencoded::parse(&body);
        return Ok(pairs
            .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
            .collect());
    }
    if body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(&body).map_err(|_| Unreadable::NotAnObject)
}
