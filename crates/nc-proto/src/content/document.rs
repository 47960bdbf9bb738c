use super::{
    Component, Entry, Property,
    line::{logical_or_quoted, without_end},
};

/// How deep components may lie in one another. iCalendar needs three.
const DEPTH: usize = 16;

/// Why bytes are no iCalendar or vCard text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing begins.
    #[error("there is no BEGIN line")]
    NothingBegins,
    /// `END` without its `BEGIN`, or of another name.
    #[error("line {line}: END does not fit what began")]
    WrongEnd {
        /// Counted from one, logical lines.
        line: usize,
    },
    /// A component without `END`.
    #[error("the text ends inside of a component")]
    CutOff,
    /// Components too deep in one another.
    #[error("components lie more than {DEPTH} deep in one another")]
    TooDeep,
}

/// A whole text: one or more components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The components; and what lies around them.
    pub entries: Vec<Entry>,
    line_end: &'static [u8],
    /// Whether the text ended without a line end.
    is_open: bool,
}

impl Document {
    /// A text of one component, with the line ends of the RFCs.
    pub fn of(root: Component) -> Self {
        Self {
            entries: vec![Entry::Component(root)],
            line_end: b"\r\n",
            is_open: false,
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`ParseError`] if its components do not fit in one another. Lines that say nothing are kept, not refused.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let mut open: Vec<Component> = Vec::new();
        let mut entries = Vec::new();
        let mut at = 0;
        let mut line = 0;
        if text.starts_with(b"\xef\xbb\xbf") {
            entries.push(Entry::Other(text[..3].to_vec()));
            at = 3;
        }
        while at < text.len() {
            line += 1;
            let (end, said) = logical_or_quoted(text, at);
            let written = &text[at..end];
            at = end;
            let entry = match Property::read(written, &said) {
                None => Entry::Other(written.to_vec()),
                Some(property) if property.is("BEGIN") => {
                    if open.len() == DEPTH {
                        return Err(ParseError::TooDeep);
                    }
                    let end = Property::new("END", property.value());
                    open.push(Component {
                        begin: property,
                        entries: Vec::new(),
                        end,
                    });
                    continue;
                }
                Some(property) if property.is("END") => {
                    let mut done = open.pop().ok_or(ParseError::WrongEnd { line })?;
                    if !done.is(property.value().trim()) {
                        return Err(ParseError::WrongEnd { line });
                    }
                    done.end = property;
                    Entry::Component(done)
                }
                Some(property) => Entry::Property(property),
            };
            match open.last_mut() {
                Some(component) => component.entries.push(entry),
                None => entries.push(entry),
            }
        }
        if !open.is_empty() {
            return Err(ParseError::CutOff);
        }
        let first_end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
        let line_end: &[u8] = if without_end(&text[..first_end]).len() == first_end && first_end < text.len() {
            b"\n"
        } else {
            b"\r\n"
        };
        let document = Self {
            entries,
            line_end,
            is_open: !text.ends_with(b"\n"),
        };
        if document.root().is_none() {
            return Err(ParseError::NothingBegins);
        }
        Ok(document)
    }

    /// The first component.
    pub fn root(&self) -> Option<&Component> {
        self.roots().next()
    }

    /// The first component, to be changed.
    pub fn root_mut(&mut self) -> Option<&mut Component> {
        self.entries.iter_mut().find_map(|entry| match entry {
            Entry::Component(component) => Some(component),
            _ => None,
        })
    }

    /// Its components: an address book's export has many.
    pub fn roots(&self) -> impl Iterator<Item = &Component> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Component(component) => Some(component),
            _ => None,
        })
    }

    /// As text: byte for byte as it was read, but for what was changed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Property(property) => property.write(self.line_end, &mut bytes),
                Entry::Component(component) => component.write(self.line_end, &mut bytes),
                Entry::Other(other) => bytes.extend_from_slice(other),
            }
        }
        if self.is_open && bytes.ends_with(self.line_end) {
            bytes.truncate(bytes.len() - self.line_end.len());
        }
        bytes
    }
}
