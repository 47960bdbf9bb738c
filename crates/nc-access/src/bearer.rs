//! One access token per request becomes a caller.

use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderValue, StatusCode, header, request::Parts};
use nc_auth::{
    Caller, Credential, Grants, ScopeSet, UserId,
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
};
use nc_mcp_kit::{
    BoxFuture,
    http::{Authenticate, Refusal},
};
use nc_proto::{
    clock::Clock,
    oauth::{
        bearer::{Presented, Scheme},
        error::BearerError,
    },
};
use nc_web::{ClientAddress, RateLimit};
use secrecy::SecretString;

use crate::{
    client_rules::{ClientRules, Held},
    resource::Resource,
};

/// Tokens from one address that are not believed, before it is told to wait. Good ones are believed beyond it: nobody is
/// locked out by others.
const FAILURES_PER_MINUTE: u32 = 30;

/// Why no credential for the cloud could be found out.
#[derive(Debug, thiserror::Error)]
pub enum NoAccess {
    /// What is stored here cannot be read.
    #[error("the credentials for the cloud cannot be read")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The issuer no longer believes the client's token.
    #[error("the issuer no longer believes the token")]
    Refused,
    /// The issuer cannot be asked now.
    #[error("the issuer cannot be asked")]
    Unavailable {
        /// Seconds until it is worth another try.
        retry_after_s: u32,
    },
    /// Something is set up wrong, at the issuer or here: what an administrator has to do.
    #[error("{0}")]
    Misconfigured(&'static str),
}

/// What reaches the cloud for a person.
#[derive(Debug, Clone)]
pub struct Access {
    /// The credential; [`Credential::NotProvisioned`] when the person gave none.
    pub credential: Credential,
    /// What it was given for. A token allows no more than that.
    pub limit: Grants,
}

impl From<Credential> for Access {
    fn from(credential: Credential) -> Self {
        Self {
            credential,
            limit: Grants::Unrestricted,
        }
    }
}

/// Which credential reaches the cloud for a person. The client's token never does.
#[async_trait]
pub trait CloudAccess: Send + Sync {
    /// What there is for the person whose token it is. `presented` is the client's token itself, for issuers that exchange
    /// it.
    async fn access(&self, token: &AuthContext, presented: &SecretString) -> Result<Access, NoAccess>;
}

/// Callers with an access token for this resource.
pub struct BearerTokens {
    resource: Resource,
    verifier: Arc<dyn VerifyToken>,
    access: Arc<dyn CloudAccess>,
    rules: Arc<ClientRules>,
    failures: RateLimit,
}

impl BearerTokens {
    /// Callers whose tokens `verifier` believes, as far as the `rules` of the people let their clients act.
    pub fn new(
        resource: Resource,
        verifier: Arc<dyn VerifyToken>,
        access: Arc<dyn CloudAccess>,
        rules: Arc<ClientRules>,
        clock: Clock,
    ) -> Self {
        Self {
            resource,
            verifier,
            access,
            rules,
            failures: RateLimit::new(FAILURES_PER_MINUTE, clock),
        }
    }

    async fn judge(&self, request: &Parts) -> Result<Caller, Refusal> {
        let address = request.extensions.get::<ClientAddress>().copied();
        let presented = self.presented(request)?;
        let proofs = request.headers.get_all("dpop").iter().map(HeaderValue::to_str);
        let proofs: Result<Vec<&str>, _> = proofs.collect();
        let proofs = proofs.map_err(|_| self.refusal(presented.scheme, BearerError::InvalidDpopProof))?;
        let asked = TokenUse {
            presented: &presented,
            audience: self.resource.identifier(),
            method: request.method.as_str(),
            url: self.resource.url(),
            proofs: &proofs,
        };
        let token = match self.verifier.verify(&asked).await {
            Ok(token) => token,
            Err(refusal) => return Err(self.not_believed(presented.scheme, refusal, address)),
        };
        let token = match self.rules.admit(token).await {
            Ok(token) => token,
            Err(held) => return Err(self.held(presented.scheme, &held)),
        };
        let grants = token.grants();
        let access = match self.access.access(&token, &presented.token).await {
            Ok(access) => access,
            Err(error) => return Err(self.no_access(presented.scheme, &error, address)),
        };
        Ok(Caller {
            subject: UserId::new(Arc::clone(&token.subject)),
            client: Some(token.client),
            grants: grants.limited_to(access.limit),
            credential: access.credential,
        })
    }

    /// The one token, from the header and nowhere else (RFC 6750 §2; the query would end up in logs).
    fn presented(&self, request: &Parts) -> Result<Presented, Refusal> {
        let query = request.uri.query().unwrap_or_default();
        if query.split('&').any(|pair| pair.starts_with("access_token=")) {
            return Err(self.refusal(Scheme::Bearer, BearerError::InvalidRequest));
        }
        let headers = request.headers.get_all(header::AUTHORIZATION).iter();
        match Presented::read(headers.map(HeaderValue::as_bytes)) {
            Ok(Some(presented)) => Ok(presented),
            Ok(None) => Err(Refusal {
                challenges: vec![self.resource.challenge(Scheme::Bearer, None, None)],
                ..Refusal::new(
                    StatusCode::UNAUTHORIZED,
                    "sign in: an access token for this server is needed",
                )
            }),
            Err(error) => Err(self.refusal(Scheme::Bearer, error)),
        }
    }

    fn not_believed(&self, scheme: Scheme, refusal: TokenRefusal, address: Option<ClientAddress>) -> Refusal {
        match refusal {
            TokenRefusal::Unavailable { retry_after_s } => unavailable(retry_after_s.into()),
            TokenRefusal::Nonce(nonce) => {
                let mut refusal = self.refusal(Scheme::Dpop, BearerError::UseDpopNonce);
                refusal.dpop_nonce = HeaderValue::from_str(&nonce).ok();
                refusal
            }
            TokenRefusal::Refused(error) => match self.failures.count(address) {
                Err(wait_s) => Refusal {
                    retry_after_s: Some(wait_s.unsigned_abs()),
                    ..Refusal::new(
                        StatusCode::TOO_MANY_REQUESTS,
                        format!("too many tokens that are not valid came from this address; try again in {wait_s} s"),
                    )
                },
                Ok(()) => self.refusal(scheme, error),
            },
        }
    }

    /// Signing in anew would change nothing about a pause, so nothing asks for that.
    fn held(&self, scheme: Scheme, held: &Held) -> Refusal {
        match held {
            Held::Paused => Refusal::new(
                StatusCode::FORBIDDEN,
                format!(
                    "paused: the person paused this connection; it goes on when they resume it at {}",
                    self.rules.page()
                ),
            ),
            Held::Ended => self.refusal(scheme, BearerError::InvalidToken),
            Held::Failed(error) => {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "it cannot be found out whether a client may act"
                );
                unavailable(10)
            }
        }
    }

    fn no_access(&self, scheme: Scheme, error: &NoAccess, address: Option<ClientAddress>) -> Refusal {
        match error {
            NoAccess::Failed(_) => {
                tracing::error!(error = error as &dyn std::error::Error, "no credential could be read");
                unavailable(10)
            }
            NoAccess::Refused => self.not_believed(scheme, TokenRefusal::Refused(BearerError::InvalidToken), address),
            NoAccess::Unavailable { retry_after_s } => unavailable((*retry_after_s).into()),
            NoAccess::Misconfigured(what) => Refusal::new(StatusCode::BAD_GATEWAY, *what),
        }
    }

    fn refusal(&self, scheme: Scheme, error: BearerError) -> Refusal {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        Refusal {
            challenges: vec![self.resource.challenge(scheme, Some(error), None)],
            ..Refusal::new(status, error.description())
        }
    }
}

fn unavailable(retry_after_s: u64) -> Refusal {
    Refusal {
        retry_after_s: Some(retry_after_s.max(1)),
        ..Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "it cannot be found out now whose token this is; try again later",
        )
    }
}

impl Authenticate for BearerTokens {
    fn authenticate<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Caller, Refusal>> {
        Box::pin(self.judge(request))
    }

    /// What the call needs and what the token has, in one challenge: a client that asks for the named scopes loses none.
    /// Where the person withholds what the token has, asking for another one would change nothing.
    fn scope_challenge(&self, caller: &Caller, needed: ScopeSet) -> Option<HeaderValue> {
        if self.rules.withholds(caller, needed) {
            return None;
        }
        let scopes = match caller.grants {
            Grants::Only(granted) => granted.union(needed),
            Grants::Unrestricted => needed,
        };
        let error = Some(BearerError::InsufficientScope);
        Some(self.resource.challenge(Scheme::Bearer, error, Some(scopes)))
    }
}
