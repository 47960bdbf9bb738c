use std::io;

use nc_proto::dav::{DavPath, ETag};

use super::BadName;
use crate::Error;

/// Why the content store refused something, by what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// There is nothing at that path.
    #[error("{0} does not exist")]
    NotFound(DavPath),
    /// The folder that should hold it does not exist, or is a file.
    #[error("the folder of {0} does not exist")]
    ParentMissing(DavPath),
    /// Something is there already.
    #[error("{0} exists already")]
    Exists(DavPath),
    /// A file was needed and a folder is there, or the other way round.
    #[error("{0} is of the other kind")]
    WrongKind(DavPath),
    /// A condition on the present state does not hold; nothing was changed.
    #[error("the file changed since it was read")]
    Precondition {
        /// The present tag; none if nothing is there.
        current: Option<ETag>,
    },
    /// It is locked, and the lock's token was not given.
    #[error("{0} is locked")]
    Locked(DavPath),
    /// The user's quota would be exceeded.
    #[error("{required} bytes required, {available} available")]
    Quota {
        /// Bytes that the change needs.
        required: u64,
        /// Bytes that are left.
        available: u64,
    },
    /// The file is too large to be read at once; open it instead.
    #[error("{size_bytes} bytes are too many to be read at once")]
    TooLarge {
        /// Its size.
        size_bytes: u64,
    },
    /// The name cannot be stored.
    #[error(transparent)]
    Name(#[from] BadName),
    /// The bytes do not have the checksum that came with them.
    #[error("the content does not have the checksum {0}")]
    Checksum(String),
    /// A folder cannot be put into itself, and the root stays where it is.
    #[error("{0} cannot be moved or deleted like that")]
    Impossible(DavPath),
    /// The sender stopped or sent something else than announced.
    #[error("the upload broke off")]
    Interrupted,
    /// An upload's pieces do not add up.
    #[error("Chunks on server do not sum up to {expected} but to {actual} bytes")]
    Incomplete {
        /// What the client said.
        expected: u64,
        /// What is there.
        actual: u64,
    },
    /// A search by something that cannot be searched.
    #[error("requested search property is not searchable")]
    NotSearchable,
    /// Disk or database failed: nothing that the caller did.
    #[error("the storage failed")]
    Storage(#[from] Error),
}

impl From<sqlx::Error> for ContentError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<io::Error> for ContentError {
    fn from(error: io::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<tokio::task::JoinError> for ContentError {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Storage(Error::Internal("a task was lost"))
    }
}
