//! Files: what was deleted or replaced, and how it comes back.

use nc_auth::Scope::{FilesRead, FilesWrite};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;

use super::{WEBDAV, files::path};
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
};

/// Entries of the trash, or states of a file, when the caller names no limit.
const DEFAULT_ENTRIES: u32 = 100;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_list_trash",
            "List Trash",
            "Lists what the user deleted, the latest first, with the id that nc_webdav_restore_from_trash needs. For more pass `next_offset` as `offset`.",
            list_trash,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::ADD,
            "nc_webdav_restore_from_trash",
            "Restore From Trash",
            "Brings a deleted file or folder back, and says where it is: under another name where the old one is taken, in the root where the old folder is gone. Nothing is replaced.",
            restore_from_trash,
        ),
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_list_versions",
            "List File Versions",
            "Lists the states of a file that the cloud kept, the latest first. The one with `is_current` is what the file \
             has now.",
            list_versions,
        ),
        row(
            WEBDAV,
            FilesWrite,
            Hints::ADD,
            "nc_webdav_restore_version",
            "Restore File Version",
            "Makes a former state of a file the present one. The present one stays as a version, so this can be undone.",
            restore_version,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct ListTrash {
    /// Most entries to return, 1 to 1000. 100 if not given.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// How many entries to skip.
    #[serde(default)]
    #[schemars(range(min = 0))]
    offset: u64,
}

#[derive(Deserialize, JsonSchema)]
struct OneEntry {
    /// Id of the entry, as `nc_webdav_list_trash` tells it.
    #[schemars(length(min = 1))]
    entry_id: String,
}

#[derive(Deserialize, JsonSchema)]
struct OneFile {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
}

#[derive(Deserialize, JsonSchema)]
struct OneVersion {
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
    /// Id of the version, as `nc_webdav_list_versions` tells it.
    #[schemars(length(min = 1))]
    version_id: String,
}

#[derive(Serialize, JsonSchema)]
struct TrashItem {
    /// Needed to bring it back.
    id: String,
    name: Option<String>,
    /// Where it was, from the user's root.
    original_location: Option<String>,
    /// Unix seconds.
    deleted_at: Option<i64>,
    /// Bytes. For folders, of everything in them.
    size: Option<u64>,
    /// The same as `id`. Addresses of the cloud are not told.
    href: Option<String>,
    is_directory: bool,
    file_id: Option<i64>,
    /// Who deleted it.
    deleted_by: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct TrashList {
    success: bool,
    timestamp: String,
    items: Vec<TrashItem>,
    /// All entries of the trash, also those not in this part.
    total_count: usize,
    /// Whether entries are missing in this part.
    truncated: bool,
    /// Where the next part begins.
    next_offset: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct RestoredEntry {
    success: bool,
    timestamp: String,
    entry_id: String,
    /// Where it is now, from the user's root. Not given where the cloud did not find it again.
    path: Option<String>,
    original_location: Option<String>,
    /// Whether it is where it was before.
    at_original_location: Option<bool>,
    file_id: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct VersionItem {
    version_id: String,
    /// Bytes.
    size: Option<u64>,
    /// RFC 3339.
    modified: Option<String>,
    label: Option<String>,
    /// Who wrote it.
    author: Option<String>,
    /// Whether it is what the file has now.
    is_current: bool,
}

#[derive(Serialize, JsonSchema)]
struct VersionList {
    success: bool,
    timestamp: String,
    path: String,
    file_id: String,
    versions: Vec<VersionItem>,
    /// All states of the file, also those beyond the latest 100.
    total_count: usize,
    /// Whether older ones are missing here.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
struct VersionBack {
    success: bool,
    timestamp: String,
    path: String,
    restored_version: String,
    /// Needed for the next change.
    etag: Option<String>,
    /// Bytes.
    size: Option<u64>,
}

async fn list_trash(context: Context, arguments: ListTrash) -> Result<TrashList, Failure> {
    let entries = context.client.files().trash().await.or_fail()?;
    let total = entries.len();
    let limit = arguments.limit.unwrap_or(DEFAULT_ENTRIES) as usize;
    let offset = usize::try_from(arguments.offset).unwrap_or(usize::MAX);
    let items: Vec<TrashItem> = entries
        .into_iter()
        .skip(offset)
        .take(limit)
        .map(|entry| TrashItem {
            href: Some(entry.id.clone()),
            id: entry.id,
            name: entry.name,
            original_location: entry.original_location.map(|place| place.to_string()),
            deleted_at: entry.deleted_at.map(time::OffsetDateTime::unix_timestamp),
            size: entry.size,
            is_directory: entry.kind == nc_client::FileKind::Directory,
            file_id: entry.file_id.map(|id| id.0),
            deleted_by: entry.deleted_by,
        })
        .collect();
    let next = offset.saturating_add(items.len());
    Ok(TrashList {
        success: true,
        timestamp: context.timestamp(),
        items,
        total_count: total,
        truncated: next < total,
        next_offset: (next < total).then_some(next as u64),
    })
}

async fn restore_from_trash(context: Context, arguments: OneEntry) -> Result<RestoredEntry, Failure> {
    let restored = context.client.files().restore(&arguments.entry_id).await.or_fail()?;
    let path = restored.entry.map(|entry| entry.path);
    let original = restored.was.original_location;
    let at_original_location = path
        .as_ref()
        .zip(original.as_ref())
        .map(|(path, original)| path == original);
    Ok(RestoredEntry {
        success: true,
        timestamp: context.timestamp(),
        entry_id: arguments.entry_id,
        path: path.map(|path| path.to_string()),
        original_location: original.map(|place| place.to_string()),
        at_original_location,
        file_id: restored.was.file_id.map(|id| id.0),
    })
}

async fn list_versions(context: Context, arguments: OneFile) -> Result<VersionList, Failure> {
    let path = path("path", &arguments.path)?;
    let (entry, versions) = context.client.files().versions(&path).await.or_fail()?;
    let total_count = versions.len();
    let versions = versions
        .into_iter()
        .take(DEFAULT_ENTRIES as usize)
        .map(|version| VersionItem {
            version_id: version.id,
            size: version.size,
            modified: version.modified.and_then(|time| time.format(&Rfc3339).ok()),
            label: version.label,
            author: version.author,
            is_current: version.is_current,
        })
        .collect();
    Ok(VersionList {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        file_id: entry.file_id.map(|id| id.to_string()).unwrap_or_default(),
        versions,
        total_count,
        truncated: total_count > DEFAULT_ENTRIES as usize,
    })
}

async fn restore_version(context: Context, arguments: OneVersion) -> Result<VersionBack, Failure> {
    let path = path("path", &arguments.path)?;
    let version = arguments.version_id.trim();
    let restored = context.client.files().restore_version(&path, version).await;
    let entry = restored.map_err(|error| match error {
        nc_client::Error::InvalidInput { why, .. } => {
            Failure::from(ToolError::invalid_argument(format!("argument `version_id`: {why}")))
        }
        error => crate::errors::failure(&error),
    })?;
    Ok(VersionBack {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        restored_version: version.to_owned(),
        etag: entry.etag.map(|etag| etag.to_string()),
        size: entry.size,
    })
}
