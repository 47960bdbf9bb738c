use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{AclId, BoardId, CardId, LabelId, Participant, Person, Stack};
use crate::{etag::ETag, tolerant};

/// A board. Lists leave out labels, members and stacks unless details are asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// Its number.
    pub id: BoardId,
    /// Its title.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// Whose it is.
    #[serde(default)]
    pub owner: Participant,
    /// Six hexadecimal digits.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub color: String,
    /// Whether it is put away.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub archived: bool,
    /// Its labels.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub labels: Vec<Label>,
    /// With whom it is shared.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub acl: Vec<Acl>,
    /// What the user may do.
    #[serde(default)]
    pub permissions: BoardRights,
    /// Who sees it.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub users: Vec<Person>,
    /// Whether it came by a share; only lists say.
    #[serde(
        default,
        deserialize_with = "tolerant::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub shared: Option<i64>,
    /// Its stacks, without cards.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub stacks: Vec<Stack>,
    /// Who looks at it now.
    #[serde(default, rename = "activeSessions", deserialize_with = "tolerant::list")]
    pub active_sessions: Vec<Value>,
    /// When it was deleted, in seconds since 1970; 0 if it was not.
    #[serde(default, rename = "deletedAt", deserialize_with = "tolerant::integer")]
    pub deleted_at: i64,
    /// Last change, in seconds since 1970.
    #[serde(default, rename = "lastModified", deserialize_with = "tolerant::integer")]
    pub last_modified: i64,
    /// The user's settings of it.
    #[serde(default)]
    pub settings: Settings,
    /// Its version.
    #[serde(default, rename = "ETag", deserialize_with = "tolerant::optional")]
    pub etag: Option<ETag>,
}

/// A user's settings of a board, by name; `[]` when there are none, as PHP writes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings(pub BTreeMap<String, Value>);

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() {
            serializer.collect_seq::<[Value; 0]>([])
        } else {
            serializer.collect_map(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        tolerant::map(deserializer).map(Self)
    }
}

/// What a user may do with a board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the wire format")]
pub struct BoardRights {
    /// See it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_read: bool,
    /// Change cards.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_edit: bool,
    /// Change the board, its stacks and labels.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_manage: bool,
    /// Share it.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_share: bool,
}

impl BoardRights {
    /// Everything: the owner's.
    pub const ALL: Self = Self {
        permission_read: true,
        permission_edit: true,
        permission_manage: true,
        permission_share: true,
    };
}

/// A label of a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Its number.
    pub id: LabelId,
    /// Its title; no two of a board have the same.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub title: String,
    /// Six hexadecimal digits.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub color: String,
    /// Whose board's it is.
    #[serde(default, rename = "boardId", deserialize_with = "tolerant::optional")]
    pub board_id: Option<BoardId>,
    /// The card that it was read with.
    #[serde(default, rename = "cardId", deserialize_with = "tolerant::optional")]
    pub card_id: Option<CardId>,
    /// Last change, in seconds since 1970.
    #[serde(default, rename = "lastModified", deserialize_with = "tolerant::optional_integer")]
    pub last_modified: Option<i64>,
    /// Its version.
    #[serde(default, rename = "ETag", deserialize_with = "tolerant::optional")]
    pub etag: Option<ETag>,
}

/// One entry of whom a board is shared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the wire format")]
pub struct Acl {
    /// Its number.
    pub id: AclId,
    /// With whom; only the id where the account is gone.
    #[serde(default)]
    pub participant: Participant,
    /// 0 user, 1 group, 7 team.
    #[serde(default, rename = "type", deserialize_with = "tolerant::integer")]
    pub kind: i64,
    /// Which board.
    #[serde(rename = "boardId")]
    pub board_id: BoardId,
    /// Whether cards may be changed.
    #[serde(default, rename = "permissionEdit", deserialize_with = "tolerant::boolean")]
    pub permission_edit: bool,
    /// Whether it may be shared on.
    #[serde(default, rename = "permissionShare", deserialize_with = "tolerant::boolean")]
    pub permission_share: bool,
    /// Whether board, stacks and labels may be changed.
    #[serde(default, rename = "permissionManage", deserialize_with = "tolerant::boolean")]
    pub permission_manage: bool,
    /// Whether it is the owner's.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub owner: bool,
}

/// Body of a new board.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBoard {
    /// Title, not empty.
    pub title: String,
    /// Six hexadecimal digits.
    pub color: String,
}

/// Body of a change of a board: all three are due.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardPatch {
    /// New title.
    pub title: String,
    /// New colour.
    pub color: String,
    /// Whether it is put away.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub archived: bool,
}

/// Body of a new label, and of a change of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelContent {
    /// Title, not empty.
    pub title: String,
    /// Six hexadecimal digits.
    pub color: String,
}

/// Body of a new share of a board.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAcl {
    /// 0 user, 1 group, 7 team.
    #[serde(rename = "type", deserialize_with = "tolerant::integer")]
    pub kind: i64,
    /// Id of the user, group or team.
    pub participant: String,
    /// What is allowed.
    #[serde(flatten)]
    pub mask: AclMask,
}

/// What a share of a board allows besides reading; also the body of a change of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclMask {
    /// Whether cards may be changed.
    #[serde(default, rename = "permissionEdit", deserialize_with = "tolerant::boolean")]
    pub permission_edit: bool,
    /// Whether it may be shared on.
    #[serde(default, rename = "permissionShare", deserialize_with = "tolerant::boolean")]
    pub permission_share: bool,
    /// Whether board, stacks and labels may be changed.
    #[serde(default, rename = "permissionManage", deserialize_with = "tolerant::boolean")]
    pub permission_manage: bool,
}
