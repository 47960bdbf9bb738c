//! What the tools of tasks answer.

use schemars::JsonSchema;
use serde::Serialize;

use crate::tools::calendar::{answers::CalendarError, reminders::ToldReminder};

/// A task.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Todo {
    pub(crate) uid: String,
    pub(crate) summary: String,
    pub(crate) description: String,
    /// NEEDS-ACTION, IN-PROCESS, COMPLETED or CANCELLED.
    pub(crate) status: String,
    /// 1 is highest, 9 lowest, 0 none.
    pub(crate) priority: i64,
    pub(crate) percent_complete: i64,
    /// A day, or a time on the task's own clock with its offset.
    pub(crate) due: Option<String>,
    pub(crate) dtstart: Option<String>,
    /// In UTC.
    pub(crate) completed: Option<String>,
    pub(crate) categories: String,
    pub(crate) recurring: bool,
    pub(crate) recurrence_rule: String,
    pub(crate) reminders: Vec<ToldReminder>,
    /// Of a series: times that are due and open.
    pub(crate) pending_count: Option<usize>,
    pub(crate) oldest_pending_dtstart: Option<String>,
    pub(crate) oldest_pending_due: Option<String>,
    /// Of a series: the next open time, due or not.
    pub(crate) current_dtstart: Option<String>,
    pub(crate) current_due: Option<String>,
    /// Uid of the task that this one is a part of.
    pub(crate) parent_uid: Option<String>,
    pub(crate) href: String,
    /// Needed to change the task only if it is unchanged since this read.
    pub(crate) etag: String,
    pub(crate) calendar_name: Option<String>,
    pub(crate) calendar_display_name: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct TodoList {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    /// Open ones first, then by due time and priority.
    pub(crate) todos: Vec<Todo>,
    /// The calendar that was asked for. Null for all.
    pub(crate) calendar_name: Option<String>,
    /// How many were found, also beyond the limit.
    pub(crate) total_count: usize,
    pub(crate) truncated: bool,
    /// The offset that shows the rest.
    pub(crate) next_offset: Option<usize>,
    /// What could not be read. Where it is not empty, tasks may be missing.
    pub(crate) errors: Vec<CalendarError>,
}

/// A new task.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NewTodo {
    pub(crate) uid: String,
    pub(crate) href: String,
    pub(crate) etag: String,
    pub(crate) status_code: u16,
    pub(crate) calendar_name: String,
    /// As it is stored.
    pub(crate) due: Option<String>,
    pub(crate) dtstart: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct StoredTodo {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) uid: String,
    pub(crate) calendar_name: String,
    pub(crate) href: String,
    pub(crate) etag: String,
    pub(crate) status: String,
    /// As it is stored.
    pub(crate) due: Option<String>,
    pub(crate) dtstart: Option<String>,
    /// What else is to be known.
    pub(crate) message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct CompletedTodo {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) uid: String,
    pub(crate) calendar_name: String,
    pub(crate) status: String,
    pub(crate) percent_complete: i64,
    pub(crate) completed: String,
    pub(crate) href: String,
    pub(crate) etag: String,
    /// Of a series: the time that was completed.
    pub(crate) recurrence_id: Option<String>,
}
