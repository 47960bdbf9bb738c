//! Invitations, answers and cancellations between organizer and attendees: iTIP (RFC 5546) as far as servers exchange it
//! for their users (RFC 6638).

use chrono::{DateTime, Utc};

use super::When;
use crate::content::{Component, Entry, Property};

#[cfg(test)]
mod tests;

/// Parameters that are between a person and their own server.
const PRIVATE: [&str; 3] = ["SCHEDULE-STATUS", "SCHEDULE-AGENT", "SCHEDULE-FORCE-SEND"];

/// Properties whose change is news to the people invited.
const NEWS: [&str; 13] = [
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "STATUS",
    "SUMMARY",
    "LOCATION",
    "DESCRIPTION",
    "URL",
    "CONFERENCE",
];

/// Who tells the others of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// The server.
    Server,
    /// The person's program does it by itself.
    Client,
    /// Nobody.
    None,
}

impl Agent {
    /// What an `ORGANIZER` or `ATTENDEE` says; the server where it says nothing (RFC 6638 §7.1).
    pub fn of(property: &Property) -> Self {
        match property
            .parameter("SCHEDULE-AGENT")
            .map(str::to_ascii_uppercase)
            .as_deref()
        {
            None | Some("SERVER") => Self::Server,
            Some("CLIENT") => Self::Client,
            Some(_) => Self::None,
        }
    }
}

/// Whether two calendar addresses are the same: `mailto:` and hosts know no case.
pub fn is_same_address(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

/// The events, tasks and journal entries of an object.
fn parts(calendar: &Component) -> impl Iterator<Item = &Component> {
    calendar.components().filter(|part| is_part(part))
}

fn is_part(component: &Component) -> bool {
    ["VEVENT", "VTODO", "VJOURNAL"].iter().any(|kind| component.is(kind))
}

/// Who organizes; the first that is named.
pub fn organizer(calendar: &Component) -> Option<&Property> {
    parts(calendar).find_map(|part| part.property("ORGANIZER"))
}

/// Everybody who is invited to any occurrence, once each.
pub fn attendees(calendar: &Component) -> Vec<&Property> {
    let mut found: Vec<&Property> = Vec::new();
    for property in parts(calendar).flat_map(|part| part.properties_named("ATTENDEE")) {
        if !found
            .iter()
            .any(|known| is_same_address(known.value(), property.value()))
        {
            found.push(property);
        }
    }
    found
}

/// Whether a person is invited to any occurrence.
pub fn is_invited(calendar: &Component, address: &str) -> bool {
    parts(calendar).any(|part| is_invited_to(part, address))
}

fn is_invited_to(part: &Component, address: &str) -> bool {
    let mut invited = part.properties_named("ATTENDEE");
    invited.any(|attendee| is_same_address(attendee.value(), address))
}

/// Which occurrence a component is about: `RECURRENCE-ID` in one form.
fn id(part: &Component) -> Option<String> {
    let property = part.property("RECURRENCE-ID")?;
    let tzid = property.parameter("TZID").unwrap_or_default();
    Some(format!("{tzid}:{}", property.value().trim()))
}

/// Whether a new version of an object has something that people want to be told.
pub fn is_news(old: &Component, new: &Component) -> bool {
    let facts = |calendar: &Component| {
        let mut facts: Vec<String> = Vec::new();
        for part in parts(calendar) {
            let id = id(part).unwrap_or_default();
            let told = part
                .properties()
                .filter(|property| NEWS.iter().any(|name| property.is(name)));
            facts.extend(told.map(|property| {
                let tzid = property.parameter("TZID").unwrap_or_default();
                format!(
                    "{id} {} {tzid} {}",
                    property.name().to_ascii_uppercase(),
                    property.value()
                )
            }));
            facts.push(id);
        }
        facts.sort_unstable();
        facts
    };
    facts(old) != facts(new)
}

/// What an attendee is sent: the occurrences that they are invited to, without what is private to the organizer. `None`
/// where they are invited to nothing.
pub fn request(calendar: &Component, attendee: &str) -> Option<Component> {
    let mut message = calendar.clone();
    message.remove("METHOD");
    let is_master_open = parts(calendar).any(|part| id(part).is_none() && is_invited_to(part, attendee));
    let others: Vec<When> = parts(calendar)
        .filter(|part| !is_invited_to(part, attendee))
        .filter_map(|part| When::of(part.property("RECURRENCE-ID")?).ok())
        .collect();
    message.retain(|entry| match entry {
        Entry::Component(part) if is_part(part) => is_invited_to(part, attendee),
        _ => true,
    });
    for part in message.components_mut().filter(|part| is_part(part)) {
        part.retain(|entry| !matches!(entry, Entry::Component(alarm) if alarm.is("VALARM")));
        strip(part);
        if is_master_open && id(part).is_none() {
            for when in &others {
                part.add(when.property("EXDATE"));
            }
        }
    }
    parts(&message).next()?;
    Some(message)
}

fn strip(part: &mut Component) {
    for property in part.properties_mut() {
        if property.is("ATTENDEE") || property.is("ORGANIZER") {
            for name in PRIVATE {
                if property.parameter(name).is_some() {
                    property.remove_parameter(name);
                }
            }
        }
    }
}

/// The message with its method, as it lies in an inbox.
pub fn message(calendar: &Component, method: &str) -> Component {
    let mut message = calendar.clone();
    message.set(Property::new("METHOD", method));
    message
}

/// An attendee's copy of what they were sent: their own alarms are kept.
pub fn copy(sent: &Component, existing: Option<&Component>) -> Component {
    let mut copy = sent.clone();
    let Some(existing) = existing else {
        return copy;
    };
    for part in copy.components_mut().filter(|part| is_part(part)) {
        let known = parts(existing).find(|known| id(known) == id(part));
        // An occurrence that was changed for the first time rings as the others do.
        let known = known.or_else(|| parts(existing).find(|known| id(known).is_none()));
        for alarm in known.into_iter().flat_map(|known| known.components_named("VALARM")) {
            part.add_component(alarm.clone());
        }
    }
    copy
}

/// What an attendee's copy becomes when it is cancelled: everything, or what the attendee was invited to no longer.
pub fn cancelled(existing: &Component, now: DateTime<Utc>) -> Component {
    let mut cancelled = existing.clone();
    for part in cancelled.components_mut().filter(|part| is_part(part)) {
        part.set(Property::new("STATUS", "CANCELLED"));
        let sequence = part.text("SEQUENCE").and_then(|text| text.trim().parse::<u64>().ok());
        part.set(Property::new(
            "SEQUENCE",
            sequence.map_or(1, |number| number.saturating_add(1)).to_string(),
        ));
        stamp(part, now);
    }
    cancelled
}

fn stamp(part: &mut Component, now: DateTime<Utc>) {
    part.set(When::Utc(now.naive_utc()).property("DTSTAMP"));
}

/// What an attendee says to each occurrence that is described: `PARTSTAT` by `RECURRENCE-ID`.
fn answers<'a>(calendar: &'a Component, attendee: &'a str) -> impl Iterator<Item = (Option<String>, String)> + 'a {
    parts(calendar).filter_map(move |part| {
        let mut invited = part.properties_named("ATTENDEE");
        let property = invited.find(|property| is_same_address(property.value(), attendee))?;
        let said = property.parameter("PARTSTAT").unwrap_or("NEEDS-ACTION");
        Some((id(part), said.to_ascii_uppercase()))
    })
}

/// Whether an attendee said something new in their own copy.
pub fn is_answer(old: Option<&Component>, new: &Component, attendee: &str) -> bool {
    let known: Vec<_> = old.into_iter().flat_map(|old| answers(old, attendee)).collect();
    answers(new, attendee).any(|(id, said)| {
        let before = known.iter().find(|(known, _)| *known == id);
        // An occurrence that gets a version of its own says what the series said.
        let before = before.or_else(|| known.iter().find(|(known, _)| known.is_none()));
        before.map_or("NEEDS-ACTION", |(_, said)| said) != said
    })
}

/// What an organizer is sent: who answers, and to what.
pub fn reply(calendar: &Component, attendee: &str, declines: bool, now: DateTime<Utc>) -> Component {
    let mut reply = calendar.clone();
    reply.set(Property::new("METHOD", "REPLY"));
    reply.retain(|entry| match entry {
        Entry::Component(part) if is_part(part) => is_invited_to(part, attendee),
        _ => true,
    });
    for part in reply.components_mut().filter(|part| is_part(part)) {
        part.retain(|entry| match entry {
            Entry::Component(alarm) => !alarm.is("VALARM"),
            Entry::Property(property) => !property.is("ATTENDEE") || is_same_address(property.value(), attendee),
            Entry::Other(_) => true,
        });
        strip(part);
        stamp(part, now);
        let own = part.properties_mut().find(|property| property.is("ATTENDEE"));
        if let (true, Some(own)) = (declines, own) {
            own.set_parameter("PARTSTAT", "DECLINED");
        }
    }
    reply
}

/// Writes an attendee's answer into the organizer's object. Whether anything changed.
///
/// An answer to an occurrence that the organizer's object does not describe by itself gets a component of its own.
pub fn apply_reply(calendar: &mut Component, reply: &Component, attendee: &str) -> bool {
    let mut changed = false;
    for answer in parts(reply) {
        let said = answer
            .properties_named("ATTENDEE")
            .find(|property| is_same_address(property.value(), attendee))
            .and_then(|property| property.parameter("PARTSTAT"))
            .unwrap_or("NEEDS-ACTION")
            .to_owned();
        let wanted = id(answer);
        let described = parts(calendar).any(|part| id(part) == wanted);
        if !described && let Some(when) = answer.property("RECURRENCE-ID").and_then(|id| When::of(id).ok()) {
            let before = parts(calendar).find(|part| id(part).is_none());
            let Some(mut occurrence) = before.cloned() else {
                continue;
            };
            if standing(&occurrence, attendee).as_deref() == Some(said.as_str()) {
                continue;
            }
            for name in ["RRULE", "RDATE", "EXDATE", "EXRULE"] {
                occurrence.remove(name);
            }
            move_to(&mut occurrence, &when);
            calendar.add_component(occurrence);
        }
        for part in calendar
            .components_mut()
            .filter(|part| is_part(part) && id(part) == wanted)
        {
            let mut invited = part.properties_mut().filter(|property| property.is("ATTENDEE"));
            let Some(property) = invited.find(|property| is_same_address(property.value(), attendee)) else {
                continue;
            };
            if property.parameter("PARTSTAT") != Some(said.as_str()) {
                property.set_parameter("PARTSTAT", &said);
                property.remove_parameter("RSVP");
                property.set_parameter("SCHEDULE-STATUS", "2.0");
                changed = true;
            }
        }
    }
    changed
}

fn standing(part: &Component, attendee: &str) -> Option<String> {
    let mut invited = part.properties_named("ATTENDEE");
    let own = invited.find(|property| is_same_address(property.value(), attendee))?;
    own.parameter("PARTSTAT").map(str::to_owned)
}

/// Makes a copy of the series' component the one of the occurrence at `when`: as long as the series' are.
fn move_to(part: &mut Component, when: &When) {
    let start = part.property("DTSTART").and_then(|start| When::of(start).ok());
    let end = part.property("DTEND").and_then(|end| When::of(end).ok());
    if let (Some(start), Some(end)) = (start, end) {
        let length = end.local() - start.local();
        if let Some(local) = when.local().checked_add_signed(length) {
            part.set(when.at(local).property("DTEND"));
        }
    }
    part.set(when.property("DTSTART"));
    part.set(when.property("RECURRENCE-ID"));
}

/// Notes what became of the invitation of an attendee, RFC 6638 §7.3.
pub fn note_status(calendar: &mut Component, attendee: &str, status: &str) {
    for part in calendar.components_mut().filter(|part| is_part(part)) {
        for property in part.properties_mut() {
            if property.is("ATTENDEE")
                && is_same_address(property.value(), attendee)
                && property.parameter("SCHEDULE-STATUS") != Some(status)
            {
                property.set_parameter("SCHEDULE-STATUS", status);
            }
        }
    }
}

/// Notes what became of an answer to the organizer.
pub fn note_organizer_status(calendar: &mut Component, status: &str) {
    for part in calendar.components_mut().filter(|part| is_part(part)) {
        for property in part.properties_mut().filter(|property| property.is("ORGANIZER")) {
            property.set_parameter("SCHEDULE-STATUS", status);
        }
    }
}
