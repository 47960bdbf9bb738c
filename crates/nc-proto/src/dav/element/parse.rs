use quick_xml::{
    Reader,
    escape::unescape,
    events::{BytesStart, Event},
};

use super::{Element, Node, Scope, XmlError};
use crate::dav::Name;

/// Most attributes of one element, namespaces included. Each is compared with all before it.
const MOST_ATTRIBUTES: usize = 256;

/// How much XML is read at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Size of the document in bytes.
    pub size_bytes: usize,
    /// Depth of nesting.
    pub depth: usize,
}

impl Default for Limits {
    /// Generous for every request; whole answers for big folders go through `MultistatusReader`.
    fn default() -> Self {
        Self {
            size_bytes: 16 << 20,
            depth: 64,
        }
    }
}

/// Reads one element and whatever may stand around a root, with prefixes that are declared further out.
pub(crate) fn parse_in_scope(document: &[u8], scope: &mut Scope, limits: Limits) -> Result<Element, XmlError> {
    if document.len() > limits.size_bytes {
        return Err(XmlError::TooLarge);
    }
    let mut reader = Reader::from_str(decode_utf8(document)?);
    let mut open: Vec<(Element, usize)> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(malformed)? {
            Event::Start(start) => {
                if open.len() >= limits.depth {
                    return Err(XmlError::TooLarge);
                }
                let mark = scope.mark();
                let element = element(&start, scope)?;
                open.push((element, mark));
            }
            Event::Empty(start) => {
                let mark = scope.mark();
                let element = element(&start, scope)?;
                scope.rewind(mark);
                close(element, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let (element, mark) = open.pop().ok_or_else(|| malformed("end without start"))?;
                scope.rewind(mark);
                close(element, &mut open, &mut root)?;
            }
            Event::Text(text) => push_text(&text.xml10_content(), &mut open)?,
            Event::CData(text) => push_text(&text.xml10_content(), &mut open)?,
            Event::GeneralRef(reference) => {
                let content = reference.xml10_content();
                let resolved = unescape(&format!("&{content};")).map(std::borrow::Cow::into_owned);
                push_text(&resolved.map_err(|_| XmlError::Entities)?, &mut open)?;
            }
            Event::DocType(_) => return Err(XmlError::Entities),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err(malformed("Extra content at the end of the document")),
    }
}

/// The prefixes that a start tag declares, for reading what follows it.
pub(crate) fn start_tag_scope(tag: &[u8]) -> Result<(Name, Scope), XmlError> {
    let mut reader = Reader::from_str(decode_utf8(tag)?);
    let mut scope = Scope::default();
    match reader.read_event().map_err(malformed)? {
        Event::Start(start) | Event::Empty(start) => Ok((element(&start, &mut scope)?.name, scope)),
        _ => Err(malformed("no start tag")),
    }
}

/// The text behind the bytes. Other encodings than UTF-8 are allowed by XML and used by nobody.
fn decode_utf8(bytes: &[u8]) -> Result<&str, XmlError> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("Input is not proper UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn element(start: &BytesStart<'_>, scope: &mut Scope) -> Result<Element, XmlError> {
    let mut attributes = Vec::new();
    for (index, attribute) in start.attributes().enumerate() {
        if index >= MOST_ATTRIBUTES {
            return Err(XmlError::TooLarge);
        }
        let attribute = attribute.map_err(malformed)?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        let value = value.map_err(|_| XmlError::Entities)?.into_owned();
        check_characters(&value)?;
        match attribute.key.into_inner() {
            "xmlns" => scope.declare("", value)?,
            key => match key.strip_prefix("xmlns:") {
                Some(prefix) => scope.declare(prefix, value)?,
                None => attributes.push((key.to_owned(), value)),
            },
        }
    }
    let mut element = Element::new(name(start.name().into_inner(), scope, true)?);
    for (key, value) in attributes {
        element.attributes.push((name(&key, scope, false)?, value));
    }
    Ok(element)
}

/// Resolves a name. The default namespace holds for elements only (Namespaces in XML 1.0 §6.2).
fn name(qualified: &str, scope: &Scope, use_default: bool) -> Result<Name, XmlError> {
    let (prefix, local) = qualified.split_once(':').unwrap_or(("", qualified));
    if local.is_empty() || local.contains(':') || (prefix.is_empty() && qualified.contains(':')) {
        return Err(malformed(format!("{qualified} is no name")));
    }
    check_name(local)?;
    match prefix {
        "" if !use_default => Ok(Name::new("", local)),
        prefix => Ok(Name::new(scope.resolve(prefix)?, local)),
    }
}

/// Refuses what could not be written back: the parser itself accepts nearly any name.
fn check_name(local: &str) -> Result<(), XmlError> {
    if super::writable(local) {
        Ok(())
    } else {
        Err(malformed(format!("{local} is no name")))
    }
}

fn push_text(text: &str, open: &mut [(Element, usize)]) -> Result<(), XmlError> {
    check_characters(text)?;
    match open.last_mut() {
        Some((element, _)) => {
            if let Some(Node::Text(before)) = element.children.last_mut() {
                before.push_str(text);
            } else if !text.is_empty() {
                element.children.push(Node::Text(text.to_owned()));
            }
            Ok(())
        }
        None if text.trim().is_empty() => Ok(()),
        None => Err(malformed("text outside of the root element")),
    }
}

fn close(element: Element, open: &mut [(Element, usize)], root: &mut Option<Element>) -> Result<(), XmlError> {
    match open.last_mut() {
        Some((parent, _)) => parent.children.push(Node::Element(element)),
        None if root.is_none() => *root = Some(element),
        None => return Err(malformed("Extra content at the end of the document")),
    }
    Ok(())
}

fn check_characters(text: &str) -> Result<(), XmlError> {
    if text.chars().all(is_xml_char) {
        Ok(())
    } else {
        Err(malformed("a character that XML does not allow"))
    }
}

/// XML 1.0 §2.2.
pub(super) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn malformed(cause: impl ToString) -> XmlError {
    XmlError::Malformed(cause.to_string())
}
