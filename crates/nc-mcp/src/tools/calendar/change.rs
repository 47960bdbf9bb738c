//! Changing an event: what the change reaches, and what becomes of the times of a series that differ.

use chrono::{DateTime, Utc};
use nc_client::{ComponentKind, new_uid};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::{
    content::{Component, Document},
    ical::{series, zones::add_missing},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::StoredEvent,
    attendees::{self, Invitations, Invited, Reply},
    create::check_series,
    edit::{Step, Target, edit, no_component, root, stamp},
    exceptions::{self, OverrideAction},
    moving::TimePatch,
    patch::{Around, EventPatch},
    place::{Place, etag_argument, now, place},
    reach::{Reach, RecurrenceScope, reach},
    reminders::Reminder,
    rules::RuleChange,
    stored::ToldTimes,
    times::{Given, zone_argument},
    view::{is_series, master_mut},
};
use crate::context::Context;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateEvent {
    /// The calendar.
    calendar_name: String,
    /// Uid from a list.
    event_uid: String,
    /// New title.
    title: Option<String>,
    /// New start. Alone it moves the event, which lasts as long as before. Without an offset it is meant in the event's own
    /// zone.
    start_datetime: Option<String>,
    /// New end. Of all-day events the day after the last.
    end_datetime: Option<String>,
    /// Whether the event has days and no times.
    all_day: Option<bool>,
    /// New description. Empty takes it away.
    description: Option<String>,
    /// New place. Empty takes it away.
    location: Option<String>,
    /// All categories, separated by commas. Empty takes them away.
    categories: Option<String>,
    /// False makes a series happen once. True needs `recurrence_rule`.
    recurring: Option<bool>,
    /// New rule of the series, such as FREQ=WEEKLY.
    recurrence_rule: Option<String>,
    /// New last day of the series, or its last time.
    recurrence_end_date: Option<String>,
    /// Sets the one reminder that is shown to so many minutes before. 0 takes it away.
    reminder_minutes: Option<i64>,
    /// Adds or takes away the reminder by mail.
    reminder_email: Option<bool>,
    /// CONFIRMED, TENTATIVE or CANCELLED.
    status: Option<String>,
    /// 1 is highest, 9 lowest, 0 none.
    priority: Option<i64>,
    /// PUBLIC, PRIVATE or CONFIDENTIAL.
    privacy: Option<String>,
    /// Mail addresses of all people to invite, separated by commas. Who stays keeps the answer given.
    attendees: Option<String>,
    /// Address of a page about the event. Empty takes it away.
    url: Option<String>,
    /// Colour, by its CSS name such as tomato. Empty takes it away.
    color: Option<String>,
    /// IANA zone of the times given here. Alone it tells the same moments on that zone's clock.
    timezone: Option<String>,
    /// All reminders, in place of the old ones. As in `nc_calendar_create_event`.
    #[schemars(with = "Option<Vec<serde_json::Map<String, serde_json::Value>>>")]
    reminders: Option<Vec<Reminder>>,
    /// Etag of the last read. Conflict if it changed since.
    #[serde(default)]
    etag: String,
    /// Of a series: this is the time in `recurrence_id`, following also the later ones, all the series.
    recurrence_scope: Option<RecurrenceScope>,
    /// Which time of a series, as `nc_calendar_list_events` names it.
    #[serde(default)]
    recurrence_id: String,
    /// When a whole series moves: what was left out or changed in it moves too (shift), is
    /// forgotten (drop) or stays (keep).
    overrides: Option<OverrideAction>,
    /// Whether people who are added are sent invitations, not only noted.
    send_invitations: Option<bool>,
    /// Your answer to an invitation. The server tells the organiser.
    reply: Option<Reply>,
}

/// What is to change of an event.
struct Change {
    patch: EventPatch,
    has_patch: bool,
    attendees: Option<Vec<Invited>>,
    send: Option<bool>,
    reply: Option<Reply>,
    scope: Option<RecurrenceScope>,
    id: String,
    overrides: Option<OverrideAction>,
}

/// What a change did, beside what is stored.
#[derive(Debug, Default)]
struct Told {
    times: ToldTimes,
    new_uid: Option<String>,
    notes: Vec<String>,
    invitations: Option<Invitations>,
    server_tells: bool,
}

pub(crate) async fn update(context: Context, arguments: UpdateEvent) -> Result<StoredEvent, Failure> {
    let etag = etag_argument(&arguments.etag)?;
    let (calendar_name, uid) = (arguments.calendar_name.clone(), arguments.event_uid.clone());
    let change = Change::of(arguments)?;
    let place = place(&context, &calendar_name).await?;
    let target = Target {
        place: &place,
        kind: ComponentKind::Event,
        uid: &uid,
        etag,
    };
    let (now, rest_uid) = (now(&context), new_uid());
    let (edited, told) = edit(&context, &target, |object| {
        apply(&change, &mut object.document, &place, now, &rest_uid)
    })
    .await?;
    let mut notes = told.notes;
    if edited.status == 200 {
        notes.push("nothing was different, so nothing was written".to_owned());
    }
    let is_added = |invitations: &Invitations| !invitations.added.is_empty() || !invitations.removed.is_empty();
    let people = told.invitations.filter(is_added);
    if let Some(people) = &people
        && !people.added.is_empty()
        && !people.is_sent
    {
        notes.push("the people who were added are not told; set `send_invitations` to send invitations".to_owned());
    }
    Ok(StoredEvent {
        uid,
        href: edited.path.encode(),
        etag: edited.etag.to_string(),
        status_code: edited.status,
        calendar_name: place.calendar.name.clone(),
        start_datetime: told.times.start,
        end_datetime: told.times.end,
        timezone: told.times.zone,
        start_utc: told.times.start_utc,
        last_day: told.times.last_day,
        new_uid: told.new_uid,
        invitations_sent: told.server_tells && edited.status != 200,
        message: (!notes.is_empty()).then(|| notes.join("; ")),
    })
}

impl Change {
    fn of(arguments: UpdateEvent) -> Result<Self, ToolError> {
        let given = |name: &str, text: Option<&String>| match text.map(|text| text.trim()) {
            None | Some("") => Ok(None),
            Some(text) => Given::read(name, text).map(Some),
        };
        let times = TimePatch {
            start: given("start_datetime", arguments.start_datetime.as_ref())?,
            end: given("end_datetime", arguments.end_datetime.as_ref())?,
            all_day: arguments.all_day,
            zone: zone_argument(arguments.timezone.as_deref().unwrap_or_default())?,
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let rule = RuleChange::of(
            arguments
                .recurring
                .filter(|recurring| !recurring || arguments.recurrence_rule.is_some()),
            &text(&arguments.recurrence_rule),
            &text(&arguments.recurrence_end_date),
        )?;
        if arguments.title.as_deref().is_some_and(|title| title.trim().is_empty()) {
            return Err(ToolError::invalid_argument("argument `title` must not be empty"));
        }
        let has_texts = [
            &arguments.title,
            &arguments.description,
            &arguments.location,
            &arguments.categories,
            &arguments.url,
            &arguments.color,
            &arguments.status,
            &arguments.privacy,
        ]
        .iter()
        .any(|text| text.is_some());
        let has_others = arguments.priority.is_some()
            || arguments.reminders.is_some()
            || arguments.reminder_minutes.is_some()
            || arguments.reminder_email.is_some();
        let has_patch = has_texts || has_others || rule.is_some() || !times.is_empty();
        if !has_patch
            && arguments.attendees.is_none()
            && arguments.reply.is_none()
            && arguments.send_invitations.is_none()
        {
            return Err(ToolError::invalid_argument("give at least one thing to change"));
        }
        Ok(Self {
            has_patch,
            patch: EventPatch {
                title: arguments.title,
                description: arguments.description,
                location: arguments.location,
                categories: arguments.categories,
                url: arguments.url,
                color: arguments.color,
                status: arguments.status,
                priority: arguments.priority,
                privacy: arguments.privacy,
                times,
                rule,
                reminders: arguments.reminders,
                reminder_minutes: arguments.reminder_minutes,
                reminder_email: arguments.reminder_email,
            },
            attendees: arguments.attendees.as_deref().map(attendees::read).transpose()?,
            send: arguments.send_invitations,
            reply: arguments.reply,
            scope: arguments.recurrence_scope,
            id: arguments.recurrence_id,
            overrides: arguments.overrides,
        })
    }

    /// Changes one component. Gives whether everybody who is invited has to know.
    fn apply_to(&self, event: &mut Component, place: &Place, told: &mut Told) -> Result<bool, ToolError> {
        let mut is_news = false;
        if let Some(wanted) = &self.attendees {
            let people = attendees::set(event, wanted, self.send.unwrap_or(false), &place.me)?;
            is_news |= !people.added.is_empty() || !people.removed.is_empty();
            told.invitations = Some(people);
        } else if let Some(true) = self.send {
            let all = attendees::told(event, None);
            let wanted: Vec<Invited> = all
                .into_iter()
                .map(|one| Invited {
                    name: one.name,
                    mail: one.email,
                })
                .collect();
            told.invitations = Some(attendees::set(event, &wanted, true, &place.me)?);
        }
        if let Some(answer) = self.reply {
            attendees::reply(event, answer, &place.me)?;
        }
        Ok(is_news)
    }
}

/// Changes the object.
fn apply(
    change: &Change,
    document: &mut Document,
    place: &Place,
    now: DateTime<Utc>,
    rest_uid: &str,
) -> Result<(Step, Told), Failure> {
    let before = document.to_bytes();
    let all = root(document)?;
    let around = place.around(all);
    let changes_times = change.patch.changes_times();
    let must_say = changes_times && change.id.trim().is_empty();
    let reach = reach(all, "VEVENT", change.scope, &change.id, must_say, &around)?;
    let mut told = Told::default();
    let mut step = Step::Write;
    match reach {
        Reach::Whole => whole(change, all, place, now, &mut told)?,
        Reach::This(id) => {
            if change.patch.rule.is_some() {
                return Err(ToolError::invalid_argument(
                    "one time of a series has no rule of its own: set `recurrence_scope` to following or all",
                )
                .into());
            }
            let event = series::one_mut(all, &id).map_err(|error| series_error(&error))?;
            one(change, event, (place, &around), now, &mut told)?;
        }
        Reach::Following(id) => {
            let mut rest = series::split(all, &id, rest_uid).map_err(|error| series_error(&error))?;
            let later = root(&mut rest)?;
            let event = master_mut(later, "VEVENT").ok_or_else(no_component)?;
            one(change, event, (place, &around), now, &mut told)?;
            if changes_times {
                add_missing(later);
                check_series(later, "VEVENT", &around)?;
            }
            let event = master_mut(all, "VEVENT").ok_or_else(no_component)?;
            let is_ours = !attendees::is_of_another(event, &place.me);
            stamp(event, now, is_ours);
            told.new_uid = Some(rest_uid.to_owned());
            step = Step::WriteAnd(Box::new(rest));
        }
    }
    let all = root(document)?;
    if changes_times && !matches!(step, Step::WriteAnd(_)) {
        add_missing(all);
        check_series(all, "VEVENT", &around)?;
    }
    if document.to_bytes() == before {
        return Ok((Step::Leave, told));
    }
    Ok((step, told))
}

/// Changes one component, its stamps included.
fn one(
    change: &Change,
    event: &mut Component,
    (place, around): (&Place, &Around),
    now: DateTime<Utc>,
    told: &mut Told,
) -> Result<(), ToolError> {
    let before = event.clone();
    let is_ours = !attendees::is_of_another(event, &place.me);
    let patched = change.patch.apply(event, around)?;
    let is_news = change.apply_to(event, place, told)? || patched.is_significant;
    finish(change, &before, event, now, is_news && is_ours);
    note(change, event, place, is_ours, told);
    told.times = ToldTimes::of(event, &around.zones, around.floating());
    Ok(())
}

/// Changes a whole object: something that happens once, or all of a series.
fn whole(
    change: &Change,
    all: &mut Component,
    place: &Place,
    now: DateTime<Utc>,
    told: &mut Told,
) -> Result<(), ToolError> {
    let around = place.around(all);
    let is_series = is_series(all);
    let differing = exceptions::count(all, "VEVENT");
    let event = master_mut(all, "VEVENT").ok_or_else(no_component)?;
    let before = event.clone();
    let is_ours = !attendees::is_of_another(event, &place.me);
    let patched = change.patch.apply(event, &around)?;
    let is_news = change.apply_to(event, place, told)? || patched.is_significant;
    finish(change, &before, event, now, is_news && is_ours);
    note(change, event, place, is_ours, told);
    told.times = ToldTimes::of(event, &around.zones, around.floating());
    let rule_changed = before.property("RRULE").map(|rule| rule.value().to_owned())
        != event.property("RRULE").map(|rule| rule.value().to_owned());
    let no_series_any_more = event.property("RRULE").is_none() && event.property("RDATE").is_none();
    if !is_series || differing == 0 {
        return Ok(());
    }
    if patched.moved.is_some() || rule_changed {
        let action = if no_series_any_more {
            Some(OverrideAction::Drop)
        } else {
            change.overrides
        };
        exceptions::follow(all, "VEVENT", action, patched.moved.as_ref(), differing, &around)?;
    }
    // Who is invited to a series is invited to its changed times too.
    for event in all
        .components_mut()
        .filter(|event| event.is("VEVENT") && event.property("RECURRENCE-ID").is_some())
    {
        let before = event.clone();
        let has_own_line = attendees::own_status(event, &place.me).is_some();
        if change.attendees.is_some() || change.send.is_some() || (change.reply.is_some() && has_own_line) {
            let is_news = change.apply_to(event, place, told)?;
            finish(change, &before, event, now, is_news && is_ours);
        }
    }
    if change.has_patch && exceptions::count_changed(all, "VEVENT") > 0 {
        told.notes
            .push("times of the series that were changed on their own keep what they have".to_owned());
    }
    Ok(())
}

/// Stamps a component that differs. Answering an invitation touches only the person's own line.
fn finish(change: &Change, before: &Component, event: &mut Component, now: DateTime<Utc>, is_news: bool) {
    if before != event && (change.has_patch || change.attendees.is_some() || change.send.is_some()) {
        stamp(event, now, is_news);
    }
}

fn note(change: &Change, event: &Component, place: &Place, is_ours: bool, told: &mut Told) {
    if !is_ours && change.has_patch {
        told.notes.push(
            "somebody else organises this event: the others do not see the change, and the organiser's next one may undo it"
                .to_owned(),
        );
    }
    told.server_tells |= attendees::server_tells(event, &place.me) || (change.reply.is_some() && !is_ours);
}

/// What is wrong with a series.
pub(crate) fn series_error(error: &series::SeriesError) -> ToolError {
    ToolError::new("series", error.to_string())
}
