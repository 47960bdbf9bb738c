//! Signatures of tokens (RFC 7518 §3, RFC 8037 §3.1). The only place where one is verified.
//!
//! Only asymmetric algorithms have a value in [`Algorithm`], so neither `none` nor a public key used as a shared secret can
//! get here.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nc_proto::oauth::jose::{Algorithm, Compact, Jwk, KeyType};

/// Why a signature is not believed. Final: no other key or way is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// The key is for another algorithm or use, or is no point of its curve.
    #[error("the key does not fit the algorithm")]
    Key,
    /// The signature was not made with this key over this text.
    #[error("the signature is wrong")]
    Signature,
}

impl From<JwsError> for nc_proto::oauth::error::BearerError {
    fn from(_: JwsError) -> Self {
        Self::InvalidToken
    }
}

/// Verifies a token with a key. Type, algorithm and use of the key must fit the token's algorithm.
pub fn verify(token: &Compact<'_>, key: &Jwk) -> Result<(), JwsError> {
    let algorithm = token.header.algorithm;
    if !key.fits(algorithm) {
        return Err(JwsError::Key);
    }
    let key = parse(key, algorithm)?;
    key.verify_sig(token.signing_input.as_bytes(), &token.signature)
        .map_err(|_| JwsError::Signature)
}

fn parse(key: &Jwk, algorithm: Algorithm) -> Result<ParsedPublicKey, JwsError> {
    let number = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsError::Key);
    let (rule, bytes): (&'static dyn VerificationAlgorithm, Vec<u8>) = match &key.key {
        KeyType::Rsa { n, e } => {
            let components = RsaPublicKeyComponents {
                n: number(n)?,
                e: number(e)?,
            };
            return components
                .to_parsed_public_key(rsa_rule(algorithm)?)
                .map_err(|_| JwsError::Key);
        }
        KeyType::Ec { x, y, .. } => (ec_rule(algorithm)?, point(&number(x)?, &number(y)?)),
        KeyType::Ed25519 { x } if algorithm == Algorithm::EdDsa => (&ED25519, number(x)?),
        KeyType::Ed25519 { .. } => return Err(JwsError::Key),
    };
    UnparsedPublicKey::new(rule, bytes).parse().map_err(|_| JwsError::Key)
}

fn rsa_rule(algorithm: Algorithm) -> Result<&'static RsaParameters, JwsError> {
    match algorithm {
        Algorithm::Rs256 => Ok(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Ok(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Ok(&RSA_PKCS1_2048_8192_SHA512),
        _ => Err(JwsError::Key),
    }
}

/// The fixed-length form: both numbers, each as long as the curve's order (RFC 7518 §3.4).
fn ec_rule(algorithm: Algorithm) -> Result<&'static dyn VerificationAlgorithm, JwsError> {
    match algorithm {
        Algorithm::Es256 => Ok(&ECDSA_P256_SHA256_FIXED),
        Algorithm::Es384 => Ok(&ECDSA_P384_SHA384_FIXED),
        Algorithm::Es512 => Ok(&ECDSA_P521_SHA512_FIXED),
        _ => Err(JwsError::Key),
    }
}

/// Uncompressed form of SEC 1 §2.3.3.
fn point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[4], x, y].concat()
}

#[cfg(test)]
mod tests;
