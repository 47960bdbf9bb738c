use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{answer, too_many};
use crate::{OcmError, net::NetError};

/// Why a message is not believed to come from the server that it has to come from.
#[derive(Debug, thiserror::Error)]
pub enum SignatureRefusal {
    /// 400: what stands in place of a signature cannot be read, or a signature is missing that a pinned key would check.
    #[error("the signature cannot be read")]
    Malformed,
    /// 401: not signed although it has to be, or the signature is not good, or was seen before.
    #[error("the message is not signed as it has to be")]
    Unauthorized,
    /// 403: signed by another server, or by one with which shares are not allowed.
    #[error("the message comes from another server")]
    WrongIdentity,
    /// 502: the keys of the server cannot be fetched.
    #[error("the keys of the server cannot be fetched")]
    KeysUnreachable,
    /// 429: too many other servers had to be asked lately.
    #[error("too many messages; try again later")]
    TooMany {
        /// Seconds until it is worth another try.
        retry_after_s: u32,
    },
    /// 500: the cause is here.
    #[error("the message cannot be checked")]
    Failed(#[source] OcmError),
}

impl SignatureRefusal {
    /// What the other server is told.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::WrongIdentity => StatusCode::FORBIDDEN,
            Self::KeysUnreachable => StatusCode::BAD_GATEWAY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<NetError> for SignatureRefusal {
    fn from(error: NetError) -> Self {
        match error {
            NetError::NotAllowed => Self::WrongIdentity,
            NetError::Busy { retry_after_s } => Self::TooMany { retry_after_s },
            NetError::Peer(_) => Self::KeysUnreachable,
            NetError::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<OcmError> for SignatureRefusal {
    fn from(error: OcmError) -> Self {
        Self::Failed(error)
    }
}

impl IntoResponse for SignatureRefusal {
    fn into_response(self) -> Response {
        match &self {
            Self::TooMany { retry_after_s } => return too_many(*retry_after_s),
            Self::Failed(error) => tracing::error!(
                error = error as &dyn std::error::Error,
                "a message of another server cannot be checked"
            ),
            _ => {}
        }
        answer(self.status(), &self.to_string())
    }
}
