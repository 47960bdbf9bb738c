//! Where an issuer's keys come from.

use std::sync::{Arc, Mutex, PoisonError};

use moka::sync::Cache;
use nc_proto::{
    clock::Clock,
    oauth::jose::{Header, Jwk, JwkSet, KeyError},
};
use serde_json::Value;
use url::Url;

use super::Discovery;
use crate::{fetch::Fetch, token::TokenRefusal};

/// At most one fetch in this time, however many tokens name unknown keys.
const PAUSE_S: i64 = 30;
/// How long a set is believed without asking again, whatever its server says.
const KEEP_MIN_S: u64 = 5 * 60;
const KEEP_MAX_S: u64 = 60 * 60;
/// A set of 64 RSA keys fits well.
const MAX_BYTES: usize = 256 * 1024;
/// How many clients' sets are remembered.
const SOURCES: u64 = 1000;

/// Why there is no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The issuer has no such key, or it is for something else.
    #[error("no key fits the token")]
    Refused,
    /// The issuer's keys are not known now.
    #[error("the issuer's keys cannot be fetched")]
    Unavailable {
        /// Seconds until the next attempt.
        retry_after_s: u32,
    },
}

impl From<SourceError> for TokenRefusal {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Refused => Self::Refused(nc_proto::oauth::error::BearerError::InvalidToken),
            SourceError::Unavailable { retry_after_s } => Self::Unavailable { retry_after_s },
        }
    }
}

/// The keys of one issuer or client.
pub struct JwkSource(Kind);

enum Kind {
    Fixed(JwkSet),
    Remote(Remote),
}

enum Place {
    At(Url),
    Discovered(Arc<Discovery>),
}

struct Remote {
    place: Place,
    fetch: Arc<dyn Fetch>,
    clock: Clock,
    known: Mutex<Known>,
    /// Held while the set is fetched, so that one request does it for all.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Known {
    set: Option<Arc<JwkSet>>,
    /// Until when it is believed without asking again.
    fresh_until: i64,
    /// When it was last asked for, and whether there was an answer.
    tried_at: Option<i64>,
    answered: bool,
}

impl JwkSource {
    /// Keys that are given.
    pub const fn fixed(set: JwkSet) -> Self {
        Self(Kind::Fixed(set))
    }

    /// Keys that are published at `url`.
    pub fn remote(url: Url, fetch: Arc<dyn Fetch>, clock: Clock) -> Self {
        Self::at(Place::At(url), fetch, clock)
    }

    /// Keys that are published where the issuer's discovery document says.
    pub fn discovered(discovery: &Arc<Discovery>) -> Self {
        let (fetch, clock) = (Arc::clone(discovery.fetch()), discovery.clock().clone());
        Self::at(Place::Discovered(Arc::clone(discovery)), fetch, clock)
    }

    fn at(place: Place, fetch: Arc<dyn Fetch>, clock: Clock) -> Self {
        Self(Kind::Remote(Remote {
            place,
            fetch,
            clock,
            known: Mutex::new(Known::default()),
            fetching: tokio::sync::Mutex::new(()),
        }))
    }

    /// The key for a token with this header.
    ///
    /// A key that is known serves while its server is down. An unknown one makes the set be fetched again, at most every
    /// 30 seconds.
    pub async fn find(&self, header: &Header) -> Result<Jwk, SourceError> {
        match &self.0 {
            Kind::Fixed(set) => find(set, header).map_err(|_| SourceError::Refused),
            Kind::Remote(remote) => remote.find(header).await,
        }
    }

    /// Fetches the keys ahead of the first token. Whether there are any.
    pub async fn warm(&self) -> bool {
        match &self.0 {
            Kind::Fixed(_) => true,
            Kind::Remote(remote) => remote.refresh().await.set.is_some(),
        }
    }
}

impl std::fmt::Debug for JwkSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::Fixed(set) => write!(formatter, "JwkSource({} keys)", set.0.len()),
            Kind::Remote(remote) => match &remote.place {
                Place::At(url) => write!(formatter, "JwkSource({})", url.host_str().unwrap_or_default()),
                Place::Discovered(discovery) => write!(formatter, "JwkSource({discovery:?})"),
            },
        }
    }
}

impl Remote {
    async fn find(&self, header: &Header) -> Result<Jwk, SourceError> {
        let mut known = self.known();
        let mut outcome = known.set.as_deref().map(|set| find(set, header));
        let stale = known.fresh_until <= self.now();
        if stale || matches!(outcome, None | Some(Err(KeyError::Unknown))) {
            known = self.refresh().await;
            outcome = known.set.as_deref().map(|set| find(set, header));
        }
        match outcome {
            Some(Ok(key)) => Ok(key),
            // The set is as new as it gets, so the issuer has no such key.
            Some(Err(KeyError::Unknown)) if known.answered => Err(SourceError::Refused),
            None | Some(Err(KeyError::Unknown)) => Err(SourceError::Unavailable {
                retry_after_s: self.pause(&known),
            }),
            Some(Err(KeyError::Unfit | KeyError::Ambiguous)) => Err(SourceError::Refused),
        }
    }

    /// Fetches the set unless that was tried a moment ago. A failure keeps what is known.
    async fn refresh(&self) -> Known {
        let _one_at_a_time = self.fetching.lock().await;
        let mut known = self.known();
        let now = self.now();
        if known
            .tried_at
            .is_some_and(|tried| (tried..tried.saturating_add(PAUSE_S)).contains(&now))
        {
            return known;
        }
        let read = self.ask().await;
        let status = if read.is_some() { "success" } else { "error" };
        metrics::counter!("mcp_oauth_jwks_fetches_total", "status" => status).increment(1);
        known.tried_at = Some(now);
        known.answered = read.is_some();
        if let Some((set, max_age_s)) = read {
            let keep = max_age_s.unwrap_or(KEEP_MIN_S).clamp(KEEP_MIN_S, KEEP_MAX_S);
            known.set = Some(Arc::new(set));
            known.fresh_until = now.saturating_add_unsigned(keep);
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known.clone();
        known
    }

    async fn ask(&self) -> Option<(JwkSet, Option<u64>)> {
        let url = match &self.place {
            Place::At(url) => url.clone(),
            Place::Discovered(discovery) => discovery.endpoints().await?.jwks_uri,
        };
        let fetched = self.fetch.get(&url, None, MAX_BYTES).await.ok()?;
        let value: Value = serde_json::from_slice(&fetched.body).ok()?;
        Some((JwkSet::from_value(&value).ok()?, fetched.max_age_s))
    }

    fn pause(&self, known: &Known) -> u32 {
        let next = known.tried_at.unwrap_or_default().saturating_add(PAUSE_S);
        u32::try_from(next.saturating_sub(self.now()))
            .unwrap_or_default()
            .max(1)
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

fn find(set: &JwkSet, header: &Header) -> Result<Jwk, KeyError> {
    set.find(header.kid.as_deref(), header.algorithm).cloned()
}

/// The keys of many: clients that publish theirs. The least used are forgotten.
pub struct JwkSources {
    fetch: Arc<dyn Fetch>,
    clock: Clock,
    known: Cache<Url, Arc<JwkSource>>,
}

impl JwkSources {
    /// None are known yet.
    pub fn new(fetch: Arc<dyn Fetch>, clock: Clock) -> Self {
        let known = Cache::new(SOURCES);
        Self { fetch, clock, known }
    }

    /// The keys at a URL.
    pub fn at(&self, url: &Url) -> Arc<JwkSource> {
        self.known.get_with_by_ref(url, || {
            Arc::new(JwkSource::remote(
                url.clone(),
                Arc::clone(&self.fetch),
                self.clock.clone(),
            ))
        })
    }
}
