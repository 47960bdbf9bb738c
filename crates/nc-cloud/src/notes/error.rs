use axum::response::{IntoResponse, Response};
use http::StatusCode;
use nc_auth::ScopeSet;
use nc_proto::apps::notes::NoteEntry;
use serde_json::json;

use super::handlers::reply;
use crate::{Error, content::ContentError, fields::Unreadable, routes::LacksScope};

/// Why a call failed. Answers name PHP's exception classes, which clients know.
#[derive(Debug)]
pub(super) enum NotesError {
    /// No such note, or somebody else's.
    NotFound,
    /// The note cannot be written.
    ReadOnly,
    /// The note changed since it was read; this is what it is now.
    Conflict(Box<NoteEntry>),
    /// The input cannot be used.
    Invalid(&'static str),
    /// What stands where an id should is none.
    NoSuchRoute,
    /// The body is larger than a note may be.
    TooLarge,
    /// No such attachment.
    NoAttachment,
    /// The credential is good, but lacks these scopes for this.
    LacksScope(ScopeSet),
    /// The files did not let it happen.
    Content(ContentError),
}

impl From<ContentError> for NotesError {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

impl From<Unreadable> for NotesError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge => Self::TooLarge,
            other => Self::Invalid(other.words()),
        }
    }
}

impl From<Error> for NotesError {
    fn from(error: Error) -> Self {
        Self::Content(error.into())
    }
}

impl IntoResponse for NotesError {
    fn into_response(self) -> Response {
        let (status, class) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "OCA\\Notes\\Service\\NoteDoesNotExistException"),
            Self::ReadOnly => (StatusCode::FORBIDDEN, "OCA\\Notes\\Service\\NoteNotWritableException"),
            Self::Conflict(current) => return reply(StatusCode::PRECONDITION_FAILED, &current),
            Self::Invalid(message) => {
                let body = json!({ "errorType": "InvalidArgumentException", "message": message });
                return reply(StatusCode::BAD_REQUEST, &body);
            }
            Self::LacksScope(needed) => {
                let message = format!("The credential lacks the scope {needed}");
                let mut response = reply(StatusCode::FORBIDDEN, &json!({ "message": message }));
                response.extensions_mut().insert(LacksScope(needed));
                return response;
            }
            Self::NoSuchRoute => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "OCP\\Files\\EntityTooLargeException"),
            Self::NoAttachment => (StatusCode::NOT_FOUND, "OCP\\Files\\NotFoundException"),
            Self::Content(error) => match error {
                ContentError::NotFound(_) => (StatusCode::NOT_FOUND, "OCA\\Notes\\Service\\NoteDoesNotExistException"),
                // P66: the caller may try again, nothing was stored.
                ContentError::Locked(_) | ContentError::Precondition { .. } | ContentError::Exists(_) => {
                    (StatusCode::LOCKED, "OCP\\Lock\\LockedException")
                }
                ContentError::Quota { .. } => (
                    StatusCode::INSUFFICIENT_STORAGE,
                    "OCA\\Notes\\Service\\InsufficientStorageException",
                ),
                ContentError::Name(_) | ContentError::WrongKind(_) | ContentError::ParentMissing(_) => {
                    (StatusCode::BAD_REQUEST, "OCP\\Files\\InvalidPathException")
                }
                error => {
                    tracing::error!(error = &error as &dyn std::error::Error, "notes call failed");
                    (StatusCode::INTERNAL_SERVER_ERROR, "Exception")
                }
            },
        };
        reply(status, &json!({ "errorType": class }))
    }
}
