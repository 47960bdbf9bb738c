use super::{Element, Name, XmlError};

const PROPFIND: Name = Name::dav("propfind");
const PROP: Name = Name::dav("prop");
const ALLPROP: Name = Name::dav("allprop");
const PROPNAME: Name = Name::dav("propname");
const INCLUDE: Name = Name::dav("include");

/// The body of PROPFIND, RFC 4918 §14.20.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Propfind {
    /// The usual properties, and those named here. Also the meaning of an empty body.
    AllProp {
        /// Properties to be given besides.
        include: Vec<Name>,
    },
    /// Only the names of what is there.
    PropName,
    /// Exactly these properties.
    Prop(Vec<Name>),
}

impl Propfind {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::AllProp { include: Vec::new() });
        }
        let root = Element::parse_as(body, &PROPFIND)?;
        if let Some(prop) = root.find(&PROP) {
            return Ok(Self::Prop(prop.names()));
        }
        if root.find(&PROPNAME).is_some() {
            return Ok(Self::PropName);
        }
        if root.find(&ALLPROP).is_some() {
            let include = root.find(&INCLUDE).map(Element::names).unwrap_or_default();
            return Ok(Self::AllProp { include });
        }
        Err(XmlError::Invalid("propfind asks for nothing".to_owned()))
    }

    /// Writes the body.
    pub fn to_document(&self) -> Vec<u8> {
        let root = Element::new(PROPFIND);
        let root = match self {
            Self::AllProp { include } if include.is_empty() => root.with(Element::new(ALLPROP)),
            Self::AllProp { include } => root
                .with(Element::new(ALLPROP))
                .with(Element::of_names(INCLUDE, include)),
            Self::PropName => root.with(Element::new(PROPNAME)),
            Self::Prop(names) => root.with(Element::of_names(PROP, names)),
        };
        root.to_document()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dav::props;

    #[test]
    fn every_kind_of_question_survives_a_round_trip() {
        for question in [
            Propfind::AllProp { include: Vec::new() },
            Propfind::AllProp {
                include: vec![props::FILEID],
            },
            Propfind::PropName,
            Propfind::Prop(vec![props::GETETAG, props::SIZE, Name::new("http://x/", "odd")]),
        ] {
            assert_eq!(Propfind::parse(&question.to_document()), Ok(question));
        }
    }

    #[test]
    fn no_body_means_the_usual_properties() {
        assert_eq!(Propfind::parse(b" \n"), Ok(Propfind::AllProp { include: Vec::new() }));
    }

    #[test]
    fn another_root_is_named_in_the_error() {
        let error = Propfind::parse(b"<d:nonsense xmlns:d='DAV:'/>").unwrap_err();
        assert_eq!(
            error.to_string(),
            "Expected {DAV:}propfind but received {DAV:}nonsense as the root element"
        );
    }
}
