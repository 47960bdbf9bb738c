use std::ops::Range;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{attribute, with_attribute};
use crate::dav::{Element, Name, XmlError};

const FORM: &str = "%Y%m%dT%H%M%SZ";

/// A stretch of time of which one end may be open, RFC 4791 §9.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeRange {
    /// The first moment.
    pub start: Option<DateTime<Utc>>,
    /// The first moment that does not belong to it.
    pub end: Option<DateTime<Utc>>,
}

impl TimeRange {
    /// Both ends, where an open one is the first or last moment of the years 1 to 9999.
    pub fn bounds(&self) -> Range<DateTime<Utc>> {
        let start = self.start.unwrap_or(FIRST);
        start..self.end.unwrap_or(LAST)
    }

    /// Reads the attributes of an element.
    pub(in crate::dav) fn from_element(element: &Element) -> Result<Self, XmlError> {
        let read = |name| {
            let text = attribute(element, name);
            text.map(|text| {
                parse_utc(text).ok_or_else(|| XmlError::Invalid(format!("the {name} of a time range is not UTC time")))
            })
            .transpose()
        };
        let range = Self {
            start: read("start")?,
            end: read("end")?,
        };
        match (range.start, range.end) {
            (None, None) => Err(XmlError::Invalid("a time range without start and end".to_owned())),
            (Some(start), Some(end)) if start >= end => {
                Err(XmlError::Invalid("a time range ends before it starts".to_owned()))
            }
            _ => Ok(range),
        }
    }

    /// Writes an element with the attributes.
    pub(in crate::dav) fn to_element(self, name: Name) -> Element {
        let mut element = Element::new(name);
        if let Some(start) = self.start {
            element = with_attribute(element, "start", format_utc(start));
        }
        if let Some(end) = self.end {
            element = with_attribute(element, "end", format_utc(end));
        }
        element
    }

    /// Reads the attributes of an element that must have both.
    pub(super) fn closed(element: &Element) -> Result<Range<DateTime<Utc>>, XmlError> {
        match Self::from_element(element)? {
            Self {
                start: Some(start),
                end: Some(end),
            } => Ok(start..end),
            _ => Err(XmlError::Invalid(format!("{} needs both start and end", element.name))),
        }
    }
}

impl From<Range<DateTime<Utc>>> for TimeRange {
    fn from(range: Range<DateTime<Utc>>) -> Self {
        Self {
            start: Some(range.start),
            end: Some(range.end),
        }
    }
}

const FIRST: DateTime<Utc> = moment(-62_135_596_800);
const LAST: DateTime<Utc> = moment(253_402_300_799);

const fn moment(seconds: i64) -> DateTime<Utc> {
    match DateTime::from_timestamp(seconds, 0) {
        Some(moment) => moment,
        None => DateTime::<Utc>::UNIX_EPOCH,
    }
}

/// Reads `20261124T100000Z`, the only form that RFC 4791 §9.9 allows.
pub fn parse_utc(text: &str) -> Option<DateTime<Utc>> {
    let bytes = text.trim().as_bytes();
    let shaped = bytes.len() == 16
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            8 => *byte == b'T',
            15 => *byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let time = NaiveDateTime::parse_from_str(text.trim(), FORM)
        .ok()
        .filter(|_| shaped)?;
    let time = time.and_utc();
    (FIRST..=LAST).contains(&time).then_some(time)
}

/// Writes `20261124T100000Z`.
pub fn format_utc(time: DateTime<Utc>) -> String {
    time.format(FORM).to_string()
}
