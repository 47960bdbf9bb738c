//! Changing an event in place: what is not named stays as it was written, byte for byte.

use nc_mcp_kit::ToolError;
use nc_proto::{
    content::{Component, Property},
    ical::{
        When,
        zones::{Zone, Zones},
    },
};

use super::{
    moving::{self, TimePatch},
    reminders::{self, Action, Reminder},
    rules::{self, RuleChange},
};

/// Reminder of a new event when nobody says otherwise, in minutes.
pub(crate) const DEFAULT_REMINDER: i64 = 15;

/// What is to change of an event. [`None`] stays, an empty text takes the property away.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventPatch {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) categories: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) priority: Option<i64>,
    pub(crate) privacy: Option<String>,
    pub(crate) times: TimePatch,
    pub(crate) rule: Option<RuleChange>,
    pub(crate) reminders: Option<Vec<Reminder>>,
    pub(crate) reminder_minutes: Option<i64>,
    pub(crate) reminder_email: Option<bool>,
}

/// What is known around an event.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    /// The zones of the object.
    pub(crate) zones: Zones,
    /// The zone of the calendar, if it has one.
    pub(crate) calendar: Option<Zone>,
    /// The person's own mail address.
    pub(crate) mail: Option<String>,
}

impl Around {
    /// The zone of floating times.
    pub(crate) fn floating(&self) -> &Zone {
        self.calendar.as_ref().unwrap_or(&Zone::Utc)
    }

    /// The zone on whose clock `when` is told.
    pub(crate) fn zone_of(&self, when: &When) -> Zone {
        self.zones.zone_of(when, self.floating())
    }
}

/// What a patch did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Patched {
    /// Whether the times or the rule changed, so that everybody who is invited has to know: RFC 5546 §2.1.4.
    pub(crate) is_significant: bool,
    /// The start before and now, if it moved.
    pub(crate) moved: Option<(When, When)>,
}

impl EventPatch {
    /// Whether times or the rule are named.
    pub(crate) fn changes_times(&self) -> bool {
        self.rule.is_some() || !self.times.is_empty()
    }

    /// Changes `event`.
    pub(crate) fn apply(&self, event: &mut Component, around: &Around) -> Result<Patched, ToolError> {
        let before = significant(event);
        let moved = moving::apply(&self.times, event, around)?;
        if let Some((old, new)) = &moved
            && self.rule.is_none()
        {
            rules::follow(event, old, new, around)?;
        }
        if let Some(change) = &self.rule {
            rules::apply(change, event, around)?;
        }
        self.apply_texts(event)?;
        self.apply_reminders(event, around.mail.as_deref())?;
        Ok(Patched {
            is_significant: significant(event) != before,
            moved,
        })
    }

    fn apply_texts(&self, event: &mut Component) -> Result<(), ToolError> {
        set_text(event, "SUMMARY", self.title.as_deref());
        set_text(event, "DESCRIPTION", self.description.as_deref());
        set_text(event, "LOCATION", self.location.as_deref());
        set_categories(event, self.categories.as_deref());
        set_raw(event, "URL", checked_url(self.url.as_deref())?.as_deref());
        set_text(event, "COLOR", self.color.as_deref().map(str::trim));
        let status = one_of(
            "status",
            self.status.as_deref(),
            &["TENTATIVE", "CONFIRMED", "CANCELLED"],
        )?;
        set_raw(event, "STATUS", status.as_deref());
        let privacy = one_of(
            "privacy",
            self.privacy.as_deref(),
            &["PUBLIC", "PRIVATE", "CONFIDENTIAL"],
        )?;
        set_raw(event, "CLASS", privacy.as_deref());
        set_raw(event, "PRIORITY", priority(self.priority)?.as_deref());
        Ok(())
    }

    fn apply_reminders(&self, event: &mut Component, mail: Option<&str>) -> Result<(), ToolError> {
        let title = event.text("SUMMARY").unwrap_or_default();
        if let Some(wanted) = &self.reminders {
            return reminders::replace(event, wanted, &title, mail);
        }
        if self.reminder_minutes.is_some() {
            reminders::set_simple(event, Action::Display, self.reminder_minutes, &title, mail)?;
        }
        let told = reminders::told(event);
        let has_mail = told.iter().any(|reminder| reminder.action == Action::Email.name());
        match self.reminder_email {
            Some(true) => {
                let shown = told.iter().find(|reminder| reminder.action == Action::Display.name());
                let shown = shown.and_then(|reminder| reminder.minutes_before);
                let minutes = self.reminder_minutes.or(shown).unwrap_or(DEFAULT_REMINDER);
                if !has_mail || self.reminder_minutes.is_some() {
                    reminders::set_simple(event, Action::Email, Some(minutes), &title, mail)?;
                }
            }
            Some(false) if has_mail => reminders::set_simple(event, Action::Email, None, &title, mail)?,
            _ => {}
        }
        Ok(())
    }
}

/// The properties whose change everybody who is invited has to know, as they are written.
fn significant(event: &Component) -> Vec<(String, String, Option<String>)> {
    const NAMES: [&str; 7] = ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS"];
    let named = event
        .properties()
        .filter(|property| NAMES.iter().any(|name| property.is(name)));
    named
        .map(|property| {
            let zone = property.parameter("TZID").map(str::to_owned);
            (property.name().to_owned(), property.value().to_owned(), zone)
        })
        .collect()
}

/// Sets a text; an empty one takes the property away.
pub(crate) fn set_text(component: &mut Component, name: &str, text: Option<&str>) {
    match text {
        None => {}
        Some("") => {
            component.remove(name);
        }
        Some(text) => component.set_text(name, Some(text)),
    }
}

/// The same for a value that is no text.
pub(crate) fn set_raw(component: &mut Component, name: &str, value: Option<&str>) {
    match (value, component.property_mut(name)) {
        (None, _) => {}
        (Some(""), _) => {
            component.remove(name);
        }
        (Some(value), Some(property)) => property.set_value(value),
        (Some(value), None) => component.add(Property::new(name, value)),
    }
}

/// The categories of an event or task, each once.
pub(crate) fn categories(component: &Component) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in component.properties_named("CATEGORIES").flat_map(Property::texts) {
        let text = text.trim().to_owned();
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// The names in a list with commas.
pub(crate) fn names(list: &str) -> Vec<String> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Sets the categories from a list with commas. The same ones stay as they are written.
pub(crate) fn set_categories(component: &mut Component, list: Option<&str>) {
    let Some(list) = list else { return };
    let wanted = names(list);
    if wanted == categories(component) {
        return;
    }
    if wanted.is_empty() {
        component.remove("CATEGORIES");
        return;
    }
    let escaped: Vec<String> = wanted.iter().map(|name| nc_proto::content::escape(name)).collect();
    component.set(Property::new("CATEGORIES", escaped.join(",")));
}

/// One of the words that a property may hold.
pub(crate) fn one_of(argument: &str, word: Option<&str>, allowed: &[&str]) -> Result<Option<String>, ToolError> {
    let Some(word) = word else { return Ok(None) };
    let upper = word.trim().to_ascii_uppercase();
    if upper.is_empty() || allowed.contains(&upper.as_str()) {
        return Ok(Some(upper));
    }
    Err(ToolError::invalid_argument(format!(
        "argument `{argument}` must be one of {}",
        allowed.join(", ")
    )))
}

/// A priority: 1 is highest, 9 lowest, 0 none.
pub(crate) fn priority(priority: Option<i64>) -> Result<Option<String>, ToolError> {
    match priority {
        None => Ok(None),
        Some(number @ 0..=9) => Ok(Some(number.to_string())),
        Some(_) => Err(ToolError::invalid_argument(
            "argument `priority` must be 0 for none, or 1 (highest) to 9 (lowest)",
        )),
    }
}

fn checked_url(url: Option<&str>) -> Result<Option<String>, ToolError> {
    match url.map(str::trim) {
        None => Ok(None),
        Some("") => Ok(Some(String::new())),
        Some(url) => match url::Url::parse(url) {
            Ok(_) => Ok(Some(url.to_owned())),
            Err(_) => Err(ToolError::invalid_argument(
                "argument `url` must be a whole address such as https://example.org/meeting",
            )),
        },
    }
}
