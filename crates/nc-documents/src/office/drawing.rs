//! Text in shapes of slides (ECMA-376 part 1 §21.1.2).

use super::xml::{Item, Tag, Xml};
use crate::{ExtractError, blocks::Blocks, inline::Inline};

/// What a shape is on its slide.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    /// A list of points.
    Points,
    Plain,
    /// Number, date and footer, which are on every slide.
    Furniture,
}

/// Takes the text of one slide or of its notes.
pub(super) struct Drawing {
    blocks: Blocks,
    title: String,
    role: Role,
    paragraph: Option<Inline>,
    level: usize,
    /// Whether the run is bold, and whether it is italic.
    look: (bool, bool),
    /// Whether a chart or a diagram is there, whose text lies elsewhere.
    pub(super) has_graphics: bool,
    pub(super) is_hidden: bool,
}

impl Drawing {
    pub(super) fn read(text: &str, depth: usize, room: usize) -> Result<Self, ExtractError> {
        let mut drawing = Self {
            blocks: Blocks::new(room),
            title: String::new(),
            role: Role::Plain,
            paragraph: None,
            level: 0,
            look: (false, false),
            has_graphics: false,
            is_hidden: false,
        };
        let mut xml = Xml::new(text, depth);
        while !drawing.blocks.is_full() {
            match xml.next()? {
                Item::Start(tag) => drawing.start(&tag, &mut xml)?,
                Item::End(name) => drawing.end(&name),
                Item::Text(_) => {}
                Item::Done => break,
            }
        }
        Ok(drawing)
    }

    /// The title, and the rest as Markdown.
    pub(super) fn finish(self) -> (String, String) {
        (self.title, self.blocks.finish())
    }

    fn start(&mut self, tag: &Tag<'_>, xml: &mut Xml<'_>) -> Result<(), ExtractError> {
        match tag.name() {
            "sld" => {
                self.is_hidden = tag
                    .get("show")
                    .is_some_and(|show| matches!(show.as_str(), "0" | "false"));
            }
            "sp" => self.role = Role::Plain,
            "ph" => {
                self.role = match tag.get("type").as_deref() {
                    Some("title" | "ctrTitle") => Role::Title,
                    Some("sldNum" | "dt" | "ftr" | "hdr" | "sldImg") => Role::Furniture,
                    Some("subTitle") => Role::Plain,
                    _ => Role::Points,
                };
            }
            "p" => {
                self.paragraph = Some(Inline::default());
                self.level = 0;
            }
            "pPr" => self.level = tag.get("lvl").and_then(|level| level.parse().ok()).unwrap_or(0).min(8),
            "rPr" => {
                let is = |name| {
                    tag.get(name)
                        .is_some_and(|value| matches!(value.as_str(), "1" | "true"))
                };
                self.look = (is("b"), is("i"));
            }
            "r" => self.look = (false, false),
            "t" => {
                let text = xml.content()?;
                let (bold, italic) = self.look;
                if let Some(paragraph) = &mut self.paragraph {
                    paragraph.push(&text, bold, italic);
                }
            }
            "br" => {
                if let Some(paragraph) = &mut self.paragraph {
                    paragraph.push("\n", false, false);
                }
            }
            "tbl" => {
                self.role = Role::Plain;
                self.blocks.begin_table();
            }
            "tr" => self.blocks.begin_row(),
            "chart" | "relIds" => self.has_graphics = true,
            "cNvPr" => {
                let description = tag.get("descr").unwrap_or_default();
                if !description.trim().is_empty() {
                    self.blocks
                        .paragraph(&format!("[image: {}]", crate::markdown::one_line(&description)));
                }
            }
            "Fallback" => return xml.skip(),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" => {
                let Some(paragraph) = self.paragraph.take() else { return };
                match self.role {
                    Role::Title => {
                        let text = paragraph.plain();
                        if !self.title.is_empty() {
                            self.title.push(' ');
                        }
                        self.title.push_str(&text);
                    }
                    Role::Points => self.blocks.item(self.level, None, &paragraph.marked()),
                    Role::Plain => self.blocks.paragraph(&paragraph.marked()),
                    Role::Furniture => {}
                }
            }
            // The columns that a wide cell covers are written out, each as an empty cell.
            "tc" => self.blocks.end_cell(1),
            "tr" => self.blocks.end_row(),
            "tbl" => self.blocks.end_table(),
            _ => {}
        }
    }
}
