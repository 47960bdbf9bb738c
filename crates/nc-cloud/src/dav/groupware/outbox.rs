use axum::{body::Body, response::Response};
use chrono::{DateTime, Utc};
use nc_auth::UserId;
use nc_proto::{
    content::{Component, Document, Property},
    dav::{CALDAV, Element, Name, calendar::props::CALENDAR_DATA},
    ical::{
        When,
        zones::{Zone, Zones},
    },
};

use super::{
    super::{DavError, answer},
    busy, sharing,
    wire::{Session, Verb},
};

/// Most people who are asked about at once.
const MOST_ATTENDEES: usize = 100;

/// Answers POST at the outbox: who is busy (RFC 6638 §5). Nothing else is sent this way.
pub(super) async fn serve(session: &Session, body: Body) -> Result<Response, DavError> {
    session.demand(Verb::Read, "VEVENT")?;
    let body = session.read_xml(body).await?;
    let invalid = |message: &str| {
        let condition = Element::new(Name::constant(CALDAV, "valid-calendar-data"));
        DavError::violates("Forbidden", message, condition)
    };
    let document = Document::parse(&body).map_err(|_| invalid("This is no iCalendar text"))?;
    let calendar = document.root().filter(|root| root.is("VCALENDAR"));
    let calendar = calendar.ok_or_else(|| invalid("This is no iCalendar text"))?;
    let asks = calendar
        .text("METHOD")
        .is_some_and(|method| method.eq_ignore_ascii_case("REQUEST"));
    let question = calendar.components_named("VFREEBUSY").next().filter(|_| asks);
    let question = question.ok_or_else(|| DavError::unsupported_body("Only requests of VFREEBUSY are taken here"))?;
    let organizer = question.property("ORGANIZER").map(Property::value).unwrap_or_default();
    if sharing::find_principal(session, organizer).await? != Some(format!("users/{}", session.user()?)) {
        let condition = Element::new(Name::constant(CALDAV, "organizer-allowed"));
        return Err(DavError::violates(
            "Forbidden",
            "The organizer is somebody else",
            condition,
        ));
    }
    let zones = Zones::of(calendar);
    let time = |name| {
        let when = question.property(name).and_then(|property| When::of(property).ok());
        when.map(|when| zones.instant(&when, &Zone::Utc))
    };
    let (Some(start), Some(end)) = (time("DTSTART"), time("DTEND")) else {
        return Err(invalid("DTSTART or DTEND is missing"));
    };
    if start >= end {
        return Err(invalid("DTEND is not after DTSTART"));
    }
    let attendees: Vec<&Property> = question.properties_named("ATTENDEE").collect();
    if attendees.len() > MOST_ATTENDEES {
        return Err(DavError::bad_request("Too many attendees"));
    }
    let mut responses = Vec::new();
    for attendee in attendees {
        responses.push(ask(session, question, attendee, start..end).await?);
    }
    let root = Element::new(Name::constant(CALDAV, "schedule-response")).with_all(responses);
    Ok(answer::xml(root.to_document()))
}

async fn ask(
    session: &Session,
    question: &Component,
    attendee: &Property,
    range: std::ops::Range<DateTime<Utc>>,
) -> Result<Element, DavError> {
    let href = attendee.value().trim();
    let recipient = Element::new(Name::constant(CALDAV, "recipient")).with(Element::text(Name::dav("href"), href));
    let response = Element::new(Name::constant(CALDAV, "response")).with(recipient);
    let status = |text| Element::text(Name::constant(CALDAV, "request-status"), text);
    let principal = sharing::find_principal(session, href).await?;
    let user = principal
        .as_deref()
        .and_then(|principal| principal.strip_prefix("users/"));
    let Some(user) = user else {
        return Ok(response.with(status("3.7;Could not find principal")));
    };
    let mut copied = vec![attendee.clone()];
    copied.extend(
        ["UID", "ORGANIZER"]
            .iter()
            .filter_map(|name| question.property(name).cloned()),
    );
    let data = busy::reply(session, &UserId::new(user), range, copied).await?;
    let data = Element::text(CALENDAR_DATA, String::from_utf8_lossy(&data));
    Ok(response.with(status("2.0;Success")).with(data))
}
