//! Where something is: the calendar that a call names, its zone, and who the caller is there.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use nc_client::{Calendar, CalendarKind, ComponentKind, Error, Principal, Subject, find_calendar};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::{
    content::Component,
    dav::ETag,
    ical::zones::{Zone, Zones, zone_named},
};

use super::patch::Around;
use crate::{
    context::Context,
    errors::{OrFail, failure},
};

/// A calendar, and who acts there.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) calendar: Calendar,
    /// The zone of its times without one, if it is known.
    pub(crate) zone: Option<Zone>,
    pub(crate) me: Arc<Principal>,
}

impl Place {
    /// What is known around an object of the calendar.
    pub(crate) fn around(&self, all: &Component) -> Around {
        Around {
            zones: Zones::of(all),
            calendar: self.zone.clone(),
            mail: self.me.email().map(str::to_owned),
        }
    }
}

/// All calendars of the caller, and who the caller is.
pub(crate) async fn calendars(context: &Context) -> Result<(Vec<Calendar>, Arc<Principal>), Failure> {
    let me = context.client.principal().await.or_fail()?;
    Ok((context.client.calendars().list().await.or_fail()?, me))
}

/// The calendar that is called `name`.
pub(crate) async fn place(context: &Context, name: &str) -> Result<Place, Failure> {
    let (calendars, me) = calendars(context).await?;
    place_in(calendars, me, name)
}

/// The same among those that are known.
pub(crate) fn place_in(calendars: Vec<Calendar>, me: Arc<Principal>, name: &str) -> Result<Place, Failure> {
    let usual = usual_zone(&calendars);
    let calendar = find_calendar(calendars, name).or_fail()?;
    let zone = zone_of(&calendar).or(usual);
    Ok(Place { calendar, zone, me })
}

/// The zone of a calendar's times without one.
pub(crate) fn zone_of(calendar: &Calendar) -> Option<Zone> {
    calendar.timezone.as_deref().and_then(zone_named)
}

/// The zone of the default calendar stands in for calendars that have none.
pub(crate) fn usual_zone(calendars: &[Calendar]) -> Option<Zone> {
    calendars.iter().find(|calendar| calendar.is_default).and_then(zone_of)
}

/// Refuses a calendar that takes no such things, and names those that do.
pub(crate) fn check_takes(calendar: &Calendar, kind: ComponentKind, calendars: &[Calendar]) -> Result<(), ToolError> {
    if calendar.takes(kind) {
        return Ok(());
    }
    let fitting: Vec<&str> = calendars
        .iter()
        .filter(|other| other.takes(kind) && !other.read_only)
        .map(|other| other.name.as_str())
        .collect();
    let what = kind.plural();
    Err(ToolError::invalid_argument(format!(
        "the calendar \"{}\" takes no {what}; {}",
        calendar.name,
        if fitting.is_empty() {
            format!("make one that does with nc_calendar_manage_calendar and `components` {what}")
        } else {
            format!("those that do: {}", fitting.join(", "))
        }
    )))
}

/// What errors call an event or task.
pub(crate) fn subject(kind: ComponentKind, uid: &str) -> Subject {
    let uid: String = uid.chars().filter(|c| !c.is_control()).take(80).collect();
    Subject::new(match kind {
        ComponentKind::Event => format!("the event \"{uid}\""),
        ComponentKind::Todo => format!("the task \"{uid}\""),
    })
}

/// The version that an argument names.
pub(crate) fn etag_argument(text: &str) -> Result<Option<ETag>, ToolError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let etag = ETag::parse(text);
    etag.map(Some)
        .ok_or_else(|| ToolError::invalid_argument("argument `etag` must be an etag as the reading tools return it"))
}

/// What a list tells about a calendar that failed.
pub(crate) fn message(error: &Error) -> String {
    tracing::debug!(code = error.code(), "a calendar could not be read");
    format!("{}: {error}", error.code())
}

/// The failure of a client call.
pub(crate) fn fail<T>(error: &Error) -> Result<T, Failure> {
    Err(failure(error))
}

/// The time now.
pub(crate) fn now(context: &Context) -> DateTime<Utc> {
    DateTime::from_timestamp(context.clock.now().unix_timestamp(), 0).unwrap_or_default()
}

/// What a calendar is, in a word.
pub(crate) const fn kind_word(kind: CalendarKind) -> &'static str {
    match kind {
        CalendarKind::Own => "own",
        CalendarKind::Shared => "shared",
        CalendarKind::Subscription => "subscription",
        CalendarKind::Birthdays => "birthdays",
    }
}
