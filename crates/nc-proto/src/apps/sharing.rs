//! Sharing of files: the OCS interface `files_sharing` (source: Nextcloud's developer manual, "OCS Share API").

mod attributes;
mod mask;
mod share;
mod share_type;
mod sharee;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use attributes::Attribute;
pub use mask::SharePermissions;
pub use share::Share;
pub use share_type::ShareType;
pub use sharee::{Kinds, Sharee, ShareeValue, Sharees};

/// Number of a share. Written as text in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShareId(pub i64);

impl fmt::Display for ShareId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests;
