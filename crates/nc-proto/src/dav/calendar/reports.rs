use std::ops::Range;

use chrono::{DateTime, Utc};

use super::{CalendarDataRequest, CompFilter, PROP, TimeRange, props::CALENDAR_DATA, requested};
use crate::dav::{CALDAV, Element, Name, XmlError};

const CALENDAR_QUERY: Name = Name::constant(CALDAV, "calendar-query");
const CALENDAR_MULTIGET: Name = Name::constant(CALDAV, "calendar-multiget");
const FREE_BUSY_QUERY: Name = Name::constant(CALDAV, "free-busy-query");
const FILTER: Name = Name::constant(CALDAV, "filter");
const COMP_FILTER: Name = Name::constant(CALDAV, "comp-filter");
const TIMEZONE: Name = Name::constant(CALDAV, "timezone");
const TIMEZONE_ID: Name = Name::constant(CALDAV, "timezone-id");
const TIME_RANGE: Name = Name::constant(CALDAV, "time-range");
const HREF: Name = Name::dav("href");

/// The report `calendar-query`: the objects of a calendar that a filter finds. RFC 4791 §7.8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarQuery {
    /// Properties to be given, without `calendar-data`.
    pub properties: Vec<Name>,
    /// What is wanted of the text, if it is wanted.
    pub data: Option<CalendarDataRequest>,
    /// The condition; the outermost component is `VCALENDAR`.
    pub filter: CompFilter,
    /// The zone of floating times: a whole `VCALENDAR`, or the zone's name (RFC 7809).
    pub timezone: Option<String>,
}

/// The report `calendar-multiget`: the objects with these addresses. RFC 4791 §7.9.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarMultiget {
    /// Properties to be given, without `calendar-data`.
    pub properties: Vec<Name>,
    /// What is wanted of the text, if it is wanted.
    pub data: Option<CalendarDataRequest>,
    /// The addresses, encoded.
    pub hrefs: Vec<String>,
}

/// The report `free-busy-query`: when the owner of a calendar is busy. RFC 4791 §7.10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeBusyQuery {
    /// The first moment.
    pub start: DateTime<Utc>,
    /// The first moment that does not belong to it.
    pub end: DateTime<Utc>,
}

impl CalendarQuery {
    /// The root of the report's body.
    pub const ROOT: Name = CALENDAR_QUERY;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &CALENDAR_QUERY)?)
    }

    /// Whether there is a filter at all, which is another mistake than a wrong one.
    pub fn has_filter(root: &Element) -> bool {
        root.find(&FILTER).is_some()
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let filter = root.find(&FILTER).and_then(|filter| filter.find(&COMP_FILTER));
        let filter = filter.ok_or_else(|| {
            XmlError::Invalid(
                "The {urn:ietf:params:xml:ns:caldav}filter element is required for this request".to_owned(),
            )
        })?;
        let filter = CompFilter::from_element(filter)?;
        if filter.name != "VCALENDAR" {
            return Err(XmlError::Invalid("the outermost filter is not of VCALENDAR".to_owned()));
        }
        let (properties, data) = properties_and_data(root)?;
        Ok(Self {
            properties,
            data,
            filter,
            timezone: root.find_text(&TIMEZONE).or_else(|| root.find_text(&TIMEZONE_ID)),
        })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        let timezone = self.timezone.as_ref().map(|zone| {
            let name = if zone.contains(':') { TIMEZONE } else { TIMEZONE_ID };
            Element::text(name, zone.trim())
        });
        Element::new(CALENDAR_QUERY)
            .with(prop(&self.properties, self.data.as_ref()))
            .with(Element::new(FILTER).with(self.filter.to_element()))
            .with_all(timezone)
            .to_document()
    }
}

impl CalendarMultiget {
    /// The root of the report's body.
    pub const ROOT: Name = CALENDAR_MULTIGET;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &CALENDAR_MULTIGET)?)
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let (properties, data) = properties_and_data(root)?;
        Ok(Self {
            properties,
            data,
            hrefs: hrefs(root),
        })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        Element::new(CALENDAR_MULTIGET)
            .with(prop(&self.properties, self.data.as_ref()))
            .with_all(self.hrefs.iter().map(|href| Element::text(HREF, &**href)))
            .to_document()
    }
}

impl FreeBusyQuery {
    /// The root of the report's body.
    pub const ROOT: Name = FREE_BUSY_QUERY;

    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::from_element(&Element::parse_as(body, &FREE_BUSY_QUERY)?)
    }

    /// Reads a body that was parsed to find out which report it is.
    pub fn from_element(root: &Element) -> Result<Self, XmlError> {
        let range = root.find(&TIME_RANGE);
        let range = range.ok_or_else(|| XmlError::Invalid("a free-busy-query without time-range".to_owned()))?;
        let Range { start, end } = TimeRange::closed(range)?;
        Ok(Self { start, end })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        let range = TimeRange::from(self.start..self.end);
        Element::new(FREE_BUSY_QUERY)
            .with(range.to_element(TIME_RANGE))
            .to_document()
    }
}

/// The addresses in the body of a multiget.
pub(in crate::dav) fn hrefs(root: &Element) -> Vec<String> {
    let hrefs = root.elements().filter(|child| child.name == HREF);
    hrefs.map(|href| href.content().trim().to_owned()).collect()
}

fn properties_and_data(root: &Element) -> Result<(Vec<Name>, Option<CalendarDataRequest>), XmlError> {
    let mut properties = requested(root);
    properties.retain(|name| *name != CALENDAR_DATA);
    let data = root.find(&PROP).and_then(|prop| prop.find(&CALENDAR_DATA));
    Ok((properties, data.map(CalendarDataRequest::from_element).transpose()?))
}

fn prop(properties: &[Name], data: Option<&CalendarDataRequest>) -> Element {
    Element::of_names(PROP, properties).with_all(data.map(CalendarDataRequest::to_element))
}
