//! What a share inherits that was made by sharing another one on: it lives no longer than that one, and allows no more.

use nc_proto::apps::sharing::SharePermissions;
use nc_store::FederationLookup;

use super::{document::OutDocument, list::is_live};
use crate::OcmError;

/// Longest line of shares that were shared on. Nobody makes one so long, and damaged rows end here.
const MOST: usize = 32;

/// What a line of shares allows, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inherited {
    pub(super) permissions: SharePermissions,
    pub(super) expires_at: Option<i64>,
}

/// What the shares allow together that one was made of; everything when it was made of none. `None`: one of them has ended, and
/// with it all that was made of it.
pub(super) async fn inherited<L: FederationLookup + ?Sized>(
    lookup: &L,
    parent: Option<&str>,
    now: i64,
) -> Result<Option<Inherited>, OcmError> {
    let mut inherited = Inherited {
        permissions: SharePermissions::ALL,
        expires_at: None,
    };
    let mut next = parent.map(str::to_owned);
    for _ in 0..MOST {
        let Some(id) = next else {
            return Ok(Some(inherited));
        };
        let Some(record) = lookup.find_out_share(&id).await?.filter(|record| is_live(record, now)) else {
            return Ok(None);
        };
        let document = OutDocument::of(&record)?;
        inherited.permissions = inherited.permissions.limited_to(document.permissions);
        inherited.expires_at = earlier(inherited.expires_at, record.expires_at);
        next = document.parent;
    }
    Ok(None)
}

/// The earlier one of two ends.
pub(super) fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    [one, other].into_iter().flatten().min()
}
