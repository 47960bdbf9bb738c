//! Passkeys (`WebAuthn`) of accounts. What is in a credential is the business of who checks signatures; here it is kept.

use nc_auth::UserId;
use sqlx::FromRow;

use super::client_name::clean;
use crate::{Cloud, Error, db::Db};

/// Passkeys of one account: enough for every device, and no more than a page can show.
pub const MAX_PASSKEYS: u32 = 20;

/// Longest name, in characters.
const MAX_NAME: usize = 64;

/// One passkey.
#[derive(Debug, Clone, FromRow)]
pub struct Passkey {
    /// What the owner and administrators name it by.
    pub number: i64,
    /// Whose it is.
    pub user_id: String,
    /// What its authenticator names it by.
    pub credential_id: Vec<u8>,
    /// What the owner calls it.
    pub name: String,
    /// Public key, counter and flags.
    pub credential: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of the last sign-in with it.
    pub last_used_at: Option<i64>,
}

/// A passkey to be kept.
#[derive(Debug, Clone)]
pub struct NewPasskey<'a> {
    /// Whose it is.
    pub user: &'a UserId,
    /// What its authenticator names it by.
    pub credential_id: &'a [u8],
    /// What the owner calls it.
    pub name: &'a str,
    /// Public key, counter and flags.
    pub credential: &'a str,
}

/// What came of keeping a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptPasskey {
    /// It is kept.
    Kept,
    /// That credential is known already, for this account or another.
    Known,
    /// The account has as many as it may have.
    TooMany,
}

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT number, user_id, credential_id, name, credential, created_at, last_used_at FROM passkeys WHERE ",
            $condition
        )
    };
}

/// The passkeys. A view on the database, made where it is needed.
#[derive(Debug, Clone, Copy)]
struct Passkeys<'a>(&'a Db);

impl Cloud {
    /// The passkeys of an account, the oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_passkeys(&self, user: &UserId) -> Result<Vec<Passkey>, Error> {
        let query = sqlx::query_as(select!("user_id = ? ORDER BY number")).bind(user.as_str());
        Ok(query.fetch_all(self.db().reader()).await?)
    }

    /// The passkey that an authenticator names so.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find_passkey(&self, credential_id: &[u8]) -> Result<Option<Passkey>, Error> {
        let query = sqlx::query_as(select!("credential_id = ?")).bind(credential_id);
        Ok(query.fetch_optional(self.db().reader()).await?)
    }

    /// Keeps a passkey.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such user.
    pub async fn add_passkey(&self, new: &NewPasskey<'_>) -> Result<KeptPasskey, Error> {
        Passkeys(self.db()).insert(new, self.now()).await
    }

    /// Notes a sign-in with a passkey: its new counter and flags, and when. Whether it still was as it was read: of two
    /// sign-ins at the same time one gets it, and none gets one that was removed meanwhile.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn use_passkey(&self, passkey: &Passkey, credential: &str) -> Result<bool, Error> {
        if !Passkeys(self.db()).note_use(passkey, credential, self.now()).await? {
            return Ok(false);
        }
        let user = UserId::new(passkey.user_id.as_str());
        if let Some(account) = self.find_user(&user).await? {
            self.authenticator().note_login(&user, account.last_login_at).await?;
        }
        Ok(true)
    }

    /// Takes a passkey of an account away. Whether there was that one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn remove_passkey(&self, user: &UserId, number: i64) -> Result<bool, Error> {
        Passkeys(self.db()).remove(user, number).await
    }
}

impl Passkeys<'_> {
    async fn insert(self, new: &NewPasskey<'_>, now: i64) -> Result<KeptPasskey, Error> {
        let name: String = clean(new.name).chars().take(MAX_NAME).collect();
        let name = if name.is_empty() { "Passkey" } else { &name };
        let mut write = self.0.write().await?;
        let inserted = sqlx::query(
            "INSERT INTO passkeys (user_id, credential_id, name, credential, created_at) SELECT ?1, ?2, ?3, ?4, ?5 \
             WHERE (SELECT count(*) FROM passkeys WHERE user_id = ?1) < ?6",
        )
        .bind(new.user.as_str())
        .bind(new.credential_id)
        .bind(name)
        .bind(new.credential)
        .bind(now)
        .bind(MAX_PASSKEYS)
        .execute(&mut *write)
        .await;
        let inserted = match inserted {
            Ok(inserted) => inserted.rows_affected() > 0,
            Err(error) => {
                return match error.as_database_error() {
                    Some(database) if database.is_unique_violation() => Ok(KeptPasskey::Known),
                    Some(database) if database.is_foreign_key_violation() => Err(Error::NotFound("the user")),
                    _ => Err(Error::Database(error)),
                };
            }
        };
        write.commit().await?;
        Ok(if inserted {
            KeptPasskey::Kept
        } else {
            KeptPasskey::TooMany
        })
    }

    async fn note_use(self, passkey: &Passkey, credential: &str, now: i64) -> Result<bool, Error> {
        let mut write = self.0.write().await?;
        let noted = sqlx::query(
            "UPDATE passkeys SET credential = ?, last_used_at = ? WHERE number = ? AND credential = ? AND user_id IN \
             (SELECT id FROM accounts WHERE enabled = 1)",
        )
        .bind(credential)
        .bind(now)
        .bind(passkey.number)
        .bind(passkey.credential.as_str())
        .execute(&mut *write)
        .await?;
        write.commit().await?;
        Ok(noted.rows_affected() > 0)
    }

    async fn remove(self, user: &UserId, number: i64) -> Result<bool, Error> {
        let mut write = self.0.write().await?;
        let query = sqlx::query("DELETE FROM passkeys WHERE user_id = ? AND number = ?")
            .bind(user.as_str())
            .bind(number);
        let removed = query.execute(&mut *write).await?.rows_affected() > 0;
        write.commit().await?;
        Ok(removed)
    }
}
