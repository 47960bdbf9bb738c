//! The client that this server is at the issuer, and how it says so.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use nc_auth::fetch::{Body, FetchError, GuardedFetch, Posted};
use nc_proto::oauth::{
    client_auth::{AuthMethod, BasicHeader, ClientCredential},
    form::Form,
};
use secrecy::SecretString;
use serde_json::Value;
use tokio::{
    sync::Mutex,
    time::{MissedTickBehavior, interval},
};
use url::Url;

use super::{Registrar, StartError, StoredClient, client_file::is_ending};

/// The ways of a client with a secret; Basic is the one that every server has (RFC 6749 §2.3.1).
const WAYS: [AuthMethod; 2] = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];
const MAX_BYTES: usize = 64 * 1024;
/// How often it is looked whether the secret ends.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Asks the issuer with this server's own credential. One that was registered is replaced before its secret ends, and when
/// the issuer knows it no more.
pub struct OwnClient {
    fetch: GuardedFetch,
    ways: Vec<AuthMethod>,
    /// Which of them the issuer took last.
    way: AtomicUsize,
    place: Arc<Place>,
}

/// An id and its secret.
struct Identity {
    id: Arc<str>,
    secret: SecretString,
    /// When the secret ends, Unix seconds; 0 for never.
    ends_at: i64,
}

/// Where the identity is swapped.
struct Place {
    current: RwLock<Arc<Identity>>,
    /// `None` for a client that an administrator made: only an administrator can replace it.
    registrar: Option<Registrar>,
    /// When it was last tried to register anew, Unix seconds. Whoever holds the lock registers.
    tried_at: Mutex<Option<i64>>,
}

/// Why the identity is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The secret ends soon.
    Ending,
    /// The issuer knows the client no more.
    Unknown,
}

impl OwnClient {
    /// The client with this id and secret. `methods` are those that the issuer announces; none means Basic.
    pub fn new(fetch: GuardedFetch, id: &str, secret: SecretString, methods: &[String]) -> Self {
        let identity = Identity {
            id: id.into(),
            secret,
            ends_at: 0,
        };
        Self::at(fetch, methods, identity, None)
    }

    /// The client that `registrar` keeps, or registers now.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn registered(registrar: Registrar) -> Result<Self, StartError> {
        let identity = registrar.client().await?.into();
        let fetch = registrar.fetch().clone();
        let methods = registrar.auth_methods().to_owned();
        Ok(Self::at(fetch, &methods, identity, Some(registrar)))
    }

    fn at(fetch: GuardedFetch, methods: &[String], identity: Identity, registrar: Option<Registrar>) -> Self {
        Self {
            fetch,
            ways: ways(methods),
            way: AtomicUsize::new(0),
            place: Arc::new(Place {
                current: RwLock::new(Arc::new(identity)),
                registrar,
                tried_at: Mutex::new(None),
            }),
        }
    }

    /// Its id at this moment.
    pub fn id(&self) -> Arc<str> {
        Arc::clone(&self.place.current().id)
    }

    /// Whether its secret ends some day.
    pub fn ends(&self) -> bool {
        self.place.current().ends_at != 0
    }

    /// Replaces it before its secret ends, while the server runs; to be dropped when that ends.
    pub async fn keep_registered(&self) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.lasting().await;
        }
    }

    /// Posts a form. To an issuer that does not know a registered client, it is posted once more by the one that takes its
    /// place.
    pub(super) async fn ask(&self, url: &Url, form: &Form) -> Result<Posted, FetchError> {
        let identity = self.lasting().await;
        let posted = self.ask_as(&identity, url, form).await?;
        let is_unknown = matches!(posted.status, 400 | 401) && error_code(&posted).as_deref() == Some("invalid_client");
        if is_unknown && self.replace(&identity, Cause::Unknown).await {
            return self.ask_as(&self.place.current(), url, form).await;
        }
        Ok(posted)
    }

    /// The identity, replaced if it ends soon.
    async fn lasting(&self) -> Arc<Identity> {
        let identity = self.place.current();
        let registrar = self.place.registrar.as_ref();
        if registrar.is_some_and(|registrar| is_ending(identity.ends_at, registrar.now())) {
            self.replace(&identity, Cause::Ending).await;
            return self.place.current();
        }
        identity
    }

    /// Whether another identity is in the place of this one.
    async fn replace(&self, identity: &Arc<Identity>, cause: Cause) -> bool {
        if self.place.registrar.is_none() {
            return false;
        }
        // What was registered must not be lost because a client goes away.
        let (place, identity) = (Arc::clone(&self.place), Arc::clone(identity));
        let task = tokio::spawn(async move { place.replace(&identity, cause).await });
        task.await.unwrap_or(false)
    }

    /// How the client is registered is not told by anybody, so a refusal of one way is tried the other way.
    async fn ask_as(&self, identity: &Identity, url: &Url, form: &Form) -> Result<Posted, FetchError> {
        let used = self.way.load(Ordering::Relaxed);
        let posted = self.send(identity, url, form.clone(), used).await?;
        if !is_refused(&posted) || self.ways.len() < 2 {
            return Ok(posted);
        }
        let other = (used + 1) % self.ways.len();
        let second = self.send(identity, url, form.clone(), other).await?;
        if is_refused(&second) {
            return Ok(posted);
        }
        self.way.store(other, Ordering::Relaxed);
        Ok(second)
    }

    async fn send(&self, identity: &Identity, url: &Url, mut form: Form, way: usize) -> Result<Posted, FetchError> {
        let (client_id, secret) = (identity.id.to_string(), identity.secret.clone());
        let credential = match self.ways.get(way) {
            Some(AuthMethod::ClientSecretPost) => ClientCredential::Post { client_id, secret },
            _ => ClientCredential::Basic { client_id, secret },
        };
        let header = credential.write(&mut form);
        let header = header.as_ref().map(BasicHeader::expose);
        self.fetch
            .post(url, Body::Form(&form.to_string()), header, MAX_BYTES)
            .await
    }
}

impl Place {
    fn current(&self) -> Arc<Identity> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn replace(&self, identity: &Arc<Identity>, cause: Cause) -> bool {
        let Some(registrar) = &self.registrar else { return false };
        let mut tried_at = self.tried_at.lock().await;
        if !Arc::ptr_eq(&self.current(), identity) {
            return true;
        }
        let now = registrar.now();
        if tried_at.is_some_and(|at| now < at.saturating_add(cause.pause_s())) {
            return false;
        }
        *tried_at = Some(now);
        tracing::warn!(client = &*identity.id, "{}; this server registers anew", cause.text());
        match registrar.another_than(&identity.id).await {
            Ok(client) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(client.into());
                true
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "this server could not register anew"
                );
                false
            }
        }
    }
}

impl Cause {
    /// Seconds from one try to the next.
    const fn pause_s(self) -> i64 {
        match self {
            Self::Ending => 60,
            // An issuer that knows none of its clients shall not get one a second.
            Self::Unknown => 600,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Ending => "the secret of the registered client ends",
            Self::Unknown => "the issuer knows the registered client no more",
        }
    }
}

impl From<StoredClient> for Identity {
    fn from(client: StoredClient) -> Self {
        Self {
            id: client.client_id.into(),
            secret: client.client_secret,
            ends_at: client.client_secret_expires_at,
        }
    }
}

/// The ways that a client with a secret may use there.
pub(super) fn ways(methods: &[String]) -> Vec<AuthMethod> {
    let announced = |way: &AuthMethod| methods.iter().any(|name| name == way.name());
    let ways: Vec<_> = WAYS.into_iter().filter(announced).collect();
    if ways.is_empty() {
        vec![AuthMethod::ClientSecretBasic]
    } else {
        ways
    }
}

/// The error code of an answer (RFC 6749 §5.2).
pub(super) fn error_code(posted: &Posted) -> Option<String> {
    let body: Value = serde_json::from_slice(&posted.body).ok()?;
    body.get("error")?.as_str().map(str::to_owned)
}

fn is_refused(posted: &Posted) -> bool {
    posted.status == 401 || (posted.status == 400 && error_code(posted).as_deref() == Some("invalid_client"))
}

impl std::fmt::Debug for OwnClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OwnClient({})", self.id())
    }
}
