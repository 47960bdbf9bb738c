//! Whether somebody who shares something on still may: shares live from the shares above them.

use std::pin::Pin;

use nc_auth::UserId;
use nc_proto::apps::sharing::SharePermissions;

use super::{Share, Shares};
use crate::{Error, content::FileId};

/// Longest chain of people who share on what was shared with them. Longer ones, and rings, open nothing.
const LONGEST_CHAIN: u8 = 16;

/// What a share gives at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) permissions: SharePermissions,
    pub(crate) may_download: bool,
    /// When this changes by itself at the latest, Unix seconds.
    pub(crate) until: Option<i64>,
}

impl Effective {
    const OWNER: Self = Self {
        permissions: SharePermissions::ALL,
        may_download: true,
        until: None,
    };
}

impl Shares {
    /// What a share gives: what it says, as far as the one who shared it has it and may share it on. `None`: nothing.
    pub(crate) async fn effective(&self, share: &Share) -> Result<Option<Effective>, Error> {
        self.effective_in(share, 0).await
    }

    /// What a user may do with a file or folder of somebody's tree. `None`: the user does not know of it.
    pub(crate) async fn access(
        &self,
        user: &UserId,
        file: FileId,
        file_owner: &UserId,
    ) -> Result<Option<Effective>, Error> {
        self.access_in(user, file, file_owner, 0).await
    }

    fn effective_in<'a>(
        &'a self,
        share: &'a Share,
        depth: u8,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Effective>, Error>> + Send + 'a>> {
        Box::pin(async move {
            if depth > LONGEST_CHAIN || share.is_expired(self.now()) {
                return Ok(None);
            }
            let above = self
                .access_in(&share.owner, share.file, &share.file_owner, depth + 1)
                .await?;
            let Some(above) = above.filter(|above| above.permissions.allows(SharePermissions::SHARE)) else {
                return Ok(None);
            };
            Ok(Some(Effective {
                permissions: share.permissions.limited_to(above.permissions),
                may_download: share.may_download() && above.may_download,
                until: earlier(share.expires_at, above.until),
            }))
        })
    }

    async fn access_in(
        &self,
        user: &UserId,
        file: FileId,
        file_owner: &UserId,
        depth: u8,
    ) -> Result<Option<Effective>, Error> {
        if user == file_owner {
            return Ok(Some(Effective::OWNER));
        }
        let mut all: Option<Effective> = None;
        for share in self.list_received_above(user, file).await? {
            if let Some(one) = self.effective_in(&share, depth + 1).await? {
                all = Some(all.map_or(one, |all| merge(all, one)));
            }
        }
        Ok(all)
    }
}

/// Two shares of the same thing add up; when one of them ends, both are looked at again.
pub(super) fn merge(one: Effective, other: Effective) -> Effective {
    Effective {
        permissions: one.permissions.with(other.permissions),
        may_download: one.may_download || other.may_download,
        until: earlier(one.until, other.until),
    }
}

pub(super) fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
