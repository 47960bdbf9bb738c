use serde::{Deserialize, Serialize};

use super::{CardId, CommentId};
use crate::tolerant;

/// Longest text of a comment, in characters.
pub const COMMENT_LIMIT: usize = 1000;

/// A comment on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Its number.
    pub id: CommentId,
    /// Its card.
    #[serde(rename = "objectId")]
    pub object_id: CardId,
    /// Its text.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub message: String,
    /// Id of who wrote it.
    #[serde(default, rename = "actorId", deserialize_with = "tolerant::text")]
    pub actor_id: String,
    /// `users`, or `deleted_users`.
    #[serde(default, rename = "actorType", deserialize_with = "tolerant::text")]
    pub actor_type: String,
    /// Name of who wrote it.
    #[serde(default, rename = "actorDisplayName", deserialize_with = "tolerant::text")]
    pub actor_display_name: String,
    /// When, RFC 3339.
    #[serde(default, rename = "creationDateTime", deserialize_with = "tolerant::text")]
    pub creation_date_time: String,
    /// Who is named with `@`.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub mentions: Vec<Mention>,
    /// The comment that it replies to; that one is told without its own.
    #[serde(
        default,
        rename = "replyTo",
        deserialize_with = "tolerant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub reply_to: Option<Box<Self>>,
}

/// Somebody who is named in a comment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Id.
    #[serde(default, rename = "mentionId", deserialize_with = "tolerant::text")]
    pub mention_id: String,
    /// Such as `user`.
    #[serde(default, rename = "mentionType", deserialize_with = "tolerant::text")]
    pub mention_type: String,
    /// Name for people.
    #[serde(default, rename = "mentionDisplayName", deserialize_with = "tolerant::text")]
    pub mention_display_name: String,
}

/// Body of a new comment, and of a change of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewComment {
    /// Text, up to [`COMMENT_LIMIT`].
    #[serde(default, deserialize_with = "tolerant::text")]
    pub message: String,
    /// The comment that it replies to.
    #[serde(
        default,
        rename = "parentId",
        deserialize_with = "tolerant::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub parent_id: Option<CommentId>,
}
