//! XML, element by element, without entities and without endless nesting.

use quick_xml::{
    Reader, XmlVersion,
    escape::unescape,
    events::{BytesStart, Event},
};

use crate::ExtractError;

/// What comes next.
pub(super) enum Item<'a> {
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag, by its local name. Each start tag has one.
    End(String),
    /// Text.
    Text(String),
    /// Nothing more.
    Done,
}

/// A start tag.
pub(super) struct Tag<'a>(BytesStart<'a>);

/// A part of a document.
pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
    deepest: usize,
}

impl Tag<'_> {
    /// The name without its prefix: the few names that two of the namespaces share mean the same here.
    pub(super) fn name(&self) -> &str {
        let name: &str = self.0.local_name().into_inner();
        // The slice is of the tag itself.
        &self.0.name().into_inner()[self.0.name().into_inner().len() - name.len()..]
    }

    /// The value of an attribute by its local name; one without a prefix comes first.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.find(|key| key == name).or_else(|| self.prefixed(name))
    }

    /// The value of an attribute that has a prefix, such as `r:id` beside `id`.
    pub(super) fn prefixed(&self, name: &str) -> Option<String> {
        self.find(|key| key.split_once(':').is_some_and(|(_, local)| local == name))
    }

    /// Whether an on-off property is on: it is, unless it says otherwise (ECMA-376 part 1 §17.17.4).
    pub(super) fn is_on(&self) -> bool {
        !matches!(self.get("val").as_deref(), Some("0" | "false" | "off" | "none"))
    }

    fn find(&self, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
        let attribute = self
            .0
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| is_wanted(attribute.key.into_inner()))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        Some(value.into_owned())
    }
}

impl<'a> Xml<'a> {
    pub(super) fn new(text: &'a str, deepest: usize) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            depth: 0,
            deepest,
        }
    }

    pub(super) fn next(&mut self) -> Result<Item<'a>, ExtractError> {
        loop {
            let event = self
                .reader
                .read_event()
                .map_err(|_| ExtractError::damaged("a part of it is no sound XML"))?;
            return Ok(match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > self.deepest {
                        return Err(ExtractError::too_large(format!(
                            "its XML is nested more than {} elements deep",
                            self.deepest
                        )));
                    }
                    Item::Start(Tag(start))
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    let name: &str = end.local_name().into_inner();
                    Item::End(name.to_owned())
                }
                Event::Text(text) => Item::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Item::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(reference) => {
                    let name = reference.xml10_content();
                    let text = unescape(&format!("&{name};")).map(std::borrow::Cow::into_owned);
                    Item::Text(text.map_err(|_| entities())?)
                }
                Event::DocType(_) => return Err(entities()),
                Event::Eof if self.depth > 0 => return Err(ExtractError::damaged("a part of it is broken off")),
                Event::Eof => Item::Done,
                Event::Empty(_) | Event::Decl(_) | Event::Comment(_) | Event::PI(_) => continue,
            });
        }
    }

    /// Passes over the rest of the element whose start tag came last.
    pub(super) fn skip(&mut self) -> Result<(), ExtractError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if matches!(self.next()?, Item::Done) {
                break;
            }
        }
        Ok(())
    }

    /// The text in the element whose start tag came last, with everything in it.
    pub(super) fn content(&mut self) -> Result<String, ExtractError> {
        let outside = self.depth.saturating_sub(1);
        let mut text = String::new();
        while self.depth > outside {
            match self.next()? {
                Item::Text(more) => text.push_str(&more),
                Item::Done => break,
                Item::Start(_) | Item::End(_) => {}
            }
        }
        Ok(text)
    }
}

fn entities() -> ExtractError {
    ExtractError::damaged("its XML declares entities of its own, which office programs never write")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn read(text: &str) -> Result<String, ExtractError> {
        let mut xml = Xml::new(text, 8);
        let mut seen = String::new();
        loop {
            match xml.next()? {
                Item::Start(tag) => seen.extend(["<", tag.name(), ">"]),
                Item::End(name) => seen.extend(["</", &name, ">"]),
                Item::Text(text) => seen.push_str(&text),
                Item::Done => return Ok(seen),
            }
        }
    }

    #[test]
    fn elements_come_with_their_ends_and_text_with_its_references() {
        assert_eq!(
            read("<w:p><w:br/>a &amp; &#98;</w:p>").as_deref(),
            Ok("<p><br></br>a & b</p>")
        );
    }

    #[test]
    fn entities_nesting_and_broken_ends_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbb\">]><a>&b;</a>";
        assert_eq!(read(bomb).map_err(|error| error.kind), Err(ErrorKind::Damaged));
        assert_eq!(read("<a>&b;</a>").map_err(|error| error.kind), Err(ErrorKind::Damaged));
        let deep = format!("{}{}", "<a>".repeat(9), "</a>".repeat(9));
        assert_eq!(read(&deep).map_err(|error| error.kind), Err(ErrorKind::TooLarge));
        for broken in ["<a>", "<a></b>", "<a", "</a>"] {
            assert_eq!(
                read(broken).map_err(|error| error.kind),
                Err(ErrorKind::Damaged),
                "{broken}"
            );
        }
    }

    #[test]
    fn an_attribute_is_found_with_and_without_a_prefix() {
        let mut xml = Xml::new("<s id=\"7\" r:id=\"rId&#50;\"/>", 8);
        let Ok(Item::Start(tag)) = xml.next() else {
            panic!("a start tag")
        };
        assert_eq!(
            (tag.get("id").as_deref(), tag.prefixed("id").as_deref()),
            (Some("7"), Some("rId2"))
        );
    }
}
