use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::{Error, fields::Unreadable, json::json as json_answer, ocs::Ocs};

/// Why a call failed.
#[derive(Debug)]
pub(super) enum TablesError {
    /// No such table or view, or one of somebody else: both look the same.
    NoNode,
    /// No such row, column or share, or one of somebody else.
    NotFound(&'static str),
    /// The share does not allow it.
    NotAllowed,
    /// The input cannot be used; the text says why.
    Invalid(String),
    /// The body is too large.
    TooLarge,
    /// The database failed.
    Failed(Error),
}

impl TablesError {
    pub(super) fn invalid(why: impl Into<String>) -> Self {
        Self::Invalid(why.into())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoNode | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(self) -> String {
        match self {
            Self::NoNode => "There is no such table or view".to_owned(),
            Self::NotFound(what) => format!("There is no such {what}"),
            Self::NotAllowed => "The share does not allow this".to_owned(),
            Self::Invalid(why) => why,
            Self::TooLarge => "The body is too large".to_owned(),
            Self::Failed(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "tables call failed");
                "Internal Server Error".to_owned()
            }
        }
    }

    /// As the second version answers it.
    pub(super) fn in_envelope(self, ocs: Ocs) -> Response {
        match self {
            Self::NoNode | Self::NotAllowed => self.into_response(),
            error => ocs.refuse(error.status().as_u16(), &error.message()),
        }
    }
}

impl IntoResponse for TablesError {
    fn into_response(self) -> Response {
        let status = self.status();
        match self {
            // An empty page in both versions, as recorded.
            Self::NoNode | Self::NotAllowed => {
                (status, [(header::CONTENT_TYPE, "text/html; charset=UTF-8")]).into_response()
            }
            error => json_answer(status, &json!({ "message": error.message() })),
        }
    }
}

impl From<Unreadable> for TablesError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge => Self::TooLarge,
            other => Self::invalid(other.words()),
        }
    }
}

impl From<Error> for TablesError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<sqlx::Error> for TablesError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What was stored by this program cannot be read by it.
impl From<serde_json::Error> for TablesError {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a stored table cannot be read"
        );
        Self::Failed(Error::Internal("a stored table cannot be read"))
    }
}

/// An answer of the first version.
pub(super) fn reply(body: &impl Serialize) -> Response {
    json_answer(StatusCode::OK, body)
}

/// An answer of the second version.
pub(super) fn answer<T: Serialize>(ocs: Ocs, result: Result<T, TablesError>) -> Response {
    match result {
        Ok(data) => ocs.ok(&serde_json::to_value(data).unwrap_or_default()),
        Err(error) => error.in_envelope(ocs),
    }
}
