use nc_proto::dav::{CALDAV, CARDDAV, Element, Name};

use super::super::{
    node::Node,
    view::{Source, View},
};
use crate::collections::Kind;

/// `d:supported-report-set`: only what works here.
pub(super) fn supported(node: &Node) -> Element {
    let mut names = Vec::new();
    if let Node::Collection(view) = node {
        names.extend(of_view(view));
    }
    if matches!(node, Node::TrashObjects) {
        names.push(Name::constant(CALDAV, "calendar-query"));
    }
    names.extend(
        [
            "expand-property",
            "principal-match",
            "principal-property-search",
            "principal-search-property-set",
        ]
        .map(Name::dav),
    );
    let reports = names.into_iter().map(|name| {
        let report = Element::new(Name::dav("report")).with(Element::new(name));
        Element::new(Name::dav("supported-report")).with(report)
    });
    Element::new(Name::dav("supported-report-set")).with_all(reports)
}

fn of_view(view: &View) -> Vec<Name> {
    let of = |namespace, names: &[&'static str]| names.iter().map(|name| Name::constant(namespace, name)).collect();
    let mut names: Vec<Name> = match view.collection.kind {
        Kind::AddressBook => of(CARDDAV, &["addressbook-multiget", "addressbook-query"]),
        Kind::Inbox => of(CALDAV, &["calendar-multiget", "calendar-query"]),
        Kind::Calendar | Kind::Subscription => of(CALDAV, &["calendar-multiget", "calendar-query", "free-busy-query"]),
    };
    if syncs(view) {
        names.insert(0, Name::dav("sync-collection"));
    }
    names
}

/// Whether clients can ask a collection for what changed.
pub(super) fn syncs(view: &View) -> bool {
    view.collection.kind != Kind::Inbox && view.source != Source::Recent
}
