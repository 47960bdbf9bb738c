//! Public keys (RFC 7517, RFC 7518 §6, RFC 8037 §2) and their thumbprints (RFC 7638).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Algorithm, JoseError};

/// The largest number of keys of a set that are looked at.
const SET_MAX_KEYS: usize = 64;

/// The numbers of a public key, each as base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyType {
    /// RSA, 2048 to 8192 bits.
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
    /// A point on a NIST curve.
    Ec {
        /// P-256, P-384 or P-521, as the algorithm that goes with it.
        algorithm: Algorithm,
        /// First coordinate.
        x: String,
        /// Second coordinate.
        y: String,
    },
    /// Ed25519.
    Ed25519 {
        /// The key.
        x: String,
    },
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// Its numbers.
    pub key: KeyType,
    /// Its name.
    pub kid: Option<String>,
    /// The only algorithm it is for.
    pub alg: Option<String>,
    /// `sig`, if it says what it is for.
    pub usage: Option<String>,
    /// The operations it is for.
    pub key_ops: Option<Vec<String>>,
}

/// Why no key of a set can verify a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key has this name: the set may be stale.
    #[error("the key is not known")]
    Unknown,
    /// The key of this name is for something else.
    #[error("the key does not fit the algorithm")]
    Unfit,
    /// The token names no key, and several would fit.
    #[error("several keys would fit")]
    Ambiguous,
}

impl Jwk {
    /// Reads a key. Private and symmetric keys are refused, and so are weak ones.
    pub fn from_value(value: &Value) -> Result<Self, JoseError> {
        let members = value.as_object().ok_or(JoseError::Key)?;
        let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
        if private.iter().any(|name| members.contains_key(*name)) {
            return Err(JoseError::Key);
        }
        let needed = |name: &str| text(members, name)?.ok_or(JoseError::Key);
        let sized = |name: &str, bytes: usize| {
            let number = needed(name)?;
            if decode(&number)?.len() == bytes {
                Ok(number)
            } else {
                Err(JoseError::Key)
            }
        };
        let key = match (needed("kty")?.as_str(), text(members, "crv")?.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (needed("n")?, needed("e")?);
                check_rsa(&decode(&n)?, &decode(&e)?)?;
                KeyType::Rsa { n, e }
            }
            ("EC", Some(curve)) => {
                let (algorithm, bytes) = match curve {
                    "P-256" => (Algorithm::Es256, 32),
                    "P-384" => (Algorithm::Es384, 48),
                    "P-521" => (Algorithm::Es512, 66),
                    _ => return Err(JoseError::Key),
                };
                KeyType::Ec {
                    algorithm,
                    x: sized("x", bytes)?,
                    y: sized("y", bytes)?,
                }
            }
            ("OKP", Some("Ed25519")) => {
                let x = sized("x", 32)?;
                if has_small_order(&decode(&x)?) {
                    return Err(JoseError::Key);
                }
                KeyType::Ed25519 { x }
            }
            _ => return Err(JoseError::Key),
        };
        let key_ops = match members.get("key_ops") {
            None => None,
            Some(list) => Some(serde_json::from_value(list.clone()).map_err(|_| JoseError::Key)?),
        };
        Ok(Self {
            key,
            kid: text(members, "kid")?,
            alg: text(members, "alg")?,
            usage: text(members, "use")?,
            key_ops,
        })
    }

    /// A key of ours for verifying signatures, named by its thumbprint.
    pub fn published(key: KeyType, algorithm: Algorithm) -> Self {
        let mut this = Self {
            key,
            kid: None,
            alg: Some(algorithm.name().to_owned()),
            usage: Some("sig".to_owned()),
            key_ops: Some(vec!["verify".to_owned()]),
        };
        this.kid = Some(this.thumbprint());
        this
    }

    /// The key as JSON.
    pub fn to_value(&self) -> Value {
        let mut members = self.required();
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        add("kid", self.kid.clone().map(Value::from));
        add("alg", self.alg.clone().map(Value::from));
        add("use", self.usage.clone().map(Value::from));
        add("key_ops", self.key_ops.clone().map(Value::from));
        Value::Object(members)
    }

    /// SHA-256 over the members that make the key (RFC 7638 §3), as base64url.
    pub fn thumbprint(&self) -> String {
        // Their names in alphabetical order, without spaces; no value needs escaping.
        let mut members: Vec<_> = self.required().into_iter().collect();
        members.sort_by(|one, other| one.0.cmp(&other.0));
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{{{}}}", members.join(","))))
    }

    /// Whether it may verify signatures of this algorithm.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{EdDsa, Es256, Es384, Es512, Rs256, Rs384, Rs512};
        let by_type = match (&self.key, algorithm) {
            (KeyType::Rsa { .. }, Rs256 | Rs384 | Rs512) | (KeyType::Ed25519 { .. }, EdDsa) => true,
            (KeyType::Ec { algorithm: own, .. }, Es256 | Es384 | Es512) => *own == algorithm,
            _ => false,
        };
        by_type
            && self.alg.as_deref().is_none_or(|alg| alg == algorithm.name())
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self
                .key_ops
                .as_deref()
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"))
    }

    fn required(&self) -> Map<String, Value> {
        let value = match &self.key {
            KeyType::Rsa { n, e } => json!({"kty": "RSA", "n": n, "e": e}),
            KeyType::Ec { algorithm, x, y } => {
                let curve = match algorithm {
                    Algorithm::Es384 => "P-384",
                    Algorithm::Es512 => "P-521",
                    _ => "P-256",
                };
                json!({"kty": "EC", "crv": curve, "x": x, "y": y})
            }
            KeyType::Ed25519 { x } => json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
        };
        match value {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, JoseError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(JoseError::Key),
    }
}

fn decode(number: &str) -> Result<Vec<u8>, JoseError> {
    URL_SAFE_NO_PAD.decode(number).map_err(|_| JoseError::Key)
}

fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), JoseError> {
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let leading_zero = modulus.first() == Some(&0) || exponent.first() == Some(&0);
    let odd_exponent = exponent.last().is_some_and(|last| last % 2 == 1) && exponent != [1] && exponent.len() <= 4;
    if (2048..=8192).contains(&bits) && !leading_zero && odd_exponent {
        Ok(())
    } else {
        Err(JoseError::Key)
    }
}

/// Whether a point of Ed25519 has an order that divides 8, in every spelling. Under such a key a signature can be made without a
/// private key. Points that are not written in the one right way count as well.
pub fn has_small_order(point: &[u8]) -> bool {
    /// The second coordinates of those of order 8.
    const ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
            0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
            0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let Some((last, rest)) = point.split_last() else {
        return true;
    };
    // The highest bit is the sign of the other coordinate.
    let last = last & 0x7f;
    let Some((first, middle)) = rest.split_first() else {
        return true;
    };
    let around_zero = last == 0 && *first <= 1 && middle.iter().all(|byte| *byte == 0);
    let around_prime = last == 0x7f && *first >= 0xec && middle.iter().all(|byte| *byte == 0xff);
    around_zero || around_prime || ORDER_8.iter().any(|known| known[..31] == *rest && known[31] == last)
}

/// The keys of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JwkSet(pub Vec<Jwk>);

impl JwkSet {
    /// Reads a set. Keys that cannot be used here are left out, as RFC 7517 §5 wants it.
    pub fn from_value(value: &Value) -> Result<Self, JoseError> {
        let keys = value.get("keys").and_then(Value::as_array).ok_or(JoseError::Key)?;
        Ok(Self(
            keys.iter()
                .take(SET_MAX_KEYS)
                .filter_map(|key| Jwk::from_value(key).ok())
                .collect(),
        ))
    }

    /// The set as JSON.
    pub fn to_value(&self) -> Value {
        json!({"keys": self.0.iter().map(Jwk::to_value).collect::<Vec<_>>()})
    }

    /// The key for a token with this header.
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<&Jwk, KeyError> {
        let named: Vec<&Jwk> = self
            .0
            .iter()
            .filter(|key| kid.is_none() || key.kid.as_deref() == kid)
            .collect();
        if named.is_empty() {
            return Err(KeyError::Unknown);
        }
        let mut fitting = named.into_iter().filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(KeyError::Ambiguous),
            (None, _) => Err(KeyError::Unfit),
        }
    }
}

#[cfg(test)]
mod tests;
