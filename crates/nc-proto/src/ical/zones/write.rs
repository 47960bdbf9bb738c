use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, Tz};

use super::{
    Zone, moved,
    pattern::{Day, Pattern},
    used, zone_named,
};
use crate::{
    content::{Component, Entry, Property},
    ical::When,
};

/// The database says nothing behind this year.
const LAST_YEAR: i32 = 2099;
/// So many years in a row make a rule.
const YEARS_OF_A_RULE: usize = 3;
/// A rule that holds for so many years behind those in use is taken to hold for ever.
const YEARS_AHEAD: i32 = 20;
/// How far a series without end is covered in a zone whose changes follow no rule.
const YEARS_OF_A_SERIES: i32 = 40;

/// What a clock shows from an instant on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    offset_s: i32,
    is_daylight: bool,
    name: Option<String>,
}

/// Which change: all onsets of one observance share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    from_s: i32,
    to: Shown,
}

fn shown(tz: Tz, at: DateTime<Utc>) -> Shown {
    let offset = tz.offset_from_utc_datetime(&at.naive_utc());
    Shown {
        offset_s: offset.fix().local_minus_utc(),
        is_daylight: offset.dst_offset() > TimeDelta::zero(),
        name: offset.abbreviation().map(str::to_owned),
    }
}

fn offset_s(tz: Tz, at: DateTime<Utc>) -> i32 {
    tz.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

fn new_year(year: i32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .map_or(NaiveDateTime::MIN, |date| date.and_time(NaiveTime::MIN))
        .and_utc()
}

fn instant(timestamp: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(timestamp, 0).unwrap_or_default()
}

/// The changes of a zone's clock, each with its onset on the clock before.
fn changes(tz: Tz, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<(Change, NaiveDateTime)> {
    // The shortest times between two changes since 1970 are of some weeks.
    let step = TimeDelta::days(4);
    let mut changes = Vec::new();
    let mut at = from;
    let mut before_s = offset_s(tz, at);
    while at < until {
        let next = at + step;
        let after_s = offset_s(tz, next);
        if after_s != before_s {
            let (mut low, mut high) = (at.timestamp(), next.timestamp());
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if offset_s(tz, instant(middle)) == before_s {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            let onset = instant(high);
            let change = Change {
                from_s: before_s,
                to: shown(tz, onset),
            };
            changes.push((change, moved(onset.naive_utc(), i64::from(before_s))));
        }
        before_s = after_s;
        at = next;
    }
    changes
}

/// A zone as a `VTIMEZONE` that holds in these years, and later ones where its changes follow a rule.
pub fn vtimezone(tz: Tz, from_year: i32, to_year: i32) -> Component {
    let from_year = from_year.clamp(1900, LAST_YEAR - 2 * YEARS_AHEAD);
    let to_year = to_year.clamp(from_year, LAST_YEAR);
    let horizon = (to_year + YEARS_AHEAD).min(LAST_YEAR);
    let start = new_year(from_year - 1);
    let changes = changes(tz, start, new_year(horizon + 1));
    let mut observances: Vec<(NaiveDateTime, Component)> = Vec::new();
    let initial = shown(tz, start);
    let is_open = changes.first().is_none_or(|(_, onset)| onset.year() >= from_year);
    if is_open {
        let year = if changes.is_empty() {
            1970.min(from_year)
        } else {
            from_year - 1
        };
        let onset = new_year(year).naive_utc();
        let change = Change {
            from_s: initial.offset_s,
            to: initial,
        };
        observances.push((onset, observance(&change, onset)));
    }
    let mut by_change: BTreeMap<Change, Vec<NaiveDateTime>> = BTreeMap::new();
    for (change, onset) in changes {
        by_change.entry(change).or_default().push(onset);
    }
    for (change, onsets) in by_change {
        write_change(&change, &onsets, to_year, horizon, &mut observances);
    }
    observances.sort_by_key(|(onset, _)| *onset);
    let mut zone = Component::new("VTIMEZONE");
    zone.add(Property::text("TZID", tz.name()));
    for (_, observance) in observances {
        zone.add_component(observance);
    }
    zone
}

fn write_change(
    change: &Change,
    onsets: &[NaiveDateTime],
    to_year: i32,
    horizon: i32,
    to: &mut Vec<(NaiveDateTime, Component)>,
) {
    let mut single: Vec<NaiveDateTime> = Vec::new();
    let mut rest = onsets;
    while let Some(first) = rest.first().filter(|first| first.year() <= to_year) {
        let (length, pattern) = run(rest);
        match pattern {
            Some(pattern) if length >= YEARS_OF_A_RULE => {
                let mut written = observance(change, *first);
                let last = rest[length - 1];
                let mut rule = pattern.rule();
                if last.year() < horizon {
                    let until = When::Utc(moved(last, -i64::from(change.from_s)));
                    rule = format!("{rule};UNTIL={until}");
                }
                written.add(Property::new("RRULE", rule));
                to.push((*first, written));
                rest = &rest[length..];
            }
            _ => {
                single.push(*first);
                rest = &rest[1..];
            }
        }
    }
    if let Some((first, others)) = single.split_first() {
        let mut written = observance(change, *first);
        if !others.is_empty() {
            let dates: Vec<String> = others.iter().map(|onset| When::Floating(*onset).to_string()).collect();
            written.add(Property::new("RDATE", dates.join(",")));
        }
        to.push((*first, written));
    }
}

/// How many of the first onsets follow one pattern, year after year, and which.
fn run(onsets: &[NaiveDateTime]) -> (usize, Option<Pattern>) {
    let first = onsets[0];
    let (month, time, weekday) = (first.month(), first.time(), first.weekday());
    let nth = |ordinal: u32| i8::try_from(ordinal).unwrap_or(5);
    let mut days = vec![
        Day::Nth(weekday, -1),
        Day::Nth(weekday, nth((first.day() - 1) / 7 + 1)),
        Day::Of(first.day()),
    ];
    days.retain(|day| !matches!(day, Day::Nth(_, 5)) && !matches!(day, Day::Of(29..)));
    days.extend((1..=24).rev().map(|day| Day::From(weekday, day)));
    let mut length = 1;
    let mut best = None;
    for onset in onsets {
        let at = length - 1;
        if onset.year() != first.year() + i32::try_from(at).unwrap_or(0) {
            break;
        }
        let pattern = |day: &Day| Pattern { month, day: *day, time };
        days.retain(|day| pattern(day).in_year(onset.year()) == Some(*onset));
        let Some(day) = days.first() else { break };
        best = Some(pattern(day));
        length += 1;
    }
    (length - 1, best)
}

fn observance(change: &Change, onset: NaiveDateTime) -> Component {
    let mut written = Component::new(if change.to.is_daylight { "DAYLIGHT" } else { "STANDARD" });
    written.add(When::Floating(onset).property("DTSTART"));
    written.add(Property::new("TZOFFSETFROM", offset(change.from_s)));
    written.add(Property::new("TZOFFSETTO", offset(change.to.offset_s)));
    if let Some(name) = &change.to.name {
        written.add(Property::text("TZNAME", name));
    }
    written
}

fn offset(offset_s: i32) -> String {
    let sign = if offset_s < 0 { '-' } else { '+' };
    let offset_s = offset_s.abs();
    let (hours, minutes, seconds) = (offset_s / 3600, offset_s % 3600 / 60, offset_s % 60);
    if seconds == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{seconds:02}")
    }
}

/// Gives every `TZID` in use that means something a `VTIMEZONE`: some clients hide what has none.
pub fn add_missing(calendar: &mut Component) {
    let defined: Vec<String> = calendar
        .components_named("VTIMEZONE")
        .filter_map(|zone| zone.text("TZID"))
        .collect();
    let Some((from_year, to_year)) = years(calendar) else {
        return;
    };
    let mut new = Vec::new();
    for name in used(calendar) {
        if defined.contains(&name) {
            continue;
        }
        let mut component = match zone_named(&name) {
            Some(Zone::Utc) => vtimezone(Tz::UTC, from_year, to_year),
            Some(Zone::Iana(tz)) => vtimezone(tz, from_year, to_year),
            Some(zone @ Zone::Written(_)) => {
                let offset_s = zone.offset_s(DateTime::UNIX_EPOCH);
                let to = Shown {
                    offset_s,
                    is_daylight: false,
                    name: None,
                };
                let mut component = Component::new("VTIMEZONE");
                let change = Change { from_s: offset_s, to };
                component.add_component(observance(&change, DateTime::UNIX_EPOCH.naive_utc()));
                component
            }
            None => continue,
        };
        component.remove("TZID");
        component
            .entries
            .insert(0, Entry::Property(Property::text("TZID", &name)));
        new.push(Entry::Component(component));
    }
    let place = calendar
        .entries
        .iter()
        .position(|entry| matches!(entry, Entry::Component(_)))
        .unwrap_or(calendar.entries.len());
    calendar.entries.splice(place..place, new);
}

/// The years from the first to the last time that names a zone, as far as can be told without expanding.
fn years(calendar: &Component) -> Option<(i32, i32)> {
    let mut years: Option<(i32, i32)> = None;
    let mut note = |year: i32| {
        years = Some(years.map_or((year, year), |(first, last)| (first.min(year), last.max(year))));
    };
    for component in calendar.components().filter(|component| !component.is("VTIMEZONE")) {
        let mut own: Option<i32> = None;
        for inner in std::iter::once(component).chain(component.components()) {
            for property in inner
                .properties()
                .filter(|property| property.parameter("TZID").is_some())
            {
                for when in When::list(property).unwrap_or_default() {
                    note(when.local().year());
                    own = own.max(Some(when.local().year()));
                }
            }
        }
        if let (Some(year), true) = (own, component.property("RRULE").is_some()) {
            note(year + YEARS_OF_A_SERIES);
        }
    }
    years.map(|(first, last)| (first, last + 1))
}
