//! What events, todos and journal entries say, read as it is meant. Nothing here fails: what cannot be read is not there.

mod alarm;
mod attendee;

#[cfg(test)]
mod tests;

use super::{When, rule::Rule};
use crate::content::{Component, Property};

pub use alarm::{Alarm, Trigger};
pub use attendee::Attendee;

/// A reader of what all kinds of components share.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a>(&'a Component);

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment<'a> {
    /// Its address; [`None`] if its content lies in the object.
    pub uri: Option<&'a str>,
    /// Its media type.
    pub media_type: Option<&'a str>,
    /// Its file name, as several programs tell it.
    pub name: Option<&'a str>,
    /// The size of a content that lies in the object.
    pub size_bytes: Option<usize>,
}

/// `RELATED-TO`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The other's `UID`.
    pub uid: String,
    /// `PARENT`, `CHILD`, `SIBLING` or another word; `PARENT` if nothing is said.
    pub kind: String,
}

impl<'a> Item<'a> {
    /// Of a component.
    pub const fn of(component: &'a Component) -> Self {
        Self(component)
    }

    /// The component.
    pub const fn component(&self) -> &'a Component {
        self.0
    }

    /// `UID`
    pub fn uid(&self) -> Option<String> {
        self.text("UID")
    }

    /// `SUMMARY`
    pub fn summary(&self) -> Option<String> {
        self.text("SUMMARY")
    }

    /// `DESCRIPTION`
    pub fn description(&self) -> Option<String> {
        self.text("DESCRIPTION")
    }

    /// `LOCATION`
    pub fn location(&self) -> Option<String> {
        self.text("LOCATION")
    }

    /// `STATUS`, in capitals.
    pub fn status(&self) -> Option<String> {
        self.word("STATUS")
    }

    /// `CLASS`, in capitals.
    pub fn class(&self) -> Option<String> {
        self.word("CLASS")
    }

    /// `PRIORITY`: 1 is the highest, 9 the lowest; 0, which means none, is not given.
    pub fn priority(&self) -> Option<u8> {
        self.number("PRIORITY").filter(|priority| (1..=9).contains(priority))
    }

    /// `URL`
    pub fn url(&self) -> Option<&'a str> {
        self.raw("URL")
    }

    /// `COLOR`: a name of CSS.
    pub fn color(&self) -> Option<&'a str> {
        self.raw("COLOR")
    }

    /// `CATEGORIES`, of all lines, each once.
    pub fn categories(&self) -> Vec<String> {
        let mut categories = Vec::new();
        for category in self.0.properties_named("CATEGORIES").flat_map(Property::texts) {
            let category = category.trim().to_owned();
            if !category.is_empty() && !categories.contains(&category) {
                categories.push(category);
            }
        }
        categories
    }

    /// `RELATED-TO`
    pub fn relations(&self) -> Vec<Relation> {
        self.0
            .properties_named("RELATED-TO")
            .map(|property| Relation {
                uid: property.text_value(),
                kind: property
                    .parameter("RELTYPE")
                    .map_or_else(|| "PARENT".to_owned(), str::to_ascii_uppercase),
            })
            .collect()
    }

    /// `ORGANIZER`
    pub fn organizer(&self) -> Option<Attendee<'a>> {
        self.0.property("ORGANIZER").map(Attendee::of)
    }

    /// `ATTENDEE`
    pub fn attendees(&self) -> Vec<Attendee<'a>> {
        self.0.properties_named("ATTENDEE").map(Attendee::of).collect()
    }

    /// Its `VALARM`s.
    pub fn alarms(&self) -> Vec<Alarm> {
        self.0.components_named("VALARM").map(Alarm::of).collect()
    }

    /// `ATTACH`
    pub fn attachments(&self) -> Vec<Attachment<'a>> {
        self.0.properties_named("ATTACH").map(attachment).collect()
    }

    /// The text of its first `RRULE`.
    pub fn rule_text(&self) -> Option<&'a str> {
        self.raw("RRULE")
    }

    /// Its first `RRULE`, if it can be followed.
    pub fn rule(&self) -> Option<Rule> {
        Rule::read(self.rule_text()?).ok()
    }

    /// Whether it takes place more than once.
    pub fn is_series(&self) -> bool {
        self.0.property("RRULE").is_some() || self.0.property("RDATE").is_some()
    }

    /// `RECURRENCE-ID`
    pub fn recurrence_id(&self) -> Option<When> {
        self.when("RECURRENCE-ID")
    }

    /// `SEQUENCE`
    pub fn sequence(&self) -> u32 {
        self.number("SEQUENCE").unwrap_or(0)
    }

    /// `CREATED`
    pub fn created(&self) -> Option<When> {
        self.when("CREATED")
    }

    /// `LAST-MODIFIED`
    pub fn last_modified(&self) -> Option<When> {
        self.when("LAST-MODIFIED")
    }

    /// `DTSTART`
    pub fn start(&self) -> Option<When> {
        self.when("DTSTART")
    }

    /// A time.
    pub fn when(&self, name: &str) -> Option<When> {
        When::of(self.0.property(name)?).ok()
    }

    /// A text that says something.
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.text(name).filter(|text| !text.trim().is_empty())
    }

    fn word(self, name: &str) -> Option<String> {
        self.raw(name).map(str::to_ascii_uppercase)
    }

    fn raw(self, name: &str) -> Option<&'a str> {
        let value = self.0.property(name)?.value().trim();
        (!value.is_empty()).then_some(value)
    }

    fn number<T: std::str::FromStr>(self, name: &str) -> Option<T> {
        self.raw(name)?.parse().ok()
    }

    pub(super) fn is_word(self, name: &str, word: &str) -> bool {
        self.raw(name).is_some_and(|value| value.eq_ignore_ascii_case(word))
    }

    pub(super) fn percent(self) -> Option<u8> {
        self.number("PERCENT-COMPLETE").filter(|percent| *percent <= 100)
    }
}

fn attachment(property: &Property) -> Attachment<'_> {
    let is_inline = property
        .parameter("VALUE")
        .is_some_and(|value| value.eq_ignore_ascii_case("BINARY"))
        || property
            .parameter("ENCODING")
            .is_some_and(|encoding| encoding.eq_ignore_ascii_case("BASE64"));
    let value = property.value().trim();
    Attachment {
        uri: (!is_inline).then_some(value),
        media_type: property.parameter("FMTTYPE"),
        name: [
            "FILENAME",
            "X-FILENAME",
            "X-APPLE-FILENAME",
            "X-LABEL",
            "X-NC-FILE-NAME",
        ]
        .iter()
        .find_map(|name| property.parameter(name)),
        size_bytes: is_inline.then(|| value.trim_end_matches('=').len() * 3 / 4),
    }
}
