//! Reminders: `VALARM`, RFC 5545 §3.6.6.

use nc_mcp_kit::ToolError;
use nc_proto::{
    content::{Component, Entry, Property},
    ical::{Duration, When, zones::Zone},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::times::{Given, utc};

/// Longest time before an event, in minutes: ten years.
const MOST_MINUTES: i64 = 10 * 366 * 24 * 60;
/// Most reminders of one thing.
const MOST_REMINDERS: usize = 20;

// How somebody is reminded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Action {
    #[default]
    Display,
    Email,
    Audio,
}

// What a relative reminder counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Related {
    Start,
    End,
}

/// With one of `minutes_before`, `trigger_at` and `trigger`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reminder {
    #[serde(default)]
    pub(crate) action: Action,
    /// Before the start. Negative is after it.
    pub(crate) minutes_before: Option<i64>,
    /// Time with an offset.
    pub(crate) trigger_at: Option<String>,
    /// Such as -PT15M.
    pub(crate) trigger: Option<String>,
    // The title if not given.
    pub(crate) description: Option<String>,
    // Subject of the mail. The title if not given.
    pub(crate) summary: Option<String>,
    // The start if not given.
    pub(crate) related: Option<Related>,
}

/// A reminder as answers tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ToldReminder {
    pub(crate) action: String,
    /// Minutes before the start, or the end where `related` says so.
    pub(crate) minutes_before: Option<i64>,
    /// The time, where it is fixed.
    pub(crate) trigger_at: Option<String>,
    /// As it is written.
    pub(crate) trigger: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) related: Option<String>,
}

impl Reminder {
    /// So many minutes before.
    pub(crate) fn before(action: Action, minutes: i64) -> Self {
        Self {
            action,
            minutes_before: Some(minutes),
            ..Self::default()
        }
    }

    fn trigger(&self) -> Result<Property, ToolError> {
        let wrong = |why: &str| ToolError::invalid_argument(format!("argument `reminders`: {why}"));
        let relative = |value: String| {
            let property = Property::new("TRIGGER", value);
            match self.related {
                Some(Related::End) => property.with("RELATED", "END"),
                _ => property,
            }
        };
        match (self.minutes_before, &self.trigger_at, &self.trigger) {
            (Some(minutes), None, None) if minutes.abs() <= MOST_MINUTES => {
                let seconds = -minutes * 60;
                Ok(relative(Duration { days: 0, seconds }.to_string()))
            }
            (None, Some(at), None) => match Given::read("trigger_at", at)? {
                Given::At(time) => {
                    let when = When::Utc(time.naive_utc());
                    Ok(when.property("TRIGGER").with("VALUE", "DATE-TIME"))
                }
                _ => Err(wrong("`trigger_at` needs an offset such as Z or +01:00")),
            },
            (None, None, Some(text)) => {
                let duration = Duration::parse(text)
                    .ok_or_else(|| wrong("`trigger` must be a duration such as -PT15M; use `trigger_at` for a time"))?;
                Ok(relative(duration.to_string()))
            }
            (Some(_), None, None) => Err(wrong("`minutes_before` is too large")),
            _ => Err(wrong(
                "each needs exactly one of `minutes_before`, `trigger_at` and `trigger`",
            )),
        }
    }

    /// As a component. `title` is what it is about, `mail` the person's own address.
    fn build(&self, title: &str, mail: Option<&str>) -> Result<Component, ToolError> {
        let mut alarm = Component::new("VALARM");
        let description = self.description.as_deref().unwrap_or(title);
        let description = if description.is_empty() {
            "Reminder"
        } else {
            description
        };
        alarm.add(Property::new("ACTION", self.action.name()));
        alarm.add(self.trigger()?);
        match self.action {
            Action::Display => alarm.add(Property::text("DESCRIPTION", description)),
            Action::Audio => {}
            Action::Email => {
                let mail = mail.ok_or_else(|| {
                    ToolError::invalid_argument("your account has no mail address, so no reminder can be mailed to it")
                })?;
                alarm.add(Property::text(
                    "SUMMARY",
                    self.summary.as_deref().unwrap_or(description),
                ));
                alarm.add(Property::text("DESCRIPTION", description));
                alarm.add(Property::new("ATTENDEE", format!("mailto:{mail}")));
            }
        }
        Ok(alarm)
    }
}

impl Action {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Display => "DISPLAY",
            Self::Email => "EMAIL",
            Self::Audio => "AUDIO",
        }
    }
}

/// The reminders of an event or task. Odd ones of other programs are told as far as they can be.
pub(crate) fn told(component: &Component) -> Vec<ToldReminder> {
    component.components_named("VALARM").map(tell).collect()
}

fn tell(alarm: &Component) -> ToldReminder {
    let trigger = alarm.property("TRIGGER");
    let fixed = trigger
        .and_then(|trigger| When::of(trigger).ok())
        .filter(|when| !when.is_date());
    let duration = trigger.and_then(|trigger| Duration::parse(trigger.value()));
    ToldReminder {
        action: alarm.text("ACTION").unwrap_or_default().to_ascii_uppercase(),
        minutes_before: duration.map(|duration| -duration.nominal().num_minutes()),
        trigger_at: fixed.map(|when| utc(Zone::Utc.instant(when.local()))),
        trigger: trigger.map(|trigger| trigger.value().to_owned()),
        description: alarm.text("DESCRIPTION"),
        summary: alarm.text("SUMMARY"),
        related: trigger
            .and_then(|trigger| trigger.parameter("RELATED"))
            .map(str::to_ascii_uppercase),
    }
}

/// Makes the reminders those of `wanted`. One that is there already stays as it was written.
pub(crate) fn replace(
    component: &mut Component,
    wanted: &[Reminder],
    title: &str,
    mail: Option<&str>,
) -> Result<(), ToolError> {
    if wanted.len() > MOST_REMINDERS {
        return Err(ToolError::invalid_argument(format!(
            "argument `reminders`: at most {MOST_REMINDERS} are allowed"
        )));
    }
    let mut old: Vec<Component> = component.components_named("VALARM").cloned().collect();
    let mut new = Vec::new();
    for reminder in wanted {
        let built = reminder.build(title, mail)?;
        let same = old.iter().position(|alarm| is_same(alarm, &built, reminder));
        new.push(same.map_or(built, |place| old.remove(place)));
    }
    let is_alarm = |entry: &Entry| matches!(entry, Entry::Component(inner) if inner.is("VALARM"));
    let place = component.entries.iter().position(is_alarm);
    component.retain(|entry| !is_alarm(entry));
    let place = place.unwrap_or(component.entries.len()).min(component.entries.len());
    for (offset, alarm) in new.into_iter().enumerate() {
        component.entries.insert(place + offset, Entry::Component(alarm));
    }
    Ok(())
}

/// Whether an alarm is already what `wanted`, built as `built`, asks for.
fn is_same(alarm: &Component, built: &Component, wanted: &Reminder) -> bool {
    let (old, new) = (tell(alarm), tell(built));
    let same_time = old.trigger_at == new.trigger_at
        && old.minutes_before == new.minutes_before
        && old.related.as_deref().unwrap_or("START") == new.related.as_deref().unwrap_or("START");
    let same_words = wanted.description.is_none() || old.description == new.description;
    let same_subject = wanted.summary.is_none() || old.summary == new.summary;
    old.action == new.action && same_time && same_words && same_subject
}

/// Sets the one simple reminder of a kind: so many minutes before. None and zero take it away.
pub(crate) fn set_simple(
    component: &mut Component,
    action: Action,
    minutes: Option<i64>,
    title: &str,
    mail: Option<&str>,
) -> Result<(), ToolError> {
    let places: Vec<usize> = (0..component.entries.len())
        .filter(|place| match &component.entries[*place] {
            Entry::Component(alarm) => alarm.is("VALARM") && tell(alarm).action == action.name(),
            _ => false,
        })
        .collect();
    let minutes = minutes.filter(|minutes| *minutes > 0);
    match (places.as_slice(), minutes) {
        ([], None) => Ok(()),
        ([], Some(minutes)) => {
            let alarm = Reminder::before(action, minutes).build(title, mail)?;
            component.add_component(alarm);
            Ok(())
        }
        ([place], None) => {
            component.entries.remove(*place);
            Ok(())
        }
        ([place], Some(minutes)) => {
            let new = Reminder::before(action, minutes).trigger()?;
            if let Entry::Component(alarm) = &mut component.entries[*place]
                && tell(alarm).minutes_before != Some(minutes)
            {
                alarm.set(new);
            }
            Ok(())
        }
        _ => Err(ToolError::invalid_argument(format!(
            "there are several reminders of the kind {}: give the whole list in `reminders`",
            action.name()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use nc_proto::content::Document;

    use super::*;

    fn event(alarms: &str) -> Document {
        let text = format!("BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Plan\r\n{alarms}X-END:1\r\nEND:VEVENT\r\n");
        Document::parse(text.as_bytes()).expect("an event")
    }

    const ODD: &str = "BEGIN:VALARM\r\nUID:77\r\nACTION:DISPLAY\r\nX-MOZ:1\r\nTRIGGER;VALUE=DURATION:-PT15M\r\n\
                       DESCRIPTION:Mozilla\r\nEND:VALARM\r\n";

    #[test]
    fn reminders_without_a_trigger_are_told_too() {
        let document = event("BEGIN:VALARM\r\nACTION:X-ODD\r\nEND:VALARM\r\n");
        let told = told(document.root().expect("root"));
        assert_eq!((told[0].action.as_str(), told[0].minutes_before), ("X-ODD", None));
    }

    #[test]
    fn a_reminder_that_stays_keeps_every_byte() {
        let mut document = event(ODD);
        let before = document.to_bytes();
        let wanted = [Reminder::before(Action::Display, 15)];
        replace(document.root_mut().expect("root"), &wanted, "Plan", None).expect("replaced");
        assert_eq!(document.to_bytes(), before);
        set_simple(
            document.root_mut().expect("root"),
            Action::Display,
            Some(15),
            "Plan",
            None,
        )
        .expect("set");
        assert_eq!(document.to_bytes(), before);
        set_simple(
            document.root_mut().expect("root"),
            Action::Display,
            Some(30),
            "Plan",
            None,
        )
        .expect("set");
        let text = String::from_utf8(document.to_bytes()).expect("text");
        assert!(text.contains("TRIGGER:-PT30M") && text.contains("X-MOZ:1"), "{text}");
    }

    #[test]
    fn each_kind_has_what_the_rfc_demands() {
        let mut document = event("");
        let wanted = [
            Reminder {
                trigger: Some("-P1D".to_owned()),
                related: Some(Related::End),
                ..Reminder::default()
            },
            Reminder::before(Action::Audio, 5),
            Reminder {
                action: Action::Email,
                trigger_at: Some("2026-11-24T10:00:00+01:00".to_owned()),
                ..Reminder::default()
            },
        ];
        replace(
            document.root_mut().expect("root"),
            &wanted,
            "Plan",
            Some("a@example.org"),
        )
        .expect("replaced");
        let text = String::from_utf8(document.to_bytes()).expect("text");
        assert!(
            text.contains("TRIGGER;RELATED=END:-P1D\r\nDESCRIPTION:Plan\r\n"),
            "{text}"
        );
        assert!(text.contains("ACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM"), "{text}");
        assert!(
            text.contains("TRIGGER;VALUE=DATE-TIME:20261124T090000Z\r\nSUMMARY:Plan\r\n"),
            "{text}"
        );
        assert!(text.contains("ATTENDEE:mailto:a@example.org\r\n"), "{text}");
    }

    #[test]
    fn a_reminder_needs_exactly_one_time() {
        for wrong in [
            Reminder::default(),
            Reminder {
                trigger_at: Some("2026-11-24T10:00:00".to_owned()),
                ..Reminder::default()
            },
            Reminder {
                trigger: Some("15".to_owned()),
                ..Reminder::default()
            },
            Reminder {
                trigger: Some("-PT15M".to_owned()),
                ..Reminder::before(Action::Display, 15)
            },
        ] {
            let mut document = event("");
            replace(document.root_mut().expect("root"), &[wrong], "Plan", None).expect_err("refused");
        }
    }
}
