use std::time::Duration;

use crate::{config::RetryPolicy, random::Jitter};

/// How often and how long to wait within one call.
pub(super) struct Waits<'a> {
    policy: RetryPolicy,
    jitter: &'a Jitter,
    refusals: u32,
    refused_for: Duration,
    locks: u32,
    locked_for: Duration,
    breaks: u32,
}

impl<'a> Waits<'a> {
    pub(super) const fn new(policy: RetryPolicy, jitter: &'a Jitter) -> Self {
        Self {
            policy,
            jitter,
            refusals: 0,
            refused_for: Duration::ZERO,
            locks: 0,
            locked_for: Duration::ZERO,
            breaks: 0,
        }
    }

    /// After 429 or 503: as told, else 1, 2, 4 s. `None` when it is enough.
    pub(super) fn after_refusal(&mut self, told: Option<Duration>) -> Option<Duration> {
        self.refusals += 1;
        if self.refusals >= self.policy.tries {
            return None;
        }
        let own = self.policy.first_wait * 2_u32.saturating_pow(self.refusals - 1);
        // Never sooner than told; a little later, so that not all come back at once.
        let pause = told.unwrap_or(own).mul_f64(1.0 + self.jitter.next() / 4.0);
        self.refused_for += pause;
        (self.refused_for <= self.policy.budget).then_some(pause)
    }

    /// After 423: shortly. `None` when it is enough.
    pub(super) fn after_lock(&mut self) -> Option<Duration> {
        self.locks += 1;
        if self.locks >= self.policy.locked_tries {
            return None;
        }
        let share = self.policy.locked_budget / 8 * 2_u32.saturating_pow(self.locks - 1);
        let pause = share.mul_f64(0.5 + self.jitter.next() / 2.0);
        self.locked_for += pause;
        (self.locked_for <= self.policy.locked_budget).then_some(pause)
    }

    /// After a connection that was not made or broke: once, almost at once.
    pub(super) fn after_break(&mut self) -> Option<Duration> {
        self.breaks += 1;
        (self.breaks <= 1).then(|| Duration::from_millis(100).mul_f64(1.0 + self.jitter.next()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let jitter = Jitter::new(Some(1));
        let mut waits = Waits::new(RetryPolicy::default(), &jitter);
        let first = waits.after_refusal(None).expect("first");
        let second = waits.after_refusal(None).expect("second");
        assert!((1.0..=1.25).contains(&first.as_secs_f64()));
        assert!((2.0..=2.5).contains(&second.as_secs_f64()));
        assert_eq!(waits.after_refusal(None), None);
    }

    #[test]
    fn a_told_wait_is_kept_and_one_beyond_the_budget_is_not_begun() {
        let jitter = Jitter::new(Some(1));
        let mut waits = Waits::new(RetryPolicy::default(), &jitter);
        assert!(waits.after_refusal(Some(Duration::from_secs(5))).expect("wait") >= Duration::from_secs(5));
        assert_eq!(waits.after_refusal(Some(Duration::from_mins(1))), None);
    }

    #[test]
    fn locks_are_waited_for_three_times_within_two_seconds() {
        for seed in 0..100 {
            let jitter = Jitter::new(Some(seed));
            let mut waits = Waits::new(RetryPolicy::default(), &jitter);
            let pauses: Vec<_> = std::iter::from_fn(|| waits.after_lock()).collect();
            assert_eq!(pauses.len(), 3);
            assert!(pauses.iter().sum::<Duration>() <= Duration::from_secs(2));
        }
    }
}
