//! What the authorization server keeps: its database, and what opens the sealed parts of it.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use nc_cloud::SealingKey;
use nc_store::{Sealer, Store};
use nc_store_postgres::PostgresStore;
use nc_store_sqlite::SqliteStore;

use crate::config::Database;

const DATABASE: &str = "provider.db";

/// Database and sealing key. Several processes may have them open.
pub struct ProviderData {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Opens and seals.
    pub sealer: Arc<Sealer>,
}

impl ProviderData {
    /// Opens what is in `folder`, or the database elsewhere, and makes what is missing.
    ///
    /// # Errors
    /// When the database or the sealing key cannot be used.
    pub async fn open(folder: &Path, configured: &[SealingKey], database: &Database) -> anyhow::Result<Self> {
        let sealer = nc_cloud::open_sealer(configured, folder)
            .with_context(|| format!("the sealing key of {} cannot be used", folder.display()))?;
        let sealer = Arc::new(sealer);
        let store: Arc<dyn Store> = match database {
            Database::InFolder => return Self::with_sealer(folder, sealer).await,
            Database::File(path) => {
                check_folder(path)?;
                in_file(path, &sealer).await?
            }
            Database::Postgres(address) => {
                let store = PostgresStore::open(address, Arc::clone(&sealer)).await;
                Arc::new(store.context("the PostgreSQL database cannot be used")?)
            }
        };
        Ok(Self { store, sealer })
    }

    /// What is in `folder`, with a sealer that is open already.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn with_sealer(folder: &Path, sealer: Arc<Sealer>) -> anyhow::Result<Self> {
        let store = in_file(&folder.join(DATABASE), &sealer).await?;
        Ok(Self { store, sealer })
    }
}

async fn in_file(path: &Path, sealer: &Arc<Sealer>) -> anyhow::Result<Arc<dyn Store>> {
    check_file(path)?;
    let store = SqliteStore::open(path, Arc::clone(sealer)).await;
    let store = store.with_context(|| format!("the database {} cannot be opened", path.display()))?;
    Ok(Arc::new(store))
}

/// A file that is not there yet is made for its owner only.
#[cfg(unix)]
fn check_file(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let is_open = std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    anyhow::ensure!(
        !is_open,
        "other accounts of this machine can read the database {0}: run `chmod 600 {0}`",
        path.display()
    );
    Ok(())
}

/// Files appear beside the database, and who may write there could exchange it.
#[cfg(unix)]
fn check_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let metadata = std::fs::metadata(folder)
        .with_context(|| format!("the folder of the database, {}, cannot be looked at", folder.display()))?;
    let is_open = metadata.permissions().mode() & 0o007 != 0;
    anyhow::ensure!(
        !is_open,
        "every account of this machine can look into the folder of the database: run `chmod 700 {}`, or put the database into \
         a folder of its own",
        folder.display()
    );
    Ok(())
}

#[cfg(not(unix))]
fn check_file(_path: &Path) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn check_folder(_path: &Path) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    async fn open(folder: &Path, database: &Database) -> Result<(), String> {
        let opened = ProviderData::open(folder, &[], database).await;
        opened.map(|_| ()).map_err(|error| format!("{error:#}"))
    }

    fn allow(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("allowed");
    }

    #[tokio::test]
    async fn a_database_that_others_can_read_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).expect("a folder");
        let path = inner.join("tokens.db");
        let database = Database::File(path.clone());
        allow(&inner, 0o755);
        let error = open(folder.path(), &database).await.expect_err("refused");
        assert!(error.contains("chmod 700") && !path.exists(), "{error}");
        allow(&inner, 0o750);
        open(folder.path(), &database).await.expect("opened");
        assert_eq!(fs::metadata(&path).expect("made").permissions().mode() & 0o777, 0o600);
        allow(&path, 0o640);
        let error = open(folder.path(), &database).await.expect_err("refused");
        assert!(error.contains("chmod 600"), "{error}");

        open(folder.path(), &Database::InFolder).await.expect("opened");
        allow(&folder.path().join(DATABASE), 0o644);
        let error = open(folder.path(), &Database::InFolder).await.expect_err("refused");
        assert!(error.contains("chmod 600"), "{error}");
    }
}
