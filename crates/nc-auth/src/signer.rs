//! Signs tokens of other issuers, for tests.

use std::sync::OnceLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
        EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nc_proto::oauth::jose::{Algorithm, Jwk, KeyType};
use serde_json::Value;

pub(crate) struct Signer {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    key: Key,
}

enum Key {
    Rsa(&'static RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// A fresh key; RSA keys are made once for each algorithm, since making one takes long.
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        static RSA: [OnceLock<RsaKeyPair>; 3] = [const { OnceLock::new() }; 3];
        let rsa = |at: usize| Key::Rsa(RSA[at].get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")));
        let key = match algorithm {
            Algorithm::Rs256 => rsa(0),
            Algorithm::Rs384 => rsa(1),
            Algorithm::Rs512 => rsa(2),
            Algorithm::Es256 => Key::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")),
            Algorithm::Es384 => Key::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key")),
            Algorithm::Es512 => Key::Ec(EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).expect("a key")),
            Algorithm::EdDsa => Key::Ed25519(Ed25519KeyPair::generate().expect("a key")),
        };
        let mut this = Self {
            algorithm,
            kid: None,
            key,
        };
        this.kid = this.jwk().kid;
        this
    }

    /// The public key, named by its thumbprint.
    pub(crate) fn jwk(&self) -> Jwk {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = match &self.key {
            Key::Rsa(pair) => KeyType::Rsa {
                n: text(pair.public_key().modulus().big_endian_without_leading_zero()),
                e: text(pair.public_key().exponent().big_endian_without_leading_zero()),
            },
            Key::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
                let (x, y) = (text(x), text(y));
                KeyType::Ec {
                    algorithm: self.algorithm,
                    x,
                    y,
                }
            }
            Key::Ed25519(pair) => KeyType::Ed25519 {
                x: text(pair.public_key().as_ref()),
            },
        };
        Jwk::published(key, self.algorithm)
    }

    /// A token. The header gets `alg` and `kid` unless it says otherwise.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let mut header = header.clone();
        let members = header.as_object_mut().expect("an object");
        members.entry("alg").or_insert_with(|| self.algorithm.name().into());
        if let Some(kid) = &self.kid {
            members.entry("kid").or_insert_with(|| kid.clone().into());
        }
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// A token of these two texts.
    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.signature(input.as_bytes())))
    }

    fn signature(&self, input: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Rsa(pair) => {
                let padding = match self.algorithm {
                    Algorithm::Rs384 => &RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, input, &mut signature).expect("signed");
                signature
            }
            Key::Ec(pair) => pair.sign(&random, input).expect("signed").as_ref().to_vec(),
            Key::Ed25519(pair) => pair.sign(input).as_ref().to_vec(),
        }
    }
}
