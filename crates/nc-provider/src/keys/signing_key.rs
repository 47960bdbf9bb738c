use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_proto::oauth::jose::{Algorithm, Jwk, KeyType};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::Error;

/// The longest token that is issued. Resource servers read no more than 8 KiB, and headers hold other things too.
const TOKEN_MAX_BYTES: usize = 6 * 1024;

/// A private key of ours, for one algorithm: RS256, ES256 or `EdDSA`.
pub struct SigningKey {
    key: Private,
    public: Jwk,
    kid: String,
}

enum Private {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// What keys can be made for.
    pub const ALGORITHMS: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

    /// A fresh key. RSA keys of many bits take seconds to make; `rsa_bits` is 2048, 3072 or 4096.
    pub fn generate(algorithm: Algorithm, rsa_bits: u16) -> Result<Self, Error> {
        let failed = |_| Error::Internal("a signing key cannot be made");
        let key = match algorithm {
            Algorithm::Rs256 => {
                let size = match rsa_bits {
                    2048 => KeySize::Rsa2048,
                    3072 => KeySize::Rsa3072,
                    4096 => KeySize::Rsa4096,
                    _ => return Err(Error::Invalid("RSA keys have 2048, 3072 or 4096 bits".to_owned())),
                };
                Private::Rsa(RsaKeyPair::generate(size).map_err(failed)?)
            }
            Algorithm::Es256 => {
                Private::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?)
            }
            Algorithm::EdDsa => Private::Ed25519(Ed25519KeyPair::generate().map_err(failed)?),
            _ => return Err(unsupported()),
        };
        Ok(Self::with(key))
    }

    /// Reads a key in PKCS#8.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, Error> {
        let failed = |_| Error::Internal("a stored signing key cannot be read");
        let key = match algorithm {
            Algorithm::Rs256 => Private::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(failed)?),
            Algorithm::Es256 => {
                Private::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(failed)?)
            }
            Algorithm::EdDsa => Private::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(failed)?),
            _ => return Err(unsupported()),
        };
        Ok(Self::with(key))
    }

    /// The key in PKCS#8, to be sealed.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let failed = |_| Error::Internal("a signing key cannot be written");
        // What the library returns wipes itself as well.
        Ok(Zeroizing::new(match &self.key {
            Private::Rsa(key) => key.as_der().map_err(failed)?.as_ref().to_vec(),
            Private::P256(key) => key.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
            Private::Ed25519(key) => key.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
        }))
    }

    /// The name: the thumbprint of the public key (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What is published.
    pub const fn public(&self) -> &Jwk {
        &self.public
    }

    /// What it signs.
    pub const fn algorithm(&self) -> Algorithm {
        match self.key {
            Private::Rsa(_) => Algorithm::Rs256,
            Private::P256(_) => Algorithm::Es256,
            Private::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// A signed token in compact form.
    pub fn sign<T: Serialize>(&self, typ: &str, claims: &T) -> Result<String, Error> {
        self.sign_payload(typ, &serde_json::to_vec(claims)?)
    }

    pub(super) fn sign_payload(&self, typ: &str, payload: &[u8]) -> Result<String, Error> {
        let header = serde_json::json!({"typ": typ, "alg": self.algorithm().name(), "kid": self.kid});
        let mut token = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        if token.len() > TOKEN_MAX_BYTES {
            return Err(Error::TokenTooLong);
        }
        Ok(token)
    }

    fn signature(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |_| Error::Internal("a token cannot be signed");
        Ok(match &self.key {
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature)
                    .map_err(failed)?;
                signature
            }
            Private::P256(key) => key.sign(&SystemRandom::new(), input).map_err(failed)?.as_ref().to_vec(),
            Private::Ed25519(key) => key.try_sign(input).map_err(failed)?.as_ref().to_vec(),
        })
    }

    fn with(key: Private) -> Self {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let (numbers, algorithm) = match &key {
            Private::Rsa(key) => {
                let public = key.public_key();
                let n = text(public.modulus().big_endian_without_leading_zero());
                let e = text(public.exponent().big_endian_without_leading_zero());
                (KeyType::Rsa { n, e }, Algorithm::Rs256)
            }
            Private::P256(key) => {
                // Uncompressed: a byte that says so, then the coordinates (SEC 1 §2.3.3).
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                let (algorithm, x, y) = (Algorithm::Es256, text(x), text(y));
                (KeyType::Ec { algorithm, x, y }, algorithm)
            }
            Private::Ed25519(key) => {
                let x = text(key.public_key().as_ref());
                (KeyType::Ed25519 { x }, Algorithm::EdDsa)
            }
        };
        let public = Jwk::published(numbers, algorithm);
        let kid = public.thumbprint();
        Self { key, public, kid }
    }
}

fn unsupported() -> Error {
    Error::Invalid("tokens are signed with RS256, ES256 or EdDSA".to_owned())
}

/// Only the name.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKey({} {})", self.algorithm(), self.kid)
    }
}

#[cfg(test)]
mod tests {
    use nc_auth::jws;
    use nc_proto::oauth::jose::Compact;
    use serde_json::json;

    use super::*;

    const OURS: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

    #[test]
    fn a_signature_verifies_with_the_published_key_and_survives_storing() {
        for algorithm in OURS {
            let key = SigningKey::generate(algorithm, 2048).expect("a key");
            let again = SigningKey::from_pkcs8(algorithm, &key.to_pkcs8().expect("written")).expect("read");
            assert_eq!(again.public(), key.public());
            let token = again.sign("at+jwt", &json!({"sub": "u"})).expect("signed");
            let read = Compact::read(&token).expect("readable");
            assert!(read.header.is_access_token());
            assert_eq!(read.header.kid.as_deref(), Some(key.kid()));
            assert_eq!(jws::verify(&read, key.public()), Ok(()), "{algorithm}");
        }
    }

    #[test]
    fn keys_of_one_kind_are_not_read_as_another() {
        for algorithm in OURS {
            let key = SigningKey::generate(algorithm, 2048).expect("a key");
            let pkcs8 = key.to_pkcs8().expect("written");
            for other in OURS.into_iter().filter(|other| *other != algorithm) {
                assert!(SigningKey::from_pkcs8(other, &pkcs8).is_err(), "{algorithm} as {other}");
            }
        }
        assert!(SigningKey::generate(Algorithm::Rs256, 1024).is_err());
        assert!(SigningKey::generate(Algorithm::Es512, 2048).is_err());
    }

    #[test]
    fn a_private_key_is_never_printed_nor_published() {
        let key = SigningKey::generate(Algorithm::Es256, 2048).expect("a key");
        assert_eq!(format!("{key:?}"), format!("SigningKey(ES256 {})", key.kid()));
        assert!(key.public().to_value().get("d").is_none());
    }

    #[test]
    fn a_token_above_six_kibibytes_is_not_issued() {
        let key = SigningKey::generate(Algorithm::EdDsa, 2048).expect("a key");
        assert!(key.sign("at+jwt", &json!({"scope": "x".repeat(4096)})).is_ok());
        assert!(key.sign("at+jwt", &json!({"scope": "x".repeat(4700)})).is_err());
    }
}
