use axum::{body::Body, response::Response};
use http::StatusCode;
use nc_proto::dav::{self, DavPath, Depth, Element, Multistatus, Name, PropStat, Propfind, Response as Entry, props};

use super::{DavError, answer, files, search, visit::Visit};

/// Properties of the asker, not of what is asked about.
const ABOUT_THE_ASKER: [Name; 2] = [props::CURRENT_USER_PRINCIPAL, props::CURRENT_USER_PRIVILEGE_SET];

/// What a user may do below the root.
const PRIVILEGES: [&str; 10] = [
    "all",
    "read",
    "write",
    "write-properties",
    "write-content",
    "unlock",
    "bind",
    "unbind",
    "read-acl",
    "read-current-user-privilege-set",
];

/// A request for `/remote.php/dav/`, where clients find out who they are.
pub(super) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    match visit.method.as_str() {
        "OPTIONS" => Ok(files::options()),
        "GET" | "HEAD" => Ok(answer::empty(StatusCode::OK)),
        "PROPFIND" => {
            let question = Propfind::parse(&visit.read_body(body).await?)?;
            let known = [
                collection(),
                principal(visit),
                privileges(),
                principal_collections(visit),
            ];
            Ok(describe(visit, &question, &known))
        }
        "SEARCH" => search::serve(visit, &visit.tree().await?, body).await,
        method => Err(DavError::unknown_method(method)),
    }
}

/// A request for the folder of all homes, which nobody may list.
pub(super) fn serve_homes(visit: &Visit) -> Result<Response, DavError> {
    match visit.method.as_str() {
        "OPTIONS" => Ok(files::options()),
        "PROPFIND" if visit.depth()? == Some(Depth::Zero) => {
            let question = Propfind::Prop(vec![props::RESOURCETYPE]);
            Ok(describe(visit, &question, &[collection()]))
        }
        "PROPFIND" => Err(DavError::not_allowed("Listing members of this collection is disabled")),
        method => Err(DavError::unknown_method(method)),
    }
}

/// A request for somebody else's home: it looks like an empty folder that is closed, whether that user exists or not.
pub(super) async fn serve_foreign(visit: &Visit, body: Body) -> Result<Response, DavError> {
    let name = visit.path().name().unwrap_or_default();
    let owner = visit.place.base.name().unwrap_or_default();
    match visit.method.as_str() {
        "OPTIONS" => Ok(files::options()),
        "PROPFIND" if visit.path().is_root() => {
            let question = Propfind::parse(&visit.read_body(body).await?)?;
            Ok(describe(visit, &question, &[collection()]))
        }
        "PUT" | "MKCOL" => Err(DavError::forbidden(format!(
            "Permission denied to create file (filename {name})"
        ))),
        _ if visit.path().is_root() => Err(DavError::forbidden("Permission denied")),
        _ => Err(DavError::not_found_in(name, owner)),
    }
}

/// The answer about a folder that has only these properties.
fn describe(visit: &Visit, question: &Propfind, known: &[Element]) -> Response {
    let href = visit.place.href(&DavPath::root(), true);
    answer::multistatus(&Multistatus {
        responses: vec![known_properties(href, question, known)],
        sync_token: None,
    })
}

/// What a question learns about something that has only these properties.
pub(super) fn known_properties(href: String, question: &Propfind, known: &[Element]) -> Entry {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    match question {
        Propfind::Prop(names) => {
            for name in names {
                match known.iter().find(|element| element.name == *name) {
                    Some(element) => found.push(element.clone()),
                    None => missing.push(Element::new(name.clone())),
                }
            }
        }
        // RFC 4918 §9.1 asks for its own properties only, and the two about the asker are of others.
        Propfind::AllProp { .. } => {
            let usual = |name: &Name| name.namespace() == dav::DAV && !ABOUT_THE_ASKER.contains(name);
            found.extend(known.iter().filter(|element| usual(&element.name)).cloned());
        }
        Propfind::PropName => found.extend(known.iter().map(|element| Element::new(element.name.clone()))),
    }
    Entry::of_props(href, vec![PropStat::new(200, found), PropStat::new(404, missing)])
}

pub(super) fn collection() -> Element {
    Element::new(props::RESOURCETYPE).with(Element::new(Name::dav("collection")))
}

fn principal(visit: &Visit) -> Element {
    let path = visit
        .place
        .base
        .child("principals")
        .child("users")
        .child(visit.signed_in.user.as_str());
    Element::new(props::CURRENT_USER_PRINCIPAL).with(Element::text(Name::dav("href"), path.encode_folder()))
}

fn principal_collections(visit: &Visit) -> Element {
    let all = ["users", "groups", "calendar-resources", "calendar-rooms"];
    let hrefs = all.map(|kind| {
        let path = visit.place.base.child("principals").child(kind);
        Element::text(Name::dav("href"), path.encode_folder())
    });
    Element::new(Name::dav("principal-collection-set")).with_all(hrefs)
}

fn privileges() -> Element {
    let privileges =
        PRIVILEGES.map(|privilege| Element::new(Name::dav("privilege")).with(Element::new(Name::dav(privilege))));
    Element::new(props::CURRENT_USER_PRIVILEGE_SET).with_all(privileges)
}
