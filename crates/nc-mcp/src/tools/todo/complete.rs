//! Completing and deleting a task.

use nc_client::ComponentKind;
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::ical::series;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::CompletedTodo,
    list::open_times,
    state::{complete as complete_todo, completed, instant, percent, status},
};
use crate::{
    context::Context,
    tools::calendar::{
        answers::Deleted,
        edit::{Step, Target, edit, no_component, root, stamp},
        place::{etag_argument, now, place},
        reach::{self, RecurrenceScope},
        remove::{Removal, remove},
        times::{tell, utc},
        view::{is_series, master_mut},
    },
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct CompleteTodo {
    /// The calendar.
    calendar_name: String,
    /// Uid from a list.
    todo_uid: String,
    /// When it was completed, with an offset such as 2026-11-24T10:00:00+01:00. Now if not given.
    completed: Option<String>,
    /// Etag of the last read. Conflict if it changed since.
    #[serde(default)]
    etag: String,
    /// Which time of a series. The oldest open one if not given.
    #[serde(default)]
    recurrence_id: String,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteTodo {
    /// The calendar.
    calendar_name: String,
    /// Uid from a list.
    todo_uid: String,
    /// Needed for a series: this is the time in `recurrence_id`, following also the later
    /// ones, all the series.
    recurrence_scope: Option<RecurrenceScope>,
    /// Which time of a series.
    #[serde(default)]
    recurrence_id: String,
    /// Etag of the last read. Conflict if it changed since.
    #[serde(default)]
    etag: String,
}

pub(crate) async fn complete(context: Context, arguments: CompleteTodo) -> Result<CompletedTodo, Failure> {
    let place = place(&context, &arguments.calendar_name).await?;
    let now = now(&context);
    let at = match arguments.completed.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(text) => Some(instant("completed", text, place.zone.as_ref())?),
    };
    let target = Target {
        place: &place,
        kind: ComponentKind::Todo,
        uid: &arguments.todo_uid,
        etag: etag_argument(&arguments.etag)?,
    };
    let (edited, told) = edit(&context, &target, |object| {
        let all = root(&mut object.document)?;
        let around = place.around(all);
        let mut recurrence_id = None;
        let todo = if is_series(all) {
            let id = if arguments.recurrence_id.trim().is_empty() {
                let open = open_times(all, around.floating(), now).map_err(|why| ToolError::new("unreadable", why))?;
                let next = open
                    .current
                    .ok_or_else(|| ToolError::new("already_completed", "no time of the series is open any more"))?;
                next.id
            } else {
                reach::find(all, "VTODO", &arguments.recurrence_id, &around)?
            };
            recurrence_id = Some(tell(&id, &around.zones, around.floating()).local);
            series::one_mut(all, &id).map_err(|error| ToolError::new("series", error.to_string()))?
        } else if arguments.recurrence_id.trim().is_empty() {
            master_mut(all, "VTODO").ok_or_else(no_component)?
        } else {
            return Err(ToolError::invalid_argument("`recurrence_id` was given, but the task does not repeat").into());
        };
        // Completing again changes nothing, unless another time is given.
        let is_done = status(todo) == "COMPLETED" && percent(todo) == 100 && completed(todo).is_some();
        let is_same = at.is_none_or(|at| completed(todo).as_deref() == Some(utc(at).as_str()));
        let step = if is_done && is_same {
            Step::Leave
        } else {
            complete_todo(todo, at.unwrap_or(now));
            stamp(todo, now, false);
            Step::Write
        };
        Ok((step, (completed(todo).unwrap_or_default(), recurrence_id)))
    })
    .await?;
    let (completed, recurrence_id) = told;
    Ok(CompletedTodo {
        success: true,
        timestamp: context.timestamp(),
        uid: arguments.todo_uid.clone(),
        calendar_name: place.calendar.name.clone(),
        status: "COMPLETED".to_owned(),
        percent_complete: 100,
        completed,
        href: edited.path.encode(),
        etag: edited.etag.to_string(),
        recurrence_id,
    })
}

pub(crate) async fn delete(context: Context, arguments: DeleteTodo) -> Result<Deleted, Failure> {
    let place = place(&context, &arguments.calendar_name).await?;
    let removal = Removal {
        kind: ComponentKind::Todo,
        scope: arguments.recurrence_scope,
        id: &arguments.recurrence_id,
    };
    remove(&context, &place, &arguments.todo_uid, &arguments.etag, &removal).await
}
