//! Entity tags (RFC 9110 §8.8.3), however they are quoted.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A version mark of a resource, kept without quotes.
///
/// It comes quoted in HTTP headers and in XML, twice escaped from some proxies, and bare in JSON; all are read as the
/// same value. The mark for weak tags is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag {
    opaque: String,
    weak: bool,
}

impl ETag {
    /// Reads `"x"`, `W/"x"`, `&quot;x&quot;` or bare `x`. `None` when nothing is left, or when it holds a quote or a
    /// control character and so could not be sent.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (weak, text) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let opaque = strip_pair(text, "\"")
            .or_else(|| strip_pair(text, "&quot;"))
            .unwrap_or(text);
        let sendable = !opaque.is_empty() && opaque.chars().all(|c| c != '"' && !c.is_control() && c != '\u{7f}');
        sendable.then(|| Self {
            opaque: opaque.to_owned(),
            weak,
        })
    }

    /// The value for `If-Match`, `If-None-Match` and `ETag`: with exactly one pair of quotes.
    pub fn header_value(&self) -> String {
        format!("{}\"{}\"", if self.weak { "W/" } else { "" }, self.opaque)
    }

    /// The value between the quotes.
    pub fn opaque(&self) -> &str {
        &self.opaque
    }

    /// Whether it only promises equal meaning, not equal bytes.
    pub const fn is_weak(&self) -> bool {
        self.weak
    }
}

fn strip_pair<'a>(text: &'a str, quote: &str) -> Option<&'a str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

impl fmt::Display for ETag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", if self.weak { "W/" } else { "" }, self.opaque)
    }
}

impl Serialize for ETag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ETag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an entity tag"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_four_forms_are_the_same_tag() {
        for form in ["\"5cf8\"", "&quot;5cf8&quot;", "5cf8", " \"5cf8\" "] {
            let tag = ETag::parse(form).expect(form);
            assert_eq!(tag.opaque(), "5cf8");
            assert_eq!(tag.header_value(), "\"5cf8\"");
        }
        let weak = ETag::parse("W/\"5cf8\"").expect("weak");
        assert!(weak.is_weak());
        assert_eq!(weak.header_value(), "W/\"5cf8\"");
    }

    #[test]
    fn what_cannot_be_sent_is_no_tag() {
        for bad in ["", "\"\"", "a\"b", "a\nb", "W/"] {
            assert_eq!(ETag::parse(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn header_and_text_form_read_back(opaque in "[!#-%'-~]{1,40}", weak in any::<bool>()) {
            prop_assume!(!opaque.starts_with("W/"));
            let tag = ETag { opaque, weak };
            prop_assert_eq!(ETag::parse(&tag.header_value()), Some(tag.clone()));
            prop_assert_eq!(ETag::parse(&tag.to_string()), Some(tag));
        }
    }
}
