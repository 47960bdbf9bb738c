//! So many of something for each key and span of time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use nc_store::Digest;
use nc_web::ClientAddress;

/// Keys that are counted at a time; then all begin anew, which errs on the side of the clients.
const MAX_KEYS: usize = 50_000;

/// A limit. A span begins with the first event of its key.
#[derive(Debug)]
pub(crate) struct Limit {
    most: u32,
    span_s: i64,
    counts: Mutex<HashMap<Digest, (i64, u32)>>,
}

impl Limit {
    /// At most `most` in every `span`.
    pub(crate) fn new(most: u32, span: Duration) -> Self {
        Self {
            most,
            span_s: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
            counts: Mutex::default(),
        }
    }

    /// Fails with the seconds to wait when the limit is reached. Counts nothing.
    pub(crate) fn check(&self, key: Digest, now: i64) -> Result<(), i64> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get(&key) {
            Some((start, count)) if *count >= self.most && self.is_current(*start, now) => {
                Err(start.saturating_add(self.span_s).saturating_sub(now).max(1))
            }
            _ => Ok(()),
        }
    }

    /// Counts one. How many there are now in its span.
    pub(crate) fn count(&self, key: Digest, now: i64) -> u32 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_KEYS && !counts.contains_key(&key) {
            counts.retain(|_, (start, _)| self.is_current(*start, now));
            if counts.len() >= MAX_KEYS {
                counts.clear();
            }
        }
        let entry = counts.entry(key).or_insert((now, 0));
        if !self.is_current(entry.0, now) {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1
    }

    /// Counts one, unless the limit is reached.
    pub(crate) fn take(&self, key: Digest, now: i64) -> Result<(), i64> {
        self.check(key, now)?;
        self.count(key, now);
        Ok(())
    }

    fn is_current(&self, start: i64, now: i64) -> bool {
        (start..start.saturating_add(self.span_s)).contains(&now)
    }
}

/// The key of a client's name, an address, or both.
pub(crate) fn key(client_id: &str, address: Option<ClientAddress>) -> Digest {
    let address = address
        .map(|address| address.subscriber().to_string())
        .unwrap_or_default();
    // A name cannot hold a line break on its way here without being another name.
    Digest::of(&format!("{address}\n{client_id}"))
}

/// The limits of the endpoints for programs.
#[derive(Debug)]
pub(crate) struct Limits {
    /// Failed attempts at tokens, for each client and address.
    pub(crate) failures: Limit,
    /// The same for each client from anywhere: worth an alarm.
    pub(crate) failures_of_client: Limit,
    /// Introspections for each client.
    pub(crate) introspections: Limit,
    /// Introspections that told nothing, for each client.
    pub(crate) denials: Limit,
    /// Registrations for each address.
    pub(crate) registrations: Limit,
    /// The same over a day.
    pub(crate) registrations_of_day: Limit,
    /// Clients that are not known yet and named to the endpoints for programs by the URL of their document, for each
    /// address: each of them makes this server ask another one.
    pub(crate) unknown_documents: Limit,
    /// Pushed requests, for each client that authenticates.
    pub(crate) pushed: Limit,
    /// Pushed requests of clients that do not, or that described themselves, for each address.
    pub(crate) pushed_by_anybody: Limit,
    /// Metadata and keys for each address.
    pub(crate) metadata: Limit,
}

impl Limits {
    /// The limits of the specification, §14.
    pub(crate) fn new() -> Self {
        Self {
            failures: Limit::new(10, Duration::from_mins(1)),
            failures_of_client: Limit::new(100, Duration::from_hours(1)),
            introspections: Limit::new(600, Duration::from_mins(1)),
            denials: Limit::new(u32::MAX, Duration::from_mins(1)),
            registrations: Limit::new(10, Duration::from_mins(1)),
            registrations_of_day: Limit::new(100, Duration::from_hours(24)),
            unknown_documents: Limit::new(60, Duration::from_mins(1)),
            pushed: Limit::new(600, Duration::from_mins(1)),
            pushed_by_anybody: Limit::new(60, Duration::from_mins(1)),
            metadata: Limit::new(1500, Duration::from_mins(9)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_for_its_key_until_its_span_is_over() {
        let limit = Limit::new(2, Duration::from_mins(1));
        let (one, other) = (key("a", None), key("b", None));
        assert_eq!(
            [limit.take(one, 100), limit.take(one, 130), limit.take(one, 131)],
            [Ok(()), Ok(()), Err(29)]
        );
        assert_eq!(limit.take(other, 131), Ok(()));
        assert_eq!(limit.take(one, 159), Err(1));
        assert_eq!(limit.take(one, 160), Ok(()));
    }

    #[test]
    fn many_keys_do_not_fill_the_memory() {
        let limit = Limit::new(1, Duration::from_mins(1));
        for index in 0..=MAX_KEYS {
            limit.count(Digest::of(&index.to_string()), 0);
        }
        assert_eq!(limit.counts.lock().expect("not poisoned").len(), 1);
    }
}
