use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{SignatureRefusal, answer};
use crate::OcmError;

/// Why a message is not taken.
pub(crate) enum Failure {
    /// What the other server is told.
    Answer(Response),
    /// The cause is here.
    Here(OcmError),
}

impl Failure {
    /// An answer that says no more than `message`.
    pub(crate) fn told(status: StatusCode, message: &str) -> Self {
        Self::Answer(answer(status, message))
    }

    /// The answer. A cause that is here is logged as `logged`, and the other server is told no more than `told`.
    pub(crate) fn into_answer(self, logged: &str, told: &str) -> Response {
        match self {
            Self::Answer(response) => response,
            Self::Here(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "{logged}");
                answer(StatusCode::INTERNAL_SERVER_ERROR, told)
            }
        }
    }
}

impl<E: Into<OcmError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Here(error.into())
    }
}

impl From<SignatureRefusal> for Failure {
    fn from(refusal: SignatureRefusal) -> Self {
        Self::Answer(refusal.into_response())
    }
}
