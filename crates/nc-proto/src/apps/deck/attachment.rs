use serde::{Deserialize, Serialize};

use super::{AttachmentId, CardId};
use crate::tolerant;

/// Where an attachment's content lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// Inside the card.
    DeckFile,
    /// A file among the user's files; from version 1.1 on.
    File,
}

impl AttachmentKind {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeckFile => "deck_file",
            Self::File => "file",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "deck_file" => Some(Self::DeckFile),
            "file" => Some(Self::File),
            _ => None,
        }
    }
}

/// An attachment. Its number is only unique together with its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its number.
    pub id: AttachmentId,
    /// Its card.
    #[serde(rename = "cardId")]
    pub card_id: CardId,
    /// Its kind, as on the wire: [`AttachmentKind`], or one that an app adds.
    #[serde(default, rename = "type", deserialize_with = "tolerant::text")]
    pub kind: String,
    /// Name of the file.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub data: String,
    /// Last change, in seconds since 1970.
    #[serde(default, rename = "lastModified", deserialize_with = "tolerant::integer")]
    pub last_modified: i64,
    /// When it was made, in seconds since 1970.
    #[serde(default, rename = "createdAt", deserialize_with = "tolerant::integer")]
    pub created_at: i64,
    /// Who made it.
    #[serde(default, rename = "createdBy", deserialize_with = "tolerant::text")]
    pub created_by: String,
    /// When it was deleted, in seconds since 1970; 0 if it was not.
    #[serde(default, rename = "deletedAt", deserialize_with = "tolerant::integer")]
    pub deleted_at: i64,
    /// What is known of the content.
    #[serde(default, rename = "extendedData", deserialize_with = "or_default")]
    pub extended_data: ExtendedData,
}

/// What is known of an attachment's content. Path, file id, preview and permissions only for the kind `file`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExtendedData {
    /// Where the file lies, from the root of the user's files.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub path: Option<String>,
    /// The file's number.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub fileid: Option<i64>,
    /// Name of the file.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub data: Option<String>,
    /// Bytes.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub filesize: Option<i64>,
    /// Media type.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub mimetype: Option<String>,
    /// Parts of the name.
    #[serde(default, deserialize_with = "or_default")]
    pub info: FileInfo,
    /// Whether there is a picture of it.
    #[serde(
        default,
        rename = "hasPreview",
        deserialize_with = "tolerant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub has_preview: Option<bool>,
    /// What its share allows.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub permissions: Option<i64>,
    /// Who attached it.
    #[serde(
        default,
        rename = "attachmentCreator",
        deserialize_with = "tolerant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub attachment_creator: Option<AttachmentCreator>,
}

/// Parts of a file's name, as PHP's `pathinfo` gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Always `.`.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub dirname: String,
    /// The whole name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub basename: String,
    /// What follows the last dot, if there is one.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub extension: Option<String>,
    /// What comes before it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub filename: String,
}

/// Who attached something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentCreator {
    /// Name for people.
    #[serde(default, rename = "displayName", deserialize_with = "tolerant::text")]
    pub display_name: String,
    /// Id of the account.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub id: String,
    /// Mail address.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub email: Option<String>,
}

/// Fields of a new attachment, when it is not sent as a form with a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAttachment {
    /// `deck_file` or `file`.
    #[serde(rename = "type", deserialize_with = "tolerant::text")]
    pub kind: String,
    /// Name of the file.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub data: String,
}

/// Nothing, in any of the forms of PHP, is the default.
fn or_default<'de, D: serde::Deserializer<'de>, T: serde::de::DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    tolerant::optional(deserializer).map(Option::unwrap_or_default)
}
