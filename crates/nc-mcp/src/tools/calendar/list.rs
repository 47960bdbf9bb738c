//! Events of a stretch of time: each time of a series on its own, by start.

use std::ops::Range;

use chrono::{DateTime, Days, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use nc_client::{Calendar, ComponentKind, FoundObject, ObjectFilter, Principal};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::{
    content::Entry,
    ical::{
        recurrence::occurrences,
        zones::{Zone, Zones},
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::{CalendarError, EventList, ListedEvent, UpcomingEvents},
    patch::names,
    place::{calendars, message, now, place_in, usual_zone, zone_of},
    times::{Given, on_clock, utc},
    view::{View, is_series},
};
use crate::{context::Context, errors::failure};

/// Most events that one list returns.
const MOST: u32 = 500;
/// Days that are listed when the caller names no end.
const USUAL_DAYS: u64 = 30;
/// Longest stretch of time, in days.
const MOST_DAYS: i64 = 3_660;
/// Most times of one series in one list.
const MOST_TIMES: usize = 2_000;
/// Calendars that are asked at the same time.
const AT_ONCE: usize = 4;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListEvents {
    /// Name of a calendar. Empty for all.
    #[serde(default)]
    calendar_name: String,
    /// First day or time, such as 2026-11-24 or 2026-11-24T10:00:00+01:00. Today if not given.
    #[serde(default)]
    start_date: String,
    /// Last day, included, or a time. 30 days after the start if not given.
    #[serde(default)]
    end_date: String,
    /// Most events.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
    /// Only events with at least so many people invited.
    min_attendees: Option<u32>,
    /// Only events that last at least so many minutes.
    min_duration_minutes: Option<u32>,
    /// Only events with one of these categories, separated by commas.
    categories: Option<String>,
    /// Only events with this status: CONFIRMED, TENTATIVE or CANCELLED.
    status: Option<String>,
    /// Only events whose title holds this text, in any case.
    title_contains: Option<String>,
    /// Only events whose place holds this text, in any case.
    location_contains: Option<String>,
    /// Looks in all calendars, whatever `calendar_name` says.
    #[serde(default)]
    search_all_calendars: bool,
    /// IANA zone in which days and times without an offset are meant. The calendar's zone if not given.
    #[serde(default)]
    timezone: String,
}

const fn fifty() -> u32 {
    50
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Upcoming {
    /// Name of a calendar. Empty for all.
    #[serde(default)]
    calendar_name: String,
    /// So many days from now on.
    #[serde(default = "seven")]
    #[schemars(range(min = 1, max = 366))]
    days_ahead: u32,
    /// Most events.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
}

const fn seven() -> u32 {
    7
}

const fn ten() -> u32 {
    10
}

/// Which events.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventFilter {
    pub(crate) min_attendees: Option<u32>,
    pub(crate) min_duration_minutes: Option<u32>,
    pub(crate) categories: Vec<String>,
    pub(crate) status: Option<String>,
    pub(crate) title_contains: Option<String>,
    pub(crate) location_contains: Option<String>,
}

/// One time of an event, and the moment at which it begins and ends.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) range: Range<DateTime<Utc>>,
    pub(crate) event: ListedEvent,
}

/// What was found in calendars.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    /// By start.
    pub(crate) list: Vec<Hit>,
    pub(crate) errors: Vec<CalendarError>,
    /// Whether a series has more times than are looked at.
    pub(crate) cut: bool,
}

impl EventFilter {
    fn fits(&self, hit: &Hit) -> bool {
        let event = &hit.event;
        let holds = |text: &str, part: &Option<String>| {
            part.as_ref()
                .is_none_or(|part| text.to_lowercase().contains(&part.trim().to_lowercase()))
        };
        let has_category = self.categories.is_empty()
            || event.categories.iter().any(|own| {
                self.categories
                    .iter()
                    .any(|wanted| wanted.to_lowercase() == own.to_lowercase())
            });
        let minutes = (hit.range.end - hit.range.start).num_minutes();
        has_category
            && holds(&event.summary, &self.title_contains)
            && holds(event.location.as_deref().unwrap_or_default(), &self.location_contains)
            && self
                .status
                .as_ref()
                .is_none_or(|status| status.trim().eq_ignore_ascii_case(&event.status))
            && self
                .min_duration_minutes
                .is_none_or(|least| minutes >= i64::from(least))
            && self
                .min_attendees
                .is_none_or(|least| event.attendees_count >= usize::try_from(least).unwrap_or(usize::MAX))
    }
}

/// The stretch of time that two arguments mean. A day at the end is included.
pub(crate) fn stretch(
    start: (&str, &str),
    end: (&str, &str),
    days: u64,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Result<Range<DateTime<Utc>>, ToolError> {
    let today = zone.local(now).date();
    let given = |(name, text): (&str, &str)| match text.trim() {
        "" => Ok(None),
        text => Given::read(name, text).map(Some),
    };
    let from = given(start)?.unwrap_or(Given::Date(today));
    let to = match given(end)? {
        Some(Given::Date(date)) => Given::Date(date.checked_add_days(Days::new(1)).unwrap_or(date)).instant(zone),
        Some(time) => time.instant(zone),
        None => Given::Date(from.date().checked_add_days(Days::new(days)).unwrap_or(from.date())).instant(zone),
    };
    let range = from.instant(zone)..to;
    if range.start >= range.end {
        return Err(ToolError::invalid_argument(format!(
            "argument `{}` must be later than `{}`",
            end.0, start.0
        )));
    }
    if range.end - range.start > TimeDelta::days(MOST_DAYS) {
        return Err(ToolError::invalid_argument("ask for at most ten years at once"));
    }
    Ok(range)
}

pub(crate) async fn list(context: Context, arguments: ListEvents) -> Result<EventList, Failure> {
    let (all, me) = calendars(&context).await?;
    let usual = usual_zone(&all);
    let one = arguments.calendar_name.trim();
    let (chosen, zone, name) = if one.is_empty() || arguments.search_all_calendars {
        (all, usual, None)
    } else {
        let place = place_in(all, me.clone(), one)?;
        let name = place.calendar.name.clone();
        (vec![place.calendar], place.zone, Some(name))
    };
    let zone = super::times::zone_argument(&arguments.timezone)?
        .or(zone)
        .unwrap_or(Zone::Utc);
    let (start, end) = (
        ("start_date", arguments.start_date.as_str()),
        ("end_date", arguments.end_date.as_str()),
    );
    let range = stretch(start, end, USUAL_DAYS, &zone, now(&context))?;
    let filter = EventFilter {
        min_attendees: arguments.min_attendees,
        min_duration_minutes: arguments.min_duration_minutes,
        categories: names(arguments.categories.as_deref().unwrap_or_default()),
        status: arguments.status.filter(|status| !status.trim().is_empty()),
        title_contains: arguments.title_contains,
        location_contains: arguments.location_contains,
    };
    let is_one = name.is_some();
    let mut hits = collect(&context, &chosen, &me, &range, &filter, &zone, is_one).await?;
    let total_found = hits.list.len();
    let limit = arguments.limit.clamp(1, MOST) as usize;
    let next = hits.list.get(limit).map(|hit| utc(hit.range.start));
    let truncated = next.is_some() || hits.cut;
    hits.list.truncate(limit);
    Ok(EventList {
        success: true,
        timestamp: context.timestamp(),
        events: hits.list.into_iter().map(|hit| hit.event).collect(),
        calendar_name: name,
        start_date: on_clock(range.start, &zone),
        end_date: on_clock(range.end, &zone),
        timezone: zone.name().to_owned(),
        total_found,
        truncated,
        next_start_date: next,
        errors: hits.errors,
    })
}

pub(crate) async fn upcoming(context: Context, arguments: Upcoming) -> Result<UpcomingEvents, Failure> {
    let (all, me) = calendars(&context).await?;
    let usual = usual_zone(&all);
    let one = arguments.calendar_name.trim();
    let (chosen, zone, name) = if one.is_empty() {
        (all, usual, None)
    } else {
        let place = place_in(all, me.clone(), one)?;
        let name = place.calendar.name.clone();
        (vec![place.calendar], place.zone, Some(name))
    };
    let now = now(&context);
    let range = now..now + TimeDelta::days(i64::from(arguments.days_ahead.clamp(1, 366)));
    let zone = zone.unwrap_or(Zone::Utc);
    let filter = EventFilter::default();
    let mut hits = collect(&context, &chosen, &me, &range, &filter, &zone, name.is_some()).await?;
    hits.list.retain(|hit| hit.event.status != "CANCELLED");
    let limit = arguments.limit.clamp(1, MOST) as usize;
    let truncated = hits.list.len() > limit || hits.cut;
    hits.list.truncate(limit);
    Ok(UpcomingEvents {
        success: true,
        timestamp: context.timestamp(),
        events: hits.list.into_iter().map(|hit| hit.event).collect(),
        days_ahead: arguments.days_ahead,
        calendar_name: name,
        truncated,
        errors: hits.errors,
    })
}

/// The events of calendars in a stretch of time. With `is_one`, a calendar that fails is a failure; otherwise it is told.
pub(crate) async fn collect(
    context: &Context,
    chosen: &[Calendar],
    me: &Principal,
    range: &Range<DateTime<Utc>>,
    filter: &EventFilter,
    zone: &Zone,
    is_one: bool,
) -> Result<Hits, Failure> {
    let question = ObjectFilter {
        range: Some(range.clone()),
        ..ObjectFilter::all(ComponentKind::Event)
    };
    let handle = context.client.calendars();
    let takes_events = |calendar: &&Calendar| calendar.takes(ComponentKind::Event);
    let asked: Vec<Calendar> = chosen.iter().filter(takes_events).cloned().collect();
    let total = asked.len() as u64;
    let questions = asked.into_iter().map(|calendar| {
        let question = question.clone();
        async move {
            let answer = handle.query(&calendar, &question).await;
            (calendar, answer)
        }
    });
    let mut answers = stream::iter(questions).buffered(AT_ONCE);
    let mut hits = Hits::default();
    let mut done = 0;
    while let Some((calendar, answer)) = answers.next().await {
        match answer {
            Ok(objects) => {
                let floating = zone_of(&calendar).unwrap_or_else(|| zone.clone());
                for object in &objects {
                    times_of(object, &calendar, me, range, filter, &floating, &mut hits);
                }
            }
            Err(error) if is_one || error.code() == "unauthorized" => return Err(failure(&error)),
            Err(error) => hits.errors.push(CalendarError {
                calendar_name: calendar.name.clone(),
                error: message(&error),
            }),
        }
        done += 1;
        context.call.progress.report(done, Some(total), "calendars read").await;
    }
    hits.list.sort_by(|one, other| {
        (one.range.start, &one.event.calendar_name, &one.event.uid).cmp(&(
            other.range.start,
            &other.event.calendar_name,
            &other.event.uid,
        ))
    });
    Ok(hits)
}

/// Adds the times of one object. One that cannot be understood is told, never passed over.
fn times_of(
    object: &FoundObject,
    calendar: &Calendar,
    me: &Principal,
    range: &Range<DateTime<Utc>>,
    filter: &EventFilter,
    floating: &Zone,
    hits: &mut Hits,
) {
    let mut wrong = |why: &str| {
        let name = object.path.name().unwrap_or_default();
        hits.errors.push(CalendarError {
            calendar_name: calendar.name.clone(),
            error: format!("the object {name} cannot be read: {why}"),
        });
    };
    let all = match object.document.as_ref().map(|document| document.root()) {
        Ok(Some(all)) => all,
        Ok(None) => return wrong("it is empty"),
        Err(why) => return wrong(why),
    };
    let times = match occurrences(all, "VEVENT", range.clone(), floating, MOST_TIMES) {
        Ok(times) => times,
        Err(why) => return wrong(&why.to_string()),
    };
    hits.cut |= times.truncated;
    let zones = Zones::of(all);
    let view = View {
        calendar,
        path: &object.path,
        etag: object.etag.as_ref(),
        zones: &zones,
        floating,
        me: Some(me),
    };
    let is_series = is_series(all);
    for occurrence in &times.list {
        let Some(Entry::Component(event)) = all.entries.get(occurrence.component) else {
            continue;
        };
        let hit = Hit {
            range: occurrence.start_utc..occurrence.end_utc,
            event: view.listed(event, occurrence, is_series),
        };
        if filter.fits(&hit) {
            hits.list.push(hit);
        }
    }
}
