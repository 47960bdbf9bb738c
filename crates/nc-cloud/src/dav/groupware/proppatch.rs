use std::collections::BTreeMap;

use axum::{body::Body, response::Response};
use nc_proto::dav::{
    APPLE, CALDAV, CALENDARSERVER, CARDDAV, DAV, Element, Multistatus, NEXTCLOUD, Name, OWNCLOUD, PropPatch, PropStat,
    PropUpdate, Response as Entry, SABRE, calendar::props as cal, props::DISPLAYNAME,
};

use super::{
    super::{DavError, MOST_PROPERTIES},
    node::Node,
    resolve,
    view::{Role, Source, View},
    wire::{Session, multistatus},
};

/// Longest value of a property, in bytes of XML. A calendar's zone is the longest that clients write.
const LONGEST_VALUE_BYTES: usize = 100_000;

/// Answers PROPPATCH: all steps or none (RFC 4918 §9.2).
pub(super) async fn serve(session: &Session, body: Body) -> Result<Response, DavError> {
    let patch = PropPatch::parse(&session.read_xml(body).await?)?;
    if patch.updates.len() > MOST_PROPERTIES {
        return Err(DavError::bad_request("The request changes too many properties"));
    }
    session.user()?;
    let view = match resolve::find(session).await? {
        Node::Collection(view) if can(&view) => view,
        Node::Collection(view) => return Err(view.missing()),
        _ => return Ok(answer(session, &patch, patch.updates.iter().map(|_| 403))),
    };
    session.demand_collection(&view.collection)?;
    let statuses: Vec<u16> = patch.updates.iter().map(judge).collect();
    let all_good = statuses.iter().all(|status| *status == 200);
    if all_good {
        let user = session.user()?;
        let mut change = session.collections().change(session.cloud.now()).await?;
        for update in &patch.updates {
            let (name, value) = match update {
                PropUpdate::Set(element) => (element.name.to_string(), Some(stored(element))),
                PropUpdate::Remove(name) => (name.to_string(), None),
            };
            change
                .set_property(view.collection.id, user, &name, value.as_deref())
                .await?;
        }
        if view.role == Role::Owner {
            change.count(view.collection.id).await?;
        }
        change.commit().await?;
    }
    let statuses = statuses.into_iter().map(|status| match (all_good, status) {
        (false, 200) => 424,
        (_, status) => status,
    });
    Ok(answer(session, &patch, statuses))
}

/// Who may look may also have colours and a name of their own.
fn can(view: &View) -> bool {
    view.source == Source::Stored && view.role != Role::Public && view.collection.deleted_at.is_none()
}

fn answer(session: &Session, patch: &PropPatch, statuses: impl Iterator<Item = u16>) -> Response {
    let mut by_status: BTreeMap<u16, Vec<Element>> = BTreeMap::new();
    for (update, status) in patch.updates.iter().zip(statuses) {
        let told = by_status.entry(status).or_default();
        let element = Element::new(update.name().clone());
        if !told.contains(&element) {
            told.push(element);
        }
    }
    let propstats = by_status
        .into_iter()
        .map(|(status, props)| PropStat::new(status, props))
        .collect();
    multistatus(&Multistatus {
        responses: vec![Entry::of_props(session.href(&session.names, false), propstats)],
        sync_token: None,
    })
}

/// The status of one step by itself.
fn judge(update: &PropUpdate) -> u16 {
    match update {
        PropUpdate::Set(element) if stored(element).len() > LONGEST_VALUE_BYTES => 507,
        PropUpdate::Set(element) if !is_sound(element) => 400,
        _ if can_write(update.name()) => 200,
        _ => 403,
    }
}

/// Names in the namespaces of the protocols mean something; of these, the ones that people write.
pub(super) fn can_write(name: &Name) -> bool {
    match name.namespace() {
        DAV => *name == DISPLAYNAME,
        CALDAV => matches!(
            name.local(),
            "calendar-description" | "calendar-timezone" | "calendar-timezone-id" | "schedule-calendar-transp"
        ),
        CARDDAV => name.local() == "addressbook-description",
        CALENDARSERVER => name.local() == "source" || name.local().starts_with("subscribed-strip-"),
        OWNCLOUD => matches!(name.local(), "calendar-enabled" | "enabled"),
        NEXTCLOUD | SABRE | cal::NEXTCLOUD_COM => false,
        _ => true,
    }
}

/// Colours are shown by every client; what is none breaks some.
fn is_sound(element: &Element) -> bool {
    let text = element.content();
    let text = text.trim();
    match (element.name.namespace(), element.name.local()) {
        (APPLE, "calendar-order") => text.parse::<i64>().is_ok(),
        (APPLE, "calendar-color") => text.len() <= 64,
        (CALDAV, "schedule-calendar-transp") => element
            .names()
            .iter()
            .any(|name| *name == Name::constant(CALDAV, "opaque") || *name == Name::constant(CALDAV, "transparent")),
        _ => true,
    }
}

/// A property as it lies in the database.
pub(super) fn stored(element: &Element) -> String {
    String::from_utf8_lossy(&element.to_document()).into_owned()
}

/// A property from the database.
pub(super) fn read(value: &str) -> Option<Element> {
    Element::parse(value.as_bytes()).ok()
}
