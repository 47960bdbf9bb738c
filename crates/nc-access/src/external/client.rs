//! The client that this server is at the issuer, and how it says so.

use std::sync::atomic::{AtomicUsize, Ordering};

use nc_auth::fetch::{Body, FetchError, GuardedFetch, Posted};
use nc_proto::oauth::{
    client_auth::{AuthMethod, BasicHeader, ClientCredential},
    form::Form,
};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

/// The ways of a client with a secret; Basic is the one that every server has (RFC 6749 §2.3.1).
const WAYS: [AuthMethod; 2] = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];
const MAX_BYTES: usize = 64 * 1024;

/// Asks the issuer with this server's own credential.
pub struct OwnClient {
    fetch: GuardedFetch,
    id: String,
    secret: SecretString,
    ways: Vec<AuthMethod>,
    /// Which of them the issuer took last.
    way: AtomicUsize,
}

impl OwnClient {
    /// The client with this id and secret. `methods` are those that the issuer announces; none means Basic.
    pub fn new(fetch: GuardedFetch, id: String, secret: SecretString, methods: &[String]) -> Self {
        Self {
            fetch,
            id,
            secret,
            ways: ways(methods),
            way: AtomicUsize::new(0),
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Posts a form. How the client is registered is not told by anybody, so a refusal of one way is tried the other way.
    pub(super) async fn ask(&self, url: &Url, form: &Form) -> Result<Posted, FetchError> {
        let used = self.way.load(Ordering::Relaxed);
        let posted = self.send(url, form.clone(), used).await?;
        if !is_refused(&posted) || self.ways.len() < 2 {
            return Ok(posted);
        }
        let other = (used + 1) % self.ways.len();
        let second = self.send(url, form.clone(), other).await?;
        if is_refused(&second) {
            return Ok(posted);
        }
        self.way.store(other, Ordering::Relaxed);
        Ok(second)
    }

    async fn send(&self, url: &Url, mut form: Form, way: usize) -> Result<Posted, FetchError> {
        let (client_id, secret) = (self.id.clone(), self.secret.clone());
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
        write!(formatter, "OwnClient({})", self.id)
    }
}
