//! Text documents of Word (ECMA-376 part 1 §17).

use super::{
    archive::Archive,
    relations::{self, Relation},
    word_styles::{Lists, Styles},
    xml::{Item, Tag, Xml},
};
use crate::{ExtractError, Extracted, Limits, blocks::Blocks, inline::Inline, pages::Pages};

/// A paragraph that is not ended. Text boxes stand within paragraphs, so there can be several.
#[derive(Default)]
struct Paragraph {
    inline: Inline,
    heading: Option<usize>,
    list: Option<String>,
    level: usize,
}

/// The look of the run that is open.
#[derive(Default, Clone, Copy)]
struct Look {
    bold: bool,
    italic: bool,
    hidden: bool,
}

struct Reader {
    blocks: Blocks,
    styles: Styles,
    lists: Lists,
    relations: Vec<Relation>,
    open: Vec<Paragraph>,
    look: Look,
    in_look: bool,
    columns: usize,
}

pub(super) fn read(
    archive: &mut Archive<'_>,
    part: &str,
    mut pages: Pages,
    limits: &Limits,
) -> Result<Extracted, ExtractError> {
    let relations = relations::read(archive, part)?;
    let part_of = |kind: &str| {
        let found = relations.iter().find(|relation| relation.kind == kind);
        found.map(|relation| relation.target.clone()).unwrap_or_default()
    };
    let (styles, numbering) = (part_of("styles"), part_of("numbering"));
    let notes = [part_of("footnotes"), part_of("endnotes")];
    let mut reader = Reader {
        blocks: Blocks::new(limits.markdown_bytes),
        styles: Styles::read(archive, &styles)?,
        lists: Lists::read(archive, &numbering)?,
        relations,
        open: Vec::new(),
        look: Look::default(),
        in_look: false,
        columns: 1,
    };
    let text = archive.required(part)?;
    reader.walk(&mut Xml::new(&text, archive.depth))?;
    drop(text);
    for notes in notes {
        if let Some(text) = archive.text(&notes)?.filter(|_| !notes.is_empty()) {
            reader.walk(&mut Xml::new(&text, archive.depth))?;
        }
    }
    if archive.has_folder("word/embeddings/") {
        pages.note("files embedded in the document are not read");
    }
    if archive.has("word/comments.xml") {
        pages.note("comments in the document are not read");
    }
    let text = reader.blocks.finish();
    pages.finish_whole(&text, limits)
}

impl Reader {
    fn walk(&mut self, xml: &mut Xml<'_>) -> Result<(), ExtractError> {
        while !self.blocks.is_full() {
            match xml.next()? {
                Item::Start(tag) => self.start(&tag, xml)?,
                Item::End(name) => self.end(&name),
                // Text that is read stands in elements of its own.
                Item::Text(_) => {}
                Item::Done => break,
            }
        }
        Ok(())
    }

    fn start(&mut self, tag: &Tag<'_>, xml: &mut Xml<'_>) -> Result<(), ExtractError> {
        match tag.name() {
            "p" => self.open.push(Paragraph::default()),
            "pStyle" => {
                let style = self.styles.get(&tag.get("val").unwrap_or_default());
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.heading = style.heading;
                    paragraph.list = style.list;
                }
            }
            "outlineLvl" => {
                let level = tag.get("val").and_then(|level| level.parse::<usize>().ok());
                if let (Some(paragraph), Some(level)) = (self.open.last_mut(), level.filter(|level| *level < 6)) {
                    paragraph.heading = Some(level + 1);
                }
            }
            "numId" => {
                if let Some(paragraph) = self.open.last_mut() {
                    // 0 takes a paragraph out of its style's list.
                    paragraph.list = tag.get("val").filter(|list| list != "0");
                }
            }
            "ilvl" => {
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.level = tag.get("val").and_then(|level| level.parse().ok()).unwrap_or(0).min(8);
                }
            }
            "r" => self.look = Look::default(),
            "rPr" => self.in_look = true,
            "b" if self.in_look => self.look.bold = tag.is_on(),
            "i" if self.in_look => self.look.italic = tag.is_on(),
            "vanish" if self.in_look => self.look.hidden = tag.is_on(),
            "t" => {
                let text = xml.content()?;
                self.text(&text.replace('\n', " "));
            }
            "tab" if !self.in_look => self.text(" "),
            "br" | "cr" => self.text("\n"),
            "noBreakHyphen" => self.text("-"),
            "footnoteReference" | "endnoteReference" => {
                let mark = format!("[^{}]", tag.get("id").unwrap_or_default());
                self.text(&mark);
            }
            "footnote" | "endnote" => {
                // Negative and first numbers are separators, which have a type.
                if tag.get("type").is_some() {
                    return xml.skip();
                }
                let mark = format!("[^{}]:", tag.get("id").unwrap_or_default());
                self.blocks.paragraph(&mark);
            }
            "hyperlink" => {
                let address = tag
                    .prefixed("id")
                    .and_then(|id| relations::target(&self.relations, &id));
                let address = address.unwrap_or_default().to_owned();
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.inline.begin_link(address);
                }
            }
            "docPr" => {
                let description = tag.get("descr").unwrap_or_default();
                if !description.trim().is_empty() {
                    self.text(&format!("[image: {}]", crate::markdown::one_line(&description)));
                }
            }
            "tbl" => self.blocks.begin_table(),
            "tr" => self.blocks.begin_row(),
            "tc" => self.columns = 1,
            "gridSpan" => self.columns = tag.get("val").and_then(|columns| columns.parse().ok()).unwrap_or(1),
            // Deleted text, field codes, and the second form of what was read in its first.
            "del" | "moveFrom" | "instrText" | "Fallback" | "sectPr" => return xml.skip(),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" => {
                if let Some(paragraph) = self.open.pop() {
                    self.paragraph(&paragraph);
                }
            }
            "rPr" => self.in_look = false,
            "hyperlink" => {
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.inline.end_link();
                }
            }
            "tc" => self.blocks.end_cell(self.columns),
            "tr" => self.blocks.end_row(),
            "tbl" => self.blocks.end_table(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let Look { bold, italic, hidden } = self.look;
        if let Some(paragraph) = self.open.last_mut().filter(|_| !hidden) {
            paragraph.inline.push(text, bold, italic);
        }
    }

    fn paragraph(&mut self, paragraph: &Paragraph) {
        if let Some(level) = paragraph.heading {
            self.blocks.heading(level, &paragraph.inline.plain());
            return;
        }
        let text = paragraph.inline.marked();
        match &paragraph.list {
            Some(list) if !text.trim().is_empty() => {
                let number = self.lists.next(list, paragraph.level);
                self.blocks.item(paragraph.level, number, &text);
            }
            _ => self.blocks.paragraph(&text),
        }
    }
}
