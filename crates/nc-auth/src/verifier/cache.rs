//! What verification found, for as long as it holds. Keyed by the hash of the token; tokens are never kept.

use std::time::Duration;

use moka::sync::Cache;
use nc_proto::oauth::error::BearerError;
use sha2::{Digest as _, Sha256};

use super::Verified;

/// The most results.
const ENTRIES: u64 = 10_000;
/// How long a good result is kept, at most.
const GOOD_S: i64 = 300;
/// How long a bad one is.
const BAD_S: i64 = 10;

type Key = [u8; 32];
type Outcome = Result<std::sync::Arc<Verified>, BearerError>;

pub(super) struct Results(Cache<Key, (i64, Outcome)>);

impl Results {
    pub(super) fn new() -> Self {
        let lifetime = Duration::from_secs(GOOD_S.unsigned_abs());
        let cache = Cache::builder().max_capacity(ENTRIES).time_to_live(lifetime);
        Self(cache.build())
    }

    pub(super) fn key(token: &str) -> Key {
        Sha256::digest(token).into()
    }

    pub(super) fn find(&self, key: &Key, now: i64) -> Option<Outcome> {
        let (until, outcome) = self.0.get(key)?;
        (now < until).then_some(outcome)
    }

    pub(super) fn keep(&self, key: Key, outcome: &Outcome, now: i64) {
        let until = match outcome {
            Ok(verified) => verified.claims.exp.min(now.saturating_add(GOOD_S)),
            Err(_) => now.saturating_add(BAD_S),
        };
        if now < until {
            self.0.insert(key, (until, outcome.clone()));
        }
    }

    pub(super) fn forget(&self, key: &Key) {
        self.0.invalidate(key);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.entry_count()
    }
}
