use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use nc_proto::clock::Clock;
use nc_web::ClientAddress;

/// Failures are counted in windows of this length.
const WINDOW_S: i64 = 600;

/// Failures from one address before credentials that are not known to be good are refused unseen.
const MOST: u32 = 10;

/// Addresses that are counted at a time; then those whose window has ended go, and if there are none, all.
const MOST_ADDRESSES: usize = 50_000;

/// Counts sign-ins that failed, by address.
///
/// To the Nextcloud all our clients have one address, ours: guesses that it sees too many of slow down or lock out
/// everybody. So they end here.
pub(super) struct Failures {
    clock: Clock,
    windows: Mutex<HashMap<Option<IpAddr>, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began_at: i64,
    failures: u32,
}

/// A sign-in under way. It counts as failed unless it is [`forgiven`](Self::forgive), so guesses sent at the same time do
/// not all pass before the first one has failed.
#[must_use]
pub(super) struct Attempt<'a> {
    failures: &'a Failures,
    address: Option<IpAddr>,
}

impl Failures {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            windows: Mutex::default(),
        }
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// The seconds to wait, after too many failures.
    pub(super) fn begin(&self, address: Option<ClientAddress>) -> Result<Attempt<'_>, u64> {
        let address = address.map(ClientAddress::subscriber);
        let now = self.clock.now().unix_timestamp();
        let mut windows = self.lock();
        if windows.len() >= MOST_ADDRESSES {
            windows.retain(|_, window| now < window.began_at + WINDOW_S);
            if windows.len() >= MOST_ADDRESSES {
                windows.clear();
            }
        }
        let fresh = Window {
            began_at: now,
            failures: 0,
        };
        let window = windows.entry(address).or_insert(fresh);
        let left = window.began_at + WINDOW_S - now;
        if left <= 0 {
            *window = fresh;
        } else if window.failures >= MOST {
            return Err(u64::try_from(left).unwrap_or_default());
        }
        window.failures += 1;
        Ok(Attempt {
            failures: self,
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// The credential was good, or nobody could judge it. Earlier failures stay.
    pub(super) fn forgive(self) {
        if let Some(window) = self.failures.lock().get_mut(&self.address) {
            window.failures = window.failures.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::*;

    #[test]
    fn an_address_that_fails_too_often_waits_and_others_do_not() {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
        let failures = Failures::new(clock.clone());
        let from = |text: &str| Some(ClientAddress(text.parse().expect("address")));
        let begin = |address: &str| {
            let Ok(attempt) = failures.begin(from(address)) else {
                panic!("below the limit");
            };
            attempt
        };
        for _ in 0..100 {
            begin("192.0.2.1").forgive();
        }
        for _ in 0..MOST {
            let _ = begin("192.0.2.1");
        }
        clock.advance(Duration::seconds(100));
        assert_eq!(failures.begin(from("192.0.2.1")).err(), Some(500));
        assert!(failures.begin(from("192.0.2.2")).is_ok());
        assert!(failures.begin(None).is_ok());
        clock.advance(Duration::seconds(500));
        assert!(failures.begin(from("192.0.2.1")).is_ok());
    }
}
