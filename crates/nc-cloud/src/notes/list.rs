use std::str::FromStr;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::{
    error::NotesError,
    handlers::{excludes_content, reply, with_versions, without},
    notebook::{NoteFile, Notebook},
    seen,
};
use crate::{Cloud, SignedIn, address::Query, known::is_known};

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    #[serde(default)]
    exclude: String,
    /// Absent: all; empty: the notes folder itself; without what lies in subcategories (P70).
    category: Option<String>,
    #[serde(default)]
    prune_before: i64,
    #[serde(default)]
    chunk_size: usize,
    chunk_cursor: Option<String>,
}

/// Where a chunk ended: when the first one was asked for, and the last note that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    began_at: i64,
    changed_at: i64,
    id: i64,
}

impl FromStr for Cursor {
    type Err = NotesError;

    fn from_str(text: &str) -> Result<Self, NotesError> {
        let mut numbers = text.split('-').map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(began_at)), Some(Ok(changed_at)), Some(Ok(id)), None) => Ok(Self {
                began_at,
                changed_at,
                id,
            }),
            _ => Err(NotesError::Invalid("chunkCursor is not one that was given out")),
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.began_at, self.changed_at, self.id)
    }
}

/// `GET …/notes`
///
/// Notes that changed since `pruneBefore` come in full, oldest change first, in chunks if wished; the others with their id
/// only, all at the end of the last chunk (P71). So a client finds out what was deleted.
pub(super) async fn list(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, NotesError> {
    let cursor = wanted
        .chunk_cursor
        .as_deref()
        .filter(|cursor| !cursor.is_empty())
        .map(str::parse::<Cursor>)
        .transpose()?;
    let began_at = cursor.map_or(cloud.now(), |cursor| cursor.began_at);
    let notebook = Notebook::open(&cloud, &signed_in.user).await?;
    let all = notebook.list().await?;
    let seen = seen::look(&cloud, &signed_in.user, &all).await?;
    let mut notes: Vec<(i64, NoteFile)> = all
        .into_iter()
        .filter(|note| {
            wanted
                .category
                .as_ref()
                .is_none_or(|category| note.category == *category)
        })
        .map(|note| (seen.get(&note.entry.id.0).copied().unwrap_or(began_at), note))
        .collect();
    notes.sort_unstable_by_key(|(changed_at, note)| (*changed_at, note.entry.id));

    let (full, rest): (Vec<_>, Vec<_>) = notes.into_iter().partition(|(changed_at, note)| {
        let after_cursor = cursor.is_none_or(|cursor| (*changed_at, note.entry.id.0) > (cursor.changed_at, cursor.id));
        *changed_at >= wanted.prune_before && after_cursor
    });
    let chunk = if wanted.chunk_size == 0 {
        full.len()
    } else {
        wanted.chunk_size.min(full.len())
    };
    let (now, later) = full.split_at(chunk);

    let mut items = Vec::with_capacity(now.len() + rest.len());
    for (_, note) in now {
        items.push(item(&notebook, note, &wanted.exclude).await?);
    }
    let next = now
        .last()
        .filter(|_| !later.is_empty())
        .map(|(changed_at, note)| Cursor {
            began_at,
            changed_at: *changed_at,
            id: note.entry.id.0,
        });
    if next.is_none() {
        items.extend(rest.iter().map(|(_, note)| json!({ "id": note.id() })));
    }

    let items = Value::Array(items);
    let etag = format!("\"{}\"", hex::encode(Md5::digest(items.to_string())));
    let mut response = if is_known(&headers, &etag) {
        with_versions(StatusCode::NOT_MODIFIED.into_response())
    } else {
        reply(StatusCode::OK, &items)
    };
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::ETAG, etag);
    set(header::LAST_MODIFIED, http_date(began_at));
    if let Some(next) = next {
        set(HeaderName::from_static("x-notes-chunk-cursor"), next.to_string());
        set(
            HeaderName::from_static("x-notes-chunk-pending"),
            later.len().to_string(),
        );
    }
    Ok(response)
}

async fn item(notebook: &Notebook, note: &NoteFile, exclude: &str) -> Result<Value, NotesError> {
    if excludes_content(exclude) {
        return Ok(without(&note.to_entry(), exclude));
    }
    match notebook.read(note).await {
        Ok(entry) => Ok(without(&entry, exclude)),
        // Deleted since the list was made.
        Err(NotesError::NotFound | NotesError::Content(crate::content::ContentError::NotFound(_))) => {
            Ok(json!({ "id": note.id() }))
        }
        Err(error) => Err(error),
    }
}

/// RFC 9110 §5.6.7.
fn http_date(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc2822).unwrap_or_default().replace("+0000", "GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor {
            began_at: 1_795_225_734,
            changed_at: 1_795_225_728,
            id: 1135,
        };
        assert_eq!(cursor.to_string(), "1795225734-1795225728-1135");
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        for text in ["", "1-2", "1-2-3-4", "a-b-c", "1--2-3"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(1_795_225_734), "Sat, 21 Nov 2026 01:48:54 GMT");
    }
}
