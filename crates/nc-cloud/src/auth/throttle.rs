use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use nc_auth::{LoginName, UserId};
use nc_proto::clock::Clock;
use nc_web::ClientAddress;
use sha2::{Digest, Sha256};

use super::Refusal;

/// Failures are counted in windows of this length.
const WINDOW_S: i64 = 300;

/// Failures of one login name from one address before further attempts are refused unseen.
const PER_LOGIN: u32 = 10;

/// Failures from one address, over all login names.
const PER_ADDRESS: u32 = 60;

/// Wrong codes of one account from anywhere: six digits are soon guessed by somebody with many addresses. Only who knows the
/// password gets as far as a code, so strangers cannot hold an account's owner up with this.
const CODES_PER_ACCOUNT: u32 = 10;

/// Counters kept. A stranger can fill them with made-up names; then the oldest windows go first.
const MAX_COUNTERS: usize = 50_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// Address and a hash of the name, so that a counter has a fixed size. Requests from inside the process have no
    /// address: there, each login name counts for itself and nobody else is held up.
    Login(Option<IpAddr>, [u8; 32]),
    Address(IpAddr),
    /// The codes of an account, by a hash of its id.
    Codes([u8; 32]),
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began_at: i64,
    failures: u32,
}

/// Counts failed attempts per login name and address.
pub(crate) struct Throttle {
    clock: Clock,
    counters: Mutex<HashMap<Key, Window>>,
}

impl Key {
    const fn limit(self) -> u32 {
        match self {
            Self::Login(..) => PER_LOGIN,
            Self::Address(_) => PER_ADDRESS,
            Self::Codes(_) => CODES_PER_ACCOUNT,
        }
    }
}

/// An attempt under way. It counts as a failure until it has [`succeeded`](Self::succeeded), so many guesses sent at
/// the same time do not all pass before the first one has failed.
#[must_use]
pub(crate) struct Attempt<'a> {
    throttle: &'a Throttle,
    keys: Vec<Key>,
}

impl Throttle {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            counters: Mutex::new(HashMap::new()),
        }
    }

    /// Begins an attempt, unless there were too many failures.
    pub(crate) fn begin(&self, login: &LoginName, address: Option<ClientAddress>) -> Result<Attempt<'_>, Refusal> {
        self.count(login, address, None)
    }

    /// Begins an attempt at the second factor of an account, unless there were too many failures, also from elsewhere.
    pub(crate) fn begin_code(&self, user: &UserId, address: Option<ClientAddress>) -> Result<Attempt<'_>, Refusal> {
        // A name of its own, which nobody can sign in with: wrong codes lock codes, not the password.
        let counter = LoginName::new(format!("{user}\0code"));
        let account = Key::Codes(Sha256::digest(user.as_str()).into());
        self.count(&counter, address, Some(account))
    }

    fn count(
        &self,
        login: &LoginName,
        address: Option<ClientAddress>,
        account: Option<Key>,
    ) -> Result<Attempt<'_>, Refusal> {
        let address = address.map(ClientAddress::subscriber);
        let name = Sha256::digest(login.as_str().to_lowercase()).into();
        let mut keys = vec![Key::Login(address, name)];
        keys.extend(address.map(Key::Address));
        keys.extend(account);
        let now = self.clock.now().unix_timestamp();
        let mut counters = self.lock();
        for key in &keys {
            if let Some(window) = counters.get(key)
                && window.failures >= key.limit()
                && now < window.began_at + WINDOW_S
            {
                let retry_after_s = window.began_at + WINDOW_S - now;
                return Err(Refusal::Throttled { retry_after_s });
            }
        }
        if counters.len() >= MAX_COUNTERS {
            make_room(&mut counters, now);
        }
        for key in &keys {
            let window = counters.entry(*key).or_insert(Window {
                began_at: now,
                failures: 0,
            });
            if now >= window.began_at + WINDOW_S {
                *window = Window {
                    began_at: now,
                    failures: 0,
                };
            }
            window.failures += 1;
        }
        Ok(Attempt { throttle: self, keys })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Window>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// The attempt was right: it does not count. Earlier failures stay, so one known password is no way to go on guessing
    /// others.
    pub(crate) fn succeeded(self) {
        let mut counters = self.throttle.lock();
        for key in self.keys {
            if let Some(window) = counters.get_mut(&key) {
                window.failures = window.failures.saturating_sub(1);
            }
        }
    }
}

fn make_room(counters: &mut HashMap<Key, Window>, now: i64) {
    counters.retain(|_, window| now < window.began_at + WINDOW_S);
    if counters.len() >= MAX_COUNTERS {
        let mut begins: Vec<i64> = counters.values().map(|window| window.began_at).collect();
        begins.sort_unstable();
        let middle = begins[begins.len() / 2];
        counters.retain(|_, window| window.began_at > middle);
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::*;

    fn throttle() -> (Throttle, Clock) {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
        (Throttle::new(clock.clone()), clock)
    }

    fn from(address: &str) -> ClientAddress {
        ClientAddress(address.parse().unwrap())
    }

    #[test]
    fn after_ten_failures_the_pair_waits_and_others_do_not() {
        let (throttle, clock) = throttle();
        let alice = LoginName::new("alice");
        for _ in 0..PER_LOGIN {
            let _ = throttle
                .begin(&alice, Some(from("192.0.2.1")))
                .expect("below the limit");
        }
        let refused = throttle.begin(&LoginName::new("ALICE"), Some(from("192.0.2.1")));
        assert!(matches!(refused, Err(Refusal::Throttled { retry_after_s: 300 })));
        assert!(throttle.begin(&alice, Some(from("192.0.2.2"))).is_ok());
        assert!(throttle.begin(&LoginName::new("bob"), Some(from("192.0.2.1"))).is_ok());
        clock.advance(Duration::seconds(WINDOW_S));
        assert!(throttle.begin(&alice, Some(from("192.0.2.1"))).is_ok());
    }

    #[test]
    fn one_address_cannot_try_many_names() {
        let (throttle, _) = throttle();
        for index in 0..PER_ADDRESS {
            let _ = throttle
                .begin(&LoginName::new(format!("user{index}")), Some(from("192.0.2.1")))
                .expect("below the limit");
        }
        assert!(
            throttle
                .begin(&LoginName::new("another"), Some(from("192.0.2.1")))
                .is_err()
        );
    }

    #[test]
    fn success_does_not_count() {
        let (throttle, _) = throttle();
        for _ in 0..100 {
            throttle
                .begin(&LoginName::new("alice"), None)
                .expect("never refused")
                .succeeded();
        }
    }
}
