//! Recurrence rules: RFC 5545 §3.3.10.
//!
//! A rule is counted on the clock of its `DTSTART`, without zones; what the results mean as instants is decided by
//! [`recurrence`](super::recurrence). Where other implementations differ we take what the RFC says:
//! the set that `BYSETPOS` picks from is a whole week also in the first one, `BYWEEKNO` alone keeps the weekday of
//! `DTSTART`, `BYDAY=MO,-1FR` is either of both, and `DTSTART` is always the first time and counts for `COUNT`.

mod days;
mod read;
mod times;

#[cfg(test)]
mod tests;

use chrono::Weekday;

use super::When;

pub use read::{RuleError, set_part};
pub use times::Times;

/// What a rule counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    /// Years.
    Yearly,
    /// Months.
    Monthly,
    /// Weeks.
    Weekly,
    /// Days.
    Daily,
    /// Hours.
    Hourly,
    /// Minutes.
    Minutely,
    /// Seconds.
    Secondly,
}

/// `BYDAY`: a weekday, or the first, second, … of the month or year; counted from the end if negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByDay {
    /// Which one; [`None`] for every.
    pub ordinal: Option<i16>,
    /// The day of the week.
    pub weekday: Weekday,
}

/// A rule. Empty lists are parts that are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `FREQ`.
    pub frequency: Frequency,
    /// `INTERVAL`, at least one.
    pub interval: u32,
    /// `COUNT`.
    pub count: Option<u32>,
    /// `UNTIL`.
    pub until: Option<When>,
    /// `BYMONTH`, ordered.
    pub by_month: Vec<u32>,
    /// `BYWEEKNO`.
    pub by_week: Vec<i32>,
    /// `BYYEARDAY`.
    pub by_year_day: Vec<i32>,
    /// `BYMONTHDAY`.
    pub by_month_day: Vec<i32>,
    /// `BYDAY`.
    pub by_day: Vec<ByDay>,
    /// `BYHOUR`, ordered.
    pub by_hour: Vec<u32>,
    /// `BYMINUTE`, ordered.
    pub by_minute: Vec<u32>,
    /// `BYSECOND`, ordered.
    pub by_second: Vec<u32>,
    /// `BYSETPOS`.
    pub by_set_position: Vec<i32>,
    /// `WKST`.
    pub week_start: Weekday,
}
