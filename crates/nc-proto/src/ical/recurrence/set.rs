//! The recurrence set of one series: RFC 5545 §3.8.5.

use std::{collections::HashSet, ops::Range};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::{Occurrence, Occurrences, RecurrenceError, span::Span};
use crate::{
    content::{Component, Property},
    ical::{
        Duration, When,
        rule::{Rule, Times},
        zones::{Zone, Zones},
    },
};

/// An override: its place, itself, and when it takes place.
pub(super) type Override<'a> = (usize, &'a Component, Span);

/// Which occurrence a time means. Days mean every time of that day also in series of times: some programs write so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    Day(NaiveDate),
    At(DateTime<Utc>),
}

pub(super) struct Series<'a> {
    place: usize,
    component: &'a Component,
    span: Span,
    zones: &'a Zones,
    floating: &'a Zone,
    rules: Vec<Rule>,
    excluding: Vec<Rule>,
}

/// A start of the set; of a period also its end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Start {
    utc: DateTime<Utc>,
    local: NaiveDateTime,
    end: Option<(When, DateTime<Utc>)>,
}

/// What may be looked at.
struct Window {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    most: usize,
}

impl<'a> Series<'a> {
    pub(super) fn new(
        place: usize,
        component: &'a Component,
        span: Span,
        zones: &'a Zones,
        floating: &'a Zone,
    ) -> Result<Self, RecurrenceError> {
        let rules = |name: &str| {
            component
                .properties_named(name)
                .map(|rule| Rule::read(rule.value()))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            rules: rules("RRULE")?,
            // RFC 2445; nobody should write it any more, but it changes what the others say.
            excluding: rules("EXRULE").unwrap_or_default(),
            place,
            component,
            span,
            zones,
            floating,
        })
    }

    pub(super) fn occurrences(
        &self,
        overrides: &[Override<'_>],
        range: &Range<DateTime<Utc>>,
        limit: usize,
    ) -> Result<Occurrences, RecurrenceError> {
        let following = self.following(overrides);
        let lead = following
            .iter()
            .map(|one| one.shift.abs() + one.span.longest())
            .chain([self.span.longest()])
            .max()
            .unwrap_or_default();
        let excluded = self.slots("EXDATE");
        let overridden: HashSet<Slot> = overrides
            .iter()
            .filter_map(|(_, component, _)| When::of(component.property("RECURRENCE-ID")?).ok())
            .map(|id| self.slot(&id))
            .collect();
        let window = Window {
            from: range.start.checked_sub_signed(lead).unwrap_or(DateTime::<Utc>::MIN_UTC),
            until: range.end.checked_add_signed(lead).unwrap_or(DateTime::<Utc>::MAX_UTC),
            most: limit.saturating_add(1),
        };
        let is_wanted = |start: &Start| {
            let is_gone = |slots: &HashSet<Slot>| {
                slots.contains(&self.slot_at(start)) || slots.contains(&Slot::Day(start.local.date()))
            };
            if is_gone(&excluded) || is_gone(&overridden) {
                return false;
            }
            let found = self.occurrence(start, &following);
            found.1.overlaps(found.0.start_utc, found.0.end_utc, range)
        };
        let (mut starts, truncated) = self.starts(&window, is_wanted)?;
        if !self.excluding.is_empty() {
            let mut gone = HashSet::new();
            for rule in &self.excluding {
                let (times, _) = self.times(rule, &window, false, &|_| true)?;
                gone.extend(times.into_iter().map(|start| start.utc));
            }
            starts.retain(|start| !gone.contains(&start.utc));
        }
        let mut list: Vec<Occurrence> = starts
            .iter()
            .map(|start| self.occurrence(start, &following).0)
            .collect();
        list.extend(single(overrides, range));
        Ok(Occurrences { list, truncated })
    }

    /// All starts in a window, ordered, each once.
    fn starts(
        &self,
        window: &Window,
        is_wanted: impl Fn(&Start) -> bool,
    ) -> Result<(Vec<Start>, bool), RecurrenceError> {
        let mut starts: Vec<Start> = self.added().into_iter().filter(&is_wanted).collect();
        let mut truncated = false;
        for rule in &self.rules {
            let (times, is_cut) = self.times(rule, window, true, &is_wanted)?;
            truncated |= is_cut;
            starts.extend(times);
        }
        if self.rules.is_empty() {
            let first = self.start(self.span.start().local());
            starts.extend(Some(first).filter(&is_wanted));
        }
        // Of two at the same instant the period counts: it has an end of its own.
        starts.sort_by(|one, other| {
            one.utc
                .cmp(&other.utc)
                .then(other.end.is_some().cmp(&one.end.is_some()))
        });
        starts.dedup_by_key(|start| start.utc);
        Ok((starts, truncated))
    }

    /// The times of one rule in a window.
    fn times(
        &self,
        rule: &Rule,
        window: &Window,
        is_limited: bool,
        is_wanted: &dyn Fn(&Start) -> bool,
    ) -> Result<(Vec<Start>, bool), RecurrenceError> {
        let first = self.span.start();
        let zone = self.span.zone();
        // Clocks change by up to a day; that of UTC does not.
        let margin = TimeDelta::hours(if *zone == Zone::Utc { 0 } else { 25 });
        let local = |at: DateTime<Utc>| zone.local(at);
        let from = local(window.from)
            .checked_sub_signed(margin)
            .unwrap_or(NaiveDateTime::MIN);
        let mut last = local(window.until)
            .checked_add_signed(margin)
            .unwrap_or(NaiveDateTime::MAX);
        let until = rule.until.as_ref().map(|until| self.until(until));
        if let Some((until, _)) = until {
            last = last.min(until.checked_add_signed(margin).unwrap_or(until));
        }
        let mut times = Times::new(rule, first.local(), first.is_date(), from)?.up_to(last);
        let mut starts = Vec::new();
        let mut is_cut = false;
        for time in times.by_ref().take_while(|time| *time <= last) {
            let start = self.start(time);
            let is_over =
                until.is_some_and(|(shown, utc)| if first.is_date() { time > shown } else { start.utc > utc });
            if is_over || start.utc < window.from || start.utc > window.until || !is_wanted(&start) {
                continue;
            }
            if is_limited && starts.len() >= window.most {
                is_cut = true;
                break;
            }
            starts.push(start);
        }
        Ok((starts, is_cut || times.gave_up()))
    }

    /// `UNTIL` on the clock of the series, and as an instant. A day is meant with all its times.
    fn until(&self, until: &When) -> (NaiveDateTime, DateTime<Utc>) {
        let zone = self.span.zone();
        match until {
            When::Date(date) => {
                let end = date
                    .and_hms_opt(23, 59, 59)
                    .unwrap_or_else(|| date.and_time(NaiveTime::MIN));
                (end, zone.instant(end))
            }
            When::Utc(utc) if self.span.start().is_date() => (*utc, utc.and_utc()),
            When::Utc(utc) => (zone.local(utc.and_utc()), utc.and_utc()),
            other => (other.local(), zone.instant(other.local())),
        }
    }

    fn start(&self, local: NaiveDateTime) -> Start {
        Start {
            utc: self.span.zone().instant(local),
            local,
            end: None,
        }
    }

    /// `RDATE`, in the form of the series. What cannot be read is passed over.
    fn added(&self) -> Vec<Start> {
        let mut starts = Vec::new();
        for property in self.component.properties_named("RDATE") {
            for value in property.value().split(',') {
                let (start, end) = value
                    .split_once('/')
                    .map_or((value, None), |(start, end)| (start, Some(end)));
                let mut single = property.clone();
                single.set_value(start);
                let Ok(when) = When::of(&single) else { continue };
                let mut start = self.start(self.local_of(&when));
                start.end = end.and_then(|end| {
                    single.set_value(end);
                    self.period_end(&single, &start)
                });
                starts.push(start);
            }
        }
        starts
    }

    fn period_end(&self, end: &Property, start: &Start) -> Option<(When, DateTime<Utc>)> {
        let form = self.span.start();
        let zone = self.span.zone();
        let end_utc = match Duration::parse(end.value()) {
            Some(duration) => start.utc.checked_add_signed(duration.nominal())?,
            None => self.zones.instant(&When::of(end).ok()?, self.floating),
        };
        (end_utc >= start.utc).then(|| (form.at(zone.local(end_utc)), end_utc))
    }

    /// What the clock of the series shows at a time in whatever form.
    fn local_of(&self, when: &When) -> NaiveDateTime {
        let form = self.span.start();
        match when {
            _ if form.is_date() => when.local(),
            When::Date(date) => date.and_time(form.local().time()),
            When::Floating(local) => *local,
            zoned if zoned.tzid().is_some() && zoned.tzid() == form.tzid() => zoned.local(),
            other => self.span.zone().local(self.zones.instant(other, self.floating)),
        }
    }

    fn slots(&self, name: &str) -> HashSet<Slot> {
        let mut slots = HashSet::new();
        for property in self.component.properties_named(name) {
            // One by one: what cannot be read does not take the others with it.
            for value in property.value().split(',') {
                let mut single = property.clone();
                single.set_value(value);
                slots.extend(When::of(&single).ok().map(|when| self.slot(&when)));
            }
        }
        slots
    }

    fn slot(&self, when: &When) -> Slot {
        let form = self.span.start();
        match when {
            When::Date(date) => Slot::Day(*date),
            other if form.is_date() => Slot::Day(other.local().date()),
            other => Slot::At(self.span.zone().instant(self.local_of(other))),
        }
    }

    fn slot_at(&self, start: &Start) -> Slot {
        if self.span.start().is_date() {
            Slot::Day(start.local.date())
        } else {
            Slot::At(start.utc)
        }
    }

    /// The overrides that are meant for all later occurrences too, ordered.
    fn following<'b>(&self, overrides: &'b [Override<'_>]) -> Vec<Following<'b>> {
        let mut following: Vec<Following<'b>> = overrides
            .iter()
            .filter_map(|(place, component, span)| {
                let id = component.property("RECURRENCE-ID")?;
                if !id.parameter("RANGE")?.eq_ignore_ascii_case("THISANDFUTURE") {
                    return None;
                }
                let from = self.start(self.local_of(&When::of(id).ok()?));
                Some(Following {
                    place: *place,
                    span,
                    shift: span.start_utc() - from.utc,
                    shown_shift: span.start().local() - from.local,
                    from: from.utc,
                })
            })
            .collect();
        following.sort_by_key(|one| one.from);
        following
    }

    fn occurrence<'b>(&'b self, start: &Start, following: &'b [Following<'b>]) -> (Occurrence, &'b Span) {
        let form = self.span.start();
        let id = form.at(start.local);
        if let Some(later) = following.iter().rfind(|one| one.from < start.utc) {
            let same_zone = later.span.start().tzid() == form.tzid();
            let local = if same_zone {
                start.local.checked_add_signed(later.shown_shift)
            } else {
                start
                    .utc
                    .checked_add_signed(later.shift)
                    .map(|utc| later.span.zone().local(utc))
            };
            let moved = later.span.start().at(local.unwrap_or(start.local));
            let start_utc = later.span.zone().instant(moved.local());
            let (end, end_utc) = later.span.end_of(&moved, start_utc);
            let occurrence = Occurrence {
                id,
                start: moved,
                end,
                start_utc,
                end_utc,
                component: later.place,
                is_override: true,
            };
            return (occurrence, later.span);
        }
        let (end, end_utc) = start.end.clone().unwrap_or_else(|| self.span.end_of(&id, start.utc));
        let occurrence = Occurrence {
            start: id.clone(),
            id,
            end,
            start_utc: start.utc,
            end_utc,
            component: self.place,
            is_override: false,
        };
        (occurrence, &self.span)
    }
}

/// An override with `RANGE=THISANDFUTURE`.
struct Following<'a> {
    place: usize,
    span: &'a Span,
    from: DateTime<Utc>,
    shift: TimeDelta,
    shown_shift: TimeDelta,
}

/// The overrides that take place in a range themselves.
pub(super) fn single(overrides: &[Override<'_>], range: &Range<DateTime<Utc>>) -> Vec<Occurrence> {
    overrides
        .iter()
        .filter_map(|(place, component, span)| {
            let start_utc = span.start_utc();
            let (end, end_utc) = span.end();
            span.overlaps(start_utc, end_utc, range).then(|| Occurrence {
                id: component
                    .property("RECURRENCE-ID")
                    .and_then(|id| When::of(id).ok())
                    .unwrap_or_else(|| span.start().clone()),
                start: span.start().clone(),
                end,
                start_utc,
                end_utc,
                component: *place,
                is_override: true,
            })
        })
        .collect()
}
