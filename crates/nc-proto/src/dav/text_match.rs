use unicode_normalization::UnicodeNormalization;

use super::{Element, Name, XmlError};

const COLLATION: Name = Name::constant("", "collation");
const NEGATE: Name = Name::constant("", "negate-condition");
const MATCH_TYPE: Name = Name::constant("", "match-type");

/// Text that a property or parameter is compared with: `text-match` of RFC 4791 §9.7.5 and RFC 6352 §10.5.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMatch {
    /// The text to be found.
    pub text: String,
    /// Which letters are the same.
    pub collation: Collation,
    /// Whether the condition holds when the text is not found.
    pub negate: bool,
    /// Where the text must stand. `CalDAV` itself knows [`MatchKind::Contains`] only.
    pub kind: MatchKind,
}

/// Which letters are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collation {
    /// `i;ascii-casemap`, the default of `CalDAV`.
    AsciiCasemap,
    /// `i;octet`.
    Octet,
    /// `i;unicode-casemap`, the default of `CardDAV`.
    UnicodeCasemap,
    /// One that we do not know.
    Other(String),
}

/// Where a text must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchKind {
    /// It is all there is.
    Equals,
    /// Anywhere.
    Contains,
    /// At the start.
    StartsWith,
    /// At the end.
    EndsWith,
}

impl Collation {
    fn parse(text: &str) -> Self {
        match text {
            "i;ascii-casemap" => Self::AsciiCasemap,
            "i;octet" => Self::Octet,
            // RFC 4790 §3.1: "default" is what a server likes best.
            "i;unicode-casemap" | "default" => Self::UnicodeCasemap,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Its name in the register of collations.
    pub fn as_str(&self) -> &str {
        match self {
            Self::AsciiCasemap => "i;ascii-casemap",
            Self::Octet => "i;octet",
            Self::UnicodeCasemap => "i;unicode-casemap",
            Self::Other(name) => name,
        }
    }

    fn fold(&self, text: &str) -> String {
        match self {
            Self::Octet => text.to_owned(),
            Self::AsciiCasemap => text.to_ascii_lowercase(),
            // Capitals, as their full mapping makes `ß` and `SS`, `ς` and `σ` the same.
            Self::UnicodeCasemap | Self::Other(_) => text.nfkd().collect::<String>().to_uppercase(),
        }
    }
}

impl MatchKind {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Equals, "equals"),
        (Self::Contains, "contains"),
        (Self::StartsWith, "starts-with"),
        (Self::EndsWith, "ends-with"),
    ];

    fn as_str(self) -> &'static str {
        let known = Self::ALL.iter().find(|(kind, _)| *kind == self);
        known.map_or("contains", |(_, text)| text)
    }
}

impl TextMatch {
    /// `text` anywhere, without regard to case.
    pub fn contains(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            collation: Collation::UnicodeCasemap,
            negate: false,
            kind: MatchKind::Contains,
        }
    }

    /// Whether a value fulfils the condition.
    pub fn matches(&self, value: &str) -> bool {
        self.finds(value) != self.negate
    }

    /// Whether any of the values fulfils the condition: a negated one wants the text in none of them.
    pub fn matches_any<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> bool {
        values.into_iter().any(|value| self.finds(value)) != self.negate
    }

    fn finds(&self, value: &str) -> bool {
        let (value, text) = (self.collation.fold(value), self.collation.fold(&self.text));
        match self.kind {
            MatchKind::Equals => value == text,
            MatchKind::Contains => value.contains(&text),
            MatchKind::StartsWith => value.starts_with(&text),
            MatchKind::EndsWith => value.ends_with(&text),
        }
    }

    /// Reads an element; what it does not say is as in the RFC whose collation is the `default`.
    pub(super) fn from_element(element: &Element, default: Collation) -> Result<Self, XmlError> {
        let attribute = |name: &Name| {
            let found = element.attributes.iter().find(|(attribute, _)| attribute == name);
            found.map(|(_, value)| value.trim())
        };
        let kind = match attribute(&MATCH_TYPE) {
            None => MatchKind::Contains,
            Some(text) => {
                let known = MatchKind::ALL.iter().find(|(_, name)| *name == text);
                known
                    .map(|(kind, _)| *kind)
                    .ok_or_else(|| XmlError::Invalid(format!("{text} is no match-type")))?
            }
        };
        Ok(Self {
            text: element.content(),
            collation: attribute(&COLLATION).map_or(default, Collation::parse),
            negate: match attribute(&NEGATE) {
                None | Some("no") => false,
                Some("yes") => true,
                Some(other) => return Err(XmlError::Invalid(format!("{other} is no negate-condition"))),
            },
            kind,
        })
    }

    /// Writes the element.
    pub(super) fn to_element(&self, name: Name) -> Element {
        let mut element = Element::text(name, &*self.text);
        element.attributes.push((COLLATION, self.collation.as_str().to_owned()));
        if self.negate {
            element.attributes.push((NEGATE, "yes".to_owned()));
        }
        if self.kind != MatchKind::Contains {
            element.attributes.push((MATCH_TYPE, self.kind.as_str().to_owned()));
        }
        element
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collations_say_which_letters_are_the_same() {
        let with = |collation| TextMatch {
            collation,
            ..TextMatch::contains("ÜBUNG")
        };
        assert!(with(Collation::UnicodeCasemap).matches("die übung"));
        assert!(TextMatch::contains("grüSSE").matches("Grüße"));
        assert!(!with(Collation::AsciiCasemap).matches("die übung"));
        assert!(with(Collation::AsciiCasemap).matches("die Übung"));
        assert!(!with(Collation::Octet).matches("die Übung"));
    }

    #[test]
    fn a_negated_condition_wants_the_text_in_no_value() {
        let without = TextMatch {
            negate: true,
            ..TextMatch::contains("a")
        };
        assert!(!without.matches_any(["a", "b"]));
        assert!(without.matches_any(["b", "c"]));
    }

    #[test]
    fn the_kind_of_match_says_where_the_text_stands() {
        for (kind, found, missed) in [
            (MatchKind::Equals, "Ann", "Anna"),
            (MatchKind::StartsWith, "Anna", "Joann"),
            (MatchKind::EndsWith, "Joann", "Anna"),
        ] {
            let text = TextMatch {
                kind,
                ..TextMatch::contains("ann")
            };
            assert!(text.matches(found) && !text.matches(missed), "{kind:?}");
        }
    }
}
