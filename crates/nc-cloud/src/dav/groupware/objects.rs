use axum::response::Response;
use http::StatusCode;
use nc_proto::{
    content::{Component, Document, ParseError, Property},
    dav::{CALDAV, CARDDAV, ETag, Element, Name},
};

use super::{
    super::{DavError, answer},
    node::Node,
    resolve, scheduling, trash,
    view::{Role, View},
    wire::{Session, Verb},
};
use crate::{
    collections::{CollectionError, Kind, NewObject, span},
    random,
};

/// An object that may be stored.
pub(super) struct Sound {
    pub(super) document: Document,
    pub(super) component: String,
    uid: String,
    data: Vec<u8>,
    /// Whether it is not what was sent.
    pub(super) is_mended: bool,
}

impl Sound {
    /// As it is stored. What scheduling made of it counts.
    pub(super) fn into_object(self, name: &str, scheduled: Option<scheduling::Scheduled>) -> NewObject {
        let span = match self.document.root() {
            Some(root) if root.is("VCALENDAR") => span(root),
            _ => 0..0,
        };
        let (data, schedule_tag) = match scheduled {
            Some(scheduled) => (scheduled.data.unwrap_or(self.data), Some(scheduled.tag)),
            None => (self.data, None),
        };
        NewObject {
            uri: name.to_owned(),
            uid: Some(self.uid),
            component: self.component,
            data,
            span,
            schedule_tag,
        }
    }
}

/// Whether a text may be stored in a collection. One without UID gets one, as on Nextcloud.
pub(super) fn check(view: &View, data: Vec<u8>) -> Result<Sound, DavError> {
    if view.is_calendar() {
        check_calendar(view, data)
    } else {
        check_card(data)
    }
}

fn check_calendar(view: &View, data: Vec<u8>) -> Result<Sound, DavError> {
    let unreadable = |reason: &str| {
        let message = format!("This resource only supports valid iCalendar 2.0 data. Parse error: {reason}");
        DavError::unsupported_body(message)
    };
    let mut document = Document::parse(&data).map_err(|error| unreadable(&reason(error)))?;
    std::str::from_utf8(&data).map_err(|_| unreadable("the text is not UTF-8"))?;
    let root = document.root().filter(|root| root.is("VCALENDAR"));
    let root = root.ok_or_else(|| DavError::unsupported_body("This collection can only support iCalendar objects."))?;
    let invalid = |message: &str| {
        let condition = Element::new(Name::constant(CALDAV, "valid-calendar-object-resource"));
        DavError::violates("Forbidden", message, condition)
    };
    if document.roots().count() > 1 {
        return Err(invalid("There must be one VCALENDAR"));
    }
    let parts: Vec<&Component> = root.components().filter(|part| !part.is("VTIMEZONE")).collect();
    let first = parts
        .first()
        .ok_or_else(|| invalid("iCalendar object must contain at least 1 of VEVENT, VTODO, VJOURNAL or VFREEBUSY"))?;
    let component = first.name().to_ascii_uppercase();
    if parts.iter().any(|part| !part.is(&component)) {
        return Err(invalid("A calendar object must only contain 1 kind of component"));
    }
    if !view.collection.takes(&component) {
        let taken = view.collection.components.join(", ");
        let message = format!("iCalendar objects must at least have a component of type {taken}");
        let condition = Element::new(Name::constant(CALDAV, "supported-calendar-component"));
        return Err(DavError::violates(
            "Sabre\\CalDAV\\Exception\\InvalidComponentType",
            message,
            condition,
        ));
    }
    let uid = first.text("UID").map(|uid| uid.trim().to_owned());
    let uid = uid.filter(|uid| !uid.is_empty());
    let same = |part: &&Component| part.text("UID").map(|uid| uid.trim().to_owned()) == uid;
    if uid.is_some() && !parts.iter().all(same) {
        return Err(invalid("Every component in this object must have the same UID"));
    }
    if uid.is_none() && parts.iter().any(|part| part.property("UID").is_some()) {
        return Err(invalid("Every component in this object must have the same UID"));
    }
    let Some(uid) = uid else {
        let uid = format!("sabre-vobject-{}", random::uuid()?);
        add_uid(&mut document, &uid);
        return Ok(Sound {
            data: document.to_bytes(),
            document,
            component,
            uid,
            is_mended: true,
        });
    };
    Ok(Sound {
        document,
        component,
        uid,
        data,
        is_mended: false,
    })
}

fn add_uid(document: &mut Document, uid: &str) {
    let parts = document.root_mut().into_iter().flat_map(Component::components_mut);
    for part in parts.filter(|part| !part.is("VTIMEZONE")) {
        part.remove("UID");
        part.add(Property::text("UID", uid));
    }
}

fn check_card(data: Vec<u8>) -> Result<Sound, DavError> {
    let unreadable = |reason: &str| {
        let message = format!("This resource only supports valid vCard or jCard data. Parse error: {reason}");
        DavError::unsupported_body(message)
    };
    let mut document = Document::parse(&data).map_err(|error| unreadable(&reason(error)))?;
    std::str::from_utf8(&data).map_err(|_| unreadable("the text is not UTF-8"))?;
    let root = document.root_mut().filter(|root| root.is("VCARD"));
    let root = root.ok_or_else(|| DavError::unsupported_body("This collection can only support vcard objects."))?;
    let mut is_mended = false;
    let uid = root.text("UID").map(|uid| uid.trim().to_owned());
    let uid = if let Some(uid) = uid.filter(|uid| !uid.is_empty()) {
        uid
    } else {
        is_mended = true;
        let uid = random::uuid()?.to_string();
        root.remove("UID");
        root.add(Property::text("UID", &uid));
        uid
    };
    if root.property("FN").is_none() {
        is_mended = true;
        root.add(Property::text("FN", &full_name(root)));
    }
    Ok(Sound {
        data: if is_mended { document.to_bytes() } else { data },
        document,
        component: "VCARD".to_owned(),
        uid,
        is_mended,
    })
}

/// Sabre's way to a name for a card without: from the parts of the name, the company or the mail address.
fn full_name(card: &Component) -> String {
    let parts = card.property("N").map(Property::parts).unwrap_or_default();
    let part = |index: usize| parts.get(index).and_then(|values| values.first()).cloned();
    let names: Vec<String> = [part(1), part(0)]
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
        .collect();
    if !names.is_empty() {
        return names.join(" ");
    }
    let other = ["ORG", "EMAIL"].iter().find_map(|name| card.text(name));
    other.unwrap_or_default()
}

fn reason(error: ParseError) -> String {
    match error {
        ParseError::NothingBegins => "This parser only supports VCARD and VCALENDAR files".to_owned(),
        error => error.to_string(),
    }
}

/// The refusal behind an error of the store.
pub(super) fn refuse(session: &Session, view: &View, error: CollectionError) -> DavError {
    match error {
        CollectionError::UidTaken(name) => {
            let href = Element::text(Name::dav("href"), session.href(&view.child(&name), false));
            let (message, namespace) = if view.is_calendar() {
                (
                    "Calendar object with uid already exists in this calendar collection.",
                    CALDAV,
                )
            } else {
                (
                    "VCard object with uid already exists in this addressbook collection.",
                    CARDDAV,
                )
            };
            let condition = Element::new(Name::constant(namespace, "no-uid-conflict")).with(href);
            DavError::uid_conflict(message, condition)
        }
        CollectionError::Precondition(current) => precondition(session, current),
        error => error.into(),
    }
}

fn precondition(session: &Session, current: Option<String>) -> DavError {
    let etag = current.and_then(|tag| ETag::parse(&tag));
    if session.headers.contains_key("if-match") {
        let message = if etag.is_some() {
            "An If-Match header was specified, but none of the specified ETags matched."
        } else {
            "An If-Match header was specified and the resource did not exist"
        };
        return DavError::precondition("If-Match", message, etag);
    }
    if session.headers.contains_key("if-schedule-tag-match") {
        let message = "An If-Schedule-Tag-Match header was specified, but the tag did not match.";
        return DavError::precondition("If-Schedule-Tag-Match", message, None);
    }
    let message = "An If-None-Match header was specified, but the ETag matched (or * was specified).";
    DavError::precondition("If-None-Match", message, None)
}

/// Answers DELETE.
pub(super) async fn delete(session: &Session) -> Result<Response, DavError> {
    let skips_trash = session
        .header("x-nc-caldav-no-trashbin")?
        .is_some_and(|value| value.trim() == "1");
    match resolve::find(session).await? {
        Node::Item(view, object) => {
            session.demand(Verb::Write, &object.component)?;
            let is_message = view.collection.kind == Kind::Inbox && view.role == Role::Owner;
            if !view.is_writable() && !is_message {
                return Err(view.missing());
            }
            let condition = session.condition()?;
            let mut change = session.collections().change(session.cloud.now()).await?;
            let to_trash = view.collection.kind == Kind::Calendar && !skips_trash;
            let deleted = change
                .delete(view.collection.id, &object.uri, &condition, to_trash)
                .await;
            let deleted = deleted.map_err(|error| match error {
                CollectionError::NotFound => DavError::missing("Calendar object not found"),
                error => refuse(session, &view, error),
            })?;
            scheduling::delete(session, &mut change, &view, &deleted).await?;
            change.commit().await?;
        }
        Node::Collection(view) => trash::delete_collection(session, &view, skips_trash).await?,
        Node::Trashed(_, object) => {
            session.demand(Verb::Write, &object.component)?;
            let mut change = session.collections().change(session.cloud.now()).await?;
            change.purge(&object).await?;
            change.commit().await?;
        }
        _ => return Err(DavError::forbidden("Permission denied to delete node")),
    }
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
