use crate::Error;

/// Why a calendar or address book could not do something.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectionError {
    /// There is a collection of that name.
    #[error("the collection exists already")]
    Exists,
    /// Another object of the collection has the same UID; its name.
    #[error("an object with this UID exists already")]
    UidTaken(String),
    /// The object is not in the state that the caller asked for; its tag, if it is there.
    #[error("the object is in another state")]
    Precondition(Option<String>),
    /// The object or collection is not there.
    #[error("not found")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<sqlx::Error> for CollectionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(Error::Database(error))
    }
}
