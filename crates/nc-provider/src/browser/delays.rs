//! Wrong passwords make the next attempt wait, longer each time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use nc_store::Digest;

/// Failures of one account from one address before anybody there has to wait.
const FREE: u32 = 5;
/// Failures count together while they are no farther apart than this.
const SPAN_S: i64 = 60;
/// The first wait; each further failure doubles it.
const FIRST_S: i64 = 60;
/// How often it doubles: up to 16 minutes.
const DOUBLINGS: u32 = 4;
/// After this long without an attempt all is forgotten.
const FORGOTTEN_S: i64 = 3600;
/// Keys that are counted at a time; then those that wait for nothing go, and if there are none, all.
const MAX_KEYS: usize = 50_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Failures {
    count: u32,
    last_at: i64,
    wait_until: i64,
}

/// An attempt that counts as failed so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    key: Digest,
    before: Option<Failures>,
    after: Failures,
}

/// Failed sign-ins by key.
#[derive(Debug, Default)]
pub(super) struct Delays(Mutex<HashMap<Digest, Failures>>);

impl Delays {
    /// Begins an attempt, which counts as failed until it is [forgiven](Self::forgive) or [taken back](Self::take_back): so
    /// guesses sent at the same time do not all pass before the first has failed.
    ///
    /// # Errors
    /// The seconds to wait.
    pub(super) fn begin(&self, key: Digest, now: i64) -> Result<Attempt, i64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_KEYS && !all.contains_key(&key) {
            all.retain(|_, failures| failures.wait_until > now);
            if all.len() >= MAX_KEYS {
                all.clear();
            }
        }
        let before = all.get(&key).copied();
        let failures = all.entry(key).or_insert(Failures {
            count: 0,
            last_at: now,
            wait_until: now,
        });
        if now < failures.wait_until {
            return Err(failures.wait_until - now);
        }
        let quiet_s = now.saturating_sub(failures.last_at);
        if quiet_s >= FORGOTTEN_S || (failures.count < FREE && quiet_s >= SPAN_S) {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last_at = now;
        if failures.count >= FREE {
            let doublings = (failures.count - FREE).min(DOUBLINGS);
            failures.wait_until = now.saturating_add(FIRST_S << doublings);
        }
        let after = *failures;
        Ok(Attempt { key, before, after })
    }

    /// The attempt was right.
    pub(super) fn forgive(&self, attempt: &Attempt) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&attempt.key);
    }

    /// The attempt could not be judged: all is as before it. Where others began meanwhile their waits stay.
    pub(super) fn take_back(&self, attempt: &Attempt) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(failures) = all.get_mut(&attempt.key) else {
            return;
        };
        if *failures != attempt.after {
            failures.count = failures.count.saturating_sub(1);
        } else if let Some(before) = attempt.before {
            *failures = before;
        } else {
            all.remove(&attempt.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_each_failure_and_end_with_success_or_an_hour_of_quiet() {
        let delays = Delays::default();
        let begin = |key, now| delays.begin(key, now).map(drop);
        let key = Digest::of("ann at home");
        for second in 0..5 {
            assert_eq!(begin(key, second), Ok(()));
        }
        assert_eq!(begin(key, 5), Err(59));
        assert_eq!(begin(Digest::of("ann elsewhere"), 5), Ok(()));
        let mut now = 4;
        for wait in [60, 120, 240, 480, 960, 960] {
            assert_eq!(begin(key, now + wait - 1), Err(1));
            now += wait;
            assert_eq!(begin(key, now), Ok(()), "after {wait}");
        }
        assert_eq!(begin(key, now + 3600), Ok(()));
        assert_eq!(begin(key, now + 3601), Ok(()), "all was forgotten");
        assert_eq!(begin(key, now + 3602), Ok(()));
        delays.forgive(&delays.begin(key, now + 3602).expect("an attempt"));
        for _ in 0..5 {
            assert_eq!(begin(key, now + 3603), Ok(()));
        }
        assert!(begin(key, now + 3603).is_err());
    }

    #[test]
    fn slow_failures_are_slips_of_the_pen() {
        let delays = Delays::default();
        let begin = |key, now| delays.begin(key, now).map(drop);
        let key = Digest::of("ann at home");
        for attempt in 0..20 {
            assert_eq!(begin(key, attempt * 60), Ok(()));
        }
    }

    #[test]
    fn what_is_taken_back_counts_for_nothing_and_against_nothing() {
        let delays = Delays::default();
        let key = Digest::of("ann at home");
        let begin = |now| delays.begin(key, now);
        delays.take_back(&begin(0).expect("the first"));
        assert!(delays.0.lock().expect("not poisoned").is_empty());
        for _ in 0..4 {
            begin(0).expect("one of four");
        }
        for _ in 0..9 {
            delays.take_back(&begin(0).expect("taken back each time"));
        }
        begin(0).expect("the fifth");
        assert_eq!(begin(59), Err(1));
        delays.take_back(&begin(60).expect("after the wait"));
        begin(60).expect("the sixth");
        assert_eq!(begin(60), Err(120));
        // At the same time as others: one failure less, and their waits stay.
        let delays = Delays::default();
        let begin = |now| delays.begin(key, now);
        let first = begin(0).expect("the first");
        for _ in 0..4 {
            begin(0).expect("one of five");
        }
        delays.take_back(&first);
        assert_eq!(begin(0), Err(60));
        assert_eq!(begin(59), Err(1));
        let fifth = begin(60).expect("after the wait");
        assert_eq!(fifth.before.map(|failures| failures.count), Some(4));
    }
}
