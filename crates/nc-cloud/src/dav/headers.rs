//! What headers and small bodies say, wherever the request goes.

use axum::body::Body;
use http::HeaderMap;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use nc_proto::dav::Depth;

use super::DavError;
use crate::content::Overwrite;

/// A header as text. Non-ASCII bytes, which no client should send raw, are taken as UTF-8.
///
/// Sent twice, it is refused: a proxy may have judged by the other one, and half of a condition is not the condition.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, DavError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(DavError::bad_request(format!("The header {name} was sent twice")));
    }
    let text = std::str::from_utf8(value.as_bytes());
    text.map(Some)
        .map_err(|_| DavError::bad_request(format!("The header {name} is not UTF-8")))
}

/// `Depth`, if it is there.
pub(super) fn depth(headers: &HeaderMap) -> Result<Option<Depth>, DavError> {
    let Some(value) = text(headers, "depth")? else {
        return Ok(None);
    };
    let depth = Depth::parse(value);
    depth
        .map(Some)
        .ok_or_else(|| DavError::bad_request("The Depth header is not 0, 1 or infinity"))
}

/// `Overwrite`; without it, overwriting is allowed (RFC 4918 §10.6).
pub(super) fn overwrite(headers: &HeaderMap) -> Result<Overwrite, DavError> {
    match text(headers, "overwrite")?.map(str::trim) {
        None | Some("T" | "t") => Ok(Overwrite::Allowed),
        Some("F" | "f") => Ok(Overwrite::Never),
        Some(_) => Err(DavError::bad_request(
            "The HTTP Overwrite header should be either T or F",
        )),
    }
}

/// A body of moderate size.
pub(super) async fn read_body(body: Body, largest_bytes: usize) -> Result<Vec<u8>, DavError> {
    match Limited::new(body, largest_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => Err(DavError::too_large()),
        Err(_) => Err(DavError::bad_request("The request body broke off")),
    }
}
