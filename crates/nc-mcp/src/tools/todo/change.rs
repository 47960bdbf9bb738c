//! Changing a task in place.

use nc_client::ComponentKind;
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::ical::{When, series, zones::add_missing};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::StoredTodo,
    create::check_anchor,
    due::{DueChange, due_of},
    state::{StateChange, status},
};
use crate::{
    context::Context,
    tools::calendar::{
        edit::{Step, Target, edit, no_component, root, stamp},
        patch::{priority, set_categories, set_raw, set_text},
        place::{etag_argument, now, place},
        reach::{Reach, RecurrenceScope, reach},
        reminders::{self, Reminder},
        rules::{self, RuleChange},
        times::{tell, zone_argument},
        view::{is_series, master_mut},
    },
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateTodo {
    /// The calendar.
    calendar_name: String,
    /// Uid from a list.
    todo_uid: String,
    /// New title.
    summary: Option<String>,
    /// New description. Empty takes it away.
    description: Option<String>,
    /// NEEDS-ACTION, IN-PROCESS, COMPLETED or CANCELLED.
    status: Option<String>,
    /// 1 is highest, 9 lowest, 0 none.
    priority: Option<i64>,
    /// How much of it is done, 0 to 100.
    percent_complete: Option<i64>,
    /// When it is due: a day or a time. Empty takes it away.
    due: Option<String>,
    /// When it starts, in the same form as `due`. Empty takes it away.
    dtstart: Option<String>,
    /// When it was completed, with an offset such as 2026-11-24T10:00:00+01:00.
    completed: Option<String>,
    /// All categories, separated by commas. Empty takes them away.
    categories: Option<String>,
    /// All reminders, in place of the old ones. As in `nc_calendar_create_event`.
    #[schemars(with = "Option<Vec<serde_json::Map<String, serde_json::Value>>>")]
    reminders: Option<Vec<Reminder>>,
    /// Etag of the last read. Conflict if it changed since.
    #[serde(default)]
    etag: String,
    /// IANA zone of times without an offset. The task's own zone, or the calendar's, if not given.
    #[serde(default)]
    timezone: String,
    /// New rule of the series, such as FREQ=WEEKLY. Empty makes it happen once.
    recurrence_rule: Option<String>,
    /// Of a series: this changes the one time in `recurrence_id`, all the series.
    recurrence_scope: Option<RecurrenceScope>,
    /// Which time of a series, such as its due time or start.
    #[serde(default)]
    recurrence_id: String,
}

pub(crate) async fn update(context: Context, arguments: UpdateTodo) -> Result<StoredTodo, Failure> {
    let etag = etag_argument(&arguments.etag)?;
    if arguments.summary.as_deref().is_some_and(|text| text.trim().is_empty()) {
        return Err(ToolError::invalid_argument("argument `summary` must not be empty").into());
    }
    let state = StateChange {
        status: arguments.status.clone(),
        percent: arguments.percent_complete,
        completed: arguments.completed.clone(),
    };
    let due = DueChange {
        due: arguments.due.clone(),
        start: arguments.dtstart.clone(),
        zone: zone_argument(&arguments.timezone)?,
    };
    let rule = match arguments.recurrence_rule.as_deref().map(str::trim) {
        None => None,
        Some("") => Some(RuleChange::Remove),
        Some(rule) => RuleChange::of(None, rule, "")?,
    };
    let has_texts = [&arguments.summary, &arguments.description, &arguments.categories]
        .iter()
        .any(|text| text.is_some());
    let is_empty = state.is_empty() && due.is_empty() && rule.is_none() && !has_texts;
    if is_empty && arguments.priority.is_none() && arguments.reminders.is_none() {
        return Err(ToolError::invalid_argument("give at least one thing to change").into());
    }
    if arguments.recurrence_scope == Some(RecurrenceScope::Following) {
        return Err(ToolError::invalid_argument(
            "tasks are changed by `recurrence_scope` this or all; end the series and create a new task for the rest",
        )
        .into());
    }
    let place = place(&context, &arguments.calendar_name).await?;
    let target = Target {
        place: &place,
        kind: ComponentKind::Todo,
        uid: &arguments.todo_uid,
        etag,
    };
    let now = now(&context);
    let changes_times = !due.is_empty() || rule.is_some();
    let (edited, told) = edit(&context, &target, |object| {
        let before = object.document.to_bytes();
        let all = root(&mut object.document)?;
        let around = place.around(all);
        let is_series = is_series(all);
        // Who completes a series of tasks or moves it must say how much of it.
        let must_say = is_series && arguments.recurrence_id.trim().is_empty() && (changes_times || !state.is_empty());
        let reach = reach(
            all,
            "VTODO",
            arguments.recurrence_scope,
            &arguments.recurrence_id,
            must_say,
            &around,
        )?;
        let todo = match &reach {
            Reach::This(id) => {
                if rule.is_some() {
                    return Err(ToolError::invalid_argument("one time of a series has no rule of its own").into());
                }
                series::one_mut(all, id).map_err(|error| ToolError::new("series", error.to_string()))?
            }
            _ => master_mut(all, "VTODO").ok_or_else(no_component)?,
        };
        let unchanged = todo.clone();
        due.apply(todo, &around)?;
        if let Some(rule) = &rule {
            rules::of_todo(rule, todo, &around)?;
        }
        set_text(todo, "SUMMARY", arguments.summary.as_deref());
        set_text(todo, "DESCRIPTION", arguments.description.as_deref());
        set_raw(todo, "PRIORITY", priority(arguments.priority)?.as_deref());
        set_categories(todo, arguments.categories.as_deref());
        state.apply(todo, now, around.calendar.as_ref())?;
        if let Some(wanted) = &arguments.reminders {
            check_anchor(todo, wanted)?;
            let title = todo.text("SUMMARY").unwrap_or_default();
            reminders::replace(todo, wanted, &title, place.me.email())?;
        }
        if *todo != unchanged {
            stamp(todo, now, changes_times);
        }
        let tell = |when: Option<When>| when.map(|when| tell(&when, &around.zones, around.floating()).local);
        let start = todo.property("DTSTART").and_then(|start| When::of(start).ok());
        let told = (status(todo), tell(due_of(todo)), tell(start));
        let all = root(&mut object.document)?;
        if changes_times {
            add_missing(all);
        }
        let step = if object.document.to_bytes() == before {
            Step::Leave
        } else {
            Step::Write
        };
        Ok((step, told))
    })
    .await?;
    let (status, due, dtstart) = told;
    Ok(StoredTodo {
        success: true,
        timestamp: context.timestamp(),
        uid: arguments.todo_uid.clone(),
        calendar_name: place.calendar.name.clone(),
        href: edited.path.encode(),
        etag: edited.etag.to_string(),
        status,
        due,
        dtstart,
        message: (edited.status == 200).then(|| "nothing was different, so nothing was written".to_owned()),
    })
}
