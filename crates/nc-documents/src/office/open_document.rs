//! Text and presentations of `OpenDocument` (version 1.3, part 3).

use std::collections::HashMap;

use super::{
    archive::Archive,
    xml::{Item, Tag, Xml},
};
use crate::{ExtractError, Extracted, Format, Limits, blocks::Blocks, inline::Inline, markdown, pages::Pages};

/// Refuses a document that is sealed with a password (`OpenDocument` 1.3 part 2 §4.8.1).
pub(super) fn check_open(archive: &mut Archive<'_>) -> Result<(), ExtractError> {
    let Some(text) = archive.text("META-INF/manifest.xml")? else {
        return Ok(());
    };
    let mut xml = Xml::new(&text, archive.depth);
    loop {
        match xml.next()? {
            Item::Start(tag) if tag.name() == "encryption-data" => return Err(ExtractError::encrypted()),
            Item::Done => return Ok(()),
            _ => {}
        }
    }
}

/// Title and author.
pub(super) fn about(archive: &mut Archive<'_>, pages: &mut Pages) -> Result<(), ExtractError> {
    let Some(text) = archive.text("meta.xml")? else {
        return Ok(());
    };
    let mut xml = Xml::new(&text, archive.depth);
    loop {
        match xml.next()? {
            Item::Start(tag) => {
                let name = match tag.name() {
                    "title" => "title",
                    "creator" => "author",
                    "subject" => "subject",
                    "date" => "modified",
                    _ => continue,
                };
                let value = xml.content()?;
                pages.about(name, &value);
            }
            Item::Done => return Ok(()),
            _ => {}
        }
    }
}

pub(super) fn read(
    archive: &mut Archive<'_>,
    format: Format,
    mut pages: Pages,
    limits: &Limits,
) -> Result<Extracted, ExtractError> {
    let mut numbered = HashMap::new();
    if let Some(text) = archive.text("styles.xml")? {
        numbered_lists(&text, archive.depth, &mut numbered)?;
    }
    let text = archive.required("content.xml")?;
    numbered_lists(&text, archive.depth, &mut numbered)?;
    let mut reader = Reader::new(numbered, limits.markdown_bytes);
    let mut xml = Xml::new(&text, archive.depth);
    let mut slide = 0;
    while !reader.blocks.is_full() {
        match xml.next()? {
            Item::Start(tag) if tag.name() == "page" && format == Format::Odp => {
                slide += 1;
                reader.title.clear();
            }
            Item::Start(tag) => reader.start(&tag, &mut xml)?,
            Item::End(name) if name == "page" && format == Format::Odp => {
                let body = reader.take();
                let title = markdown::one_line(&reader.title);
                let title = if title.is_empty() { title } else { format!(": {title}") };
                let text = format!("## Slide {slide}{title}\n\n{body}");
                pages.push(slide, text.trim_end());
            }
            Item::End(name) => reader.end(&name),
            Item::Text(text) => reader.text(&text),
            Item::Done => break,
        }
    }
    if format == Format::Odp {
        return pages.finish(slide);
    }
    let text = reader.blocks.finish();
    pages.finish_whole(&text, limits)
}

/// Which levels of which lists are numbered.
fn numbered_lists(text: &str, depth: usize, numbered: &mut HashMap<(String, usize), bool>) -> Result<(), ExtractError> {
    let mut xml = Xml::new(text, depth);
    let mut list = String::new();
    loop {
        match xml.next()? {
            Item::Start(tag) => match tag.name() {
                "list-style" => list = tag.get("name").unwrap_or_default(),
                "list-level-style-number" => {
                    let level = tag.get("level").and_then(|level| level.parse().ok()).unwrap_or(1);
                    numbered.insert((list.clone(), level), true);
                }
                // The text comes after all styles.
                "body" => return Ok(()),
                _ => {}
            },
            Item::Done => return Ok(()),
            _ => {}
        }
    }
}

/// A list that is not ended.
struct List {
    style: String,
    item: u32,
    has_text: bool,
}

struct Reader {
    blocks: Blocks,
    numbered: HashMap<(String, usize), bool>,
    /// Paragraphs that are not ended, with the level of a heading: text boxes stand within paragraphs.
    open: Vec<(Inline, Option<usize>)>,
    lists: Vec<List>,
    columns: usize,
    in_title: bool,
    title: String,
    room: usize,
}

impl Reader {
    fn new(numbered: HashMap<(String, usize), bool>, room: usize) -> Self {
        Self {
            blocks: Blocks::new(room),
            numbered,
            open: Vec::new(),
            lists: Vec::new(),
            columns: 1,
            in_title: false,
            title: String::new(),
            room,
        }
    }

    /// What has come since the last slide.
    fn take(&mut self) -> String {
        let text = std::mem::replace(&mut self.blocks, Blocks::new(self.room)).finish();
        self.room = self.room.saturating_sub(text.len());
        text
    }

    fn start(&mut self, tag: &Tag<'_>, xml: &mut Xml<'_>) -> Result<(), ExtractError> {
        match tag.name() {
            "h" => {
                let level = tag
                    .get("outline-level")
                    .and_then(|level| level.parse().ok())
                    .unwrap_or(1);
                self.open.push((Inline::default(), Some(level)));
            }
            "p" => self.open.push((Inline::default(), None)),
            "s" => {
                let spaces = tag.get("c").and_then(|count| count.parse::<usize>().ok()).unwrap_or(1);
                self.text(&" ".repeat(spaces.min(100)));
            }
            "tab" => self.text(" "),
            "line-break" => self.text("\n"),
            "a" => {
                if let Some((inline, _)) = self.open.last_mut() {
                    inline.begin_link(tag.get("href").unwrap_or_default());
                }
            }
            "list" => {
                let outer = self.lists.last().map(|list| list.style.clone());
                self.lists.push(List {
                    style: tag.get("style-name").or(outer).unwrap_or_default(),
                    item: 0,
                    has_text: false,
                });
            }
            "list-item" => {
                if let Some(list) = self.lists.last_mut() {
                    list.item = list.item.saturating_add(1);
                    list.has_text = false;
                }
            }
            "table" => self.blocks.begin_table(),
            "table-row" => self.blocks.begin_row(),
            "table-cell" => {
                let spanned = tag.get("number-columns-repeated");
                self.columns = spanned.and_then(|columns| columns.parse().ok()).unwrap_or(1);
            }
            "covered-table-cell" => {
                xml.skip()?;
                self.blocks.end_cell(1);
            }
            "frame" => self.in_title = tag.get("class").is_some_and(|class| class == "title"),
            "notes" => self.blocks.paragraph("Notes:"),
            "title" | "desc" => {
                let text = xml.content()?;
                if !text.trim().is_empty() {
                    self.blocks
                        .paragraph(&format!("[image: {}]", markdown::one_line(&text)));
                }
            }
            // Deleted text, comments, fields of the page, and what is before the text.
            "tracked-changes" | "annotation" | "page-number" | "automatic-styles" | "forms" | "scripts"
            | "font-face-decls" | "note-citation" | "sequence-decls" => return xml.skip(),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        match name {
            "h" | "p" => {
                if let Some((inline, level)) = self.open.pop() {
                    self.paragraph(&inline, level);
                }
            }
            "a" => {
                if let Some((inline, _)) = self.open.last_mut() {
                    inline.end_link();
                }
            }
            "list" => {
                self.lists.pop();
            }
            "table-cell" => self.blocks.end_cell(self.columns.min(50)),
            "table-row" => self.blocks.end_row(),
            "table" => self.blocks.end_table(),
            "frame" => self.in_title = false,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((inline, _)) = self.open.last_mut() {
            inline.push(text, false, false);
        }
    }

    fn paragraph(&mut self, inline: &Inline, level: Option<usize>) {
        let text = inline.plain();
        if self.in_title {
            if !self.title.is_empty() {
                self.title.push(' ');
            }
            self.title.push_str(&text);
        } else if let Some(level) = level {
            self.blocks.heading(level, &text);
        } else if text.trim().is_empty() {
            // An empty paragraph is no item either.
        } else if let Some(depth) = self.lists.len().checked_sub(1) {
            let list = &mut self.lists[depth];
            let is_numbered = self.numbered.contains_key(&(list.style.clone(), depth + 1));
            // Further paragraphs of an item have no mark of their own.
            let number = (is_numbered && !list.has_text).then_some(list.item);
            list.has_text = true;
            self.blocks.item(depth, number, &text);
        } else {
            self.blocks.paragraph(&text);
        }
    }
}
