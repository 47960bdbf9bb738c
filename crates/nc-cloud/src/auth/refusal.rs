use std::sync::Arc;

use nc_auth::token::TokenRefusal;
use nc_proto::oauth::{bearer::Scheme, error::BearerError};

use crate::Error;

/// Why a credential was not believed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// More than one `Authorization` header.
    #[error("more than one credential in the request")]
    SeveralCredentials,
    /// Wrong name, wrong password, revoked, or unreadable: one answer for all, so probing learns nothing.
    #[error("wrong name or password")]
    WrongPassword,
    /// A token that cannot be read or is not believed.
    #[error("{error}")]
    Token {
        /// How it was presented.
        scheme: Scheme,
        /// What is wrong with it.
        error: BearerError,
        /// What the next proof has to carry (RFC 9449 §9).
        nonce: Option<String>,
    },
    /// The issuer of the token cannot be asked now.
    #[error("the token cannot be checked now")]
    Unavailable {
        /// Seconds until it is worth another try.
        retry_after_s: u32,
    },
    /// Too many failures before this one.
    #[error("too many failed attempts; wait {retry_after_s} seconds")]
    Throttled {
        /// Seconds until the next attempt is looked at.
        retry_after_s: i64,
    },
    /// The check itself failed.
    #[error("the credential could not be checked")]
    Failed(#[source] Arc<Error>),
}

impl Refusal {
    /// A token that is refused.
    pub(crate) const fn token(scheme: Scheme, error: BearerError) -> Self {
        Self::Token {
            scheme,
            error,
            nonce: None,
        }
    }

    /// What a verifier said.
    pub(crate) fn of_verifier(scheme: Scheme, refusal: TokenRefusal) -> Self {
        match refusal {
            TokenRefusal::Refused(error) => Self::token(scheme, error),
            TokenRefusal::Nonce(nonce) => Self::Token {
                scheme,
                error: BearerError::UseDpopNonce,
                nonce: Some(nonce),
            },
            TokenRefusal::Unavailable { retry_after_s } => Self::Unavailable { retry_after_s },
        }
    }

    /// Whether it is about a token.
    pub(crate) const fn is_of_token(&self) -> bool {
        matches!(self, Self::Token { .. } | Self::Unavailable { .. })
    }
}
