use chrono::{Datelike, NaiveDateTime, NaiveTime};

use super::{moved, pattern::Pattern};
use crate::{
    content::Component,
    ical::{
        When,
        rule::{Rule, Times},
    },
};

/// How far a rule is followed that is no plain yearly one. No zone that is in use needs it.
const MOST_LISTED: usize = 1_000;
const LAST_LISTED_YEAR: i32 = 2200;

/// When one observance of a zone begins, again and again, on the clock that it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Onsets {
    /// Single ones, ordered.
    listed: Vec<NaiveDateTime>,
    yearly: Vec<Yearly>,
    /// Whether a rule without end was followed only so far.
    is_endless: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Yearly {
    pattern: Pattern,
    start: NaiveDateTime,
    until: Option<NaiveDateTime>,
}

impl Onsets {
    /// Of a `STANDARD` or `DAYLIGHT`; `from_s` is its `TZOFFSETFROM`.
    pub(super) fn of(observance: &Component, from_s: i32) -> Option<Self> {
        let start = When::of(observance.property("DTSTART")?).ok()?.local();
        let mut onsets = Self::once(start);
        for dates in observance.properties_named("RDATE") {
            for date in When::list(dates).unwrap_or_default() {
                onsets.listed.push(match date {
                    When::Utc(utc) => moved(utc, i64::from(from_s)),
                    other => other.local(),
                });
            }
        }
        for rule in observance.properties_named("RRULE") {
            onsets.add_rule(rule.value(), start, from_s);
        }
        onsets.listed.sort_unstable();
        onsets.listed.dedup();
        Some(onsets)
    }

    pub(super) fn once(start: NaiveDateTime) -> Self {
        Self {
            listed: vec![start],
            yearly: Vec::new(),
            is_endless: false,
        }
    }

    fn add_rule(&mut self, rule: &str, start: NaiveDateTime, from_s: i32) {
        let parts: Vec<(String, String)> = rule
            .to_ascii_uppercase()
            .split(';')
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        let part = |name: &str| parts.iter().find(|(other, _)| other == name).map(|(_, value)| value);
        let Some(pattern) = Pattern::read(&parts, start) else {
            self.list_rule(rule, start, from_s);
            return;
        };
        let mut until = part("UNTIL").and_then(|until| read_until(until, from_s));
        if let Some(count) = part("COUNT").and_then(|count| count.parse::<i32>().ok()) {
            until = pattern.in_year(start.year().saturating_add(count.saturating_sub(1).max(0)));
        }
        self.yearly.push(Yearly { pattern, start, until });
    }

    /// Lists the onsets of a rule that is no plain yearly one.
    fn list_rule(&mut self, rule: &str, start: NaiveDateTime, from_s: i32) {
        let Ok(rule) = Rule::read(rule) else { return };
        let Ok(times) = Times::new(&rule, start, false, start) else {
            return;
        };
        let until = rule
            .until
            .as_ref()
            .and_then(|until| read_until(&until.to_string(), from_s));
        self.is_endless |= until.is_none() && rule.count.is_none();
        self.listed.extend(
            times
                .take(MOST_LISTED)
                .take_while(|onset| onset.year() <= LAST_LISTED_YEAR && until.is_none_or(|until| *onset <= until)),
        );
    }

    /// The last onset at or before a time.
    pub(super) fn latest(&self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        let listed = self.listed[..self.listed.partition_point(|onset| *onset <= at)].last();
        let yearly = self.yearly.iter().filter_map(|yearly| yearly.latest(at));
        listed.copied().into_iter().chain(yearly).max()
    }

    pub(super) fn first(&self) -> Option<NaiveDateTime> {
        self.listed.first().copied()
    }

    /// The last one, if they end.
    pub(super) fn last(&self) -> Option<NaiveDateTime> {
        if self.is_endless {
            return None;
        }
        let mut last = *self.listed.last()?;
        for yearly in &self.yearly {
            last = last.max(yearly.latest(yearly.until?).unwrap_or(last));
        }
        Some(last)
    }

    /// Whether there is but one.
    pub(super) fn is_single(&self) -> bool {
        self.listed.len() == 1 && self.yearly.is_empty()
    }
}

impl Yearly {
    fn latest(&self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        let at = self.until.map_or(at, |until| until.min(at));
        [at.year(), at.year() - 1]
            .into_iter()
            .filter_map(|year| self.pattern.in_year(year))
            .find(|onset| *onset <= at && *onset >= self.start)
    }
}

/// `UNTIL` on the clock that the observance ends; it should be UTC, but is often not.
fn read_until(text: &str, from_s: i32) -> Option<NaiveDateTime> {
    if let Some(utc) = text.strip_suffix('Z') {
        let utc = NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok()?;
        return Some(moved(utc, i64::from(from_s)));
    }
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok().or_else(|| {
        let date = chrono::NaiveDate::parse_from_str(text, "%Y%m%d").ok()?;
        Some(date.and_time(NaiveTime::from_hms_opt(23, 59, 59)?))
    })
}
