use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::new_user::MAX_PASSWORD_LENGTH;
use crate::Error;

/// Hashes that run at a time. Each takes 19 MiB and some 20 ms of a core; more would only starve other requests.
const PARALLEL: usize = 2;

/// Checked for names that do not exist, so that the answer takes as long as for one that does. Random; no password has it.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$CUfwvThuUfLlVufPYU7ryQ$byol9K1nDIrzwmTwjagE0EYZ4lsWKhPMXo/rNzEtRLE";

/// Hashes and checks account passwords, argon2id with OWASP's parameters, away from the async threads.
#[derive(Debug, Clone)]
pub(crate) struct PasswordChecker {
    permits: Arc<Semaphore>,
}

impl PasswordChecker {
    pub(crate) fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(PARALLEL)),
        }
    }

    /// The hash of `password` with a fresh salt, as a PHC string.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, Error> {
        self.run(move || hash(&password)).await?
    }

    /// Whether `password` is the one of `stored`. Without a stored hash: never, in the same time.
    pub(crate) async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool, Error> {
        if password.expose_secret().len() > MAX_PASSWORD_LENGTH {
            return Ok(false);
        }
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| DECOY.to_owned());
        let matches = self.run(move || {
            let parsed = PasswordHash::new(&hash).map_err(|_| Error::Internal("a stored password hash is damaged"))?;
            Ok::<_, Error>(
                Argon2::default()
                    .verify_password(password.expose_secret().as_bytes(), &parsed)
                    .is_ok(),
            )
        });
        Ok(matches.await?? && known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let lost = |_| Error::Internal("password check was interrupted");
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Error::Internal("shutting down"))?;
        let task = tokio::task::spawn_blocking(move || {
            // Kept by the task, not by the caller: a caller that hangs up must not let a third hash start.
            let _permit = permit;
            work()
        });
        task.await.map_err(lost)
    }
}

fn hash(password: &SecretString) -> Result<String, Error> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    Ok(hash
        .map_err(|_| Error::Internal("password cannot be hashed"))?
        .to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_only_its_own_hash() {
        let checker = PasswordChecker::new();
        let hash = checker.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(
            checker
                .verify("correct horse".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!checker.verify("correct hors".into(), Some(hash.clone())).await.unwrap());
        assert!(!checker.verify("correct horse".into(), None).await.unwrap());
        assert!(
            !checker
                .verify("correct horse".into(), Some(DECOY.to_owned()))
                .await
                .unwrap()
        );
        // As much work as for a real one.
        assert_eq!(DECOY.rsplitn(3, '$').last(), hash.rsplitn(3, '$').last());
    }
}
