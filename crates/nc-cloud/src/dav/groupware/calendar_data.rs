//! Objects of calendars in the form that was asked for, RFC 4791 §9.6.

use nc_proto::{
    content::{Component, Document, Entry},
    dav::calendar::{CalendarDataRequest, CompSelection, props as cal},
    ical::{
        recurrence,
        zones::{Zone, zone_named},
    },
};

use super::{super::DavError, describe::Facts, view::View, wire::Session};

/// A text as a request wants it; one that cannot be understood stays as it is.
pub(super) fn select(data: &[u8], wanted: &CalendarDataRequest) -> Vec<u8> {
    if *wanted == CalendarDataRequest::default() {
        return data.to_vec();
    }
    let Ok(document) = Document::parse(data) else {
        return data.to_vec();
    };
    let Some(calendar) = document.root() else {
        return data.to_vec();
    };
    let mut calendar = calendar.clone();
    if let Some(range) = &wanted.expand {
        calendar = recurrence::expand(&calendar, range.clone(), &Zone::Utc);
    } else if let Some(range) = &wanted.limit_recurrence_set {
        calendar = recurrence::limit(&calendar, range.clone(), &Zone::Utc);
    }
    if let Some(selection) = &wanted.selection
        && calendar.is(&selection.name)
    {
        keep(&mut calendar, selection);
    }
    Document::of(calendar).to_bytes()
}

fn keep(component: &mut Component, selection: &CompSelection) {
    component.retain(|entry| match entry {
        Entry::Property(property) => selection
            .properties
            .as_ref()
            .is_none_or(|wanted| wanted.iter().any(|wanted| property.is(&wanted.name))),
        Entry::Component(inner) => selection
            .components
            .as_ref()
            .is_none_or(|wanted| wanted.iter().any(|wanted| inner.is(&wanted.name))),
        Entry::Other(_) => false,
    });
    let without_value = |name: &str| {
        let wanted = selection.properties.iter().flatten();
        wanted
            .into_iter()
            .any(|wanted| wanted.without_value && wanted.name.eq_ignore_ascii_case(name))
    };
    for property in component.properties_mut() {
        if without_value(property.name()) {
            property.set_value("");
        }
    }
    for inner in component.components_mut() {
        let wanted = selection
            .components
            .iter()
            .flatten()
            .find(|wanted| inner.is(&wanted.name));
        if let Some(wanted) = wanted.cloned() {
            keep(inner, &wanted);
        }
    }
}

/// The zone of times without one: what the request says, else what the calendar's owner said, else UTC.
pub(super) async fn floating_zone(session: &Session, view: &View, said: Option<&str>) -> Result<Zone, DavError> {
    if let Some(zone) = said.and_then(read_zone) {
        return Ok(zone);
    }
    let facts = Facts::of(session, view).await?;
    let written = facts
        .written(&cal::CALENDAR_TIMEZONE)
        .map(nc_proto::dav::Element::content);
    Ok(written.as_deref().and_then(read_zone).unwrap_or(Zone::Utc))
}

/// A zone from a whole `VCALENDAR`, or by its name.
fn read_zone(text: &str) -> Option<Zone> {
    if !text.contains("BEGIN:") {
        return zone_named(text.trim());
    }
    let document = Document::parse(text.trim_start().as_bytes()).ok()?;
    let calendar = document.root()?;
    let name = calendar.components_named("VTIMEZONE").next()?.text("TZID")?;
    nc_proto::ical::zones::Zones::of(calendar).zone(&name)
}
