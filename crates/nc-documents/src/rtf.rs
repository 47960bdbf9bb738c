//! Rich Text Format (version 1.9.1): its text, headings and tables.

mod scan;

use std::collections::HashMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use self::scan::{Scan, Token};
use crate::{ExtractError, Extracted, Limits, blocks::Blocks, pages::Pages};

/// Groups that hold no text of the document.
const UNREAD: &[&str] = &[
    "stylesheet",
    "colortbl",
    "info",
    "pict",
    "object",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "fldinst",
    "themedata",
    "colorschememapping",
    "datastore",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "generator",
    "xmlnstbl",
    "latentstyles",
    "bkmkstart",
    "bkmkend",
    "annotation",
    "atnid",
    "atnauthor",
    "listtext",
    "pntext",
    "mmathPr",
    "filetbl",
];

/// Control characters that are forgiven.
const MOST_CONTROL: usize = 20;

/// What a group passes on to the groups in it.
#[derive(Clone)]
struct State {
    /// Whether nothing of it is read.
    unread: bool,
    in_fonts: bool,
    font: i32,
    /// Bytes after a `\u` that stand for the same character.
    substitutes: usize,
    hidden: bool,
}

struct Reader {
    blocks: Blocks,
    paragraph: String,
    /// Bytes that are not decoded: a character may have several.
    bytes: Vec<u8>,
    state: State,
    outer: Vec<State>,
    page: &'static Encoding,
    fonts: HashMap<i32, &'static Encoding>,
    to_skip: usize,
    high: Option<u16>,
    heading: Option<usize>,
    in_table: bool,
    has_row: bool,
    odd: bool,
    /// Bytes that no text has.
    control: usize,
}

pub(crate) fn read(bytes: &[u8], mut pages: Pages, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut reader = Reader {
        blocks: Blocks::new(limits.markdown_bytes),
        paragraph: String::new(),
        bytes: Vec::new(),
        state: State {
            unread: false,
            in_fonts: false,
            font: -1,
            substitutes: 1,
            hidden: false,
        },
        outer: Vec::new(),
        page: WINDOWS_1252,
        fonts: HashMap::new(),
        to_skip: 0,
        high: None,
        heading: None,
        in_table: false,
        has_row: false,
        odd: false,
        control: 0,
    };
    for token in Scan::new(bytes) {
        reader.take(&token, limits)?;
        if reader.control > MOST_CONTROL {
            return Err(ExtractError::damaged("what it holds is no text"));
        }
        if reader.blocks.is_full() {
            break;
        }
    }
    if !reader.outer.is_empty() {
        pages.note("the document is broken off; what is there was read");
    }
    if reader.odd {
        pages.note("some characters could not be read");
    }
    reader.end_paragraph();
    reader.end_table();
    let text = reader.blocks.finish();
    if text.is_empty() && !reader.outer.is_empty() {
        return Err(ExtractError::damaged("it is broken off before its text"));
    }
    pages.finish_whole(&text, limits)
}

impl Reader {
    fn take(&mut self, token: &Token<'_>, limits: &Limits) -> Result<(), ExtractError> {
        match token {
            Token::Open => {
                self.flush();
                if self.outer.len() >= limits.depth {
                    return Err(ExtractError::too_large(format!(
                        "its groups are nested more than {} deep",
                        limits.depth
                    )));
                }
                self.outer.push(self.state.clone());
                self.to_skip = 0;
            }
            Token::Close => {
                self.flush();
                if let Some(state) = self.outer.pop() {
                    self.state = state;
                }
                self.to_skip = 0;
            }
            Token::Word(word, number) => self.word(word, *number),
            Token::Ignorable => {
                self.flush();
                self.state.unread = true;
            }
            Token::Byte(byte) => {
                if self.to_skip > 0 {
                    self.to_skip -= 1;
                } else if self.is_read() {
                    self.control += usize::from(byte.is_ascii_control() && *byte != b'\t');
                    self.bytes.push(*byte);
                }
            }
        }
        Ok(())
    }

    const fn is_read(&self) -> bool {
        !self.state.unread && !self.state.in_fonts && !self.state.hidden
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        if word != "u" {
            self.flush();
        }
        if self.state.unread && word != "bin" {
            return;
        }
        if UNREAD.contains(&word) {
            self.state.unread = true;
            return;
        }
        match word {
            "fonttbl" => self.state.in_fonts = true,
            "f" => self.state.font = number.unwrap_or(0),
            "fcharset" if self.state.in_fonts => {
                if let Some(encoding) = number.and_then(of_charset) {
                    self.fonts.insert(self.state.font, encoding);
                }
            }
            "ansicpg" => self.page = number.and_then(of_page).unwrap_or(WINDOWS_1252),
            "uc" => self.state.substitutes = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(16),
            "u" => self.unicode(number.unwrap_or(0)),
            "v" => self.state.hidden = number != Some(0),
            "par" | "sect" | "page" => self.end_paragraph(),
            "line" => self.push("\n"),
            "tab" | "emspace" | "enspace" | "~" => self.push(" "),
            "emdash" => self.push("\u{2014}"),
            "endash" => self.push("\u{2013}"),
            "bullet" => self.push("\u{2022}"),
            "lquote" => self.push("\u{2018}"),
            "rquote" => self.push("\u{2019}"),
            "ldblquote" => self.push("\u{201C}"),
            "rdblquote" => self.push("\u{201D}"),
            "_" => self.push("-"),
            "pard" => {
                self.heading = None;
                self.in_table = false;
            }
            "outlinelevel" => {
                self.heading = number
                    .and_then(|level| usize::try_from(level).ok())
                    .filter(|level| *level < 6)
                    .map(|level| level + 1);
            }
            "intbl" => self.in_table = true,
            "trowd" if !self.has_row => {
                self.end_paragraph();
                self.blocks.begin_table();
                self.blocks.begin_row();
                self.has_row = true;
            }
            "cell" | "nestcell" if self.has_row => {
                let text = std::mem::take(&mut self.paragraph);
                self.blocks.paragraph(&text);
                self.blocks.end_cell(1);
            }
            "row" if self.has_row => {
                self.blocks.end_row();
                self.blocks.begin_row();
                self.in_table = true;
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if self.is_read() {
            self.paragraph.push_str(text);
        }
    }

    /// A UTF-16 unit, written as a number with a sign.
    fn unicode(&mut self, number: i32) {
        let unit = u16::try_from(number.rem_euclid(0x1_0000)).unwrap_or(0);
        self.flush();
        self.to_skip = self.state.substitutes;
        if !self.is_read() {
            return;
        }
        let units: Vec<u16> = self.high.take().into_iter().chain([unit]).collect();
        if units.len() == 1 && (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        for character in char::decode_utf16(units) {
            self.odd |= character.is_err();
            self.paragraph.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    /// Decodes the bytes that have come.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let encoding = self.fonts.get(&self.state.font).copied().unwrap_or(self.page);
        let (text, failed) = encoding.decode_without_bom_handling(&self.bytes);
        self.odd |= failed;
        self.paragraph.push_str(&text);
        self.bytes.clear();
    }

    fn end_paragraph(&mut self) {
        self.flush();
        let text = std::mem::take(&mut self.paragraph);
        if !self.in_table {
            self.end_table();
        }
        match self.heading {
            Some(level) => self.blocks.heading(level, &text),
            None => self.blocks.paragraph(&text),
        }
    }

    fn end_table(&mut self) {
        if self.has_row {
            self.blocks.end_table();
            self.has_row = false;
        }
    }
}

/// Windows code pages by their numbers.
fn of_page(number: i32) -> Option<&'static Encoding> {
    let label = match number {
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        65001 => "utf-8".to_owned(),
        10000 => "macintosh".to_owned(),
        page => format!("windows-{page}"),
    };
    Encoding::for_label(label.as_bytes())
}

/// Character sets of fonts, as Windows numbers them.
fn of_charset(number: i32) -> Option<&'static Encoding> {
    of_page(match number {
        0 => 1252,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
