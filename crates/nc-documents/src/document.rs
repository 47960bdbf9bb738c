use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Format, Limits, PageKind};

/// Which part of a document is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// First page, from 1.
    pub first_page: u32,
    /// Last page; `None` for as many as fit.
    pub last_page: Option<u32>,
    /// Bytes of the first page's text to skip, for the rest of a page that was cut.
    pub offset: usize,
    /// Most bytes of text.
    pub text_bytes: usize,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            first_page: 1,
            last_page: None,
            offset: 0,
            text_bytes: 100_000,
        }
    }
}

/// What the child process is asked, beside the document itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The file's name, for its ending.
    pub name: String,
    /// Which part.
    pub wanted: Wanted,
    /// What it may cost.
    pub limits: Limits,
}

/// Where the next part begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The page.
    pub page: u32,
    /// Bytes of that page's text to skip.
    pub offset: usize,
}

/// Text of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// What the document is.
    pub format: Format,
    /// Markdown.
    pub text: String,
    /// Pages of the whole document.
    pub page_count: u32,
    /// What its pages are.
    pub page_kind: PageKind,
    /// First page in `text`.
    pub first_page: u32,
    /// Last page in `text`, whole or in part.
    pub last_page: u32,
    /// Where the next part begins, if there is more.
    pub next: Option<Part>,
    /// What was left out, guessed or found odd.
    pub notes: Vec<String>,
    /// The character set that a text format was stored in.
    pub encoding: Option<String>,
    /// What the document says about itself: title, author and the like.
    pub metadata: BTreeMap<String, String>,
}
