use std::error::Error;

/// Why a store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another record has this key.
    #[error("a record with this key exists")]
    Exists,
    /// The database failed.
    #[error("the store failed")]
    Backend(#[source] Box<dyn Error + Send + Sync>),
    /// A record holds what cannot be.
    #[error("the store holds a damaged record: {0}")]
    Damaged(&'static str),
}
