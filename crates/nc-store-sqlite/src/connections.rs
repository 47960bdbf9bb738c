use std::{path::Path, time::Duration};

use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::error::Error;

/// Most connections that read; each costs a thread and its memory.
const MOST_READERS: usize = 4;

/// How long a statement waits for another process (the command line, a backup) that holds the database.
const BUSY: Duration = Duration::from_secs(5);

/// One connection that writes, several that read.
#[derive(Debug)]
pub(crate) struct Connections {
    reader: SqlitePool,
    writer: SqlitePool,
}

impl Connections {
    /// Opens the database at `path`, makes it when absent, and brings its schema up to date.
    pub(crate) async fn open(path: &Path) -> Result<Self, Error> {
        refuse_foreign(path).await?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL syncs the log at each commit: a revocation that was acknowledged survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let writer = pool(1).connect_with(options.clone()).await?;
        // Under the lock: the server and the command line may open a new database at the same moment.
        let mut change = writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::migrate!("./migrations")
            .run_direct(None, &mut *change, false)
            .await?;
        change.commit().await?;
        // More than there are cores would only wait for each other; two even there, so that a slow question holds up no
        // other.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let readers = u32::try_from(cores.clamp(2, MOST_READERS)).unwrap_or(2);
        let reader = pool(readers).connect_with(options.read_only(true)).await?;
        Ok(Self { reader, writer })
    }

    /// A connection that only reads; each statement sees the last committed state.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, Error> {
        Ok(self.reader.acquire().await?)
    }

    /// Begins the one write at a time. Dropped without `commit`, it leaves nothing behind.
    ///
    /// `BEGIN IMMEDIATE`, so a transaction that first reads and then writes cannot fail half-way for want of the lock.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Waits for work under way, then closes every connection.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Looks before anything is written: opening for writing already changes how the file is journalled.
async fn refuse_foreign(path: &Path) -> Result<(), Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let foreign: Option<i64> = sqlx::query_scalar("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
        .fetch_optional(&mut connection)
        .await?;
    connection.close().await?;
    if foreign.is_some() {
        return Err(Error::Foreign);
    }
    Ok(())
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        // The database is a file in this process; there is no peer that could have hung up.
        .test_before_acquire(false)
        // When the disk is full, SQLite ends a transaction by itself, and sqlx takes the connection for one that is still
        // within it. Another connection begins anew.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}
