//! Tasks of calendars, open ones first.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use nc_client::{Calendar, ComponentKind, FoundObject, ObjectFilter};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::{
    content::{Component, Entry},
    ical::{
        When,
        recurrence::{Occurrence, occurrences},
        zones::{Zone, Zones},
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::{Todo, TodoList},
    due::due_of,
    state::{WORDS, completed, is_open, percent, status},
};
use crate::{
    context::Context,
    errors::failure,
    tools::calendar::{
        answers::CalendarError,
        patch::{categories, names},
        place::{calendars, check_takes, message, now, place_in, usual_zone, zone_of},
        reminders,
        times::tell,
        view::{is_series, master},
    },
};

/// Calendars that are asked at the same time.
const AT_ONCE: usize = 4;
/// Most tasks that one list returns.
const MOST: u32 = 500;
/// Most times of a series that are looked at.
const MOST_TIMES: usize = 1_000;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListTodos {
    /// The calendar.
    calendar_name: String,
    /// NEEDS-ACTION, IN-PROCESS, COMPLETED, CANCELLED, or OPEN for the first two.
    status: Option<String>,
    /// Only tasks at least so important, 1 (highest) to 9.
    #[schemars(range(min = 1, max = 9))]
    min_priority: Option<i64>,
    /// Only tasks with one of these categories, separated by commas.
    categories: Option<String>,
    /// Only tasks whose title holds this text, in any case.
    summary_contains: Option<String>,
    /// Most tasks.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
    /// So many tasks are skipped.
    #[serde(default)]
    offset: usize,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct SearchTodos {
    /// NEEDS-ACTION, IN-PROCESS, COMPLETED, CANCELLED, or OPEN for the first two.
    status: Option<String>,
    /// Only tasks at least so important, 1 (highest) to 9.
    #[schemars(range(min = 1, max = 9))]
    min_priority: Option<i64>,
    /// Only tasks with one of these categories, separated by commas.
    categories: Option<String>,
    /// Only tasks whose title holds this text, in any case.
    summary_contains: Option<String>,
    /// Most tasks.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
    /// So many tasks are skipped.
    #[serde(default)]
    offset: usize,
}

const fn hundred() -> u32 {
    100
}

/// Which tasks.
struct TodoFilter {
    status: Option<String>,
    min_priority: Option<i64>,
    categories: Vec<String>,
    summary: Option<String>,
}

impl TodoFilter {
    fn of(
        status: Option<&str>,
        min_priority: Option<i64>,
        categories: Option<&str>,
        summary: Option<&str>,
    ) -> Result<Self, ToolError> {
        let status = status
            .map(|status| status.trim().to_ascii_uppercase())
            .filter(|status| !status.is_empty());
        if status
            .as_deref()
            .is_some_and(|status| status != "OPEN" && !WORDS.contains(&status))
        {
            return Err(ToolError::invalid_argument(format!(
                "argument `status` must be one of {} or OPEN",
                WORDS.join(", ")
            )));
        }
        Ok(Self {
            status,
            min_priority,
            categories: names(categories.unwrap_or_default())
                .iter()
                .map(|name| name.to_lowercase())
                .collect(),
            summary: summary
                .map(|text| text.trim().to_lowercase())
                .filter(|text| !text.is_empty()),
        })
    }

    fn fits(&self, todo: &Todo, own: &[String]) -> bool {
        let status = self.status.as_deref().is_none_or(|wanted| match wanted {
            "OPEN" => is_open(&todo.status),
            wanted => todo.status == wanted,
        });
        status
            && self
                .min_priority
                .is_none_or(|least| (1..=least).contains(&todo.priority))
            && (self.categories.is_empty() || own.iter().any(|name| self.categories.contains(&name.to_lowercase())))
            && self
                .summary
                .as_ref()
                .is_none_or(|part| todo.summary.to_lowercase().contains(part))
    }
}

pub(crate) async fn list(context: Context, arguments: ListTodos) -> Result<TodoList, Failure> {
    let filter = TodoFilter::of(
        arguments.status.as_deref(),
        arguments.min_priority,
        arguments.categories.as_deref(),
        arguments.summary_contains.as_deref(),
    )?;
    let (all, me) = calendars(&context).await?;
    let place = place_in(all.clone(), me, &arguments.calendar_name)?;
    check_takes(&place.calendar, ComponentKind::Todo, &all)?;
    let name = Some(place.calendar.name.clone());
    let chosen = vec![place.calendar];
    collect(
        &context,
        chosen,
        name,
        place.zone,
        &filter,
        (arguments.offset, arguments.limit),
    )
    .await
}

pub(crate) async fn search(context: Context, arguments: SearchTodos) -> Result<TodoList, Failure> {
    let filter = TodoFilter::of(
        arguments.status.as_deref(),
        arguments.min_priority,
        arguments.categories.as_deref(),
        arguments.summary_contains.as_deref(),
    )?;
    let (all, _) = calendars(&context).await?;
    let usual = usual_zone(&all);
    let chosen = all
        .into_iter()
        .filter(|calendar| calendar.takes(ComponentKind::Todo))
        .collect();
    collect(
        &context,
        chosen,
        None,
        usual,
        &filter,
        (arguments.offset, arguments.limit),
    )
    .await
}

/// What tasks are ordered by: whether they are done, when they are due, how important they are, their title.
type Rank = (bool, Option<DateTime<Utc>>, i64, String);
/// A task and what it is ordered by.
type Placed = (Rank, Todo);

async fn collect(
    context: &Context,
    chosen: Vec<Calendar>,
    name: Option<String>,
    usual: Option<Zone>,
    filter: &TodoFilter,
    (offset, limit): (usize, u32),
) -> Result<TodoList, Failure> {
    let handle = context.client.calendars();
    let total = chosen.len() as u64;
    let questions = chosen.into_iter().map(|calendar| async move {
        let answer = handle.query(&calendar, &ObjectFilter::all(ComponentKind::Todo)).await;
        (calendar, answer)
    });
    let mut answers = stream::iter(questions).buffered(AT_ONCE);
    let (mut found, mut errors): (Vec<Placed>, Vec<CalendarError>) = (Vec::new(), Vec::new());
    let mut done = 0;
    let now = now(context);
    while let Some((calendar, answer)) = answers.next().await {
        match answer {
            Ok(objects) => {
                let floating = zone_of(&calendar).or_else(|| usual.clone()).unwrap_or(Zone::Utc);
                for object in &objects {
                    match read(object, &calendar, &floating, now) {
                        Ok((place, todo, own)) if filter.fits(&todo, &own) => found.push((place, todo)),
                        Ok(_) => {}
                        Err(error) => errors.push(error),
                    }
                }
            }
            Err(error) if name.is_some() || error.code() == "unauthorized" => return Err(failure(&error)),
            Err(error) => errors.push(CalendarError {
                calendar_name: calendar.name.clone(),
                error: message(&error),
            }),
        }
        done += 1;
        context.call.progress.report(done, Some(total), "calendars read").await;
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let total_count = found.len();
    let limit = limit.clamp(1, MOST) as usize;
    let todos: Vec<Todo> = found
        .into_iter()
        .skip(offset)
        .take(limit)
        .map(|(_, todo)| todo)
        .collect();
    let next = offset.saturating_add(todos.len());
    Ok(TodoList {
        success: true,
        timestamp: context.timestamp(),
        truncated: next < total_count,
        next_offset: (next < total_count).then_some(next),
        todos,
        calendar_name: name,
        total_count,
        errors,
    })
}

fn read(
    object: &FoundObject,
    calendar: &Calendar,
    floating: &Zone,
    now: DateTime<Utc>,
) -> Result<(Rank, Todo, Vec<String>), CalendarError> {
    let wrong = |why: &str| CalendarError {
        calendar_name: calendar.name.clone(),
        error: format!(
            "the object {} cannot be read: {why}",
            object.path.name().unwrap_or_default()
        ),
    };
    let document = object.document.as_ref().map_err(|why| wrong(why))?;
    let all = document.root().ok_or_else(|| wrong("it is empty"))?;
    let todo = master(all, "VTODO").ok_or_else(|| wrong("it has no task"))?;
    let zones = Zones::of(all);
    let instant = |when: &When| zones.instant(when, floating);
    let told = |when: Option<&When>| when.map(|when| tell(when, &zones, floating).local);
    let start = todo.property("DTSTART").and_then(|start| When::of(start).ok());
    let due = due_of(todo);
    let series = is_series(all).then(|| open_times(all, floating, now));
    let series = series.transpose().map_err(|why| wrong(&why))?;
    let own = categories(todo);
    let oldest = series.as_ref().and_then(|series| series.oldest.as_ref());
    let current = series.as_ref().and_then(|series| series.current.as_ref());
    let has_start = start.is_some();
    let starts = |occurrence: Option<&Occurrence>| told(occurrence.filter(|_| has_start).map(|times| &times.start));
    let ends = |occurrence: Option<&Occurrence>| told(occurrence.filter(|_| due.is_some()).map(|times| &times.end));
    let listed = Todo {
        uid: todo.text("UID").unwrap_or_default(),
        summary: todo.text("SUMMARY").unwrap_or_default(),
        description: todo.text("DESCRIPTION").unwrap_or_default(),
        status: status(todo),
        priority: todo
            .property("PRIORITY")
            .and_then(|priority| priority.value().trim().parse().ok())
            .unwrap_or(0),
        percent_complete: percent(todo),
        due: told(due.as_ref()),
        dtstart: told(start.as_ref()),
        completed: completed(todo),
        categories: own.join(", "),
        recurring: series.is_some(),
        recurrence_rule: todo
            .property("RRULE")
            .map(|rule| rule.value().to_owned())
            .unwrap_or_default(),
        reminders: reminders::told(todo),
        pending_count: series.as_ref().map(|series| series.pending),
        oldest_pending_dtstart: starts(oldest),
        oldest_pending_due: ends(oldest),
        current_dtstart: starts(current),
        current_due: ends(current),
        parent_uid: todo.text("RELATED-TO"),
        href: object.path.encode(),
        etag: object.etag.as_ref().map(ToString::to_string).unwrap_or_default(),
        calendar_name: Some(calendar.name.clone()),
        calendar_display_name: Some(calendar.display_name.clone()),
    };
    // What has no due time comes after what has one.
    let by = current.map(|times| times.end_utc).or_else(|| due.as_ref().map(instant));
    let by = by.or(Some(DateTime::<Utc>::MAX_UTC));
    let rank = if listed.priority == 0 { 10 } else { listed.priority };
    Ok((
        (!is_open(&listed.status), by, rank, listed.summary.clone()),
        listed,
        own,
    ))
}

/// The times of a series that are still to be done.
#[derive(Debug, Default)]
pub(super) struct OpenTimes {
    /// How many of them are due.
    pub(super) pending: usize,
    /// The first that is due.
    pub(super) oldest: Option<Occurrence>,
    /// The first at all.
    pub(super) current: Option<Occurrence>,
}

/// Finds the open times of a series. Servers do not do that for tasks.
pub(super) fn open_times(all: &Component, floating: &Zone, now: DateTime<Utc>) -> Result<OpenTimes, String> {
    let from = DateTime::<Utc>::UNIX_EPOCH - TimeDelta::days(36_525);
    let until = now + TimeDelta::days(3_660);
    let times = occurrences(all, "VTODO", from..until, floating, MOST_TIMES).map_err(|error| error.to_string())?;
    let mut open = OpenTimes::default();
    for occurrence in times.list {
        let Some(Entry::Component(todo)) = all.entries.get(occurrence.component) else {
            continue;
        };
        if !is_open(&status(todo)) {
            continue;
        }
        if occurrence.start_utc <= now {
            open.pending += 1;
            if open.oldest.is_none() {
                open.oldest = Some(occurrence.clone());
            }
        }
        if open.current.is_none() {
            open.current = Some(occurrence);
        }
    }
    Ok(open)
}
