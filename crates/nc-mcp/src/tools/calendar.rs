//! Calendars and events: eleven tools over `CalDAV`.
//!
//! An event is never written anew: it is read, what is named is changed in it, and it is written back if nobody changed
//! it meanwhile.

pub(super) mod answers;
mod attendees;
mod availability;
mod bulk;
mod change;
pub(super) mod create;
pub(super) mod edit;
mod exceptions;
mod list;
mod manage;
pub(super) mod moving;
pub(super) mod patch;
pub(super) mod place;
pub(super) mod reach;
mod read;
pub(super) mod reminders;
pub(super) mod remove;
pub(super) mod rules;
mod stored;
pub(super) mod times;
pub(super) mod view;

use nc_auth::Scope::{CalendarRead, CalendarWrite};
use nc_mcp_kit::Hints;

use super::CALENDAR;
use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            CALENDAR,
            CalendarRead,
            Hints::READ,
            "nc_calendar_list_calendars",
            "List Calendars",
            "Lists the calendars and task lists, the default one first, then others that can be written to. The other tools take these names.",
            manage::list,
        ),
        row(
            CALENDAR,
            CalendarRead,
            Hints::READ,
            "nc_calendar_list_events",
            "List Calendar Events",
            "Lists the events of a stretch of time by start, each time of a series on its own with its recurrence_id. In one calendar or in all. Times come on the event's own clock and in UTC. What could not be read is told in errors: an empty list with errors proves nothing.",
            list::list,
        ),
        row(
            CALENDAR,
            CalendarRead,
            Hints::READ,
            "nc_calendar_get_event",
            "Get Calendar Event",
            "Reads one event whole by its uid: times, people and their answers, reminders, the rule of a series with what \
             it leaves out and what differs. With recurrence_id one time of a series.",
            read::get,
        ),
        row(
            CALENDAR,
            CalendarRead,
            Hints::READ,
            "nc_calendar_get_upcoming_events",
            "Get Upcoming Events",
            "Lists the events from now on, those that are going on included, by start and without cancelled ones.",
            list::upcoming,
        ),
        row(
            CALENDAR,
            CalendarWrite,
            Hints::ADD,
            "nc_calendar_create_event",
            "Create Calendar Event",
            "Creates an event. A time without an offset is meant in timezone, or in the calendar's zone, and refused if neither is known. Of an all-day event end_datetime is the day after the last. Attendees get invitations only with send_invitations.",
            create::create,
        ),
        row(
            CALENDAR,
            CalendarWrite,
            Hints::ADD,
            "nc_calendar_create_meeting",
            "Create Meeting",
            "Creates an event from a day, a time and a length, in timezone or the calendar's zone. Refused if neither is known. Attendees get invitations only with send_invitations.",
            create::meeting,
        ),
        row(
            CALENDAR,
            CalendarWrite,
            Hints::REPLACE,
            "nc_calendar_manage_calendar",
            "Manage Calendar",
            "Makes, changes or deletes a calendar or task list. Deleting takes all that is in it. Of a calendar that \
             somebody shares, only the share is given up.",
            manage::manage,
        ),
        row(
            CALENDAR,
            CalendarWrite,
            Hints::REPLACE,
            "nc_calendar_update_event",
            "Update Calendar Event",
            "Changes what is named of an event and nothing else. For a series say with recurrence_scope what is meant: needed when times or the rule change, otherwise the whole series, or the one time in recurrence_id. Answer an invitation with reply. With etag only if nobody changed it since. The server tells people whom it invited.",
            change::update,
        ),
        row(
            CALENDAR,
            CalendarWrite,
            Hints::DELETE,
            "nc_calendar_delete_event",
            "Delete Calendar Event",
            "Deletes an event. Of a series, recurrence_scope says how much and is needed. The server tells \
             people who were invited through it.",
            remove::delete,
        ),
        row(
            CALENDAR,
            CalendarRead,
            Hints::READ,
            "nc_calendar_find_availability",
            "Find Availability",
            "Finds times at which you and the people in attendees are free, by your calendars and what the server tells. People of whom it tells nothing stand in attendees_unknown.",
            availability::find,
        ),
        row(
            CALENDAR,
            CalendarWrite,
            Hints::REPLACE,
            "nc_calendar_bulk_operations",
            "Bulk Calendar Operations",
            "Changes, deletes or moves all events that fit the filters, at most 100 at once. Changes nothing unless dry_run is false. Series are left out unless apply_to_series is true, and are then taken whole. Tells what became of each.",
            bulk::bulk,
        ),
    ]
}
