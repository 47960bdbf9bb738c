use axum::{
    RequestExt as _,
    extract::{FromRequest, FromRequestParts, Path, Request},
    response::Response,
};
use http::{StatusCode, header, request::Parts};
use serde_json::{Map, Value};

use super::answer::message;
use crate::admin::AdminError;

/// Longest body.
const MAX_BYTES: usize = 64 * 1024;

/// The parameters of a request: JSON, or a form as the `oidc` app takes it too.
pub(super) struct Input(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = Response;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Response> {
        let bad = || message(StatusCode::BAD_REQUEST, "the body cannot be read");
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let body = request.with_limited_body().into_body();
        let body = axum::body::to_bytes(body, MAX_BYTES).await;
        let too_large = |_| message(StatusCode::PAYLOAD_TOO_LARGE, "the body may have 64 KiB");
        let body = body.map_err(too_large)?;
        if is_form {
            let pairs = url::form_urlencoded::parse(&body);
            return Ok(Self(
                pairs.map(|(name, value)| (name.into_owned(), value.into())).collect(),
            ));
        }
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(bad()),
        }
    }
}

impl Input {
    /// A parameter that has to be there.
    pub(super) fn value(&self, name: &str) -> Result<&Value, AdminError> {
        self.0
            .get(name)
            .ok_or_else(|| AdminError::Invalid(format!("`{name}` is missing")))
    }

    /// A text; `None` when it is absent, null or empty.
    pub(super) fn find_text(&self, name: &str) -> Result<Option<String>, AdminError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(AdminError::Invalid(format!("`{name}` must be a text"))),
        }
    }

    /// A text that has to be there.
    pub(super) fn text(&self, name: &str) -> Result<String, AdminError> {
        self.find_text(name)?
            .ok_or_else(|| AdminError::Invalid(format!("`{name}` is missing")))
    }

    /// A number, which may be written as a text.
    pub(super) fn number(&self, name: &str) -> Result<i64, AdminError> {
        let number = match self.value(name)? {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        number.ok_or_else(|| AdminError::Invalid(format!("`{name}` must be a number")))
    }

    /// Yes or no; absent is no.
    pub(super) fn flag(&self, name: &str) -> Result<bool, AdminError> {
        match self.0.get(name) {
            None | Some(Value::Null | Value::Bool(false)) => Ok(false),
            Some(Value::Bool(true)) => Ok(true),
            Some(Value::String(text)) if text == "true" || text == "1" => Ok(true),
            Some(Value::String(text)) if text == "false" || text == "0" => Ok(false),
            Some(_) => Err(AdminError::Invalid(format!("`{name}` must be true or false"))),
        }
    }

    /// Texts; a text alone is split at blanks.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, AdminError> {
        let bad = || AdminError::Invalid(format!("`{name}` must be a list of texts"));
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(text.split_whitespace().map(str::to_owned).collect()),
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().ok_or_else(bad)
            }
            Some(_) => Err(bad()),
        }
    }
}

/// The number at the end of a path.
pub(super) struct Number(pub(super) i64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AdminError> {
        let number = Path::from_request_parts(parts, state).await;
        let Path(number) = number.map_err(|_| AdminError::Invalid("the path must end with a number".to_owned()))?;
        Ok(Self(number))
    }
}
