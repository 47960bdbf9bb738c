//! When the events, todos and journal entries of a calendar object take place.

mod expand;
mod set;
mod span;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, ops::Range};

use chrono::{DateTime, Utc};

use super::{
    ValueError, When,
    rule::RuleError,
    zones::{Zone, Zones},
};
use crate::content::{Component, Entry};

pub use expand::{expand, limit};
pub use span::Span;

use set::Series;

/// One time at which a component takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Which one: the value of a `RECURRENCE-ID`, in the form of the series' `DTSTART`, or as the override writes it.
    pub id: When,
    /// Its start; of a todo without start its due time.
    pub start: When,
    /// Its end, exclusive; the due time of a todo.
    pub end: When,
    /// The instant of the start.
    pub start_utc: DateTime<Utc>,
    /// The instant of the end. A todo is due until the end of its due day.
    pub end_utc: DateTime<Utc>,
    /// The place of its component among the entries of the calendar object.
    pub component: usize,
    /// Whether that component is an override and not the series.
    pub is_override: bool,
}

/// The times found, ordered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Occurrences {
    /// At most as many as were asked for.
    pub list: Vec<Occurrence>,
    /// Whether there may be more, or a rule was not followed to its end because that takes too long.
    pub truncated: bool,
}

/// Why the times of an object cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    /// A rule that means nothing.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A time that means nothing.
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// All times at which the components of a kind take place within a range, at most `limit`.
///
/// `floating` is the zone of whoever asks: for days and times without zone. What overlaps the range counts as
/// RFC 4791 §9.9 defines it. Todos without start and due time take place at no time.
///
/// # Errors
/// [`RecurrenceError`] if a start, an end or a rule cannot be read.
pub fn occurrences(
    calendar: &Component,
    kind: &str,
    range: Range<DateTime<Utc>>,
    floating: &Zone,
    limit: usize,
) -> Result<Occurrences, RecurrenceError> {
    let zones = Zones::of(calendar);
    let mut found = Occurrences::default();
    for (masters, overrides) in by_uid(calendar, kind) {
        let mut spans = Vec::new();
        for (place, component) in overrides {
            if let Some(span) = Span::of(component, &zones, floating)? {
                spans.push((place, component, span));
            }
        }
        if masters.is_empty() {
            found.list.extend(set::single(&spans, &range));
        }
        for (place, component) in masters {
            let Some(span) = Span::of(component, &zones, floating)? else {
                continue;
            };
            let series = Series::new(place, component, span, &zones, floating)?;
            let times = series.occurrences(&spans, &range, limit)?;
            found.truncated |= times.truncated;
            found.list.extend(times.list);
        }
    }
    found
        .list
        .sort_by(|one, other| (one.start_utc, one.end_utc, &one.id).cmp(&(other.start_utc, other.end_utc, &other.id)));
    if found.list.len() > limit {
        found.list.truncate(limit);
        found.truncated = true;
    }
    Ok(found)
}

/// Components with their places.
type Placed<'a> = Vec<(usize, &'a Component)>;

/// The components of a kind by `UID`, in the order in which they come: series, and overrides.
fn by_uid<'a>(calendar: &'a Component, kind: &str) -> Vec<(Placed<'a>, Placed<'a>)> {
    let mut groups: Vec<(Placed<'a>, Placed<'a>)> = Vec::new();
    let mut by_uid: HashMap<String, usize> = HashMap::new();
    for (place, entry) in calendar.entries.iter().enumerate() {
        let Entry::Component(component) = entry else { continue };
        if !component.is(kind) {
            continue;
        }
        let group = *by_uid
            .entry(component.text("UID").unwrap_or_default())
            .or_insert(groups.len());
        if group == groups.len() {
            groups.push((Vec::new(), Vec::new()));
        }
        let is_override = component
            .property("RECURRENCE-ID")
            .is_some_and(|id| When::of(id).is_ok());
        let (masters, overrides) = &mut groups[group];
        if is_override { overrides } else { masters }.push((place, component));
    }
    groups
}
