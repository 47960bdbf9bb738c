//! When somebody is busy: RFC 4791 §7.10.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::{Duration, When, recurrence::occurrences, zones::Zone};
use crate::content::{Component, Entry, Property};

/// How busy: `FBTYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BusyKind {
    /// Busy.
    Busy,
    /// Perhaps busy.
    Tentative,
    /// Out of office.
    Unavailable,
}

impl BusyKind {
    /// The value of `FBTYPE`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Busy => "BUSY",
            Self::Tentative => "BUSY-TENTATIVE",
            Self::Unavailable => "BUSY-UNAVAILABLE",
        }
    }
}

/// A time at which somebody is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// From.
    pub start: DateTime<Utc>,
    /// Until, exclusive.
    pub end: DateTime<Utc>,
    /// How.
    pub kind: BusyKind,
}

/// As many occurrences of one object as are ever looked at.
const MOST: usize = 10_000;

/// When the events and free-busy components of an object make busy within a range; merged, and cut to the range.
///
/// Events that are transparent or cancelled do not; an object whose times cannot be told does not either.
pub fn busy(calendar: &Component, range: Range<DateTime<Utc>>, floating: &Zone) -> Vec<Busy> {
    let mut times = Vec::new();
    let found = occurrences(calendar, "VEVENT", range.clone(), floating, MOST).unwrap_or_default();
    for occurrence in found.list {
        let Some(Entry::Component(event)) = calendar.entries.get(occurrence.component) else {
            continue;
        };
        if let Some(kind) = kind_of(event) {
            times.push(Busy {
                start: occurrence.start_utc,
                end: occurrence.end_utc,
                kind,
            });
        }
    }
    for component in calendar.components_named("VFREEBUSY") {
        for property in component.properties_named("FREEBUSY") {
            times.extend(written(property));
        }
    }
    for time in &mut times {
        time.start = time.start.max(range.start);
        time.end = time.end.min(range.end);
    }
    merged(times)
}

fn kind_of(event: &Component) -> Option<BusyKind> {
    let says = |name: &str, value: &str| {
        event
            .property(name)
            .is_some_and(|property| property.value().trim().eq_ignore_ascii_case(value))
    };
    if says("TRANSP", "TRANSPARENT") || says("STATUS", "CANCELLED") {
        None
    } else if says("X-MICROSOFT-CDO-BUSYSTATUS", "OOF") {
        Some(BusyKind::Unavailable)
    } else if says("STATUS", "TENTATIVE") {
        Some(BusyKind::Tentative)
    } else {
        Some(BusyKind::Busy)
    }
}

/// The periods of a `FREEBUSY` property.
fn written(property: &Property) -> Vec<Busy> {
    let kind = match property.parameter("FBTYPE").map(str::to_ascii_uppercase).as_deref() {
        Some("FREE") => return Vec::new(),
        Some("BUSY-TENTATIVE") => BusyKind::Tentative,
        Some("BUSY-UNAVAILABLE") => BusyKind::Unavailable,
        _ => BusyKind::Busy,
    };
    let time = |text: &str| match When::of(&Property::new("FREEBUSY", text)) {
        Ok(When::Utc(utc)) => Some(utc.and_utc()),
        _ => None,
    };
    property
        .value()
        .split(',')
        .filter_map(|period| {
            let (start, end) = period.trim().split_once('/')?;
            let start = time(start)?;
            let end = match Duration::parse(end) {
                Some(duration) => start.checked_add_signed(duration.nominal())?,
                None => time(end)?,
            };
            Some(Busy { start, end, kind })
        })
        .collect()
}

/// Times in order; those of one kind that touch are one. Times without length go.
pub fn merged(mut times: Vec<Busy>) -> Vec<Busy> {
    times.retain(|time| time.start < time.end);
    times.sort_by_key(|time| (time.kind, time.start, time.end));
    let mut merged: Vec<Busy> = Vec::new();
    for time in times {
        match merged.last_mut() {
            Some(last) if last.kind == time.kind && time.start <= last.end => last.end = last.end.max(time.end),
            _ => merged.push(time),
        }
    }
    merged.sort_by_key(|time| (time.start, time.end, time.kind));
    merged
}

/// The `VFREEBUSY` of a range. Whoever answers with it adds `UID`, `ORGANIZER` and `ATTENDEE`.
pub fn vfreebusy(busy: &[Busy], range: Range<DateTime<Utc>>, now: DateTime<Utc>) -> Component {
    let utc = |at: DateTime<Utc>| When::Utc(at.naive_utc());
    let mut component = Component::new("VFREEBUSY");
    for (name, at) in [("DTSTAMP", now), ("DTSTART", range.start), ("DTEND", range.end)] {
        component.add(utc(at).property(name));
    }
    for time in busy {
        let period = format!("{}/{}", utc(time.start), utc(time.end));
        component.add(Property::new("FREEBUSY", period).with("FBTYPE", time.kind.name()));
    }
    component
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::*;
    use crate::content::Document;

    fn utc(text: &str) -> DateTime<Utc> {
        NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S")
            .expect("a time")
            .and_utc()
    }

    #[test]
    fn what_makes_busy_is_merged_cut_and_told_apart() {
        let event = |lines: &str| format!("BEGIN:VEVENT\nUID:{lines}\nEND:VEVENT\n");
        let text = [
            event("1\nDTSTART:20260701T080000Z\nDTEND:20260701T100000Z"),
            event("2\nDTSTART:20260701T093000Z\nDTEND:20260701T110000Z\nRRULE:FREQ=DAILY"),
            event("3\nDTSTART:20260701T090000Z\nDTEND:20260701T120000Z\nTRANSP:transparent"),
            event("4\nDTSTART:20260701T090000Z\nDTEND:20260701T120000Z\nSTATUS:CANCELLED"),
            event("5\nDTSTART:20260701T103000Z\nDTEND:20260701T130000Z\nSTATUS:TENTATIVE"),
            event("6\nDTSTART:20260701T200000Z\nDTEND:20260709T200000Z\nX-MICROSOFT-CDO-BUSYSTATUS:OOF"),
            event("7\nDTSTART:20260701T150000Z"),
            "BEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=FREE:20260701T150000Z/PT1H\nFREEBUSY:20260701T160000Z/PT1H,20260701T170000Z/20260701T173000Z,odd\nEND:VFREEBUSY\n".to_owned(),
        ]
        .concat();
        let text = format!("BEGIN:VCALENDAR\n{text}END:VCALENDAR\n");
        let document = Document::parse(text.as_bytes()).expect("a calendar");
        let range = utc("20260701T090000")..utc("20260702T000000");
        let times = busy(document.root().expect("a calendar"), range.clone(), &Zone::Utc);
        let shown: Vec<_> = times
            .iter()
            .map(|time| {
                format!(
                    "{}-{} {:?}",
                    time.start.format("%H%M"),
                    time.end.format("%H%M"),
                    time.kind
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "0900-1100 Busy",
                "1030-1300 Tentative",
                "1600-1730 Busy",
                "2000-0000 Unavailable"
            ]
        );
        let component = vfreebusy(&times, range, utc("20260630T000000"));
        let text = String::from_utf8(component.to_bytes()).expect("text");
        assert!(
            text.contains("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260701T103000Z/20260701T130000Z\r\n"),
            "{text}"
        );
        let mut calendar = Component::new("VCALENDAR");
        calendar.add_component(component);
        assert_eq!(
            busy(&calendar, utc("20260101T000000")..utc("20270101T000000"), &Zone::Utc),
            times
        );
    }
}
