use http::{HeaderValue, StatusCode, request::Parts};
use nc_auth::{Caller, ScopeSet};

use crate::BoxFuture;

/// Tells who calls, from exactly one credential of one request.
pub trait Authenticate: Send + Sync + 'static {
    /// The caller, or why there is none.
    fn authenticate<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Caller, Refusal>>;

    /// The challenge that goes with 403 when `needed` is not granted. Only credentials with scopes have one.
    fn scope_challenge(&self, _caller: &Caller, _needed: ScopeSet) -> Option<HeaderValue> {
        None
    }
}

/// Why a request is not served.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// 401, 403, 429 or 503.
    pub status: StatusCode,
    /// `WWW-Authenticate`, one header a challenge.
    pub challenges: Vec<HeaderValue>,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<u64>,
    /// `DPoP-Nonce`: what the next proof must carry.
    pub dpop_nonce: Option<HeaderValue>,
    /// For people; says what to do, not what was wrong with a secret.
    pub message: String,
}

impl Refusal {
    /// A status and a sentence, nothing else.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            challenges: Vec::new(),
            retry_after_s: None,
            dpop_nonce: None,
            message: message.into(),
        }
    }

    /// 401 with one challenge.
    pub fn unauthorized(challenge: HeaderValue, message: impl Into<String>) -> Self {
        Self {
            challenges: vec![challenge],
            ..Self::new(StatusCode::UNAUTHORIZED, message)
        }
    }
}

/// One user, no credential: for loopback and tests. Every request is that user's.
#[derive(Debug, Clone)]
pub struct NoCredential(pub Caller);

impl Authenticate for NoCredential {
    fn authenticate<'a>(&'a self, _request: &'a Parts) -> BoxFuture<'a, Result<Caller, Refusal>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}
