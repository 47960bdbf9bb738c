//! What only an administrator does to accounts.

use nc_auth::UserId;
use secrecy::SecretString;

use super::{Accounts, PasswordChecker, Preference, new_user};
use crate::{Cloud, Error};

impl Accounts<'_> {
    async fn set_password(self, id: &UserId, password: &SecretString, checker: &PasswordChecker) -> Result<(), Error> {
        new_user::check_password(password)?;
        let hash = checker.hash(password.clone()).await?;
        let mut write = self.0.write().await?;
        let changed = sqlx::query("UPDATE accounts SET password_hash = ? WHERE id = ?")
            .bind(hash)
            .bind(id.as_str())
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound("the user"));
        }
        Ok(())
    }

    async fn add_to_group(self, id: &UserId, group: &str) -> Result<(), Error> {
        new_user::check_group(group)?;
        if self.find_standing(id).await?.is_none() {
            return Err(Error::NotFound("the user"));
        }
        let mut write = self.0.write().await?;
        sqlx::query("INSERT OR IGNORE INTO group_members (group_id, user_id) VALUES (?, ?)")
            .bind(group)
            .bind(id.as_str())
            .execute(&mut *write)
            .await?;
        Ok(write.commit().await?)
    }

    async fn remove_from_group(self, id: &UserId, group: &str) -> Result<bool, Error> {
        let mut write = self.0.write().await?;
        let removed = sqlx::query("DELETE FROM group_members WHERE group_id = ? AND user_id = ?")
            .bind(group)
            .bind(id.as_str())
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(removed.rows_affected() > 0)
    }
}

impl Cloud {
    /// Gives an account another password; the former one ends at once. App passwords and tokens stay.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad password, [`Error::NotFound`] when there is no such user.
    pub async fn set_password(&self, user: &UserId, password: &SecretString) -> Result<(), Error> {
        let (cloud, user, password) = (self.clone(), user.clone(), password.clone());
        // A task of its own: a caller that hangs up between the two steps must not leave the old password believed.
        let set = tokio::spawn(async move {
            let checker = cloud.authenticator().checker();
            let set = cloud.accounts().set_password(&user, &password, checker).await;
            cloud.authenticator().forget();
            set
        });
        set.await.map_err(|_| Error::Internal("a task was lost"))?
    }

    /// Says what somebody prefers; an empty text takes it back.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad value, [`Error::NotFound`] when there is no such enabled user.
    pub async fn set_preference(&self, user: &UserId, which: Preference, value: &str) -> Result<(), Error> {
        let mut account = self.find_user(user).await?.ok_or(Error::NotFound("the user"))?;
        account.prefer(which, value)?;
        account.touch(self.now());
        self.accounts().update_profile(&account).await
    }

    /// Puts an account into a group, which comes into being with its first member.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad name, [`Error::NotFound`] when there is no such user.
    pub async fn add_to_group(&self, user: &UserId, group: &str) -> Result<(), Error> {
        let (cloud, user, group) = (self.clone(), user.clone(), group.to_owned());
        // As in `set_password`: what the group shares counts at once.
        let added = tokio::spawn(async move {
            let added = cloud.accounts().add_to_group(&user, &group).await;
            cloud.shares().forget();
            added
        });
        added.await.map_err(|_| Error::Internal("a task was lost"))?
    }

    /// Takes an account out of a group. Whether it was in it.
    pub async fn remove_from_group(&self, user: &UserId, group: &str) -> Result<bool, Error> {
        let (cloud, user, group) = (self.clone(), user.clone(), group.to_owned());
        // As in `set_password`: what the group shares counts at once.
        let removed = tokio::spawn(async move {
            let removed = cloud.accounts().remove_from_group(&user, &group).await;
            cloud.shares().forget();
            removed
        });
        removed.await.map_err(|_| Error::Internal("a task was lost"))?
    }
}
