use nc_auth::{Grants, ScopeSet, UserId};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::AppPasswordScopes;
use crate::{Error, db::Db, random};

/// Length of an app password: letters and digits, as Nextcloud's Login Flow gives out.
pub const APP_PASSWORD_LENGTH: usize = 72;

/// Which app password; says nothing about its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AppPasswordId(pub(crate) i64);

/// Whether `text` has the form of an app password. Account passwords of that form cannot be set, so each
/// credential is tried by exactly one of the two checks.
pub(crate) fn looks_like_app_password(text: &str) -> bool {
    text.len() == APP_PASSWORD_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What is stored in place of an app password. Plain SHA-256 is enough: the input has 428 random bits.
fn hash(password: &SecretString) -> Vec<u8> {
    Sha256::digest(password.expose_secret()).to_vec()
}

/// An app password that was found.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: AppPasswordId,
    pub(crate) user: UserId,
    pub(crate) grants: Grants,
    pub(crate) last_used_at: Option<i64>,
}

/// The app passwords. A view on the database, made where it is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppPasswords<'a>(pub(crate) &'a Db);

impl AppPasswords<'_> {
    /// Makes one for `user`, limited to `scopes` where given; the answer is the only time that its text is seen.
    pub(crate) async fn create(
        self,
        user: &UserId,
        name: &str,
        scopes: Option<&AppPasswordScopes>,
        now: i64,
    ) -> Result<SecretString, Error> {
        let mut write = self.0.write().await?;
        let password = Self::create_in(&mut write, user, name, scopes, now).await?;
        write.commit().await?;
        Ok(password)
    }

    /// As [`Self::create`], as part of a larger write.
    pub(crate) async fn create_in(
        write: &mut sqlx::SqliteConnection,
        user: &UserId,
        name: &str,
        scopes: Option<&AppPasswordScopes>,
        now: i64,
    ) -> Result<SecretString, Error> {
        let password = SecretString::from(random::secret_text(APP_PASSWORD_LENGTH)?);
        sqlx::query("INSERT INTO app_passwords (user_id, name, token_hash, created_at, scopes) VALUES (?, ?, ?, ?, ?)")
            .bind(user.as_str())
            .bind(super::clean(name))
            .bind(hash(&password))
            .bind(now)
            .bind(scopes.map(AppPasswordScopes::text))
            .execute(write)
            .await
            .map_err(|error| match error.as_database_error() {
                Some(database) if database.is_foreign_key_violation() => Error::NotFound("the user"),
                _ => Error::Database(error),
            })?;
        Ok(password)
    }

    /// Gives one a new text. `None`: it is gone.
    pub(crate) async fn rotate(self, id: AppPasswordId) -> Result<Option<SecretString>, Error> {
        let password = SecretString::from(random::secret_text(APP_PASSWORD_LENGTH)?);
        let mut write = self.0.write().await?;
        let query = sqlx::query("UPDATE app_passwords SET token_hash = ? WHERE id = ?");
        let changed = query.bind(hash(&password)).bind(id.0).execute(&mut *write).await?;
        write.commit().await?;
        Ok((changed.rows_affected() > 0).then_some(password))
    }

    /// The app password with this text, of an enabled account.
    pub(crate) async fn find(self, password: &SecretString) -> Result<Option<Known>, Error> {
        let row: Option<(i64, String, Option<i64>, Option<String>)> = sqlx::query_as(
            "SELECT p.id, p.user_id, p.last_used_at, p.scopes FROM app_passwords p \
             JOIN accounts a ON a.id = p.user_id AND a.enabled = 1 WHERE p.token_hash = ?",
        )
        .bind(hash(password))
        .fetch_optional(self.0.reader())
        .await?;
        Ok(row.map(|(id, user, last_used_at, scopes)| Known {
            id: AppPasswordId(id),
            user: UserId::new(user),
            grants: match scopes.map(|scopes| scopes.parse::<AppPasswordScopes>()) {
                None => Grants::Unrestricted,
                Some(Ok(scopes)) => scopes.grants(),
                // A limit that cannot be read is the narrowest one.
                Some(Err(_)) => Grants::Only(ScopeSet::EMPTY),
            },
            last_used_at,
        }))
    }

    /// Notes that the app password was used at `now`, Unix seconds.
    pub(crate) async fn note_use(self, id: AppPasswordId, now: i64) -> Result<(), Error> {
        let mut write = self.0.write().await?;
        let query = sqlx::query("UPDATE app_passwords SET last_used_at = ? WHERE id = ?");
        query.bind(now).bind(id.0).execute(&mut *write).await?;
        Ok(write.commit().await?)
    }

    /// Revokes one. Whether it was there.
    pub(crate) async fn delete(self, id: AppPasswordId) -> Result<bool, Error> {
        let mut write = self.0.write().await?;
        let query = sqlx::query("DELETE FROM app_passwords WHERE id = ?").bind(id.0);
        let deleted = query.execute(&mut *write).await?.rows_affected() > 0;
        write.commit().await?;
        Ok(deleted)
    }
}
