use std::collections::HashSet;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use nc_proto::{
    content::Document,
    dav::{
        CALDAV, CARDDAV, Element, ExpandProperty, Multistatus, Name, PrincipalPropertySearch, Response as Entry,
        SyncCollection, XmlError,
        addressbook::{AddressbookMultiget, AddressbookQuery},
        calendar::{CalendarMultiget, CalendarQuery, CompFilter, FreeBusyQuery, TimeRange},
    },
    ical::zones::Zone,
};

use super::{
    super::{DavError, MOST_PROPERTIES},
    PAGE, busy, calendar_data,
    describe::{self, Wanted},
    node::Node,
    principal_reports, resolve, sync_collection,
    texts::{DataRequest, Texts},
    view::View,
    wire::{Session, Verb, multistatus},
};
use crate::collections::{Kind, Object};

/// Answers REPORT.
pub(super) async fn serve(session: &Session, body: Body) -> Result<Response, DavError> {
    let root = Element::parse(&session.read_xml(body).await?)?;
    let node = resolve::find(session).await?;
    if root
        .find(&Name::dav("prop"))
        .is_some_and(|prop| prop.elements().count() > MOST_PROPERTIES)
    {
        return Err(DavError::bad_request("The request asks for too many properties"));
    }
    if root.name == ExpandProperty::ROOT {
        return principal_reports::expand(session, &node, &root).await;
    }
    if root.name == PrincipalPropertySearch::ROOT {
        return principal_reports::search(session, &root).await;
    }
    if root.name == Name::dav("principal-match") {
        return principal_reports::match_self(session, &root).await;
    }
    if root.name == Name::dav("principal-search-property-set") {
        return Ok(principal_reports::searchable());
    }
    match &node {
        Node::Collection(view) if root.name == SyncCollection::ROOT && view.collection.kind != Kind::Inbox => {
            sync_collection::serve(session, view, &root).await
        }
        Node::Collection(view) if view.is_calendar() && root.name == CalendarQuery::ROOT => {
            calendar_query(session, view, &root).await
        }
        Node::Collection(_) | Node::Home(_) if root.name == CalendarMultiget::ROOT => {
            let report = CalendarMultiget::from_element(&root).map_err(|error| bad_filter(CALDAV, &error))?;
            let texts = Texts::new(report.data.map(DataRequest::Calendar));
            multiget(session, &report.hrefs, report.properties, texts).await
        }
        Node::Collection(_) | Node::Home(_) if root.name == AddressbookMultiget::ROOT => {
            let report = AddressbookMultiget::from_element(&root).map_err(|error| bad_filter(CARDDAV, &error))?;
            let texts = Texts::new(report.data.map(DataRequest::Card));
            multiget(session, &report.hrefs, report.properties, texts).await
        }
        Node::Collection(view) if !view.is_calendar() && root.name == AddressbookQuery::ROOT => {
            addressbook_query(session, view, &root).await
        }
        Node::Collection(view) if view.is_calendar() && root.name == FreeBusyQuery::ROOT => {
            free_busy(session, view, &root).await
        }
        Node::TrashObjects if root.name == CalendarQuery::ROOT => trash_query(session, &root).await,
        _ => Err(DavError::unknown_report()),
    }
}

pub(super) fn bad_filter(namespace: &'static str, error: &XmlError) -> DavError {
    let condition = Element::new(Name::constant(namespace, "valid-filter"));
    DavError::violates("Forbidden", error.to_string(), condition)
}

fn unknown_collation(namespace: &'static str, name: &str) -> DavError {
    let condition = Element::new(Name::constant(namespace, "supported-collation"));
    DavError::violates("Forbidden", format!("The collation {name} is not supported"), condition)
}

fn parse_query(root: &Element) -> Result<CalendarQuery, DavError> {
    if !CalendarQuery::has_filter(root) {
        let message = "The {urn:ietf:params:xml:ns:caldav}filter element is required for this request";
        return Err(DavError::bad_request(message));
    }
    let query = CalendarQuery::from_element(root).map_err(|error| bad_filter(CALDAV, &error))?;
    if let Some(name) = query.filter.unknown_collation() {
        return Err(unknown_collation(CALDAV, name));
    }
    Ok(query)
}

async fn calendar_query(session: &Session, view: &View, root: &Element) -> Result<Response, DavError> {
    let query = parse_query(root)?;
    let floating = calendar_data::floating_zone(session, view, query.timezone.as_deref()).await?;
    let range = seconds(query.filter.rough_range().as_ref());
    let wanted = Wanted::of_names(query.properties.clone());
    let mut texts = Texts::new(query.data.clone().map(DataRequest::Calendar));
    let mut responses = Vec::new();
    let mut after = 0;
    loop {
        let page = view.objects(session, &range, after, PAGE).await?;
        let last = page
            .last()
            .map(|object| object.id)
            .filter(|_| page.len() == PAGE as usize);
        let seen = page
            .into_iter()
            .filter(|object| session.allows(Verb::Read, &object.component));
        for object in matching(seen.collect(), &query.filter, &floating).await? {
            let text = texts.of(&object).await?;
            responses.push(describe::of_object(session, view, &object, &wanted, text));
        }
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    Ok(answer(responses))
}

/// The objects that a filter finds. Apart from the threads that answer requests: a filter may have to go through many
/// occurrences.
async fn matching(objects: Vec<Object>, filter: &CompFilter, floating: &Zone) -> Result<Vec<Object>, DavError> {
    let (filter, floating) = (filter.clone(), floating.clone());
    let matched = tokio::task::spawn_blocking(move || {
        let found = objects.into_iter().filter(|object| {
            let document = Document::parse(&object.data).ok();
            let root = document.as_ref().and_then(Document::root);
            root.is_some_and(|calendar| filter.matches(calendar, &floating))
        });
        found.collect()
    });
    matched
        .await
        .map_err(|_| DavError::from(crate::Error::Internal("a task was lost")))
}

/// The range as the store has it.
fn seconds(range: Option<&TimeRange>) -> std::ops::Range<i64> {
    match range {
        Some(range) => {
            let bounds = range.bounds();
            bounds.start.timestamp()..bounds.end.timestamp()
        }
        None => i64::MIN..i64::MAX,
    }
}

async fn trash_query(session: &Session, root: &Element) -> Result<Response, DavError> {
    let query = parse_query(root)?;
    let mut texts = Texts::new(query.data.clone().map(DataRequest::Calendar));
    let wanted = Wanted::of_names(query.properties.clone());
    let mut responses = Vec::new();
    for (collection, object) in session.collections().list_trash(session.user()?).await? {
        if !session.allows(Verb::Read, &object.component) {
            continue;
        }
        for object in matching(vec![object], &query.filter, &Zone::Utc).await? {
            let text = texts.of(&object).await?;
            responses.push(describe::of_trashed(session, &collection, &object, &wanted, text));
        }
    }
    Ok(answer(responses))
}

async fn addressbook_query(session: &Session, view: &View, root: &Element) -> Result<Response, DavError> {
    let query = AddressbookQuery::from_element(root).map_err(|error| bad_filter(CARDDAV, &error))?;
    if let Some(name) = query.filter.unknown_collation() {
        return Err(unknown_collation(CARDDAV, name));
    }
    let wanted = Wanted::of_names(query.properties.clone());
    let mut texts = Texts::new(query.data.clone().map(DataRequest::Card));
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    let mut responses = Vec::new();
    let mut is_cut = false;
    let mut after = 0;
    'all: loop {
        let page = view.objects(session, &(i64::MIN..i64::MAX), after, PAGE).await?;
        for object in &page {
            let document = Document::parse(&object.data).ok();
            let root = document.as_ref().and_then(Document::root);
            if !root.is_some_and(|card| query.filter.matches(card)) {
                continue;
            }
            if responses.len() >= limit {
                is_cut = true;
                break 'all;
            }
            let text = texts.of(object).await?;
            responses.push(describe::of_object(session, view, object, &wanted, text));
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = last.id,
            _ => break,
        }
    }
    if is_cut {
        // RFC 6352 §8.6.2.
        let mut cut = Entry::of_status(session.href(&view.names, true), 507);
        cut.errors = vec![Element::new(Name::dav("number-of-matches-within-limits"))];
        responses.push(cut);
    }
    Ok(answer(responses))
}

async fn multiget(
    session: &Session,
    hrefs: &[String],
    properties: Vec<Name>,
    mut texts: Texts,
) -> Result<Response, DavError> {
    let wanted = Wanted::of_names(properties);
    let mut responses = Vec::new();
    let mut last: Option<View> = None;
    let mut seen = HashSet::new();
    for href in hrefs {
        // An answer tells of each address once (RFC 4918 §14.24).
        if !seen.insert(href) {
            continue;
        }
        let found = find_item(session, href, &mut last).await?;
        responses.push(match found {
            Some((view, object)) => {
                let text = texts.of(&object).await?;
                describe::of_object(session, &view, &object, &wanted, text)
            }
            None => Entry::of_status(href.clone(), 404),
        });
    }
    Ok(answer(responses))
}

/// The object at an address. The collection is looked up once for those that follow in the same one.
async fn find_item(session: &Session, href: &str, last: &mut Option<View>) -> Result<Option<(View, Object)>, DavError> {
    let Ok(names) = session.names_of(href) else {
        return Ok(None);
    };
    let Some((name, parent)) = names.split_last() else {
        return Ok(None);
    };
    if last.as_ref().is_none_or(|view| view.names != parent) {
        *last = match resolve::find_names(session, parent).await {
            Ok(Node::Collection(view)) => Some(view),
            Err(error) if error.status() == StatusCode::INTERNAL_SERVER_ERROR => return Err(error),
            _ => None,
        };
    }
    let Some(view) = last else {
        return Ok(None);
    };
    let object = view.find(session, name).await?;
    let object = object.filter(|object| session.allows(Verb::Read, &object.component));
    Ok(object.map(|object| (view.clone(), object)))
}

async fn free_busy(session: &Session, view: &View, root: &Element) -> Result<Response, DavError> {
    session.demand(Verb::Read, "VEVENT")?;
    let query = FreeBusyQuery::from_element(root).map_err(|error| bad_filter(CALDAV, &error))?;
    let body = busy::of_view(session, view, query.start..query.end).await?;
    let headers = [(header::CONTENT_TYPE, "text/calendar;charset=UTF-8")];
    Ok((StatusCode::OK, headers, Body::from(body)).into_response())
}

fn answer(responses: Vec<Entry>) -> Response {
    multistatus(&Multistatus {
        responses,
        sync_token: None,
    })
}
