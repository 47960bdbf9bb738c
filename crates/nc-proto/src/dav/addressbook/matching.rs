//! Whether a card fulfils a filter, RFC 6352 §10.5.

use super::{AddressbookFilter, CardParamFilter, CardParamTest, CardPropFilter, CardPropTest};
use crate::content::{Component, Property};

impl AddressbookFilter {
    /// Whether a card fulfils the filter.
    pub fn matches(&self, card: &Component) -> bool {
        self.test
            .holds(self.properties.iter().map(|filter| filter.matches(card)))
    }
}

impl CardPropFilter {
    fn matches(&self, card: &Component) -> bool {
        let mut named = card.properties().filter(|property| self.is_about(property));
        match &self.test {
            CardPropTest::IsNotDefined => named.next().is_none(),
            CardPropTest::Matches {
                test,
                texts,
                parameters,
            } => named.any(|property| {
                let value = property.text_value();
                let texts = texts.iter().map(|text| text.matches(&value));
                let parameters = parameters.iter().map(|filter| filter.matches(property));
                let all: Vec<bool> = texts.chain(parameters).collect();
                test.holds(all.into_iter())
            }),
        }
    }

    /// Whether it is about this property: with a group only if it names that group.
    fn is_about(&self, property: &Property) -> bool {
        match self.name.split_once('.') {
            Some((group, name)) => {
                property.is(name) && property.group().is_some_and(|known| known.eq_ignore_ascii_case(group))
            }
            None => property.is(&self.name),
        }
    }
}

impl CardParamFilter {
    fn matches(&self, property: &Property) -> bool {
        let values: Vec<&str> = property.parameter_values(&self.name).collect();
        match &self.test {
            CardParamTest::IsNotDefined => values.is_empty(),
            CardParamTest::IsDefined => !values.is_empty(),
            CardParamTest::Text(text) => !values.is_empty() && text.matches_any(values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Document;

    #[test]
    fn a_search_looks_into_values_with_and_without_group() {
        let text = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:J\xc3\xbcrgen Gro\xc3\x9f\r\nitem1.EMAIL;TYPE=HOME:j@example.org\r\nEND:VCARD\r\n";
        let document = Document::parse(text).unwrap();
        let card = document.root().unwrap();
        let find = |names: &[&str], text| AddressbookFilter::any_contains(names.iter().copied(), text).matches(card);
        assert!(find(&["FN"], "J\u{dc}RGEN GROSS"));
        assert!(find(&["EMAIL"], "example.org"));
        assert!(find(&["ITEM1.EMAIL"], "example.org"));
        assert!(!find(&["ITEM2.EMAIL"], "example.org"));
        assert!(!find(&["FN", "EMAIL"], "ada"));
    }
}
