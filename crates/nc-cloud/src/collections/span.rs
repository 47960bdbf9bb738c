use std::ops::Range;

use chrono::NaiveDateTime;
use nc_proto::{
    content::Component,
    ical::{Duration, When},
};

/// No zone is further from UTC, and none changes by more, than a day.
const SLACK_S: i64 = 86_400;

/// Always.
const EVER: Range<i64> = i64::MIN..i64::MAX;

/// When the first occurrence of an object begins at the earliest, and the last one ends at the latest, in Unix seconds.
/// Rough on purpose: it is for leaving out what cannot match, before anything is parsed.
pub(crate) fn span(calendar: &Component) -> Range<i64> {
    let mut whole: Option<Range<i64>> = None;
    let parts = calendar.components().filter(|part| !part.is("VTIMEZONE"));
    for part in parts {
        let Some(next) = of_component(part) else {
            return EVER;
        };
        whole = Some(match whole {
            None => next,
            Some(known) => known.start.min(next.start)..known.end.max(next.end),
        });
    }
    whole.unwrap_or(EVER)
}

/// `None` where it has no limit at the start, or cannot be read.
fn of_component(part: &Component) -> Option<Range<i64>> {
    // A task without a start touches every time, RFC 4791 §9.9; so does one that is only done or created at a time.
    let start = seconds(&When::of(part.property("DTSTART")?).ok()?);
    let mut end = start.saturating_add(SLACK_S);
    for name in ["DTEND", "DUE", "COMPLETED"] {
        if let Some(property) = part.property(name) {
            end = end.max(seconds(&When::of(property).ok()?));
        }
    }
    if let Some(property) = part.property("DURATION") {
        let length = Duration::parse(property.value())?.nominal().num_seconds();
        end = end.max(start.saturating_add(length));
    }
    let repeats = part
        .properties()
        .any(|property| property.is("RRULE") || property.is("RDATE"));
    let first = match part.property("RDATE") {
        Some(_) => i64::MIN,
        None => start.saturating_sub(SLACK_S),
    };
    // An override moves with its series when it is of this and the following.
    let last = if repeats || is_open_override(part) {
        until(part).map_or(i64::MAX, |until| {
            until.saturating_add(end.saturating_sub(start)).saturating_add(SLACK_S)
        })
    } else {
        end.saturating_add(SLACK_S)
    };
    Some(first..last)
}

fn is_open_override(part: &Component) -> bool {
    let id = part.property("RECURRENCE-ID");
    id.is_some_and(|id| id.parameter("RANGE").is_some())
}

/// The end of the one rule of a series that has no other dates.
fn until(part: &Component) -> Option<i64> {
    let mut rules = part.properties_named("RRULE");
    let rule = rules.next()?;
    if rules.next().is_some() || part.property("RDATE").is_some() {
        return None;
    }
    let text = rule.value().to_ascii_uppercase();
    let until = text.split(';').find_map(|pair| pair.strip_prefix("UNTIL="))?;
    let until = nc_proto::content::Property::new("UNTIL", until.trim());
    When::of(&until)
        .ok()
        .map(|until| seconds(&until).saturating_add(SLACK_S))
}

fn seconds(when: &When) -> i64 {
    let local: NaiveDateTime = when.local();
    local.and_utc().timestamp()
}

#[cfg(test)]
mod tests {
    use nc_proto::content::Document;

    use super::*;

    fn of(lines: &str) -> Range<i64> {
        let text = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
        span(Document::parse(text.as_bytes()).unwrap().root().unwrap())
    }

    #[test]
    fn a_single_event_lies_within_its_days() {
        let span = of("DTSTART:20261124T100000Z\r\nDTEND:20261124T110000Z");
        let noon = 1_795_521_600;
        assert!(span.contains(&noon) && span.start > noon - 3 * SLACK_S && span.end < noon + 4 * SLACK_S);
    }

    #[test]
    fn a_series_ends_with_its_rule_and_what_cannot_be_read_is_never_left_out() {
        assert_eq!(of("DTSTART:20261124T100000Z\r\nRRULE:FREQ=DAILY").end, i64::MAX);
        assert!(of("DTSTART:20261124T100000Z\r\nRRULE:FREQ=DAILY;UNTIL=20261201").end < i64::MAX);
        assert_eq!(of("SUMMARY:when?"), EVER);
        assert_eq!(of("DTSTART:soon"), EVER);
    }
}
