//! What the tools of the Notes app answer.

use schemars::JsonSchema;
use serde::Serialize;

/// A note in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Hit {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) category: String,
    /// How well it matches, above 0. Null in lists.
    pub(crate) score: Option<f64>,
    /// Seconds since 1970.
    pub(crate) modified: i64,
    pub(crate) favorite: bool,
    /// Text around the first match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) excerpt: Option<String>,
    /// Page of the note for people.
    pub(crate) url: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct NoteList {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    /// How many there are, also beyond the limit.
    pub(crate) total_found: usize,
    pub(crate) category: Option<String>,
    /// Whether the limit cut the list.
    pub(crate) truncated: bool,
    pub(crate) results: Vec<Hit>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct NoteHits {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) query: String,
    /// How many there are, also beyond the limit.
    pub(crate) total_found: usize,
    /// Whether the limit cut the list.
    pub(crate) truncated: bool,
    pub(crate) results: Vec<Hit>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct FullNote {
    pub(crate) id: i64,
    pub(crate) title: String,
    /// Markdown text.
    pub(crate) content: String,
    pub(crate) category: String,
    /// Seconds since 1970.
    pub(crate) modified: i64,
    pub(crate) favorite: bool,
    /// Needed to change the note.
    pub(crate) etag: String,
    /// Whether it may not be changed.
    pub(crate) readonly: bool,
    /// Page of the note for people.
    pub(crate) url: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct StoredNote {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) id: i64,
    /// As stored. May differ from the wish.
    pub(crate) title: String,
    pub(crate) category: String,
    /// Needed for the next change.
    pub(crate) etag: String,
    pub(crate) url: Option<String>,
    /// Set when something was stored otherwise than wished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct DeletedNote {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) status_code: Option<u16>,
    pub(crate) message: Option<String>,
    pub(crate) deleted_id: i64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Attachment {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    pub(crate) note_id: i64,
    pub(crate) filename: String,
    pub(crate) content_type: String,
    /// Bytes.
    pub(crate) size: u64,
    /// `base64` for binary files, otherwise the character set that the text was stored in.
    pub(crate) encoding: String,
    pub(crate) content: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Settings {
    pub(crate) success: bool,
    pub(crate) timestamp: String,
    /// Folder of the notes, from the user's root.
    pub(crate) notes_path: String,
    /// Suffix of note files.
    pub(crate) file_suffix: String,
}
