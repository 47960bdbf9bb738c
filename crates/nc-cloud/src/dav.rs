//! WebDAV as Nextcloud speaks it, over the content store.
//!
//! | address | what |
//! |---|---|
//! | `/remote.php/dav/files/{user}/…`, `/remote.php/webdav/…` | a user's files |
//! | `/remote.php/dav/uploads/{user}/{upload}/…` | files that arrive in pieces |
//! | `/remote.php/dav/trashbin/{user}/…` | what the user deleted |
//! | `/remote.php/dav/{calendars,addressbooks,principals,public-calendars}/…` | see [`groupware`] |
//! | `/remote.php/dav/` | where clients begin, and where SEARCH is asked |
//!
//! Differences to a stock Nextcloud, on purpose: LOCK and UNLOCK work (RFC 4918 class 2), wrong headers are answered 400
//! instead of 500, and a checksum that came with an upload is verified.

mod answer;
mod error;
mod files;
mod get;
mod groupware;
mod headers;
mod locks;
mod place;
mod preconditions;
mod properties;
mod propfind;
mod proppatch;
mod put;
mod report;
mod root;
mod search;
mod trashbin;
mod tree;
mod uploads;
mod visit;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use http::HeaderValue;
use nc_auth::Scope;

use self::{
    error::DavError,
    place::{Area, Place},
    visit::Visit,
};
use crate::{
    Cloud, SignedIn,
    routes::{Access, Routes, Surface},
};

/// Reading and writing files.
const FILES: Access = Access::scoped(Scope::FilesRead, Scope::FilesWrite);

/// Largest XML body of a request.
const LARGEST_BODY_BYTES: usize = 1 << 20;

/// Most properties that one request asks for or changes, and most conditions of a search. Honest ones have some thirty;
/// the work grows with the number of files, too.
const MOST_PROPERTIES: usize = 1000;

/// The classes of RFC 4918 §18: all of them.
const CLASSES: &str = "1, 2, 3";

pub(crate) fn routes(cloud: &Cloud) -> Routes {
    let serve = any(serve);
    Routes::new(Surface::Dav, cloud)
        .subtree("/remote.php/webdav", FILES, &serve)
        .subtree("/remote.php/dav/files", FILES, &serve)
        .subtree("/remote.php/dav/uploads", FILES, &serve)
        .subtree("/remote.php/dav/trashbin", FILES, &serve)
        // The way to every collection; what it shows, and SEARCH, look at the scopes themselves.
        .at("/remote.php/dav", Access::Own, serve.clone())
        .at("/remote.php/dav/", Access::Own, serve)
        .and(groupware::routes(cloud))
}

async fn serve(State(cloud): State<Cloud>, signed_in: SignedIn, request: Request) -> Response {
    let place = match Place::of_request(&cloud, &signed_in, request.uri().path()) {
        Ok(place) => place,
        Err(error) => return error.into_response(),
    };
    let area = place.area.clone();
    if area == Area::Root && request.method() == "REPORT" {
        return groupware::report_at_root(cloud, signed_in, request).await;
    }
    let (parts, body) = request.into_parts();
    let visit = Visit::new(cloud, signed_in, place, parts);
    let head = visit.method == "HEAD";
    let propfind = visit.method == "PROPFIND";
    let answer = match area {
        Area::Root => root::serve(&visit, body).await,
        Area::Homes => root::serve_homes(&visit),
        Area::Foreign => root::serve_foreign(&visit, body).await,
        Area::Files => files::serve(&visit, body).await,
        Area::Uploads => uploads::serve(&visit, body).await,
        Area::Trashbin => trashbin::serve(&visit, body).await,
        Area::Closed => Err(DavError::forbidden("")),
    };
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    if propfind {
        response.headers_mut().insert("dav", HeaderValue::from_static(CLASSES));
    }
    if head {
        *response.body_mut() = axum::body::Body::empty();
    }
    response
}
