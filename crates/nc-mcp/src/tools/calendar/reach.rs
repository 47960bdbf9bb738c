//! How much of a series a change reaches: one time, that and the following, or all.

use chrono::{DateTime, TimeDelta, Utc};
use nc_mcp_kit::ToolError;
use nc_proto::{
    content::Component,
    ical::{When, recurrence::occurrences},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    patch::Around,
    times::Given,
    view::{is_series, master},
};

/// Most times that are looked at to find one.
const MOST_LOOKED_AT: usize = 200;

/// How much of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RecurrenceScope {
    This,
    Following,
    All,
}

/// What a change reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The object: something that happens once, or all of a series.
    Whole,
    /// One time of a series.
    This(When),
    /// One time of a series and those after it.
    Following(When),
}

/// Finds out what a change reaches.
///
/// Without a scope, one time is meant where one is named; otherwise the whole series, unless `must_say`.
pub(crate) fn reach(
    all: &Component,
    kind: &str,
    scope: Option<RecurrenceScope>,
    id: &str,
    must_say: bool,
    around: &Around,
) -> Result<Reach, ToolError> {
    let id = id.trim();
    if !is_series(all) {
        return if id.is_empty() {
            Ok(Reach::Whole)
        } else {
            Err(ToolError::invalid_argument(
                "`recurrence_id` was given, but it does not repeat",
            ))
        };
    }
    match (scope, id) {
        (Some(RecurrenceScope::All), _) => Ok(Reach::Whole),
        (None, "") if !must_say => Ok(Reach::Whole),
        (None, _) if must_say => Err(ToolError::new(
            "recurrence_scope_required",
            "it repeats: give `recurrence_scope` this, following or all; for this and following also `recurrence_id` \
             as nc_calendar_list_events returns it",
        )),
        (Some(_), "") => Err(ToolError::invalid_argument(
            "give `recurrence_id` as nc_calendar_list_events returns it, or `recurrence_scope` all",
        )),
        (None | Some(RecurrenceScope::This), id) => Ok(Reach::This(find(all, kind, id, around)?)),
        (Some(RecurrenceScope::Following), id) => {
            let found = find(all, kind, id, around)?;
            let start = master(all, kind).and_then(|master| When::of(master.property("DTSTART")?).ok());
            let instant = |when: &When| around.zones.instant(when, around.floating());
            if start.is_some_and(|start| instant(&start) >= instant(&found)) {
                return Ok(Reach::Whole);
            }
            Ok(Reach::Following(found))
        }
    }
}

/// The time of a series that `id` names, in the form in which the object writes it.
pub(crate) fn find(all: &Component, kind: &str, id: &str, around: &Around) -> Result<When, ToolError> {
    let given = Given::read("recurrence_id", id)?;
    let range = moments(all, kind, given, around);
    let instant = |when: &When| around.zones.instant(when, around.floating());
    let written = all
        .components_named(kind)
        .filter_map(|component| When::of(component.property("RECURRENCE-ID")?).ok());
    let mut found: Vec<When> = written.filter(|when| range.contains(&instant(when))).collect();
    let times = occurrences(all, kind, range.clone(), around.floating(), MOST_LOOKED_AT)
        .map_err(|error| ToolError::new("unreadable", format!("the series cannot be read: {error}")))?;
    for occurrence in times.list {
        let at = instant(&occurrence.id);
        if range.contains(&at) && !found.iter().any(|when| instant(when) == at) {
            found.push(occurrence.id);
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(ToolError::new(
            "not_found",
            format!("the series has no time at {id}; take `recurrence_id` as nc_calendar_list_events returns it"),
        )),
        _ => Err(ToolError::invalid_argument(
            "the series has several times on that day: give `recurrence_id` with its time",
        )),
    }
}

/// The moments that an argument can mean: of a day all of it.
fn moments(all: &Component, kind: &str, given: Given, around: &Around) -> std::ops::Range<DateTime<Utc>> {
    let start = master(all, kind).and_then(|master| {
        let property = master.property("DTSTART").or_else(|| master.property("DUE"))?;
        When::of(property).ok()
    });
    let zone = start.map_or_else(|| around.floating().clone(), |start| around.zone_of(&start));
    let from = given.instant(&zone);
    let length = if given.is_date() {
        TimeDelta::days(1)
    } else {
        TimeDelta::seconds(1)
    };
    from..from + length
}
