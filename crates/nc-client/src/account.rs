//! What is known about one credential.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use http::HeaderValue;
use moka::sync::Cache;
use nc_proto::{account::CloudUser, capabilities::Capabilities};
use time::OffsetDateTime;

use crate::{Credential, Error, Principal, credential::Key, files, fresh::Fresh, writers::Writers};

const UNPROVEN: u8 = 0;
const PROVEN: u8 = 1;
const REJECTED: u8 = 2;

/// How long it is remembered that an app is missing.
const APP_MISSING_FOR: time::Duration = time::Duration::minutes(5);

/// How long a rejected credential is not sent again. Not for ever: a directory server that is down makes Nextcloud answer
/// 401 as well, and nobody should have to restart us for that. One try in this time is far below what blocks an address.
const REJECTED_FOR: Duration = Duration::from_mins(15);

/// What is known about one credential.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) credential: Credential,
    pub(crate) authorization: Result<HeaderValue, Error>,
    standing: AtomicU8,
    /// Held by the one request that tries an unproven credential.
    trial: tokio::sync::Mutex<()>,
    pub(crate) user: Fresh<CloudUser>,
    pub(crate) capabilities: Fresh<Capabilities>,
    pub(crate) principal: Fresh<Principal>,
    pub(crate) writers: Writers,
    /// What tags hide of the user's files.
    pub(crate) hidden: tokio::sync::Mutex<files::hidden::Remembered>,
    missing_apps: Mutex<HashMap<&'static str, OffsetDateTime>>,
    looked_at: AtomicBool,
}

impl Account {
    fn new(credential: Credential, rejected: bool) -> Self {
        Self {
            authorization: credential.header_value(),
            credential,
            standing: AtomicU8::new(if rejected { REJECTED } else { UNPROVEN }),
            trial: tokio::sync::Mutex::default(),
            user: Fresh::default(),
            capabilities: Fresh::default(),
            principal: Fresh::default(),
            writers: Writers::default(),
            hidden: tokio::sync::Mutex::default(),
            missing_apps: Mutex::default(),
            looked_at: AtomicBool::new(false),
        }
    }

    /// Waits for the right to send a request.
    ///
    /// Nextcloud slows down, then blocks the address of whoever sends wrong passwords, and a shared server has one
    /// address for all its users. So an unproven credential is tried by one request alone, and a rejected one is not
    /// sent again.
    pub(crate) async fn admit(&self) -> Result<Admission<'_>, Error> {
        if self.standing.load(Ordering::Acquire) == UNPROVEN {
            let trial = self.trial.lock().await;
            if self.standing.load(Ordering::Acquire) == UNPROVEN {
                return Ok(Admission { _trial: Some(trial) });
            }
        }
        match self.standing.load(Ordering::Acquire) {
            REJECTED => Err(Error::Unauthorized),
            _ => Ok(Admission { _trial: None }),
        }
    }

    pub(crate) fn is_rejected(&self) -> bool {
        self.standing.load(Ordering::Acquire) == REJECTED
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.standing.load(Ordering::Acquire) == PROVEN
    }

    pub(crate) fn prove(&self) {
        let _ = self
            .standing
            .compare_exchange(UNPROVEN, PROVEN, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Whether nobody asked before; for what is to be said once.
    pub(crate) fn is_first_look(&self) -> bool {
        !self.looked_at.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn lacks(&self, app: &'static str, now: OffsetDateTime) -> bool {
        let missing = self
            .missing_apps
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        missing.get(app).is_some_and(|since| now - *since < APP_MISSING_FOR)
    }

    pub(crate) fn note_missing(&self, app: &'static str, now: OffsetDateTime) {
        let mut missing = self
            .missing_apps
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        missing.insert(app, now);
    }
}

/// The right to send a request; lets the next ones in when it is dropped.
#[derive(Debug)]
pub(crate) struct Admission<'a> {
    _trial: Option<tokio::sync::MutexGuard<'a, ()>>,
}

/// All credentials of the last hour, and those that were rejected.
pub(crate) struct Accounts {
    known: Cache<Key, Arc<Account>>,
    rejected: Cache<Key, ()>,
}

impl Accounts {
    pub(crate) fn new() -> Self {
        Self::forgiving_after(REJECTED_FOR)
    }

    fn forgiving_after(rejected_for: Duration) -> Self {
        Self {
            known: Cache::builder()
                .max_capacity(10_000)
                .time_to_idle(Duration::from_hours(1))
                .build(),
            rejected: Cache::builder()
                .max_capacity(100_000)
                .time_to_live(rejected_for)
                .build(),
        }
    }

    pub(crate) fn get(&self, credential: Credential) -> Arc<Account> {
        let key = credential.key();
        let account = self.known.get_with(key, || {
            Arc::new(Account::new(credential, self.rejected.contains_key(&key)))
        });
        if account.is_rejected() && !self.rejected.contains_key(&key) {
            self.forgive(&account);
        }
        account
    }

    pub(crate) fn reject(&self, account: &Account) {
        self.rejected.insert(account.credential.key(), ());
        account.standing.store(REJECTED, Ordering::Release);
    }

    /// Lets a credential be tried again.
    pub(crate) fn forgive(&self, account: &Account) {
        self.rejected.invalidate(&account.credential.key());
        let _ = account
            .standing
            .compare_exchange(REJECTED, UNPROVEN, Ordering::AcqRel, Ordering::Acquire);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        Credential::Basic {
            login: "carol".into(),
            password: "pw".into(),
        }
    }

    #[test]
    fn a_rejection_holds_for_its_time_and_no_longer() {
        let lasting = Accounts::forgiving_after(Duration::from_hours(1));
        lasting.reject(&lasting.get(credential()));
        assert!(lasting.get(credential()).is_rejected());
        let passing = Accounts::forgiving_after(Duration::ZERO);
        passing.reject(&passing.get(credential()));
        assert!(!passing.get(credential()).is_rejected());
    }
}
