//! What tokens say: access tokens (RFC 9068) and ID tokens (`OpenID` Connect Core §2). All rules that need no key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use super::{Algorithm, JoseError, strict_json};
use crate::oauth::scope_list::ScopeList;

/// How far clocks may differ.
pub const LEEWAY_S: i64 = 60;

/// For whom a token is: one text or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// The usual case.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    /// Whether it names exactly this text.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|own| own == name)
    }

    /// All names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        };
        names.iter().map(String::as_str)
    }
}

/// Claims of an access token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who issued it.
    pub iss: String,
    /// Whose it is.
    pub sub: String,
    /// For which resources.
    pub aud: Audience,
    /// When it ends, in Unix seconds.
    #[serde(deserialize_with = "seconds")]
    pub exp: i64,
    /// When it was issued.
    #[serde(deserialize_with = "seconds")]
    pub iat: i64,
    /// When it begins.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_seconds"
    )]
    pub nbf: Option<i64>,
    /// Its own name.
    pub jti: String,
    /// The client it was issued to.
    pub client_id: String,
    /// The same, for consumers that look here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// What it allows.
    #[serde(default)]
    pub scope: ScopeList,
    /// When the user signed in.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_seconds"
    )]
    pub auth_time: Option<i64>,
    /// How well the user signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The user's id, where Nextcloud looks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// Key that the sender has to prove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Who acts for the user, after an exchange (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
}

/// The key that a token is bound to (RFC 9449 §6.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Its thumbprint.
    pub jkt: String,
}

/// A party that acts for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The client that exchanged the token.
    pub sub: String,
    /// The client that had it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Who acted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

/// Claims of an ID token. Claims about the person are in `others`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdClaims {
    /// Who issued it.
    pub iss: String,
    /// Who signed in.
    pub sub: String,
    /// For which client.
    pub aud: Audience,
    /// For which client, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// When it ends, in Unix seconds.
    #[serde(deserialize_with = "seconds")]
    pub exp: i64,
    /// When it was issued.
    #[serde(deserialize_with = "seconds")]
    pub iat: i64,
    /// When the user signed in.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_seconds"
    )]
    pub auth_time: Option<i64>,
    /// As in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Ties the access token to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// All other claims.
    #[serde(flatten)]
    pub others: serde_json::Map<String, Value>,
}

/// What an access token has to say to be good here.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The one issuer.
    pub issuer: &'a str,
    /// This resource.
    pub audience: &'a str,
    /// The time, in Unix seconds.
    pub now: i64,
}

/// What an ID token has to say to be good here.
#[derive(Debug, Clone, Copy)]
pub struct IdExpectation<'a> {
    /// The one issuer.
    pub issuer: &'a str,
    /// This client.
    pub client_id: &'a str,
    /// The nonce that was sent.
    pub nonce: Option<&'a str>,
    /// The time, in Unix seconds.
    pub now: i64,
}

/// Why claims are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Another issuer.
    #[error("the token is from another issuer")]
    Issuer,
    /// For somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// No longer valid.
    #[error("the token has ended")]
    Over,
    /// Not yet valid, or issued in the future: a clock is wrong.
    #[error("the token is from the future: compare the clocks of this server and of the issuer")]
    Early,
    /// A claim is empty.
    #[error("a claim is empty")]
    Empty,
    /// The nonce is not the one that was sent.
    #[error("the nonce does not fit")]
    Nonce,
}

impl From<ClaimError> for crate::oauth::error::BearerError {
    fn from(_: ClaimError) -> Self {
        Self::InvalidToken
    }
}

impl AccessClaims {
    /// Reads the payload of a token whose signature is verified.
    pub fn read(payload: &[u8]) -> Result<Self, JoseError> {
        read(payload)
    }

    /// Checks issuer, audience, times, and that nothing needed is empty.
    pub fn check(&self, expected: &Expectation<'_>) -> Result<(), ClaimError> {
        if self.iss != expected.issuer {
            return Err(ClaimError::Issuer);
        }
        if !self.aud.contains(expected.audience) {
            return Err(ClaimError::Audience);
        }
        check_times(self.exp, self.iat, self.nbf, expected.now)?;
        if self.sub.is_empty() || self.client_id.is_empty() || self.jti.is_empty() {
            return Err(ClaimError::Empty);
        }
        Ok(())
    }
}

impl IdClaims {
    /// Reads the payload of a token whose signature is verified.
    pub fn read(payload: &[u8]) -> Result<Self, JoseError> {
        read(payload)
    }

    /// Checks issuer, audience, `azp`, times and nonce (`OpenID` Connect Core §3.1.3.7).
    pub fn check(&self, expected: &IdExpectation<'_>) -> Result<(), ClaimError> {
        if self.iss != expected.issuer {
            return Err(ClaimError::Issuer);
        }
        let several = self.aud.iter().count() > 1;
        let party = self.azp.as_deref();
        if !self.aud.contains(expected.client_id)
            || party.is_some_and(|party| party != expected.client_id)
            || (several && party.is_none())
        {
            return Err(ClaimError::Audience);
        }
        check_times(self.exp, self.iat, None, expected.now)?;
        if self.sub.is_empty() {
            return Err(ClaimError::Empty);
        }
        let nonce = self.nonce.as_deref().unwrap_or_default();
        if expected
            .nonce
            .is_some_and(|sent| !bool::from(sent.as_bytes().ct_eq(nonce.as_bytes())))
        {
            return Err(ClaimError::Nonce);
        }
        Ok(())
    }
}

/// `at_hash` of an access token (`OpenID` Connect Core §3.1.3.6): the left half of the hash that the algorithm uses.
pub fn token_hash(token: &str, algorithm: Algorithm) -> String {
    use Algorithm::{EdDsa, Es256, Es384, Es512, Rs256, Rs384, Rs512};
    match algorithm {
        Rs256 | Es256 => URL_SAFE_NO_PAD.encode(&Sha256::digest(token)[..16]),
        Rs384 | Es384 => URL_SAFE_NO_PAD.encode(&Sha384::digest(token)[..24]),
        Rs512 | Es512 | EdDsa => URL_SAFE_NO_PAD.encode(&Sha512::digest(token)[..32]),
    }
}

fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, JoseError> {
    let members = strict_json::object(payload)?;
    serde_json::from_value(Value::Object(members)).map_err(|_| JoseError::Member)
}

fn check_times(exp: i64, iat: i64, nbf: Option<i64>, now: i64) -> Result<(), ClaimError> {
    let soon = now.saturating_add(LEEWAY_S);
    if iat > soon || nbf.is_some_and(|nbf| nbf > soon) {
        return Err(ClaimError::Early);
    }
    if now < exp.saturating_add(LEEWAY_S) {
        Ok(())
    } else {
        Err(ClaimError::Over)
    }
}

/// A `NumericDate` (RFC 7519 §2): whole seconds from 1970 on, which other issuers may write with a fraction.
pub(in crate::oauth) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    const LAST: i64 = 1 << 53;
    let number = serde_json::Number::deserialize(deserializer)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked, the fraction is not needed"
    )]
    let whole = number.as_i64().or_else(|| {
        let number = number.as_f64()?;
        (0.0..9e15).contains(&number).then_some(number as i64)
    });
    whole
        .filter(|seconds| (0..=LAST).contains(seconds))
        .ok_or_else(|| serde::de::Error::custom("not a date"))
}

pub(in crate::oauth) fn optional_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    seconds(deserializer).map(Some)
}

#[cfg(test)]
mod tests;
