use crate::dav::{CALDAV, Element, Name, XmlError, props::RESOURCETYPE};

const MKCALENDAR: Name = Name::constant(CALDAV, "mkcalendar");
const MKCOL: Name = Name::dav("mkcol");
const SET: Name = Name::dav("set");
const PROP: Name = Name::dav("prop");

/// The body of MKCALENDAR, RFC 4791 §9.2: properties of the calendar that is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MakeCalendar {
    /// The properties with their values.
    pub set: Vec<Element>,
}

/// The body of an extended MKCOL, RFC 5689 §5.1: the kind and properties of the collection that is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MakeCollection {
    /// The properties with their values, `d:resourcetype` among them.
    pub set: Vec<Element>,
}

impl MakeCalendar {
    /// Adds a property that is text.
    #[must_use]
    pub fn with(mut self, name: Name, text: impl Into<String>) -> Self {
        self.set.push(Element::text(name, text));
        self
    }

    /// Reads a body. None at all is good, too.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let set = read(body, &MKCALENDAR)?;
        Ok(Self { set })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        write(MKCALENDAR, &self.set)
    }
}

impl MakeCollection {
    /// A collection of the kinds `kinds`, besides `d:collection`.
    pub fn of_kinds(kinds: impl IntoIterator<Item = Name>) -> Self {
        let collection = Element::new(Name::dav("collection"));
        let kinds = kinds.into_iter().map(Element::new);
        Self {
            set: vec![Element::new(RESOURCETYPE).with(collection).with_all(kinds)],
        }
    }

    /// Adds a property that is text.
    #[must_use]
    pub fn with(mut self, name: Name, text: impl Into<String>) -> Self {
        self.set.push(Element::text(name, text));
        self
    }

    /// The kinds of collection that are asked for.
    pub fn kinds(&self) -> Vec<Name> {
        let kind = self.set.iter().find(|property| property.name == RESOURCETYPE);
        kind.map(Element::names).unwrap_or_default()
    }

    /// Reads a body. None at all is good, too: a plain folder is wanted.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let set = read(body, &MKCOL)?;
        Ok(Self { set })
    }

    /// Writes the body.
    pub fn to_xml(&self) -> Vec<u8> {
        write(MKCOL, &self.set)
    }
}

fn read(body: &[u8], root: &Name) -> Result<Vec<Element>, XmlError> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let root = Element::parse_as(body, root)?;
    let sets = root.elements().filter(|child| child.name == SET);
    let props = sets.flat_map(Element::elements).filter(|child| child.name == PROP);
    Ok(props.flat_map(Element::elements).cloned().collect())
}

fn write(root: Name, set: &[Element]) -> Vec<u8> {
    let prop = Element::new(PROP).with_all(set.iter().cloned());
    Element::new(root).with(Element::new(SET).with(prop)).to_document()
}
