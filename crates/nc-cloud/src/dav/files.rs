use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};

use super::{
    CLASSES, DavError, answer,
    error::ALLOW,
    get, locks,
    preconditions::{self, Freshness},
    propfind, proppatch, put, report, search, tree,
    visit::Visit,
};

/// A request for the user's own files.
pub(super) async fn serve(visit: &Visit, body: Body) -> Result<Response, DavError> {
    if visit.method == "OPTIONS" {
        return Ok(options());
    }
    let home = visit.home().await?;
    let current = home.find(visit.path()).await.map_err(|error| visit.refuse(error))?;
    let fresh = preconditions::check(visit, &home, current.as_ref()).await?;
    let precondition = preconditions::pin(visit, current.as_ref())?;
    match visit.method.as_str() {
        "GET" | "HEAD" if fresh == Freshness::NotModified => Ok(get::not_modified(current.as_ref())),
        "GET" | "HEAD" => get::serve(visit, &home).await,
        "PUT" => put::serve(visit, &home, precondition, body).await,
        "PROPFIND" => propfind::serve(visit, &home, current, body).await,
        "PROPPATCH" => proppatch::serve(visit, &home, body).await,
        "MKCOL" => tree::make_folder(visit, &home, body).await,
        "DELETE" => tree::delete(visit, &home, precondition).await,
        "MOVE" => tree::move_entry(visit, &home, precondition).await,
        "COPY" => tree::copy_entry(visit, &home, precondition).await,
        "LOCK" => locks::lock(visit, &home, body).await,
        "UNLOCK" => locks::unlock(visit, &home).await,
        "REPORT" => report::serve(visit, &home, body).await,
        "SEARCH" => search::serve(visit, &home, body).await,
        method => Err(DavError::unknown_method(method)),
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
