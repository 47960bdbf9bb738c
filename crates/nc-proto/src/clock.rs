//! The time as an argument: one clock, handed to whoever needs it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use time::{Duration, OffsetDateTime};

/// Tells the time. The system's in production, one that tests move by hand otherwise.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's wall clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `start` until it is moved. Resolution: one second.
    pub fn manual(start: OffsetDateTime) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.unix_timestamp()))))
    }

    /// The time now, in UTC.
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            None => wall_clock(),
            Some(seconds) => OffsetDateTime::from_unix_timestamp(seconds.load(Ordering::SeqCst))
                .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }
    }

    /// Moves a manual clock; the system's cannot be moved.
    pub fn advance(&self, by: Duration) {
        if let Some(seconds) = &self.0 {
            seconds.fetch_add(by.whole_seconds(), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the wall clock")]
fn wall_clock() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH);
        assert_eq!(clock.now(), OffsetDateTime::UNIX_EPOCH);
        clock.clone().advance(Duration::minutes(2));
        assert_eq!(clock.now().unix_timestamp(), 120);
    }
}
