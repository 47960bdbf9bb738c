//! `CalDAV` and `CardDAV` as Nextcloud speaks them.
//!
//! | address | what |
//! |---|---|
//! | `/remote.php/dav/principals/{users,groups}/…` | people and groups |
//! | `/remote.php/dav/calendars/{user}/…` | a user's calendars, inbox, outbox and trash |
//! | `/remote.php/dav/addressbooks/users/{user}/…` | a user's address books |
//! | `/remote.php/dav/public-calendars/{token}/…` | published calendars, for everybody |
//!
//! Nobody learns of other people's collections: what is not the user's own or shared with them is not found.

mod busy;
mod calendar_data;
mod card_data;
mod copy;
mod describe;
mod export;
mod get;
mod make;
mod node;
mod objects;
mod outbox;
mod principal_reports;
mod privileges;
mod propfind;
mod proppatch;
mod put;
mod reports;
mod resolve;
mod scheduling;
mod sharing;
mod sync_collection;
mod texts;
mod trash;
mod view;
mod wire;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use http::{HeaderValue, StatusCode, header};
use nc_auth::Scope;

use self::{node::Node, wire::Session};
use super::{DavError, answer};
use crate::{
    Cloud, SignedIn,
    routes::{Access, Routes, Surface},
};

/// What Nextcloud says of itself, without what is not here.
const CLASSES: &str = "1, 3, extended-mkcol, access-control, calendarserver-principal-property-search, \
                       oc-resource-sharing, calendar-access, calendar-auto-schedule, nc-calendar-trashbin, \
                       calendarserver-subscribed, oc-calendar-publishing, calendarserver-sharing, addressbook";

const ALLOW: &str = "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT, MKCOL, MKCALENDAR, POST";

/// Largest calendar object or card, in bytes: Nextcloud's.
const LARGEST_OBJECT_BYTES: usize = 10_000_000;

/// What wrote the texts that are made here.
const PRODUCT: &str = "-//nextcloud-mcp//cloud//EN";

/// So many objects are read from the database at a time.
const PAGE: u32 = 500;

const CALENDARS: Access = Access::ScopedEither {
    read: [Scope::CalendarRead, Scope::TodoRead],
    write: [Scope::CalendarWrite, Scope::TodoWrite],
};

const ADDRESS_BOOKS: Access = Access::scoped(Scope::ContactsRead, Scope::ContactsWrite);

pub(super) fn routes(cloud: &Cloud) -> Routes {
    let serve = any(serve);
    Routes::new(Surface::Dav, cloud)
        .subtree("/remote.php/dav/calendars", CALENDARS, &serve)
        .subtree("/remote.php/dav/addressbooks", ADDRESS_BOOKS, &serve)
        // The way to the homes; of other people it shows what the list of accounts shows.
        .subtree("/remote.php/dav/principals", Access::Own, &serve)
        .subtree("/remote.php/dav/public-calendars", Access::Public, &any(serve_public))
}

async fn serve(State(cloud): State<Cloud>, signed_in: SignedIn, request: Request) -> Response {
    answer(cloud, Some(signed_in), request).await
}

async fn serve_public(State(cloud): State<Cloud>, request: Request) -> Response {
    answer(cloud, None, request).await
}

/// A report at the root of everything, where some clients look for people.
pub(super) async fn report_at_root(cloud: Cloud, signed_in: SignedIn, request: Request) -> Response {
    answer(cloud, Some(signed_in), request).await
}

async fn answer(cloud: Cloud, viewer: Option<SignedIn>, request: Request) -> Response {
    let is_head = request.method() == http::Method::HEAD;
    let answer = handle(cloud, viewer, request).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    let headers = response.headers_mut();
    headers.insert("dav", HeaderValue::from_static(CLASSES));
    if is_head {
        *response.body_mut() = axum::body::Body::empty();
    }
    response
}

async fn handle(cloud: Cloud, viewer: Option<SignedIn>, request: Request) -> Result<Response, DavError> {
    let (session, body) = Session::new(cloud, viewer, request)?;
    if session.method == "OPTIONS" {
        return Ok(options());
    }
    session.make_home().await?;
    match session.method.as_str() {
        "GET" | "HEAD" => get::serve(&session).await,
        "PROPFIND" => propfind::serve(&session, body).await,
        "PROPPATCH" => proppatch::serve(&session, body).await,
        "REPORT" => reports::serve(&session, body).await,
        _ if session.viewer.is_none() => Err(DavError::forbidden("This calendar can only be read")),
        "PUT" => put::serve(&session, body).await,
        "DELETE" => objects::delete(&session).await,
        "MOVE" | "COPY" => copy::serve(&session).await,
        "MKCALENDAR" => make::calendar(&session, body).await,
        "MKCOL" => make::collection(&session, body).await,
        "POST" => post(&session, body).await,
        method => Err(DavError::unknown_method(method)),
    }
}

async fn post(session: &Session, body: axum::body::Body) -> Result<Response, DavError> {
    match resolve::find(session).await? {
        Node::Outbox => outbox::serve(session, body).await,
        Node::Collection(view) => sharing::serve(session, &view, body).await,
        _ => Err(DavError::unknown_method("POST")),
    }
}

fn options() -> Response {
    let mut response = answer::empty(StatusCode::OK);
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(ALLOW));
    response
}
