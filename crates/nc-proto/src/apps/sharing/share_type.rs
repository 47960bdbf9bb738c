use serde::{Deserialize, Serialize};

/// With whom something is shared: a number on the wire (P146).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum ShareType {
    /// 0: an account.
    User,
    /// 1: a group.
    Group,
    /// 3: whoever has the link.
    Link,
    /// 4: whoever has the link, which is sent to a mail address.
    Email,
    /// 6: an account on another server.
    Federated,
    /// 7: a team, formerly circle.
    Team,
    /// 8: a guest account.
    Guest,
    /// 9: a group on another server.
    FederatedGroup,
    /// 10: a conversation in Talk.
    Room,
    /// 12: a card in Deck.
    DeckCard,
    /// A type that only newer servers have.
    Other(i64),
}

impl ShareType {
    /// Every type that has a name.
    pub const NAMED: [Self; 10] = [
        Self::User,
        Self::Group,
        Self::Link,
        Self::Email,
        Self::Federated,
        Self::Team,
        Self::Guest,
        Self::FederatedGroup,
        Self::Room,
        Self::DeckCard,
    ];

    /// The number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::User => 0,
            Self::Group => 1,
            Self::Link => 3,
            Self::Email => 4,
            Self::Federated => 6,
            Self::Team => 7,
            Self::Guest => 8,
            Self::FederatedGroup => 9,
            Self::Room => 10,
            Self::DeckCard => 12,
            Self::Other(number) => number,
        }
    }

    /// The name for people; `None` for a type without one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Link => "link",
            Self::Email => "email",
            Self::Federated => "federated",
            Self::Team => "team",
            Self::Guest => "guest",
            Self::FederatedGroup => "federated_group",
            Self::Room => "room",
            Self::DeckCard => "deck_card",
            Self::Other(_) => return None,
        })
    }

    /// Whether it lets people in who have no account here: the data leaves the server (P157).
    pub const fn leaves_the_server(self) -> bool {
        matches!(self, Self::Link | Self::Email | Self::Federated | Self::FederatedGroup)
    }
}

impl From<i64> for ShareType {
    fn from(number: i64) -> Self {
        let named = Self::NAMED.into_iter().find(|named| named.number() == number);
        named.unwrap_or(Self::Other(number))
    }
}

impl From<ShareType> for i64 {
    fn from(share_type: ShareType) -> Self {
        share_type.number()
    }
}
