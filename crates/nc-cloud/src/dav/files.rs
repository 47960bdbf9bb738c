use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use nc_proto::{apps::sharing::SharePermissions, dav::ETagCondition};

use super::{
    CLASSES, DavError, answer,
    error::ALLOW,
    get, locks,
    preconditions::{self, Freshness},
    propfind, proppatch, put,
    remote::{self, Remote},
    report, search, tree,
    visit::{Visit, need, need_download},
};
use crate::{
    content::Precondition,
    sharing::{Found, Spot},
};

/// A request for the files that a user reaches: the own ones, and what others share.
///
/// What may be done is looked at here, and in [`tree`] where two places count; below, nobody asks again.
pub(super) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    if visit.method == "OPTIONS" {
        return Ok(options());
    }
    let mut tree = visit.tree().await?;
    if let Some(place) = Remote::find(&tree, visit.path()) {
        return remote::serve(visit, &tree, &place, body).await;
    }
    if visit.method == "PROPFIND" && remote::refresh(visit, &tree, visit.path()).await {
        tree = visit.tree().await?;
    }
    let found = tree.find(visit.path()).await.map_err(|error| visit.refuse(error))?;
    let spot = &found.spot;
    // Whoever may not read learns nothing by conditions either.
    need(spot, SharePermissions::READ)?;
    let fresh = preconditions::check(visit, &tree, found.shown.as_ref()).await?;
    let precondition = preconditions::pin(visit, &found)?;
    match visit.method.as_str() {
        "GET" | "HEAD" => {
            if found.stored.as_ref().is_some_and(|entry| !entry.is_folder()) {
                need_download(spot)?;
            }
            if fresh == Freshness::NotModified {
                return Ok(get::not_modified(found.shown.as_ref()));
            }
            get::serve(visit, spot).await
        }
        "PUT" => {
            need(spot, to_write(&found))?;
            put::serve(visit, spot, only_allowed(&found, precondition), body).await
        }
        "PROPFIND" => propfind::serve(visit, &tree, found, body).await,
        "PROPPATCH" => proppatch::serve(visit, spot, body).await,
        "MKCOL" => {
            if found.stored.is_none() {
                need(spot, SharePermissions::CREATE)?;
            }
            tree::make_folder(visit, spot, body).await
        }
        "DELETE" => tree::delete(visit, spot, precondition).await,
        "MOVE" => tree::move_entry(visit, &tree, found, precondition).await,
        "COPY" => {
            need_download(spot)?;
            tree::copy_entry(visit, &tree, found, precondition).await
        }
        "LOCK" => {
            need(spot, to_write(&found))?;
            locks::lock(visit, spot, body).await
        }
        "UNLOCK" => locks::unlock(visit, spot).await,
        "REPORT" => report::serve(visit, &tree, body).await,
        "SEARCH" => search::serve(visit, &tree, body).await,
        method => Err(DavError::unknown_method(method)),
    }
}

/// What is needed to write a file: to change it if it is there, else to make it.
pub(super) const fn to_write(found: &Found) -> SharePermissions {
    if found.stored.is_some() {
        SharePermissions::UPDATE
    } else {
        SharePermissions::CREATE
    }
}

/// A condition for a write, so that it stays what was looked at: who may only add does not replace what somebody else puts
/// there in this moment, and who may only change does not add.
pub(super) fn only_allowed(found: &Found, precondition: Precondition) -> Precondition {
    let spot: &Spot = &found.spot;
    if spot.allows(SharePermissions::UPDATE.with(SharePermissions::CREATE)) {
        return precondition;
    }
    match (&found.stored, precondition) {
        (None, _) => Precondition::CreateOnly,
        (Some(_), Precondition::Overwrite) => Precondition::IfMatch(ETagCondition::Any),
        (Some(entry), Precondition::IfNoneMatch(_)) => Precondition::unchanged_since(&entry.etag),
        (Some(_), precondition) => precondition,
    }
}

/// What the cloud can do with a resource.
pub(super) fn options() -> Response {
    let mut response = answer::empty(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert("dav", HeaderValue::from_static(CLASSES));
    headers.insert("ms-author-via", HeaderValue::from_static("DAV"));
    headers.insert("dasl", HeaderValue::from_static("<DAV:basicsearch>"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ALLOW, HeaderValue::from_static(ALLOW));
    response
}
