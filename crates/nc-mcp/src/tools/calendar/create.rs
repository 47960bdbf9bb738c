//! New events.

use nc_client::{ComponentKind, new_uid};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::{
    content::{Component, Document, Property},
    ical::{
        recurrence::occurrences,
        zones::{Zone, add_missing},
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::StoredEvent,
    attendees,
    edit::{new_calendar, root, stamp},
    moving::{span, times_of_new, write},
    patch::{Around, DEFAULT_REMINDER, EventPatch},
    place::{Place, calendars, check_takes, now, place_in, subject},
    reminders::Reminder,
    rules::RuleChange,
    stored::ToldTimes,
    times::{Given, zone_argument},
    view::master,
};
use crate::{context::Context, errors::OrFail};

#[derive(Deserialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "arguments that are yes or no each")]
pub(crate) struct CreateEvent {
    /// The calendar.
    calendar_name: String,
    /// Title.
    #[schemars(length(min = 1, max = 1000))]
    title: String,
    /// Start: 2026-11-24T10:00:00 in the zone of `timezone` or the calendar, the same with an offset such as +01:00, or a
    /// day such as 2026-11-24 for an all-day event.
    start_datetime: String,
    /// End in the same form. Of all-day events the day after the last. An hour, or a day, after the start if not given.
    #[serde(default)]
    end_datetime: String,
    /// Whether the event has days and no times.
    #[serde(default)]
    all_day: bool,
    /// Description.
    #[serde(default)]
    description: String,
    /// Place.
    #[serde(default)]
    location: String,
    /// Categories, separated by commas.
    #[serde(default)]
    categories: String,
    /// Whether it repeats. Needs `recurrence_rule`.
    recurring: Option<bool>,
    /// How it repeats, as iCalendar writes it, such as FREQ=WEEKLY or FREQ=DAILY.
    #[serde(default)]
    recurrence_rule: String,
    /// Last day of the series, or its last time.
    #[serde(default)]
    recurrence_end_date: String,
    /// Reminder so many minutes before the start. 0 for none. Not used with `reminders`.
    #[serde(default = "default_reminder")]
    reminder_minutes: i64,
    /// Whether to send that reminder by mail too.
    #[serde(default)]
    reminder_email: bool,
    /// CONFIRMED, TENTATIVE or CANCELLED.
    #[serde(default = "confirmed")]
    status: String,
    /// 1 is highest, 9 lowest, 0 none.
    #[serde(default = "five")]
    priority: i64,
    /// PUBLIC, PRIVATE or CONFIDENTIAL.
    #[serde(default = "public")]
    privacy: String,
    /// Mail addresses of people to invite, separated by commas.
    #[serde(default)]
    attendees: String,
    /// Address of a page about the event.
    #[serde(default)]
    url: String,
    /// Colour, by its CSS name such as tomato.
    #[serde(default)]
    color: String,
    /// IANA zone of the times, such as Europe/Berlin. The calendar's zone if not given.
    #[serde(default)]
    timezone: String,
    /// All reminders, instead of `reminder_minutes`.
    reminders: Option<Vec<Reminder>>,
    /// Whether `attendees` get invitations.
    #[serde(default)]
    send_invitations: bool,
    /// Whether the time counts as free, so that nobody takes the person for busy.
    #[serde(default)]
    transparent: bool,
}

const fn default_reminder() -> i64 {
    DEFAULT_REMINDER
}

fn confirmed() -> String {
    "CONFIRMED".to_owned()
}

const fn five() -> i64 {
    5
}

fn public() -> String {
    "PUBLIC".to_owned()
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateMeeting {
    /// Title.
    #[schemars(length(min = 1, max = 1000))]
    title: String,
    /// Day, such as 2026-11-24.
    date: String,
    /// Time, such as 10:00.
    time: String,
    /// How long it lasts, in minutes.
    #[serde(default = "sixty")]
    #[schemars(range(min = 1, max = 20160))]
    duration_minutes: u32,
    /// The calendar.
    #[serde(default = "personal")]
    calendar_name: String,
    /// Mail addresses of people to invite, separated by commas.
    #[serde(default)]
    attendees: String,
    /// Place.
    #[serde(default)]
    location: String,
    /// Description.
    #[serde(default)]
    description: String,
    /// Reminder so many minutes before the start. 0 for none.
    #[serde(default = "default_reminder")]
    reminder_minutes: i64,
    /// IANA zone of the time, such as Europe/Berlin. The calendar's zone if not given.
    #[serde(default)]
    timezone: String,
    /// Whether `attendees` get invitations.
    #[serde(default)]
    send_invitations: bool,
}

const fn sixty() -> u32 {
    60
}

fn personal() -> String {
    "personal".to_owned()
}

/// What a new event is made of.
struct NewEvent {
    patch: EventPatch,
    start: Given,
    end: Option<Given>,
    all_day: bool,
    zone: Option<Zone>,
    attendees: Vec<attendees::Invited>,
    send: bool,
    transparent: bool,
}

pub(crate) async fn create(context: Context, arguments: CreateEvent) -> Result<StoredEvent, Failure> {
    let rule = RuleChange::of(
        arguments.recurring,
        &arguments.recurrence_rule,
        &arguments.recurrence_end_date,
    )?;
    if matches!(rule, Some(RuleChange::Until(_))) {
        return Err(ToolError::invalid_argument("`recurrence_end_date` needs `recurrence_rule`").into());
    }
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let with_list = arguments.reminders.is_some();
    let patch = EventPatch {
        title: Some(arguments.title),
        description: given(arguments.description),
        location: given(arguments.location),
        categories: given(arguments.categories),
        url: given(arguments.url),
        color: given(arguments.color),
        status: given(arguments.status),
        priority: Some(arguments.priority),
        privacy: given(arguments.privacy),
        rule: rule.filter(|rule| !matches!(rule, RuleChange::Remove)),
        reminders: arguments.reminders,
        reminder_minutes: Some(arguments.reminder_minutes),
        reminder_email: Some(arguments.reminder_email && !with_list && arguments.reminder_minutes > 0),
        ..EventPatch::default()
    };
    let end = match arguments.end_datetime.trim() {
        "" => None,
        end => Some(Given::read("end_datetime", end)?),
    };
    let new = NewEvent {
        patch,
        start: Given::read("start_datetime", &arguments.start_datetime)?,
        end,
        all_day: arguments.all_day,
        zone: zone_argument(&arguments.timezone)?,
        attendees: attendees::read(&arguments.attendees)?,
        send: arguments.send_invitations,
        transparent: arguments.transparent,
    };
    store(&context, &arguments.calendar_name, new).await
}

pub(crate) async fn meeting(context: Context, arguments: CreateMeeting) -> Result<StoredEvent, Failure> {
    let text = format!("{}T{}", arguments.date.trim(), arguments.time.trim());
    let start = Given::read("time", &text).map_err(|_| {
        ToolError::invalid_argument(
            "give `date` as a day such as 2026-11-24 and `time` as a time of 24 hours such as 10:00",
        )
    })?;
    let length = chrono::TimeDelta::minutes(i64::from(arguments.duration_minutes));
    let end = match start {
        Given::Local(local) => local.checked_add_signed(length).map(Given::Local),
        Given::At(time) => time.checked_add_signed(length).map(Given::At),
        Given::Date(_) => None,
    };
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let new = NewEvent {
        patch: EventPatch {
            title: Some(arguments.title),
            description: given(arguments.description),
            location: given(arguments.location),
            status: Some(confirmed()),
            reminder_minutes: Some(arguments.reminder_minutes),
            ..EventPatch::default()
        },
        start,
        end,
        all_day: false,
        zone: zone_argument(&arguments.timezone)?,
        attendees: attendees::read(&arguments.attendees)?,
        send: arguments.send_invitations,
        transparent: false,
    };
    store(&context, &arguments.calendar_name, new).await
}

async fn store(context: &Context, calendar: &str, new: NewEvent) -> Result<StoredEvent, Failure> {
    let (known, me) = calendars(context).await?;
    let place = place_in(known.clone(), me, calendar)?;
    check_takes(&place.calendar, ComponentKind::Event, &known)?;
    let uid = new_uid();
    let (mut all, message) = build(context, &place, &new, &uid)?;
    add_missing(&mut all);
    let document = Document::of(all);
    let subject = subject(ComponentKind::Event, new.patch.title.as_deref().unwrap_or(&uid));
    let stored = context
        .client
        .calendars()
        .create(&place.calendar, ComponentKind::Event, &document, &subject)
        .await
        .or_fail()?;
    let mut now_there = stored.changed.unwrap_or(document);
    let sent = new.send && !new.attendees.is_empty();
    let mut answer = stored_event(&place, root(&mut now_there)?, &stored.path, &stored.etag, stored.status);
    answer.invitations_sent = sent;
    answer.message = message;
    Ok(answer)
}

fn build(
    context: &Context,
    place: &Place,
    new: &NewEvent,
    uid: &str,
) -> Result<(Component, Option<String>), ToolError> {
    let mut all = new_calendar();
    let around = place.around(&all);
    let is_series = new.patch.rule.is_some();
    let (start, end) = times_of_new(new.start, new.end, new.all_day, new.zone.as_ref(), is_series, &around)?;
    let mut event = Component::new("VEVENT");
    event.add(Property::new("UID", uid));
    write(&mut event, "DTSTART", &start);
    write(&mut event, "DTEND", &end);
    if new.transparent {
        event.add(Property::new("TRANSP", "TRANSPARENT"));
    }
    let mut holder = all.clone();
    holder.add_component(event.clone());
    let around = place.around(&holder);
    new.patch.apply(&mut event, &around)?;
    let mut message = None;
    if !new.attendees.is_empty() {
        attendees::set(&mut event, &new.attendees, new.send, &place.me)?;
        if !new.send {
            message = Some(
                "nobody was told: the people are noted in the event only; set `send_invitations` to send invitations"
                    .to_owned(),
            );
        }
    }
    let now = now(context);
    stamp(&mut event, now, false);
    event.set(Property::new("CREATED", now.format("%Y%m%dT%H%M%SZ").to_string()));
    all.add_component(event);
    check_series(&all, "VEVENT", &around)?;
    Ok((all, message))
}

/// Refuses a series without any time: it would be stored and never be seen.
pub(crate) fn check_series(all: &Component, kind: &str, around: &Around) -> Result<(), ToolError> {
    let begins = master(all, kind).and_then(|event| span(event, "DTEND"));
    let Some((start, _)) = begins else { return Ok(()) };
    let from = around.zones.instant(&start, around.floating());
    let range = from - chrono::TimeDelta::days(1)..from + chrono::TimeDelta::days(36_525);
    match occurrences(all, kind, range, around.floating(), 1) {
        Ok(times) if times.list.is_empty() => Err(ToolError::invalid_argument("the series would have no time at all")),
        Ok(_) => Ok(()),
        Err(error) => Err(ToolError::invalid_argument(format!("the series cannot be: {error}"))),
    }
}

/// What was stored, as the server has it.
fn stored_event(
    place: &Place,
    all: &Component,
    path: &nc_proto::dav::DavPath,
    etag: &nc_client::ETag,
    status: u16,
) -> StoredEvent {
    let around = place.around(all);
    let event = master(all, "VEVENT");
    let times = event.map(|event| ToldTimes::of(event, &around.zones, around.floating()));
    let times = times.unwrap_or_default();
    StoredEvent {
        uid: event.and_then(|event| event.text("UID")).unwrap_or_default(),
        href: path.encode(),
        etag: etag.to_string(),
        status_code: status,
        calendar_name: place.calendar.name.clone(),
        start_datetime: times.start,
        end_datetime: times.end,
        timezone: times.zone,
        start_utc: times.start_utc,
        last_day: times.last_day,
        new_uid: None,
        invitations_sent: false,
        message: None,
    }
}
