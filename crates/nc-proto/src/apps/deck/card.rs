use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Assignment, Attachment, CardId, Label, LabelId, Participant, StackId};
use crate::{etag::ETag, tolerant};

/// A card. What an answer leaves out or writes as null is `None`: which fields those are differs from call to call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Its number.
    pub id: CardId,
    /// Its title.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// Its Markdown text.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// Its stack.
    #[serde(rename = "stackId")]
    pub stack_id: StackId,
    /// Always `plain`.
    #[serde(default = "plain", rename = "type", deserialize_with = "tolerant::text")]
    pub kind: String,
    /// Last change, in seconds since 1970.
    #[serde(default, rename = "lastModified", deserialize_with = "tolerant::integer")]
    pub last_modified: i64,
    /// Who changed it last.
    #[serde(default, rename = "lastEditor", deserialize_with = "tolerant::optional_text")]
    pub last_editor: Option<String>,
    /// When it was made, in seconds since 1970.
    #[serde(default, rename = "createdAt", deserialize_with = "tolerant::integer")]
    pub created_at: i64,
    /// Its labels; null where the answer does not tell.
    #[serde(default, deserialize_with = "told")]
    pub labels: Option<Vec<Label>>,
    /// Who is assigned; null where the answer does not tell.
    #[serde(default, rename = "assignedUsers", deserialize_with = "told")]
    pub assigned_users: Option<Vec<Assignment>>,
    /// Its attachments; null where the answer does not tell.
    #[serde(default, deserialize_with = "told")]
    pub attachments: Option<Vec<Attachment>>,
    /// How many attachments it has.
    #[serde(default, rename = "attachmentCount", deserialize_with = "tolerant::optional_integer")]
    pub attachment_count: Option<i64>,
    /// Who made it.
    #[serde(default)]
    pub owner: Participant,
    /// Its place in the stack; neither dense nor unique.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub order: i64,
    /// Whether it is put away.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub archived: bool,
    /// When it was marked as done, RFC 3339.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub done: Option<String>,
    /// When it is due, RFC 3339.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub duedate: Option<String>,
    /// When work on it begins, RFC 3339; Deck 1.18 and newer.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub startdate: Option<String>,
    /// Six hexadecimal digits; Deck 1.18 and newer.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub color: Option<String>,
    /// The cards that it waits for; Deck 1.18 and newer.
    #[serde(
        default,
        rename = "dependentCards",
        deserialize_with = "told",
        skip_serializing_if = "Option::is_none"
    )]
    pub dependent_cards: Option<Vec<CardId>>,
    /// When it was deleted, in seconds since 1970; 0 if it was not.
    #[serde(default, rename = "deletedAt", deserialize_with = "tolerant::integer")]
    pub deleted_at: i64,
    /// Comments that the user has not seen.
    #[serde(default, rename = "commentsUnread", deserialize_with = "tolerant::integer")]
    pub comments_unread: i64,
    /// All its comments.
    #[serde(default, rename = "commentsCount", deserialize_with = "tolerant::integer")]
    pub comments_count: i64,
    /// Its version.
    #[serde(default, rename = "ETag", deserialize_with = "tolerant::optional")]
    pub etag: Option<ETag>,
    /// 0 not soon due, 1 within a day, 2 today, 3 overdue; `None` where the answer does not tell.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub overdue: Option<i64>,
}

impl Card {
    /// What a change sends so that all of it stays as it is now.
    pub fn content(&self) -> CardContent {
        CardContent {
            title: self.title.clone(),
            kind: self.kind.clone(),
            owner: self.owner.id().to_owned(),
            order: self.order,
            description: self.description.clone(),
            duedate: self.duedate.clone(),
            done: self.done.clone(),
            archived: None,
            startdate: self.startdate.clone(),
            color: None,
        }
    }
}

/// Body of a new card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCard {
    /// Title, not empty.
    pub title: String,
    /// Always `plain`.
    #[serde(
        default,
        rename = "type",
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<String>,
    /// Place in the stack; the server takes 999 if there is none.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub order: Option<i64>,
    /// Markdown text.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub description: Option<String>,
    /// When it is due, RFC 3339.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub duedate: Option<String>,
    /// When work begins, RFC 3339.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub startdate: Option<String>,
    /// Six hexadecimal digits.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub color: Option<String>,
}

/// Body of a change of a card. It replaces the card whole: a date that is null is taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardContent {
    /// Title, not empty.
    pub title: String,
    /// Always `plain`.
    #[serde(default = "plain", rename = "type", deserialize_with = "tolerant::text")]
    pub kind: String,
    /// Id of the owner. Requests may hold it written out; it is written as id.
    #[serde(default, deserialize_with = "owner_id")]
    pub owner: String,
    /// Place in the stack.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub order: i64,
    /// Markdown text.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// When it is due, RFC 3339.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub duedate: Option<String>,
    /// When it was marked as done, RFC 3339.
    #[serde(default, deserialize_with = "tolerant::optional_text")]
    pub done: Option<String>,
    /// Whether it is put away; nothing leaves that as it is. `true` for a card that is archived already fails on a real
    /// server.
    #[serde(
        default,
        deserialize_with = "optional_boolean",
        skip_serializing_if = "Option::is_none"
    )]
    pub archived: Option<bool>,
    /// When work begins, RFC 3339; left out if there is none, since older apps do not know it.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub startdate: Option<String>,
    /// Six hexadecimal digits; nothing leaves them as they are, an empty text takes them away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

/// Body of `reorder`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Position in the stack, from 0.
    #[serde(deserialize_with = "tolerant::integer")]
    pub order: i64,
    /// The stack to move to.
    #[serde(rename = "stackId")]
    pub stack_id: StackId,
}

/// Body of `assignLabel` and `removeLabel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelAssignment {
    /// Which label.
    #[serde(rename = "labelId")]
    pub label_id: LabelId,
}

/// Body of `assignUser` and `unassignUser`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserAssignment {
    /// Id of the user, group or team.
    #[serde(rename = "userId", deserialize_with = "tolerant::text")]
    pub user_id: String,
    /// 0 user, 1 group, 7 team; none means user.
    #[serde(
        default,
        rename = "type",
        deserialize_with = "tolerant::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<i64>,
}

fn plain() -> String {
    "plain".to_owned()
}

/// A list, where null is "not told" and an empty one is told.
fn told<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => tolerant::list(value).map(Some).map_err(serde::de::Error::custom),
    }
}

fn optional_boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value => tolerant::boolean(value).map(Some).map_err(serde::de::Error::custom),
    }
}

fn owner_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Participant::deserialize(deserializer).map(|owner| owner.id().to_owned())
}
