//! The times of an event: `DTSTART`, `DTEND`, `DURATION`.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use nc_mcp_kit::ToolError;
use nc_proto::{
    content::Component,
    ical::{Duration, When, zones::Zone},
};

use super::{
    patch::Around,
    times::{Given, zone_missing, zoned},
};

/// What is to change of the times.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimePatch {
    pub(crate) start: Option<Given>,
    pub(crate) end: Option<Given>,
    pub(crate) all_day: Option<bool>,
    pub(crate) zone: Option<Zone>,
}

impl TimePatch {
    pub(crate) const fn is_empty(&self) -> bool {
        self.start.is_none() && self.end.is_none() && self.all_day.is_none() && self.zone.is_none()
    }
}

/// The start of an event or task, and its end as it is written or follows from a duration: RFC 5545 §3.6.1.
pub(crate) fn span(event: &Component, end_name: &str) -> Option<(When, When)> {
    let start = When::of(event.property("DTSTART")?).ok()?;
    let end = event.property(end_name).and_then(|end| When::of(end).ok());
    let duration = event
        .property("DURATION")
        .and_then(|text| Duration::parse(text.value()));
    let end = match (end, duration) {
        (Some(end), _) => end,
        (None, Some(duration)) => start.at(later(&start, duration.nominal())),
        // A day lasts until the next, a time no time.
        (None, None) if start.is_date() => start.at(later(&start, TimeDelta::days(1))),
        (None, None) => start.clone(),
    };
    Some((start, end))
}

fn later(when: &When, by: TimeDelta) -> chrono::NaiveDateTime {
    when.local().checked_add_signed(by).unwrap_or(when.local())
}

/// Changes the times. Gives the start before and now, if it moved.
///
/// Who names only the start moves the event: it lasts as long as before. Who names only a zone moves nothing: the same
/// instants are told on that zone's clock.
pub(super) fn apply(
    patch: &TimePatch,
    event: &mut Component,
    around: &Around,
) -> Result<Option<(When, When)>, ToolError> {
    if patch.is_empty() {
        return Ok(None);
    }
    let (old_start, old_end) = span(event, "DTEND").ok_or_else(|| {
        ToolError::new(
            "unreadable",
            "the event has no start that can be read; change it elsewhere",
        )
    })?;
    let all_day = all_day(patch, &old_start)?;
    let start = if all_day {
        When::Date(patch.start.map_or(old_start.local().date(), Given::date))
    } else {
        timed("start_datetime", patch.start, patch, &old_start, around)?
    };
    let end = match patch.end {
        Some(given) if all_day => When::Date(given.date()),
        Some(_) => {
            // The end is told on the clock of the start, unless it has one of its own that stays.
            let like = if old_end.is_date() || start.tzid() != old_start.tzid() {
                &start
            } else {
                &old_end
            };
            timed("end_datetime", patch.end, patch, like, around)?
        }
        None => kept_length(&old_start, &old_end, &start, around),
    };
    check_order(&start, &end, around)?;
    write(event, "DTSTART", &start);
    let has_duration = event.property("DURATION").is_some();
    let switched = start.is_date() != old_start.is_date();
    if patch.end.is_some() || switched {
        event.remove("DURATION");
        write(event, "DTEND", &end);
    } else if !has_duration && event.property("DTEND").is_some() {
        write(event, "DTEND", &end);
    }
    Ok((start != old_start).then_some((old_start, start)))
}

/// Whether the event is to be of days. What is given must say so where it differs from what was.
fn all_day(patch: &TimePatch, old_start: &When) -> Result<bool, ToolError> {
    let given_date = patch.start.or(patch.end).map(Given::is_date);
    match (patch.all_day, old_start.is_date(), given_date) {
        (Some(true), _, _) => Ok(true),
        (Some(false), _, Some(true)) | (None, false, Some(true)) => Err(ToolError::invalid_argument(
            "a day without a time was given for an event with times: give a time, or set `all_day` to true",
        )),
        (Some(false), true, None) => Err(ToolError::invalid_argument(
            "give `start_datetime` and `end_datetime` with times to make it an event with times",
        )),
        (None, true, Some(false)) => Err(ToolError::invalid_argument(
            "a time was given for an all-day event: give days, or set `all_day` to false",
        )),
        (Some(false), _, _) => Ok(false),
        (None, is_date, _) => Ok(is_date),
    }
}

/// A time of the event: as it is given, or as it was.
fn timed(
    argument: &str,
    given: Option<Given>,
    patch: &TimePatch,
    like: &When,
    around: &Around,
) -> Result<When, ToolError> {
    match (given, &patch.zone) {
        (Some(given), Some(zone)) => Ok(given.zoned(zone)),
        (None, Some(zone)) => Ok(zoned(zone.local(instant(like, around)), zone)),
        (None, None) => Ok(like.clone()),
        (Some(given), None) => {
            if let Some(when) = given.in_form_of(like, &around.zones, around.floating()) {
                return Ok(when);
            }
            new_time(argument, given, like, around)
        }
    }
}

/// A time where none like it was: in the calendar's zone.
fn new_time(argument: &str, given: Given, like: &When, around: &Around) -> Result<When, ToolError> {
    let zone = around.calendar.as_ref();
    match (given, zone) {
        (Given::Date(_), _) => Err(ToolError::invalid_argument(format!(
            "argument `{argument}` must have a time, as the other end of the event has"
        ))),
        // What is in UTC stays in UTC.
        (Given::Local(_), Some(zone)) if matches!(like, When::Utc(_)) => Ok(When::Utc(given.instant(zone).naive_utc())),
        (given, Some(zone)) => Ok(given.zoned(zone)),
        (Given::At(time), None) => Ok(When::Utc(time.naive_utc())),
        (Given::Local(_), None) => Err(zone_missing(argument)),
    }
}

/// The end that keeps the event as long as it was: on the clock where both ends have the same, in time otherwise.
fn kept_length(old_start: &When, old_end: &When, start: &When, around: &Around) -> When {
    if start.is_date() {
        // The days that it touched; one that ended at midnight did not touch the next.
        let days = (old_end.local().date() - old_start.local().date()).num_days();
        let touches_last = old_end.local().time() != NaiveTime::MIN;
        let days = (days + i64::from(touches_last)).max(1);
        return start.at(later(start, TimeDelta::days(days)));
    }
    if old_start.is_date() {
        return start.at(later(start, TimeDelta::hours(1)));
    }
    if old_start.tzid() == old_end.tzid() && start.tzid() == old_start.tzid() {
        return start.at(later(start, old_end.local() - old_start.local()));
    }
    let length = instant(old_end, around) - instant(old_start, around);
    let zone = around.zone_of(start);
    let end = instant(start, around).checked_add_signed(length);
    end.map_or_else(|| start.clone(), |end| start.at(zone.local(end)))
}

fn instant(when: &When, around: &Around) -> DateTime<Utc> {
    around.zones.instant(when, around.floating())
}

fn check_order(start: &When, end: &When, around: &Around) -> Result<(), ToolError> {
    let ends_after = if start.is_date() {
        end.local() > start.local()
    } else {
        instant(end, around) >= instant(start, around)
    };
    if ends_after {
        return Ok(());
    }
    Err(ToolError::invalid_argument(if start.is_date() {
        format!(
            "the end of an all-day event is the day after its last: with the start {start} the end must be later",
            start = start.local().date()
        )
    } else {
        "the event would end before it starts".to_owned()
    }))
}

/// Writes a time into its property, whose other parameters stay.
pub(crate) fn write(event: &mut Component, name: &str, when: &When) {
    match event.property_mut(name) {
        Some(property) => when.write_to(property),
        None => event.add(when.property(name)),
    }
}

/// The times of a new event.
pub(crate) fn times_of_new(
    start: Given,
    end: Option<Given>,
    all_day: bool,
    zone: Option<&Zone>,
    is_series: bool,
    around: &Around,
) -> Result<(When, When), ToolError> {
    let all_day = all_day || (start.is_date() && end.is_none_or(Given::is_date));
    if all_day {
        let start = When::Date(start.date());
        let end = end.map_or_else(
            || start.at(later(&start, TimeDelta::days(1))),
            |end| When::Date(end.date()),
        );
        check_order(&start, &end, around)?;
        return Ok((start, end));
    }
    let place = |argument: &str, given: Given| match (given, zone.or(around.calendar.as_ref())) {
        (Given::Date(_), _) => Err(ToolError::invalid_argument(format!(
            "argument `{argument}` is a day, the other end has a time: give both in the same form"
        ))),
        (given, Some(zone)) => Ok(given.zoned(zone)),
        (Given::At(time), None) if is_series && time.offset().local_minus_utc() != 0 => {
            Err(ToolError::invalid_argument(
                "a series needs a zone, so that it keeps its time when clocks change: give `timezone`",
            ))
        }
        (Given::At(time), None) => Ok(When::Utc(time.naive_utc())),
        (Given::Local(_), None) => Err(zone_missing(argument)),
    };
    let begins = place("start_datetime", start)?;
    let ends = match end {
        Some(end) => place("end_datetime", end)?,
        None => begins.at(later(&begins, TimeDelta::hours(1))),
    };
    check_order(&begins, &ends, around)?;
    Ok((begins, ends))
}
