//! The Notes app, version 1 of its interface (source: nextcloud/notes, `docs/api/v1.md`).

use serde::{Deserialize, Deserializer, Serialize};

use super::ids::ids;
use crate::{etag::ETag, tolerant};

ids! {
    /// Number of a note: the file id of its file.
    NoteId;
}

/// A note in a list: without its text, unless that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the wire format")]
pub struct NoteEntry {
    /// Its number.
    pub id: NoteId,
    /// Its title, which is also the name of its file.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// Last change, in seconds since 1970.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub modified: i64,
    /// Its category: the folder below the notes folder; empty for the notes folder itself.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub category: String,
    /// Whether the user marked it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub favorite: bool,
    /// Whether the user may not change it (a share without write permission).
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub readonly: bool,
    /// Where its file lies, from the root of the user's files.
    #[serde(
        default,
        rename = "internalPath",
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub internal_path: Option<String>,
    /// The kinds of shares that exist for it.
    #[serde(default, rename = "shareTypes", deserialize_with = "tolerant::list")]
    pub share_types: Vec<i64>,
    /// Whether it is shared with others or came by a share.
    #[serde(default, rename = "isShared", deserialize_with = "tolerant::boolean")]
    pub is_shared: bool,
    /// Whether the server could not read it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub error: bool,
    /// Why it could not.
    #[serde(default, rename = "errorType", deserialize_with = "tolerant::text")]
    pub error_type: String,
    /// Its text, if it was asked for.
    #[serde(default, deserialize_with = "content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Its version; needed to change it.
    #[serde(
        default,
        deserialize_with = "tolerant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub etag: Option<ETag>,
}

/// An element of the list as it is on the wire: notes that did not change since `pruneBefore` are listed with their
/// number only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ListItem {
    /// A note.
    Note(Box<NoteEntry>),
    /// The number of a note that did not change.
    Unchanged {
        /// Its number.
        id: NoteId,
    },
}

impl<'de> Deserialize<'de> for ListItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Probe {
            #[serde(default)]
            title: Option<serde_json::Value>,
            #[serde(flatten)]
            rest: serde_json::Map<String, serde_json::Value>,
        }
        let Probe { title, mut rest } = Probe::deserialize(deserializer)?;
        let read = if let Some(title) = title {
            rest.insert("title".to_owned(), title);
            NoteEntry::deserialize(serde_json::Value::Object(rest)).map(|note| Self::Note(Box::new(note)))
        } else {
            NoteId::deserialize(rest.remove("id").unwrap_or_default()).map(|id| Self::Unchanged { id })
        };
        read.map_err(serde::de::Error::custom)
    }
}

/// A note with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its number.
    pub id: NoteId,
    /// Its title, which is also the name of its file.
    pub title: String,
    /// Last change, in seconds since 1970.
    pub modified: i64,
    /// Its category: the folder below the notes folder; empty for the notes folder itself.
    pub category: String,
    /// Whether the user marked it.
    pub favorite: bool,
    /// Whether the user may not change it.
    pub readonly: bool,
    /// Where its file lies, from the root of the user's files.
    pub internal_path: Option<String>,
    /// Its text.
    pub content: String,
    /// Its version; needed to change it.
    pub etag: Option<ETag>,
}

impl From<NoteEntry> for Note {
    fn from(entry: NoteEntry) -> Self {
        Self {
            id: entry.id,
            title: entry.title,
            modified: entry.modified,
            category: entry.category,
            favorite: entry.favorite,
            readonly: entry.readonly,
            internal_path: entry.internal_path,
            content: entry.content.unwrap_or_default(),
            etag: entry.etag,
        }
    }
}

/// What a new note is made of. Fields left out get the server's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNote {
    /// Title wished for; the server may choose another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Category; made if it does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Time of last change, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// Whether it is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favorite: Option<bool>,
}

/// The fields of a note to change; the others stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePatch {
    /// New title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// New text; replaces the old one whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// New category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// New time of last change, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// New mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favorite: Option<bool>,
}

impl NotePatch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The user's settings of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotesSettings {
    /// Folder that holds the notes, from the root of the user's files.
    #[serde(default = "default_path", rename = "notesPath", deserialize_with = "tolerant::text")]
    pub notes_path: String,
    /// How file names of new notes end.
    #[serde(
        default = "default_suffix",
        rename = "fileSuffix",
        deserialize_with = "tolerant::text"
    )]
    pub file_suffix: String,
    /// How the web interface opens a note: `rich`, `edit` or `preview`; only newer apps say.
    #[serde(
        default,
        rename = "noteMode",
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub note_mode: Option<String>,
}

/// The settings to change; the others stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPatch {
    /// New folder.
    #[serde(default, rename = "notesPath", skip_serializing_if = "Option::is_none")]
    pub notes_path: Option<String>,
    /// New ending.
    #[serde(default, rename = "fileSuffix", skip_serializing_if = "Option::is_none")]
    pub file_suffix: Option<String>,
}

/// What a failed call tells: the name of an exception class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Such as `OCA\Notes\Service\NoteDoesNotExistException`.
    #[serde(default, rename = "errorType", deserialize_with = "tolerant::text")]
    pub error_type: String,
}

/// An empty text is a text here, not nothing.
fn content<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Null | serde_json::Value::Bool(false) => Ok(None),
        value => tolerant::text(value).map(Some).map_err(serde::de::Error::custom),
    }
}

fn default_path() -> String {
    "Notes".to_owned()
}

fn default_suffix() -> String {
    ".md".to_owned()
}

#[cfg(test)]
mod tests;
