use nc_proto::dav::{
    DAV, Element, Name, Response,
    calendar::props::{CALENDAR_DATA, NEXTCLOUD_COM, SCHEDULE_TAG},
    props::{
        CURRENT_USER_PRINCIPAL, CURRENT_USER_PRIVILEGE_SET, GETCONTENTLENGTH, GETCONTENTTYPE, GETETAG, GETLASTMODIFIED,
        RESOURCETYPE,
    },
};

use super::{
    super::{super::answer, node::Node, privileges, view::View, wire::Session},
    Wanted, collection, principal_href,
};
use crate::collections::{Collection, Object, Stub};

/// The answer about an object.
pub(in super::super) fn of_stub(session: &Session, view: &View, stub: &Stub, wanted: &Wanted) -> Response {
    let href = session.href(&view.child(&stub.uri), false);
    wanted.respond(href, |name| property(session, view, stub, name))
}

/// The answer about an object, with its text in the form that was asked for.
pub(in super::super) fn of_object(
    session: &Session,
    view: &View,
    object: &Object,
    wanted: &Wanted,
    data: Option<Element>,
) -> Response {
    let mut response = of_stub(session, view, &object.stub(), wanted);
    if let Some(data) = data {
        add(&mut response, data);
    }
    response
}

fn add(response: &mut Response, data: Element) {
    match response.propstats.iter_mut().find(|propstat| propstat.status == 200) {
        Some(found) => found.props.push(data),
        None => response
            .propstats
            .insert(0, nc_proto::dav::PropStat::new(200, vec![data])),
    }
}

fn property(session: &Session, view: &View, stub: &Stub, name: &Name) -> Option<Element> {
    let text = |text: String| Some(Element::text(name.clone(), text));
    if *name == RESOURCETYPE {
        return Some(Element::new(name.clone()));
    }
    if *name == GETETAG {
        return text(format!("\"{}\"", stub.etag));
    }
    if *name == GETCONTENTTYPE {
        return text(content_type(&stub.component));
    }
    if *name == GETCONTENTLENGTH {
        return text(stub.size.to_string());
    }
    if *name == GETLASTMODIFIED {
        return text(answer::http_date(stub.modified_at));
    }
    if *name == SCHEDULE_TAG {
        return text(format!("\"{}\"", stub.schedule_tag.as_ref()?));
    }
    if *name == CURRENT_USER_PRIVILEGE_SET {
        return Some(privileges::of(&Node::Collection(view.clone())));
    }
    match (name.namespace(), name.local()) {
        (DAV, "owner") => {
            Some(Element::new(name.clone()).with(principal_href(session, view.collection.owner.as_str())))
        }
        (DAV, "displayname") => text(stub.uri.clone()),
        (DAV, _) if *name == CURRENT_USER_PRINCIPAL => {
            let user = session.user().ok()?;
            Some(Element::new(name.clone()).with(principal_href(session, user.as_str())))
        }
        _ => None,
    }
}

/// The answer about something in the trash.
pub(super) fn of_trashed(
    session: &Session,
    collection: &Collection,
    object: &Object,
    wanted: &Wanted,
    data: Option<Element>,
) -> Response {
    let user = collection.owner.as_str();
    let uri = format!("{}.ics", object.id);
    let href = session.href(&["calendars", user, "trashbin", "objects", &uri], false);
    let view = View::own(&collection.owner, collection.clone());
    let mut wanted = wanted.clone();
    wanted.names.retain(|name| *name != CALENDAR_DATA);
    let mut response = wanted.respond(href, |name| match (name.namespace(), name.local()) {
        (NEXTCLOUD_COM, "deleted-at") => {
            let at = collection::rfc3339(object.deleted_at?);
            Some(Element::text(name.clone(), at))
        }
        (NEXTCLOUD_COM, "calendar-uri") => Some(Element::text(name.clone(), &*collection.uri)),
        _ => property(session, &view, &object.stub(), name),
    });
    if let Some(data) = data {
        add(&mut response, data);
    }
    response
}

/// Nextcloud's types; clients tell events from tasks by them without reading any.
pub(in super::super) fn content_type(component: &str) -> String {
    match component {
        "VCARD" => "text/vcard; charset=utf-8".to_owned(),
        component => format!(
            "text/calendar; charset=utf-8; component={}",
            component.to_ascii_lowercase()
        ),
    }
}
