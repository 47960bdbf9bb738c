use super::value;
use crate::content::Component;

/// A card that is a group of others: `KIND:group`, or Apple's `X-ADDRESSBOOKSERVER-KIND:group`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// UIDs of the members, without `urn:uuid:`.
    pub members: Vec<String>,
}

impl Group {
    pub(super) fn read(card: &Component) -> Option<Self> {
        let is_group = ["KIND", "X-ADDRESSBOOKSERVER-KIND"]
            .iter()
            .filter_map(|name| card.property(name))
            .any(|kind| kind.value().trim().eq_ignore_ascii_case("group"));
        is_group.then(|| Self {
            members: card
                .properties()
                .filter(|property| property.is("MEMBER") || property.is("X-ADDRESSBOOKSERVER-MEMBER"))
                .map(value::text)
                .map(|member| member.strip_prefix("urn:uuid:").unwrap_or(&member).to_owned())
                .collect(),
        })
    }
}
