//! Which pages of a document go into the answer, and where it is cut.

use std::collections::BTreeMap;

use crate::{
    ErrorKind, ExtractError, Extracted, Format, Limits, Part, Wanted,
    markdown::{cut, tidy},
};

/// Size that parts of a document without pages are cut to, in bytes.
const PART_BYTES: usize = 12_000;

/// Takes pages in their order until the answer is full.
pub(crate) struct Pages {
    format: Format,
    wanted: Wanted,
    at_once: u32,
    text: String,
    last: Option<u32>,
    next: Option<Part>,
    pub(crate) notes: Vec<String>,
    pub(crate) encoding: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl Pages {
    pub(crate) fn new(format: Format, wanted: Wanted, limits: &Limits) -> Self {
        Self {
            format,
            wanted,
            at_once: limits.pages.max(1),
            text: String::new(),
            last: None,
            next: None,
            notes: Vec::new(),
            encoding: None,
            metadata: BTreeMap::new(),
        }
    }

    /// Says what was left out, guessed or found odd; once.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// What the document says about itself. Empty and overlong values are dropped.
    pub(crate) fn about(&mut self, name: &str, value: &str) {
        let value = crate::markdown::one_line(value);
        if !value.is_empty() && value.len() <= 1000 && self.metadata.len() < 20 {
            self.metadata.insert(name.to_owned(), value);
        }
    }

    /// The document is of another format than its name said.
    pub(crate) fn is(&mut self, format: Format) {
        self.format = format;
    }

    /// How much of a wanted page's text can be of use; what comes behind it need not be made.
    pub(crate) fn useful_bytes(&self, page: u32) -> usize {
        let skipped = if page == self.wanted.first_page {
            self.wanted.offset
        } else {
            0
        };
        skipped.saturating_add(self.wanted.text_bytes).saturating_add(1)
    }

    /// Whether this page's text is wanted.
    pub(crate) fn wants(&self, page: u32) -> bool {
        self.next.is_none()
            && page >= self.wanted.first_page
            && self.wanted.last_page.is_none_or(|last| page <= last)
            && page - self.wanted.first_page < self.at_once
    }

    /// The text of a wanted page, in order.
    pub(crate) fn push(&mut self, page: u32, text: &str) {
        if !self.wants(page) {
            return;
        }
        let is_first = page == self.wanted.first_page;
        let start = if is_first {
            self.wanted.offset.min(text.len())
        } else {
            0
        };
        let start = text.ceil_char_boundary(start);
        let rest = &text[start..];
        let gap = if self.text.is_empty() { 0 } else { 2 };
        let room = self.wanted.text_bytes.saturating_sub(self.text.len() + gap);
        if rest.len() <= room {
            if gap > 0 && !rest.is_empty() {
                self.text.push_str("\n\n");
            }
            self.text.push_str(rest);
            self.last = Some(page);
        } else if self.last.is_none() {
            // Not even one page fits. A piece of at least one character is given, so that the next call comes further.
            let kept = cut(rest, room.max(4));
            self.text.push_str(kept);
            self.last = Some(page);
            self.next = Some(Part {
                page,
                offset: start + kept.len(),
            });
        } else {
            self.next = Some(Part { page, offset: 0 });
        }
    }

    /// The answer, when the document has `page_count` pages.
    pub(crate) fn finish(self, page_count: u32) -> Result<Extracted, ExtractError> {
        let kind = self.format.page_kind();
        let first = self.wanted.first_page;
        if first > page_count.max(1) || self.wanted.last_page.is_some_and(|last| last < first) {
            return Err(ExtractError::new(
                ErrorKind::NoSuchPage,
                format!(
                    "the document has {page_count} {}s; `page_start` must be one of them, and `page_end` not before it",
                    kind.name()
                ),
            ));
        }
        let last = self.last.unwrap_or(first);
        let next = self.next.or_else(|| {
            (last < page_count && self.wanted.last_page.is_none_or(|end| last < end)).then_some(Part {
                page: last + 1,
                offset: 0,
            })
        });
        Ok(Extracted {
            format: self.format,
            text: self.text,
            page_count,
            page_kind: kind,
            first_page: first,
            last_page: last,
            next,
            notes: self.notes,
            encoding: self.encoding,
            metadata: self.metadata,
        })
    }

    /// The answer from the whole text of a document without pages, which is cut into parts between paragraphs.
    pub(crate) fn finish_whole(mut self, text: &str, limits: &Limits) -> Result<Extracted, ExtractError> {
        if text.len() > limits.markdown_bytes {
            self.note("the document is longer than what is read; its end is left out");
        }
        let text = tidy(cut(text, limits.markdown_bytes));
        let parts = parts(&text);
        for (page, part) in (1..).zip(&parts) {
            self.push(page, part);
        }
        self.finish(u32::try_from(parts.len()).unwrap_or(u32::MAX))
    }
}

/// Cuts text into parts, at empty lines where it can. There is always one.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > PART_BYTES {
        let end = rest.floor_char_boundary(PART_BYTES);
        let (at, gap) = match (rest[..end].rfind("\n\n"), rest[..end].rfind('\n')) {
            (Some(paragraph), _) if paragraph * 2 > end => (paragraph, 2),
            (_, Some(line)) if line * 2 > end => (line, 1),
            _ => (end, 0),
        };
        parts.push(&rest[..at]);
        rest = &rest[at + gap..];
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests;
