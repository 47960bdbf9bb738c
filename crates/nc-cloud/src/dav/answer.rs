use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use nc_proto::dav::{self, ETag, Multistatus, encode_segment};

use super::CLASSES;
use crate::content::Entry;

/// Nextcloud's content type of XML answers.
pub(super) const XML: &str = "application/xml; charset=utf-8";

/// PHP's content type of answers without a body; clients do not look, but the recorded ones have it.
const EMPTY: &str = "text/html; charset=UTF-8";

pub(super) const OC_ETAG: HeaderName = HeaderName::from_static("oc-etag");
pub(super) const OC_FILEID: HeaderName = HeaderName::from_static("oc-fileid");
pub(super) const X_OC_MTIME: HeaderName = HeaderName::from_static("x-oc-mtime");
const DAV_CLASSES: HeaderName = HeaderName::from_static("dav");

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    (status, [(header::CONTENT_TYPE, EMPTY)]).into_response()
}

/// A multistatus that is small enough to be made at once.
pub(super) fn multistatus(multistatus: &Multistatus) -> Response {
    multistatus_body(multistatus.to_document())
}

/// A multistatus, from wherever its bytes come.
pub(super) fn multistatus_body(body: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, XML), (DAV_CLASSES, CLASSES)];
    (StatusCode::MULTI_STATUS, headers, body.into()).into_response()
}

/// An answer that is another document.
pub(super) fn xml(document: Vec<u8>) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, XML)], document).into_response()
}

/// Tells about the file that was written or moved.
pub(super) fn tell_file(headers: &mut HeaderMap, instance_id: &str, entry: &Entry, with_tag: bool) {
    insert(headers, OC_FILEID, &padded_id(instance_id, entry));
    if with_tag {
        tell_etag(headers, &entry.etag);
    }
}

/// The tag, in both headers that clients look for.
pub(super) fn tell_etag(headers: &mut HeaderMap, etag: &ETag) {
    tell_tag(headers, &etag.header_value());
}

/// A tag as it is. Those of deleted files and of versions are bare numbers at Nextcloud.
pub(super) fn tell_tag(headers: &mut HeaderMap, tag: &str) {
    insert(headers, header::ETAG, tag);
    insert(headers, OC_ETAG, tag);
}

/// The time that came with an upload was taken over.
pub(super) fn tell_mtime_accepted(headers: &mut HeaderMap) {
    headers.insert(X_OC_MTIME, HeaderValue::from_static("accepted"));
}

/// When the file was changed.
pub(super) fn tell_modified(headers: &mut HeaderMap, entry: &Entry) {
    insert(headers, header::LAST_MODIFIED, &http_date(entry.modified_at));
}

/// What somebody stored must not run as a page of this origin, whatever it says it is.
pub(super) fn keep_from_running(headers: &mut HeaderMap) {
    insert(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
}

/// The same of a file, which a browser keeps by its name and does not show.
pub(super) fn keep_as_file(headers: &mut HeaderMap, name: &str) {
    let disposition = format!("attachment; filename*=UTF-8''{}", encode_segment(name));
    insert(headers, header::CONTENT_DISPOSITION, &disposition);
    keep_from_running(headers);
}

/// Adds a header whose value was made by us.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The id of a file as `oc:id` and `OC-FileId` show it: `00000787ocrdm85moyrc`.
pub(super) fn padded_id(instance_id: &str, entry: &Entry) -> String {
    format!("{:08}{instance_id}", entry.id.0)
}

/// Unix seconds as an HTTP date. What no date can hold, a client's own wish, is shown as the nearest that can.
pub(crate) fn http_date(seconds: i64) -> String {
    dav::date::format_http(time(seconds))
}

/// Unix seconds as a time, within the years 0 to 9999.
pub(super) fn time(seconds: i64) -> time::OffsetDateTime {
    let seconds = seconds.clamp(-62_167_219_200, 253_402_300_799);
    time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}
