use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_proto::{
    oauth::jose::{Algorithm as JoseAlgorithm, Compact, Jwk, KeyType, has_small_order},
    ocm::{MESSAGE_MAX_BYTES, MESSAGE_MAX_DEPTH, json},
};
use serde_json::Value;

use super::{KeyError, SignatureError};

/// Most keys of a set.
const SET_MAX_KEYS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Ed25519,
    EcdsaP256Sha256,
    EcdsaP384Sha384,
    RsaV1_5Sha256,
    RsaPssSha512,
}

impl Algorithm {
    /// What `alg` of a key means. Only a key that says for which algorithm it is counts.
    fn of(jwk: &Jwk, allow_rsa: bool) -> Option<Self> {
        match (&jwk.key, jwk.alg.as_deref()?) {
            // RFC 9864 has a name of its own for Ed25519.
            (KeyType::Ed25519 { .. }, "Ed25519" | "EdDSA") => Some(Self::Ed25519),
            (
                KeyType::Ec {
                    algorithm: JoseAlgorithm::Es256,
                    ..
                },
                "ES256",
            ) => Some(Self::EcdsaP256Sha256),
            (
                KeyType::Ec {
                    algorithm: JoseAlgorithm::Es384,
                    ..
                },
                "ES384",
            ) => Some(Self::EcdsaP384Sha384),
            (KeyType::Rsa { .. }, "RS256") if allow_rsa => Some(Self::RsaV1_5Sha256),
            (KeyType::Rsa { .. }, "PS512") if allow_rsa => Some(Self::RsaPssSha512),
            _ => None,
        }
    }

    /// RFC 9421 §6.2.2.
    const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::EcdsaP384Sha384 => "ecdsa-p384-sha384",
            Self::RsaV1_5Sha256 => "rsa-v1_5-sha256",
            Self::RsaPssSha512 => "rsa-pss-sha512",
        }
    }
}

/// A public key of another server that may verify messages.
#[derive(Clone)]
pub struct VerifyingKey {
    key_id: String,
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl VerifyingKey {
    /// The key `key_id` of a set (RFC 7517 §5), which has to be the only one of that name. RSA counts only with `allow_rsa`.
    pub fn from_set(jwks: &[u8], key_id: &str, allow_rsa: bool) -> Result<Self, KeyError> {
        let set = json::read(jwks, MESSAGE_MAX_BYTES, MESSAGE_MAX_DEPTH).map_err(|_| KeyError::Unreadable)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(KeyError::Unreadable)?;
        if keys.len() > SET_MAX_KEYS {
            return Err(KeyError::Unreadable);
        }
        let is_named = |key: &&Value| key.get("kid").and_then(Value::as_str) == Some(key_id);
        let mut named = keys.iter().filter(is_named);
        match (named.next(), named.next()) {
            (None, _) => Err(KeyError::Unknown),
            (Some(_), Some(_)) => Err(KeyError::Ambiguous),
            (Some(key), None) => Self::from_jwk(key, allow_rsa),
        }
    }

    /// One key (RFC 7517 §4), which has to have a name and an algorithm.
    pub fn from_jwk(jwk: &Value, allow_rsa: bool) -> Result<Self, KeyError> {
        let jwk = Jwk::from_value(jwk).map_err(|_| KeyError::Unfit)?;
        let is_for_verifying = jwk.usage.as_deref().is_none_or(|usage| usage == "sig")
            && jwk
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        let algorithm = Algorithm::of(&jwk, allow_rsa)
            .filter(|_| is_for_verifying)
            .ok_or(KeyError::Unfit)?;
        Ok(Self {
            key: parse(&jwk.key, algorithm).ok_or(KeyError::Unfit)?,
            key_id: jwk.kid.ok_or(KeyError::Unfit)?,
            algorithm,
        })
    }

    /// Its name.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Its algorithm as RFC 9421 calls it.
    pub const fn algorithm_name(&self) -> &'static str {
        self.algorithm.name()
    }

    /// Verifies a signature over `text`.
    pub fn verify(&self, text: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        // The library refuses an S beyond the order, but not an R of small order, as RFC 8032 leaves open.
        if self.algorithm == Algorithm::Ed25519 && signature.get(..32).is_none_or(has_small_order) {
            return Err(SignatureError::Signature);
        }
        self.key
            .verify_sig(text, signature)
            .map_err(|_| SignatureError::Signature)
    }

    /// Verifies a token. `alg` of its header has to be the key's, and `kid` its name.
    pub fn verify_token(&self, token: &Compact<'_>) -> Result<(), SignatureError> {
        let fits = match token.header.algorithm {
            JoseAlgorithm::EdDsa => self.algorithm == Algorithm::Ed25519,
            JoseAlgorithm::Es256 => self.algorithm == Algorithm::EcdsaP256Sha256,
            JoseAlgorithm::Es384 => self.algorithm == Algorithm::EcdsaP384Sha384,
            JoseAlgorithm::Rs256 => self.algorithm == Algorithm::RsaV1_5Sha256,
            _ => false,
        };
        if !fits || token.header.kid.as_deref() != Some(&self.key_id) {
            return Err(SignatureError::Algorithm);
        }
        self.verify(token.signing_input.as_bytes(), &token.signature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({}, {})", self.key_id, self.algorithm.name())
    }
}

fn parse(key: &KeyType, algorithm: Algorithm) -> Option<ParsedPublicKey> {
    let number = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    match (key, algorithm) {
        (KeyType::Ed25519 { x }, Algorithm::Ed25519) => UnparsedPublicKey::new(&ED25519, number(x)?).parse().ok(),
        (KeyType::Ec { x, y, .. }, Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP384Sha384) => {
            let rule = match algorithm {
                Algorithm::EcdsaP256Sha256 => &ECDSA_P256_SHA256_FIXED,
                _ => &ECDSA_P384_SHA384_FIXED,
            };
            // Uncompressed form of SEC 1 §2.3.3.
            let point = [&[4][..], &number(x)?, &number(y)?].concat();
            UnparsedPublicKey::new(rule, point).parse().ok()
        }
        (KeyType::Rsa { n, e }, Algorithm::RsaV1_5Sha256 | Algorithm::RsaPssSha512) => {
            let rule = match algorithm {
                Algorithm::RsaPssSha512 => &RSA_PSS_2048_8192_SHA512,
                _ => &RSA_PKCS1_2048_8192_SHA256,
            };
            let components = RsaPublicKeyComponents {
                n: number(n)?,
                e: number(e)?,
            };
            components.to_parsed_public_key(rule).ok()
        }
        _ => None,
    }
}
