//! Why a registration, or its management, is refused.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use nc_proto::oauth::error::RegistrationError;

use super::{answer::uncached, fault::Fault};
use crate::{Error, registration::Unfit};

/// Why a request about a client is refused.
#[derive(Debug)]
pub(super) enum RegistrationFault {
    /// By the rules of RFC 7591 and RFC 7592.
    Registration(RegistrationError),
    /// The body is not JSON.
    MediaType,
    /// Too many; seconds to wait.
    TooMany(i64),
    /// Something broke here.
    Internal(Error),
}

impl From<RegistrationError> for RegistrationFault {
    fn from(error: RegistrationError) -> Self {
        Self::Registration(error)
    }
}

impl From<Unfit> for RegistrationFault {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Metadata(error) => Self::Registration(error),
            Unfit::Internal(error) => Self::Internal(error),
        }
    }
}

impl<E: Into<Error>> From<E> for RegistrationFault {
    fn from(error: E) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for RegistrationFault {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Registration(error) => error,
            Self::MediaType => {
                let body = RegistrationError::InvalidClientMetadata.body();
                return uncached(StatusCode::UNSUPPORTED_MEDIA_TYPE, &body);
            }
            Self::TooMany(seconds) => return Fault::TooMany(seconds).into_response(),
            Self::Internal(error) => return Fault::Internal(error).into_response(),
        };
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = uncached(status, &error.body());
        if error == RegistrationError::InvalidToken {
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
