use nc_auth::federation::{FederationError, ResidentsError};
use nc_store::{SealError, StoreError};

/// What goes wrong on this side. Never told to strangers, and never holding a secret.
#[derive(Debug, thiserror::Error)]
pub enum OcmError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is sealed in the database does not open.
    #[error("a sealed value of Open Cloud Mesh does not open: {0}")]
    Seal(#[from] SealError),
    /// The cloud could not be asked.
    #[error(transparent)]
    Residents(#[from] ResidentsError),
    /// The configuration cannot be used.
    #[error("Open Cloud Mesh cannot start: {0}")]
    Configuration(String),
    /// A stored document cannot be read.
    #[error("a stored {0} cannot be read")]
    Damaged(&'static str),
    /// Something that does not happen.
    #[error("{0}")]
    Internal(&'static str),
}

impl From<OcmError> for FederationError {
    fn from(error: OcmError) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a share with another server failed"
        );
        Self::Failed("this server could not do it".to_owned())
    }
}
