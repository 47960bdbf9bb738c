//! Sharing of files: the OCS interface `files_sharing` (source: Nextcloud's developer manual, "OCS Share API").

mod attributes;
mod mask;
mod remote_share;
mod share;
mod share_type;
mod sharee;

pub use attributes::Attribute;
pub use mask::SharePermissions;
pub use remote_share::RemoteShare;
pub use share::Share;
pub use share_type::ShareType;
pub use sharee::{Kinds, Sharee, ShareeValue, Sharees};

use super::ids::ids;

ids! {
    /// Number of a share. Answers have it as text.
    ShareId;
}

#[cfg(test)]
mod tests;
