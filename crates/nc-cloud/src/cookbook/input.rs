//! Bodies as PHP reads them: JSON or form.

use axum::{
    extract::{FromRequest, Request},
    response::IntoResponse,
};
use http::{StatusCode, header};
use serde_json::{Map, Value};

use super::error::CookbookError;

/// The fields of a body.
pub(super) struct Input(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = CookbookError;

    async fn from_request(request: Request, state: &S) -> Result<Self, CookbookError> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let body = axum::body::Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => CookbookError::TooLarge,
            _ => CookbookError::Invalid("The body broke off.".to_owned()),
        })?;
        if is_form {
            let pairs = url::form_urlencoded::parse(&body);
            return Ok(Self(
                pairs
                    .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
                    .collect(),
            ));
        }
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        // Not as PHP, which takes what it cannot read for nothing.
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|_| CookbookError::Invalid("The body is not a JSON object.".to_owned()))
    }
}
