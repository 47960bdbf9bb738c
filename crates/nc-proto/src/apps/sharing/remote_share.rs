use serde::Deserialize;

use super::ShareId;
use crate::tolerant;

/// Something that somebody on another server shares, as the one sees it with whom it is shared. Names and owners are texts of
/// strangers. The secret of the share, which some servers tell here, is not read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RemoteShare {
    /// Its number. Of a group's share it becomes another one when somebody accepts it.
    pub id: ShareId,
    /// 0: for one person, 1: for a group.
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub share_type: i64,
    /// Address of the other server.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub remote: String,
    /// Its name there, behind a slash.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// Who owns it there.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub owner: String,
    /// Where it lies, from the root of the files; before it is accepted, something made up.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub mountpoint: String,
    /// Whether it was accepted.
    #[serde(default, deserialize_with = "tolerant::boolean")]
    pub accepted: bool,
}

impl RemoteShare {
    /// Whether it is for a group.
    pub const fn is_for_a_group(&self) -> bool {
        self.share_type == 1
    }

    /// Where it lies, once it was accepted.
    pub fn place(&self) -> Option<&str> {
        let place = self.mountpoint.as_str();
        Some(place).filter(|place| self.accepted && place.starts_with('/'))
    }
}
