//! What our own forms send.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Request},
};
use http::header;
use nc_proto::oauth::error::PageError;

use super::refusal::Refusal;

/// The longest form: every scope of the longest list, encoded.
const MAX_BYTES: usize = 64 * 1024;

/// The fields of a form. One may be repeated: `scope`.
pub(super) struct Post(Vec<(String, String)>);

impl Post {
    /// The value of a field, empty if it is absent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The value of a field that is not empty.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The ticked scopes.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(name, value)| name == "scope" && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequest<S> for Post {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let body = form_body(request, MAX_BYTES).await?;
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(&body) {
            if name != "scope" && fields.iter().any(|(known, _)| *known == name) {
                return Err(PageError::Malformed.into());
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(fields))
    }
}

/// The body of a form post, of this size at most.
pub(super) async fn form_body(request: Request<Body>, max_bytes: usize) -> Result<Bytes, PageError> {
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(PageError::Malformed);
    }
    to_bytes(request.into_body(), max_bytes)
        .await
        .map_err(|_| PageError::TooLarge)
}
