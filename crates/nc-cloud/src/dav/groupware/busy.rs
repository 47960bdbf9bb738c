//! When people are busy: RFC 4791 §7.10 and the reply of RFC 6638 §5.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use nc_auth::UserId;
use nc_proto::{
    content::{Component, Document, Property},
    dav::calendar::props as cal,
    ical::busy::{self, Busy},
};

use super::{
    super::DavError,
    PAGE, calendar_data,
    describe::Facts,
    view::View,
    wire::{Session, Verb},
};

/// Longest time that is asked about at once.
const LONGEST: TimeDelta = TimeDelta::days(3 * 366);

/// Busy times of one person are told up to this number.
const MOST_TIMES: usize = 10_000;

/// The busy times of one calendar, as a whole text.
pub(super) async fn of_view(session: &Session, view: &View, range: Range<DateTime<Utc>>) -> Result<Vec<u8>, DavError> {
    let range = bounded(range);
    let times = times(session, view, &range).await?;
    let component = free_busy(session, &range, times);
    Ok(wrap(component, None))
}

/// The reply about one person: all calendars of their own that count.
pub(super) async fn reply(
    session: &Session,
    user: &UserId,
    range: Range<DateTime<Utc>>,
    copied: impl IntoIterator<Item = Property>,
) -> Result<Vec<u8>, DavError> {
    let range = bounded(range);
    let mut all = Vec::new();
    let collections = session.collections();
    for calendar in collections.list(crate::collections::HomeKind::Calendars, user).await? {
        if calendar.deleted_at.is_some() || calendar.kind != crate::collections::Kind::Calendar {
            continue;
        }
        let view = View::own(user, calendar);
        if is_transparent(session, &view).await? {
            continue;
        }
        all.extend(times(session, &view, &range).await?);
    }
    let mut component = free_busy(session, &range, all);
    for property in copied {
        component.add(property);
    }
    Ok(wrap(component, Some("REPLY")))
}

fn bounded(range: Range<DateTime<Utc>>) -> Range<DateTime<Utc>> {
    let latest = range.start.checked_add_signed(LONGEST).unwrap_or(range.end);
    range.start..range.end.min(latest)
}

async fn is_transparent(session: &Session, view: &View) -> Result<bool, DavError> {
    let facts = Facts::of(session, view).await?;
    let transparent = nc_proto::dav::Name::constant(nc_proto::dav::CALDAV, "transparent");
    let written = facts.written(&cal::SCHEDULE_CALENDAR_TRANSP);
    Ok(written.is_some_and(|written| written.find(&transparent).is_some()))
}

async fn times(session: &Session, view: &View, range: &Range<DateTime<Utc>>) -> Result<Vec<Busy>, DavError> {
    let seconds = range.start.timestamp()..range.end.timestamp();
    let floating = calendar_data::floating_zone(session, view, None).await?;
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let page = view.objects(session, &seconds, after, PAGE).await?;
        let last = page
            .last()
            .map(|object| object.id)
            .filter(|_| page.len() == PAGE as usize);
        let texts: Vec<Vec<u8>> = page
            .into_iter()
            .filter(|object| object.component == "VEVENT" && session.allows(Verb::Read, "VEVENT"))
            .map(|object| object.data)
            .collect();
        let (range, floating) = (range.clone(), floating.clone());
        // Apart from the threads that answer requests: series may have many occurrences.
        let of_page = tokio::task::spawn_blocking(move || {
            let times = texts.iter().flat_map(|text| {
                let document = Document::parse(text).ok();
                let calendar = document.as_ref().and_then(Document::root);
                calendar
                    .map(|calendar| busy::busy(calendar, range.clone(), &floating))
                    .unwrap_or_default()
            });
            times.take(MOST_TIMES).collect::<Vec<_>>()
        });
        found.extend(of_page.await.map_err(|_| crate::Error::Internal("a task was lost"))?);
        match last {
            Some(last) if found.len() < MOST_TIMES => after = last,
            _ => return Ok(found),
        }
    }
}

fn free_busy(session: &Session, range: &Range<DateTime<Utc>>, times: Vec<Busy>) -> Component {
    let now = DateTime::from_timestamp(session.cloud.now(), 0).unwrap_or_default();
    busy::vfreebusy(&busy::merged(times), range.clone(), now)
}

fn wrap(component: Component, method: Option<&str>) -> Vec<u8> {
    let mut calendar = Component::new("VCALENDAR");
    calendar.add(Property::new("VERSION", "2.0"));
    calendar.add(Property::new("PRODID", super::PRODUCT));
    calendar.add(Property::new("CALSCALE", "GREGORIAN"));
    if let Some(method) = method {
        calendar.add(Property::new("METHOD", method));
    }
    calendar.add_component(component);
    Document::of(calendar).to_bytes()
}
