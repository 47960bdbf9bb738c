//! Files: look into folders and read.

use nc_auth::Scope::FilesRead;
use nc_client::{ETag, FileEntry, FilePath, ListOptions, WebPage};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;

use super::WEBDAV;
use crate::{
    context::Context,
    errors::OrFail,
    reading::{self, Piece, Wanted},
    row::{Row, row},
};

/// Entries of a folder when the caller names no limit.
const DEFAULT_ENTRIES: u32 = 500;
const MAX_ENTRIES: u32 = 5000;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_list_directory",
            "List Files and Directories",
            "Lists one folder: folders first, then files, by name. Does not look into subfolders. Big folders come in \
             parts: pass `next_offset` as `offset` for the next one.",
            list,
        ),
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_read_file",
            "Read File",
            "Reads a file with its etag, which nc_webdav_write_file needs. Text comes as text, in pieces of at most \
             `max_bytes`: when `truncated` is true, pass `next_offset` as `offset` for the next piece. Small binary files come as \
             base64.",
            read,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct ListDirectory {
    /// Folder, from the user's root. Empty for the root itself.
    #[serde(default)]
    path: String,
    /// Most entries to return, 1 to 5000. 500 if not given.
    #[schemars(range(min = 1, max = 5000))]
    limit: Option<u32>,
    /// How many entries to skip.
    #[serde(default)]
    #[schemars(range(min = 0))]
    offset: u64,
}

#[derive(Deserialize, JsonSchema)]
struct ReadFile {
    /// File, from the user's root.
    #[schemars(length(min = 1))]
    path: String,
    /// `auto` and `raw` read what is stored. `markdown` asks for extracted document text.
    #[serde(default)]
    parse_document: ParseDocument,
    /// First page, for documents.
    #[schemars(range(min = 1))]
    page_start: Option<u32>,
    /// Last page, for documents.
    #[schemars(range(min = 1))]
    page_end: Option<u32>,
    /// First byte to read.
    #[serde(default)]
    #[schemars(range(min = 0))]
    offset: u64,
    /// Most bytes of text to return, 1 to 1000000. 100000 if not given.
    #[schemars(range(min = 1, max = 1_000_000))]
    max_bytes: Option<u32>,
    /// Etag of the first piece, so that pieces of two versions never mix.
    etag: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ParseDocument {
    #[default]
    Auto,
    Markdown,
    Raw,
}

/// A file or folder in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Item {
    name: String,
    /// From the user's root. Usable as argument.
    path: String,
    is_directory: bool,
    /// Bytes. For folders, of everything in them.
    size: Option<u64>,
    content_type: Option<String>,
    /// RFC 3339.
    last_modified: Option<String>,
    etag: Option<String>,
    file_id: Option<i64>,
    is_favorite: Option<bool>,
    /// Page of the file for people.
    url: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Listing {
    success: bool,
    timestamp: String,
    path: String,
    files: Vec<Item>,
    /// All entries of the folder, also those not in this part.
    total_count: u64,
    /// Folders in this part.
    directories_count: u64,
    /// Files in this part.
    files_count: u64,
    /// Bytes of the files in this part.
    total_size: u64,
    /// Whether entries are missing in this part.
    truncated: bool,
    /// Where the next part begins.
    next_offset: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct FileText {
    success: bool,
    timestamp: String,
    path: String,
    content: String,
    content_type: String,
    /// Bytes of the whole file.
    size: u64,
    /// `base64` for binary files, otherwise the character set that the text is stored in.
    encoding: Option<String>,
    parsed: bool,
    parse_status: String,
    parse_tier: Option<String>,
    parse_processor: Option<String>,
    content_format: String,
    parse_notes: Vec<String>,
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    parsing_metadata: Option<serde_json::Value>,
    page_count: Option<u32>,
    page_start: Option<u32>,
    page_end: Option<u32>,
    etag: Option<String>,
    /// RFC 3339.
    last_modified: Option<String>,
    url: Option<String>,
    /// First byte of this piece.
    offset: u64,
    /// Whether the file goes on after this piece.
    truncated: bool,
    /// Where the next piece begins.
    next_offset: Option<u64>,
}

/// Reads a path as the caller wrote it.
pub(super) fn path(argument: &'static str, text: &str) -> Result<FilePath, Failure> {
    FilePath::parse(text).map_err(|error| ToolError::invalid_argument(format!("argument `{argument}`: {error}")).into())
}

/// Reads an etag as the caller wrote it.
pub(super) fn etag(argument: &'static str, text: &str) -> Result<ETag, Failure> {
    ETag::parse(text).ok_or_else(|| {
        ToolError::invalid_argument(format!(
            "argument `{argument}` must be an etag as a list or read returns it"
        ))
        .into()
    })
}

pub(super) fn item(context: &Context, entry: FileEntry) -> Item {
    Item {
        url: entry
            .file_id
            .map(|id| context.client.web_url(WebPage::File(id)).to_string()),
        is_directory: entry.is_directory(),
        name: entry.name,
        path: entry.path.to_string(),
        size: entry.size,
        content_type: entry.content_type,
        last_modified: entry.last_modified.and_then(|time| time.format(&Rfc3339).ok()),
        etag: entry.etag.map(|etag| etag.to_string()),
        file_id: entry.file_id.map(|id| id.0),
        is_favorite: entry.favorite,
    }
}

async fn list(context: Context, arguments: ListDirectory) -> Result<Listing, Failure> {
    let folder = path("path", &arguments.path)?;
    let limit = arguments.limit.unwrap_or(DEFAULT_ENTRIES).min(MAX_ENTRIES);
    let options = ListOptions {
        limit: limit as usize,
        offset: usize::try_from(arguments.offset).unwrap_or(usize::MAX),
    };
    let listing = context.client.files().list(&folder, &options).await.or_fail()?;
    let directories_count = listing.entries.iter().filter(|entry| entry.is_directory()).count() as u64;
    let files_count = listing.entries.len() as u64 - directories_count;
    let total_size = listing
        .entries
        .iter()
        .filter(|entry| !entry.is_directory())
        .filter_map(|entry| entry.size)
        // Sizes are what the cloud says; no sum of them is worth a panic.
        .fold(0, u64::saturating_add);
    Ok(Listing {
        success: true,
        timestamp: context.timestamp(),
        path: folder.to_string(),
        total_count: listing.total as u64,
        directories_count,
        files_count,
        total_size,
        truncated: listing.next_offset.is_some(),
        next_offset: listing.next_offset.map(|offset| offset as u64),
        files: listing.entries.into_iter().map(|entry| item(&context, entry)).collect(),
    })
}

async fn read(context: Context, arguments: ReadFile) -> Result<FileText, Failure> {
    if arguments.parse_document == ParseDocument::Markdown
        || arguments.page_start.is_some()
        || arguments.page_end.is_some()
    {
        return Err(ToolError::new(
            "unsupported",
            "text extraction from documents is not available; read the file with parse_document `raw`",
        )
        .into());
    }
    let path = path("path", &arguments.path)?;
    let etag = arguments.etag.as_deref().map(|text| etag("etag", text)).transpose()?;
    let wanted = Wanted {
        offset: arguments.offset,
        max_bytes: arguments.max_bytes,
        etag,
    };
    let piece = reading::piece(&context, &path, wanted).await?;
    let Piece {
        file,
        content,
        next_offset,
    } = piece;
    Ok(FileText {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        content: content.text,
        content_type: file
            .content_type
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        size: file.total_size,
        encoding: Some(content.encoding),
        parsed: false,
        parse_status: "not_parsed".to_owned(),
        parse_tier: None,
        parse_processor: None,
        content_format: "raw".to_owned(),
        parse_notes: Vec::new(),
        parsing_metadata: None,
        page_count: None,
        page_start: None,
        page_end: None,
        etag: file.etag.map(|etag| etag.to_string()),
        last_modified: file.last_modified.and_then(|time| time.format(&Rfc3339).ok()),
        // A read does not tell the file's number, which the page's address needs.
        url: None,
        offset: arguments.offset,
        truncated: next_offset.is_some(),
        next_offset,
    })
}
