//! Where an issuer keeps what a resource server needs (`OpenID` Connect Discovery §4).

use std::sync::{Arc, Mutex, PoisonError};

use nc_proto::{
    clock::Clock,
    oauth::metadata::{MAX_BYTES, WellKnown},
};
use serde::Deserialize;
use url::Url;

use crate::fetch::Fetch;

/// How long a document is kept.
const KEEP_S: i64 = 5 * 60;

/// What is read of a discovery document.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Endpoints {
    issuer: String,
    pub(crate) jwks_uri: Url,
    #[serde(default)]
    pub(crate) userinfo_endpoint: Option<Url>,
}

/// The discovery document of one issuer.
pub struct Discovery {
    issuer: String,
    fetch: Arc<dyn Fetch>,
    clock: Clock,
    known: Mutex<Option<(i64, Endpoints)>>,
}

impl Discovery {
    /// The document of this issuer.
    pub fn new(issuer: impl Into<String>, fetch: Arc<dyn Fetch>, clock: Clock) -> Self {
        Self {
            issuer: issuer.into(),
            fetch,
            clock,
            known: Mutex::new(None),
        }
    }

    /// What it says. `None`: it cannot be fetched, or describes another issuer.
    pub(crate) async fn endpoints(&self) -> Option<Endpoints> {
        let now = self.clock.now().unix_timestamp();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((until, endpoints)) = known
            && now < until
        {
            return Some(endpoints);
        }
        let url = Url::parse(&WellKnown::OpenidConfiguration.url(&self.issuer)?).ok()?;
        let fetched = self.fetch.get(&url, None, MAX_BYTES).await.ok()?;
        let endpoints: Endpoints = serde_json::from_slice(&fetched.body).ok()?;
        // The only tie between the address and the name (Discovery §4.3).
        if endpoints.issuer != self.issuer {
            return None;
        }
        let remembered = Some((now.saturating_add(KEEP_S), endpoints.clone()));
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = remembered;
        Some(endpoints)
    }

    pub(crate) fn fetch(&self) -> &Arc<dyn Fetch> {
        &self.fetch
    }

    pub(crate) const fn clock(&self) -> &Clock {
        &self.clock
    }
}

impl std::fmt::Debug for Discovery {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Discovery({})", self.issuer)
    }
}
