use std::{collections::BTreeMap, ops::Range};

use chrono::{DateTime, Utc};

use super::{occurrences, span::Span};
use crate::{
    content::{Component, Entry},
    ical::{
        When,
        zones::{Zone, Zones},
    },
};

/// As many occurrences of one object as are ever written out.
const MOST_WRITTEN: usize = 5_000;

/// As much text of one object as is ever written out, in bytes.
const MOST_BYTES: usize = 16 << 20;

const KINDS: [&str; 3] = ["VEVENT", "VTODO", "VJOURNAL"];

fn is_kind(component: &Component) -> bool {
    KINDS.iter().any(|kind| component.is(kind))
}

/// The object with each occurrence in a range as a component of its own, in UTC: RFC 4791 §9.6.5.
///
/// Components without any time stay. If the object's times cannot be told, or would take more than 16 MiB, it is given as it is.
pub fn expand(calendar: &Component, range: Range<DateTime<Utc>>, floating: &Zone) -> Component {
    let mut expanded = calendar.clone();
    let zones = Zones::of(calendar);
    let mut instances = Vec::new();
    let mut sizes = BTreeMap::new();
    let mut left = MOST_BYTES;
    for kind in KINDS {
        let Ok(found) = occurrences(calendar, kind, range.clone(), floating, MOST_WRITTEN) else {
            return expanded;
        };
        for occurrence in found.list {
            let Some(Entry::Component(component)) = calendar.entries.get(occurrence.component) else {
                continue;
            };
            let size = sizes
                .entry(occurrence.component)
                .or_insert_with(|| component.to_bytes().len());
            let Some(rest) = left.checked_sub(*size) else {
                return expanded;
            };
            left = rest;
            let is_recurring = occurrence.is_override || is_series(component);
            let mut instance = component.clone();
            for name in ["RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"] {
                instance.remove(name);
            }
            write_times(&mut instance, &occurrence.start, &occurrence.end, &zones);
            if is_recurring {
                instance.add(in_utc(&occurrence.id, &zones).property("RECURRENCE-ID"));
            }
            instances.push(Entry::Component(instance));
        }
    }
    expanded.entries.retain(|entry| match entry {
        Entry::Component(component) if component.is("VTIMEZONE") => false,
        Entry::Component(component) if is_kind(component) => {
            matches!(Span::of(component, &zones, floating), Ok(None))
        }
        _ => true,
    });
    expanded.entries.extend(instances);
    expanded
}

fn is_series(component: &Component) -> bool {
    ["RRULE", "RDATE"].iter().any(|name| component.property(name).is_some())
}

/// Times with a zone in UTC; days and times without zone stay what they are.
fn in_utc(when: &When, zones: &Zones) -> When {
    match when {
        When::Zoned { local, tzid } => zones.zone(tzid).map_or(When::Floating(*local), |zone| {
            When::Utc(zone.instant(*local).naive_utc())
        }),
        other => other.clone(),
    }
}

/// Sets the times that a component has; those that it has not are not added.
fn write_times(component: &mut Component, start: &When, end: &When, zones: &Zones) {
    for (name, when) in [("DTSTART", start), ("DTEND", end), ("DUE", end)] {
        if let Some(property) = component.property_mut(name) {
            in_utc(when, zones).write_to(property);
        }
    }
}

/// The object with only those overrides that matter in a range: RFC 4791 §9.6.6.
pub fn limit(calendar: &Component, range: Range<DateTime<Utc>>, floating: &Zone) -> Component {
    let zones = Zones::of(calendar);
    let mut limited = calendar.clone();
    limited.entries.retain(|entry| {
        let Entry::Component(component) = entry else {
            return true;
        };
        let (true, Some(id)) = (is_kind(component), component.property("RECURRENCE-ID")) else {
            return true;
        };
        let (Ok(original), Ok(Some(span))) = (When::of(id), Span::of(component, &zones, floating)) else {
            return true;
        };
        let overlaps = |start: &When, start_utc: DateTime<Utc>| {
            let (_, end_utc) = span.end_of(start, start_utc);
            span.overlaps(start_utc, end_utc, &range)
        };
        id.parameter("RANGE").is_some()
            || overlaps(span.start(), span.start_utc())
            || overlaps(&original, zones.instant(&original, floating))
    });
    limited
}
