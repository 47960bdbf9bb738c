//! Bodies as PHP reads them: JSON or form.

use axum::extract::{FromRequest, Request};
use serde_json::{Map, Value};

use super::error::CookbookError;
use crate::fields;

/// The fields of a body.
pub(super) struct Input(pub(super) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = CookbookError;

    async fn from_request(request: Request, state: &S) -> Result<Self, CookbookError> {
        Ok(Self(fields::read(request, state).await?))
    }
}
