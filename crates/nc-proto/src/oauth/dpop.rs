//! Proofs of possession (RFC 9449), up to the signature and the memory of proofs that were seen.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use super::{
    error::{BearerError, TokenError},
    jose::{Algorithm, Compact, JoseError, Jwk},
};

/// How old or new a proof may be.
pub const WINDOW_S: i64 = 60;
/// The longest `jti`, since each is remembered for a while.
pub const JTI_MAX_BYTES: usize = 128;

/// Algorithms that a proof may be signed with.
pub const ALGORITHMS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::EdDsa];

/// Claims of a proof (RFC 9449 §4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofClaims {
    /// Its own name. To be refused when it was seen before.
    pub jti: String,
    /// HTTP method of the request.
    pub htm: String,
    /// URL of the request.
    pub htu: String,
    /// When it was made, in Unix seconds.
    pub iat: i64,
    /// Hash of the access token that it goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ath: Option<String>,
    /// A value that the server gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// A proof, read. It proves nothing before its signature is verified with [`Proof::key`].
#[derive(Debug, Clone, PartialEq)]
pub struct Proof<'a> {
    /// What is signed, and the signature.
    pub token: Compact<'a>,
    /// The key that it claims to have.
    pub key: Jwk,
    /// What it says.
    pub claims: ProofClaims,
}

/// The request that a proof has to go with.
#[derive(Debug, Clone, Copy)]
pub struct ProvenRequest<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// URL as the client sees it; from configuration, not from `Host`.
    pub url: &'a Url,
    /// The time, in Unix seconds.
    pub now: i64,
    /// The access token, at a resource.
    pub access_token: Option<&'a str>,
    /// The nonces that are good now; empty when none is asked for.
    pub nonces: &'a [&'a str],
    /// Thumbprint that the token, code or request is bound to.
    pub bound_to: Option<&'a str>,
}

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It proves nothing about this request.
    #[error("the proof does not fit")]
    Invalid,
    /// It has to carry a nonce of ours.
    #[error("the proof lacks the nonce")]
    Nonce,
}

impl From<JoseError> for ProofError {
    fn from(_: JoseError) -> Self {
        Self::Invalid
    }
}

impl From<ProofError> for TokenError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Invalid => Self::InvalidDpopProof,
            ProofError::Nonce => Self::UseDpopNonce,
        }
    }
}

impl From<ProofError> for BearerError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Invalid => Self::InvalidDpopProof,
            ProofError::Nonce => Self::UseDpopNonce,
        }
    }
}

impl<'a> Proof<'a> {
    /// Reads the one `DPoP` header of a request.
    pub fn read(header: &'a str) -> Result<Self, ProofError> {
        let token = Compact::read(header)?;
        let algorithm = token.header.algorithm;
        // RFC 9449 §4.2: exactly this type.
        if token.header.typ.as_deref() != Some("dpop+jwt") || !ALGORITHMS.contains(&algorithm) {
            return Err(ProofError::Invalid);
        }
        let key = Jwk::from_value(token.header.jwk.as_ref().ok_or(ProofError::Invalid)?)?;
        let claims: ProofClaims = token.claims()?;
        if !key.fits(algorithm) || claims.jti.is_empty() || claims.jti.len() > JTI_MAX_BYTES {
            return Err(ProofError::Invalid);
        }
        Ok(Self { token, key, claims })
    }

    /// Checks it against its request, all but signature and replay. Returns the thumbprint of its key.
    pub fn check(&self, request: &ProvenRequest<'_>) -> Result<String, ProofError> {
        let claims = &self.claims;
        let fits = claims.htm == request.method
            && same_address(&claims.htu, request.url)
            && claims.iat.abs_diff(request.now) <= WINDOW_S.unsigned_abs();
        let thumbprint = self.key.thumbprint();
        let hash = request.access_token.map(access_token_hash);
        let proves_token = hash.is_none_or(|hash| same(claims.ath.as_deref(), &hash));
        let proves_key = request.bound_to.is_none_or(|bound| same(Some(&thumbprint), bound));
        if !fits || !proves_token || !proves_key {
            return Err(ProofError::Invalid);
        }
        let known = request.nonces.iter().any(|nonce| same(claims.nonce.as_deref(), nonce));
        if !request.nonces.is_empty() && !known {
            return Err(ProofError::Nonce);
        }
        Ok(thumbprint)
    }
}

/// `ath` of an access token (RFC 9449 §4.2).
pub fn access_token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

fn same(given: Option<&str>, expected: &str) -> bool {
    given.is_some_and(|given| given.as_bytes().ct_eq(expected.as_bytes()).into())
}

/// Compared after normalising both, without query and fragment (RFC 9449 §4.3 no. 9).
fn same_address(claimed: &str, actual: &Url) -> bool {
    let Ok(mut claimed) = Url::parse(claimed) else {
        return false;
    };
    let mut actual = actual.clone();
    for url in [&mut claimed, &mut actual] {
        url.set_query(None);
        url.set_fragment(None);
    }
    claimed == actual
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Key, access token and hash of the examples of RFC 9449 §§4.1 and 7.1.
    const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    const HASH: &str = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
    const EXAMPLE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

    fn jwk() -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"})
    }

    fn header() -> Value {
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk()})
    }

    fn claims() -> Value {
        json!({"jti": "j", "htm": "GET", "htu": "https://api.example/notes", "iat": 1000, "ath": HASH, "nonce": "n"})
    }

    fn with(mut value: Value, name: &str, member: Value) -> Value {
        value[name] = member;
        value
    }

    fn write(header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", encode(header), encode(claims))
    }

    fn check(claims: &Value, nonces: &[&str], bound_to: Option<&str>) -> Result<String, ProofError> {
        let text = write(&header(), claims);
        let url = Url::parse("https://api.example/notes?page=2").expect("a URL");
        let request = ProvenRequest {
            method: "GET",
            url: &url,
            now: 1000,
            access_token: Some(TOKEN),
            nonces,
            bound_to,
        };
        Proof::read(&text)?.check(&request)
    }

    #[test]
    fn the_example_of_rfc_9449_is_read() {
        let proof = Proof::read(EXAMPLE).expect("readable");
        let url = Url::parse("https://server.example.com/token").expect("a URL");
        let request = ProvenRequest {
            method: "POST",
            url: &url,
            now: 1_562_262_616,
            access_token: None,
            nonces: &[],
            bound_to: None,
        };
        // The thumbprint of the example in RFC 9449 §6.1.
        assert_eq!(
            proof.check(&request).as_deref(),
            Ok("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        );
        assert_eq!(access_token_hash(TOKEN), HASH);
    }

    #[test]
    fn t27_headers_that_prove_nothing_are_refused() {
        assert!(Proof::read(&write(&header(), &claims())).is_ok());
        for bad in [
            with(header(), "typ", json!("JWT")),
            with(header(), "typ", json!("DPOP+JWT")),
            with(header(), "alg", json!("HS256")),
            with(header(), "alg", json!("none")),
            with(header(), "alg", json!("RS256")),
            with(header(), "alg", json!("EdDSA")),
            with(header(), "jwk", with(jwk(), "d", json!("AA"))),
            with(header(), "jwk", json!(null)),
            json!({"typ": "dpop+jwt", "alg": "ES256"}),
        ] {
            assert_eq!(Proof::read(&write(&bad, &claims())), Err(ProofError::Invalid), "{bad}");
        }
        assert_eq!(Proof::read(""), Err(ProofError::Invalid));
    }

    #[test]
    fn t27_claims_that_do_not_fit_the_request_are_refused() {
        assert!(check(&claims(), &[], None).is_ok());
        for (name, value) in [
            ("htm", json!("POST")),
            ("htm", json!("get")),
            ("htu", json!("https://api.example/other")),
            ("htu", json!("http://api.example/notes")),
            ("htu", json!("/notes")),
            ("iat", json!(939)),
            ("iat", json!(1061)),
            ("iat", json!("1000")),
            ("iat", json!(i64::MIN)),
            ("ath", json!("wrong")),
            ("ath", json!(null)),
            ("jti", json!("")),
            ("jti", json!("j".repeat(129))),
        ] {
            assert_eq!(
                check(&with(claims(), name, value.clone()), &[], None),
                Err(ProofError::Invalid),
                "{name} {value}"
            );
        }
        for (name, value) in [
            ("iat", json!(940)),
            ("iat", json!(1060)),
            ("htu", json!("HTTPS://API.example:443/notes?x#y")),
            ("jti", json!("j".repeat(128))),
        ] {
            assert!(
                check(&with(claims(), name, value.clone()), &[], None).is_ok(),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn t27_the_key_is_the_bound_one_and_the_nonce_is_asked_for() {
        let thumbprint = check(&claims(), &["m", "n"], None).expect("fits");
        assert!(check(&claims(), &[], Some(&thumbprint)).is_ok());
        let other = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        assert_eq!(check(&claims(), &[], Some(other)), Err(ProofError::Invalid));
        assert_eq!(check(&claims(), &["m"], None), Err(ProofError::Nonce));
        assert_eq!(TokenError::from(ProofError::Nonce).code(), "use_dpop_nonce");
        assert_eq!(BearerError::from(ProofError::Invalid).status(), 401);
        assert_eq!(TokenError::from(ProofError::Invalid).status(), 400);
    }

    proptest! {
        #[test]
        fn claims_write_and_read_back(jti in "\\PC{1,20}", htm in "[A-Z]{3,8}", iat in any::<i64>(), nonce in prop::option::of("\\PC{0,9}")) {
            let sent = ProofClaims { jti, htm, htu: "https://a.example/".to_owned(), iat, ath: None, nonce };
            let text = write(&header(), &serde_json::to_value(&sent).expect("writable"));
            prop_assert_eq!(Proof::read(&text).expect("readable").claims, sent);
        }
    }
}
