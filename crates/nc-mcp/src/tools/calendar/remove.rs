//! Deleting an event: once, or as much of a series as the caller says.

use chrono::{DateTime, Utc};
use nc_client::ComponentKind;
use nc_mcp_kit::Failure;
use nc_proto::{content::Document, ical::series};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::Deleted,
    attendees,
    change::series_error,
    edit::{Step, Target, edit, root, stamp},
    place::{Place, etag_argument, now, place},
    reach::{Reach, RecurrenceScope, reach},
    view::{master, master_mut},
};
use crate::context::Context;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteEvent {
    /// The calendar.
    calendar_name: String,
    /// Uid from a list.
    event_uid: String,
    /// Needed for a series: this is the time in `recurrence_id`, following also the later
    /// ones, all the series.
    recurrence_scope: Option<RecurrenceScope>,
    /// Which time of a series, as `nc_calendar_list_events` names it.
    #[serde(default)]
    recurrence_id: String,
    /// Etag of the last read. Conflict if it changed since.
    #[serde(default)]
    etag: String,
}

/// What is to be deleted.
pub(crate) struct Removal<'a> {
    pub(crate) kind: ComponentKind,
    pub(crate) scope: Option<RecurrenceScope>,
    pub(crate) id: &'a str,
}

pub(crate) async fn delete(context: Context, arguments: DeleteEvent) -> Result<Deleted, Failure> {
    let place = place(&context, &arguments.calendar_name).await?;
    let removal = Removal {
        kind: ComponentKind::Event,
        scope: arguments.recurrence_scope,
        id: &arguments.recurrence_id,
    };
    remove(&context, &place, &arguments.event_uid, &arguments.etag, &removal).await
}

/// Deletes an event or task.
pub(crate) async fn remove(
    context: &Context,
    place: &Place,
    uid: &str,
    etag: &str,
    removal: &Removal<'_>,
) -> Result<Deleted, Failure> {
    let target = Target {
        place,
        kind: removal.kind,
        uid,
        etag: etag_argument(etag)?,
    };
    let now = now(context);
    let (edited, message) = edit(context, &target, |object| {
        apply(removal, &mut object.document, place, now)
    })
    .await?;
    Ok(Deleted {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(edited.status),
        message: Some(message),
        deleted_uid: uid.to_owned(),
        calendar_name: place.calendar.name.clone(),
    })
}

fn apply(
    removal: &Removal<'_>,
    document: &mut Document,
    place: &Place,
    now: DateTime<Utc>,
) -> Result<(Step, String), Failure> {
    let all = root(document)?;
    let around = place.around(all);
    let kind = removal.kind.as_str();
    let tells = master(all, kind).is_some_and(|event| attendees::server_tells(event, &place.me));
    let and_told = if tells {
        "; the server tells the people who are invited"
    } else {
        ""
    };
    let what = match removal.kind {
        ComponentKind::Event => "event",
        ComponentKind::Todo => "task",
    };
    let message = match reach(all, kind, removal.scope, removal.id, true, &around)? {
        Reach::Whole => return Ok((Step::Delete, format!("the {what} was deleted{and_told}"))),
        Reach::This(id) => {
            series::exclude(all, &id).map_err(|error| series_error(&error))?;
            if series::is_empty(all) {
                return Ok((
                    Step::Delete,
                    format!("the last time of the series was deleted, and with it the {what}"),
                ));
            }
            format!("one time of the series was deleted{and_told}")
        }
        Reach::Following(id) => {
            // What is split off is given up.
            series::split(all, &id, "given-up").map_err(|error| series_error(&error))?;
            format!("that time of the series and the later ones were deleted{and_told}")
        }
    };
    if let Some(master) = master_mut(all, kind) {
        let is_ours = !attendees::is_of_another(master, &place.me);
        stamp(master, now, is_ours);
    }
    Ok((Step::Write, message))
}
