use std::ops::Range;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use crate::{
    content::Component,
    ical::{
        Duration, ValueError, When,
        zones::{Zone, Zones},
    },
};

/// From when to when a component lasts.
#[derive(Debug, Clone)]
pub struct Span {
    start: When,
    zone: Zone,
    end: Option<When>,
    length: Length,
    overlap: Overlap,
    /// A todo is due until the end of its due day.
    is_due_day: bool,
    floating: Zone,
    /// The zone of `end`.
    end_zone: Zone,
}

/// How long. RFC 5545 §3.8.5.3: by `DTEND` the exact time counts, by `DURATION` days are days of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    /// Days from the first to the day behind the last.
    Days(u64),
    /// Time that passes.
    Exact(TimeDelta),
    /// Time on a clock without zone.
    Shown(TimeDelta),
    Duration(Duration),
}

/// What overlaps a range: RFC 4791 §9.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overlap {
    Event,
    TodoWithDue,
    TodoWithDuration,
    TodoDueOnly,
}

impl Span {
    /// Of an event, todo or journal entry. [`None`] if it has neither start nor due time.
    ///
    /// # Errors
    /// [`ValueError`] if one of its times cannot be read.
    pub fn of(component: &Component, zones: &Zones, floating: &Zone) -> Result<Option<Self>, ValueError> {
        let time = |name: &str| component.property(name).map(When::of).transpose();
        let is_todo = component.is("VTODO");
        let written_start = time("DTSTART")?;
        let end = match component.name() {
            _ if is_todo => time("DUE")?,
            _ if component.is("VJOURNAL") => None,
            _ => time("DTEND")?,
        };
        let has_start = written_start.is_some();
        let Some(start) = written_start.or_else(|| end.clone().filter(|_| is_todo)) else {
            return Ok(None);
        };
        let duration = component.text("DURATION").and_then(|text| Duration::parse(&text));
        let zone = zones.zone_of(&start, floating);
        let end_zone = end
            .as_ref()
            .map_or_else(|| zone.clone(), |end| zones.zone_of(end, floating));
        let overlap = match (is_todo, has_start, &end, duration) {
            (false, ..) => Overlap::Event,
            (_, false, ..) => Overlap::TodoDueOnly,
            (_, _, Some(_), _) => Overlap::TodoWithDue,
            (_, _, None, Some(_)) => Overlap::TodoWithDuration,
            (_, _, None, None) => Overlap::Event,
        };
        let length = length(
            &start,
            &zone,
            end.as_ref().map(|end| (end, &end_zone)),
            duration,
            is_todo,
        );
        let is_due_day = is_todo && end.as_ref().is_some_and(When::is_date);
        Ok(Some(Self {
            start,
            zone,
            end,
            length,
            overlap,
            is_due_day,
            floating: floating.clone(),
            end_zone,
        }))
    }

    /// Its start; of a todo without start its due time.
    pub const fn start(&self) -> &When {
        &self.start
    }

    /// The zone on whose clock it starts.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The instant of its start.
    pub fn start_utc(&self) -> DateTime<Utc> {
        self.zone.instant(self.start.local())
    }

    /// Its end.
    pub fn end(&self) -> (When, DateTime<Utc>) {
        self.end_of(&self.start, self.start_utc())
    }

    /// The end of the same thing at another start.
    pub fn end_of(&self, start: &When, start_utc: DateTime<Utc>) -> (When, DateTime<Utc>) {
        if let (Some(end), true) = (&self.end, *start == self.start) {
            let end_utc = self.end_zone.instant(end.local());
            let is_behind = end_utc > start_utc || (end_utc == start_utc && !start.is_date());
            if is_behind && !self.is_due_day {
                return (end.clone(), end_utc);
            }
        }
        let later = |by: TimeDelta| start_utc.checked_add_signed(by).unwrap_or(start_utc);
        match self.length {
            Length::Days(days) => {
                let date = start.local().date();
                let end = date.checked_add_days(Days::new(days)).unwrap_or(date);
                let behind = if self.is_due_day {
                    end.succ_opt().unwrap_or(end)
                } else {
                    end
                };
                let end_utc = self.midnight(behind);
                (
                    self.end
                        .as_ref()
                        .unwrap_or(start)
                        .at(end.and_time(chrono::NaiveTime::MIN)),
                    end_utc,
                )
            }
            Length::Exact(time) => {
                let end_utc = later(time);
                let end = self.end.as_ref().unwrap_or(start);
                (end.at(self.end_zone.local(end_utc)), end_utc)
            }
            Length::Shown(time) => {
                let local = start.local();
                let end = start.at(local.checked_add_signed(time).unwrap_or(local));
                let end_utc = self.floating.instant(end.local());
                (end, end_utc)
            }
            Length::Duration(duration) => {
                let local = start.local();
                let zone = self.zone_like(start);
                let next_days = local
                    .checked_add_signed(TimeDelta::days(duration.days))
                    .unwrap_or(local);
                let by_days = if duration.days == 0 {
                    start_utc
                } else {
                    zone.instant(next_days)
                };
                let end_utc = by_days
                    .checked_add_signed(TimeDelta::seconds(duration.seconds))
                    .unwrap_or(by_days)
                    .max(start_utc);
                (start.at(zone.local(end_utc)), end_utc)
            }
        }
    }

    fn zone_like(&self, start: &When) -> &Zone {
        match start {
            When::Utc(_) => &Zone::Utc,
            When::Date(_) | When::Floating(_) => &self.floating,
            When::Zoned { .. } => &self.zone,
        }
    }

    fn midnight(&self, date: NaiveDate) -> DateTime<Utc> {
        self.floating.instant(date.and_time(chrono::NaiveTime::MIN))
    }

    /// No occurrence lasts longer.
    pub(super) fn longest(&self) -> TimeDelta {
        // Clocks change by up to a day; a due day ends a day later.
        let margin = TimeDelta::hours(if self.is_due_day { 49 } else { 25 });
        let length = match self.length {
            Length::Days(days) => TimeDelta::try_days(i64::try_from(days).unwrap_or(0)).unwrap_or_default() + margin,
            Length::Shown(time) => time + margin,
            Length::Exact(time) => time,
            Length::Duration(duration) if duration.days == 0 => duration.nominal(),
            Length::Duration(duration) => duration.nominal() + margin,
        };
        length.max(TimeDelta::zero())
    }

    /// Whether it overlaps a range when it lasts from `start` to `end`.
    pub(super) fn overlaps(&self, start: DateTime<Utc>, end: DateTime<Utc>, range: &Range<DateTime<Utc>>) -> bool {
        let (from, until) = (range.start, range.end);
        match self.overlap {
            Overlap::TodoWithDue => (from < end || from <= start) && (until > start || until >= end),
            Overlap::TodoWithDuration => from <= end && (until > start || until >= end),
            Overlap::TodoDueOnly if end <= start => from < end && until >= end,
            Overlap::Event | Overlap::TodoDueOnly if end > start => from < end && until > start,
            Overlap::Event | Overlap::TodoDueOnly => from <= start && until > start,
        }
    }
}

fn length(start: &When, zone: &Zone, end: Option<(&When, &Zone)>, duration: Option<Duration>, is_todo: bool) -> Length {
    // A day lasts until the next one, also if the end says that it does not; a due day may be the first day.
    let fewest_days = u64::from(!is_todo);
    match (start, end, duration) {
        (When::Date(first), Some((end, _)), _) => {
            let days = end.local().date().signed_duration_since(*first).num_days();
            Length::Days(u64::try_from(days).unwrap_or(0).max(fewest_days))
        }
        (When::Date(_), None, Some(duration)) => {
            let days = duration.nominal().num_days();
            Length::Days(u64::try_from(days).unwrap_or(0).max(fewest_days))
        }
        (When::Date(_), None, None) => Length::Days(fewest_days),
        (When::Floating(first), Some((When::Floating(end), _)), _) => {
            Length::Shown(end.signed_duration_since(*first).max(TimeDelta::zero()))
        }
        (first, Some((end, end_zone)), _) => {
            let time = end_zone.instant(end.local()) - zone.instant(first.local());
            Length::Exact(time.max(TimeDelta::zero()))
        }
        (_, None, Some(duration)) => Length::Duration(duration),
        (_, None, None) => Length::Exact(TimeDelta::zero()),
    }
}
