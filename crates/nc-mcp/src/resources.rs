//! Resources of the catalogue. Each is reachable by a tool as well, since many clients know tools only.

use nc_auth::{Scope, ScopeSet};
use nc_client::NoteId;
use nc_mcp_kit::{Failure, ResourceSpec, ToolError};
use nc_proto::dav::decode_segment;
use rmcp::model::{ErrorData, ReadResourceResult, ResourceContents};
use serde::Serialize;

use crate::{
    context::Context,
    errors::OrFail,
    tools::{NOTES, SERVER, notes, server},
};

const CAPABILITIES: &str = "nc://capabilities";
const SETTINGS: &str = "notes://settings";
pub(crate) const NOTE: &str = "nc://Notes/{note_id}";
const ATTACHMENT: &str = "nc://Notes/{note_id}/attachments/{attachment_filename}";
/// Largest attachment that is put into an answer, in bytes.
const MAX_ATTACHMENT: u64 = 1024 * 1024;

pub(crate) fn specs() -> Vec<ResourceSpec> {
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
        ResourceSpec {
            uri: CAPABILITIES,
            name: "nc_get_capabilities",
            title: "Nextcloud Capabilities",
            description: "Who you are signed in as, the version of the Nextcloud and what its apps offer.",
            mime_type: "application/json",
            app: SERVER.name,
            capability: SERVER.capability,
            scopes: ScopeSet::EMPTY.with(Scope::Openid),
        },
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

pub(crate) async fn read(context: Context, spec: &ResourceSpec, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let values = spec.matches(uri).unwrap_or_default();
    let contents = match (spec.uri, values.as_slice()) {
        (CAPABILITIES, _) => json(
            uri,
            &server::about(&context).await.map_err(|error| refused(uri, error))?,
        )?,
        (SETTINGS, _) => json(
            uri,
            &notes::notes_settings(&context)
                .await
                .map_err(|error| refused(uri, error))?,
        )?,
        (NOTE, [id]) => {
            let id = note_id(uri, id)?;
            json(
                uri,
                &notes::full_note(&context, id)
                    .await
                    .map_err(|error| refused(uri, error))?,
            )?
        }
        (ATTACHMENT, [id, name]) => attachment(&context, uri, note_id(uri, id)?, name).await?,
        _ => return Err(no_such(uri)),
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

async fn attachment(context: &Context, uri: &str, id: NoteId, name: &str) -> Result<ResourceContents, ErrorData> {
    let name = decode_segment(name).map_err(|_| no_such(uri))?;
    let file = context
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

fn note_id(uri: &str, text: &str) -> Result<NoteId, ErrorData> {
    text.parse().map(NoteId).map_err(|_| no_such(uri))
}

fn json<T: Serialize>(uri: &str, value: &T) -> Result<ResourceContents, ErrorData> {
    let text = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "resource cannot be written as JSON");
        ErrorData::internal_error("internal error", None)
    })?;
    Ok(ResourceContents::text(text, uri).with_mime_type("application/json"))
}

fn no_such(uri: &str) -> ErrorData {
    ErrorData::resource_not_found(format!("no resource {uri}"), None)
}

/// The caller has no access to the cloud.
pub(crate) fn not_provisioned(error: &ToolError) -> ErrorData {
    ErrorData::invalid_request(error.to_string(), None)
}

fn refused(uri: &str, failure: Failure) -> ErrorData {
    match failure {
        Failure::Tool(error) if error.code == "not_found" => ErrorData::resource_not_found(error.message, None),
        Failure::Tool(error) if error.code == "bearer_refused" => {
            not_provisioned(&ToolError::new("provisioning_required", error.message))
        }
        // Own codes lie outside of JSON-RPC's reserved range, so the kind is told in the text.
        Failure::Tool(error) => ErrorData::internal_error(format!("{uri}: {error}"), None),
        Failure::Protocol(error) => error,
        Failure::InputRequired(_) => ErrorData::invalid_request(format!("{uri}: the person has to act first"), None),
        Failure::Internal(cause) => {
            tracing::error!(%cause, "resource read failed inside");
            ErrorData::internal_error("internal error", None)
        }
    }
}
