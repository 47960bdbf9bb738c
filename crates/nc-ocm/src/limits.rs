//! So many in so much time.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// Names that are counted at a time. Beyond it new ones wait, so that inventing names gains nothing.
const MAX_NAMES: usize = 20_000;

/// So many of each name in every window of time. Windows begin at whole multiples of their length.
#[derive(Debug)]
pub(crate) struct Window<K> {
    most: u32,
    length_s: i64,
    counts: Mutex<(i64, HashMap<K, u32>)>,
}

impl<K: Eq + Hash> Window<K> {
    pub(crate) fn new(most: u32, length_s: i64) -> Self {
        Self {
            most,
            length_s,
            counts: Mutex::new((0, HashMap::new())),
        }
    }

    /// Counts one; an error holds the seconds to wait.
    pub(crate) fn count(&self, name: K, now: i64) -> Result<(), u32> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let window = now.div_euclid(self.length_s);
        if counts.0 != window {
            *counts = (window, HashMap::new());
        }
        let wait = rest_of(now, self.length_s);
        if counts.1.len() >= MAX_NAMES && !counts.1.contains_key(&name) {
            return Err(wait);
        }
        let count = counts.1.entry(name).or_default();
        if *count >= self.most {
            return Err(wait);
        }
        *count += 1;
        Ok(())
    }
}

/// The seconds until the next window begins.
pub(crate) fn rest_of(now: i64, length_s: i64) -> u32 {
    u32::try_from(length_s - now.rem_euclid(length_s)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_own_count_and_every_window_begins_anew() {
        let window = Window::new(2, 60);
        assert_eq!(
            [1, 2, 3].map(|second| window.count("a", second)),
            [Ok(()), Ok(()), Err(57)]
        );
        assert_eq!(window.count("b", 3), Ok(()));
        assert_eq!(window.count("a", 59), Err(1));
        assert_eq!(window.count("a", 60), Ok(()));
    }

    #[test]
    fn inventing_names_does_not_end_the_count_of_others() {
        let window = Window::new(1, 60);
        for name in 0..MAX_NAMES {
            assert_eq!(window.count(name, 0), Ok(()));
        }
        assert_eq!(window.count(MAX_NAMES, 0), Err(60));
        assert_eq!(window.count(0, 0), Err(60));
    }
}
