//! The tags of a page, one pass over it. Not a browser's parser: it knows no tree, so nothing about a page can make it slow.

use super::entities;

/// Attributes of one tag beyond this many are not looked at.
const MAX_ATTRIBUTES: usize = 64;

/// A start tag.
#[derive(Debug)]
pub(super) struct Tag {
    /// In lower case.
    pub(super) name: String,
    /// Whether it ends itself.
    pub(super) self_closing: bool,
    attributes: Vec<(String, String)>,
}

impl Tag {
    /// The value of an attribute, which is empty if it has none.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A piece of a page.
#[derive(Debug)]
pub(super) enum Token<'a> {
    Open(Tag),
    Close(String),
    /// As it stands there, with character references.
    Text(&'a str),
}

/// Reads a page from its beginning.
pub(super) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(page: &'a str) -> Self {
        Self { rest: page }
    }

    /// The text up to the end tag `name`, in which no tags are.
    pub(super) fn raw_text(&mut self, name: &str) -> &'a str {
        let mut from = 0;
        while let Some(found) = self.rest[from..].find("</") {
            let at = from + found;
            let after = &self.rest.as_bytes()[at + 2..];
            if after.len() >= name.len() && after[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
                let text = &self.rest[..at];
                self.rest = &self.rest[at..];
                return text;
            }
            from = at + 2;
        }
        std::mem::take(&mut self.rest)
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let bytes = self.rest.as_bytes();
            if bytes[0] != b'<' || !is_markup(bytes.get(1)) {
                let end = self
                    .rest
                    .bytes()
                    .enumerate()
                    .skip(1)
                    .find_map(|(at, byte)| (byte == b'<' && is_markup(bytes.get(at + 1))).then_some(at));
                let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.rest = rest;
                return Some(Token::Text(text));
            }
            match bytes[1] {
                b'!' | b'?' => self.skip_comment(),
                b'/' => {
                    let inner = &self.rest[2..];
                    let name = tag_name(inner);
                    let end = inner.find('>').map_or(inner.len(), |end| end + 1);
                    self.rest = &inner[end..];
                    if !name.is_empty() {
                        return Some(Token::Close(name));
                    }
                }
                _ => return Some(Token::Open(self.tag())),
            }
        }
    }

    fn skip_comment(&mut self) {
        let (end, skipped) = if self.rest.starts_with("<!--") {
            (self.rest[4..].find("-->").map(|at| at + 4), 3)
        } else {
            (self.rest.find('>'), 1)
        };
        self.rest = end.map_or("", |end| &self.rest[end + skipped..]);
    }

    fn tag(&mut self) -> Tag {
        let name = tag_name(&self.rest[1..]);
        let mut rest = &self.rest[1 + name_length(&self.rest[1..])..];
        let mut tag = Tag {
            name,
            self_closing: false,
            attributes: Vec::new(),
        };
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
            if rest.is_empty() {
                break;
            }
            if let Some(after) = rest.strip_prefix('>') {
                rest = after;
                break;
            }
            if let Some(after) = rest.strip_prefix('/') {
                tag.self_closing = after.starts_with('>');
                rest = after;
                continue;
            }
            let (name, value);
            (name, value, rest) = attribute(rest);
            if tag.attributes.len() < MAX_ATTRIBUTES {
                tag.attributes
                    .push((name.to_ascii_lowercase(), entities::decode(value)));
            }
        }
        self.rest = rest;
        tag
    }
}

/// One attribute, and what follows. Takes at least one character.
fn attribute(text: &str) -> (&str, &str, &str) {
    let ends_name = |(at, c): (usize, char)| {
        let ends = c.is_ascii_whitespace() || c == '>' || c == '/' || (c == '=' && at > 0);
        ends.then_some(at)
    };
    let end = text.char_indices().find_map(ends_name).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let after_space = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let Some(value) = after_space.strip_prefix('=') else {
        return (name, "", rest);
    };
    let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return match inner.split_once(quote) {
                Some((value, rest)) => (name, value, rest),
                None => (name, inner, ""),
            };
        }
    }
    let end = value
        .find(|c: char| c.is_ascii_whitespace() || c == '>')
        .unwrap_or(value.len());
    (name, &value[..end], &value[end..])
}

/// Whether a `<` before this byte begins something other than text.
fn is_markup(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'))
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/')
        .unwrap_or(text.len())
}

fn tag_name(text: &str) -> String {
    let name = &text[..name_length(text)];
    // No element has a longer name.
    name.chars().take(40).collect::<String>().to_ascii_lowercase()
}

/// Elements whose content is no markup.
pub(super) fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "textarea" | "title" | "iframe" | "xmp" | "noframes" | "noembed"
    )
}
