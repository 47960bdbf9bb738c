use std::sync::Arc;

use nc_proto::{
    clock::Clock,
    oauth::jose::{Algorithm, ClaimError, Compact, IdClaims, IdExpectation, token_hash},
};
use subtle::ConstantTimeEq;

use super::{JwkSource, SourceError};
use crate::jws;

/// Why an ID token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenRefusal {
    /// It is not one of this issuer for this client and sign-in.
    #[error("the ID token is not acceptable")]
    Invalid,
    /// The issuer's keys are not known now.
    #[error("the issuer's keys cannot be fetched")]
    Unavailable,
}

/// Verifies ID tokens of one issuer for one client (`OpenID` Connect Core §3.1.3.7).
#[derive(Debug)]
pub struct IdTokenVerifier {
    issuer: String,
    client_id: String,
    keys: Arc<JwkSource>,
    algorithms: Vec<Algorithm>,
    clock: Clock,
}

impl IdTokenVerifier {
    /// A verifier for the ID tokens that `issuer` gives to `client_id`.
    pub fn for_client(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        keys: impl Into<Arc<JwkSource>>,
        algorithms: &[Algorithm],
        clock: Clock,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            keys: keys.into(),
            algorithms: algorithms.to_vec(),
            clock,
        }
    }

    /// What an ID token says. `nonce` is the one that was sent; `access_token` came with it, and has to be the one that it
    /// was made with, if it says so.
    pub async fn verify(
        &self,
        token: &str,
        nonce: Option<&str>,
        access_token: Option<&str>,
    ) -> Result<IdClaims, IdTokenRefusal> {
        let read = Compact::read(token).map_err(|_| IdTokenRefusal::Invalid)?;
        let header = &read.header;
        let is_id_token = header.typ.is_none() || header.is_typ("jwt");
        if !is_id_token || !self.algorithms.contains(&header.algorithm) {
            return Err(IdTokenRefusal::Invalid);
        }
        let key = self.keys.find(header).await.map_err(|error| match error {
            SourceError::Refused => IdTokenRefusal::Invalid,
            SourceError::Unavailable { .. } => IdTokenRefusal::Unavailable,
        })?;
        jws::verify(&read, &key).map_err(|_| IdTokenRefusal::Invalid)?;
        let claims = IdClaims::read(&read.payload).map_err(|_| IdTokenRefusal::Invalid)?;
        let expected = IdExpectation {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce,
            now: self.clock.now().unix_timestamp(),
        };
        claims.check(&expected).map_err(|error| {
            if error == ClaimError::Early {
                tracing::warn!(issuer = self.issuer, "{error}");
            }
            IdTokenRefusal::Invalid
        })?;
        if let (Some(hash), Some(token)) = (&claims.at_hash, access_token) {
            let expected = token_hash(token, header.algorithm);
            if !bool::from(hash.as_bytes().ct_eq(expected.as_bytes())) {
                return Err(IdTokenRefusal::Invalid);
            }
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests;
