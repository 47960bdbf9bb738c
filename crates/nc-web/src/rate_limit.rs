use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use nc_proto::clock::Clock;

use crate::ClientAddress;

/// Names that are counted at a time; then all begin anew, which errs on the side of the clients.
const MAX_NAMES: usize = 50_000;

/// So many requests per minute and name, which is an address unless said otherwise.
#[derive(Debug)]
pub struct RateLimit<Name = Option<IpAddr>> {
    per_minute: u32,
    clock: Clock,
    minute: Mutex<(i64, HashMap<Name, u32>)>,
}

impl RateLimit {
    /// Counts one request. Those from inside the process count as one address.
    ///
    /// # Errors
    /// The seconds to wait, when the limit is reached.
    pub fn count(&self, address: Option<ClientAddress>) -> Result<(), i64> {
        self.count_of(address.map(ClientAddress::subscriber))
    }
}

impl<Name: Eq + Hash> RateLimit<Name> {
    /// A limit of `per_minute` requests.
    pub fn new(per_minute: u32, clock: Clock) -> Self {
        Self {
            per_minute,
            clock,
            minute: Mutex::default(),
        }
    }

    /// Counts one request of this name.
    ///
    /// # Errors
    /// The seconds to wait, when the limit is reached.
    pub fn count_of(&self, name: Name) -> Result<(), i64> {
        let now = self.clock.now().unix_timestamp();
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.0 != now.div_euclid(60) || minute.1.len() >= MAX_NAMES {
            *minute = (now.div_euclid(60), HashMap::new());
        }
        let count = minute.1.entry(name).or_default();
        if *count >= self.per_minute {
            return Err(60 - now.rem_euclid(60));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::*;

    #[test]
    fn the_limit_is_per_address_and_minute() {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
        let limit: RateLimit = RateLimit::new(2, clock.clone());
        let one = Some(ClientAddress(IpAddr::from([192, 0, 2, 1])));
        assert_eq!(
            [limit.count(one), limit.count(one), limit.count(one)],
            [Ok(()), Ok(()), Err(60)]
        );
        assert_eq!(limit.count(None), Ok(()));
        clock.advance(Duration::seconds(59));
        assert_eq!(limit.count(one), Err(1));
        clock.advance(Duration::seconds(1));
        assert_eq!(limit.count(one), Ok(()));
    }
}
