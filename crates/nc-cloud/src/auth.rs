//! Authentication: exactly one credential per request, no cookies, no sessions.
//!
//! The gate of [`crate::routes`] asks the [`Authenticator`] before any handler runs and puts a [`SignedIn`] into the
//! request's extensions. A handler takes it as an argument (`signed_in: SignedIn`): it is an axum extractor.

mod credential;
mod refusal;
mod second_factor;
mod throttle;
mod tokens;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::extract::FromRequestParts;
use http::{StatusCode, request::Parts};
use moka::future::Cache;
use nc_auth::{Grants, LoginName, UserId};
use nc_proto::{
    clock::Clock,
    oauth::{
        bearer::{Presented, Scheme},
        error::BearerError,
    },
};
use nc_web::ClientAddress;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

pub(crate) use credential::Credential;
pub use refusal::Refusal;
pub use second_factor::PasswordCheck;
pub(crate) use throttle::{Attempt, Throttle};
pub use tokens::TokenIssuers;
pub(crate) use tokens::{Authenticated, Trust};

use crate::{
    Error,
    accounts::{
        Account, Accounts, AppPasswordId, AppPasswords, Known, PasswordChecker, SecondFactors, looks_like_app_password,
    },
    db::Db,
    random,
};

/// How long a verified credential is believed without asking again. Revocation in this process takes effect at once
/// (see [`Authenticator::forget`]); this bounds what another process changed in the database.
const BELIEVED_FOR: Duration = Duration::from_mins(1);

/// Verified credentials kept in memory.
const BELIEVED_AT_MOST: u64 = 10_000;

/// Sign-ins are noted at most this often; clients poll.
const NOTE_EVERY_S: i64 = 300;

/// Longest login name that is looked up.
const MAX_LOGIN_LENGTH: usize = 255;

/// Who sent the request. Put into the request's extensions by the gate; an extractor for handlers.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The user id: the segment in DAV paths, whatever name was used to sign in.
    pub user: UserId,
    /// What the credential allows. The gate has already checked the route's scope.
    pub grants: Grants,
    /// Which kind of credential it was.
    pub by: SignedInBy,
}

/// The kind of credential that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedInBy {
    /// The account's own password.
    AccountPassword,
    /// An app password.
    AppPassword(AppPasswordId),
    /// An access token; what it says is in the extensions as [`nc_auth::token::AuthContext`].
    Token,
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        // Absent only when a handler that needs a user is declared `Public`: our mistake, not the caller's.
        parts.extensions.get().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Verifies credentials; remembers verified ones for a moment, counts failures.
pub(crate) struct Authenticator {
    db: Db,
    clock: Clock,
    checker: PasswordChecker,
    throttle: Throttle,
    /// Keyed by a keyed hash of the credential, so that no password lies in memory longer than its request.
    believed: Cache<[u8; 32], Believed>,
    cache_key: [u8; 32],
    /// Moves when any credential is revoked or changed; what was verified before is verified anew.
    epoch: AtomicU64,
}

#[derive(Clone)]
struct Believed {
    epoch: u64,
    signed_in: SignedIn,
}

impl Authenticator {
    pub(crate) fn new(db: Db, clock: Clock) -> Result<Self, Error> {
        Ok(Self {
            db,
            checker: PasswordChecker::new(),
            throttle: Throttle::new(clock.clone()),
            clock,
            believed: Cache::builder()
                .max_capacity(BELIEVED_AT_MOST)
                .time_to_live(BELIEVED_FOR)
                .build(),
            cache_key: random::secret_bytes()?,
            epoch: AtomicU64::new(0),
        })
    }

    pub(crate) fn checker(&self) -> &PasswordChecker {
        &self.checker
    }

    /// Whether a password is the one behind a hash that belongs to no account. Wrong ones count under `name`.
    pub(crate) async fn guess(
        &self,
        name: &LoginName,
        address: Option<ClientAddress>,
        password: SecretString,
        hash: String,
    ) -> Result<bool, Refusal> {
        let attempt = self.throttle.begin(name, address)?;
        let right = self.checker.verify(password, Some(hash)).await?;
        if right {
            attempt.succeeded();
        }
        Ok(right)
    }

    /// Stops believing what was verified before; called after every revocation and password change has been committed.
    pub(crate) fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Checks a login name with an account or app password, as a program sends them. The password of an account with a
    /// second factor is refused like a wrong one: whoever guesses learns nothing from it.
    pub(crate) async fn check(
        &self,
        login: &LoginName,
        password: &SecretString,
        address: Option<ClientAddress>,
    ) -> Result<SignedIn, Refusal> {
        let key = self.key(login, password);
        let epoch = self.epoch.load(Ordering::SeqCst);
        if let Some(believed) = self.believed.get(&key).await {
            if believed.epoch == epoch {
                return Ok(believed.signed_in);
            }
            self.believed.invalidate(&key).await;
        }
        // Concurrent first requests of one client share one verification, and count as one attempt.
        let verify = async {
            let signed_in = self.verify(login, password, address).await?;
            Ok::<_, Refusal>(Believed { epoch, signed_in })
        };
        match self.believed.try_get_with(key, verify).await {
            Ok(believed) => Ok(believed.signed_in),
            Err(refusal) => Err(Refusal::clone(&refusal)),
        }
    }

    fn key(&self, login: &LoginName, password: &SecretString) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(self.cache_key);
        // The length parts the two, so `a:bc` and `ab:c` are different credentials.
        hash.update(login.as_str().len().to_le_bytes());
        hash.update(login.as_str());
        hash.update(password.expose_secret());
        hash.finalize().into()
    }

    async fn verify(
        &self,
        login: &LoginName,
        password: &SecretString,
        address: Option<ClientAddress>,
    ) -> Result<SignedIn, Refusal> {
        if login.as_str().len() > MAX_LOGIN_LENGTH {
            return Err(Refusal::WrongPassword);
        }
        if looks_like_app_password(password.expose_secret()) {
            // Never throttled when right: it cannot be guessed, and a stranger's guesses must not lock its owner out.
            if let Some(signed_in) = self.verify_app_password(login, password).await? {
                return Ok(signed_in);
            }
            let _counts_as_failed = self.throttle.begin(login, address)?;
            return Err(Refusal::WrongPassword);
        }
        let (attempt, account) = self.verify_account_password(login, password, address).await?;
        if SecondFactors(&self.db).is_on(&account.user_id()).await? {
            return Err(Refusal::WrongPassword);
        }
        attempt.succeeded();
        self.note_login(&account.user_id(), account.last_login_at).await?;
        Ok(SignedIn {
            user: account.user_id(),
            grants: Grants::Unrestricted,
            by: SignedInBy::AccountPassword,
        })
    }

    /// The account with this name and password. The attempt counts as failed until the caller says otherwise.
    async fn verify_account_password(
        &self,
        login: &LoginName,
        password: &SecretString,
        address: Option<ClientAddress>,
    ) -> Result<(Attempt<'_>, Account), Refusal> {
        let attempt = self.throttle.begin(login, address)?;
        let account = Accounts::new(&self.db).find_by_login(login).await?;
        let stored = match &account {
            Some(account) => Accounts::new(&self.db).find_password_hash(&account.user_id()).await?,
            None => None,
        };
        let matches = self.checker.verify(password.clone(), stored).await?;
        let Some(account) = account.filter(|_| matches) else {
            return Err(Refusal::WrongPassword);
        };
        Ok((attempt, account))
    }

    async fn verify_app_password(&self, login: &LoginName, password: &SecretString) -> Result<Option<SignedIn>, Error> {
        let Some(known) = AppPasswords(&self.db).find(password).await? else {
            return Ok(None);
        };
        let account = Accounts::new(&self.db).find_by_login(login).await?;
        let account = account.filter(|account| account.id == known.user.as_str());
        match account {
            Some(account) => self.use_app_password(known, &account).await.map(Some),
            None => Ok(None),
        }
    }

    /// Checks an app password that came as a Bearer: without a name, because it alone says whose it is.
    pub(crate) async fn check_app_password(
        &self,
        presented: &Presented,
        address: Option<ClientAddress>,
    ) -> Result<SignedIn, Refusal> {
        let refused = || Refusal::token(presented.scheme, BearerError::InvalidToken);
        if presented.scheme != Scheme::Bearer {
            return Err(refused());
        }
        if let Some(known) = AppPasswords(&self.db).find(&presented.token).await?
            && let Some(account) = Accounts::new(&self.db).find(&known.user).await?
        {
            return Ok(self.use_app_password(known, &account).await?);
        }
        // Nobody's name: counted for the address alone.
        let _counts_as_failed = self.throttle.begin(&LoginName::new(""), address)?;
        Err(refused())
    }

    async fn use_app_password(&self, known: Known, account: &Account) -> Result<SignedIn, Error> {
        let now = self.clock.now().unix_timestamp();
        if is_due(known.last_used_at, now) {
            AppPasswords(&self.db).note_use(known.id, now).await?;
        }
        self.note_login(&known.user, account.last_login_at).await?;
        Ok(SignedIn {
            user: known.user,
            grants: known.grants,
            by: SignedInBy::AppPassword(known.id),
        })
    }

    pub(crate) async fn note_login(&self, user: &UserId, last: Option<i64>) -> Result<(), Error> {
        let now = self.clock.now().unix_timestamp();
        if is_due(last, now) {
            Accounts::new(&self.db).note_login(user, now).await?;
        }
        Ok(())
    }
}

fn is_due(last: Option<i64>, now: i64) -> bool {
    last.is_none_or(|last| now - last >= NOTE_EVERY_S)
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(Arc::new(error))
    }
}
