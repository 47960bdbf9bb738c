use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use nc_proto::clock::Clock;

use crate::ClientAddress;

/// Addresses that are counted at a time; then all begin anew, which errs on the side of the clients.
const MAX_ADDRESSES: usize = 50_000;

/// So many requests per minute and address. Requests from inside the process count as one address.
#[derive(Debug)]
pub struct RateLimit {
    per_minute: u32,
    clock: Clock,
    minute: Mutex<(i64, HashMap<Option<IpAddr>, u32>)>,
}

impl RateLimit {
    /// A limit of `per_minute` requests.
    pub fn new(per_minute: u32, clock: Clock) -> Self {
        Self {
            per_minute,
            clock,
            minute: Mutex::default(),
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// The seconds to wait, when the limit is reached.
    pub fn count(&self, address: Option<ClientAddress>) -> Result<(), i64> {
        let now = self.clock.now().unix_timestamp();
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.0 != now.div_euclid(60) || minute.1.len() >= MAX_ADDRESSES {
            *minute = (now.div_euclid(60), HashMap::new());
        }
        let count = minute.1.entry(address.map(ClientAddress::subscriber)).or_default();
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
        let limit = RateLimit::new(2, clock.clone());
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
