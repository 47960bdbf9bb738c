use nc_auth::UserId;
use nc_proto::login_flow::LIFETIME_S;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{Cloud, Error, accounts::AppPasswords, random};

/// Length of the two tokens, as Nextcloud's.
const TOKEN_LENGTH: usize = 128;

/// Flows that may be under way at a time, so a stranger cannot fill the disk.
const MAX_FLOWS: i64 = 10_000;

/// The two tokens of a new flow.
pub(super) struct Tokens {
    pub(super) poll: String,
    pub(super) login: String,
}

/// A flow as its browser sees it.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) client: String,
    /// Who signed in, with everything that the account asks for.
    pub(super) user: Option<UserId>,
    /// Whose password was right, but the code of the second factor is missing.
    pub(super) awaits_code: Option<UserId>,
    /// Whether the program is not among those that may connect accounts.
    pub(super) refused: bool,
}

/// Login flows. A view on the database.
pub(super) struct Flows<'a>(pub(super) &'a Cloud);

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// Where an app password is sealed for: this flow only.
fn place(poll_hash: &[u8]) -> String {
    format!("login_flows|{}", hex::encode(poll_hash))
}

impl Flows<'_> {
    /// Times of creation at and before this one have run out.
    fn too_old(&self) -> i64 {
        self.0.now() - i64::try_from(LIFETIME_S).unwrap_or(i64::MAX)
    }

    /// Starts a flow. `None`: too many are under way.
    pub(super) async fn start(&self, client: &str, allowed: bool) -> Result<Option<Tokens>, Error> {
        self.start_as_one_of(MAX_FLOWS, client, allowed).await
    }

    /// Where there are as many already, the oldest whose link nobody opened makes room: programs open it at once, and a
    /// stranger must not be able to keep everybody out.
    async fn start_as_one_of(&self, most: i64, client: &str, allowed: bool) -> Result<Option<Tokens>, Error> {
        let tokens = Tokens {
            poll: random::secret_text(TOKEN_LENGTH)?,
            login: random::secret_text(TOKEN_LENGTH)?,
        };
        let mut write = self.0.db().write().await?;
        let expired = sqlx::query("DELETE FROM login_flows WHERE created_at <= ?").bind(self.too_old());
        expired.execute(&mut *write).await?;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM login_flows")
            .fetch_one(&mut *write)
            .await?;
        if count >= most {
            let oldest = "DELETE FROM login_flows WHERE poll_hash = (
                SELECT poll_hash FROM login_flows WHERE browser_hash IS NULL AND granted = 0 ORDER BY created_at LIMIT 1)";
            if sqlx::query(oldest).execute(&mut *write).await?.rows_affected() == 0 {
                return Ok(None);
            }
        }
        sqlx::query(
            "INSERT INTO login_flows (poll_hash, login_hash, client, created_at, refused) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(hash(&tokens.poll))
        .bind(hash(&tokens.login))
        .bind(client)
        .bind(self.0.now())
        .bind(!allowed)
        .execute(&mut *write)
        .await?;
        write.commit().await?;
        Ok(Some(tokens))
    }

    /// Binds the flow of a login link to a browser: the secret for its cookie. Opening the link again begins anew, so a
    /// second browser never inherits the first one's sign-in.
    pub(super) async fn open(&self, login_token: &str) -> Result<Option<String>, Error> {
        let secret = random::secret_text(43)?;
        let mut write = self.0.db().write().await?;
        let opened = sqlx::query(
            "UPDATE login_flows SET browser_hash = ?, user_id = NULL, awaits_code = 0 WHERE login_hash = ? AND granted = 0 AND created_at > ?",
        )
        .bind(hash(&secret))
        .bind(hash(login_token))
        .bind(self.too_old())
        .execute(&mut *write)
        .await?;
        write.commit().await?;
        Ok((opened.rows_affected() > 0).then_some(secret))
    }

    /// The flow of a browser that waits for its person.
    pub(super) async fn find(&self, browser_secret: &str) -> Result<Option<Flow>, Error> {
        let row: Option<(String, Option<String>, bool, bool)> = sqlx::query_as(
            "SELECT client, user_id, awaits_code, refused FROM login_flows \
             WHERE browser_hash = ? AND granted = 0 AND created_at > ?",
        )
        .bind(hash(browser_secret))
        .bind(self.too_old())
        .fetch_optional(self.0.db().reader())
        .await?;
        Ok(row.map(|(client, user, awaits_code, refused)| {
            let user = user.map(UserId::new);
            Flow {
                client,
                user: user.clone().filter(|_| !awaits_code),
                awaits_code: user.filter(|_| awaits_code),
                refused,
            }
        }))
    }

    /// Notes who signed in. The browser gets a new secret: one that was known before sign-in is worth nothing after.
    /// With `awaits_code`, half of the way is left.
    pub(super) async fn sign_in(
        &self,
        browser_secret: &str,
        user: &UserId,
        awaits_code: bool,
    ) -> Result<Option<String>, Error> {
        let secret = random::secret_text(43)?;
        let mut write = self.0.db().write().await?;
        let changed = sqlx::query(
            "UPDATE login_flows SET browser_hash = ?, user_id = ?, awaits_code = ? \
             WHERE browser_hash = ? AND granted = 0 AND refused = 0 AND created_at > ?",
        )
        .bind(hash(&secret))
        .bind(user.as_str())
        .bind(awaits_code)
        .bind(hash(browser_secret))
        .bind(self.too_old())
        .execute(&mut *write)
        .await?;
        write.commit().await?;
        Ok((changed.rows_affected() > 0).then_some(secret))
    }

    /// Grants the flow of a signed-in browser. Whether it was there.
    pub(super) async fn grant(&self, browser_secret: &str) -> Result<bool, Error> {
        let mut write = self.0.db().write().await?;
        let granted = sqlx::query(
            "UPDATE login_flows SET granted = 1 \
             WHERE browser_hash = ? AND user_id IS NOT NULL AND awaits_code = 0 AND granted = 0 AND refused = 0 \
             AND created_at > ?",
        )
        .bind(hash(browser_secret))
        .bind(self.too_old())
        .execute(&mut *write)
        .await?;
        write.commit().await?;
        Ok(granted.rows_affected() > 0)
    }

    /// Ends the flow of a browser with an app password that is there already. Sealed, because the program is to get the very
    /// same; a new one must not come from an app password (P162). Whether the flow was there.
    pub(super) async fn grant_existing(
        &self,
        browser_secret: &str,
        user: &UserId,
        password: &SecretString,
    ) -> Result<bool, Error> {
        let browser = hash(browser_secret);
        let mut write = self.0.db().write().await?;
        let poll_hash: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT poll_hash FROM login_flows WHERE browser_hash = ? AND granted = 0 AND refused = 0 AND created_at > ?",
        )
        .bind(&browser)
        .bind(self.too_old())
        .fetch_optional(&mut *write)
        .await?;
        let Some(poll_hash) = poll_hash else {
            return Ok(false);
        };
        let sealed = self
            .0
            .sealer()
            .seal(
                &place(&poll_hash),
                password.expose_secret().as_bytes(),
                random::secret_bytes()?,
            )
            .map_err(|_| Error::Internal("an app password cannot be sealed"))?;
        sqlx::query("UPDATE login_flows SET granted = 1, user_id = ?, sealed_password = ? WHERE poll_hash = ?")
            .bind(user.as_str())
            .bind(sealed)
            .bind(poll_hash)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(true)
    }

    /// Ends the flow of a browser without a result.
    pub(super) async fn refuse(&self, browser_secret: &str) -> Result<(), Error> {
        let mut write = self.0.db().write().await?;
        let query = sqlx::query("DELETE FROM login_flows WHERE browser_hash = ? AND granted = 0");
        query.bind(hash(browser_secret)).execute(&mut *write).await?;
        Ok(write.commit().await?)
    }

    /// The result of a granted flow, one time only: the flow ends and the app password begins in one transaction.
    pub(super) async fn fetch(&self, poll_token: &str) -> Result<Option<(UserId, SecretString)>, Error> {
        let poll_hash = hash(poll_token);
        // Nearly every poll comes too early: look first, without taking the one writer.
        let granted: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM login_flows WHERE poll_hash = ? AND granted = 1 AND created_at > ?")
                .bind(&poll_hash)
                .bind(self.too_old())
                .fetch_optional(self.0.db().reader())
                .await?;
        if granted.is_none() {
            return Ok(None);
        }
        let mut write = self.0.db().write().await?;
        let row: Option<(String, String, Option<Vec<u8>>)> = sqlx::query_as(
            "DELETE FROM login_flows WHERE poll_hash = ? AND granted = 1 RETURNING user_id, client, sealed_password",
        )
        .bind(&poll_hash)
        .fetch_optional(&mut *write)
        .await?;
        let Some((user, client, sealed)) = row else {
            return Ok(None);
        };
        let user = UserId::new(user);
        let password = match sealed {
            None => AppPasswords::create_in(&mut write, &user, &client, None, self.0.now()).await?,
            Some(sealed) => self.open_password(&poll_hash, &sealed)?,
        };
        write.commit().await?;
        Ok(Some((user, password)))
    }

    fn open_password(&self, poll_hash: &[u8], sealed: &[u8]) -> Result<SecretString, Error> {
        let damaged = |()| Error::Internal("a sealed app password does not open");
        let opened = self.0.sealer().open(&place(poll_hash), sealed);
        let opened = opened.map_err(|_| damaged(()))?;
        let text = std::str::from_utf8(&opened).map_err(|_| damaged(()))?;
        Ok(SecretString::from(text))
    }
}

#[cfg(test)]
mod tests {
    use nc_proto::clock::Clock;
    use time::{Duration, OffsetDateTime};

    use super::*;
    use crate::CloudConfig;

    #[tokio::test]
    async fn flows_that_nobody_opened_make_room_and_those_of_browsers_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = CloudConfig::new(dir.path());
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
        config.clock = clock.clone();
        let cloud = Cloud::open(config).await.unwrap();
        let flows = Flows(&cloud);
        let start = async || {
            clock.advance(Duration::SECOND);
            flows.start_as_one_of(3, "program", true).await.unwrap()
        };
        let [opened, first, second] = [start().await, start().await, start().await].map(|tokens| tokens.unwrap().login);
        let browser = flows.open(&opened).await.unwrap().unwrap();
        let third = start().await.expect("room for one more").login;
        assert!(flows.find(&browser).await.unwrap().is_some());
        assert!(flows.open(&first).await.unwrap().is_none(), "the oldest made room");
        for login in [&second, &third] {
            assert!(flows.open(login).await.unwrap().is_some());
        }
        assert!(start().await.is_none(), "all are open in browsers");
    }
}
