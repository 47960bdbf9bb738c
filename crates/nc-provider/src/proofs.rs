//! Proofs of possession (RFC 9449) at our own endpoints, and of our own tokens at others.

use http::HeaderMap;
use nc_auth::{
    dpop::{Nonces, ProofRefusal, verify_proof},
    token::{TokenRefusal, TokenUse},
};
use nc_proto::oauth::{
    dpop::ProvenRequest,
    error::{BearerError, TokenError},
};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{Endpoint, Error, Provider, machine::fault::Fault};

impl Provider {
    /// The thumbprint of the key that a posted request proves to have; `None` when it does not try.
    pub(crate) async fn read_proof(&self, headers: &HeaderMap, endpoint: Endpoint) -> Result<Option<String>, Fault> {
        let headers: Vec<&str> = headers
            .get_all("dpop")
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        if headers.is_empty() {
            return Ok(None);
        }
        let mut refusal = ProofRefusal::Invalid;
        // Every prefix leads to the same endpoint; a proof names the one that its client used.
        for prefix in self.config().role.prefixes() {
            let url = format!("{}{prefix}{}", self.config().issuer, self.config().role.path(endpoint));
            let url = Url::parse(&url).map_err(|_| Error::Internal("the issuer is no URL"))?;
            match self.prove(&headers, "POST", &url, None, None).await? {
                Ok(thumbprint) => return Ok(Some(thumbprint)),
                Err(ProofRefusal::Invalid) => {}
                Err(other) => refusal = other,
            }
        }
        Err(match refusal {
            ProofRefusal::Nonce => Fault::Nonce(self.nonces()?.current(self.now())),
            ProofRefusal::Invalid => TokenError::InvalidDpopProof.into(),
            ProofRefusal::Memory(_) => Error::Internal("proofs that were seen cannot be remembered").into(),
        })
    }

    /// Checks the proof that comes with a token which is bound to a key.
    pub(crate) async fn check_proof(&self, token: &TokenUse<'_>, bound_to: &str) -> Result<(), TokenRefusal> {
        let text = token.presented.token.expose_secret();
        let proven = self
            .prove(token.proofs, token.method, token.url, Some(text), Some(bound_to))
            .await;
        match proven {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(ProofRefusal::Invalid)) => Err(BearerError::InvalidDpopProof.into()),
            Ok(Err(ProofRefusal::Nonce)) => match self.nonces() {
                Ok(nonces) => Err(TokenRefusal::Nonce(nonces.current(self.now()))),
                Err(_) => Err(TokenRefusal::Unavailable { retry_after_s: 1 }),
            },
            Ok(Err(ProofRefusal::Memory(_))) | Err(_) => Err(TokenRefusal::Unavailable { retry_after_s: 1 }),
        }
    }

    async fn prove(
        &self,
        headers: &[&str],
        method: &str,
        url: &Url,
        access_token: Option<&str>,
        bound_to: Option<&str>,
    ) -> Result<Result<String, ProofRefusal>, Error> {
        let now = self.now();
        let good = if self.settings().await?.require_dpop_nonce {
            self.nonces()?.good(now).to_vec()
        } else {
            Vec::new()
        };
        let nonces: Vec<&str> = good.iter().map(String::as_str).collect();
        let request = ProvenRequest {
            method,
            url,
            now,
            access_token,
            nonces: &nonces,
            bound_to,
        };
        Ok(verify_proof(headers, &request, self).await)
    }

    /// Nonces under a secret that all replicas share, since all seal with the same key.
    fn nonces(&self) -> Result<Nonces, Error> {
        // Sealing nothing, always with the same nonce, gives the same tag to everybody who has the key, and to nobody
        // else. Nothing but nothing is ever sealed with this nonce.
        let tag = self.sealer().seal("dpop nonces", b"", [0; 24])?;
        Ok(Nonces::new(&Sha256::digest(tag).into()))
    }
}
