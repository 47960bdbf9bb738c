//! Access tokens as a resource server sees them: what is asked of a verifier, and what it learns.
//!
//! The provider of this process verifies its own tokens, [`crate`]'s verifiers those of other issuers; the APIs only know
//! [`VerifyToken`].

use std::sync::Arc;

use async_trait::async_trait;
use nc_proto::oauth::{bearer::Presented, error::BearerError, scope_list::ScopeList};
use url::Url;

use crate::{Grants, Scope, UserId};

/// A token with what a verifier needs to know of its request.
#[derive(Debug, Clone, Copy)]
pub struct TokenUse<'a> {
    /// The token as presented.
    pub presented: &'a Presented,
    /// The resource that is asked; the token must be for exactly this one.
    pub audience: &'a str,
    /// HTTP method of the request.
    pub method: &'a str,
    /// URL of the request, made from the configured base, never from `Host`.
    pub url: &'a Url,
    /// Every `DPoP` header of the request.
    pub proofs: &'a [&'a str],
}

/// Whose token it is, and what it allows. Only verifiers make one.
#[derive(Debug, Clone)]
pub struct AuthContext {
    /// Who issued the token.
    pub issuer: Arc<str>,
    /// Subject identifier at the issuer.
    pub subject: Arc<str>,
    /// The account.
    pub user: UserId,
    /// The client that the token was issued to.
    pub client: Arc<str>,
    /// What it allows, as spelled in the token (normalised to `app:verb`).
    pub scopes: ScopeList,
    /// The resources that it is for.
    pub resources: Vec<String>,
    /// The browser session that it comes from.
    pub sid: Option<Arc<str>>,
    /// Its own name.
    pub jti: Option<Arc<str>>,
    /// How well the user signed in.
    pub acr: Option<String>,
    /// By which means.
    pub amr: Vec<String>,
    /// When the user signed in, Unix seconds.
    pub auth_time: Option<i64>,
    /// When the token was issued, Unix seconds, if that is known.
    pub issued_at: Option<i64>,
    /// When the token ends, Unix seconds.
    pub expires_at: i64,
}

impl AuthContext {
    /// The scopes of this product among the token's. Others grant nothing here.
    pub fn grants(&self) -> Grants {
        Grants::Only(
            self.scopes
                .iter()
                .filter_map(|scope| scope.parse::<Scope>().ok())
                .collect(),
        )
    }
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRefusal {
    /// By the rules of RFC 6750 and RFC 9449.
    Refused(BearerError),
    /// The proof must carry this nonce (RFC 9449 §9).
    Nonce(String),
    /// The issuer cannot be asked now: neither yes nor no.
    Unavailable {
        /// Seconds until it is worth another try.
        retry_after_s: u32,
    },
}

impl From<BearerError> for TokenRefusal {
    fn from(error: BearerError) -> Self {
        Self::Refused(error)
    }
}

/// Verifies access tokens.
#[async_trait]
pub trait VerifyToken: Send + Sync {
    /// Whose token it is. The scopes are for the caller to check.
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal>;
}
