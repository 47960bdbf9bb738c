use super::{
    Element, Name, OWNCLOUD, XmlError,
    name::{DAV, SABRE},
};

const ERROR: Name = Name::constant(DAV, "error");
const EXCEPTION: Name = Name::constant(SABRE, "exception");
const MESSAGE: Name = Name::constant(SABRE, "message");
const HEADER: Name = Name::constant(SABRE, "header");
const RETRY: Name = Name::constant("o:", "retry");
const REASON: Name = Name::constant("o:", "reason");

/// The body of a DAV error as sabre writes it: `d:error` with `s:exception` and `s:message`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorBody {
    /// Sabre's class name, such as `Sabre\DAV\Exception\NotFound`.
    pub exception: String,
    /// Words for people, not translated.
    pub message: String,
    /// The header whose condition failed.
    pub header: Option<String>,
    /// Why a name was refused (Nextcloud's `o:reason`).
    pub reason: Option<String>,
    /// Conditions of RFC 4918 §16, such as `d:lock-token-submitted`.
    pub conditions: Vec<Element>,
}

impl ErrorBody {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::parse_as(body, &ERROR)?;
        let reason = root
            .find_text(&REASON)
            .or_else(|| root.find_text(&Name::constant(OWNCLOUD, "reason")));
        let ours = [SABRE, OWNCLOUD, "o:"];
        Ok(Self {
            exception: root.find_text(&EXCEPTION).unwrap_or_default(),
            message: root.find_text(&MESSAGE).unwrap_or_default(),
            header: root.find_text(&HEADER),
            reason,
            conditions: root
                .elements()
                .filter(|child| !ours.contains(&child.name.namespace()))
                .cloned()
                .collect(),
        })
    }

    /// Writes the body.
    pub fn to_document(&self) -> Vec<u8> {
        let header = self.header.iter().map(|header| Element::text(HEADER, &**header));
        let refused = self
            .reason
            .iter()
            .flat_map(|reason| [Element::text(RETRY, "false"), Element::text(REASON, &**reason)]);
        Element::new(ERROR)
            .with(Element::text(EXCEPTION, &*self.exception))
            .with(Element::text(MESSAGE, &*self.message))
            .with_all(header)
            .with_all(refused)
            .with_all(self.conditions.iter().cloned())
            .to_document()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_error_is_understood() {
        let body = br#"<?xml version="1.0" encoding="utf-8"?>
<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">
  <s:exception>Sabre\DAV\Exception\PreconditionFailed</s:exception>
  <s:message>An If-Match header was specified, but none of the specified ETags matched.</s:message>
  <s:header>If-Match</s:header>
</d:error>"#;
        let error = ErrorBody::parse(body).unwrap();
        assert_eq!(error.exception, "Sabre\\DAV\\Exception\\PreconditionFailed");
        assert_eq!(error.header.as_deref(), Some("If-Match"));
    }

    #[test]
    fn an_error_survives_a_round_trip() {
        let error = ErrorBody {
            exception: "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath".to_owned(),
            message: "\"\\\" is not allowed inside a file or folder name.".to_owned(),
            header: None,
            reason: Some("<odd> & \"quoted\"".to_owned()),
            conditions: vec![
                Element::new(Name::dav("lock-token-submitted")).with(Element::text(Name::dav("href"), "/a")),
            ],
        };
        assert_eq!(ErrorBody::parse(&error.to_document()), Ok(error));
    }
}
