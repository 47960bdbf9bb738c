use std::{
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    error::Error,
    readers::{Reader, Readers},
    writer::{Writer, Writing},
};

/// Most connections that read; each costs a thread and its memory.
const MOST_READERS: usize = 4;

/// How long a statement waits for another process (the command line, a backup) that holds the database.
const BUSY: Duration = Duration::from_secs(5);

/// How long somebody waits for a connection.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// After which time it is tried again to open a database that another process is just opening.
const AGAIN: Duration = Duration::from_millis(20);

/// One connection that writes, several that read.
#[derive(Debug)]
pub(crate) struct Connections {
    readers: Readers,
    writer: Writer,
}

impl Connections {
    /// Opens the database at `path`, makes it when absent, and brings its schema up to date.
    pub(crate) async fn open(path: &Path) -> Result<Self, Error> {
        patiently(|| refuse_foreign(path)).await?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL syncs the log at each commit: a revocation that was acknowledged survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let connection = patiently(|| bring_up_to_date(&options)).await?;
        // More than there are cores would only wait for each other; two even there, so that a slow question holds up no
        // other.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let readers = Readers::open(cores.clamp(2, MOST_READERS), options.clone().read_only(true)).await?;
        Ok(Self {
            readers,
            writer: Writer::new(connection, options),
        })
    }

    /// A connection that only reads; each statement sees the last committed state.
    pub(crate) async fn read(&self) -> Result<Reader, Error> {
        self.readers.get().await
    }

    /// Begins the one write at a time. Dropped without `commit`, it leaves nothing behind.
    pub(crate) async fn write(&self) -> Result<Writing, Error> {
        self.writer.begin().await
    }

    /// Waits for work under way, then closes every connection.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Opens a connection. Another process that does so at the same moment is waited for.
pub(crate) async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection, Error> {
    patiently(|| async { Ok(options.connect().await?) }).await
}

async fn bring_up_to_date(options: &SqliteConnectOptions) -> Result<SqliteConnection, Error> {
    let mut connection = options.connect().await?;
    // Under the lock: the server and the command line may open a new database at the same moment.
    let mut change = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::migrate!("./migrations")
        .run_direct(None, &mut *change, false)
        .await?;
    change.commit().await?;
    Ok(connection)
}

/// Does something again while another process has the database. SQLite itself does not wait when somebody begins or ends to
/// journal.
async fn patiently<T, Work>(work: impl Fn() -> Work) -> Result<T, Error>
where
    Work: Future<Output = Result<T, Error>>,
{
    let end = Instant::now() + PATIENCE;
    loop {
        match work().await {
            Err(error) if error.is_busy() && Instant::now() < end => tokio::time::sleep(AGAIN).await,
            other => return other,
        }
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
