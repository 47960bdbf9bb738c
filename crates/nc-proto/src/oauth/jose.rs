//! Signed tokens (RFC 7515, RFC 7519) up to the point where a key is needed: nothing here signs or verifies.
//!
//! What a token says about its own key (`jku`, `x5u`, `x5c`, `jwk`) is never used to verify it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

pub use algorithm::Algorithm;
pub use claims::{
    AccessClaims, Actor, Audience, ClaimError, Confirmation, Expectation, IdClaims, IdExpectation, LEEWAY_S, token_hash,
};
pub(in crate::oauth) use claims::{optional_seconds, seconds};
pub use jwk::{Jwk, JwkSet, KeyError, KeyType, has_small_order};

mod algorithm;
mod claims;
mod jwk;
pub(in crate::oauth) mod strict_json;

/// The longest token that is looked at.
pub const TOKEN_MAX_BYTES: usize = 8 * 1024;

/// Why a token, key or proof cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// More than [`TOKEN_MAX_BYTES`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of unpadded, canonical base64url.
    #[error("not a compact JWS")]
    Form,
    /// Not a JSON object, a name twice, or nested too deeply.
    #[error("not an acceptable JSON object")]
    Json,
    /// `none`, symmetric or unknown.
    #[error("the algorithm is not allowed")]
    Algorithm,
    /// `crit`, `b64`, `zip` or `enc`: the token is not to be read as it looks.
    #[error("the header asks for something unknown")]
    Extension,
    /// A header member or claim has the wrong type.
    #[error("a member has the wrong type")]
    Member,
    /// Not a public key of a known kind and sufficient strength.
    #[error("not an acceptable public key")]
    Key,
}

impl From<JoseError> for super::error::BearerError {
    fn from(_: JoseError) -> Self {
        Self::InvalidToken
    }
}

/// A token in compact form, read but not verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Compact<'a> {
    /// What is signed: header and payload as they came.
    pub signing_input: &'a str,
    /// The protected header.
    pub header: Header,
    /// The payload. Not to be believed before the signature is verified.
    pub payload: Vec<u8>,
    /// The signature; never empty.
    pub signature: Vec<u8>,
}

/// A protected header. Members that are not listed are ignored.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// How it is signed.
    pub algorithm: Algorithm,
    /// What kind of token it is.
    pub typ: Option<String>,
    /// Which key of the issuer signed it.
    pub kid: Option<String>,
    /// A key that the token brings along. Only `DPoP` proofs mean it.
    pub(super) jwk: Option<Value>,
}

impl<'a> Compact<'a> {
    /// Reads a token.
    pub fn read(token: &'a str) -> Result<Self, JoseError> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(JoseError::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JoseError::Form)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JoseError::Form)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JoseError::Form);
        let signature = decode(signature)?;
        let (header, payload) = (Header::read(&decode(header)?)?, decode(payload)?);
        if signature.is_empty() {
            return Err(JoseError::Form);
        }
        Ok(Self {
            signing_input,
            header,
            payload,
            signature,
        })
    }

    /// Reads the payload as claims. Not to be believed before the signature is verified.
    pub(super) fn claims<T: serde::de::DeserializeOwned>(&self) -> Result<T, JoseError> {
        let members = strict_json::object(&self.payload)?;
        serde_json::from_value(Value::Object(members)).map_err(|_| JoseError::Member)
    }
}

impl Header {
    /// Reads the decoded header.
    pub fn read(json: &[u8]) -> Result<Self, JoseError> {
        let mut members = strict_json::object(json)?;
        if ["crit", "b64", "zip", "enc"]
            .iter()
            .any(|name| members.contains_key(*name))
        {
            return Err(JoseError::Extension);
        }
        let mut text = |name: &str| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(JoseError::Member),
        };
        let algorithm = text("alg")?
            .as_deref()
            .and_then(Algorithm::from_name)
            .ok_or(JoseError::Algorithm)?;
        let (typ, kid) = (text("typ")?, text("kid")?);
        Ok(Self {
            algorithm,
            typ,
            kid,
            jwk: members.remove("jwk"),
        })
    }

    /// Whether it is of this type: compared without case, and `application/` may be left out (RFC 7515 §4.1.9).
    pub fn is_typ(&self, expected: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/").unwrap_or(&typ) == expected
        })
    }

    /// Whether it is an access token by RFC 9068 §2.1.
    pub fn is_access_token(&self) -> bool {
        self.is_typ("at+jwt")
    }
}

/// Whether a text is the SHA-256 thumbprint of a key (RFC 7638): 32 bytes as base64url.
pub fn is_thumbprint(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests;
