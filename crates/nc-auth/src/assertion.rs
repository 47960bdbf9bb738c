//! Clients that authenticate with a signed assertion (`private_key_jwt`, RFC 7523).

use nc_proto::oauth::{assertion::Assertion, error::TokenError, jose::LEEWAY_S};

use crate::{
    MemoryFailed, SeenBefore, jws,
    verifier::{JwkSource, SourceError},
};

/// Why an assertion is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionRefusal {
    /// It is not one of this client for this server, or was used before.
    #[error("the assertion is wrong or was used before")]
    Invalid,
    /// The client's keys are not known now.
    #[error("the client's keys cannot be fetched")]
    Unavailable,
    /// It cannot be told whether it was seen before.
    #[error(transparent)]
    Memory(#[from] MemoryFailed),
}

impl From<AssertionRefusal> for TokenError {
    fn from(refusal: AssertionRefusal) -> Self {
        match refusal {
            // The client is to blame for keys that cannot be fetched.
            AssertionRefusal::Invalid | AssertionRefusal::Unavailable => Self::InvalidClient,
            AssertionRefusal::Memory(_) => Self::ServerError,
        }
    }
}

/// Verifies an assertion with the keys of the client that its `sub` names. `issuer` is this server, `client_id` the one in the
/// body of the request, if there is one.
pub async fn verify_assertion(
    assertion: &Assertion<'_>,
    keys: &JwkSource,
    issuer: &str,
    client_id: Option<&str>,
    now: i64,
    seen: &dyn SeenBefore,
) -> Result<(), AssertionRefusal> {
    let invalid = |_| AssertionRefusal::Invalid;
    assertion.check(issuer, client_id, now).map_err(invalid)?;
    let key = keys.find(&assertion.token.header).await.map_err(|error| match error {
        SourceError::Refused => AssertionRefusal::Invalid,
        SourceError::Unavailable { .. } => AssertionRefusal::Unavailable,
    })?;
    jws::verify(&assertion.token, &key).map_err(|_| AssertionRefusal::Invalid)?;
    let claims = &assertion.claims;
    // Ids of clients hold no line breaks, so the two parts cannot run into each other.
    let name = format!("assertion|{}\n{}", claims.sub, claims.jti);
    let expires_at = claims.exp.saturating_add(LEEWAY_S);
    if seen.see_once(&name, expires_at, now).await? {
        Ok(())
    } else {
        Err(AssertionRefusal::Invalid)
    }
}

#[cfg(test)]
mod tests;
