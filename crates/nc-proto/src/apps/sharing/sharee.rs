use serde::{Deserialize, Serialize};

use super::ShareType;
use crate::tolerant;

/// Whom something can be shared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharee {
    /// The name for people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub label: String,
    /// What is put into the request that shares.
    pub value: ShareeValue,
    /// What tells people of the same name apart: mostly a mail address.
    #[serde(
        default,
        rename = "shareWithDisplayNameUnique",
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub unique: Option<String>,
}

/// What is put into the request that shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareeValue {
    /// The type.
    #[serde(rename = "shareType")]
    pub share_type: ShareType,
    /// The id, address or token.
    #[serde(rename = "shareWith", deserialize_with = "tolerant::text")]
    pub share_with: String,
}

/// The hits of a search, by kind; those whose name or id is just what was searched for stand apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharees {
    /// What was searched for, to the letter.
    #[serde(default, deserialize_with = "tolerant_kinds")]
    pub exact: Kinds,
    /// The others.
    #[serde(flatten)]
    pub others: Kinds,
}

/// Hits by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinds {
    /// Accounts.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub users: Vec<Sharee>,
    /// Groups.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub groups: Vec<Sharee>,
    /// Accounts on other servers.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub remotes: Vec<Sharee>,
    /// Groups on other servers.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub remote_groups: Vec<Sharee>,
    /// Mail addresses.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub emails: Vec<Sharee>,
    /// Teams.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub circles: Vec<Sharee>,
    /// Conversations.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub rooms: Vec<Sharee>,
}

impl Kinds {
    /// All of them, one kind after the other.
    pub fn all(&self) -> impl Iterator<Item = &Sharee> {
        let kinds = [
            &self.users,
            &self.groups,
            &self.remotes,
            &self.remote_groups,
            &self.emails,
            &self.circles,
            &self.rooms,
        ];
        kinds.into_iter().flatten()
    }
}

fn tolerant_kinds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kinds, D::Error> {
    Ok(tolerant::optional(deserializer)?.unwrap_or_default())
}
