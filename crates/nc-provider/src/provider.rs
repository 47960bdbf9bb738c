use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use moka::sync::Cache;
use nc_auth::{
    UserId,
    fetch::{Fetch, PostForm},
    verifier::JwkSources,
};
use nc_proto::clock::Clock;
use nc_store::{Sealer, Store};
use sha2::{Digest as _, Sha256};

use crate::{
    Client, Error, KeyRing, Person, ProviderConfig, Settings, SignIn, browser, credentials::CredentialLocks,
    limits::Limits, machine, notices::Notices, random,
};

/// How old the settings that are believed may be; another process may have changed them.
const SETTINGS_FOR: Duration = Duration::from_secs(1);

/// Of how many subject identifiers it is remembered whose they are.
const MOST_ACCOUNTS: u64 = 10_000;

/// The authorization server. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    config: ProviderConfig,
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    sign_in: SignIn,
    keys: Arc<KeyRing>,
    clock: Clock,
    limits: Limits,
    settings: Mutex<Option<(i64, Arc<Settings>)>>,
    documents: OnceLock<(Arc<dyn Fetch>, JwkSources)>,
    notices: OnceLock<Notices>,
    credential_locks: CredentialLocks,
    /// Whose a subject identifier is, which never changes.
    accounts: Cache<String, UserId>,
}

impl Provider {
    /// A provider over a store.
    pub fn new(
        config: ProviderConfig,
        store: Arc<dyn Store>,
        sealer: Arc<Sealer>,
        keys: Arc<KeyRing>,
        sign_in: SignIn,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Inner {
            config,
            store,
            sealer,
            sign_in,
            keys,
            clock,
            limits: Limits::new(),
            settings: Mutex::new(None),
            documents: OnceLock::new(),
            notices: OnceLock::new(),
            credential_locks: CredentialLocks::new(),
            accounts: Cache::new(MOST_ACCOUNTS),
        }))
    }

    /// Lets it fetch what clients publish: metadata documents and keys. Without it no client is known by a document. To be
    /// called once, with a fetcher that reaches public addresses only.
    #[must_use]
    pub fn with_fetch(self, fetch: Arc<dyn Fetch>) -> Self {
        let sources = JwkSources::new(Arc::clone(&fetch), self.0.clock.clone());
        let _second_call = self.0.documents.set((fetch, sources));
        self
    }

    /// Lets it tell clients that a session ended. To be called once, with something that reaches public addresses only.
    #[must_use]
    pub fn with_notices(self, post: Arc<dyn PostForm>) -> Self {
        let _second_call = self.0.notices.set(Notices::new(post));
        self
    }

    pub(crate) fn notices(&self) -> Option<&Notices> {
        self.0.notices.get()
    }

    pub(crate) fn fetch(&self) -> Option<&Arc<dyn Fetch>> {
        self.0.documents.get().map(|(fetch, _)| fetch)
    }

    pub(crate) fn key_sources(&self) -> Option<&JwkSources> {
        self.0.documents.get().map(|(_, sources)| sources)
    }

    /// What holds while the process runs.
    pub fn config(&self) -> &ProviderConfig {
        &self.0.config
    }

    /// The store.
    pub fn store(&self) -> &dyn Store {
        self.0.store.as_ref()
    }

    /// What seals private keys.
    pub fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    /// What addresses are hashed with in the audit log. None while nothing can be sealed.
    pub(crate) fn audit_key(&self) -> Option<hmac::Key> {
        // As for the nonces of proofs: a tag of nothing that nobody else can make. The nonce is of this purpose only.
        let tag = self.sealer().seal("audit addresses", b"", [1; 24]).ok()?;
        Some(hmac::Key::new(hmac::HMAC_SHA256, &Sha256::digest(tag)))
    }

    /// What signs tokens.
    pub fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    /// The limits of the endpoints for programs.
    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn credential_locks(&self) -> &CredentialLocks {
        &self.0.credential_locks
    }

    /// Every route, below every prefix of the role. To be merged into a server's router.
    pub fn router(&self) -> axum::Router {
        browser::routes(self).merge(machine::routes(self))
    }

    /// How people sign in.
    pub fn sign_in(&self) -> &SignIn {
        &self.0.sign_in
    }

    /// The host that people know as that of their accounts.
    pub(crate) fn accounts_host(&self) -> String {
        match &self.0.sign_in {
            SignIn::Local(_) => self.0.config.authority().to_owned(),
            SignIn::Elsewhere(accounts) => accounts.nextcloud(),
            SignIn::Issuer(accounts) => accounts.host(),
        }
    }

    /// Tells the time.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        self.0.clock.now().unix_timestamp()
    }

    /// What administrators set, at most a second old.
    pub async fn settings(&self) -> Result<Arc<Settings>, Error> {
        let now = self.now();
        let known = self.0.settings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh_for = i64::try_from(SETTINGS_FOR.as_secs()).unwrap_or(1);
        if let Some((at, settings)) = known
            && (at..at.saturating_add(fresh_for)).contains(&now)
        {
            return Ok(settings);
        }
        let settings = Arc::new(Settings::load(&self.0.config, self.store()).await?);
        let remembered = Some((now, Arc::clone(&settings)));
        *self.0.settings.lock().unwrap_or_else(PoisonError::into_inner) = remembered;
        Ok(settings)
    }

    /// Forgets the settings, after one was changed here.
    pub fn forget_settings(&self) {
        *self.0.settings.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The client with this id, if it is enabled and has not ended. One that is known by a metadata document is read from
    /// there when that is due.
    pub async fn find_client(&self, client_id: &str) -> Result<Option<Client>, Error> {
        if client_id.starts_with("https://") {
            return self.find_document_client(client_id).await;
        }
        self.find_stored_client(client_id).await
    }

    /// The subject identifier of an account, made at first sight and then the same for ever.
    pub async fn subject(&self, user: &UserId) -> Result<String, Error> {
        subject_of(self.store(), &self.0.config.account_base, user, self.now()).await
    }

    /// The person behind a subject identifier. `None`: unknown, disabled or gone.
    pub async fn person(&self, subject: &str) -> Result<Option<Person>, Error> {
        let user = match self.0.accounts.get(subject) {
            Some(user) => user,
            None => match self.store().find_account(subject).await? {
                Some((base, uid)) if base == self.0.config.account_base => {
                    let user = UserId::new(uid);
                    self.0.accounts.insert(subject.to_owned(), user.clone());
                    user
                }
                _ => return Ok(None),
            },
        };
        Ok(self.0.sign_in.directory().find_person(&user).await?)
    }
}

/// The subject identifier of an account of the cloud at `base`, made at first sight and then the same for ever.
///
/// # Errors
/// When the store fails.
pub async fn subject_of(store: &dyn Store, base: &str, user: &UserId, now: i64) -> Result<String, Error> {
    if let Some(subject) = store.find_subject(base, user.as_str()).await? {
        return Ok(subject);
    }
    let fresh = uuid::Builder::from_random_bytes(random::bytes()?)
        .into_uuid()
        .to_string();
    let unit = store.begin().await?;
    let subject = unit.get_subject(base, user.as_str(), &fresh, now).await?;
    unit.commit().await?;
    Ok(subject)
}
