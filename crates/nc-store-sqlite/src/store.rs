use std::{
    fs::{File, OpenOptions},
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use nc_store::{AuditChain, AuditReport, Sealer, Store, StoreError, Unit};
use sqlx::Connection as _;

use crate::{connections::Connections, error::Error, readers::Reader, sql::audit, unit::SqliteUnit};

/// The store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connections: Connections,
    chain: AuditChain,
}

impl SqliteStore {
    /// Opens the database at `path`, makes it when absent (readable by its owner only), and brings its schema up to date.
    /// The audit log is chained with the keys of `sealer`.
    pub async fn open(path: &Path, sealer: Arc<Sealer>) -> Result<Self, StoreError> {
        // SQLite gives the files that it puts beside it the same rights.
        private(OpenOptions::new().append(true).create(true))
            .open(path)
            .map_err(Error::from)?;
        Ok(Self {
            connections: Connections::open(path).await?,
            chain: AuditChain::new(sealer),
        })
    }

    pub(crate) async fn connection(&self) -> Result<Reader, Error> {
        self.connections.read().await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn Unit>, StoreError> {
        Ok(Box::new(SqliteUnit::new(
            self.connections.write().await?,
            self.chain.clone(),
        )))
    }

    /// An SQLite file, to be put in the place of the database while nothing uses it.
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

    async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut connection = self.connection().await?;
        let mut moment = connection.begin().await.map_err(Error::from)?;
        Ok(audit::verify(&mut moment, &self.chain).await?)
    }

    async fn close(&self) {
        self.connections.close().await;
    }
}

impl SqliteStore {
    async fn copy_into(&self, name: &str, file: File) -> Result<(), Error> {
        let mut connection = self.connections.read().await?;
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
