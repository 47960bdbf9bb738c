use std::fmt;

use crate::etag::ETag;

/// The header `If`, RFC 4918 §10.4: a request passes if any of the lists holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfHeader {
    /// The lists.
    pub lists: Vec<IfList>,
}

/// Conditions that must all hold for one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfList {
    /// The address of the resource; none means that of the request.
    pub resource: Option<String>,
    /// The conditions.
    pub conditions: Vec<IfCondition>,
}

/// One condition of an [`IfList`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfCondition {
    /// Whether it must not hold.
    pub negated: bool,
    /// What is asked.
    pub state: IfState,
}

/// What an [`IfCondition`] asks about a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfState {
    /// It is locked with this token.
    Token(String),
    /// It has this entity tag.
    ETag(ETag),
}

impl IfHeader {
    /// Reads the header; `None` if it does not follow the grammar.
    pub fn parse(value: &str) -> Option<Self> {
        let mut rest = value.trim();
        let mut resource = None;
        let mut lists = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('<') {
                let (address, after) = after.split_once('>')?;
                resource = Some(address.to_owned());
                rest = after.trim_start();
                // A tag is followed by at least one list.
                if !rest.starts_with('(') {
                    return None;
                }
            } else {
                let (conditions, after) = parse_list(rest.strip_prefix('(')?)?;
                let resource = resource.clone();
                lists.push(IfList { resource, conditions });
                rest = after.trim_start();
            }
        }
        (!lists.is_empty()).then_some(Self { lists })
    }

    /// Every lock token that is named, also in negated conditions: naming it is submitting it (§10.4.1).
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        let conditions = self.lists.iter().flat_map(|list| &list.conditions);
        conditions.filter_map(|condition| match &condition.state {
            IfState::Token(token) => Some(token.as_str()),
            IfState::ETag(_) => None,
        })
    }
}

fn parse_list(text: &str) -> Option<(Vec<IfCondition>, &str)> {
    let mut rest = text.trim_start();
    let mut conditions = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(')') {
            return (!conditions.is_empty()).then_some((conditions, after));
        }
        let negated = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("not"));
        if negated {
            rest = rest[3..].trim_start();
        }
        let (state, after) = match rest.split_at_checked(1)? {
            ("<", after) => {
                let (token, after) = after.split_once('>')?;
                (IfState::Token(token.to_owned()), after)
            }
            ("[", after) => {
                let (tag, after) = after.split_once(']')?;
                (IfState::ETag(ETag::parse(tag)?), after)
            }
            _ => return None,
        };
        conditions.push(IfCondition { negated, state });
        rest = after.trim_start();
    }
}

impl fmt::Display for IfHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tagged: Option<&str> = None;
        for (index, list) in self.lists.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            if let Some(resource) = list.resource.as_deref().filter(|resource| tagged != Some(*resource)) {
                write!(f, "<{resource}> ")?;
                tagged = Some(resource);
            }
            f.write_str("(")?;
            for (index, condition) in list.conditions.iter().enumerate() {
                let space = if index > 0 { " " } else { "" };
                let not = if condition.negated { "Not " } else { "" };
                match &condition.state {
                    IfState::Token(token) => write!(f, "{space}{not}<{token}>")?,
                    IfState::ETag(tag) => write!(f, "{space}{not}[{}]", tag.header_value())?,
                }
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let header = "<http://h/a> (<urn:uuid:1> [W/\"A weak ETag\"]) ([\"strong\"])";
        let header = IfHeader::parse(header).unwrap();
        assert_eq!(header.lists.len(), 2);
        assert_eq!(header.lists[1].resource.as_deref(), Some("http://h/a"));
        let header = IfHeader::parse("(Not <urn:uuid:1> <urn:uuid:2>)").unwrap();
        assert_eq!(header.tokens().collect::<Vec<_>>(), ["urn:uuid:1", "urn:uuid:2"]);
        assert!(header.lists[0].conditions[0].negated);
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        for value in ["", "()", "(", "<a>", "(<a>", "([\"x\"", "(x)", "<a> <b> (<c>)", "(Not)"] {
            assert_eq!(IfHeader::parse(value), None, "{value}");
        }
    }

    fn arbitrary_condition() -> impl Strategy<Value = IfCondition> {
        let state = prop_oneof![
            "[a-z:0-9-]{1,12}".prop_map(IfState::Token),
            "[a-z0-9]{1,12}".prop_map(|tag| IfState::ETag(ETag::parse(&tag).unwrap())),
        ];
        (any::<bool>(), state).prop_map(|(negated, state)| IfCondition { negated, state })
    }

    proptest! {
        #[test]
        fn a_header_survives_a_round_trip(
            tagged: bool,
            lists in proptest::collection::vec(
                ("/[a-z]{0,4}", proptest::collection::vec(arbitrary_condition(), 1..4)), 1..4),
        ) {
            let lists = lists.into_iter().map(|(resource, conditions)| IfList {
                resource: tagged.then_some(resource),
                conditions,
            });
            let header = IfHeader { lists: lists.collect() };
            prop_assert_eq!(IfHeader::parse(&header.to_string()), Some(header));
        }
    }
}
