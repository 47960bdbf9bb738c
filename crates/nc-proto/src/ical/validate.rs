//! What a calendar may store: RFC 4791 §4.1.

use std::fmt;

use super::{
    ValueError, When,
    rule::{Rule, RuleError},
};
use crate::content::{Component, Document};

/// What an object is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `VEVENT`
    Event,
    /// `VTODO`
    Todo,
    /// `VJOURNAL`
    Journal,
    /// `VFREEBUSY`
    FreeBusy,
}

impl Kind {
    /// The component's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "VEVENT",
            Self::Todo => "VTODO",
            Self::Journal => "VJOURNAL",
            Self::FreeBusy => "VFREEBUSY",
        }
    }

    /// Of a component.
    pub fn of(component: &Component) -> Option<Self> {
        [Self::Event, Self::Todo, Self::Journal, Self::FreeBusy]
            .into_iter()
            .find(|kind| component.is(kind.name()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a valid object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Of which kind all its components are.
    pub kind: Kind,
    /// The `UID` that they share; [`None`] if none has one. Nextcloud gives such an object one.
    pub uid: Option<String>,
    /// Whether it takes place more than once.
    pub is_recurring: bool,
}

/// Why a calendar does not store an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// It is no `VCALENDAR`, or more than one.
    #[error("a calendar object is exactly one VCALENDAR")]
    NotOneCalendar,
    /// `METHOD` belongs to messages.
    #[error("a stored calendar object has no METHOD")]
    HasMethod,
    /// No event, todo or journal entry.
    #[error("the calendar object holds no event, todo or journal entry")]
    Empty,
    /// Of several kinds.
    #[error("the calendar object holds both {0} and {1}")]
    TwoKinds(Kind, Kind),
    /// Of several `UID`s.
    #[error("the components of a calendar object share one UID")]
    TwoUids,
    /// A start or end that cannot be read.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A rule that cannot be followed.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

/// Checks an object. `VERSION`, `PRODID` and `DTSTAMP` may be missing, as clients leave them out.
///
/// # Errors
/// [`ObjectError`], the first that is found.
pub fn object(document: &Document) -> Result<Summary, ObjectError> {
    let mut roots = document.roots();
    let calendar = match (roots.next(), roots.next()) {
        (Some(calendar), None) if calendar.is("VCALENDAR") => calendar,
        _ => return Err(ObjectError::NotOneCalendar),
    };
    if calendar.property("METHOD").is_some() {
        return Err(ObjectError::HasMethod);
    }
    let mut summary: Option<Summary> = None;
    for component in calendar.components() {
        let Some(kind) = Kind::of(component) else { continue };
        let uid = component.text("UID").filter(|uid| !uid.trim().is_empty());
        let is_recurring = ["RRULE", "RDATE", "RECURRENCE-ID"]
            .iter()
            .any(|name| component.property(name).is_some());
        check_times(component)?;
        match &mut summary {
            None => {
                summary = Some(Summary {
                    kind,
                    uid,
                    is_recurring,
                });
            }
            Some(first) if first.kind != kind => return Err(ObjectError::TwoKinds(first.kind, kind)),
            Some(first) if first.uid != uid => return Err(ObjectError::TwoUids),
            Some(first) => first.is_recurring |= is_recurring,
        }
    }
    summary.ok_or(ObjectError::Empty)
}

fn check_times(component: &Component) -> Result<(), ObjectError> {
    for name in ["DTSTART", "DTEND", "DUE", "RECURRENCE-ID"] {
        for property in component.properties_named(name) {
            When::of(property)?;
        }
    }
    for rule in component.properties_named("RRULE") {
        Rule::read(rule.value())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inner: &str) -> Result<Summary, ObjectError> {
        let text = format!("BEGIN:VCALENDAR\n{inner}END:VCALENDAR\n");
        object(&Document::parse(text.as_bytes()).expect("a component"))
    }

    #[test]
    fn one_kind_and_one_uid_make_an_object() {
        let summary = check(
            "BEGIN:VTIMEZONE\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nRRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:vevent\nUID:1\nRECURRENCE-ID:20260701\nEND:vevent\nBEGIN:X-OTHER\nEND:X-OTHER\n",
        );
        assert_eq!(
            summary,
            Ok(Summary {
                kind: Kind::Event,
                uid: Some("1".to_owned()),
                is_recurring: true
            })
        );
        assert_eq!(check("BEGIN:VTODO\nEND:VTODO\n").map(|summary| summary.uid), Ok(None));
    }

    #[test]
    fn everything_else_is_refused() {
        let event = |lines: &str| format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n");
        assert_eq!(check(""), Err(ObjectError::Empty));
        assert_eq!(
            check("METHOD:REQUEST\nBEGIN:VEVENT\nEND:VEVENT\n"),
            Err(ObjectError::HasMethod)
        );
        assert_eq!(
            check("BEGIN:VEVENT\nEND:VEVENT\nBEGIN:VTODO\nEND:VTODO\n"),
            Err(ObjectError::TwoKinds(Kind::Event, Kind::Todo))
        );
        assert_eq!(check(&(event("UID:1") + &event("UID:2"))), Err(ObjectError::TwoUids));
        assert_eq!(check(&(event("UID:1") + &event("X-A:1"))), Err(ObjectError::TwoUids));
        assert!(matches!(check(&event("DTSTART:soon")), Err(ObjectError::Value(_))));
        assert!(matches!(check(&event("RRULE:FREQ=NEVER")), Err(ObjectError::Rule(_))));
        let card = Document::parse(b"BEGIN:VCARD\nEND:VCARD\n").expect("a card");
        assert_eq!(object(&card), Err(ObjectError::NotOneCalendar));
        let two = Document::parse(b"BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\n").expect("two");
        assert_eq!(object(&two), Err(ObjectError::NotOneCalendar));
    }
}
