use nc_store::{SealError, StoreError};

use crate::DirectoryError;

/// Why the provider could not do its work. Faults of requests have their own types in `nc_proto::oauth::error`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error("the provider's store failed")]
    Store(#[from] StoreError),
    /// The accounts could not be asked.
    #[error("the accounts cannot be asked")]
    Directory(#[from] DirectoryError),
    /// A key could not be opened or sealed.
    #[error("a sealed value cannot be used")]
    Seal(#[from] SealError),
    /// The key that has to sign is not made yet. Making one takes a unit of work of its own, so whoever is inside another one
    /// has to leave it first.
    #[error("the signing key is not made yet")]
    KeyMissing,
    /// A signed token would be longer than resource servers read.
    #[error("the token would be too long")]
    TokenTooLong,
    /// The person signed in with another account than before.
    #[error("the person signed in with another account than before")]
    OtherAccount,
    /// What is stored or made does not have the form it should have.
    #[error("{0}")]
    Internal(&'static str),
    /// What an administrator asked for cannot be.
    #[error("{0}")]
    Invalid(String),
}

impl From<serde_json::Error> for Error {
    fn from(_: serde_json::Error) -> Self {
        // The text of such an error may quote the document.
        Self::Internal("a stored document cannot be read or written")
    }
}
