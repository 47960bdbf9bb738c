use std::sync::Arc;

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
    /// An access token that is not known here.
    #[error("unknown access token")]
    Bearer,
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
