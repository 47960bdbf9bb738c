//! The authorization server's part of a data folder: its database, and what opens the sealed parts of it.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use nc_cloud::SealingKey;
use nc_store::Sealer;
use nc_store_sqlite::SqliteStore;

const DATABASE: &str = "provider.db";

/// Database and sealing key. Several processes may have them open.
pub struct ProviderData {
    /// The database.
    pub store: Arc<SqliteStore>,
    /// Opens and seals.
    pub sealer: Arc<Sealer>,
}

impl ProviderData {
    /// Opens what is in `folder`, and makes what is missing.
    ///
    /// # Errors
    /// When the database or the sealing key cannot be used.
    pub async fn open(folder: &Path, configured: &[SealingKey]) -> anyhow::Result<Self> {
        let sealer = nc_cloud::open_sealer(configured, folder)
            .with_context(|| format!("the sealing key of {} cannot be used", folder.display()))?;
        Self::with_sealer(folder, Arc::new(sealer)).await
    }

    /// The same with a sealer that is open already.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn with_sealer(folder: &Path, sealer: Arc<Sealer>) -> anyhow::Result<Self> {
        let store = SqliteStore::open(&folder.join(DATABASE), Arc::clone(&sealer))
            .await
            .with_context(|| format!("{DATABASE} in {} cannot be opened", folder.display()))?;
        Ok(Self {
            store: Arc::new(store),
            sealer,
        })
    }
}
