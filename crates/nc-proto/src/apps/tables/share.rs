use serde::{Deserialize, Serialize};

use super::ShareId;
use crate::tolerant;

/// Whom a table is shared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiverKind {
    /// An account.
    User,
    /// All accounts of a group.
    Group,
}

/// A share of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the wire format")]
pub struct Share {
    /// Its number.
    pub id: ShareId,
    /// Number of what is shared.
    #[serde(deserialize_with = "tolerant::integer")]
    pub node_id: i64,
    /// `table` or `view`.
    pub node_type: String,
    /// Read rows.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_read: bool,
    /// Add rows.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_create: bool,
    /// Change rows.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_update: bool,
    /// Delete rows.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_delete: bool,
    /// Change columns, views and shares.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub permission_manage: bool,
    /// Account that shares.
    pub sender: String,
    /// Account or group that it is shared with.
    pub receiver: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub receiver_display_name: String,
    /// `user`, `group` or `circle`.
    pub receiver_type: String,
    /// When it was made.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub created_at: String,
    /// When it was last changed.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub last_edit_at: String,
}

/// What a new share is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the wire format")]
pub struct NewShare {
    /// Account or group.
    pub receiver: String,
    /// Which of the two.
    pub receiver_type: ReceiverKind,
    /// Read rows.
    pub permission_read: bool,
    /// Add rows.
    pub permission_create: bool,
    /// Change rows.
    pub permission_update: bool,
    /// Delete rows.
    pub permission_delete: bool,
    /// Change columns, views and shares.
    pub permission_manage: bool,
}
