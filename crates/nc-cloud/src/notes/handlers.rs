use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use nc_proto::{
    apps::notes::{NoteEntry, NoteId},
    dav::ETagCondition,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    API_VERSIONS,
    error::NotesError,
    input::{self, Input},
    notebook::Notebook,
};
use crate::{
    Cloud, SignedIn,
    address::{Path, Query},
    json,
    known::is_known,
};

const VERSIONS: HeaderName = HeaderName::from_static("x-notes-api-versions");

/// Which fields to leave out.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Exclude {
    #[serde(default)]
    exclude: String,
}

/// An answer of this app.
pub(super) fn reply(status: StatusCode, body: &impl Serialize) -> Response {
    with_versions(json::json(status, body))
}

/// Clients choose their version by this header.
pub(super) fn with_versions(mut response: Response) -> Response {
    if let Ok(versions) = HeaderValue::from_str(&API_VERSIONS.join(", ")) {
        response.headers_mut().insert(VERSIONS, versions);
    }
    response
}

/// The note without the fields that are listed in `exclude`. Id and tag always stay.
pub(super) fn without(note: &NoteEntry, exclude: &str) -> Value {
    let mut value = serde_json::to_value(note).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        for name in exclude
            .split(',')
            .map(str::trim)
            .filter(|name| !matches!(*name, "id" | "etag"))
        {
            fields.remove(name);
        }
    }
    value
}

/// Whether a list of fields to leave out names the text, so files need not be read.
pub(super) fn excludes_content(exclude: &str) -> bool {
    exclude.split(',').any(|name| name.trim() == "content")
}

/// Ids are digits; for anything else Nextcloud has no such route, or answers 400 to GET (P73).
fn id(text: &str) -> Result<NoteId, NotesError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.map(NoteId).ok_or(NotesError::NoSuchRoute)
}

/// `GET …/notes/{id}`
pub(super) async fn show(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(text): Path<String>,
    Query(query): Query<Exclude>,
    headers: HeaderMap,
) -> Result<Response, NotesError> {
    let Ok(id) = id(&text) else {
        return Ok(reply(StatusCode::BAD_REQUEST, &json!([])));
    };
    let notebook = Notebook::open(&cloud, &signed_in.user).await?;
    let note = notebook.get(id).await?;
    let entry = if excludes_content(&query.exclude) {
        note.to_entry()
    } else {
        notebook.read(&note).await?
    };
    let etag = entry
        .etag
        .as_ref()
        .map(nc_proto::dav::ETag::header_value)
        .unwrap_or_default();
    let mut response = if is_known(&headers, &etag) {
        with_versions(StatusCode::NOT_MODIFIED.into_response())
    } else {
        reply(StatusCode::OK, &without(&entry, &query.exclude))
    };
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}

/// `POST …/notes`
pub(super) async fn create(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    input: Input,
) -> Result<Response, NotesError> {
    let new = input::new_note(&input, cloud.now())?;
    let (notebook, _turn) = Notebook::open_for_change(&cloud, &signed_in.user).await?;
    Ok(reply(StatusCode::OK, &notebook.create(new).await?))
}

/// `PUT …/notes/{id}`
pub(super) async fn update(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(text): Path<String>,
    headers: HeaderMap,
    input: Input,
) -> Result<Response, NotesError> {
    let id = id(&text)?;
    let condition = match headers.get(header::IF_MATCH).map(|value| value.to_str()) {
        None => None,
        Some(Ok(value)) => Some(ETagCondition::parse(value)),
        Some(Err(_)) => return Err(NotesError::Invalid("If-Match cannot be read")),
    };
    let patch = input::patch(&input, cloud.now())?;
    let (notebook, _turn) = Notebook::open_for_change(&cloud, &signed_in.user).await?;
    Ok(reply(StatusCode::OK, &notebook.update(id, patch, condition).await?))
}

/// `DELETE …/notes/{id}`
pub(super) async fn delete(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    Path(text): Path<String>,
) -> Result<Response, NotesError> {
    let id = id(&text)?;
    let (notebook, _turn) = Notebook::open_for_change(&cloud, &signed_in.user).await?;
    notebook.delete(id).await?;
    Ok(reply(StatusCode::OK, &json!([])))
}
