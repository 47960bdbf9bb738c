//! SQLite: one connection that writes, several that read.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction,
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};
use tokio::sync::Mutex;

use crate::Error;

/// Most connections that read; each costs a thread and its memory.
const MOST_READERS: usize = 4;

/// How long a statement waits for another process (a backup, a shell) that holds the database.
const BUSY: Duration = Duration::from_secs(5);

/// The cloud's database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    reader: SqlitePool,
    writer: SqlitePool,
    quick: Arc<Mutex<Option<SqliteConnection>>>,
}

impl Db {
    /// Opens the database at `path`, makes it when absent, and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL syncs the log at each commit: what was acknowledged survives a power cut (NORMAL does not).
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let writer = pool(1).connect_with(options.clone()).await?;
        // In one transaction: a stop half-way leaves the schema as it was.
        let mut change = writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::migrate!("./migrations")
            .run_direct(None, &mut *change, false)
            .await?;
        change.commit().await?;
        // More than there are cores would only wait for each other.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let readers = u32::try_from(cores.min(MOST_READERS)).unwrap_or(1);
        let options = options.read_only(true);
        let quick = SqliteConnection::connect_with(&options).await?;
        let reader = pool(readers).connect_with(options).await?;
        Ok(Self {
            reader,
            writer,
            quick: Arc::new(Mutex::new(Some(quick))),
        })
    }

    /// Connections that only read; each statement sees the last committed state.
    pub fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Asks a question that comes with most requests and is soon answered; it sees the last committed state.
    ///
    /// The connection for it is never given back: a pool would ask it each time whether it still works, in a task of its own,
    /// which takes as long as the question.
    pub(crate) async fn find_quickly(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
    ) -> Result<Option<SqliteRow>, Error> {
        let mut quick = self.quick.lock().await;
        let Some(connection) = quick.as_mut() else {
            drop(quick);
            return Ok(query.fetch_optional(&self.reader).await?);
        };
        let found = query.fetch_optional(connection).await;
        if let Err(sqlx::Error::WorkerCrashed) = found {
            *quick = None;
        }
        Ok(found?)
    }

    /// Begins the one write at a time. Dropped without `commit`, it leaves nothing behind.
    ///
    /// `BEGIN IMMEDIATE`, so a transaction that first reads and then writes cannot fail half-way for want of the lock.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Waits for work under way, then closes every connection.
    pub async fn close(&self) {
        let quick = self.quick.lock().await.take();
        if let Some(quick) = quick {
            // What cannot be closed is not there any more.
            let _ = quick.close().await;
        }
        self.reader.close().await;
        self.writer.close().await;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dropped_write_leaves_nothing_and_readers_cannot_write() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("cloud.db")).await.unwrap();
        let insert = "INSERT INTO instance (key, value) VALUES ('a', 'b')";
        let mut write = db.write().await.unwrap();
        sqlx::query(insert).execute(&mut *write).await.unwrap();
        drop(write);
        let count = "SELECT count(*) FROM instance";
        assert_eq!(
            sqlx::query_scalar::<_, i64>(count)
                .fetch_one(db.reader())
                .await
                .unwrap(),
            0
        );
        assert!(sqlx::query(insert).execute(db.reader()).await.is_err());
        let mut write = db.write().await.unwrap();
        sqlx::query(insert).execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(
            sqlx::query_scalar::<_, i64>(count)
                .fetch_one(db.reader())
                .await
                .unwrap(),
            1
        );
    }

    #[tokio::test]
    async fn commits_are_synced_to_disk() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("cloud.db")).await.unwrap();
        let mut write = db.write().await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(&mut *write)
            .await
            .unwrap();
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
            .fetch_one(&mut *write)
            .await
            .unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"));
    }
}
