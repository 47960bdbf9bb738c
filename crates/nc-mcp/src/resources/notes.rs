//! Notes, their attachments and the settings of the app.

use nc_auth::{Scope, ScopeSet};
use nc_client::NoteId;
use nc_mcp_kit::{Failure, ResourceSpec};
use nc_proto::dav::decode_segment;
use rmcp::model::{ErrorData, ResourceContents};

use super::{Asked, no_such, refused};
use crate::{
    context::Context,
    errors::OrFail,
    tools::{self, NOTES, notes},
};

const SETTINGS: &str = "notes://settings";
const NOTE: &str = "nc://Notes/{note_id}";
const ATTACHMENT: &str = "nc://Notes/{note_id}/attachments/{attachment_filename}";
/// Largest attachment that is put into an answer, in bytes.
const MAX_ATTACHMENT: u64 = 1024 * 1024;

pub(super) fn specs() -> Vec<ResourceSpec> {
    let notes = |uri, name, title, description, mime_type| ResourceSpec {
        uri,
        name,
        title,
        description,
        mime_type,
        app: NOTES.name,
        capability: NOTES.capability,
        scopes: ScopeSet::EMPTY.with(Scope::NotesRead),
    };
    vec![
        notes(
            SETTINGS,
            "notes_get_settings",
            "Notes Settings",
            "In which folder notes are stored, and the suffix of their files.",
            "application/json",
        ),
        notes(
            NOTE,
            "nc_get_note_resource",
            "Note",
            "One note with its text and etag.",
            "application/json",
        ),
        notes(
            ATTACHMENT,
            "nc_notes_get_attachment_resource",
            "Note Attachment",
            "A file that is attached to a note, up to 1 MiB.",
            "application/octet-stream",
        ),
    ]
}

pub(super) async fn read(asked: Asked<'_>) -> Result<ResourceContents, ErrorData> {
    match (asked.template, asked.values) {
        (SETTINGS, _) => asked.json(notes::notes_settings(asked.context).await),
        (NOTE, [id]) => {
            let id = NoteId(asked.number(id)?);
            asked.json(notes::full_note(asked.context, id).await)
        }
        (ATTACHMENT, [id, name]) => attachment(&asked, NoteId(asked.number(id)?), name).await,
        _ => Err(no_such(asked.uri)),
    }
}

/// Ids of notes. Names of attachments would need a request for each note.
pub(super) async fn complete(context: &Context, variable: &str, prefix: &str) -> Result<Vec<String>, Failure> {
    if variable == "note_id" {
        tools::matching_ids(context, prefix).await
    } else {
        Ok(Vec::new())
    }
}

async fn attachment(asked: &Asked<'_>, id: NoteId, name: &str) -> Result<ResourceContents, ErrorData> {
    let uri = asked.uri;
    let name = decode_segment(name).map_err(|_| no_such(uri))?;
    let file = asked
        .context
        .client
        .notes()
        .attachment(id, &name, MAX_ATTACHMENT)
        .await
        .or_fail()
        .map_err(|error| refused(uri, error))?;
    let content = crate::reading::whole(&file.bytes);
    let contents = if content.encoding == "base64" {
        ResourceContents::blob(content.text, uri)
    } else {
        ResourceContents::text(content.text, uri)
    };
    Ok(match file.content_type {
        Some(content_type) => contents.with_mime_type(content_type),
        None => contents,
    })
}
