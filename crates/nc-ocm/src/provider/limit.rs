//! How often something wrong may be tried.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use nc_store::Digest;
use nc_web::ClientAddress;

use crate::limits::rest_of;

/// Addresses that are counted at a time; then all begin anew, which errs on the side of those who ask.
const MAX_KEYS: usize = 50_000;

type ByAddress = HashMap<Option<IpAddr>, HashSet<Digest>>;

/// Wrong credentials of each address. The same one counts once in five minutes: a server that has not noticed that one of its
/// shares ended does not lock out its others.
#[derive(Debug)]
pub(crate) struct WrongCredentials {
    limit: usize,
    /// Which five minutes it is, and what was wrong in them.
    window: Mutex<(i64, ByAddress)>,
}

const WINDOW_S: i64 = 300;

impl WrongCredentials {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            window: Mutex::default(),
        }
    }

    /// Whether another one may be tried.
    ///
    /// # Errors
    /// The seconds to wait, when there were too many wrong ones.
    pub(crate) fn check(&self, address: Option<IpAddr>, now: i64) -> Result<(), u32> {
        let window = lock(&self.window);
        let is_now = window.0 == now.div_euclid(WINDOW_S);
        let wrong = window.1.get(&subscriber(address)).map_or(0, HashSet::len);
        if is_now && wrong >= self.limit {
            return Err(rest_of(now, WINDOW_S));
        }
        Ok(())
    }

    /// Notes a wrong one.
    pub(crate) fn note(&self, address: Option<IpAddr>, credential: &str, now: i64) {
        let mut window = lock(&self.window);
        if window.0 != now.div_euclid(WINDOW_S) || window.1.len() >= MAX_KEYS {
            *window = (now.div_euclid(WINDOW_S), HashMap::new());
        }
        let wrong = window.1.entry(subscriber(address)).or_default();
        if wrong.len() < self.limit {
            wrong.insert(Digest::of(credential));
        }
    }
}

fn subscriber(address: Option<IpAddr>) -> Option<IpAddr> {
    address.map(|address| ClientAddress(address).subscriber())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_wrong_credential_counts_once() {
        let wrong = WrongCredentials::new(2);
        let address = Some("192.0.2.1".parse().expect("an address"));
        for _ in 0..100 {
            wrong.note(address, "ended share", 0);
        }
        assert_eq!(wrong.check(address, 1), Ok(()));
        wrong.note(address, "guess", 2);
        assert_eq!(wrong.check(address, 3), Err(297));
        assert_eq!(wrong.check(Some("192.0.2.2".parse().expect("an address")), 3), Ok(()));
        assert_eq!(wrong.check(address, 300), Ok(()));
    }
}
