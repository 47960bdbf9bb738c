use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use nc_store::{AuditChain, AuditReport, Sealer, Store, StoreError, Unit};
use secrecy::SecretString;
use sqlx::{Postgres, pool::PoolConnection};

use crate::{backup, connections::Connections, error::Error, sql::audit, unit::PostgresUnit};

/// The store in one schema of a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStore {
    connections: Connections,
    chain: AuditChain,
}

impl PostgresStore {
    /// Opens the database at `address` (`postgres://user:password@host/database`) and brings its schema up to date. The audit
    /// log is chained with the keys of `sealer`.
    pub async fn open(address: &SecretString, sealer: Arc<Sealer>) -> Result<Self, StoreError> {
        Ok(Self {
            connections: Connections::open(address).await?,
            chain: AuditChain::new(sealer),
        })
    }

    pub(crate) async fn connection(&self) -> Result<PoolConnection<Postgres>, Error> {
        self.connections.read().await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn Unit>, StoreError> {
        Ok(Box::new(PostgresUnit::new(
            self.connections.write().await?,
            self.chain.clone(),
        )))
    }

    /// A script for `psql`, to be run in an empty database or schema.
    async fn back_up(&self, target: &Path) -> Result<(), StoreError> {
        Ok(backup::write(self.connections.read_moment().await?, target).await?)
    }

    async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut moment = self.connections.read_moment().await?;
        Ok(audit::verify(&mut moment, &self.chain).await?)
    }

    async fn close(&self) {
        self.connections.close().await;
    }
}
