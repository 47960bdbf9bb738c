//! One event, whole.

use nc_client::ComponentKind;
use nc_mcp_kit::Failure;
use nc_proto::{content::Component, ical::When};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::FullEvent,
    edit::no_component,
    moving::{span, write},
    place::{place, subject},
    reach,
    view::{View, is_series, master},
};
use crate::{context::Context, errors::OrFail};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetEvent {
    /// The calendar.
    calendar_name: String,
    /// Uid from a list.
    event_uid: String,
    /// One time of a series, as a list names it. The series if not given.
    #[serde(default)]
    recurrence_id: String,
}

pub(crate) async fn get(context: Context, arguments: GetEvent) -> Result<FullEvent, Failure> {
    let place = place(&context, &arguments.calendar_name).await?;
    let subject = subject(ComponentKind::Event, &arguments.event_uid);
    let object = context
        .client
        .calendars()
        .find_uid(&place.calendar, ComponentKind::Event, &arguments.event_uid, &subject)
        .await
        .or_fail()?;
    let all = object.document.root().ok_or_else(no_component)?;
    let around = place.around(all);
    let view = View {
        calendar: &place.calendar,
        path: &object.path,
        etag: Some(&object.etag),
        zones: &around.zones,
        floating: around.floating(),
        me: Some(&place.me),
    };
    let event = master(all, "VEVENT").ok_or_else(no_component)?;
    if arguments.recurrence_id.trim().is_empty() || !is_series(all) {
        return Ok(view.full(all, event));
    }
    let id = reach::find(all, "VEVENT", &arguments.recurrence_id, &around)?;
    let instant = |when: &When| around.zones.instant(when, around.floating());
    let own = all.components_named("VEVENT").find(|event| {
        let when = event.property("RECURRENCE-ID").and_then(|id| When::of(id).ok());
        when.is_some_and(|when| instant(&when) == instant(&id))
    });
    let one = own.cloned().unwrap_or_else(|| at(event, &id));
    Ok(view.full(all, &one))
}

/// One time of a series as an event of its own.
fn at(event: &Component, id: &When) -> Component {
    let mut one = event.clone();
    if let Some((start, end)) = span(event, "DTEND") {
        let length = end.local() - start.local();
        let ends = end.at(id.local().checked_add_signed(length).unwrap_or(id.local()));
        write(&mut one, "DTSTART", id);
        if one.property("DTEND").is_some() {
            write(&mut one, "DTEND", &ends);
        }
    }
    for name in ["RRULE", "RDATE", "EXDATE"] {
        one.remove(name);
    }
    write(&mut one, "RECURRENCE-ID", id);
    one
}
