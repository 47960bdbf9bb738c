//! Why a request of a program is refused, and the answer to that.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use nc_proto::oauth::error::TokenError;

use super::answer::uncached;
use crate::Error;

/// Why a request to the token endpoint, or one like it, is refused.
#[derive(Debug)]
pub(crate) enum Fault {
    /// By the rules of OAuth.
    Token(TokenError),
    /// The proof of possession must carry this nonce.
    Nonce(String),
    /// The body is no form.
    MediaType,
    /// Too many; seconds to wait.
    TooMany(i64),
    /// Something broke here.
    Internal(Error),
}

impl From<TokenError> for Fault {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl<E: Into<Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        match error.into() {
            // What makes a token long is what it tells, and that goes by its scopes.
            Error::TokenTooLong => Self::Token(TokenError::TokenTooLong),
            error => Self::Internal(error),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let error = match &self {
            Self::Token(error) => *error,
            Self::Nonce(_) => TokenError::UseDpopNonce,
            Self::MediaType | Self::TooMany(_) => TokenError::InvalidRequest,
            Self::Internal(error) => {
                tracing::error!(error = error as &dyn std::error::Error, "a request for tokens failed");
                TokenError::ServerError
            }
        };
        let status = match self {
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            // Whoever has the accounts is away: nothing was spent, so the same request may be sent again.
            Self::Internal(Error::Directory(_)) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST),
        };
        let mut body = error.body();
        if let Self::TooMany(seconds) = &self {
            let seconds = seconds.max(&1);
            body.error_description = Some(format!("Too many requests; try again in {seconds} seconds."));
        }
        let mut response = uncached(status, &body);
        let headers = response.headers_mut();
        match self {
            // RFC 6749 §5.2; the realm is the one of Nextcloud's `oidc` app.
            Self::Token(TokenError::InvalidClient) => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"oidc\""),
                );
            }
            Self::Nonce(nonce) => {
                if let Ok(nonce) = HeaderValue::from_str(&nonce) {
                    headers.insert("dpop-nonce", nonce);
                }
            }
            Self::TooMany(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
            }
            _ => {}
        }
        response
    }
}
