use std::time::Duration;

use moka::sync::Cache;
use nc_proto::clock::Clock;

/// Links that one person may ask for.
const LINKS_PER_HOUR: u32 = 10;
/// Seconds for which a link is good.
const LINK_LASTS_S: i64 = 600;
const PEOPLE: u64 = 10_000;

/// The links that a person got.
#[derive(Clone, Copy)]
struct Given {
    /// Hours since 1970.
    hour: i64,
    /// How many in it.
    count: u32,
    /// Unix seconds.
    last_at: i64,
}

/// How many links people got, by subject.
pub(in crate::external_issuer) struct LinksGiven {
    clock: Clock,
    given: Cache<String, Given>,
}

impl LinksGiven {
    pub(in crate::external_issuer) fn new(clock: Clock) -> Self {
        let given = Cache::builder()
            .max_capacity(PEOPLE)
            .time_to_live(Duration::from_hours(2))
            .build();
        Self { clock, given }
    }

    /// Counts one more. `false`: there were too many within this hour.
    pub(in crate::external_issuer) fn count(&self, subject: &str) -> bool {
        let now = self.clock.now().unix_timestamp();
        let hour = now.div_euclid(3600);
        let count = match self.given.get(subject) {
            Some(given) if given.hour == hour => given.count,
            _ => 0,
        };
        if count >= LINKS_PER_HOUR {
            return false;
        }
        let given = Given {
            hour,
            count: count + 1,
            last_at: now,
        };
        self.given.insert(subject.to_owned(), given);
        true
    }

    /// Whether one may still be open.
    pub(in crate::external_issuer) fn is_recent(&self, subject: &str) -> bool {
        let now = self.clock.now().unix_timestamp();
        let given = self.given.get(subject);
        given.is_some_and(|given| now < given.last_at.saturating_add(LINK_LASTS_S))
    }
}
