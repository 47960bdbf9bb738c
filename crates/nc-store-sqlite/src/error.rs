use std::sync::Arc;

use nc_store::StoreError;

/// What a statement or a row can do wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    #[error(transparent)]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Seal(#[from] nc_store::SealError),
    #[error(
        "the database belongs to another program, nextcloud-mcp-server by its table alembic_version: give this server one of \
         its own; `nextcloud-mcp admin credentials import` takes over what people gave"
    )]
    Foreign,
    #[error("a change of this unit of work failed")]
    Lost,
    #[error("the transaction that it shared failed")]
    Shared(#[source] Arc<Error>),
    #[error("damaged: {0}")]
    Damaged(&'static str),
}

impl Error {
    /// Whether another process has the database, so that the same may work in a moment.
    pub(crate) fn is_busy(&self) -> bool {
        let Self::Sql(sqlx::Error::Database(error)) = self else {
            return false;
        };
        let code = error.code().and_then(|code| code.parse::<i32>().ok());
        // What is above the lowest byte tells more of the same: SQLITE_BUSY, and SQLITE_PROTOCOL of a race for the log.
        code.is_some_and(|code| matches!(code & 0xff, 5 | 15))
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Damaged(what) => Self::Damaged(what),
            Error::Sql(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => Self::Damaged("a column"),
            Error::Sql(sqlx::Error::Database(error)) if error.is_unique_violation() => Self::Exists,
            other => Self::Backend(Box::new(other)),
        }
    }
}
