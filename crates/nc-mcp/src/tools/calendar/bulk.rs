//! Many events at once: shown first, then changed one by one, each told.

use nc_client::{ComponentKind, DavPath, Error};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::{BulkOutcome, BulkResult, ListedEvent},
    attendees,
    edit::{Step, Target, edit, no_component, root, stamp},
    list::{EventFilter, collect, stretch},
    patch::{EventPatch, names},
    place::{Place, calendars, now, place_in, subject, usual_zone, zone_of},
    view::master_mut,
};
use crate::{
    context::Context,
    errors::{OrFail, failure},
};

/// Most events of one call.
const MOST: usize = 100;
/// Days that are looked at when the caller names no end.
const USUAL_DAYS: u64 = 30;

/// What to do with the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Operation {
    Update,
    Delete,
    Move,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct BulkOperations {
    /// update, delete or move.
    operation: Operation,
    /// Only events whose title holds this text, in any case.
    title_contains: Option<String>,
    /// Only events with one of these categories, separated by commas.
    categories: Option<String>,
    /// Name of a calendar. All calendars if not given.
    calendar_name: Option<String>,
    /// First day or time. Today if not given.
    #[serde(default)]
    start_date: String,
    /// Last day, included, or a time. 30 days after the start if not given.
    #[serde(default)]
    end_date: String,
    /// Only events with this status: CONFIRMED, TENTATIVE or CANCELLED.
    status: Option<String>,
    /// Only events whose place holds this text, in any case.
    location_contains: Option<String>,
    /// For update: new title.
    new_title: Option<String>,
    /// For update: new description. Empty takes it away.
    new_description: Option<String>,
    /// For update: new place. Empty takes it away.
    new_location: Option<String>,
    /// For update: all categories, separated by commas. Empty takes them away.
    new_categories: Option<String>,
    /// For update: 1 is highest, 9 lowest, 0 none.
    new_priority: Option<i64>,
    /// For update: sets the one reminder that is shown to so many minutes before. 0 takes it away.
    new_reminder_minutes: Option<i64>,
    /// For move: name of the calendar to move to.
    target_calendar: Option<String>,
    /// Whether series are taken too, each whole, also with times outside of the dates.
    #[serde(default)]
    apply_to_series: bool,
    /// Whether to show only what would happen. Set it to false to do it.
    #[serde(default = "yes")]
    dry_run: bool,
}

const fn yes() -> bool {
    true
}

/// What is done with each event.
enum Work {
    Update(Box<EventPatch>),
    Delete,
    Move(Box<Place>),
}

impl Work {
    /// What became of an event that it was done with, and what would.
    const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Update(_) => ("updated", "would_update"),
            Self::Delete => ("deleted", "would_delete"),
            Self::Move(_) => ("moved", "would_move"),
        }
    }
}

pub(crate) async fn bulk(context: Context, arguments: BulkOperations) -> Result<BulkOutcome, Failure> {
    let (all, me) = calendars(&context).await?;
    let one = arguments
        .calendar_name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let filter = EventFilter {
        categories: names(arguments.categories.as_deref().unwrap_or_default()),
        status: arguments.status.clone().filter(|status| !status.trim().is_empty()),
        title_contains: arguments.title_contains.clone().filter(|text| !text.trim().is_empty()),
        location_contains: arguments
            .location_contains
            .clone()
            .filter(|text| !text.trim().is_empty()),
        ..EventFilter::default()
    };
    let names_nothing = filter.categories.is_empty()
        && filter.status.is_none()
        && filter.title_contains.is_none()
        && filter.location_contains.is_none()
        && one.is_none();
    if names_nothing {
        return Err(ToolError::invalid_argument("name at least a calendar or one filter besides the dates").into());
    }
    let places: Vec<Place> = all
        .iter()
        .map(|calendar| Place {
            zone: zone_of(calendar).or_else(|| usual_zone(&all)),
            calendar: calendar.clone(),
            me: me.clone(),
        })
        .collect();
    let work = work(&arguments, &all, &me)?;
    let (chosen, zone) = match one {
        Some(name) => {
            let place = place_in(all.clone(), me.clone(), name)?;
            (vec![place.calendar], place.zone)
        }
        None => (all.clone(), usual_zone(&all)),
    };
    let zone = zone.unwrap_or(nc_proto::ical::zones::Zone::Utc);
    let (start, end) = (
        ("start_date", arguments.start_date.as_str()),
        ("end_date", arguments.end_date.as_str()),
    );
    let range = stretch(start, end, USUAL_DAYS, &zone, now(&context))?;
    let hits = collect(&context, &chosen, &me, &range, &filter, &zone, one.is_some()).await?;
    // Of a series every time is found; it is one event.
    let mut events: Vec<ListedEvent> = Vec::new();
    for hit in hits.list {
        if !events.iter().any(|event| event.href == hit.event.href) {
            events.push(hit.event);
        }
    }
    if events.len() > MOST && !arguments.dry_run {
        return Err(ToolError::invalid_argument(format!(
            "{} events fit, at most {MOST} are changed at once: narrow the dates or filters",
            events.len()
        ))
        .into());
    }
    let mut outcome = BulkOutcome {
        operation: format!("{:?}", arguments.operation).to_lowercase(),
        dry_run: arguments.dry_run,
        total_found: events.len(),
        updated_count: 0,
        deleted_count: 0,
        moved_count: 0,
        failed_count: 0,
        skipped_count: 0,
        results: Vec::new(),
        message: String::new(),
        errors: hits.errors,
    };
    let total = events.len().min(MOST) as u64;
    for (done, event) in events.iter().take(MOST).enumerate() {
        let place = places.iter().find(|place| place.calendar.name == event.calendar_name);
        let result = match place {
            Some(place) => each(&context, &arguments, &work, place, event).await?,
            None => told(event, "skipped", Some("its calendar is gone".to_owned())),
        };
        outcome.count(result);
        context
            .call
            .progress
            .report(done as u64 + 1, Some(total), "events done")
            .await;
    }
    outcome.message = if arguments.dry_run {
        "nothing was changed; call again with `dry_run` false to do it".to_owned()
    } else {
        "done; each event is told in results".to_owned()
    };
    Ok(outcome)
}

impl BulkOutcome {
    fn count(&mut self, result: BulkResult) {
        match result.status {
            "updated" => self.updated_count += 1,
            "deleted" => self.deleted_count += 1,
            "moved" => self.moved_count += 1,
            "failed" => self.failed_count += 1,
            "skipped" => self.skipped_count += 1,
            _ => {}
        }
        self.results.push(result);
    }
}

fn work(
    arguments: &BulkOperations,
    all: &[nc_client::Calendar],
    me: &std::sync::Arc<nc_client::Principal>,
) -> Result<Work, Failure> {
    match arguments.operation {
        Operation::Delete => Ok(Work::Delete),
        Operation::Move => {
            let target = arguments
                .target_calendar
                .as_deref()
                .map(str::trim)
                .filter(|name| !name.is_empty());
            let target = target.ok_or_else(|| ToolError::invalid_argument("move needs `target_calendar`"))?;
            let place = place_in(all.to_vec(), me.clone(), target)?;
            super::place::check_takes(&place.calendar, ComponentKind::Event, all)?;
            Ok(Work::Move(Box::new(place)))
        }
        Operation::Update => {
            let patch = EventPatch {
                title: arguments.new_title.clone().filter(|title| !title.trim().is_empty()),
                description: arguments.new_description.clone(),
                location: arguments.new_location.clone(),
                categories: arguments.new_categories.clone(),
                priority: arguments.new_priority,
                reminder_minutes: arguments.new_reminder_minutes,
                ..EventPatch::default()
            };
            let is_empty = patch.title.is_none()
                && patch.description.is_none()
                && patch.location.is_none()
                && patch.categories.is_none()
                && patch.priority.is_none()
                && patch.reminder_minutes.is_none();
            if is_empty {
                return Err(ToolError::invalid_argument(
                    "update needs at least one of the arguments that begin with new_",
                )
                .into());
            }
            // What is wrong for one is wrong for all.
            super::patch::priority(patch.priority)?;
            Ok(Work::Update(Box::new(patch)))
        }
    }
}

/// Does the work with one event. Only a refused sign-in ends everything.
async fn each(
    context: &Context,
    arguments: &BulkOperations,
    work: &Work,
    place: &Place,
    event: &ListedEvent,
) -> Result<BulkResult, Failure> {
    let skip = |why: &str| Ok(told(event, "skipped", Some(why.to_owned())));
    if place.calendar.read_only {
        return skip("its calendar is read-only for you");
    }
    if event.recurring && !arguments.apply_to_series {
        return skip("it is a series; set `apply_to_series` to take it whole");
    }
    if let Work::Move(to) = work
        && to.calendar.path == place.calendar.path
    {
        return skip("it is in that calendar already");
    }
    let (done, would) = work.words();
    if arguments.dry_run {
        return Ok(told(event, would, None));
    }
    if context.call.cancelled.is_cancelled() {
        return skip("the call was given up before");
    }
    match perform(context, work, place, event).await {
        Ok(()) => Ok(told(event, done, None)),
        Err(Failure::Tool(error)) if error.code != "unauthorized" => Ok(told(event, "failed", Some(error.to_string()))),
        Err(failure) => Err(failure),
    }
}

async fn perform(context: &Context, work: &Work, place: &Place, event: &ListedEvent) -> Result<(), Failure> {
    let target = Target {
        place,
        kind: ComponentKind::Event,
        uid: &event.uid,
        etag: None,
    };
    let now = now(context);
    match work {
        Work::Update(patch) => {
            edit(context, &target, |object| {
                let before = object.document.to_bytes();
                let all = root(&mut object.document)?;
                let around = place.around(all);
                let event = master_mut(all, "VEVENT").ok_or_else(no_component)?;
                let unchanged = event.clone();
                let is_ours = !attendees::is_of_another(event, &place.me);
                let patched = patch.apply(event, &around)?;
                if *event != unchanged {
                    stamp(event, now, patched.is_significant && is_ours);
                }
                let step = if object.document.to_bytes() == before {
                    Step::Leave
                } else {
                    Step::Write
                };
                Ok((step, ()))
            })
            .await?;
        }
        Work::Delete => {
            edit(context, &target, |_| Ok((Step::Delete, ()))).await?;
        }
        Work::Move(to) => {
            let subject = subject(ComponentKind::Event, &event.uid);
            let path =
                DavPath::decode(&event.href).map_err(|_| failure(&Error::invalid("href", "it cannot be read")))?;
            context
                .client
                .calendars()
                .move_to(&place.calendar, &path, &to.calendar, ComponentKind::Event, &subject)
                .await
                .or_fail()?;
        }
    }
    Ok(())
}

fn told(event: &ListedEvent, status: &'static str, reason: Option<String>) -> BulkResult {
    BulkResult {
        uid: event.uid.clone(),
        status,
        title: event.summary.clone(),
        calendar_name: event.calendar_name.clone(),
        start: event.start.clone(),
        reason,
    }
}
