use thiserror::Error;

use super::Name;

mod parse;
mod scope;
#[cfg(test)]
mod tests;
mod write;

pub use parse::Limits;
pub(super) use parse::{parse_in_scope, start_tag_scope};
pub(super) use scope::Scope;
pub(super) use write::{XmlWriter, writable};

/// Why a piece of XML could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum XmlError {
    /// It is no well-formed XML with namespaces.
    #[error("{0}")]
    Malformed(String),
    /// It is larger or deeper than any honest message.
    #[error("the document is too large or too deep")]
    TooLarge,
    /// It has a document type or entities of its own.
    #[error("document types and entities are not accepted")]
    Entities,
    /// It is another message than the one that is due. Sabre's words.
    #[error("Expected {expected} but received {found} as the root element")]
    WrongRoot {
        /// The root that the message needs.
        expected: Name,
        /// The root that came.
        found: Name,
    },
    /// A part of the message is missing or makes no sense.
    #[error("{0}")]
    Invalid(String),
}

/// One XML element with everything inside of it. Comments, processing instructions and prefixes are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its attributes, without namespace declarations.
    pub attributes: Vec<(Name, String)>,
    /// Text and elements inside, in order. Neighbouring pieces of text are one node.
    pub children: Vec<Node>,
}

/// What can stand inside an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, unescaped.
    Text(String),
}

impl Element {
    /// An empty element.
    pub const fn new(name: Name) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            children: Vec::new(),
        }
    }

    /// An element that holds `text`.
    pub fn text(name: Name, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut element = Self::new(name);
        if !text.is_empty() {
            element.children.push(Node::Text(text));
        }
        element
    }

    /// Adds a child at the end.
    #[must_use]
    pub fn with(mut self, child: Self) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    /// Adds children at the end.
    #[must_use]
    pub fn with_all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    /// An element with an empty child per name, as `d:prop` in a request.
    pub fn of_names<'a>(name: Name, names: impl IntoIterator<Item = &'a Name>) -> Self {
        Self::new(name).with_all(names.into_iter().cloned().map(Self::new))
    }

    /// The elements directly inside.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child of that name.
    pub fn find(&self, name: &Name) -> Option<&Self> {
        self.elements().find(|element| element.name == *name)
    }

    /// The names of the elements directly inside.
    pub fn names(&self) -> Vec<Name> {
        self.elements().map(|element| element.name.clone()).collect()
    }

    /// The text directly inside, as it is.
    pub fn content(&self) -> String {
        let texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }

    /// The text of the child of that name, trimmed.
    pub fn find_text(&self, name: &Name) -> Option<String> {
        self.find(name).map(|child| child.content().trim().to_owned())
    }

    /// Reads a document.
    pub fn parse(document: &[u8]) -> Result<Self, XmlError> {
        Self::parse_within(document, Limits::default())
    }

    /// Reads a document whose root must have that name.
    pub fn parse_as(document: &[u8], expected: &Name) -> Result<Self, XmlError> {
        let root = Self::parse(document)?;
        if root.name == *expected {
            Ok(root)
        } else {
            Err(XmlError::WrongRoot {
                expected: expected.clone(),
                found: root.name,
            })
        }
    }

    /// Reads a document within limits of one's own.
    pub fn parse_within(document: &[u8], limits: Limits) -> Result<Self, XmlError> {
        parse_in_scope(document, &mut Scope::default(), limits)
    }

    /// Writes the element as a document with an XML declaration.
    pub fn to_document(&self) -> Vec<u8> {
        let mut writer = XmlWriter::with_declaration();
        writer.element(self);
        writer.into_bytes()
    }
}
