//! From the status and body of an answer to an [`Error`].

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use nc_proto::{
    apps::notes::NoteEntry,
    dav::{ETag, date::parse_http},
};
use time::OffsetDateTime;

use super::{Current, Error, Reason, Subject};

/// What is needed to name a failure.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// What the call was about.
    pub(crate) subject: Subject,
    /// The app whose interface it is, if it is one that may be missing.
    pub(crate) app: Option<&'static str>,
    /// Whether older versions of the app lack the route, so that its absence says nothing about the app.
    pub(crate) newer: bool,
    /// The condition that was sent.
    pub(crate) condition: Condition,
    /// Whether it was to change something.
    pub(crate) write: bool,
}

/// The condition that a request was sent with; it tells what 412 means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Condition {
    /// None.
    #[default]
    None,
    /// `If-Match`: only if it did not change.
    Unchanged,
    /// `If-None-Match: *` or `Overwrite: F`: only if nothing is there.
    Absent,
}

/// Names the failure that an answer with `status` reports.
pub(crate) fn from_answer(
    context: &Context,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: OffsetDateTime,
) -> Error {
    let subject = context.subject.clone();
    let kind = content_type(headers);
    let reason = || Reason::find(&kind, body);
    match status.as_u16() {
        401 => Error::Unauthorized,
        403 => Error::Forbidden {
            subject,
            reason: reason(),
        },
        404 => match context.app {
            // An unknown route is answered with the HTML error page, an unknown object by the app with JSON; by Tables with
            // an empty page.
            Some(app) if kind.contains("html") && !context.newer && !body.trim_ascii().is_empty() => {
                Error::AppMissing { app }
            }
            _ => Error::NotFound {
                subject,
                reason: reason(),
            },
        },
        412 if context.condition == Condition::Unchanged => {
            let current = Box::new(current(headers, &kind, body));
            Error::Conflict { subject, current }
        }
        412 if context.condition == Condition::Absent => {
            let current = Box::new(current(headers, "", body));
            Error::AlreadyExists { subject, current }
        }
        412 => Error::PreconditionFailed {
            subject,
            reason: reason(),
        },
        413 => Error::TooLarge {
            subject,
            limit_bytes: None,
        },
        423 => Error::Locked { subject, owner: None },
        429 => Error::RateLimited {
            retry_after: retry_after(headers, now),
        },
        // A gateway that gives up says nothing about what happened behind it.
        502 | 504 if context.write => Error::OutcomeUnknown { subject },
        504 => Error::Timeout { subject },
        503 if is_maintenance(headers) => Error::Maintenance {
            retry_after: retry_after(headers, now),
        },
        507 => Error::Quota {
            subject,
            free_bytes: None,
        },
        code @ 500.. => Error::ServerError {
            subject,
            status: code,
            reason: reason(),
        },
        code => Error::Refused {
            subject,
            status: code,
            reason: reason(),
        },
    }
}

/// Whether the answer says that the server is in maintenance.
pub(crate) fn is_maintenance(headers: &HeaderMap) -> bool {
    headers
        .get("x-nextcloud-maintenance-mode")
        .is_some_and(|value| value == "1")
}

/// The longest wait that is believed: a day.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// `Retry-After`, RFC 9110 §10.2.3: seconds or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (parse_http(text)? - now).try_into().unwrap_or_default(),
    };
    // Nobody waits longer, and larger numbers could not be reckoned with.
    Some(wait.min(LONGEST_WAIT))
}

/// The media type with its parameters, in small letters.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_ascii_lowercase()
}

/// The state that a refused write met: from the headers, and from the body where the app sends the object (Notes).
fn current(headers: &HeaderMap, kind: &str, body: &[u8]) -> Current {
    let header = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let mut current = Current {
        etag: header(header::ETAG).and_then(ETag::parse),
        modified: header(header::LAST_MODIFIED).and_then(parse_http),
        content_head: None,
    };
    if kind.contains("json")
        && let Ok(note) = serde_json::from_slice::<NoteEntry>(body)
    {
        current.etag = note.etag.or(current.etag);
        current.modified = OffsetDateTime::from_unix_timestamp(note.modified)
            .ok()
            .or(current.modified);
        current.content_head = note.content.map(|text| text.chars().take(200).collect());
    }
    current
}
