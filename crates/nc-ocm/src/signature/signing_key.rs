use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{component, digest, rfc9421::TAG};
use crate::OcmError;

/// How a key of ours signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SigningAlgorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519.
    Ed25519,
}

impl SigningAlgorithm {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Es256, Self::Ed25519];

    /// `alg` of a published key.
    pub const fn jwk_name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// `alg` of a token.
    pub const fn token_name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Ed25519 => "EdDSA",
        }
    }

    /// As RFC 9421 calls it: what names of keys begin with.
    pub const fn http_name(self) -> &'static str {
        match self {
            Self::Es256 => "ecdsa-p256-sha256",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A key of ours, for messages and tokens.
pub struct SigningKey(Private);

enum Private {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// A fresh key.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Self, OcmError> {
        let failed = |_| OcmError::Internal("a key cannot be made");
        Ok(Self(match algorithm {
            SigningAlgorithm::Es256 => {
                Private::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?)
            }
            SigningAlgorithm::Ed25519 => Private::Ed25519(Ed25519KeyPair::generate().map_err(failed)?),
        }))
    }

    /// Reads a stored key.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self, OcmError> {
        let failed = |_| OcmError::Damaged("key");
        Ok(Self(match algorithm {
            SigningAlgorithm::Es256 => {
                Private::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(failed)?)
            }
            SigningAlgorithm::Ed25519 => Private::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(failed)?),
        }))
    }

    /// The key in PKCS#8, to be sealed.
    pub fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, OcmError> {
        let failed = |_| OcmError::Internal("a key cannot be written");
        let bytes = match &self.0 {
            Private::P256(key) => key.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
            Private::Ed25519(key) => key.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
        };
        Ok(Zeroizing::new(bytes))
    }

    /// How it signs.
    pub const fn algorithm(&self) -> SigningAlgorithm {
        match self.0 {
            Private::P256(_) => SigningAlgorithm::Es256,
            Private::Ed25519(_) => SigningAlgorithm::Ed25519,
        }
    }

    /// What is published (RFC 7517).
    pub fn public_jwk(&self, kid: &str) -> Value {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.0 {
            Private::P256(key) => {
                // Uncompressed form of SEC 1 §2.3.3: one byte, and both coordinates.
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
            Private::Ed25519(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref())}),
        };
        jwk["use"] = "sig".into();
        jwk["alg"] = self.algorithm().jwk_name().into();
        jwk["kid"] = kid.into();
        jwk
    }

    /// The headers that sign a message by RFC 9421: `Content-Digest`, `Signature-Input`, `Signature`. `Content-Length` has to be
    /// sent as well. Parameters come in the order of Nextcloud 35, without `alg`, for verifiers with a fixed order.
    pub fn sign_rfc9421(
        &self,
        method: &str,
        target_uri: &str,
        body: &[u8],
        key_id: &str,
        created: i64,
    ) -> Result<HeaderMap, OcmError> {
        let parameters = format!("created={created};keyid={};tag=\"{TAG}\"", quoted(key_id));
        self.sign_with(method, target_uri, body, &parameters)
    }

    /// The same with these parameters.
    pub(super) fn sign_with(
        &self,
        method: &str,
        target_uri: &str,
        body: &[u8],
        parameters: &str,
    ) -> Result<HeaderMap, OcmError> {
        let digest = digest::content_digest(body);
        let covered = component::MANDATORY.map(|name| format!("\"{name}\"")).join(" ");
        let input = format!("({covered});{parameters}");
        let base = format!(
            "\"@method\": {method}\n\"@target-uri\": {target_uri}\n\"content-digest\": {digest}\n\"content-length\": {}\n\
             \"@signature-params\": {input}",
            body.len()
        );
        let signature = BASE64_STANDARD.encode(self.sign(base.as_bytes())?);
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-digest", digest),
            ("signature-input", format!("sig1={input}")),
            ("signature", format!("sig1=:{signature}:")),
        ] {
            let value = HeaderValue::try_from(value).map_err(|_| OcmError::Internal("a header cannot be written"))?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// A token in compact form. `alg` is added to the header.
    pub fn sign_jws(&self, header: &Value, claims: &Value) -> Result<String, OcmError> {
        let mut header = header.clone();
        header["alg"] = self.algorithm().token_name().into();
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(&header), encode(claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.sign(input.as_bytes())?);
        Ok(format!("{input}.{signature}"))
    }

    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>, OcmError> {
        let failed = |_| OcmError::Internal("a message cannot be signed");
        Ok(match &self.0 {
            Private::P256(key) => key.sign(&SystemRandom::new(), text).map_err(failed)?.as_ref().to_vec(),
            Private::Ed25519(key) => key.try_sign(text).map_err(failed)?.as_ref().to_vec(),
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.algorithm().jwk_name())
    }
}

/// A string of structured fields (RFC 9651 §4.1.6).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
