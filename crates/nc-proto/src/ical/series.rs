//! Changing one occurrence of a series, this and the following ones, or leaving one out.

mod split;

#[cfg(test)]
mod tests;

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{
    When,
    recurrence::{Occurrence, RecurrenceError, occurrences},
    zones::{Zone, Zones},
};
use crate::content::{Component, Entry, Property};

pub use split::split;

/// Why a series is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// Nothing takes place then.
    #[error("nothing of this series takes place at {0}")]
    NoOccurrence(String),
    /// The first cannot be split off.
    #[error("this is the first occurrence: change the whole series")]
    First,
    /// The object holds changes with `RANGE=THISANDFUTURE`.
    #[error("another program has changed the future of this series: change single occurrences, or all")]
    ChangedFuture,
    /// Several rules, each of which takes its phase from the one start.
    #[error("the series follows several rules: change single occurrences, or all")]
    SeveralRules,
    /// There is no series in the object.
    #[error("the object holds no series")]
    NoSeries,
    /// Its times cannot be told.
    #[error(transparent)]
    Recurrence(#[from] RecurrenceError),
}

const KINDS: [&str; 3] = ["VEVENT", "VTODO", "VJOURNAL"];

/// The properties that make a component a series.
const SERIES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// Days and times without zone are compared with one another only, so any zone will do.
const ANY: Zone = Zone::Utc;

fn is_kind(component: &Component) -> bool {
    KINDS.iter().any(|kind| component.is(kind))
}

/// The component of the series itself.
pub fn master(calendar: &Component) -> Option<&Component> {
    calendar
        .components()
        .find(|component| is_kind(component) && component.property("RECURRENCE-ID").is_none())
}

/// The component of the series itself, to be changed.
pub fn master_mut(calendar: &mut Component) -> Option<&mut Component> {
    calendar
        .components_mut()
        .find(|component| is_kind(component) && component.property("RECURRENCE-ID").is_none())
}

/// Whether more than one time can come from it.
pub fn is_recurring(calendar: &Component) -> bool {
    calendar
        .components()
        .filter(|component| is_kind(component))
        .any(|component| {
            ["RRULE", "RDATE", "RECURRENCE-ID"]
                .iter()
                .any(|name| component.property(name).is_some())
        })
}

/// Whether nothing is left that takes place at any time.
pub fn is_empty(calendar: &Component) -> bool {
    let always = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;
    !KINDS.iter().any(|kind| {
        occurrences(calendar, kind, always.clone(), &ANY, 1)
            .map_or(true, |found| !found.list.is_empty() || found.truncated)
    })
}

/// What `id` means in a series that starts at `start`: its own form, whatever form `id` has.
fn in_form(id: &When, start: &When, zones: &Zones) -> When {
    let local = match (id, start) {
        (_, When::Date(_)) => id.local(),
        (When::Date(date), _) => date.and_time(start.local().time()),
        (When::Floating(local), _) => *local,
        _ if id.tzid() == start.tzid() => id.local(),
        _ => zones.zone_of(start, &ANY).local(zones.instant(id, &ANY)),
    };
    start.at(local)
}

/// The time by which the series counts: its start, of a todo without start its due time.
fn form(component: &Component) -> Option<When> {
    let name = if component.property("DTSTART").is_some() {
        "DTSTART"
    } else {
        "DUE"
    };
    When::of(component.property(name)?).ok()
}

/// The place of the override for an occurrence.
fn override_place(calendar: &Component, id: &When, zones: &Zones) -> Option<usize> {
    let start = master(calendar).and_then(form);
    let own = |when: &When| {
        start
            .as_ref()
            .map_or_else(|| when.clone(), |start| in_form(when, start, zones))
    };
    let wanted = own(id);
    calendar.entries.iter().position(|entry| {
        let Entry::Component(component) = entry else {
            return false;
        };
        let written = component.property("RECURRENCE-ID").and_then(|id| When::of(id).ok());
        is_kind(component)
            && written.is_some_and(|written| {
                let written = own(&written);
                written == wanted || (start.is_none() && zones.instant(&written, &ANY) == zones.instant(&wanted, &ANY))
            })
    })
}

/// The occurrence that `id` means, if it is not overridden.
fn find(calendar: &Component, id: &When, zones: &Zones) -> Result<Occurrence, SeriesError> {
    let master = master(calendar).ok_or(SeriesError::NoSeries)?;
    let start = form(master).ok_or(SeriesError::NoSeries)?;
    let wanted = in_form(id, &start, zones);
    let at = zones.instant(&wanted, &ANY);
    // Only the series itself is asked, so that what overrides say about other times does not matter.
    let mut alone = calendar.clone();
    alone.entries.retain(|entry| {
        !matches!(entry, Entry::Component(component) if is_kind(component)
        && component.property("RECURRENCE-ID").is_some_and(|id| id.parameter("RANGE").is_none()))
    });
    // Changes for the future may move it.
    let has_range = alone
        .components()
        .any(|component| component.property("RECURRENCE-ID").is_some());
    let margin = if has_range {
        TimeDelta::days(370)
    } else {
        TimeDelta::seconds(1)
    };
    let found = occurrences(&alone, master.name(), around(at, margin), &ANY, 10_000)?;
    found
        .list
        .into_iter()
        .find(|occurrence| occurrence.id == wanted)
        .ok_or_else(|| SeriesError::NoOccurrence(id.to_string()))
}

fn around(at: DateTime<Utc>, margin: TimeDelta) -> Range<DateTime<Utc>> {
    let until = at.checked_add_signed(margin).unwrap_or(at);
    at.checked_sub_signed(margin).unwrap_or(at)..until
}

/// The component of one occurrence, to be changed: its override, or a new one that is made from the series.
///
/// # Errors
/// [`SeriesError`] if the series has no such occurrence.
pub fn one_mut<'a>(calendar: &'a mut Component, id: &When) -> Result<&'a mut Component, SeriesError> {
    let zones = Zones::of(calendar);
    let place = match override_place(calendar, id, &zones) {
        Some(place) => place,
        None => add_override(calendar, id, &zones)?,
    };
    match calendar.entries.get_mut(place) {
        Some(Entry::Component(component)) => Ok(component),
        _ => Err(SeriesError::NoSeries),
    }
}

fn add_override(calendar: &mut Component, id: &When, zones: &Zones) -> Result<usize, SeriesError> {
    let occurrence = find(calendar, id, zones)?;
    // One that is changed for the future is made from that change.
    let from = if occurrence.is_override {
        override_range(calendar, &occurrence, zones)
    } else {
        None
    };
    let mut one = from.or_else(|| master(calendar)).ok_or(SeriesError::NoSeries)?.clone();
    for name in SERIES.iter().chain(&["RECURRENCE-ID"]) {
        one.remove(name);
    }
    set_times(&mut one, &occurrence);
    let place = one
        .entries
        .iter()
        .position(|entry| matches!(entry, Entry::Property(property) if property.is("DTSTART") || property.is("DUE")))
        .unwrap_or(0);
    one.entries
        .insert(place, Entry::Property(occurrence.id.property("RECURRENCE-ID")));
    let behind = calendar
        .entries
        .iter()
        .rposition(|entry| matches!(entry, Entry::Component(component) if is_kind(component)))
        .map_or(calendar.entries.len(), |place| place + 1);
    calendar.entries.insert(behind, Entry::Component(one));
    Ok(behind)
}

/// The change for the future that an occurrence comes from.
fn override_range<'a>(calendar: &'a Component, occurrence: &Occurrence, zones: &Zones) -> Option<&'a Component> {
    let at = |when: &When| zones.instant(when, &ANY);
    calendar
        .components()
        .filter(|component| is_kind(component))
        .filter_map(|component| {
            let id = component
                .property("RECURRENCE-ID")
                .filter(|id| id.parameter("RANGE").is_some())?;
            Some((at(&When::of(id).ok()?), component))
        })
        .filter(|(from, _)| *from <= at(&occurrence.id))
        .max_by_key(|(from, _)| *from)
        .map(|(_, component)| component)
}

/// Gives a component the times of an occurrence, in the properties that it has.
fn set_times(component: &mut Component, occurrence: &Occurrence) {
    for (name, when) in [
        ("DTSTART", &occurrence.start),
        ("DTEND", &occurrence.end),
        ("DUE", &occurrence.end),
    ] {
        if let Some(property) = component.property_mut(name) {
            when.write_to(property);
        }
    }
}

/// Leaves one occurrence out: takes its override away and excludes it from the series.
///
/// # Errors
/// [`SeriesError`] if the series has no such occurrence.
pub fn exclude(calendar: &mut Component, id: &When) -> Result<(), SeriesError> {
    let zones = Zones::of(calendar);
    let overridden = override_place(calendar, id, &zones);
    let found = find(calendar, id, &zones);
    let excluded = match (&found, overridden) {
        (Ok(occurrence), _) => Some(occurrence.id.clone()),
        // An override without its series, or one of a time that the series does not have.
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(error.clone()),
    };
    if let Some(place) = overridden {
        calendar.entries.remove(place);
    }
    if let (Some(excluded), Some(master)) = (excluded, master_mut(calendar)) {
        master.add(excluded.property("EXDATE"));
    }
    Ok(())
}

/// `UNTIL` for a series that ends with a day: the last second of that day where the series is, in the form that the
/// start asks for (RFC 5545 §3.3.10). In a zone that nobody knows it stays on the clock of the series.
pub fn until_of(last_day: NaiveDate, start: &When, zones: &Zones) -> When {
    let second = TimeDelta::seconds(1);
    let midnight = last_day.succ_opt().unwrap_or(last_day).and_time(NaiveTime::MIN);
    let end = midnight.checked_sub_signed(second).unwrap_or(midnight);
    match start {
        When::Date(_) => When::Date(last_day),
        When::Floating(_) => When::Floating(end),
        When::Utc(_) => When::Utc(end),
        When::Zoned { tzid, .. } if zones.zone(tzid).is_none() => When::Floating(end),
        When::Zoned { .. } => {
            let next_day = zones.zone_of(start, &ANY).instant(midnight);
            When::Utc(next_day.checked_sub_signed(second).unwrap_or(next_day).naive_utc())
        }
    }
}

/// `UNTIL` for a series that ends before one of its occurrences.
fn until_before(id: &When, zones: &Zones) -> When {
    let second = TimeDelta::seconds(1);
    match id {
        When::Date(date) => When::Date(date.pred_opt().unwrap_or(*date)),
        When::Floating(local) => When::Floating(local.checked_sub_signed(second).unwrap_or(*local)),
        When::Zoned { local, tzid } if zones.zone(tzid).is_none() => {
            When::Floating(local.checked_sub_signed(second).unwrap_or(*local))
        }
        other => {
            let at = zones.instant(other, &ANY);
            When::Utc(at.checked_sub_signed(second).unwrap_or(at).naive_utc())
        }
    }
}

/// Keeps of a property with a list of times those for which `keep` holds. [`None`] if none is left.
fn keep_times(property: &Property, keep: impl Fn(&When) -> bool) -> Option<Property> {
    let mut kept: Vec<&str> = Vec::new();
    for value in property.value().split(',') {
        let mut single = property.clone();
        single.set_value(value.split_once('/').map_or(value, |(start, _)| start));
        // What cannot be read is nobody's, and stays.
        if When::of(&single).map_or(true, |when| keep(&when)) {
            kept.push(value);
        }
    }
    if kept.is_empty() {
        return None;
    }
    let mut property = property.clone();
    property.set_value(kept.join(","));
    Some(property)
}
