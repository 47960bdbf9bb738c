use std::collections::BTreeSet;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use nc_proto::{
    content::{Component, Document, Entry, Property},
    dav::calendar::props as cal,
};

use super::{
    super::DavError,
    PAGE,
    describe::Facts,
    view::View,
    wire::{Session, Verb},
};

/// Answers `?export`: everything in one file.
pub(super) async fn serve(session: &Session, view: &View) -> Result<Response, DavError> {
    let (kind, body) = if view.is_calendar() {
        ("text/calendar;charset=UTF-8", calendar(session, view).await?)
    } else {
        ("text/directory;charset=UTF-8", cards(session, view).await?)
    };
    let extension = if view.is_calendar() { "ics" } else { "vcf" };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"export.{extension}\""),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((StatusCode::OK, headers, Body::from(body)).into_response())
}

/// Each zone once, then each object's components.
async fn calendar(session: &Session, view: &View) -> Result<Vec<u8>, DavError> {
    let facts = Facts::of(session, view).await?;
    let mut calendar = Component::new("VCALENDAR");
    for (name, value) in [
        ("VERSION", "2.0"),
        ("CALSCALE", "GREGORIAN"),
        ("PRODID", "-//SabreDAV//SabreDAV//EN"),
    ] {
        calendar.add(Property::new(name, value));
    }
    if let Some(name) = facts.display_name() {
        calendar.add(Property::text("X-WR-CALNAME", &name));
    }
    if let Some(colour) = facts.written(&cal::CALENDAR_COLOR) {
        calendar.add(Property::text("X-APPLE-CALENDAR-COLOR", &colour.content()));
    }
    calendar.add(Property::new("REFRESH-INTERVAL", "PT4H").with("VALUE", "DURATION"));
    calendar.add(Property::new("X-PUBLISHED-TTL", "PT4H"));
    let mut zones = BTreeSet::new();
    let mut zone_parts = Vec::new();
    let mut parts = Vec::new();
    let mut after = 0;
    loop {
        let page = view.objects(session, &(i64::MIN..i64::MAX), after, PAGE).await?;
        for object in page
            .iter()
            .filter(|object| session.allows(Verb::Read, &object.component))
        {
            let Ok(document) = Document::parse(&object.data) else {
                continue;
            };
            let entries = document.root().map(|root| root.entries.clone()).unwrap_or_default();
            for entry in entries {
                match entry {
                    Entry::Component(part) if part.is("VTIMEZONE") => {
                        let is_new = zones.insert(part.text("TZID").unwrap_or_default());
                        zone_parts.extend(is_new.then_some(Entry::Component(part)));
                    }
                    Entry::Component(part) => parts.push(Entry::Component(part)),
                    _ => {}
                }
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = last.id,
            _ => break,
        }
    }
    calendar.entries.extend(zone_parts);
    calendar.entries.extend(parts);
    Ok(Document::of(calendar).to_bytes())
}

async fn cards(session: &Session, view: &View) -> Result<Vec<u8>, DavError> {
    let mut body = Vec::new();
    let mut after = 0;
    loop {
        let page = view.objects(session, &(i64::MIN..i64::MAX), after, PAGE).await?;
        for object in &page {
            body.extend_from_slice(&object.data);
            if !object.data.ends_with(b"\n") {
                body.extend_from_slice(b"\r\n");
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = last.id,
            _ => return Ok(body),
        }
    }
}
