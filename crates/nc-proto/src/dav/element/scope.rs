use super::XmlError;

/// The namespace that the prefix `xml` always has.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Most declarations in force at one place; each name is looked for in all of them.
const MOST_BINDINGS: usize = 1024;

/// The prefixes that are declared at one place of a document, innermost last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    bindings: Vec<(String, String)>,
}

impl Scope {
    /// Adds a declaration. The empty prefix is the default namespace.
    pub(crate) fn declare(&mut self, prefix: &str, namespace: String) -> Result<(), XmlError> {
        // Only the default namespace can be taken back (Namespaces in XML 1.0 §6.1).
        if (!prefix.is_empty() && namespace.is_empty()) || prefix == "xmlns" || (prefix == "xml") != (namespace == XML)
        {
            return Err(XmlError::Malformed(format!(
                "prefix {prefix} cannot be bound to that namespace"
            )));
        }
        if self.bindings.len() >= MOST_BINDINGS {
            return Err(XmlError::TooLarge);
        }
        self.bindings.push((prefix.to_owned(), namespace));
        Ok(())
    }

    /// How many declarations there are; with [`Self::rewind`] the way back out of an element.
    pub(crate) const fn mark(&self) -> usize {
        self.bindings.len()
    }

    /// Forgets everything declared since `mark`.
    pub(crate) fn rewind(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }

    /// The namespace of a prefix; of the empty prefix that of elements, which may be none.
    pub(crate) fn resolve(&self, prefix: &str) -> Result<&str, XmlError> {
        if prefix == "xml" {
            return Ok(XML);
        }
        let found = self.bindings.iter().rev().find(|(known, _)| known == prefix);
        match found {
            Some((_, namespace)) => Ok(namespace),
            None if prefix.is_empty() => Ok(""),
            None => Err(XmlError::Malformed(format!("Namespace prefix {prefix} is not defined"))),
        }
    }
}
