//! How many tests passed, read from what the test programs print.

use std::{fmt, iter::Sum};

/// Passed and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Count {
    /// One thing that was looked at and is good.
    pub(super) const PASSED: Self = Self { passed: 1, failed: 0 };
    /// One thing that is not.
    pub(super) const FAILED: Self = Self { passed: 0, failed: 1 };

    /// What a program that succeeded or not says about its tests. One that says nothing counts as one test.
    pub(super) fn of(success: bool, text: &str) -> Self {
        let mut count: Self = text.lines().filter(|line| is_total(line)).map(Self::of_line).sum();
        if !success && count.failed == 0 {
            count.failed = 1;
        }
        if success && count.passed == 0 {
            count.passed = 1;
        }
        count
    }

    fn of_line(line: &str) -> Self {
        let words: Vec<&str> = line.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
        let number_before = |wanted: &str| {
            let place = words.iter().position(|word| *word == wanted)?;
            words.get(place.checked_sub(1)?)?.parse().ok()
        };
        Self {
            passed: number_before("passed").unwrap_or(0),
            failed: number_before("failed").unwrap_or(0),
        }
    }
}

/// The closing lines of nextest, of `cargo test` (one for each binary), and of our own scripts.
fn is_total(line: &str) -> bool {
    let line = line.trim_start();
    ["Summary [", "test result:", "total:"]
        .iter()
        .any(|start| line.starts_with(start))
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self { passed: 0, failed: 0 }, |sum, count| Self {
            passed: sum.passed + count.passed,
            failed: sum.failed + count.failed,
        })
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_of_all_runners_are_read() {
        let nextest = "PASS x\n     Summary [   1.234s] 45 tests run: 44 passed (1 slow), 1 failed, 2 skipped";
        assert_eq!(Count::of(false, nextest), Count { passed: 44, failed: 1 });
        let cargo = "test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: ok. 4 passed; 0 failed; 0 ignored";
        assert_eq!(Count::of(true, cargo), Count { passed: 7, failed: 0 });
        assert_eq!(
            Count::of(true, "total: 12 passed, 0 failed"),
            Count { passed: 12, failed: 0 }
        );
    }

    #[test]
    fn a_program_that_fails_silently_is_still_a_failure() {
        assert_eq!(Count::of(false, ""), Count::FAILED);
        assert_eq!(Count::of(true, "nothing to count"), Count::PASSED);
        assert_eq!(
            Count::of(false, "total: 12 passed, 0 failed"),
            Count { passed: 12, failed: 1 }
        );
    }
}
