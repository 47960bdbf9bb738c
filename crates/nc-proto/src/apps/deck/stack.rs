use serde::{Deserialize, Serialize};

use super::{BoardId, Card, StackId};
use crate::{etag::ETag, tolerant};

/// A stack: a column of a board. Without cards the field `cards` is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// Its number.
    pub id: StackId,
    /// Its title.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// Its board.
    #[serde(rename = "boardId")]
    pub board_id: BoardId,
    /// When it was deleted, in seconds since 1970; 0 if it was not.
    #[serde(default, rename = "deletedAt", deserialize_with = "tolerant::integer")]
    pub deleted_at: i64,
    /// Last change, in seconds since 1970.
    #[serde(default, rename = "lastModified", deserialize_with = "tolerant::integer")]
    pub last_modified: i64,
    /// Its cards, in the order of their places.
    #[serde(default, deserialize_with = "tolerant::list", skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
    /// Its place on the board; neither dense nor unique.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub order: i64,
    /// Its version.
    #[serde(default, rename = "ETag", deserialize_with = "tolerant::optional")]
    pub etag: Option<ETag>,
}

/// Body of a new stack, and of a change of one: both are due.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackContent {
    /// Title, not empty.
    pub title: String,
    /// Place on the board.
    #[serde(deserialize_with = "tolerant::integer")]
    pub order: i64,
}
