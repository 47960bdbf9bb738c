use std::sync::Arc;

use allocator_api2::{alloc::System, vec::Vec};
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::new_user::MAX_PASSWORD_LENGTH;
use crate::{Error, random};

/// Hashes that run at a time. Each takes 19 MiB and some 20 ms of a core; more would only starve other requests.
const PARALLEL: usize = 2;

/// Room for more than 32 MiB, in blocks of 1 KiB; what is not used is never touched. The C library gives such a piece back to
/// the system when it is freed, a smaller one it keeps, as most allocators do: 20 MiB for the life of the process.
const RESERVED_BLOCKS: usize = 33 * 1024;

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
        let matches = self.run(move || matches(password.expose_secret().as_bytes(), &hash));
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
    let salt = Salt::new(&random::secret_bytes::<16>()?).map_err(|_| Error::Internal("no salt"))?;
    let params = Params::default();
    let output = derive(password.expose_secret().as_bytes(), &salt, params.clone())?;
    let params = ParamsString::try_from(&params).map_err(|_| Error::Internal("no parameters"))?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// Whether `password` gives the stored hash, with the parameters that stand in it.
fn matches(password: &[u8], stored: &str) -> Result<bool, Error> {
    const DAMAGED: Error = Error::Internal("a stored password hash is damaged");
    let stored = PasswordHash::new(stored).map_err(|_| DAMAGED)?;
    if stored.algorithm != Algorithm::Argon2id.ident() || stored.version != Some(Version::V0x13.into()) {
        return Err(DAMAGED);
    }
    let params = Params::try_from(&stored).map_err(|_| DAMAGED)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err(DAMAGED);
    };
    // Compared in constant time by the type.
    Ok(derive(password, salt, params)? == *expected)
}

fn derive(password: &[u8], salt: &[u8], params: Params) -> Result<Output, Error> {
    let failed = |_| Error::Internal("password cannot be hashed");
    let mut blocks = Vec::with_capacity_in(params.block_count().max(RESERVED_BLOCKS), System);
    blocks.resize(params.block_count(), Block::default());
    let mut out = std::vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, &mut out, &mut blocks[..])
        .map_err(failed)?;
    Output::new(&out).map_err(|_| Error::Internal("password cannot be hashed"))
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordVerifier as _;

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
        let parsed = PasswordHash::new(&hash).unwrap();
        Argon2::default()
            .verify_password(b"correct horse", &parsed)
            .expect("the library agrees");
        // As much work as for a real one.
        assert_eq!(DECOY.rsplitn(3, '$').last(), hash.rsplitn(3, '$').last());
    }
}
