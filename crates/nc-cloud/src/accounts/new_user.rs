use secrecy::{ExposeSecret, SecretString};

use super::{Accounts, PasswordChecker, fold, looks_like_app_password, taken};
use crate::Error;

/// Longest user id, in characters: Nextcloud's own limit.
const MAX_ID_LENGTH: usize = 64;

/// Longest account password: Nextcloud's limit, and a bound on the work of hashing.
pub(crate) const MAX_PASSWORD_LENGTH: usize = 469;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Letters, digits, space and `_.@-'+`.
    pub id: String,
    /// The name that people see.
    pub display_name: String,
    /// Also accepted as login name.
    pub email: Option<String>,
    /// The account password; stored as an argon2id hash.
    pub password: SecretString,
    /// `None`: no limit.
    pub quota_bytes: Option<u64>,
    /// The user's groups; they come into being with their first member.
    pub groups: Vec<String>,
    /// The number of the external provider whose user it is. `None`: it is made here.
    pub provider: Option<i64>,
}

impl NewUser {
    /// A user without mail address, quota or groups.
    pub fn new(id: impl Into<String>, display_name: impl Into<String>, password: SecretString) -> Self {
        Self {
            id: id.into(),
            display_name: display_name.into(),
            email: None,
            password,
            quota_bytes: None,
            groups: Vec::new(),
            provider: None,
        }
    }

    fn check(&self) -> Result<(), Error> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || " _.@-'+".contains(c);
        let id = self.id.as_str();
        if id.is_empty() || id.len() > MAX_ID_LENGTH || id.trim() != id || matches!(id, "." | "..") {
            return Err(Error::Invalid(
                "a user id has 1 to 64 characters, no space at its ends, and is not `.` or `..`",
            ));
        }
        if !id.chars().all(allowed) {
            return Err(Error::Invalid("a user id has only letters, digits, spaces and _.@-'+"));
        }
        if self.email.as_deref().is_some_and(|email| !is_mail_address(email)) {
            return Err(Error::Invalid("not a mail address"));
        }
        check_password(&self.password)?;
        self.groups.iter().try_for_each(|group| check_group(group))
    }
}

pub(super) fn check_password(password: &SecretString) -> Result<(), Error> {
    let password = password.expose_secret();
    if password.is_empty() || password.len() > MAX_PASSWORD_LENGTH {
        return Err(Error::Invalid("a password has 1 to 469 bytes"));
    }
    if looks_like_app_password(password) {
        return Err(Error::Invalid(
            "72 letters and digits is the form of app passwords; choose another password",
        ));
    }
    Ok(())
}

pub(super) fn check_group(group: &str) -> Result<(), Error> {
    if group.is_empty() || group.len() > MAX_ID_LENGTH {
        return Err(Error::Invalid("a group id has 1 to 64 characters"));
    }
    Ok(())
}

/// Good enough to be written into a header or an answer: one `@` between two non-empty parts, nothing odd in them.
pub fn is_mail_address(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
    text.len() <= 254
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| plain(local) && plain(domain))
}

impl Accounts<'_> {
    /// Makes an account.
    pub(crate) async fn create(self, user: &NewUser, checker: &PasswordChecker, now: i64) -> Result<(), Error> {
        user.check()?;
        let hash = checker.hash(user.password.clone()).await?;
        let quota = user.quota_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let mut write = self.0.write().await?;
        sqlx::query(
            "INSERT INTO accounts (id, id_folded, display_name, email, email_folded, password_hash, quota_bytes, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&user.id)
        .bind(fold(&user.id))
        .bind(&user.display_name)
        .bind(&user.email)
        .bind(user.email.as_deref().map(fold))
        .bind(hash)
        .bind(quota)
        .bind(now)
        .execute(&mut *write)
        .await
        .map_err(|error| taken(error, "an account with that id or mail address"))?;
        if let Some(provider) = user.provider {
            sqlx::query("INSERT INTO account_origins (user_id, provider) VALUES (?, ?)")
                .bind(&user.id)
                .bind(provider)
                .execute(&mut *write)
                .await?;
        }
        for group in &user.groups {
            sqlx::query("INSERT OR IGNORE INTO group_members (group_id, user_id) VALUES (?, ?)")
                .bind(group)
                .bind(&user.id)
                .execute(&mut *write)
                .await?;
        }
        Ok(write.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_but_legal_ids_pass_and_dangerous_ones_do_not() {
        let check = |id: &str| NewUser::new(id, "X", "secret".into()).check().is_ok();
        for id in ["alice", "jane@example.org", "O'Hara", "a b", "a+b", "a.b", "A1B2-uuid"] {
            assert!(check(id), "{id}");
        }
        for id in ["", ".", "..", " a", "a/b", "a\\b", "a%b", "a\nb", "ä", &"x".repeat(65)] {
            assert!(!check(id), "{id}");
        }
    }

    #[test]
    fn a_mail_address_is_told_from_other_text() {
        assert!(is_mail_address("jane@example.org"));
        for text in ["not an address", "@example.org", "jane@", "a@b c", "a@b\n"] {
            assert!(!is_mail_address(text), "{text}");
        }
    }
}
