use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Zone, moved, names::zone_named, onsets::Onsets};
use crate::content::Component;

/// A zone as a `VTIMEZONE` writes it.
///
/// It says nothing about the time before its first onset. If all its onsets are listed, as programs do that write only
/// some years, it also says nothing about the time from a year after the last one. There the IANA zone of its name
/// counts, if there is one. A definition of one onset, or with a rule without end, holds for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenZone {
    name: String,
    observances: Vec<Observance>,
    covers_from: DateTime<Utc>,
    covers_until: Option<DateTime<Utc>>,
    elsewhere: Option<Zone>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Observance {
    from_s: i32,
    to_s: i32,
    onsets: Onsets,
}

impl WrittenZone {
    /// Reads a `VTIMEZONE`. [`None`] if it has no name or no observance that can be read.
    pub fn of(component: &Component) -> Option<Self> {
        let name = component.text("TZID")?;
        let observances: Vec<Observance> = component
            .components()
            .filter(|inner| inner.is("STANDARD") || inner.is("DAYLIGHT"))
            .filter_map(Observance::of)
            .collect();
        let covers_from = observances.iter().filter_map(Observance::first).min()?;
        let elsewhere = match zone_named(&name) {
            Some(Zone::Written(_)) | None => None,
            other => other,
        };
        Some(Self {
            covers_until: covers_until(&observances),
            covers_from,
            elsewhere,
            observances,
            name,
        })
    }

    /// Always at the same distance from UTC.
    pub(super) fn fixed(name: &str, offset_s: i32) -> Self {
        Self {
            name: name.to_owned(),
            observances: vec![Observance {
                from_s: offset_s,
                to_s: offset_s,
                onsets: Onsets::once(DateTime::UNIX_EPOCH.naive_utc()),
            }],
            covers_from: DateTime::UNIX_EPOCH,
            covers_until: None,
            elsewhere: None,
        }
    }

    /// Its `TZID`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn offset_s(&self, at: DateTime<Utc>) -> i32 {
        let is_covered = self.covers_from <= at && self.covers_until.is_none_or(|until| at < until);
        if let (false, Some(elsewhere)) = (is_covered, &self.elsewhere) {
            return elsewhere.offset_s(at);
        }
        let current = self
            .observances
            .iter()
            .filter_map(|observance| Some((observance.latest(at)?, observance.to_s)))
            .max_by_key(|(onset, _)| *onset);
        match current {
            Some((_, to_s)) => to_s,
            // Before the first onset its own TZOFFSETFROM counts.
            None => self
                .observances
                .iter()
                .min_by_key(|observance| observance.first())
                .map_or(0, |observance| observance.from_s),
        }
    }

    /// As [`Zone::instant`].
    pub(super) fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        // No clock is further than a day from UTC, so these are before and behind whatever happens around `local`.
        let around = TimeDelta::hours(26);
        let as_utc = local.and_utc();
        let offset_at = |time: Option<DateTime<Utc>>| self.offset_s(time.unwrap_or(as_utc));
        let before_s = offset_at(as_utc.checked_sub_signed(around));
        let after_s = offset_at(as_utc.checked_add_signed(around));
        let with = |offset_s: i32| moved(local, -i64::from(offset_s)).and_utc();
        let candidates = [before_s, after_s].map(with);
        candidates
            .into_iter()
            .filter(|candidate| with(self.offset_s(*candidate)) == *candidate)
            .min()
            .unwrap_or_else(|| with(before_s))
    }
}

/// The end of what listed onsets say.
fn covers_until(observances: &[Observance]) -> Option<DateTime<Utc>> {
    if let [observance] = observances
        && observance.onsets.is_single()
    {
        return None;
    }
    let mut last = None;
    for observance in observances {
        last = last.max(Some(observance.last()?));
    }
    last?.checked_add_signed(TimeDelta::days(366))
}

impl Observance {
    fn of(component: &Component) -> Option<Self> {
        let offset = |name: &str| read_offset_s(component.property(name)?.value());
        // Either may be missing; then nothing changes.
        let to_s = offset("TZOFFSETTO").or_else(|| offset("TZOFFSETFROM"))?;
        let from_s = offset("TZOFFSETFROM").unwrap_or(to_s);
        Some(Self {
            from_s,
            to_s,
            onsets: Onsets::of(component, from_s)?,
        })
    }

    fn instant(&self, onset: NaiveDateTime) -> DateTime<Utc> {
        moved(onset, -i64::from(self.from_s)).and_utc()
    }

    fn latest(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.onsets
            .latest(moved(at.naive_utc(), i64::from(self.from_s)))
            .map(|onset| self.instant(onset))
    }

    fn first(&self) -> Option<DateTime<Utc>> {
        self.onsets.first().map(|onset| self.instant(onset))
    }

    fn last(&self) -> Option<DateTime<Utc>> {
        self.onsets.last().map(|onset| self.instant(onset))
    }
}

/// A UTC-OFFSET: `+0100`, `-033000`, in the forms of other programs also `0100` and `+01:00`.
fn read_offset_s(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits: String = digits.chars().filter(|character| *character != ':').collect();
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2).map_or(Some(0), |text| text.parse::<i32>().ok());
    let seconds = two(0)? * 3600 + two(2)? * 60 + two(4)?;
    (seconds < 86_400).then_some(sign * seconds)
}
