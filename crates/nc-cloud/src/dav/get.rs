use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use nc_proto::dav::ETag;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::{DavError, answer, visit::Visit};
use crate::{
    content::{Entry, Kind},
    sharing::Spot,
};

/// Files are read in pieces of this size.
const PIECE_BYTES: usize = 128 << 10;

/// Answers GET and HEAD.
pub(super) async fn serve(visit: &Visit, spot: &Spot) -> Result<Response, DavError> {
    let refuse = |error| visit.refuse_at(spot, error);
    let entry = spot.home.stat(&spot.path).await.map_err(refuse)?;
    if entry.is_folder() {
        return Ok(answer::empty(StatusCode::OK));
    }
    let (mut entry, file) = spot.home.open(&spot.path).await.map_err(refuse)?;
    entry.path = spot.shown_path(&entry.path);
    send(visit, &entry, &entry.etag.header_value(), file).await
}

/// Sends the file behind `entry`, or the part of it that was asked for. `tag` is its version as the headers show it.
pub(super) async fn send(
    visit: &Visit,
    entry: &Entry,
    tag: &str,
    mut file: tokio::fs::File,
) -> Result<Response, DavError> {
    let range = match visit.header("range")? {
        Some(value) if range_applies(visit, entry)? => parse_range(value, entry.size_bytes),
        _ => Range::Whole,
    };
    let mut headers = file_headers(entry, tag);
    let (status, start, length) = match range {
        Range::Whole => (StatusCode::OK, 0, entry.size_bytes),
        Range::Part { start, end } => {
            let value = format!("bytes {start}-{end}/{}", entry.size_bytes);
            answer::insert(&mut headers, header::CONTENT_RANGE, &value);
            (StatusCode::PARTIAL_CONTENT, start, end - start + 1)
        }
        Range::Unsatisfiable { start } => return Ok(unsatisfiable(start, entry, tag)),
    };
    headers.insert(header::CONTENT_LENGTH, length.into());
    if visit.method == "HEAD" {
        return Ok((status, headers).into_response());
    }
    if start > 0 {
        let sought = file.seek(std::io::SeekFrom::Start(start)).await;
        sought.map_err(|error| visit.refuse(error.into()))?;
    }
    let pieces = ReaderStream::with_capacity(file.take(length), PIECE_BYTES);
    Ok((status, headers, Body::from_stream(pieces)).into_response())
}

/// The answer to a client that has the present version.
pub(super) fn not_modified(entry: Option<&Entry>) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    if let Some(entry) = entry {
        answer::tell_etag(response.headers_mut(), &entry.etag);
    }
    response
}

fn unsatisfiable(start: u64, entry: &Entry, tag: &str) -> Response {
    let mut response = DavError::range(start, entry.size_bytes).into_response();
    let headers = response.headers_mut();
    answer::insert(headers, header::CONTENT_RANGE, &format!("bytes */{}", entry.size_bytes));
    answer::tell_modified(headers, entry);
    answer::insert(headers, header::ETAG, tag);
    response
}

fn file_headers(entry: &Entry, tag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Kind::File { mime } = &entry.kind {
        let charset = if mime.starts_with("text/") {
            ";charset=UTF-8"
        } else {
            ""
        };
        answer::insert(&mut headers, header::CONTENT_TYPE, &format!("{mime}{charset}"));
    }
    answer::tell_modified(&mut headers, entry);
    answer::tell_tag(&mut headers, tag);
    answer::insert(&mut headers, header::ACCEPT_RANGES, "bytes");
    answer::keep_as_file(&mut headers, entry.name());
    headers
}

/// `If-Range`: the range counts only for the version that the client has a part of. RFC 9110 §13.1.5.
fn range_applies(visit: &Visit, entry: &Entry) -> Result<bool, DavError> {
    let Some(value) = visit.header("if-range")? else {
        return Ok(true);
    };
    if let Some(date) = nc_proto::dav::date::parse_http(value) {
        return Ok(entry.modified_at == date.unix_timestamp());
    }
    Ok(ETag::parse(value).is_some_and(|tag| !tag.is_weak() && tag == entry.etag))
}

/// A part of a file.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// No range, or one that we need not follow: several, another unit, nonsense (RFC 9110 §14.2).
    Whole,
    /// Both ends belong to it.
    Part { start: u64, end: u64 },
    /// It begins behind the end.
    Unsatisfiable { start: u64 },
}

fn parse_range(value: &str, size: u64) -> Range {
    let Some((start, end)) = value
        .trim()
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Range::Whole;
    };
    let last = size.saturating_sub(1);
    match (start.trim().parse::<u64>(), end.trim().parse::<u64>()) {
        (Ok(start), _) if start >= size => Range::Unsatisfiable { start },
        (Ok(start), Ok(end)) if end >= start => Range::Part {
            start,
            end: end.min(last),
        },
        (Ok(start), Err(_)) if end.trim().is_empty() => Range::Part { start, end: last },
        (Err(_), Ok(0)) if start.trim().is_empty() => Range::Unsatisfiable { start: size },
        (Err(_), Ok(_)) if start.trim().is_empty() && size == 0 => Range::Unsatisfiable { start: 0 },
        (Err(_), Ok(suffix)) if start.trim().is_empty() => Range::Part {
            start: size.saturating_sub(suffix),
            end: last,
        },
        _ => Range::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let part = |start, end| Range::Part { start, end };
        for (value, expected) in [
            ("bytes=0-3", part(0, 3)),
            ("bytes=5-", part(5, 9)),
            ("bytes=-4", part(6, 9)),
            ("bytes=-40", part(0, 9)),
            ("bytes=3-400", part(3, 9)),
            ("bytes=10-12", Range::Unsatisfiable { start: 10 }),
            ("bytes=-0", Range::Unsatisfiable { start: 10 }),
            ("bytes=0-1,4-5", Range::Whole),
            ("bytes=5-2", Range::Whole),
            ("lines=1-2", Range::Whole),
            ("bytes=a-b", Range::Whole),
        ] {
            assert_eq!(parse_range(value, 10), expected, "{value}");
        }
        assert_eq!(parse_range("bytes=0-0", 0), Range::Unsatisfiable { start: 0 });
        assert_eq!(parse_range("bytes=-5", 0), Range::Unsatisfiable { start: 0 });
    }
}
