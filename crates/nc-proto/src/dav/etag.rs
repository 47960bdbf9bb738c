use crate::etag::ETag;

/// The value of `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ETagCondition {
    /// `*`: any representation.
    Any,
    /// One of these tags.
    OneOf(Vec<ETag>),
}

impl ETagCondition {
    /// Reads the header. Tags that cannot be read are left out: they match nothing.
    pub fn parse(value: &str) -> Self {
        if value.trim() == "*" {
            return Self::Any;
        }
        let mut tags = Vec::new();
        let mut rest = value;
        while let Some((tag, after)) = next_tag(rest) {
            tags.extend(ETag::parse(tag));
            rest = after;
        }
        Self::OneOf(tags)
    }

    /// Whether `If-Match` lets a request pass; `current` is `None` where nothing exists.
    pub fn if_match_holds(&self, current: Option<&ETag>) -> bool {
        match (self, current) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::OneOf(tags), Some(current)) => tags.iter().any(|tag| matches_strongly(tag, current)),
        }
    }

    /// Whether `If-None-Match` lets a request pass; `current` is `None` where nothing exists.
    pub fn if_none_match_holds(&self, current: Option<&ETag>) -> bool {
        match (self, current) {
            (_, None) => true,
            (Self::Any, Some(_)) => false,
            (Self::OneOf(tags), Some(current)) => !tags.iter().any(|tag| tag.opaque() == current.opaque()),
        }
    }
}

/// Strong comparison: weak tags are equal to nothing. RFC 9110 §8.8.3.2.
fn matches_strongly(one: &ETag, other: &ETag) -> bool {
    !one.is_weak() && one == other
}

/// The next tag of a comma-separated list; commas inside of quotes belong to the tag.
fn next_tag(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    if text.is_empty() {
        return None;
    }
    let mut quoted = false;
    let end = text
        .find(|c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .unwrap_or(text.len());
    Some(text.split_at(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weak_tags_never_satisfy_if_match() {
        let current = ETag::parse("abc").unwrap();
        assert!(ETagCondition::parse("\"x,y\", \"abc\"").if_match_holds(Some(&current)));
        assert!(!ETagCondition::parse("W/\"abc\"").if_match_holds(Some(&current)));
        assert!(!ETagCondition::parse("W/\"abc\"").if_none_match_holds(Some(&current)));
        assert!(!ETagCondition::Any.if_match_holds(None));
        assert!(ETagCondition::Any.if_none_match_holds(None));
    }

    proptest! {
        #[test]
        fn a_list_of_tags_is_read_whole(tags in proptest::collection::vec("[!#-%'-~]{1,20}", 1..4)) {
            prop_assume!(tags.iter().all(|tag| !tag.starts_with("W/")));
            let tags: Vec<ETag> = tags.iter().map(|tag| ETag::parse(tag).unwrap()).collect();
            let header: Vec<String> = tags.iter().map(ETag::header_value).collect();
            prop_assert_eq!(ETagCondition::parse(&header.join(", ")), ETagCondition::OneOf(tags));
        }
    }
}
