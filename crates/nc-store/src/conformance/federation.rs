//! What Open Cloud Mesh keeps.

pub(super) mod in_shares;
pub(super) mod out_shares;
pub(super) mod peers;
mod records;
pub(super) mod sweep;
