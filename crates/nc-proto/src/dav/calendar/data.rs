use std::ops::Range;

use chrono::{DateTime, Utc};

use super::{TimeRange, attribute, props::CALENDAR_DATA, with_attribute};
use crate::dav::{CALDAV, Element, Name, XmlError};

const COMP: Name = Name::constant(CALDAV, "comp");
const ALLCOMP: Name = Name::constant(CALDAV, "allcomp");
const PROP: Name = Name::constant(CALDAV, "prop");
const ALLPROP: Name = Name::constant(CALDAV, "allprop");
const EXPAND: Name = Name::constant(CALDAV, "expand");
const LIMIT_RECURRENCE_SET: Name = Name::constant(CALDAV, "limit-recurrence-set");
const LIMIT_FREEBUSY_SET: Name = Name::constant(CALDAV, "limit-freebusy-set");

/// What is wanted of the text of an object: `calendar-data` in a request, RFC 4791 §9.6.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CalendarDataRequest {
    /// The format; none is `text/calendar`.
    pub content_type: Option<String>,
    /// The format's version; none is 2.0.
    pub version: Option<String>,
    /// Which parts; none is all.
    pub selection: Option<CompSelection>,
    /// Each occurrence of a series in this time on its own.
    pub expand: Option<Range<DateTime<Utc>>>,
    /// Only the changed occurrences that touch this time.
    pub limit_recurrence_set: Option<Range<DateTime<Utc>>>,
    /// Only the busy times that touch this time.
    pub limit_freebusy_set: Option<Range<DateTime<Utc>>>,
}

/// Which parts of a component are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompSelection {
    /// The component's name.
    pub name: String,
    /// The properties; none is all.
    pub properties: Option<Vec<PropSelection>>,
    /// The components inside; none is all.
    pub components: Option<Vec<Self>>,
}

/// A property that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropSelection {
    /// Its name.
    pub name: String,
    /// Whether its value is left out.
    pub without_value: bool,
}

impl CalendarDataRequest {
    /// Each occurrence in `range` on its own.
    pub fn expanded(range: Range<DateTime<Utc>>) -> Self {
        Self {
            expand: Some(range),
            ..Self::default()
        }
    }

    /// Reads the element from within `d:prop`.
    pub fn from_element(element: &Element) -> Result<Self, XmlError> {
        let range = |name| element.find(name).map(TimeRange::closed).transpose();
        Ok(Self {
            content_type: attribute(element, "content-type").map(str::to_owned),
            version: attribute(element, "version").map(str::to_owned),
            selection: element.find(&COMP).map(CompSelection::from_element).transpose()?,
            expand: range(&EXPAND)?,
            limit_recurrence_set: range(&LIMIT_RECURRENCE_SET)?,
            limit_freebusy_set: range(&LIMIT_FREEBUSY_SET)?,
        })
    }

    /// Writes the element.
    pub fn to_element(&self) -> Element {
        let mut element = Element::new(CALENDAR_DATA);
        if let Some(content_type) = &self.content_type {
            element = with_attribute(element, "content-type", &**content_type);
        }
        if let Some(version) = &self.version {
            element = with_attribute(element, "version", &**version);
        }
        let range = |range: &Option<Range<DateTime<Utc>>>, name| {
            range.clone().map(|range| TimeRange::from(range).to_element(name))
        };
        element
            .with_all(self.selection.as_ref().map(CompSelection::to_element))
            .with_all(range(&self.expand, EXPAND))
            .with_all(range(&self.limit_recurrence_set, LIMIT_RECURRENCE_SET))
            .with_all(range(&self.limit_freebusy_set, LIMIT_FREEBUSY_SET))
    }
}

impl CompSelection {
    fn from_element(element: &Element) -> Result<Self, XmlError> {
        let name = named(element)?;
        let properties = element.elements().filter(|child| child.name == PROP);
        let properties = properties.map(|child| {
            Ok(PropSelection {
                name: named(child)?,
                without_value: attribute(child, "novalue") == Some("yes"),
            })
        });
        let properties = properties.collect::<Result<Vec<_>, _>>()?;
        let components = element.elements().filter(|child| child.name == COMP);
        let components = components.map(Self::from_element).collect::<Result<Vec<_>, _>>()?;
        // An element that says nothing about what is inside wants all of it: clients send a bare `comp` for that.
        let bare = properties.is_empty() && components.is_empty();
        let all_properties = bare || element.find(&ALLPROP).is_some();
        let all_components = bare || element.find(&ALLCOMP).is_some();
        Ok(Self {
            name,
            properties: (!all_properties).then_some(properties),
            components: (!all_components).then_some(components),
        })
    }

    fn to_element(&self) -> Element {
        let mut element = with_attribute(Element::new(COMP), "name", &*self.name);
        match &self.properties {
            None => element = element.with(Element::new(ALLPROP)),
            Some(properties) => {
                element = element.with_all(properties.iter().map(|property| {
                    let child = with_attribute(Element::new(PROP), "name", &*property.name);
                    if property.without_value {
                        with_attribute(child, "novalue", "yes")
                    } else {
                        child
                    }
                }));
            }
        }
        match &self.components {
            None => element.with(Element::new(ALLCOMP)),
            Some(components) => element.with_all(components.iter().map(Self::to_element)),
        }
    }
}

pub(super) fn named(element: &Element) -> Result<String, XmlError> {
    let name = attribute(element, "name")
        .map(str::trim)
        .filter(|name| !name.is_empty());
    name.map(str::to_ascii_uppercase)
        .ok_or_else(|| XmlError::Invalid(format!("{} without a name", element.name)))
}
