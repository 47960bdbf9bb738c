//! Notes: eight tools over the Notes app, and one for its settings.

mod answers;
mod matching;

use std::collections::BTreeMap;

use nc_auth::Scope::{NotesRead, NotesWrite};
use nc_client::{CategoryFilter, ETag, NewNote, Note, NoteEntry, NoteId, NotePatch, NotesFilter, WebPage};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

use self::{
    answers::{Attachment, DeletedNote, FullNote, Hit, NoteHits, NoteList, Settings, StoredNote},
    matching::matches,
};
use super::NOTES;
use crate::{
    context::Context,
    errors::OrFail,
    reading::{self, Content},
    row::{Row, row},
};

/// Most notes that one list or search returns.
const MAX_RESULTS: u32 = 1000;
/// Hits of a search when the caller names no limit.
const DEFAULT_HITS: u32 = 50;
/// Largest attachment that is put into an answer, in bytes.
const MAX_ATTACHMENT: u64 = 1024 * 1024;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            NOTES,
            NotesRead,
            Hints::READ,
            "nc_notes_list_notes",
            "List Notes",
            "Lists notes, newest change first, without their text. Filter by category, which includes its \
             subcategories. Read one with nc_notes_get_note.",
            list,
        ),
        row(
            NOTES,
            NotesRead,
            Hints::READ,
            "nc_notes_search_notes",
            "Search Notes",
            "Finds notes that contain all words of the query in title, category or text, best match first, with short excerpts. Read one with nc_notes_get_note.",
            search,
        ),
        row(
            NOTES,
            NotesRead,
            Hints::READ,
            "nc_notes_get_note",
            "Get Note",
            "Reads one note with its whole Markdown text and its etag, which nc_notes_update_note needs.",
            get,
        ),
        row(
            NOTES,
            NotesWrite,
            Hints::ADD,
            "nc_notes_create_note",
            "Create Note",
            "Creates a note. The title becomes a file name: forbidden characters vanish, long ones are cut, a taken one gets a number. The result holds what was stored.",
            create,
        ),
        row(
            NOTES,
            NotesWrite,
            Hints::REPLACE.idempotent(),
            "nc_notes_update_note",
            "Update Note",
            "Changes title, text or category of a note. What is not given stays. Needs the etag of the last read. Fails with conflict if the note changed since: read again, merge, retry.",
            update,
        ),
        row(
            NOTES,
            NotesWrite,
            Hints::ADD,
            "nc_notes_append_content",
            "Append to Note",
            "Adds text at the end of a note, on a new line. Safe while others edit the note. Needs no etag.",
            append,
        ),
        row(
            NOTES,
            NotesWrite,
            Hints::DELETE,
            "nc_notes_delete_note",
            "Delete Note",
            "Deletes a note. Its file goes to the trash bin where the cloud has one.",
            delete,
        ),
        row(
            NOTES,
            NotesRead,
            Hints::READ,
            "nc_notes_get_attachment",
            "Get Note Attachment",
            "Reads a file that is attached to a note: text as text, anything else as base64, up to 1 MiB.",
            attachment,
        ),
        row(
            NOTES,
            NotesRead,
            Hints::READ,
            "nc_notes_get_settings",
            "Get Notes Settings",
            "Shows in which folder notes are stored and which suffix their files have.",
            settings,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct ListNotes {
    /// Only notes of this category and its subcategories. An empty text means notes without a category.
    category: Option<String>,
    /// Most notes to return, at most 1000.
    #[serde(default = "default_list_limit")]
    #[schemars(range(min = 0, max = 1000))]
    limit: u32,
}

const fn default_list_limit() -> u32 {
    100
}

#[derive(Deserialize, JsonSchema)]
struct SearchNotes {
    /// Words to look for, in any order and case.
    #[schemars(length(min = 1, max = 1000))]
    query: String,
    /// Most hits to return, 1 to 1000. 50 if not given.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
struct NoteRef {
    /// Id from a list or search.
    note_id: i64,
}

#[derive(Deserialize, JsonSchema)]
struct CreateNote {
    /// Title. Also the name of the note's file.
    #[schemars(length(min = 1, max = 1000))]
    title: String,
    /// Markdown text.
    content: String,
    /// Category. Nested with `/`, empty for none.
    #[serde(default)]
    category: String,
}

#[derive(Deserialize, JsonSchema)]
struct UpdateNote {
    /// Id from a list or search.
    note_id: i64,
    /// Etag from the last read of this note.
    #[schemars(length(min = 1))]
    etag: String,
    /// New title.
    #[schemars(length(min = 1, max = 1000))]
    title: Option<String>,
    /// New Markdown text. Replaces the old text whole.
    content: Option<String>,
    /// New category. Empty for none.
    category: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct AppendContent {
    /// Id from a list or search.
    note_id: i64,
    /// Markdown text to add.
    #[schemars(length(min = 1))]
    content: String,
}

#[derive(Deserialize, JsonSchema)]
struct GetAttachment {
    /// Id of the note.
    note_id: i64,
    /// Name of the file as the note's text links it.
    #[schemars(length(min = 1))]
    attachment_filename: String,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

async fn list(context: Context, arguments: ListNotes) -> Result<NoteList, Failure> {
    let mut notes = entries(&context, arguments.category.as_deref()).await?;
    notes.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.id.cmp(&b.id)));
    let total_found = notes.len();
    let limit = arguments.limit.min(MAX_RESULTS) as usize;
    let results: Vec<_> = notes
        .into_iter()
        .take(limit)
        .map(|note| hit(&context, note, None, None))
        .collect();
    Ok(NoteList {
        success: true,
        timestamp: context.timestamp(),
        total_found,
        category: arguments.category,
        truncated: results.len() < total_found,
        results,
    })
}

async fn entries(context: &Context, category: Option<&str>) -> Result<Vec<NoteEntry>, Failure> {
    let category = category.map(|name| match name.trim_matches('/') {
        "" => CategoryFilter::Uncategorized,
        name => CategoryFilter::WithSubcategories(name.to_owned()),
    });
    let filter = NotesFilter {
        category,
        with_content: false,
    };
    context.client.notes().list(&filter).await.or_fail()
}

async fn search(context: Context, arguments: SearchNotes) -> Result<NoteHits, Failure> {
    let words: Vec<String> = arguments.query.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Err(ToolError::invalid_argument("argument `query` must name at least one word").into());
    }
    // The app has no search of its own, so the texts have to be read; only hits are kept.
    let filter = NotesFilter {
        category: None,
        with_content: true,
    };
    let notes = context.client.notes();
    let mut pages = notes.pages(&filter);
    let mut found: BTreeMap<NoteId, Hit> = BTreeMap::new();
    let mut seen = 0;
    while let Some(page) = pages.next().await.or_fail()? {
        seen += page.len() as u64;
        for note in page {
            let id = note.id;
            match matches(&note, &words) {
                Some((score, excerpt)) => found.insert(id, hit(&context, note, Some(score), excerpt)),
                // A later version of the same note counts.
                None => found.remove(&id),
            };
        }
        context.call.progress.report(seen, None, "notes searched").await;
    }
    let mut hits: Vec<Hit> = found
        .into_iter()
        .filter(|(id, _)| pages.exists(*id))
        .map(|(_, hit)| hit)
        .collect();
    hits.sort_by(|a, b| {
        b.score
            .partial_cmp(&a.score)
            .unwrap_or(std::cmp::Ordering::Equal)
            .then_with(|| b.modified.cmp(&a.modified))
    });
    let total_found = hits.len();
    hits.truncate(arguments.limit.unwrap_or(DEFAULT_HITS) as usize);
    Ok(NoteHits {
        success: true,
        timestamp: context.timestamp(),
        query: arguments.query,
        total_found,
        truncated: hits.len() < total_found,
        results: hits,
    })
}

fn hit(context: &Context, note: NoteEntry, score: Option<f64>, excerpt: Option<String>) -> Hit {
    Hit {
        id: note.id.0,
        title: note.title,
        category: note.category,
        score,
        modified: note.modified,
        favorite: note.favorite,
        excerpt,
        url: Some(context.client.web_url(WebPage::Note(note.id)).to_string()),
    }
}

async fn get(context: Context, arguments: NoteRef) -> Result<FullNote, Failure> {
    full_note(&context, NoteId(arguments.note_id)).await
}

pub(crate) async fn full_note(context: &Context, id: NoteId) -> Result<FullNote, Failure> {
    let note = context.client.notes().get(id).await.or_fail()?;
    Ok(FullNote {
        id: note.id.0,
        url: Some(context.client.web_url(WebPage::Note(note.id)).to_string()),
        etag: etag_text(&note),
        title: note.title,
        content: note.content,
        category: note.category,
        modified: note.modified,
        favorite: note.favorite,
        readonly: note.readonly,
    })
}

async fn create(context: Context, arguments: CreateNote) -> Result<StoredNote, Failure> {
    let new = NewNote {
        title: Some(arguments.title.clone()),
        content: Some(arguments.content),
        category: Some(arguments.category.trim_matches('/').to_owned()),
        ..NewNote::default()
    };
    let note = context.client.notes().create(&new).await.or_fail()?;
    Ok(stored(&context, note, Some(&arguments.title)))
}

async fn update(context: Context, arguments: UpdateNote) -> Result<StoredNote, Failure> {
    let patch = NotePatch {
        title: arguments.title.clone(),
        content: arguments.content,
        category: arguments.category.map(|category| category.trim_matches('/').to_owned()),
        ..NotePatch::default()
    };
    if patch.is_empty() {
        return Err(ToolError::invalid_argument("give at least one of `title`, `content` and `category`").into());
    }
    let etag = ETag::parse(&arguments.etag).ok_or_else(|| {
        ToolError::invalid_argument("argument `etag` must be an etag as nc_notes_get_note returns it")
    })?;
    let note = context
        .client
        .notes()
        .update(NoteId(arguments.note_id), &patch, &etag)
        .await
        .or_fail()?;
    Ok(stored(&context, note, arguments.title.as_deref()))
}

async fn append(context: Context, arguments: AppendContent) -> Result<StoredNote, Failure> {
    let note = context
        .client
        .notes()
        .append(NoteId(arguments.note_id), &arguments.content)
        .await
        .or_fail()?;
    Ok(stored(&context, note, None))
}

fn stored(context: &Context, note: Note, wished_title: Option<&str>) -> StoredNote {
    let message = wished_title.filter(|wished| *wished != note.title).map(|_| {
        format!(
            "stored under the title `{}`, because the wished one is taken or cannot be a file name",
            note.title
        )
    });
    StoredNote {
        success: true,
        timestamp: context.timestamp(),
        id: note.id.0,
        url: Some(context.client.web_url(WebPage::Note(note.id)).to_string()),
        etag: etag_text(&note),
        title: note.title,
        category: note.category,
        message,
    }
}

fn etag_text(note: &Note) -> String {
    note.etag.as_ref().map(ToString::to_string).unwrap_or_default()
}

async fn delete(context: Context, arguments: NoteRef) -> Result<DeletedNote, Failure> {
    context
        .client
        .notes()
        .delete(NoteId(arguments.note_id))
        .await
        .or_fail()?;
    Ok(DeletedNote {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(200),
        message: Some(format!("note {} was deleted", arguments.note_id)),
        deleted_id: arguments.note_id,
    })
}

async fn attachment(context: Context, arguments: GetAttachment) -> Result<Attachment, Failure> {
    let id = NoteId(arguments.note_id);
    let file = context
        .client
        .notes()
        .attachment(id, &arguments.attachment_filename, MAX_ATTACHMENT)
        .await
        .or_fail()?;
    let Content { text, encoding } = reading::whole(&file.bytes);
    Ok(Attachment {
        success: true,
        timestamp: context.timestamp(),
        note_id: arguments.note_id,
        filename: arguments.attachment_filename,
        content_type: file
            .content_type
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        size: file.bytes.len() as u64,
        encoding,
        content: text,
    })
}

async fn settings(context: Context, _arguments: Nothing) -> Result<Settings, Failure> {
    notes_settings(&context).await
}

pub(crate) async fn notes_settings(context: &Context) -> Result<Settings, Failure> {
    let settings = context.client.notes().settings().await.or_fail()?;
    Ok(Settings {
        success: true,
        timestamp: context.timestamp(),
        notes_path: settings.notes_path,
        file_suffix: settings.file_suffix,
    })
}

/// Ids of notes for completion: those whose id or title begins with `prefix`, newest first.
pub(crate) async fn matching_ids(context: &Context, prefix: &str) -> Result<Vec<String>, Failure> {
    let mut notes = entries(context, None).await?;
    notes.sort_by_key(|note| std::cmp::Reverse(note.modified));
    let prefix = prefix.to_lowercase();
    Ok(notes
        .into_iter()
        .filter(|note| note.id.to_string().starts_with(&prefix) || note.title.to_lowercase().starts_with(&prefix))
        .map(|note| note.id.to_string())
        .collect())
}
