use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::{Error, content::ContentError, fields::Unreadable, json::json as reply, ocs::Ocs};

/// Why a call failed.
#[derive(Debug)]
pub(super) enum DeckError {
    /// It does not exist, or the person may not do that with it. One answer for both, so that nobody learns by trying
    /// what others have.
    Denied,
    /// The person may see it and knows why it cannot be done.
    Forbidden(&'static str),
    /// The input cannot be used; the text says what would be right.
    Invalid(Cow<'static, str>),
    /// Something that belongs to what the person may see is not there.
    NotFound(&'static str),
    /// Something of that name is there already.
    Exists(&'static str),
    /// The body is larger than what it is for may be.
    TooLarge,
    /// The person's quota would be exceeded.
    NoSpace,
    /// The files or the database did not let it happen.
    Content(ContentError),
}

impl DeckError {
    /// Wrong input.
    pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(message.into())
    }

    fn parts(self) -> (StatusCode, Cow<'static, str>) {
        match self {
            Self::Denied => (StatusCode::FORBIDDEN, "Permission denied".into()),
            Self::Forbidden(message) => (StatusCode::FORBIDDEN, message.into()),
            Self::Invalid(message) => (StatusCode::BAD_REQUEST, message),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, message.into()),
            Self::Exists(message) => (StatusCode::CONFLICT, message.into()),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request is too large".into()),
            Self::NoSpace => (StatusCode::INSUFFICIENT_STORAGE, "Not enough free space".into()),
            Self::Content(error) => match error {
                ContentError::Locked(_) => (StatusCode::LOCKED, "The file is locked".into()),
                ContentError::Quota { .. } => Self::NoSpace.parts(),
                ContentError::Name(error) => (StatusCode::BAD_REQUEST, error.to_string().into()),
                ContentError::WrongKind(_) | ContentError::ParentMissing(_) => (
                    StatusCode::BAD_REQUEST,
                    "A file named Deck is where the folder for attachments should be".into(),
                ),
                error => {
                    tracing::error!(error = &error as &dyn std::error::Error, "deck call failed");
                    (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error".into())
                }
            },
        }
    }

    /// The failure in the envelope of OCS.
    pub(super) fn in_envelope(self, ocs: Ocs) -> Response {
        let (status, message) = self.parts();
        ocs.refuse(status.as_u16(), &message)
    }
}

impl From<ContentError> for DeckError {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

impl From<Unreadable> for DeckError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge => Self::TooLarge,
            other => Self::invalid(other.words()),
        }
    }
}

impl From<Error> for DeckError {
    fn from(error: Error) -> Self {
        Self::Content(error.into())
    }
}

impl From<sqlx::Error> for DeckError {
    fn from(error: sqlx::Error) -> Self {
        Self::Content(error.into())
    }
}

impl IntoResponse for DeckError {
    fn into_response(self) -> Response {
        let (status, message) = self.parts();
        reply(status, &json!({ "status": status.as_u16(), "message": message }))
    }
}
