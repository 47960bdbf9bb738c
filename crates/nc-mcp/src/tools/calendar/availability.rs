//! When everybody is free.

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::ical::zones::Zone;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::{Availability, Slot, UnknownAttendee},
    attendees,
    list::{EventFilter, Hit, collect, stretch},
    place::{calendars, now, usual_zone},
    times::{on_clock, zone_argument},
};
use crate::{context::Context, errors::failure};

/// Working hours.
const WORK: [(u32, u32); 1] = [(9, 17)];
/// Slots begin at multiples of so many minutes.
const STEP_MINUTES: i64 = 15;
/// Days that are looked at when the caller names no end.
const USUAL_DAYS: u64 = 7;
/// Longest stretch of time, in days.
const MOST_DAYS: i64 = 92;
/// Most slots that are returned.
const MOST_SLOTS: usize = 50;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct FindAvailability {
    /// How long, in minutes.
    #[schemars(range(min = 1, max = 1440))]
    duration_minutes: u32,
    /// Mail addresses of the people who are to come, separated by commas. You always count.
    #[serde(default)]
    attendees: String,
    /// First day or time. Now if not given.
    #[serde(default)]
    date_range_start: String,
    /// Last day, which is included, or a time. A week after the start if not given.
    #[serde(default)]
    date_range_end: String,
    /// Only from 9:00 to 17:00.
    #[serde(default = "yes")]
    business_hours_only: bool,
    /// Not on Saturdays and Sundays.
    #[serde(default = "yes")]
    exclude_weekends: bool,
    /// Only in these hours, such as 09:00-12:00,14:00-16:00.
    #[serde(default)]
    preferred_times: String,
    /// Whether all-day events count as busy.
    #[serde(default)]
    include_all_day: bool,
    /// IANA zone of days, hours and slots. The zone of the default calendar if not given.
    #[serde(default)]
    timezone: String,
}

const fn yes() -> bool {
    true
}

/// The rules that a slot keeps.
struct Rules {
    length: TimeDelta,
    hours: Vec<(NaiveTime, NaiveTime)>,
    weekends: bool,
    zone: Zone,
}

pub(crate) async fn find(context: Context, arguments: FindAvailability) -> Result<Availability, Failure> {
    let (all, me) = calendars(&context).await?;
    let zone = zone_argument(&arguments.timezone)?
        .or_else(|| usual_zone(&all))
        .unwrap_or(Zone::Utc);
    let now = now(&context);
    let mut range = stretch(
        ("date_range_start", &arguments.date_range_start),
        ("date_range_end", &arguments.date_range_end),
        USUAL_DAYS,
        &zone,
        now,
    )?;
    if range.end - range.start > TimeDelta::days(MOST_DAYS) {
        return Err(ToolError::invalid_argument(format!("ask for at most {MOST_DAYS} days at once")).into());
    }
    // Nobody can meet in the past.
    range.start = range.start.max(now);
    if range.start >= range.end {
        return Err(
            ToolError::invalid_argument("the stretch of time is over: choose one that ends later than now").into(),
        );
    }
    let rules = Rules {
        length: TimeDelta::minutes(i64::from(arguments.duration_minutes)),
        hours: hours(&arguments.preferred_times, arguments.business_hours_only)?,
        weekends: !arguments.exclude_weekends,
        zone: zone.clone(),
    };
    let own: Vec<_> = all
        .into_iter()
        .filter(|calendar| !calendar.transparent && calendar.enabled)
        .collect();
    let hits = collect(&context, &own, &me, &range, &EventFilter::default(), &zone, false).await?;
    let takes_time = |hit: &&Hit| {
        let event = &hit.event;
        event.transp != "TRANSPARENT"
            && event.status != "CANCELLED"
            && event.my_reply.as_deref() != Some("DECLINED")
            && (arguments.include_all_day || !event.all_day)
    };
    let mut busy: Vec<Range<DateTime<Utc>>> = hits
        .list
        .iter()
        .filter(takes_time)
        .map(|hit| hit.range.clone())
        .collect();
    let asked: Vec<String> = attendees::read(&arguments.attendees)?
        .into_iter()
        .map(|one| one.mail)
        .filter(|mail| !me.is_called(&format!("mailto:{mail}")))
        .collect();
    let (mut checked, mut unknown) = (Vec::new(), Vec::new());
    if !asked.is_empty() {
        match context.client.calendars().busy(&asked, range.clone()).await {
            Ok(answers) => {
                for mail in &asked {
                    let answer = answers.iter().find(|answer| answer.attendee.eq_ignore_ascii_case(mail));
                    match answer.map(|answer| &answer.busy) {
                        Some(Ok(times)) => {
                            busy.extend(times.iter().map(|time| time.range.clone()));
                            checked.push(mail.clone());
                        }
                        Some(Err(reason)) => unknown.push(not_known(mail, reason)),
                        None => unknown.push(not_known(mail, "the server says nothing about this address")),
                    }
                }
            }
            Err(error) if error.code() == "unauthorized" => return Err(failure(&error)),
            Err(error) => unknown.extend(asked.iter().map(|mail| not_known(mail, &error.to_string()))),
        }
    }
    let mut slots = slots(&rules, &range, busy);
    let truncated = slots.len() > MOST_SLOTS;
    slots.truncate(MOST_SLOTS);
    Ok(Availability {
        success: true,
        timestamp: context.timestamp(),
        available_slots: slots,
        duration_requested: arguments.duration_minutes,
        date_range_start: on_clock(range.start, &zone),
        date_range_end: on_clock(range.end, &zone),
        attendees_checked: checked,
        attendees_unknown: unknown,
        business_hours_only: arguments.business_hours_only,
        timezone: zone.name().to_owned(),
        truncated,
        errors: hits.errors,
    })
}

fn not_known(mail: &str, reason: &str) -> UnknownAttendee {
    UnknownAttendee {
        email: mail.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The hours of a day in which slots may lie.
fn hours(preferred: &str, business: bool) -> Result<Vec<(NaiveTime, NaiveTime)>, ToolError> {
    let wrong = || ToolError::invalid_argument("argument `preferred_times` must be like 09:00-12:00,14:00-16:00");
    let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").map_err(|_| wrong());
    let preferred = preferred.split(',').map(str::trim).filter(|part| !part.is_empty());
    let mut hours = Vec::new();
    for part in preferred {
        let (from, to) = part.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (time(from)?, time(to)?);
        if from >= to {
            return Err(wrong());
        }
        hours.push((from, to));
    }
    if !hours.is_empty() {
        hours.sort_unstable();
        return Ok(hours);
    }
    if business {
        let of = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        return Ok(WORK.map(|(from, to)| (of(from), of(to))).to_vec());
    }
    Ok(Vec::new())
}

/// The slots in `range` that nothing in `busy` touches, one after the other.
fn slots(rules: &Rules, range: &Range<DateTime<Utc>>, mut busy: Vec<Range<DateTime<Utc>>>) -> Vec<Slot> {
    busy.retain(|time| time.start < time.end);
    busy.sort_by_key(|time| time.start);
    let mut slots = Vec::new();
    for window in windows(rules, range) {
        let mut from = rounded(window.start, &rules.zone);
        while from + rules.length <= window.end && slots.len() <= MOST_SLOTS {
            let slot = from..from + rules.length;
            let blocked = busy
                .iter()
                .filter(|time| time.start < slot.end && time.end > slot.start);
            from = if let Some(free_again) = blocked.map(|time| time.end).max() {
                rounded(free_again, &rules.zone)
            } else {
                slots.push(told(&slot, rules));
                rounded(slot.end, &rules.zone)
            };
        }
    }
    slots
}

fn told(slot: &Range<DateTime<Utc>>, rules: &Rules) -> Slot {
    Slot {
        start: on_clock(slot.start, &rules.zone),
        end: on_clock(slot.end, &rules.zone),
        duration_minutes: u32::try_from(rules.length.num_minutes()).unwrap_or_default(),
        date: rules.zone.local(slot.start).date().to_string(),
    }
}

/// The stretches of time in which slots may lie.
fn windows(rules: &Rules, range: &Range<DateTime<Utc>>) -> Vec<Range<DateTime<Utc>>> {
    let last: NaiveDate = rules.zone.local(range.end).date();
    let mut date = rules.zone.local(range.start).date();
    let mut windows: Vec<Range<DateTime<Utc>>> = Vec::new();
    while date <= last {
        let next = date.succ_opt().unwrap_or(date);
        if rules.weekends || !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            let whole = [(date.and_time(NaiveTime::MIN), next.and_time(NaiveTime::MIN))];
            let parts: Vec<_> = rules
                .hours
                .iter()
                .map(|(from, to)| (date.and_time(*from), date.and_time(*to)))
                .collect();
            for (from, to) in if parts.is_empty() { whole.to_vec() } else { parts } {
                let window = rules.zone.instant(from).max(range.start)..rules.zone.instant(to).min(range.end);
                match windows.last_mut() {
                    // Without hours the days run into one another.
                    Some(before) if before.end == window.start && rules.hours.is_empty() => before.end = window.end,
                    _ if window.start < window.end => windows.push(window),
                    _ => {}
                }
            }
        }
        if next == date {
            break;
        }
        date = next;
    }
    windows
}

/// The next multiple of the step on the clock.
fn rounded(at: DateTime<Utc>, zone: &Zone) -> DateTime<Utc> {
    let seconds = zone.local(at).and_utc().timestamp();
    let step = STEP_MINUTES * 60;
    at + TimeDelta::seconds((step - seconds.rem_euclid(step)) % step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    fn rules(hours: &str, minutes: i64) -> Rules {
        Rules {
            length: TimeDelta::minutes(minutes),
            hours: super::hours(hours, true).expect("hours"),
            weekends: false,
            zone: nc_proto::ical::zones::zone_named("Europe/Berlin").expect("a zone"),
        }
    }

    #[test]
    fn slots_lie_between_what_is_busy_and_in_working_hours() {
        // A Friday, and the weekend after it.
        let range = at("2026-11-27T07:10:00Z")..at("2026-11-30T09:00:00Z");
        let busy = vec![at("2026-11-27T09:05:00Z")..at("2026-11-27T15:00:00Z")];
        let found = slots(&rules("", 60), &range, busy);
        let starts: Vec<&str> = found.iter().map(|slot| slot.start.as_str()).collect();
        let expected = [
            "2026-11-27T09:00:00+01:00",
            "2026-11-27T16:00:00+01:00",
            "2026-11-30T09:00:00+01:00",
        ];
        assert_eq!(starts, expected);
        assert_eq!(found[0].date, "2026-11-27");
    }

    #[test]
    fn preferred_hours_count_instead_of_working_hours() {
        let range = at("2026-11-27T00:00:00Z")..at("2026-11-27T22:00:00Z");
        let found = slots(&rules("18:00-19:00, 06:00-06:30", 30), &range, Vec::new());
        let starts: Vec<&str> = found.iter().map(|slot| &slot.start[11..16]).collect();
        assert_eq!(starts, ["06:00", "18:00", "18:30"]);
        for wrong in ["9", "10:00-09:00", "x-y"] {
            assert!(hours(wrong, true).is_err(), "{wrong}");
        }
    }
}
