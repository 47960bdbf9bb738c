//! Files: look into folders and read.

use nc_auth::Scope::FilesRead;
use nc_client::{ETag, FileEntry, FilePath, FileSlice, ListOptions, WebPage};
use nc_documents::{Extracted, Format};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::{
    WEBDAV,
    documents::{self, Asked, Outcome},
};
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
            "Lists one folder: folders first, then files, by name. Does not look into subfolders. For more pass `next_offset` as `offset`.",
            list,
        ),
        row(
            WEBDAV,
            FilesRead,
            Hints::READ,
            "nc_webdav_read_file",
            "Read File",
            "Reads a file with the etag that nc_webdav_write_file needs. Text comes in pieces of at most `max_bytes`: when `truncated` is true, pass `next_offset` as `offset`. Documents come as Markdown, to be read and not to be written back, and go on with `next_page_start` as `page_start`. Other small files come as base64.",
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
    /// Path from the root.
    #[schemars(length(min = 1))]
    path: String,
    /// `auto` gives documents (PDF, office files, RTF, letters, pictures) as Markdown and text as it is. `markdown` does so for
    /// web pages and tables too. `raw` gives every file as it is.
    #[serde(default)]
    parse_document: ParseDocument,
    /// First page to read, from 1: of a PDF, slides, sheets, or parts of some 12000 bytes.
    #[schemars(range(min = 1))]
    page_start: Option<u32>,
    /// Last page to read. As many as fit if not given.
    #[schemars(range(min = 1))]
    page_end: Option<u32>,
    /// First byte to read. For documents, first byte of the text of the first page.
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
    /// Whether the content is text that was extracted from a document.
    parsed: bool,
    /// `parsed` or `not_parsed`.
    parse_status: String,
    /// `text` that the document holds, or `ocr`, recognised from a picture.
    parse_tier: Option<String>,
    parse_processor: Option<String>,
    /// `markdown`, `text` or `raw`.
    content_format: String,
    /// What was left out, guessed or found odd.
    parse_notes: Vec<String>,
    /// Format, what its pages are, and what the document says about itself.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    parsing_metadata: Option<serde_json::Value>,
    /// Pages, slides, sheets or parts of the whole document.
    page_count: Option<u32>,
    /// First one in `content`.
    page_start: Option<u32>,
    /// Last one in `content`.
    page_end: Option<u32>,
    etag: Option<String>,
    /// RFC 3339.
    last_modified: Option<String>,
    url: Option<String>,
    /// First byte of this piece. Of a document, of the text of its first page.
    offset: u64,
    /// Whether the file goes on after this piece.
    truncated: bool,
    /// Where the next piece begins.
    next_offset: Option<u64>,
    /// Page that the next piece of a document begins with.
    next_page_start: Option<u32>,
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
    let has_pages = arguments.page_start.is_some() || arguments.page_end.is_some();
    if has_pages && arguments.parse_document == ParseDocument::Raw {
        return Err(
            ToolError::invalid_argument("with parse_document `raw` there are no pages; leave one of them out").into(),
        );
    }
    let path = path("path", &arguments.path)?;
    let etag = arguments.etag.as_deref().map(|text| etag("etag", text)).transpose()?;
    let (start, note) = if arguments.parse_document == ParseDocument::Raw {
        (None, None)
    } else {
        let asked = Asked {
            insists: has_pages || arguments.parse_document == ParseDocument::Markdown,
            page_start: arguments.page_start,
            page_end: arguments.page_end,
            offset: arguments.offset,
            max_bytes: arguments.max_bytes,
            etag: etag.clone(),
        };
        match documents::read(&context, &path, asked).await? {
            Outcome::Document(extracted, file) => {
                return Ok(document(&context, &path, *extracted, file, arguments.offset));
            }
            Outcome::Plain(start, note) => (start, note),
        }
    };
    let wanted = Wanted {
        offset: arguments.offset,
        max_bytes: arguments.max_bytes,
        etag,
        start,
    };
    let piece = reading::piece(&context, &path, wanted).await?;
    let Piece {
        file,
        content,
        next_offset,
    } = piece;
    Ok(FileText {
        content: content.text,
        encoding: Some(content.encoding),
        parse_notes: note.map(str::to_owned).into_iter().collect(),
        offset: arguments.offset,
        truncated: next_offset.is_some(),
        next_offset,
        ..unread(&context, &path, file)
    })
}

/// What is known of a file before its content.
fn unread(context: &Context, path: &FilePath, file: FileSlice) -> FileText {
    FileText {
        success: true,
        timestamp: context.timestamp(),
        path: path.to_string(),
        content: String::new(),
        content_type: file
            .content_type
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        size: file.total_size,
        encoding: None,
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
        offset: 0,
        truncated: false,
        next_offset: None,
        next_page_start: None,
    }
}

/// The answer for a document.
fn document(context: &Context, path: &FilePath, extracted: Extracted, file: FileSlice, offset: u64) -> FileText {
    let is_image = extracted.format == Format::Image;
    let has_form = !is_image && extracted.format != Format::Text;
    let mut notes = extracted.notes;
    let next = extracted.next;
    if let Some(next) = next {
        let rest = if next.offset > 0 {
            format!(" and offset {}", next.offset)
        } else {
            String::new()
        };
        notes.push(format!(
            "the text goes on: pass page_start {}{rest} for the next part",
            next.page
        ));
    }
    let mut metadata = json!({ "format": extracted.format.name(), "page_kind": extracted.page_kind.name() });
    if !extracted.metadata.is_empty() {
        metadata["document"] = json!(extracted.metadata);
    }
    FileText {
        content: extracted.text,
        encoding: extracted.encoding,
        parsed: true,
        parse_status: "parsed".to_owned(),
        parse_tier: Some(if is_image { "ocr" } else { "text" }.to_owned()),
        parse_processor: Some(extracted.format.processor().to_owned()),
        content_format: if has_form { "markdown" } else { "text" }.to_owned(),
        parse_notes: notes,
        parsing_metadata: Some(metadata),
        page_count: Some(extracted.page_count),
        page_start: Some(extracted.first_page),
        page_end: Some(extracted.last_page),
        offset,
        truncated: next.is_some(),
        next_offset: next.map(|next| next.offset as u64).filter(|offset| *offset > 0),
        next_page_start: next.map(|next| next.page),
        ..unread(context, path, file)
    }
}
