//! What the one who asks may do, RFC 3744 §5.4: in Nextcloud's order.

use nc_proto::dav::{CALDAV, Element, Name, props::CURRENT_USER_PRIVILEGE_SET};

use super::{
    node::Node,
    view::{Role, Source, View},
};
use crate::collections::{HomeKind, Kind, ShareAccess};

const WRITE: [&str; 7] = [
    "write",
    "write-properties",
    "write-content",
    "unlock",
    "bind",
    "unbind",
    "write-acl",
];
const READ: [&str; 3] = ["read", "read-acl", "read-current-user-privilege-set"];

/// `d:current-user-privilege-set`.
pub(super) fn of(node: &Node) -> Element {
    let (dav, cal) = names(node);
    let dav = dav.into_iter().map(Name::dav);
    let cal = cal.iter().map(|name| Name::constant(CALDAV, name));
    let privileges = dav.chain(cal);
    let privileges = privileges.map(|name| Element::new(Name::dav("privilege")).with(Element::new(name)));
    Element::new(CURRENT_USER_PRIVILEGE_SET).with_all(privileges)
}

fn names(node: &Node) -> (Vec<&'static str>, &'static [&'static str]) {
    let own = |all: bool| {
        let all = all.then_some("all");
        all.into_iter().chain(WRITE).chain(READ).collect()
    };
    match node {
        Node::Home(HomeKind::Calendars) => (own(false), &[]),
        Node::Home(HomeKind::AddressBooks) | Node::Trash | Node::TrashObjects | Node::TrashRestore => (own(true), &[]),
        Node::Collection(view) | Node::Item(view, _) => of_view(view),
        Node::Outbox => (
            READ.to_vec(),
            &[
                "schedule-send",
                "schedule-send-invite",
                "schedule-send-reply",
                "schedule-send-freebusy",
                "schedule-post-vevent",
            ],
        ),
        Node::Trashed(..) => ([&["unbind"][..], &READ].concat(), &[]),
        Node::User(_) | Node::Group(_) | Node::Folder(_) => (READ.to_vec(), &[]),
    }
}

fn of_view(view: &View) -> (Vec<&'static str>, &'static [&'static str]) {
    let busy: &[&str] = match view.collection.kind {
        Kind::Calendar | Kind::Subscription => &["read-free-busy"],
        _ => &[],
    };
    let only_own_properties = [&["write-properties"][..], &READ].concat();
    match (view.collection.kind, view.role) {
        (Kind::Inbox, _) => (
            [&["unbind", "write-properties"][..], &READ].concat(),
            &[
                "schedule-deliver",
                "schedule-deliver-invite",
                "schedule-deliver-reply",
                "schedule-query-freebusy",
            ],
        ),
        _ if view.source == Source::Recent => (READ.to_vec(), busy),
        (_, Role::Public) => (READ.to_vec(), busy),
        (Kind::Subscription, Role::Owner) => ([&["unbind", "write-properties"][..], &READ].concat(), busy),
        (_, Role::Owner) => ([&WRITE[..], &READ].concat(), busy),
        (_, Role::Shared(ShareAccess::Write)) => {
            let content = ["write", "write-properties", "write-content", "unlock", "bind", "unbind"];
            ([&content[..], &READ].concat(), busy)
        }
        (_, Role::Shared(ShareAccess::Read)) => (only_own_properties, busy),
    }
}
