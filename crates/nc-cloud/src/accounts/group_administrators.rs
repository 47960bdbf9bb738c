//! Who administers a single group. Such a person need not be in it.

use nc_auth::UserId;

use super::Accounts;
use crate::{ADMINISTRATORS, Cloud, Error};

/// Why nobody was made administrator of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoGroupAdministrator {
    NoSuchUser,
    NoSuchGroup,
    /// Whoever is in the group of administrators administers everything; there is nothing to administer of it alone.
    GroupOfAdministrators,
}

impl Accounts<'_> {
    /// The groups that somebody administers, in alphabetical order.
    pub async fn list_administered_groups(self, id: &UserId) -> Result<Vec<String>, Error> {
        let query = sqlx::query_scalar("SELECT group_id FROM group_administrators WHERE user_id = ? ORDER BY group_id");
        Ok(query.bind(id.as_str()).fetch_all(self.0.reader()).await?)
    }

    /// The user ids of those who administer a group, in alphabetical order.
    pub async fn list_group_administrators(self, group: &str) -> Result<Vec<String>, Error> {
        let query = sqlx::query_scalar("SELECT user_id FROM group_administrators WHERE group_id = ? ORDER BY user_id");
        Ok(query.bind(group).fetch_all(self.0.reader()).await?)
    }

    /// Whether a group has a member, which is what makes it one.
    pub(crate) async fn is_group(self, group: &str) -> Result<bool, Error> {
        let query = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM group_members WHERE group_id = ?)");
        Ok(query.bind(group).fetch_one(self.0.reader()).await?)
    }

    /// Makes somebody an administrator of a group; nothing changes for one who is.
    pub(crate) async fn add_group_administrator(
        self,
        id: &UserId,
        group: &str,
    ) -> Result<Result<(), NoGroupAdministrator>, Error> {
        if self.find_standing(id).await?.is_none() {
            return Ok(Err(NoGroupAdministrator::NoSuchUser));
        }
        let mut write = self.0.write().await?;
        // Looked at where it is written: the group's last member may be leaving.
        let is_group: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM group_members WHERE group_id = ?)")
            .bind(group)
            .fetch_one(&mut *write)
            .await?;
        if !is_group {
            return Ok(Err(NoGroupAdministrator::NoSuchGroup));
        }
        if group == ADMINISTRATORS {
            return Ok(Err(NoGroupAdministrator::GroupOfAdministrators));
        }
        sqlx::query("INSERT OR IGNORE INTO group_administrators (group_id, user_id) VALUES (?, ?)")
            .bind(group)
            .bind(id.as_str())
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(Ok(()))
    }

    /// Takes a group away from an administrator of it. Whether it was one.
    pub(crate) async fn remove_group_administrator(self, id: &UserId, group: &str) -> Result<bool, Error> {
        let mut write = self.0.write().await?;
        let removed = sqlx::query("DELETE FROM group_administrators WHERE group_id = ? AND user_id = ?")
            .bind(group)
            .bind(id.as_str())
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(removed.rows_affected() > 0)
    }
}

impl Cloud {
    /// Makes somebody an administrator of one group.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such user or group, [`Error::Invalid`] for the group of administrators.
    pub async fn add_group_administrator(&self, user: &UserId, group: &str) -> Result<(), Error> {
        let added = self.accounts().add_group_administrator(user, group).await?;
        added.map_err(|why| match why {
            NoGroupAdministrator::NoSuchUser => Error::NotFound("the user"),
            NoGroupAdministrator::NoSuchGroup => Error::NotFound("the group"),
            NoGroupAdministrator::GroupOfAdministrators => {
                Error::Invalid("the group admin has no administrators of its own: its members administer the cloud")
            }
        })
    }

    /// Takes a group away from an administrator of it. Whether it was one.
    pub async fn remove_group_administrator(&self, user: &UserId, group: &str) -> Result<bool, Error> {
        self.accounts().remove_group_administrator(user, group).await
    }
}
