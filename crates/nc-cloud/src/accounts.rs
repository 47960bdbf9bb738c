//! Who may sign in: accounts, their groups, their app passwords.

mod administration;
mod app_passwords;
mod client_name;
mod group_administrators;
mod new_user;
mod origin;
mod passkeys;
mod password;
mod preferences;
mod scopes;
mod second_factors;

use nc_auth::{LoginName, UserId};
use sqlx::{FromRow, Row as _};

pub use app_passwords::{APP_PASSWORD_LENGTH, AppPasswordId};
pub(crate) use app_passwords::{AppPasswords, Known, looks_like_app_password};
pub(crate) use client_name::{clean, client_name};
pub(crate) use group_administrators::NoGroupAdministrator;
pub(crate) use new_user::MAX_PASSWORD_LENGTH;
pub use new_user::NewUser;
pub use new_user::is_mail_address;
pub use origin::Standing;
pub use passkeys::{KeptPasskey, MAX_PASSKEYS, NewPasskey, Passkey};
pub(crate) use password::PasswordChecker;
pub use preferences::Preference;
pub use scopes::{APP_PASSWORD_SCOPES, AppPasswordScopes};
pub(crate) use second_factors::SecondFactors;

use crate::{Error, db::Db};

/// One account.
#[derive(Debug, Clone, FromRow)]
pub struct Account {
    /// The id, in the case in which it was created.
    pub id: String,
    /// The name that people see.
    pub display_name: String,
    /// The mail address, which is also accepted as login name.
    pub email: Option<String>,
    /// `None`: no limit.
    pub quota_bytes: Option<i64>,
    /// Profile fields and what the person prefers, as a JSON object.
    pub profile: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of the first sign-in.
    pub first_login_at: Option<i64>,
    /// Unix seconds of the last sign-in that was noted.
    pub last_login_at: Option<i64>,
}

impl Account {
    /// The id as a type.
    pub fn user_id(&self) -> UserId {
        UserId::new(self.id.as_str())
    }
}

/// An account and its groups, in alphabetical order.
#[derive(Debug, Clone)]
pub struct AccountInGroups {
    /// The account.
    pub account: Account,
    /// The groups in which it is.
    pub groups: Vec<String>,
    /// The groups that it administers.
    pub administered_groups: Vec<String>,
}

/// How a name is compared at sign-in.
fn fold(name: &str) -> String {
    name.to_lowercase()
}

macro_rules! select_account {
    ($condition:literal) => {
        concat!(
            "SELECT id, display_name, email, quota_bytes, profile, created_at, first_login_at, last_login_at ",
            "FROM accounts WHERE enabled = 1 AND ",
            $condition
        )
    };
}

/// The accounts. A view on the database, made where it is needed.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a>(&'a Db);

impl<'a> Accounts<'a> {
    /// The accounts of `db`.
    pub const fn new(db: &'a Db) -> Self {
        Self(db)
    }

    /// The enabled account with exactly this id.
    pub async fn find(self, id: &UserId) -> Result<Option<Account>, Error> {
        let query = sqlx::query_as(select_account!("id = ?")).bind(id.as_str());
        Ok(query.fetch_optional(self.0.reader()).await?)
    }

    /// The enabled account with exactly this id, and its groups.
    pub async fn find_with_groups(self, id: &UserId) -> Result<Option<AccountInGroups>, Error> {
        let select = "SELECT id, display_name, email, quota_bytes, profile, created_at, first_login_at, last_login_at,
                (SELECT json_group_array(group_id ORDER BY group_id) FROM group_members WHERE user_id = id) AS groups,
                (SELECT json_group_array(group_id ORDER BY group_id) FROM group_administrators WHERE user_id = id)
                    AS administered
            FROM accounts WHERE enabled = 1 AND id = ?";
        let Some(row) = self.0.find_quickly(sqlx::query(select).bind(id.as_str())).await? else {
            return Ok(None);
        };
        let list = |column| -> Result<Vec<String>, Error> {
            serde_json::from_str(row.try_get(column)?).map_err(|_| Error::Internal("groups cannot be read"))
        };
        Ok(Some(AccountInGroups {
            account: Account::from_row(&row)?,
            groups: list("groups")?,
            administered_groups: list("administered")?,
        }))
    }

    /// The enabled account that signs in as `login`: by id first, then by mail address, both without regard to case.
    pub async fn find_by_login(self, login: &LoginName) -> Result<Option<Account>, Error> {
        let folded = fold(login.as_str());
        let query = sqlx::query_as(select_account!(
            "(id_folded = ?1 OR email_folded = ?1) ORDER BY id_folded <> ?1 LIMIT 1"
        ));
        Ok(query.bind(folded).fetch_optional(self.0.reader()).await?)
    }

    /// The stored password hash of an enabled account.
    pub(crate) async fn find_password_hash(self, id: &UserId) -> Result<Option<String>, Error> {
        let query = sqlx::query_scalar("SELECT password_hash FROM accounts WHERE enabled = 1 AND id = ?");
        Ok(query.bind(id.as_str()).fetch_optional(self.0.reader()).await?)
    }

    /// Every account in order of id, also the disabled ones: `(id, display name, enabled)`.
    pub async fn list(self) -> Result<Vec<(String, String, bool)>, Error> {
        let query = sqlx::query_as("SELECT id, display_name, enabled FROM accounts ORDER BY id");
        Ok(query.fetch_all(self.0.reader()).await?)
    }

    /// Lets an account sign in, or not. Whether there is one.
    pub(crate) async fn set_enabled(self, id: &UserId, enabled: bool) -> Result<bool, Error> {
        let mut write = self.0.write().await?;
        let changed = sqlx::query("UPDATE accounts SET enabled = ? WHERE id = ?")
            .bind(enabled)
            .bind(id.as_str())
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Ids of all groups, in alphabetical order.
    pub(crate) async fn list_all_groups(self) -> Result<Vec<String>, Error> {
        let query = sqlx::query_scalar("SELECT DISTINCT group_id FROM group_members ORDER BY group_id");
        Ok(query.fetch_all(self.0.reader()).await?)
    }

    /// The groups of a user, in alphabetical order.
    pub async fn list_groups(self, id: &UserId) -> Result<Vec<String>, Error> {
        let query = sqlx::query_scalar("SELECT group_id FROM group_members WHERE user_id = ? ORDER BY group_id");
        Ok(query.bind(id.as_str()).fetch_all(self.0.reader()).await?)
    }

    /// The user ids in a group, in alphabetical order.
    pub async fn list_members(self, group: &str) -> Result<Vec<String>, Error> {
        let query = sqlx::query_scalar("SELECT user_id FROM group_members WHERE group_id = ? ORDER BY user_id");
        Ok(query.bind(group).fetch_all(self.0.reader()).await?)
    }

    /// Enabled accounts whose id, display name or mail address holds `text`, in order of id.
    pub(crate) async fn search(self, text: &str, limit: u8) -> Result<Vec<Account>, Error> {
        // `instr`, not `LIKE`: the text has no wildcards.
        let query = sqlx::query_as(select_account!(
            "(instr(id_folded, ?1) OR instr(lower(display_name), ?1) OR instr(email_folded, ?1)) ORDER BY id LIMIT ?2"
        ));
        Ok(query.bind(fold(text)).bind(limit).fetch_all(self.0.reader()).await?)
    }

    /// Notes that the user signed in at `now`, Unix seconds.
    pub(crate) async fn note_login(self, id: &UserId, now: i64) -> Result<(), Error> {
        let mut write = self.0.write().await?;
        sqlx::query(
            "UPDATE accounts SET last_login_at = ?1, first_login_at = coalesce(first_login_at, ?1) WHERE id = ?2",
        )
        .bind(now)
        .bind(id.as_str())
        .execute(&mut *write)
        .await?;
        Ok(write.commit().await?)
    }

    /// Stores changed profile fields, and the mail address and display name where they are among them.
    pub async fn update_profile(self, account: &Account) -> Result<(), Error> {
        let mut write = self.0.write().await?;
        sqlx::query("UPDATE accounts SET display_name = ?, email = ?, email_folded = ?, profile = ? WHERE id = ?")
            .bind(&account.display_name)
            .bind(&account.email)
            .bind(account.email.as_deref().map(fold))
            .bind(&account.profile)
            .bind(&account.id)
            .execute(&mut *write)
            .await
            .map_err(|error| taken(error, "an account with that mail address"))?;
        Ok(write.commit().await?)
    }
}

/// Turns a broken uniqueness rule into [`Error::Exists`].
fn taken(error: sqlx::Error, what: &'static str) -> Error {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => Error::Exists(what),
        _ => Error::Database(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_account_comes_with_its_groups_as_they_are_now() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("cloud.db")).await.unwrap();
        let accounts = Accounts::new(&db);
        for id in ["alice", "bob"] {
            let user = NewUser::new(id, "Somebody", "correct horse".into());
            accounts.create(&user, &PasswordChecker::new(), 1).await.unwrap();
        }
        let change = async |statement: &'static str| {
            let mut write = db.write().await.unwrap();
            sqlx::query(statement).execute(&mut *write).await.unwrap();
            write.commit().await.unwrap();
        };
        let groups = async |id: &str| {
            let found = accounts.find_with_groups(&UserId::new(id)).await.unwrap();
            found.map(|found| (found.account.id, found.groups))
        };
        assert_eq!(groups("alice").await, Some(("alice".to_owned(), vec![])));
        change("INSERT INTO group_members (group_id, user_id) VALUES ('staff', 'alice'), ('a \"b\", c', 'alice'), ('x', 'bob')").await;
        let both = vec!["a \"b\", c".to_owned(), "staff".to_owned()];
        assert_eq!(groups("alice").await, Some(("alice".to_owned(), both)));
        assert_eq!(groups("Alice").await, None, "ids are compared exactly");
        change(
            "INSERT INTO group_administrators (group_id, user_id) VALUES ('x', 'alice'), ('a', 'alice'), ('x', 'bob')",
        )
        .await;
        let found = accounts.find_with_groups(&UserId::new("alice")).await.unwrap().unwrap();
        assert_eq!(found.administered_groups, ["a", "x"]);
        change("UPDATE accounts SET enabled = 0 WHERE id = 'alice'").await;
        assert_eq!(groups("alice").await, None, "disabled");
        assert_eq!(groups("bob").await, Some(("bob".to_owned(), vec!["x".to_owned()])));
        db.close().await;
        assert!(accounts.find_with_groups(&UserId::new("bob")).await.is_err(), "closed");
    }
}
