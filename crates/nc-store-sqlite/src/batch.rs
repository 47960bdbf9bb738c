use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, sqlite::SqliteArguments};

use crate::error::Error;

/// Changes that go to the database together.
///
/// `sqlx` keeps each connection on a thread of its own. Waking that up, and then the task that waits, takes longer than a
/// change does.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    sql: String,
    arguments: SqliteArguments,
}

impl Batch {
    pub(crate) const fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }

    /// Adds a statement that gives nothing back. Its parameters are `?`, to be bound next.
    pub(crate) fn add(&mut self, statement: &'static str) -> &mut Self {
        if !self.sql.is_empty() {
            self.sql.push_str("; ");
        }
        self.sql.push_str(statement);
        self
    }

    /// Binds the next parameter of the statement that was added last.
    pub(crate) fn bind<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> Result<&mut Self, Error> {
        self.arguments.add(value).map_err(sqlx::Error::Encode)?;
        Ok(self)
    }

    /// Makes the changes, in their order up to the first that fails.
    pub(crate) async fn make(&mut self, db: &mut SqliteConnection) -> Result<(), Error> {
        let Self { sql, arguments } = std::mem::take(self);
        // Made of texts that were compiled in, and there are few ways to put them together, so that what was prepared is
        // found again.
        sqlx::query_with(AssertSqlSafe(sql), arguments).execute(db).await?;
        Ok(())
    }
}
