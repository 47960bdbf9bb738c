//! The registration of this server at the issuer: kept in a file between starts, and made anew when it ends.

use nc_auth::fetch::GuardedFetch;
use nc_proto::clock::Clock;

use super::{ClientFile, Discovered, Registration, StartError, StoredClient};

/// Keeps this server registered.
#[derive(Debug, Clone)]
pub struct Registrar {
    registration: Registration,
    issuer: Discovered,
    file: ClientFile,
    fetch: GuardedFetch,
    clock: Clock,
}

impl Registrar {
    /// Registers at `issuer`, and keeps what comes of it in `file`.
    pub const fn new(
        registration: Registration,
        issuer: Discovered,
        file: ClientFile,
        fetch: GuardedFetch,
        clock: Clock,
    ) -> Self {
        Self {
            registration,
            issuer,
            file,
            fetch,
            clock,
        }
    }

    /// The client of an earlier start, or a fresh one.
    pub(super) async fn client(&self) -> Result<StoredClient, StartError> {
        if let Some(kept) = self.find()? {
            return Ok(kept);
        }
        let client = self.register().await?;
        self.file.keep(&client)?;
        Ok(client)
    }

    /// A client in the place of this one.
    pub(super) async fn another_than(&self, client_id: &str) -> Result<StoredClient, StartError> {
        // Another process with the same folder may have been first.
        if let Some(kept) = self.find()?.filter(|kept| kept.client_id != client_id) {
            return Ok(kept);
        }
        let client = self.register().await?;
        if let Err(error) = self.file.keep(&client) {
            // It is good all the same; the next start registers once more.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the registered client cannot be kept"
            );
        }
        Ok(client)
    }

    pub(super) const fn fetch(&self) -> &GuardedFetch {
        &self.fetch
    }

    pub(super) fn auth_methods(&self) -> &[String] {
        &self.issuer.auth_methods
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    fn find(&self) -> Result<Option<StoredClient>, StartError> {
        let redirect_uri = self.registration.redirect_uri();
        self.file.find(&self.issuer.issuer, &redirect_uri, self.now())
    }

    async fn register(&self) -> Result<StoredClient, StartError> {
        let client = self.registration.register(&self.fetch, &self.issuer).await?;
        tracing::info!(client = client.client_id, "this server registered at the issuer");
        Ok(client)
    }
}
