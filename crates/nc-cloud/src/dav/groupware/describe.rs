//! The properties of everything here, by what it is.

mod collection;
mod item;
mod principal;
mod reports;

use nc_proto::dav::{
    Element, Name, PropStat, Propfind, Response,
    calendar::props::TRASH_BIN_RETENTION_DURATION,
    props::{
        CURRENT_USER_PRINCIPAL, CURRENT_USER_PRIVILEGE_SET, DISPLAYNAME, GETCONTENTLENGTH, GETCONTENTTYPE, GETETAG,
        GETLASTMODIFIED, RESOURCETYPE,
    },
};

pub(super) use collection::{Facts, sync_token};
pub(super) use item::{content_type, of_object, of_stub};

use super::{
    super::DavError,
    node::{Folder, Node},
    privileges,
    view::home_address,
    wire::Session,
};
use crate::collections::HomeKind;

/// What `d:allprop` means. The properties of `CalDAV` and `CardDAV` are not among them (RFC 4791 §5.2).
const USUAL: [Name; 6] = [
    RESOURCETYPE,
    DISPLAYNAME,
    GETETAG,
    GETCONTENTTYPE,
    GETCONTENTLENGTH,
    GETLASTMODIFIED,
];

/// The properties that are asked for, and what to do with those that are missing.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) names: Vec<Name>,
    /// Whether those that are missing are named, as where they were asked for by name.
    tells_missing: bool,
    without_values: bool,
}

impl Wanted {
    pub(super) const fn of_names(names: Vec<Name>) -> Self {
        Self {
            names,
            tells_missing: true,
            without_values: false,
        }
    }

    pub(super) fn of(question: Propfind) -> Self {
        let is_named = matches!(question, Propfind::Prop(_));
        let without_values = question == Propfind::PropName;
        let names = match question {
            Propfind::Prop(names) => names,
            Propfind::AllProp { include } => {
                let extra = include.into_iter().filter(|name| !USUAL.contains(name));
                USUAL.into_iter().chain(extra).collect()
            }
            Propfind::PropName => {
                let mut names = USUAL.to_vec();
                names.extend([CURRENT_USER_PRINCIPAL, CURRENT_USER_PRIVILEGE_SET, Name::dav("owner")]);
                names
            }
        };
        Self {
            names,
            tells_missing: is_named,
            without_values,
        }
    }

    /// The answer about one resource; `value` gives its properties.
    pub(super) fn respond(&self, href: String, value: impl Fn(&Name) -> Option<Element>) -> Response {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for name in &self.names {
            match value(name) {
                Some(_) if self.without_values => found.push(Element::new(name.clone())),
                Some(element) => found.push(element),
                None if self.tells_missing => missing.push(Element::new(name.clone())),
                None => {}
            }
        }
        Response::of_props(href, vec![PropStat::new(200, found), PropStat::new(404, missing)])
    }
}

/// The answer about a node.
pub(super) async fn of_node(session: &Session, node: &Node, wanted: &Wanted) -> Result<Response, DavError> {
    if let Node::Item(view, object) = node {
        return Ok(of_stub(session, view, &object.stub(), wanted));
    }
    if let Node::Trashed(collection, object) = node {
        return Ok(item::of_trashed(session, collection, object, wanted, None));
    }
    let facts = match node {
        Node::Collection(view) => Some(Facts::of(session, view).await?),
        _ => None,
    };
    let principal = principal::Facts::of(session, node).await?;
    let href = session.href(&address(session, node)?, true);
    Ok(wanted.respond(href, |name| {
        let of_collection = || facts.as_ref().and_then(|facts| facts.property(session, name));
        let of_principal = || principal.as_ref().and_then(|facts| facts.property(session, name));
        common(session, node, name).or_else(of_collection).or_else(of_principal)
    }))
}

/// The answer about something in the trash, with its text where it is wanted.
pub(super) fn of_trashed(
    session: &Session,
    collection: &crate::collections::Collection,
    object: &crate::collections::Object,
    wanted: &Wanted,
    data: Option<Element>,
) -> Response {
    item::of_trashed(session, collection, object, wanted, data)
}

/// Where a node is, below `/remote.php/dav`.
fn address(session: &Session, node: &Node) -> Result<Vec<String>, DavError> {
    let below = |home, names: &[&str]| {
        let mut address = home_address(home, session.user()?);
        address.extend(names.iter().map(|name| (*name).to_owned()));
        Ok(address)
    };
    match node {
        Node::Collection(view) => Ok(view.names.clone()),
        Node::Home(home) => below(*home, &[]),
        Node::Outbox => below(HomeKind::Calendars, &["outbox"]),
        Node::Trash => below(HomeKind::Calendars, &["trashbin"]),
        Node::TrashObjects => below(HomeKind::Calendars, &["trashbin", "objects"]),
        Node::TrashRestore => below(HomeKind::Calendars, &["trashbin", "restore"]),
        Node::User(account) => Ok(["principals", "users", &account.id].map(str::to_owned).to_vec()),
        Node::Group(id) => Ok(["principals", "groups", id].map(str::to_owned).to_vec()),
        Node::Folder(Folder::Users) => Ok(["principals", "users"].map(str::to_owned).to_vec()),
        Node::Folder(Folder::Groups) => Ok(["principals", "groups"].map(str::to_owned).to_vec()),
        Node::Folder(_) | Node::Item(..) | Node::Trashed(..) => Ok(session.names.clone()),
    }
}

/// What every resource has.
fn common(session: &Session, node: &Node, name: &Name) -> Option<Element> {
    let element = Element::new(name.clone());
    if *name == CURRENT_USER_PRIVILEGE_SET {
        return Some(privileges::of(node));
    }
    if *name == RESOURCETYPE {
        return Some(element.with_all(kinds(node).into_iter().map(Element::new)));
    }
    if *name == CURRENT_USER_PRINCIPAL {
        let Some(viewer) = &session.viewer else {
            return Some(element.with(Element::new(Name::dav("unauthenticated"))));
        };
        return Some(element.with(principal_href(session, viewer.user.as_str())));
    }
    if *name == Name::dav("supported-report-set") {
        return Some(reports::supported(node));
    }
    if *name == Name::dav("principal-collection-set") {
        let all = ["users", "groups", "calendar-resources", "calendar-rooms"];
        return Some(element.with_all(all.map(|kind| href(session, &["principals", kind]))));
    }
    if *name == TRASH_BIN_RETENTION_DURATION && matches!(node, Node::Trash) {
        let kept = session.cloud.config().trash_kept.as_secs();
        return Some(Element::text(name.clone(), kept.to_string()));
    }
    if *name == Name::dav("owner") {
        return match node {
            Node::Home(_) | Node::Outbox | Node::Trash | Node::TrashObjects | Node::TrashRestore => {
                let user = session.user().ok()?;
                Some(element.with(principal_href(session, user.as_str())))
            }
            _ => None,
        };
    }
    None
}

/// The kinds of a resource: the content of `d:resourcetype`.
fn kinds(node: &Node) -> Vec<Name> {
    let mut kinds = vec![Name::dav("collection")];
    match node {
        Node::Collection(view) => kinds.extend(collection::kinds(view)),
        Node::Outbox => kinds.push(Name::constant(nc_proto::dav::CALDAV, "schedule-outbox")),
        Node::Trash => kinds.push(Name::constant(
            nc_proto::dav::calendar::props::NEXTCLOUD_COM,
            "trash-bin",
        )),
        Node::User(_) | Node::Group(_) => kinds.push(Name::dav("principal")),
        Node::Item(..) | Node::Trashed(..) => kinds.clear(),
        _ => {}
    }
    kinds
}

/// `d:href` with the address of these names.
fn href<N: AsRef<str>>(session: &Session, names: &[N]) -> Element {
    Element::text(Name::dav("href"), session.href(names, true))
}

/// `d:href` of a user.
fn principal_href(session: &Session, user: &str) -> Element {
    href(session, &["principals", "users", user])
}
