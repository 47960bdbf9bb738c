//! Requests that go to the other server as they are, and what comes back.

use std::io;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use nc_auth::federation::{BodyStream, RemoteAnswer, RemoteBody, RemoteRequest};
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{Depth, ETag, Element, LockInfo, Multistatus, PropPatch, PropStat, PropUpdate, Response as Entry, props},
};

use super::{Remote, addresses::Addresses, conditions, describe};
use crate::{
    content::Content,
    dav::{
        DavError, MOST_PROPERTIES,
        answer::{self, OC_ETAG, OC_FILEID, X_OC_MTIME, XML},
        visit::Visit,
    },
};

/// A body up to this size is kept, so that it can be sent again when the credential ends meanwhile.
const KEPT_BYTES: u64 = 1 << 20;

/// Largest answer that is read as a whole.
const LARGEST_ANSWER_BYTES: usize = 4 << 20;

/// Headers of a file that are passed on.
const ABOUT_A_FILE: [HeaderName; 7] = [
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    header::LAST_MODIFIED,
    header::ACCEPT_RANGES,
    header::ETAG,
];

/// Answers GET and HEAD.
pub(super) async fn read(visit: &Visit, remote: &Remote) -> Result<Response, DavError> {
    remote.need(SharePermissions::READ)?;
    if remote.mount.is_folder && remote.is_mount_point() {
        return Ok(answer::empty(StatusCode::OK));
    }
    let mut request = remote.request(visit.method.clone());
    request.headers = conditions::headers(visit, remote, &["range", "if-range"])?;
    let answer = remote.send(visit, request).await?;
    match answer.status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => {
            let headers = file_headers(remote, &answer.headers);
            Ok((answer.status, headers, Body::from_stream(answer.body)).into_response())
        }
        StatusCode::NOT_MODIFIED => {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            tell_tag(response.headers_mut(), &answer.headers);
            Ok(response)
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let mut response = DavError::of_remote(answer.status).into_response();
            for name in [header::CONTENT_RANGE, header::ETAG] {
                pass(response.headers_mut(), &answer.headers, &name);
            }
            Ok(response)
        }
        status => Err(remote.refuse_status(visit, status)),
    }
}

/// The headers of a file there, as far as they are passed on, and those that keep it from running here.
fn file_headers(remote: &Remote, theirs: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in &ABOUT_A_FILE {
        pass(&mut headers, theirs, name);
    }
    tell_tag(&mut headers, theirs);
    let shown = remote.shown();
    let name = shown.name().unwrap_or_default();
    if !headers.contains_key(header::CONTENT_TYPE) {
        answer::insert(&mut headers, header::CONTENT_TYPE, &Content::media_type(name));
    }
    answer::keep_as_file(&mut headers, name);
    headers
}

/// Answers PUT. The body is never kept as a whole; it arrives there complete or not at all.
pub(super) async fn write(visit: &Visit, remote: &Remote, body: Body) -> Result<Response, DavError> {
    if visit.headers.contains_key(header::CONTENT_RANGE) {
        return Err(DavError::bad_request("Content-Range is not allowed with PUT"));
    }
    let passed = [
        "content-type",
        "x-oc-mtime",
        "x-oc-ctime",
        "oc-checksum",
        "x-nc-webdav-auto-mkcol",
    ];
    let mut headers = conditions::headers(visit, remote, &passed)?;
    let limited = only_allowed(remote, &mut headers)?;
    let length = visit.content_length();
    let body = if length.is_some_and(|length| length <= KEPT_BYTES) {
        let bytes = visit.read_body(body).await?;
        if length != u64::try_from(bytes.len()).ok() {
            return Err(visit.refuse(crate::content::ContentError::Interrupted));
        }
        RemoteBody::Bytes(bytes.into())
    } else {
        let stream = body.into_data_stream().map_err(io::Error::other);
        RemoteBody::Stream {
            stream: Box::pin(stream),
            length,
        }
    };
    let request = RemoteRequest {
        headers,
        body,
        ..remote.request(Method::PUT)
    };
    let answer = remote.send(visit, request).await?;
    if limited && answer.status == StatusCode::PRECONDITION_FAILED {
        return Err(DavError::forbidden(""));
    }
    written(visit, remote, &answer)
}

/// Who may only add does not replace, and who may only change does not add. Whether that had to be demanded.
pub(super) fn only_allowed(remote: &Remote, headers: &mut HeaderMap) -> Result<bool, DavError> {
    let permissions = remote.mount.permissions;
    let any = HeaderValue::from_static("*");
    let updates = permissions.allows(SharePermissions::UPDATE);
    // The root of a share is there; a file cannot be made.
    let creates = permissions.allows(SharePermissions::CREATE) && !remote.is_mount_point();
    match (updates, creates) {
        (true, true) => return Ok(false),
        (false, false) => return Err(DavError::forbidden("")),
        (false, true) if headers.contains_key(header::IF_MATCH) => return Err(DavError::forbidden("")),
        (false, true) => headers.insert(header::IF_NONE_MATCH, any),
        (true, false) if headers.contains_key(header::IF_MATCH) => return Ok(false),
        (true, false) => headers.insert(header::IF_MATCH, any),
    };
    Ok(true)
}

/// The answer to a change.
pub(super) fn written(visit: &Visit, remote: &Remote, answer: &RemoteAnswer) -> Result<Response, DavError> {
    let status = match answer.status {
        StatusCode::CREATED => StatusCode::CREATED,
        StatusCode::OK | StatusCode::NO_CONTENT => StatusCode::NO_CONTENT,
        status => return Err(remote.refuse_status(visit, status)),
    };
    let mut response = answer::empty(status);
    let headers = response.headers_mut();
    tell_tag(headers, &answer.headers);
    tell_number(visit, remote, headers, &answer.headers);
    if answer.headers.get(X_OC_MTIME).is_some_and(|value| value == "accepted") {
        answer::tell_mtime_accepted(headers);
    }
    Ok(response)
}

/// Answers MKCOL.
pub(super) async fn make_folder(visit: &Visit, remote: &Remote, body: Body) -> Result<Response, DavError> {
    if !visit.read_body(body).await?.is_empty() {
        return Err(DavError::unsupported_body(
            "The request body for the MKCOL request must be empty",
        ));
    }
    if remote.is_mount_point() {
        return Err(DavError::of_remote(StatusCode::METHOD_NOT_ALLOWED));
    }
    remote.need(SharePermissions::CREATE)?;
    let mut request = remote.request(method(b"MKCOL")?);
    request.headers = conditions::headers(visit, remote, &[])?;
    let answer = remote.send(visit, request).await?;
    written(visit, remote, &answer)
}

/// Answers DELETE of something in the share.
pub(super) async fn delete(visit: &Visit, remote: &Remote) -> Result<Response, DavError> {
    remote.need(SharePermissions::DELETE)?;
    let mut request = remote.request(Method::DELETE);
    request.headers = conditions::headers(visit, remote, &[])?;
    let answer = remote.send(visit, request).await?;
    if answer.status == StatusCode::MULTI_STATUS {
        return multistatus(visit, remote, answer).await;
    }
    written(visit, remote, &answer)
}

/// Answers MOVE and COPY from one place of a share to another.
pub(super) async fn transfer(visit: &Visit, from: &Remote, to: &Remote) -> Result<Response, DavError> {
    if visit.method == "COPY" && visit.depth()? == Some(Depth::One) {
        return Err(DavError::bad_request("COPY takes Depth 0 or infinity"));
    }
    visit.overwrite()?;
    let mut headers = conditions::headers(visit, from, &["overwrite", "depth"])?;
    if !from.mount.permissions.allows(SharePermissions::DELETE) {
        // What is in the way would be deleted.
        headers.insert(HeaderName::from_static("overwrite"), HeaderValue::from_static("F"));
    }
    let request = RemoteRequest {
        destination: Some(to.path.clone()),
        headers,
        ..from.request(visit.method.clone())
    };
    let answer = from.send(visit, request).await?;
    if answer.status == StatusCode::MULTI_STATUS {
        return multistatus(visit, from, answer).await;
    }
    written(visit, to, &answer)
}

/// Answers PROPPATCH. What is the asker's own, such as a favourite, would become that of whoever shares: it is refused, and with it
/// everything else of the request (RFC 4918 §9.2).
pub(super) async fn change_properties(visit: &Visit, remote: &Remote, body: Body) -> Result<Response, DavError> {
    remote.need(SharePermissions::UPDATE)?;
    let patch = PropPatch::parse(&visit.read_body(body).await?)?;
    if patch.updates.len() > MOST_PROPERTIES {
        return Err(DavError::bad_request("The request changes too many properties"));
    }
    let own = [props::FAVORITE, props::TAGS, props::SYSTEM_TAGS];
    let (refused, others): (Vec<_>, Vec<_>) = patch
        .updates
        .iter()
        .map(PropUpdate::name)
        .partition(|name| own.contains(name));
    if !refused.is_empty() {
        let elements = |names: Vec<&nc_proto::dav::Name>| names.into_iter().cloned().map(Element::new).collect();
        let propstats = vec![
            PropStat::new(403, elements(refused)),
            PropStat::new(424, elements(others)),
        ];
        let href = visit.place.href(&remote.shown(), false);
        return Ok(answer::multistatus(&Multistatus {
            responses: vec![Entry::of_props(href, propstats)],
            sync_token: None,
        }));
    }
    let mut request = remote.request(method(b"PROPPATCH")?);
    request.headers = conditions::headers(visit, remote, &[])?;
    request
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(XML));
    request.body = RemoteBody::Bytes(patch.to_document().into());
    let answer = remote.send(visit, request).await?;
    if answer.status != StatusCode::MULTI_STATUS {
        return Err(remote.refuse_status(visit, answer.status));
    }
    multistatus(visit, remote, answer).await
}

/// Answers LOCK.
pub(super) async fn lock(visit: &Visit, remote: &Remote, body: Body) -> Result<Response, DavError> {
    let permissions = remote.mount.permissions;
    if !permissions.allows(SharePermissions::UPDATE) && !permissions.allows(SharePermissions::CREATE) {
        return Err(DavError::forbidden(""));
    }
    let body = visit.read_body(body).await?;
    if !body.trim_ascii().is_empty() {
        LockInfo::parse(&body)?;
    }
    let mut request = remote.request(method(b"LOCK")?);
    request.headers = conditions::headers(visit, remote, &["depth", "timeout"])?;
    if !body.is_empty() {
        request
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(XML));
        request.body = RemoteBody::Bytes(body.into());
    }
    let answer = remote.send(visit, request).await?;
    if !matches!(answer.status, StatusCode::OK | StatusCode::CREATED) {
        return Err(remote.refuse_status(visit, answer.status));
    }
    let addresses = Addresses::new(&visit.place, remote, answer.base);
    let mut told =
        Element::parse(&collect(answer.body).await?).map_err(|_| DavError::of_remote(StatusCode::BAD_GATEWAY))?;
    addresses.turn(&mut told);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(XML));
    pass(&mut headers, &answer.headers, &HeaderName::from_static("lock-token"));
    Ok((answer.status, headers, told.to_document()).into_response())
}

/// Answers UNLOCK. Whoever has the token of a lock may end it.
pub(super) async fn unlock(visit: &Visit, remote: &Remote) -> Result<Response, DavError> {
    let mut request = remote.request(method(b"UNLOCK")?);
    request.headers = conditions::headers(visit, remote, &["lock-token"])?;
    let answer = remote.send(visit, request).await?;
    written(visit, remote, &answer)
}

async fn multistatus(visit: &Visit, remote: &Remote, answer: RemoteAnswer) -> Result<Response, DavError> {
    let addresses = Addresses::new(&visit.place, remote, answer.base);
    let told = Multistatus::parse(&collect(answer.body).await?);
    let told = told.map_err(|_| DavError::of_remote(StatusCode::BAD_GATEWAY))?;
    Ok(answer::multistatus(&addresses.turn_all(told)))
}

/// An answer of moderate size as a whole.
pub(super) async fn collect(mut body: BodyStream) -> Result<Vec<u8>, DavError> {
    let mut all = Vec::new();
    while let Some(bytes) = body.next().await {
        let bytes: Bytes = bytes.map_err(|_| super::unavailable(None))?;
        if all.len() + bytes.len() > LARGEST_ANSWER_BYTES {
            return Err(DavError::of_remote(StatusCode::BAD_GATEWAY));
        }
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

fn pass(headers: &mut HeaderMap, theirs: &HeaderMap, name: &HeaderName) {
    if let Some(value) = theirs.get(name) {
        headers.insert(name.clone(), value.clone());
    }
}

fn tell_tag(headers: &mut HeaderMap, theirs: &HeaderMap) {
    let tag = theirs.get(OC_ETAG).or_else(|| theirs.get(header::ETAG));
    if let Some(tag) = tag.and_then(|value| ETag::parse(value.to_str().ok()?)) {
        answer::tell_etag(headers, &tag);
    }
}

/// The number of what was written, as the listings tell it. There it stands in front of the name of the server's installation.
fn tell_number(visit: &Visit, remote: &Remote, headers: &mut HeaderMap, theirs: &HeaderMap) {
    let told = theirs.get(OC_FILEID).and_then(|value| value.to_str().ok());
    let digits = told.map(|told| {
        let end = told.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(told.len());
        told[..end].trim_start_matches('0')
    });
    if let Some(digits) = digits.filter(|digits| !digits.is_empty()) {
        let number = describe::number_of(&remote.mount, digits);
        let padded = format!("{number:08}{}", visit.cloud.instance_id());
        answer::insert(headers, OC_FILEID, &padded);
    }
}

pub(super) fn method(name: &[u8]) -> Result<Method, DavError> {
    Method::from_bytes(name).map_err(|_| DavError::hidden())
}
