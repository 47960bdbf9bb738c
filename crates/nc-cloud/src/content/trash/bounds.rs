//! How long the trash keeps things, and how much of them.

use std::time::Duration;

use nc_auth::UserId;

use super::{super::ContentError, trash_owner};
use crate::{
    Error,
    content::{Content, Entry, Home, change::Change, entry::select_entry, tree::signed},
};

/// So many deletions are ended at a time.
const AT_ONCE: i64 = 200;

impl Content {
    /// Deletes for good what has been in the trash for longer than `kept`, of everybody.
    ///
    /// # Errors
    /// [`ContentError::Storage`]
    pub async fn purge_old_trash(&self, kept: Duration) -> Result<(), ContentError> {
        let kept = i64::try_from(kept.as_secs()).unwrap_or(i64::MAX);
        let oldest = self.now().saturating_sub(kept);
        let owners: Vec<String> = sqlx::query_scalar("SELECT DISTINCT owner FROM trash WHERE deleted_at < ?")
            .bind(oldest)
            .fetch_all(self.0.db.reader())
            .await?;
        for owner in owners {
            let home = self.home(&UserId::new(owner)).await?;
            home.purge_trash_until(oldest).await?;
        }
        Ok(())
    }
}

impl Home {
    /// Deletes for good what was deleted before a time.
    pub(super) async fn purge_trash_until(&self, before: i64) -> Result<(), ContentError> {
        // In portions: others wait for the database while a change is being made.
        loop {
            let purged = self.change(move |change| Box::pin(async move { change.purge_until(before).await }));
            if purged.await? < AT_ONCE.unsigned_abs() {
                return Ok(());
            }
        }
    }
}

impl Change {
    async fn purge_until(&mut self, before: i64) -> Result<u64, ContentError> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "SELECT file_id FROM trash WHERE owner = ? AND deleted_at < ? ORDER BY deleted_at LIMIT ?",
        )
        .bind(self.user.as_str())
        .bind(before)
        .bind(AT_ONCE)
        .fetch_all(&mut *self.tx)
        .await?;
        for id in &ids {
            self.purge_deletion(*id).await?;
        }
        Ok(ids.len() as u64)
    }

    async fn purge_deletion(&mut self, id: i64) -> Result<u64, ContentError> {
        let query = sqlx::query_as(select_entry!("f.id = ?2"));
        let query = query.bind(trash_owner(&self.user)).bind(id);
        let entry: Option<Entry> = query.fetch_optional(&mut *self.tx).await?;
        let entry = entry.ok_or(Error::Internal("a deletion has no file"))?;
        self.purge_trashed(&entry).await?;
        Ok(entry.size_bytes)
    }

    /// With a quota, the trash has what the files leave free: deleting is no way around the quota. The oldest goes first.
    /// Gives whether there is room.
    pub(super) async fn make_room_in_trash(&mut self, required: u64) -> Result<bool, ContentError> {
        let Some(free) = self.free_bytes().await? else {
            return Ok(true);
        };
        if required > free {
            return Ok(false);
        }
        let mut kept: i64 =
            sqlx::query_scalar("SELECT coalesce(sum(size), 0) FROM files WHERE owner = ? AND parent IS NULL")
                .bind(trash_owner(&self.user))
                .fetch_one(&mut *self.tx)
                .await?;
        while kept > signed(free - required) {
            let oldest: Option<i64> =
                sqlx::query_scalar("SELECT file_id FROM trash WHERE owner = ? ORDER BY deleted_at, file_id LIMIT 1")
                    .bind(self.user.as_str())
                    .fetch_optional(&mut *self.tx)
                    .await?;
            let Some(oldest) = oldest else { break };
            kept -= signed(self.purge_deletion(oldest).await?);
        }
        Ok(true)
    }
}
