use std::sync::Arc;

use async_trait::async_trait;
use nc_proto::{
    clock::Clock,
    oauth::{
        error::BearerError,
        jose::{AccessClaims, Algorithm, ClaimError, Compact, Expectation},
    },
};
use serde_json::{Map, Value};

use super::{JwkSource, cache::Results};
use crate::{jws, token::TokenRefusal};

/// Whether tokens of the type `JWT` count as access tokens, for issuers from before RFC 9068.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LegacyTyp {
    /// They do not; ID tokens have that type.
    #[default]
    Refused,
    /// They do, if nothing in them says that they are ID tokens.
    Accepted,
}

/// A token whose signature is verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// The claims that every access token has.
    pub claims: AccessClaims,
    /// All claims.
    pub all: Map<String, Value>,
}

/// What was taken back before its time.
#[async_trait]
pub trait Revocations: Send + Sync {
    /// Whether this token, or the session that it comes from, was.
    async fn is_revoked(&self, claims: &AccessClaims) -> Result<bool, TokenRefusal>;
}

/// Verifies signed access tokens (RFC 9068 §4) of one issuer.
pub struct AccessTokenVerifier {
    issuer: String,
    keys: Arc<JwkSource>,
    algorithms: Vec<Algorithm>,
    legacy: LegacyTyp,
    revocations: Option<Arc<dyn Revocations>>,
    clock: Clock,
    results: Results,
}

impl AccessTokenVerifier {
    /// A verifier for the tokens of `issuer`, which is compared to the byte.
    pub fn new(issuer: impl Into<String>, keys: impl Into<Arc<JwkSource>>, clock: Clock) -> Self {
        Self {
            issuer: issuer.into(),
            keys: keys.into(),
            algorithms: Algorithm::ALL.to_vec(),
            legacy: LegacyTyp::default(),
            revocations: None,
            clock,
            results: Results::new(),
        }
    }

    /// Only these algorithms.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.algorithms = algorithms.to_vec();
        self
    }

    /// Whether tokens of the type `JWT` are taken.
    #[must_use]
    pub const fn with_legacy_typ(mut self, legacy: LegacyTyp) -> Self {
        self.legacy = legacy;
        self
    }

    /// Asks about every token whether it was taken back.
    #[must_use]
    pub fn with_revocations(mut self, revocations: Arc<dyn Revocations>) -> Self {
        self.revocations = Some(revocations);
        self
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The keys, to fetch them ahead.
    pub fn keys(&self) -> &JwkSource {
        &self.keys
    }

    /// What a token says, if it is good now for one of these audiences.
    ///
    /// The signature is verified once in a while for each token; what it says about audience and time is checked always.
    pub async fn verify(&self, token: &str, audiences: &[&str]) -> Result<Arc<Verified>, TokenRefusal> {
        let now = self.clock.now().unix_timestamp();
        let key = Results::key(token);
        let remembered = self.results.find(&key, now);
        let outcome = if let Some(outcome) = remembered {
            outcome
        } else {
            let outcome = match self.verify_signature(token).await {
                Ok(verified) => Ok(Arc::new(verified)),
                Err(TokenRefusal::Refused(error)) => Err(error),
                // Neither yes nor no is nothing to remember.
                Err(other) => return Err(other),
            };
            self.results.keep(key, &outcome, now);
            outcome
        };
        let verified = outcome?;
        let good_for = |audience: &&str| {
            let expected = Expectation {
                issuer: &self.issuer,
                audience,
                now,
            };
            let checked = verified.claims.check(&expected);
            if let Err(error @ ClaimError::Early) = checked {
                tracing::warn!(issuer = self.issuer, "{error}");
            }
            checked.is_ok()
        };
        if !audiences.iter().any(good_for) {
            return Err(BearerError::InvalidToken.into());
        }
        if let Some(revocations) = &self.revocations
            && revocations.is_revoked(&verified.claims).await?
        {
            self.results.forget(&key);
            return Err(BearerError::InvalidToken.into());
        }
        Ok(verified)
    }

    async fn verify_signature(&self, token: &str) -> Result<Verified, TokenRefusal> {
        let refused = || TokenRefusal::Refused(BearerError::InvalidToken);
        let read = Compact::read(token).map_err(|_| refused())?;
        let header = &read.header;
        let is_legacy = self.legacy == LegacyTyp::Accepted && header.is_typ("jwt");
        if !(header.is_access_token() || is_legacy) || !self.algorithms.contains(&header.algorithm) {
            return Err(refused());
        }
        // A token of another issuer makes no request to this one. Not believed yet, only looked at.
        let claims = AccessClaims::read(&read.payload).map_err(|_| refused())?;
        if claims.iss != self.issuer {
            return Err(refused());
        }
        let key = self.keys.find(header).await?;
        jws::verify(&read, &key).map_err(|_| refused())?;
        let all: Map<String, Value> = serde_json::from_slice(&read.payload).map_err(|_| refused())?;
        // Marks of ID tokens (OpenID Connect Core §2).
        if is_legacy && (all.contains_key("nonce") || all.contains_key("at_hash")) {
            return Err(refused());
        }
        Ok(Verified { claims, all })
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> u64 {
        self.results.len()
    }
}

impl std::fmt::Debug for AccessTokenVerifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "AccessTokenVerifier({})", self.issuer)
    }
}

#[cfg(test)]
mod tests;
