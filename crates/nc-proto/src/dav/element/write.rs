use std::borrow::Cow;

use quick_xml::{
    Writer,
    escape::partial_escape,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};

use super::{Element, Node, parse::is_xml_char, scope::XML};
use crate::dav::{
    Name,
    name::{DAV, KNOWN, NEXTCLOUD, OWNCLOUD, SABRE},
};

/// Writes elements into a buffer that can be taken out piece by piece.
///
/// Known namespaces keep their usual prefixes; others are declared where they are first used, as `x1`, `x2`, ….
pub(crate) struct XmlWriter {
    writer: Writer<Vec<u8>>,
    declared: Vec<(String, String)>,
}

impl XmlWriter {
    /// A document that begins with an XML declaration.
    pub(crate) fn with_declaration() -> Self {
        let mut this = Self {
            writer: Writer::new(Vec::new()),
            declared: vec![("xml".to_owned(), XML.to_owned())],
        };
        this.event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        this
    }

    /// Opens a root with the namespaces that every answer of Nextcloud declares there.
    pub(crate) fn open_root(&mut self, name: &Name) {
        for (prefix, namespace) in KNOWN {
            if [DAV, SABRE, OWNCLOUD, NEXTCLOUD].contains(&namespace) {
                self.declared.push((prefix.to_owned(), namespace.to_owned()));
            }
        }
        let mut start = BytesStart::new(self.qualified(name));
        for (prefix, namespace) in &self.declared[1..] {
            start.push_attribute((format!("xmlns:{prefix}").as_str(), namespace.as_str()));
        }
        self.event(Event::Start(start));
    }

    /// Closes an element that [`Self::open_root`] opened.
    pub(crate) fn close_root(&mut self, name: &Name) {
        let end = BytesEnd::new(self.qualified(name));
        self.event(Event::End(end));
    }

    /// Writes a whole element.
    pub(crate) fn element(&mut self, element: &Element) {
        let mark = self.declared.len();
        self.declare(&element.name);
        for (name, _) in &element.attributes {
            self.declare(name);
        }
        let qualified = self.qualified(&element.name);
        let mut start = BytesStart::new(qualified.as_str());
        for (prefix, namespace) in &self.declared[mark..] {
            start.push_attribute((format!("xmlns:{prefix}").as_str(), namespace.as_str()));
        }
        for (name, value) in &element.attributes {
            start.push_attribute((self.qualified(name).as_str(), allowed(value).as_ref()));
        }
        if element.children.is_empty() {
            self.event(Event::Empty(start));
        } else {
            self.event(Event::Start(start));
            for child in &element.children {
                match child {
                    Node::Element(child) => self.element(child),
                    Node::Text(text) => {
                        let text = BytesText::from_escaped(partial_escape(allowed(text)));
                        self.event(Event::Text(text));
                    }
                }
            }
            self.event(Event::End(BytesEnd::new(qualified)));
        }
        self.declared.truncate(mark);
    }

    /// Takes out what was written so far.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.get_mut())
    }

    /// The number of bytes waiting.
    pub(crate) fn len(&mut self) -> usize {
        self.writer.get_mut().len()
    }

    /// Ends the writing.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.writer.into_inner()
    }

    fn event(&mut self, event: Event<'_>) {
        // Writing into memory does not fail.
        let _ = self.writer.write_event(event);
    }

    fn declare(&mut self, name: &Name) {
        let namespace = name.namespace();
        if namespace.is_empty() || self.declared.iter().any(|(_, known)| known == namespace) {
            return;
        }
        let known = KNOWN.iter().find(|(_, known)| *known == namespace);
        let prefix = known.map_or_else(
            || format!("x{}", self.declared.len()),
            |(prefix, _)| (*prefix).to_owned(),
        );
        self.declared.push((prefix, namespace.to_owned()));
    }

    fn qualified(&self, name: &Name) -> String {
        let prefix = self.declared.iter().find(|(_, known)| known == name.namespace());
        match prefix {
            Some((prefix, _)) if !name.namespace().is_empty() => format!("{prefix}:{}", name.local()),
            _ => name.local().to_owned(),
        }
    }
}

/// Whether a local name can be written as it is.
pub(crate) fn writable(local: &str) -> bool {
    let mut chars = local.chars();
    let starts = chars
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_' || (c > '\u{7f}' && !c.is_control()));
    starts && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.') || (c > '\u{7f}' && !c.is_control()))
}

/// XML has no way to write most control characters; each is replaced, so that one odd value does not spoil an answer.
fn allowed(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_xml_char) {
        Cow::Borrowed(text)
    } else {
        let replaced = text
            .chars()
            .map(|c| if is_xml_char(c) { c } else { char::REPLACEMENT_CHARACTER });
        Cow::Owned(replaced.collect())
    }
}
