//! What the provider needs to believe clients that prove that they have a key.

use std::sync::Arc;

use async_trait::async_trait;
use nc_auth::{MemoryFailed, SeenBefore, verifier::JwkSource};
use nc_proto::oauth::jose::JwkSet;
use nc_store::Digest;
use url::Url;

use crate::{Client, Error, Provider};

impl Provider {
    /// The keys that a client signs with, given or published. `None`: it has none.
    pub fn client_keys(&self, client: &Client) -> Option<Arc<JwkSource>> {
        if let Some(set) = &client.document.jwks {
            return JwkSet::from_value(set).ok().map(|set| Arc::new(JwkSource::fixed(set)));
        }
        let url = Url::parse(client.document.jwks_uri.as_deref()?).ok()?;
        Some(self.key_sources()?.at(&url))
    }

    async fn remember(&self, name: &str, expires_at: i64, now: i64) -> Result<bool, Error> {
        let unit = self.store().begin().await?;
        let first = unit.see_once(Digest::of(name), expires_at, now).await?;
        unit.commit().await?;
        Ok(first)
    }
}

#[async_trait]
impl SeenBefore for Provider {
    async fn see_once(&self, name: &str, expires_at: i64, now: i64) -> Result<bool, MemoryFailed> {
        self.remember(name, expires_at, now).await.map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what was seen cannot be remembered"
            );
            MemoryFailed
        })
    }
}
