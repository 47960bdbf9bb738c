use std::{
    fs::{File, OpenOptions},
    path::Path,
};

use async_trait::async_trait;
use nc_store::{Store, StoreError, Unit};
use sqlx::{Sqlite, pool::PoolConnection};

use crate::{connections::Connections, error::Error, unit::SqliteUnit};

/// The store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore(Connections);

impl SqliteStore {
    /// Opens the database at `path`, makes it when absent (readable by its owner only), and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite gives the files that it puts beside it the same rights.
        private(OpenOptions::new().append(true).create(true))
            .open(path)
            .map_err(Error::from)?;
        Ok(Self(Connections::open(path).await?))
    }

    /// Waits for work under way, then closes the file.
    pub async fn close(&self) {
        self.0.close().await;
    }

    pub(crate) async fn connection(&self) -> Result<PoolConnection<Sqlite>, Error> {
        self.0.read().await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn Unit>, StoreError> {
        Ok(Box::new(SqliteUnit::new(self.0.write().await?)))
    }

    async fn back_up(&self, target: &Path) -> Result<(), StoreError> {
        let name = target
            .to_str()
            .ok_or(Error::Io(std::io::ErrorKind::InvalidFilename.into()))?;
        // `VACUUM INTO` takes an empty file, so the copy is never readable by others, and never replaces something.
        let file = private(OpenOptions::new().write(true).create_new(true))
            .open(target)
            .map_err(Error::from)?;
        let copied = self.copy_into(name, file).await;
        if copied.is_err() {
            // Half a copy must not be taken for one.
            let _ = std::fs::remove_file(target);
        }
        Ok(copied?)
    }
}

impl SqliteStore {
    async fn copy_into(&self, name: &str, file: File) -> Result<(), Error> {
        let mut connection = self.0.read().await?;
        sqlx::query("VACUUM INTO ?")
            .bind(name)
            .execute(&mut *connection)
            .await?;
        let synced = tokio::task::spawn_blocking(move || file.sync_all()).await;
        Ok(synced.map_err(std::io::Error::other)??)
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
