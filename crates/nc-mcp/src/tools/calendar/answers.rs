//! What the tools of calendars answer.

use schemars::JsonSchema;
use serde::Serialize;

use super::{attendees::ToldAttendee, reminders::ToldReminder};

/// A calendar in a list.
#[derive(Serialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "fields of the answer that are yes or no each"
)]
pub(crate) struct ListedCalendar {
    /// What the other tools call it.
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) description: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) href: Option<String>,
    pub(crate) timezone: Option<String>,
    /// Whether its owner wants to see it.
    pub(crate) enabled: bool,
    /// Changes whenever something in it changes.
    pub(crate) ctag: Option<String>,
    pub(crate) read_only: bool,
    /// Address that a subscription comes from.
    pub(crate) source: Option<String>,
    /// Whether what is in it leaves the person free.
    pub(crate) transparent: bool,
    /// own, shared, subscription or birthdays.
    pub(crate) kind: &'static str,
    /// Whose it is, if it is shared by somebody.
    pub(crate) owner: Option<String>,
    /// Whether it is the one that invitations are put into.
    pub(crate) is_default: bool,
    pub(crate) takes_events: bool,
    pub(crate) takes_todos: bool,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct CalendarList {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    /// Those that can be written to first, the default one at the top.
    pub(crate) calendars: Vec<ListedCalendar>,
    pub(crate) total_count: usize,
}

/// One time of an event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct ListedEvent {
    pub(crate) uid: String,
    pub(crate) summary: String,
    /// On the event's own clock, with the offset. A day for all-day events.
    pub(crate) start: String,
    /// The same. Of all-day events the day after the last.
    pub(crate) end: String,
    pub(crate) start_tz: Option<String>,
    pub(crate) end_tz: Option<String>,
    pub(crate) start_utc: Option<String>,
    pub(crate) end_utc: Option<String>,
    /// Last day of an all-day event.
    pub(crate) last_day: Option<String>,
    pub(crate) all_day: bool,
    pub(crate) location: Option<String>,
    pub(crate) description: String,
    pub(crate) description_truncated: bool,
    pub(crate) categories: Vec<String>,
    /// OPAQUE is busy, TRANSPARENT is free.
    pub(crate) transp: String,
    pub(crate) status: String,
    /// Whether it is one time of a series.
    pub(crate) recurring: bool,
    /// Names this time of the series in the other tools.
    pub(crate) recurrence_id: Option<String>,
    /// Your answer, if you are invited.
    pub(crate) my_reply: Option<String>,
    pub(crate) attendees_count: usize,
    pub(crate) calendar_name: String,
    pub(crate) calendar_display_name: String,
    pub(crate) href: String,
    pub(crate) etag: Option<String>,
}

/// A calendar, or something in it, that could not be read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct CalendarError {
    pub(crate) calendar_name: String,
    pub(crate) error: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct EventList {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    /// By start.
    pub(crate) events: Vec<ListedEvent>,
    /// The calendar that was asked for. Null for all.
    pub(crate) calendar_name: Option<String>,
    pub(crate) start_date: String,
    pub(crate) end_date: String,
    /// Zone that days without a time were taken in.
    pub(crate) timezone: String,
    /// How many were found, also beyond the limit.
    pub(crate) total_found: usize,
    pub(crate) truncated: bool,
    /// The `start_date` that shows the rest.
    pub(crate) next_start_date: Option<String>,
    /// What could not be read. Where it is not empty, events may be missing.
    pub(crate) errors: Vec<CalendarError>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct UpcomingEvents {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    /// By start.
    pub(crate) events: Vec<ListedEvent>,
    pub(crate) days_ahead: u32,
    /// The calendar that was asked for. Null for all.
    pub(crate) calendar_name: Option<String>,
    pub(crate) truncated: bool,
    /// What could not be read. Where it is not empty, events may be missing.
    pub(crate) errors: Vec<CalendarError>,
}

/// A time of a series that differs from the others.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChangedOccurrence {
    /// When it would have been.
    pub(crate) recurrence_id: String,
    /// When it is.
    pub(crate) start: String,
    pub(crate) title: String,
    pub(crate) status: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FullEvent {
    pub(crate) uid: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) location: String,
    pub(crate) status: String,
    /// OPAQUE is busy, TRANSPARENT is free.
    pub(crate) transp: String,
    /// 1 is highest, 9 lowest, 0 none.
    pub(crate) priority: i64,
    pub(crate) privacy: String,
    pub(crate) url: String,
    pub(crate) color: Option<String>,
    /// On the event's own clock, with the offset. A day for all-day events.
    pub(crate) start_datetime: String,
    /// The same. Of all-day events the day after the last.
    pub(crate) end_datetime: String,
    pub(crate) timezone: Option<String>,
    pub(crate) start_utc: Option<String>,
    pub(crate) end_utc: Option<String>,
    /// Last day of an all-day event.
    pub(crate) last_day: Option<String>,
    pub(crate) all_day: bool,
    pub(crate) categories: String,
    pub(crate) attendees: String,
    pub(crate) attendee_details: Vec<ToldAttendee>,
    pub(crate) organizer: Option<String>,
    /// Your answer, if you are invited.
    pub(crate) my_reply: Option<String>,
    pub(crate) reminders: Vec<ToldReminder>,
    pub(crate) recurring: bool,
    pub(crate) recurrence_rule: Option<String>,
    /// Of one time of a series: when it would have been.
    pub(crate) recurrence_id: Option<String>,
    /// Times that the series leaves out.
    pub(crate) excluded: Vec<String>,
    /// Times that the series has besides its rule.
    pub(crate) added: Vec<String>,
    pub(crate) changed_occurrences: Vec<ChangedOccurrence>,
    pub(crate) sequence: i64,
    pub(crate) calendar_name: String,
    pub(crate) calendar_display_name: String,
    pub(crate) read_only: bool,
    pub(crate) href: String,
    /// Needed to change the event only if it is unchanged since this read.
    pub(crate) etag: String,
}

/// What was stored of an event.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StoredEvent {
    pub(crate) uid: String,
    pub(crate) href: String,
    pub(crate) etag: String,
    /// 201 for a new event, 204 for a change, 200 where there was nothing to change.
    pub(crate) status_code: u16,
    pub(crate) calendar_name: String,
    /// As it is stored, on its own clock.
    pub(crate) start_datetime: Option<String>,
    /// The same. Of all-day events the day after the last.
    pub(crate) end_datetime: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) start_utc: Option<String>,
    /// Last day of an all-day event.
    pub(crate) last_day: Option<String>,
    /// The new series, where one was cut in two.
    pub(crate) new_uid: Option<String>,
    /// Whether the server sends invitations or news of the change.
    pub(crate) invitations_sent: bool,
    /// What else is to be known.
    pub(crate) message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the catalogue")]
pub(crate) struct Deleted {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) status_code: Option<u16>,
    pub(crate) message: Option<String>,
    pub(crate) deleted_uid: String,
    pub(crate) calendar_name: String,
}

#[derive(Serialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "fields of the answer that are yes or no each"
)]
pub(crate) struct ManagedCalendar {
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) description: String,
    pub(crate) color: String,
    pub(crate) href: String,
    pub(crate) read_only: bool,
    pub(crate) source: Option<String>,
    pub(crate) transparent: bool,
    pub(crate) takes_events: bool,
    pub(crate) takes_todos: bool,
    pub(crate) message: String,
}

/// A time at which everybody is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Slot {
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) duration_minutes: u32,
    pub(crate) date: String,
}

/// Somebody of whom nothing is known.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UnknownAttendee {
    pub(crate) email: String,
    pub(crate) reason: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Availability {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) available_slots: Vec<Slot>,
    pub(crate) duration_requested: u32,
    pub(crate) date_range_start: String,
    pub(crate) date_range_end: String,
    /// Those whose busy times were looked at.
    pub(crate) attendees_checked: Vec<String>,
    /// Those of whom nothing is known: slots may not suit them.
    pub(crate) attendees_unknown: Vec<UnknownAttendee>,
    pub(crate) business_hours_only: bool,
    /// Zone of the slots and of working hours.
    pub(crate) timezone: String,
    pub(crate) truncated: bool,
    /// Calendars that could not be read.
    pub(crate) errors: Vec<CalendarError>,
}

/// What became of one event of many.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BulkResult {
    pub(crate) uid: String,
    /// `would_update`, `would_delete`, `would_move`, updated, deleted, moved, skipped or failed.
    pub(crate) status: &'static str,
    pub(crate) title: String,
    pub(crate) calendar_name: String,
    pub(crate) start: String,
    /// Why it was skipped or failed.
    pub(crate) reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct BulkOutcome {
    pub(crate) operation: String,
    /// Whether nothing was changed, only shown.
    pub(crate) dry_run: bool,
    pub(crate) total_found: usize,
    pub(crate) updated_count: usize,
    pub(crate) deleted_count: usize,
    pub(crate) moved_count: usize,
    pub(crate) failed_count: usize,
    pub(crate) skipped_count: usize,
    pub(crate) results: Vec<BulkResult>,
    pub(crate) message: String,
    /// What could not be read.
    pub(crate) errors: Vec<CalendarError>,
}
