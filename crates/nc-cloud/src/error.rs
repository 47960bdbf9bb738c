use std::io;

/// Why the cloud could not do something, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input is refused; the text says why, for people.
    #[error("{0}")]
    Invalid(&'static str),
    /// Something of that name is there already.
    #[error("{0} exists already")]
    Exists(&'static str),
    /// Another process has the data directory open.
    #[error("another process has this data directory open")]
    InUse,
    /// Nothing of that name is there.
    #[error("{0} does not exist")]
    NotFound(&'static str),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The database's schema could not be brought up to date.
    #[error("the database's schema could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The data directory cannot be used.
    #[error("the data directory cannot be used")]
    Io(#[from] io::Error),
    /// The operating system gave no randomness, or a blocking task was lost: nothing that the caller did.
    #[error("internal error: {0}")]
    Internal(&'static str),
}
