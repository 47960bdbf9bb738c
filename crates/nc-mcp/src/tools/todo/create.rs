//! New tasks.

use nc_client::{ComponentKind, new_uid};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::{
    content::{Component, Document, Property},
    ical::{When, zones::add_missing},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{answers::NewTodo, due::DueChange, state::StateChange};
use crate::{
    context::Context,
    errors::OrFail,
    tools::calendar::{
        create::check_series,
        edit::{new_calendar, no_component, root, stamp},
        patch::{priority, set_categories, set_raw, set_text},
        place::{calendars, check_takes, now, place_in, subject},
        reminders::{self, Reminder},
        rules::{self, RuleChange},
        times::{tell, zone_argument},
        view::master,
    },
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateTodo {
    /// Name of a calendar from `nc_calendar_list_calendars` that takes tasks.
    calendar_name: String,
    /// Title.
    #[schemars(length(min = 1, max = 1000))]
    summary: String,
    /// Description.
    #[serde(default)]
    description: String,
    /// NEEDS-ACTION, IN-PROCESS, COMPLETED or CANCELLED.
    #[serde(default = "needs_action")]
    status: String,
    /// 1 is highest, 9 lowest, 0 none.
    #[serde(default)]
    priority: i64,
    /// When it is due: a day such as 2026-11-30, or a time.
    #[serde(default)]
    due: String,
    /// When it starts, in the same form as `due`.
    #[serde(default)]
    dtstart: String,
    /// Categories, separated by commas.
    #[serde(default)]
    categories: String,
    /// As in `nc_calendar_create_event`.
    #[serde(default)]
    #[schemars(with = "Option<Vec<serde_json::Map<String, serde_json::Value>>>")]
    reminders: Option<Vec<Reminder>>,
    /// IANA zone of times without an offset, such as Europe/Berlin. The calendar's zone if not given.
    #[serde(default)]
    timezone: String,
    /// How it repeats, as iCalendar writes it, such as FREQ=WEEKLY. Needs `due` or `dtstart`.
    #[serde(default)]
    recurrence_rule: String,
    /// Last day of the series, or its last time.
    #[serde(default)]
    recurrence_end_date: String,
    /// Uid of the task that this one is a part of.
    #[serde(default)]
    parent_uid: String,
}

fn needs_action() -> String {
    "NEEDS-ACTION".to_owned()
}

pub(crate) async fn create(context: Context, arguments: CreateTodo) -> Result<NewTodo, Failure> {
    let (known, me) = calendars(&context).await?;
    let place = place_in(known.clone(), me, &arguments.calendar_name)?;
    check_takes(&place.calendar, ComponentKind::Todo, &known)?;
    let (uid, now) = (new_uid(), now(&context));
    let mut all = new_calendar();
    let around = place.around(&all);
    let mut todo = Component::new("VTODO");
    todo.add(Property::new("UID", &*uid));
    set_text(&mut todo, "SUMMARY", Some(&arguments.summary));
    set_text(&mut todo, "DESCRIPTION", Some(&arguments.description));
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
    let due = DueChange {
        due: given(&arguments.due),
        start: given(&arguments.dtstart),
        zone: zone_argument(&arguments.timezone)?,
    };
    due.apply(&mut todo, &around)?;
    set_raw(
        &mut todo,
        "PRIORITY",
        priority(Some(arguments.priority).filter(|number| *number != 0))?.as_deref(),
    );
    set_categories(&mut todo, Some(&arguments.categories));
    if !arguments.parent_uid.trim().is_empty() {
        set_text(&mut todo, "RELATED-TO", Some(arguments.parent_uid.trim()));
    }
    let state = StateChange {
        status: given(&arguments.status),
        ..StateChange::default()
    };
    state.apply(&mut todo, now, around.calendar.as_ref())?;
    if let Some(rule) = RuleChange::of(None, &arguments.recurrence_rule, &arguments.recurrence_end_date)? {
        rules::of_todo(&rule, &mut todo, &around)?;
    }
    if let Some(wanted) = &arguments.reminders {
        check_anchor(&todo, wanted)?;
        reminders::replace(&mut todo, wanted, &arguments.summary, place.me.email())?;
    }
    stamp(&mut todo, now, false);
    todo.add(Property::new("CREATED", When::Utc(now.naive_utc()).to_string()));
    all.add_component(todo);
    check_series(&all, "VTODO", &around)?;
    add_missing(&mut all);
    let document = Document::of(all);
    let subject = subject(ComponentKind::Todo, &arguments.summary);
    let stored = context
        .client
        .calendars()
        .create(&place.calendar, ComponentKind::Todo, &document, &subject)
        .await
        .or_fail()?;
    let mut there = stored.changed.unwrap_or(document);
    let all = root(&mut there)?;
    let around = place.around(all);
    let todo = master(all, "VTODO").ok_or_else(no_component)?;
    let told = |name: &str| {
        let when = todo.property(name).and_then(|property| When::of(property).ok())?;
        Some(tell(&when, &around.zones, around.floating()).local)
    };
    Ok(NewTodo {
        uid: todo.text("UID").unwrap_or(uid),
        href: stored.path.encode(),
        etag: stored.etag.to_string(),
        status_code: stored.status,
        calendar_name: place.calendar.name.clone(),
        due: told("DUE"),
        dtstart: told("DTSTART"),
    })
}

/// Refuses reminders that count from a time that the task does not have: RFC 5545 §3.8.6.3.
pub(super) fn check_anchor(todo: &Component, wanted: &[Reminder]) -> Result<(), ToolError> {
    use crate::tools::calendar::reminders::Related;
    for reminder in wanted.iter().filter(|reminder| reminder.trigger_at.is_none()) {
        let has = |name: &str| todo.property(name).is_some();
        let fits = match reminder.related {
            Some(Related::End) => has("DUE") || has("DURATION"),
            _ => has("DTSTART"),
        };
        if !fits {
            return Err(ToolError::invalid_argument(
                "a reminder counts from `dtstart`, or with `related` END from `due`: give that, or use `trigger_at`",
            ));
        }
    }
    Ok(())
}
