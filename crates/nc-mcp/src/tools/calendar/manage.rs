//! Calendars themselves: listed, made, changed, deleted.

use nc_client::{Calendar, CalendarPatch, ComponentKind};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    answers::{CalendarList, ListedCalendar, ManagedCalendar},
    place::{calendars, kind_word},
};
use crate::{context::Context, errors::OrFail};

/// Colour of a new calendar when nobody names one.
const USUAL_COLOR: &str = "#1976D2";

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

/// What to do with a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Create,
    Update,
    Delete,
}

/// What a new calendar takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Components {
    Events,
    Tasks,
    #[default]
    Both,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ManageCalendar {
    /// create, update or delete.
    action: Action,
    /// Name of the calendar in its address. Made from the display name if a new one has none.
    #[serde(default)]
    calendar_name: String,
    /// Name for people.
    #[serde(default)]
    display_name: String,
    /// Description.
    #[serde(default)]
    description: String,
    /// Colour such as #1976D2. A new calendar gets that one if not given.
    color: Option<String>,
    /// What a new calendar takes: events, tasks or both.
    #[serde(default)]
    components: Components,
    /// Whether what is in it leaves the person free.
    transparent: Option<bool>,
    /// Whether the person wants to see it.
    enabled: Option<bool>,
}

pub(crate) async fn list(context: Context, _: Nothing) -> Result<CalendarList, Failure> {
    let (all, _) = calendars(&context).await?;
    let calendars: Vec<ListedCalendar> = all.iter().map(listed).collect();
    Ok(CalendarList {
        success: true,
        timestamp: context.timestamp(),
        total_count: calendars.len(),
        calendars,
    })
}

fn listed(calendar: &Calendar) -> ListedCalendar {
    ListedCalendar {
        name: calendar.name.clone(),
        display_name: calendar.display_name.clone(),
        description: calendar.description.clone(),
        color: calendar.color.clone(),
        href: Some(calendar.path.encode_folder()),
        timezone: calendar.timezone.clone(),
        enabled: calendar.enabled,
        ctag: calendar.ctag.clone(),
        read_only: calendar.read_only,
        source: calendar.source.clone(),
        transparent: calendar.transparent,
        kind: kind_word(calendar.kind),
        owner: calendar.owner_display_name.clone().or_else(|| calendar.owner.clone()),
        is_default: calendar.is_default,
        takes_events: calendar.takes(ComponentKind::Event),
        takes_todos: calendar.takes(ComponentKind::Todo),
    }
}

pub(crate) async fn manage(context: Context, arguments: ManageCalendar) -> Result<ManagedCalendar, Failure> {
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let color = arguments.color.as_deref().and_then(text);
    if let Some(color) = &color {
        check_color(color)?;
    }
    let mut patch = CalendarPatch {
        display_name: text(&arguments.display_name),
        description: text(&arguments.description),
        color,
        transparent: arguments.transparent,
        enabled: arguments.enabled,
    };
    let handle = context.client.calendars();
    match arguments.action {
        Action::Create => {
            let name = text(&arguments.calendar_name)
                .or_else(|| text(&slug(&arguments.display_name)))
                .ok_or_else(|| ToolError::invalid_argument("give `calendar_name` or `display_name`"))?;
            patch.display_name.get_or_insert_with(|| name.clone());
            patch.color.get_or_insert_with(|| USUAL_COLOR.to_owned());
            let kinds: &[ComponentKind] = match arguments.components {
                Components::Events => &[ComponentKind::Event],
                Components::Tasks => &[ComponentKind::Todo],
                Components::Both => &[ComponentKind::Event, ComponentKind::Todo],
            };
            let made = handle.create_calendar(&name, &patch, kinds).await.or_fail()?;
            Ok(managed(&made, "the calendar was made"))
        }
        Action::Update => {
            let calendar = handle.find(&arguments.calendar_name).await.or_fail()?;
            let changed = handle.change_calendar(&calendar, &patch).await.or_fail()?;
            Ok(managed(&changed, "the calendar was changed"))
        }
        Action::Delete => {
            let calendar = handle.find(&arguments.calendar_name).await.or_fail()?;
            handle.delete_calendar(&calendar).await.or_fail()?;
            let message = if calendar.owner.is_some() {
                "the share was given up; its owner still has the calendar"
            } else {
                "the calendar was deleted with all that is in it; where the cloud has a trash bin it can be restored"
            };
            Ok(managed(&calendar, message))
        }
    }
}

fn managed(calendar: &Calendar, message: &str) -> ManagedCalendar {
    ManagedCalendar {
        name: calendar.name.clone(),
        display_name: calendar.display_name.clone(),
        description: calendar.description.clone().unwrap_or_default(),
        color: calendar.color.clone().unwrap_or_default(),
        href: calendar.path.encode_folder(),
        read_only: calendar.read_only,
        source: calendar.source.clone(),
        transparent: calendar.transparent,
        takes_events: calendar.takes(ComponentKind::Event),
        takes_todos: calendar.takes(ComponentKind::Todo),
        message: message.to_owned(),
    }
}

fn check_color(color: &str) -> Result<(), ToolError> {
    let digits = color.strip_prefix('#').unwrap_or_default();
    if matches!(digits.len(), 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(ToolError::invalid_argument("argument `color` must be like #1976D2"))
}

/// A name as an address from a name for people.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.trim().to_lowercase().chars() {
        if character.is_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').chars().take(60).collect()
}
