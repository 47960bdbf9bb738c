//! App passwords of people at another Nextcloud: kept while something that they granted is live, and no longer.
//!
//! They lie with [`ElsewhereAccounts`]; the store notes for whom there is one. The note is made before one is kept and goes
//! after it was taken back, so whatever fails in between, [`Provider::upkeep`] finds it.

use tokio::sync::{Mutex, MutexGuard};

use crate::{Audit, ElsewhereAccounts, Error, Event, GrantedElsewhere, Provider, SignIn};

/// Keeping and taking back for one person must not cross. More people than these may wait for each other, which is rare.
const LOCKS: usize = 64;

/// One lock for each of the groups into which subjects fall.
pub(crate) struct CredentialLocks([Mutex<()>; LOCKS]);

impl CredentialLocks {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }

    async fn lock(&self, subject: &str) -> MutexGuard<'_, ()> {
        let sum: usize = subject.bytes().map(usize::from).sum();
        self.0[sum % LOCKS].lock().await
    }
}

impl Provider {
    pub(crate) fn elsewhere(&self) -> Option<&dyn ElsewhereAccounts> {
        match self.sign_in() {
            SignIn::Elsewhere(accounts) => Some(accounts.as_ref()),
            SignIn::Local(_) | SignIn::Issuer(_) => None,
        }
    }

    /// Keeps the app password of somebody who just signed in; needed for as long as a request may wait for consent. Their
    /// subject identifier. An app password that cannot be kept is taken back.
    pub(crate) async fn keep_credential(
        &self,
        accounts: &dyn ElsewhereAccounts,
        granted: GrantedElsewhere,
    ) -> Result<String, Error> {
        let to_discard = GrantedElsewhere {
            uid: granted.uid.clone(),
            login: granted.login.clone(),
            app_password: granted.app_password.clone(),
        };
        let kept = self.try_keep(accounts, granted).await;
        if kept.is_err() {
            discard(accounts, to_discard).await;
        }
        kept
    }

    async fn try_keep(&self, accounts: &dyn ElsewhereAccounts, granted: GrantedElsewhere) -> Result<String, Error> {
        let subject = self.subject(&granted.uid).await?;
        let _alone = self.credential_locks().lock(&subject).await;
        let lasts_s = i64::try_from(self.config().lifetimes.request.as_secs()).unwrap_or(i64::MAX);
        let needed_until = self.now().saturating_add(lasts_s);
        let unit = self.store().begin().await?;
        unit.note_credential(&subject, Some(needed_until)).await?;
        unit.commit().await?;
        accounts.keep(&subject, granted).await?;
        Ok(subject)
    }

    /// Says until when a credential is needed though nothing may be granted: a request waits for consent, or does not any
    /// more.
    pub(crate) async fn need_credential(&self, subject: &str, until: i64) -> Result<(), Error> {
        if self.elsewhere().is_some() {
            let unit = self.store().begin().await?;
            unit.need_credential(subject, until).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// Takes the app password of a person back when no grant of theirs is live any more and no sign-in is on its way to
    /// one. Their browser sessions end with it. Whether it was taken back now.
    ///
    /// # Errors
    /// When the store fails, or the Nextcloud does not take it back; [`Provider::upkeep`] tries again.
    pub async fn forget_if_unused(&self, subject: &str) -> Result<bool, Error> {
        let Some(accounts) = self.elsewhere() else {
            return Ok(false);
        };
        let _alone = self.credential_locks().lock(subject).await;
        let unit = self.store().begin().await?;
        if unit
            .list_unneeded_credentials(Some(subject), self.now())
            .await?
            .is_empty()
        {
            return Ok(false);
        }
        // Without it nothing can be granted, so nobody must get as far as consent.
        let notices = self.queue_signed_out(unit.as_ref(), subject, None).await?;
        unit.delete_sessions(subject).await?;
        unit.commit().await?;
        self.tell_signed_out(notices);
        accounts.forget(subject).await?;
        let unit = self.store().begin().await?;
        unit.note_credential(subject, None).await?;
        unit.commit().await?;
        Ok(true)
    }

    /// The same after something ended, where a failure changes nothing for the one who asked.
    pub(crate) async fn release(&self, subject: Option<&str>) {
        let Some(subject) = subject else { return };
        if let Err(error) = self.forget_if_unused(subject).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "an app password is not taken back yet"
            );
        }
    }

    /// The same for everybody. How many were taken back.
    pub(crate) async fn release_all(&self) -> Result<u64, Error> {
        let mut released = 0;
        if self.elsewhere().is_none() {
            return Ok(released);
        }
        for subject in self.store().list_unneeded_credentials(None, self.now()).await? {
            match self.forget_if_unused(&subject).await {
                Ok(true) => released += 1,
                Ok(false) => {}
                // One that fails must not keep the others.
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an app password is not taken back yet"
                ),
            }
        }
        Ok(released)
    }

    /// Ends all that a person granted, for the reason that the audit log shall tell: the clients have to sign in again. How
    /// many grants there were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_grants_of(&self, subject: &str, reason: &str) -> Result<u64, Error> {
        let now = self.now();
        let unit = self.store().begin().await?;
        let ended = unit.revoke_grants(subject, None, None, now).await?;
        let notices = self.queue_signed_out(unit.as_ref(), subject, None).await?;
        unit.delete_sessions(subject).await?;
        unit.need_credential(subject, now).await?;
        if ended > 0 {
            Audit::new(Event::Revoked)
                .with("what", "all grants")
                .with("reason", reason)
                .with("subject", subject)
                .append(unit.as_ref(), now)
                .await?;
        }
        unit.commit().await?;
        self.tell_signed_out(notices);
        self.release(Some(subject)).await;
        Ok(ended)
    }
}

/// Takes an app password back that nobody will use.
pub(crate) async fn discard(accounts: &dyn ElsewhereAccounts, granted: GrantedElsewhere) {
    let user = granted.uid.clone();
    if let Err(error) = accounts.discard(granted).await {
        tracing::error!(
            user = user.as_str(),
            error = &error as &dyn std::error::Error,
            "an app password that is not kept could not be taken back; its owner should delete it"
        );
    }
}
