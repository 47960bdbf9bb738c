//! Tasks: six tools over `CalDAV`.

mod answers;
mod change;
mod complete;
mod create;
mod due;
mod list;
mod state;

use nc_auth::{
    Scope::{CalendarRead, TodoRead, TodoWrite},
    ScopeSet,
};
use nc_mcp_kit::Hints;

use super::CALENDAR;
use crate::row::{Row, row};

/// Tasks lie in calendars.
const READ: ScopeSet = ScopeSet::EMPTY.with(TodoRead).with(CalendarRead);
const WRITE: ScopeSet = ScopeSet::EMPTY.with(TodoWrite).with(CalendarRead);

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            CALENDAR,
            READ,
            Hints::READ,
            "nc_calendar_list_todos",
            "List Todo Tasks",
            "Lists the tasks of a calendar, open ones first, by due time and priority. A series is one task that tells how many times are due and which is next. Errors tell what could not be read.",
            list::list,
        ),
        row(
            CALENDAR,
            READ,
            Hints::READ,
            "nc_calendar_search_todos",
            "Search Todo Tasks",
            "Finds tasks in all calendars that take them, open ones first. What could not be read is told in errors: an empty list with errors proves nothing.",
            list::search,
        ),
        row(
            CALENDAR,
            WRITE,
            Hints::ADD,
            "nc_calendar_create_todo",
            "Create Todo Task",
            "Creates a task. Due may be a day or a time. A time without an offset is meant in timezone, or in the calendar's zone. Refused if neither is known.",
            create::create,
        ),
        row(
            CALENDAR,
            WRITE,
            Hints::REPLACE,
            "nc_calendar_update_todo",
            "Update Todo Task",
            "Changes what is named of a task and nothing else. Status COMPLETED or percent_complete 100 completes it, another status opens it again. With etag only if nobody changed it since.",
            change::update,
        ),
        row(
            CALENDAR,
            WRITE,
            Hints::REPLACE.idempotent(),
            "nc_calendar_complete_todo",
            "Complete Todo Task",
            "Completes a task. Of a series it completes one time: that in recurrence_id, otherwise the oldest open one.",
            complete::complete,
        ),
        row(
            CALENDAR,
            WRITE,
            Hints::DELETE,
            "nc_calendar_delete_todo",
            "Delete Todo Task",
            "Deletes a task. Of a series, recurrence_scope says how much and is needed.",
            complete::delete,
        ),
    ]
}
