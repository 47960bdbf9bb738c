//! Text of documents as Markdown: PDF, office files, web pages, letters, tables, and images through Tesseract.
//!
//! * [`Extractor`]: the only way in for a server: each document is read in a child process with limits.
//! * [`child`]: what that process does; [`extract()`] is its work without the limits of the system.
//! * [`Format`]: what a file is, by its first bytes and its name.
//!
//! Every document is a stranger's. Nothing here opens a file, asks the network, resolves an entity, or follows an
//! address that a document names.

mod blocks;
pub mod child;
mod document;
mod error;
mod extract;
mod extractor;
mod format;
mod inline;
mod limits;
mod mail;
mod markdown;
mod office;
mod pages;
mod pdf;
mod rtf;
mod sniff;
mod tables;
mod text;
mod web;

pub use document::{Extracted, Part, Request, Wanted};
pub use error::{ErrorKind, ExtractError};
pub use extract::extract;
pub use extractor::{Extractor, Feed, Settings, Work};
pub use format::{Format, PageKind};
pub use limits::Limits;
pub use sniff::{Sniffed, sniff};
