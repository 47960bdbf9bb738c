use serde::{Deserialize, Deserializer, Serialize};

use super::CardId;
use crate::tolerant;

/// A user, group or team as answers write it out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The same as [`Self::uid`].
    #[serde(default, rename = "primaryKey", deserialize_with = "tolerant::text")]
    pub primary_key: String,
    /// Id of the account, group or team.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub uid: String,
    /// Name for people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub displayname: String,
    /// 0 user, 1 group, 7 team.
    #[serde(default, rename = "type", deserialize_with = "tolerant::integer")]
    pub kind: i64,
}

/// A user, group or team: written out, or by id only (after changes, in reorder, and where the account is gone).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Participant {
    /// Written out.
    Person(Person),
    /// Its id.
    Id(String),
}

impl Participant {
    /// Its id, in either form.
    pub fn id(&self) -> &str {
        match self {
            Self::Person(person) if person.uid.is_empty() => &person.primary_key,
            Self::Person(person) => &person.uid,
            Self::Id(id) => id,
        }
    }

    /// It written out; what only the id tells not, is empty.
    pub fn into_person(self) -> Person {
        match self {
            Self::Person(person) => person,
            Self::Id(id) => Person {
                primary_key: id.clone(),
                displayname: id.clone(),
                uid: id,
                kind: 0,
            },
        }
    }
}

impl Default for Participant {
    fn default() -> Self {
        Self::Id(String::new())
    }
}

impl<'de> Deserialize<'de> for Participant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            value @ serde_json::Value::Object(_) => Person::deserialize(value).map(Self::Person),
            value => tolerant::text(value).map(Self::Id),
        }
        .map_err(serde::de::Error::custom)
    }
}

/// Somebody who is assigned to a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Number of the assignment.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub id: i64,
    /// Who.
    #[serde(default)]
    pub participant: Participant,
    /// To which card.
    #[serde(rename = "cardId")]
    pub card_id: CardId,
    /// 0 user, 1 group, 7 team.
    #[serde(default, rename = "type", deserialize_with = "tolerant::integer")]
    pub kind: i64,
}
