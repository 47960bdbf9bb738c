use serde_json::{Map, Value};

use super::{
    Recipe, entities,
    scan::{Tag, Token},
};

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 256;
/// Longest text of one property, in bytes.
const MAX_TEXT: usize = 64 << 10;
/// Most values of one property.
const MAX_VALUES: usize = 500;
/// Most bytes of all values: the same text counts for each property around it.
const MAX_KEPT: usize = 4 << 20;

/// Reads items and their properties (HTML, section 5) from the tags of a page.
#[derive(Debug, Default)]
pub(super) struct Microdata {
    open: Vec<Open>,
    found: Option<Recipe>,
    too_deep: bool,
    /// Bytes of all values that were kept.
    kept: usize,
}

/// An element that is not closed yet.
#[derive(Debug)]
struct Open {
    name: String,
    /// The item that it is.
    item: Option<Map<String, Value>>,
    /// The properties that it is the value of.
    properties: Vec<String>,
    /// The text in it, if that is the value.
    text: Option<String>,
}

impl Microdata {
    /// Whether a part of the page was not looked at.
    pub(super) const fn too_deep(&self) -> bool {
        self.too_deep
    }

    /// The first recipe with a name.
    pub(super) fn finish(mut self) -> Option<Recipe> {
        while let Some(open) = self.open.pop() {
            self.close(open);
        }
        self.found
    }

    pub(super) fn take(&mut self, token: Token<'_>) {
        match token {
            Token::Open(tag) => self.open(&tag),
            Token::Close(name) => self.end(&name),
            Token::Text(text) => {
                let inner = self.open.iter_mut().rev().find_map(|open| open.text.as_mut());
                if let Some(inner) = inner {
                    append(inner, &entities::decode(text));
                }
            }
        }
    }

    fn open(&mut self, tag: &Tag) {
        self.end_implied(&tag.name);
        if tag.name == "br" {
            self.take(Token::Text("\n"));
        }
        let properties = tag.attribute("itemprop").unwrap_or_default().split_ascii_whitespace();
        let properties: Vec<String> = properties.take(8).map(str::to_owned).collect();
        let item = tag.attribute("itemscope").map(|_| {
            let kind = tag.attribute("itemtype").unwrap_or_default();
            let kind = kind.trim_end_matches('/').rsplit(['/', '#']).next().unwrap_or_default();
            Map::from_iter([("@type".to_owned(), Value::from(kind))])
        });
        let is_void = tag.self_closing || is_void(&tag.name);
        let mut text = None;
        if item.is_none() && !properties.is_empty() {
            match value(tag) {
                Some(value) => self.attach_text(&properties, &value),
                None => text = Some(String::new()),
            }
        }
        if is_void {
            return;
        }
        if self.open.len() == MAX_DEPTH {
            self.too_deep = true;
            return;
        }
        let properties = if item.is_some() || text.is_some() {
            properties
        } else {
            Vec::new()
        };
        self.open.push(Open {
            name: tag.name.clone(),
            item,
            properties,
            text,
        });
    }

    fn end(&mut self, name: &str) {
        if is_block(name) {
            self.take(Token::Text("\n"));
        }
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else {
            return;
        };
        while self.open.len() > at {
            if let Some(open) = self.open.pop() {
                self.close(open);
            }
        }
    }

    /// Ends elements whose end tag may be left out (HTML, section 13.1.2.4).
    fn end_implied(&mut self, next: &str) {
        let Some(last) = self.open.last().map(|open| open.name.as_str()) else {
            return;
        };
        let ends = match last {
            "p" => is_block(next),
            "li" => next == "li",
            "dt" | "dd" => matches!(next, "dt" | "dd"),
            "td" | "th" => matches!(next, "td" | "th" | "tr"),
            "tr" => next == "tr",
            "option" => next == "option",
            _ => false,
        };
        if ends {
            let name = last.to_owned();
            self.end(&name);
            if next == "tr" {
                self.end_implied(next);
            }
        }
    }

    fn close(&mut self, open: Open) {
        if let Some(item) = open.item {
            if self.found.is_none() && item.get("@type").and_then(Value::as_str) == Some("Recipe") {
                let recipe = Recipe(item.clone());
                self.found = (!recipe.name().is_empty()).then_some(recipe);
            }
            // One property only: copies of copies would grow without bounds.
            if let Some(name) = open.properties.first() {
                self.attach(name, Value::from(item));
            }
        } else if let Some(text) = open.text {
            // The text of an inner property is also that of the outer one.
            if let Some(outer) = self.open.iter_mut().rev().find_map(|open| open.text.as_mut()) {
                append(outer, &text);
            }
            self.attach_text(&open.properties, text.trim());
        }
    }

    fn attach_text(&mut self, properties: &[String], text: &str) {
        for name in properties {
            self.kept += name.len() + text.len();
            if self.kept <= MAX_KEPT {
                self.attach(name, Value::from(text));
            }
        }
    }

    /// Gives the innermost item this property.
    fn attach(&mut self, name: &str, value: Value) {
        let Some(item) = self.open.iter_mut().rev().find_map(|open| open.item.as_mut()) else {
            return;
        };
        match item.entry(name.to_owned()).or_insert(Value::Null) {
            Value::Array(values) if values.len() < MAX_VALUES => values.push(value),
            Value::Array(_) => {}
            slot @ Value::Null => *slot = value,
            one => *one = Value::Array(vec![one.take(), value]),
        }
    }
}

/// The value of a property that an attribute holds.
fn value(tag: &Tag) -> Option<String> {
    let attribute = match tag.name.as_str() {
        "a" | "area" | "link" => tag.attribute("content").or_else(|| tag.attribute("href")),
        "img" | "audio" | "embed" | "iframe" | "source" | "track" | "video" => {
            tag.attribute("content").or_else(|| tag.attribute("src"))
        }
        "time" => tag.attribute("content").or_else(|| tag.attribute("datetime")),
        "data" | "meter" => tag.attribute("content").or_else(|| tag.attribute("value")),
        _ => tag.attribute("content"),
    };
    attribute.map(|value| value.trim().chars().take(MAX_TEXT).collect())
}

fn append(text: &mut String, more: &str) {
    let room = MAX_TEXT.saturating_sub(text.len());
    let end = (0..=room.min(more.len())).rev().find(|end| more.is_char_boundary(*end));
    text.push_str(&more[..end.unwrap_or_default()]);
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Elements that begin on a line of their own.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "table"
            | "tr"
            | "ul"
    )
}
