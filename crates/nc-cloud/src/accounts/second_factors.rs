//! Codes of an authenticator app (RFC 6238): six digits, a new one every 30 seconds.

use nc_auth::UserId;
use nc_store::Sealer;
use totp_rs::{Builder, Totp};

use crate::{Error, db::Db, random};

/// Steps before and after the current one whose codes count too: clocks differ, people type slowly.
const SKEW_STEPS: u16 = 1;

/// RFC 4226 §4 recommends 160 bits.
const SECRET_BYTES: usize = 20;

/// The second factors. A view on the database, made where it is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecondFactors<'a>(pub(crate) &'a Db);

impl SecondFactors<'_> {
    /// Whether the account has one.
    pub(crate) async fn is_on(self, user: &UserId) -> Result<bool, Error> {
        let query = sqlx::query_scalar::<_, i64>("SELECT 1 FROM second_factors WHERE user_id = ?").bind(user.as_str());
        Ok(query.fetch_optional(self.0.reader()).await?.is_some())
    }

    /// Gives the account a new one, in place of another; what the authenticator app reads.
    pub(crate) async fn set_up(self, user: &UserId, issuer: &str, sealer: &Sealer) -> Result<String, Error> {
        let secret = random::secret_bytes::<SECRET_BYTES>()?;
        let sealed = sealer
            .seal(&place(user), &secret, random::secret_bytes()?)
            .map_err(|_| Error::Internal("a second factor cannot be sealed"))?;
        let mut write = self.0.write().await?;
        sqlx::query(
            "INSERT INTO second_factors (user_id, sealed) VALUES (?, ?) \
             ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, last_step = 0",
        )
        .bind(user.as_str())
        .bind(sealed)
        .execute(&mut *write)
        .await
        .map_err(|error| match error.as_database_error() {
            Some(database) if database.is_foreign_key_violation() => Error::NotFound("the user"),
            _ => Error::Database(error),
        })?;
        write.commit().await?;
        Ok(uri(user, issuer, &secret))
    }

    /// Takes it away. Whether there was one.
    pub(crate) async fn remove(self, user: &UserId) -> Result<bool, Error> {
        let mut write = self.0.write().await?;
        let query = sqlx::query("DELETE FROM second_factors WHERE user_id = ?").bind(user.as_str());
        let removed = query.execute(&mut *write).await?.rows_affected() > 0;
        write.commit().await?;
        Ok(removed)
    }

    /// Whether `code` is right now and was not used before. It is used with this.
    pub(crate) async fn use_code(self, user: &UserId, code: &str, now: i64, sealer: &Sealer) -> Result<bool, Error> {
        let query = sqlx::query_scalar("SELECT sealed FROM second_factors WHERE user_id = ?").bind(user.as_str());
        let sealed: Option<Vec<u8>> = query.fetch_optional(self.0.reader()).await?;
        let Some(sealed) = sealed else {
            return Ok(false);
        };
        let damaged = Error::Internal("a second factor does not open; was the sealing key changed?");
        let secret = sealer.open(&place(user), &sealed).map_err(|_| damaged)?;
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = totp(&secret)?.check(&code, u64::try_from(now).unwrap_or_default());
        let Some(step) = step.and_then(|step| i64::try_from(step).ok()) else {
            return Ok(false);
        };
        // Of two requests with the same code one gets it.
        let mut write = self.0.write().await?;
        let used = sqlx::query("UPDATE second_factors SET last_step = ? WHERE user_id = ? AND last_step < ?")
            .bind(step)
            .bind(user.as_str())
            .bind(step)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(used.rows_affected() > 0)
    }
}

fn totp(secret: &[u8]) -> Result<Totp, Error> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_skew(SKEW_STEPS)
        .build()
        .map_err(|_| Error::Internal("a second factor is damaged"))
}

/// Where the secret is sealed for: nowhere else does it open.
fn place(user: &UserId) -> String {
    format!("second_factors|{user}")
}

/// The format of authenticator apps, "Key Uri Format".
fn uri(user: &UserId, issuer: &str, secret: &[u8]) -> String {
    let part = |text: &str| -> String {
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        encoded.replace('+', "%20")
    };
    let secret = totp_rs::Secret::new(secret.into()).to_base32();
    let (issuer, user) = (part(issuer), part(user.as_str()));
    format!("otpauth://totp/{issuer}:{user}?secret={secret}&issuer={issuer}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let totp = totp(b"12345678901234567890").unwrap();
        // Appendix B has eight digits; these are the last six.
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(totp.generate(time).to_string(), code);
            assert!(totp.check(code, time + 30).is_some() && totp.check(code, time - 30).is_some());
            assert!(totp.check(code, time + 60).is_none());
        }
    }

    #[test]
    fn the_uri_holds_odd_names() {
        let uri = uri(&UserId::new("O'Hara b+c"), "My cloud", b"12345678901234567890");
        assert_eq!(
            uri,
            "otpauth://totp/My%20cloud:O%27Hara%20b%2Bc?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20cloud"
        );
    }
}
