//! WebDAV as Nextcloud speaks it, over the content store.
//!
//! | address | what |
//! |---|---|
//! | `/remote.php/dav/files/{user}/…`, `/remote.php/webdav/…` | a user's files |
//! | `/remote.php/dav/uploads/{user}/{upload}/…` | files that arrive in pieces |
//! | `/remote.php/dav/trashbin/{user}/…` | what the user deleted |
//! | `/remote.php/dav/{calendars,addressbooks,principals,public-calendars}/…` | see [`groupware`] |
//! | `/remote.php/dav/versions/{user}/…` | former content of the user's files |
//! | `/remote.php/dav/systemtags/…`, `/remote.php/dav/systemtags-relations/files/{file}/…` | tags |
//! | `/remote.php/dav/comments/files/{file}/…` | comments |
//! | `/public.php/dav/files/{token}/…`, `/public.php/webdav/…` | what links open, for everybody |
//! | `/public.php/webdav/…`, `/ocm/dav/{share}/…` | what is shared with people on other servers |
//! | `/remote.php/dav/` | where clients begin, and where SEARCH is asked |
//!
//! Among a user's files lies what people on other servers share: see [`remote`].
//!
//! Differences to a stock Nextcloud, on purpose: LOCK and UNLOCK work (RFC 4918 class 2), wrong headers are answered 400
//! instead of 500, and a checksum that came with an upload is verified.

mod answer;
mod comments;
mod error;
mod files;
mod get;
mod groupware;
mod guest;
mod headers;
mod locks;
mod place;
mod preconditions;
mod properties;
mod propfind;
mod proppatch;
mod public;
mod put;
mod remote;
mod report;
mod root;
mod search;
mod system_tags;
mod trashbin;
mod tree;
mod uploads;
mod versions;
mod visit;
mod watch;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use http::HeaderValue;
use nc_auth::Scope;

pub(crate) use self::answer::http_date;
pub(crate) use self::public::download;
pub(crate) use self::remote::SeenRoots;
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
        .subtree("/remote.php/dav/versions", FILES, &serve)
        .subtree("/remote.php/dav/systemtags", FILES, &serve)
        .subtree("/remote.php/dav/systemtags-relations", FILES, &serve)
        .subtree("/remote.php/dav/comments", FILES, &serve)
        // The way to every collection; what it shows, and SEARCH, look at the scopes themselves.
        .at("/remote.php/dav", Access::Own, serve.clone())
        .at("/remote.php/dav/", Access::Own, serve.clone())
        // Says that there is nothing as WebDAV says it, where other apps of Nextcloud have their own collections.
        .at("/remote.php/dav/{*path}", Access::Own, serve)
        .and(groupware::routes(cloud))
        .and(public::routes(cloud))
}

async fn serve(State(cloud): State<Cloud>, signed_in: SignedIn, request: Request) -> Response {
    let head = request.method() == "HEAD";
    let propfind = request.method() == "PROPFIND";
    let answer = match Place::of_request(&cloud, &signed_in, request.uri().path()) {
        Ok(place) => respond(cloud, signed_in, place, request).await,
        Err(error) => Err(error),
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

async fn respond(cloud: Cloud, signed_in: SignedIn, place: Place, request: Request) -> Result<Response, DavError> {
    let area = place.area.clone();
    if area == Area::Root && request.method() == "REPORT" {
        return Ok(groupware::report_at_root(cloud, signed_in, request).await);
    }
    if area != Area::Root {
        // The gate judged the address as it was written. There are other ways to write each (RFC 3986 §6.2.2), which it takes
        // for something that has no scope of its own.
        let missing = signed_in.grants.missing(FILES.needed(request.method()));
        if !missing.is_empty() {
            return Err(DavError::lacks_scope(missing));
        }
    }
    let (parts, body) = request.into_parts();
    let visit = Visit::new(cloud, signed_in, place, parts);
    match area {
        Area::Root => root::serve(&visit, body).await,
        Area::Homes => root::serve_homes(&visit),
        Area::Foreign => root::serve_foreign(&visit, body).await,
        Area::Files => files::serve(&visit, body).await,
        Area::Uploads => uploads::serve(&visit, body).await,
        Area::Trashbin => trashbin::serve(&visit, body).await,
        Area::Versions => versions::serve(&visit, body).await,
        Area::SystemTags => system_tags::serve(&visit, body).await,
        Area::SystemTagRelations => system_tags::serve_relations(&visit, body).await,
        Area::Comments => comments::serve(&visit, body).await,
        Area::Closed => Err(DavError::forbidden("")),
    }
}
