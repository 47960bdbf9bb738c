//! How shares end.

use nc_auth::UserId;

use super::{Share, ShareType, Shares, store::State};
use crate::Error;

impl Shares {
    /// Ends a share, and what others shared on because of it.
    pub(super) async fn end(&self, share: &Share) -> Result<(), Error> {
        self.delete(share.id).await?;
        // Each round may take the ground away from others; there are no more rounds than shares.
        loop {
            let mut ended = false;
            for other in self.list_by(&share.file_owner, true).await? {
                let owner = &other.owner;
                if other.is_reshare() && self.access(owner, other.file, &other.file_owner).await?.is_none() {
                    self.delete(other.id).await?;
                    ended = true;
                }
            }
            if !ended {
                return Ok(());
            }
        }
    }

    /// A user removes something that others shared: a share with that user alone ends, one with a group goes out of sight.
    pub(super) async fn leave_one(&self, user: &UserId, share: &Share) -> Result<(), Error> {
        match share.share_type {
            ShareType::User => self.end(share).await,
            _ => self.set_state(share.id, user, State::Declined).await,
        }
    }

    /// The same for several shares.
    pub(crate) async fn leave(&self, user: &UserId, shares: &[i64]) -> Result<(), Error> {
        for id in shares {
            if let Some(share) = self.find(*id).await? {
                self.leave_one(user, &share).await?;
            }
        }
        Ok(())
    }
}
