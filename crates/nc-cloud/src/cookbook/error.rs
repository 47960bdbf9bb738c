use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::{Error, content::ContentError, fields::Unreadable, json::json as reply};

/// Why a call failed.
#[derive(Debug)]
pub(super) enum CookbookError {
    /// No such recipe, or somebody else's.
    NotFound(i64),
    /// Another recipe has that name.
    NameTaken,
    /// A recipe without name.
    NoName,
    /// The input cannot be used; the text says why.
    Invalid(String),
    /// An import failed; the text says why. The app answers with a bare text here.
    Import(String),
    /// The body is larger than a recipe may be.
    TooLarge,
    /// No picture that the caller would take.
    NoImage,
    /// The files did not let it happen.
    Content(ContentError),
}

impl From<ContentError> for CookbookError {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

impl From<Unreadable> for CookbookError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge => Self::TooLarge,
            other => Self::Invalid(other.words().to_owned()),
        }
    }
}

impl From<Error> for CookbookError {
    fn from(error: Error) -> Self {
        Self::Content(error.into())
    }
}

impl From<sqlx::Error> for CookbookError {
    fn from(error: sqlx::Error) -> Self {
        Self::Content(error.into())
    }
}

impl IntoResponse for CookbookError {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NotFound(id) => return reply(StatusCode::NOT_FOUND, &id),
            Self::Import(text) => return reply(StatusCode::BAD_REQUEST, &text),
            Self::Invalid(text) => (StatusCode::BAD_REQUEST, text),
            Self::NameTaken => (
                StatusCode::CONFLICT,
                "Another recipe with that name already exists".to_owned(),
            ),
            Self::NoName => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "A recipe needs a name that no other recipe has.".to_owned(),
            ),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The recipe is too large.".to_owned()),
            Self::NoImage => (
                StatusCode::NOT_ACCEPTABLE,
                "There is no image of a kind that was asked for.".to_owned(),
            ),
            Self::Content(error) => match error {
                // The caller may try again, nothing was stored.
                ContentError::Locked(_) | ContentError::Precondition { .. } => {
                    (StatusCode::LOCKED, "The recipe is being changed.".to_owned())
                }
                ContentError::Exists(_) => return Self::NameTaken.into_response(),
                ContentError::Quota { .. } => (StatusCode::INSUFFICIENT_STORAGE, "The storage is full.".to_owned()),
                ContentError::Name(why) => (StatusCode::BAD_REQUEST, why.to_string()),
                ContentError::WrongKind(_) | ContentError::ParentMissing(_) => (
                    StatusCode::BAD_REQUEST,
                    "A file stands where the folder of the recipes should be.".to_owned(),
                ),
                error => {
                    tracing::error!(error = &error as &dyn std::error::Error, "cookbook call failed");
                    (StatusCode::INTERNAL_SERVER_ERROR, "Internal error".to_owned())
                }
            },
        };
        reply(status, &json!({ "msg": text }))
    }
}
