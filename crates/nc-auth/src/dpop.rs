//! Proofs of possession (RFC 9449): signature, replay, and the nonces that a server may ask for.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nc_proto::oauth::{
    dpop::{Proof, ProofError, ProvenRequest, WINDOW_S},
    error::{BearerError, TokenError},
};

use crate::{MemoryFailed, SeenBefore, jws};

/// How long a nonce is given out. The one before it is still good.
const NONCE_S: i64 = 5 * 60;

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// It proves nothing about this request, or was seen before.
    #[error("the proof is missing, wrong or was used before")]
    Invalid,
    /// It has to carry a nonce of ours.
    #[error("the proof lacks the nonce")]
    Nonce,
    /// It cannot be told whether it was seen before.
    #[error(transparent)]
    Memory(#[from] MemoryFailed),
}

impl From<ProofError> for ProofRefusal {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Invalid => Self::Invalid,
            ProofError::Nonce => Self::Nonce,
        }
    }
}

impl From<ProofRefusal> for TokenError {
    fn from(refusal: ProofRefusal) -> Self {
        match refusal {
            ProofRefusal::Invalid => Self::InvalidDpopProof,
            ProofRefusal::Nonce => Self::UseDpopNonce,
            ProofRefusal::Memory(_) => Self::ServerError,
        }
    }
}

/// Verifies the `DPoP` headers of a request, of which there must be exactly one. Returns the thumbprint of the key that was
/// proven.
pub async fn verify_proof(
    headers: &[&str],
    request: &ProvenRequest<'_>,
    seen: &dyn SeenBefore,
) -> Result<String, ProofRefusal> {
    let [header] = headers else {
        return Err(ProofRefusal::Invalid);
    };
    let proof = Proof::read(header)?;
    let thumbprint = proof.check(request)?;
    jws::verify(&proof.token, &proof.key).map_err(|_| ProofRefusal::Invalid)?;
    // Only what is good is remembered, so nobody fills the memory without a key, nor spends another's `jti`.
    let name = format!("dpop|{thumbprint}|{}", proof.claims.jti);
    let expires_at = proof.claims.iat.saturating_add(WINDOW_S).saturating_add(1);
    if seen.see_once(&name, expires_at, request.now).await? {
        Ok(thumbprint)
    } else {
        Err(ProofRefusal::Invalid)
    }
}

/// The answer at an API.
impl From<ProofRefusal> for BearerError {
    fn from(refusal: ProofRefusal) -> Self {
        match refusal {
            ProofRefusal::Nonce => Self::UseDpopNonce,
            ProofRefusal::Invalid | ProofRefusal::Memory(_) => Self::InvalidDpopProof,
        }
    }
}

/// Nonces that need no memory: a keyed hash of the time, so replicas with one secret know each other's.
pub struct Nonces(hmac::Key);

impl Nonces {
    /// Nonces under a secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The nonce to give out.
    pub fn current(&self, now: i64) -> String {
        self.of(now.div_euclid(NONCE_S))
    }

    /// The nonces that are good.
    pub fn good(&self, now: i64) -> [String; 2] {
        let period = now.div_euclid(NONCE_S);
        [self.of(period), self.of(period.saturating_sub(1))]
    }

    fn of(&self, period: i64) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"dpop nonce|");
        context.update(&period.to_be_bytes());
        URL_SAFE_NO_PAD.encode(&context.sign().as_ref()[..16])
    }
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Nonces")
    }
}

#[cfg(test)]
mod tests;
