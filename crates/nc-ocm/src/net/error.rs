use nc_auth::fetch::FetchError;

use crate::OcmError;

/// What was wrong with another server. Remembered for a while, so that it is not asked again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeerFault {
    /// Its address is not one that may be connected to.
    #[error("its address may not be connected to")]
    Forbidden,
    /// It did not answer in time, or not in a way that can be trusted.
    #[error("it cannot be reached")]
    Unreachable,
    /// It answered with this status.
    #[error("it answered {0}")]
    Status(u16),
    /// It answered more than is read.
    #[error("its answer is too large")]
    TooLarge,
    /// What it answered is not what Open Cloud Mesh asks for.
    #[error("it does not speak Open Cloud Mesh: {0}")]
    NotOcm(&'static str),
}

impl PeerFault {
    /// Whether it may be over soon.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Unreachable => true,
            Self::Status(status) => status >= 500 || status == 429,
            Self::Forbidden | Self::TooLarge | Self::NotOcm(_) => false,
        }
    }
}

impl From<FetchError> for PeerFault {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Forbidden => Self::Forbidden,
            FetchError::Unreachable => Self::Unreachable,
            FetchError::Status(status) => Self::Status(status),
            FetchError::ContentType => Self::NotOcm("its answer is of another kind"),
            FetchError::TooLarge => Self::TooLarge,
        }
    }
}

impl From<reqwest::Error> for PeerFault {
    fn from(error: reqwest::Error) -> Self {
        FetchError::from(error).into()
    }
}

/// Why another server was not asked, or has not answered.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The lists of the operator forbid it.
    #[error("shares with this server are not allowed here")]
    NotAllowed,
    /// Strangers made this server ask too many others lately.
    #[error("too many other servers were asked lately")]
    Busy {
        /// Seconds until it is worth another try.
        retry_after_s: u32,
    },
    /// The cause is there.
    #[error("the other server: {0}")]
    Peer(#[from] PeerFault),
    /// The cause is here.
    #[error(transparent)]
    Failed(#[from] OcmError),
}

impl From<nc_store::StoreError> for NetError {
    fn from(error: nc_store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}
