//! The messages of `CalDAV` (RFC 4791), of sharing as Nextcloud and Apple do it, and of making collections (RFC 5689).
//! Each is read by the server and written by the client.

mod data;
mod filter;
mod make;
mod matching;
pub mod props;
mod reports;
mod sharing;
#[cfg(test)]
mod tests;
mod time_range;

pub use data::{CalendarDataRequest, CompSelection, PropSelection};
pub use filter::{CompFilter, CompTest, ParamFilter, ParamTest, PropFilter, PropTest};
pub use make::{MakeCalendar, MakeCollection};
pub(super) use reports::hrefs;
pub use reports::{CalendarMultiget, CalendarQuery, FreeBusyQuery};
pub use sharing::{ShareAccess, ShareRequest, ShareSet};
pub use time_range::{TimeRange, format_utc, parse_utc};

use super::{Element, Name, props as dav_props};

const PROP: Name = Name::dav("prop");
const ALLPROP: Name = Name::dav("allprop");

/// The properties that a report asks for. `d:allprop` means the usual ones.
pub(super) fn requested(root: &Element) -> Vec<Name> {
    match root.find(&PROP) {
        Some(prop) => prop.names(),
        None if root.find(&ALLPROP).is_some() => vec![
            dav_props::GETETAG,
            dav_props::GETCONTENTTYPE,
            dav_props::GETCONTENTLENGTH,
            dav_props::GETLASTMODIFIED,
            dav_props::RESOURCETYPE,
        ],
        None => Vec::new(),
    }
}

/// An attribute without namespace.
pub(super) fn attribute<'a>(element: &'a Element, local: &str) -> Option<&'a str> {
    let found = element.attributes.iter().find(|(name, _)| name.is("", local));
    found.map(|(_, value)| value.as_str())
}

/// Adds an attribute without namespace.
pub(super) fn with_attribute(mut element: Element, local: &'static str, value: impl Into<String>) -> Element {
    element.attributes.push((Name::constant("", local), value.into()));
    element
}
