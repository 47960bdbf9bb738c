use serde::{Deserialize, Serialize};

/// Why a document cannot be read, by what the reader of the message can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Not a format that is read.
    Unsupported,
    /// A password is needed.
    Encrypted,
    /// The file is broken, or made to break its reader.
    Damaged,
    /// More than the limits allow.
    TooLarge,
    /// It took too long.
    Timeout,
    /// It took too much memory.
    OutOfMemory,
    /// Pictures of text, without the text.
    NoTextLayer,
    /// A program that would be needed is not installed.
    MissingProgram,
    /// The document has no such page.
    NoSuchPage,
    /// Too many documents are being read.
    Busy,
    /// The process that reads documents cannot be started or understood.
    Internal,
}

impl ErrorKind {
    /// The stable code in answers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::TooLarge => "too_large",
            Self::Timeout => "timeout",
            Self::OutOfMemory => "out_of_memory",
            Self::NoTextLayer => "no_text_layer",
            Self::MissingProgram => "missing_program",
            Self::NoSuchPage => "invalid_argument",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }
}

/// A document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct ExtractError {
    /// What kind of trouble it is.
    pub kind: ErrorKind,
    /// What happened and what to do, for people and models. Nothing in it comes from the document.
    pub message: String,
}

impl ExtractError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn damaged(what: &str) -> Self {
        Self::new(
            ErrorKind::Damaged,
            format!("the document is damaged: {what}; get a sound copy, or read it with parse_document `raw`"),
        )
    }

    pub(crate) fn too_large(what: impl std::fmt::Display) -> Self {
        Self::new(
            ErrorKind::TooLarge,
            format!("the document is too large to be read: {what}"),
        )
    }

    pub(crate) fn encrypted() -> Self {
        Self::new(
            ErrorKind::Encrypted,
            "the document is protected with a password; save a copy without it, and read that",
        )
    }

    pub(crate) fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::Unsupported, what.to_string())
    }
}
