//! Messages signed by hand, apart from the code under test, so that each part of them can be wrong.

use aws_lc_rs::{
    digest::{SHA256, SHA512, digest},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaKeyPair,
    },
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

/// A key of another server.
pub(crate) enum Key {
    Ed25519(Ed25519KeyPair),
    P256 { fixed: EcdsaKeyPair, der: EcdsaKeyPair },
}

impl Key {
    pub(crate) fn ed25519(seed: u8) -> Self {
        let pkcs8 = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]);
        Self::Ed25519(pkcs8.expect("a key"))
    }

    pub(crate) fn p256() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let read = |algorithm| EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).expect("a key");
        Self::P256 {
            fixed: read(&ECDSA_P256_SHA256_FIXED_SIGNING),
            der: read(&ECDSA_P256_SHA256_ASN1_SIGNING),
        }
    }

    pub(crate) fn sign(&self, text: &str) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(text.as_bytes()).as_ref().to_vec(),
            Self::P256 { fixed, .. } => {
                let signed = fixed.sign(&SystemRandom::new(), text.as_bytes());
                signed.expect("signed").as_ref().to_vec()
            }
        }
    }

    /// As X.509 writes it, which JOSE and RFC 9421 do not.
    pub(crate) fn sign_der(&self, text: &str) -> Vec<u8> {
        let Self::P256 { der, .. } = self else {
            panic!("only for elliptic curves")
        };
        let signed = der.sign(&SystemRandom::new(), text.as_bytes());
        signed.expect("signed").as_ref().to_vec()
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Ed25519(key) => {
                let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key());
                json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "use": "sig", "kid": kid, "x": x})
            }
            Self::P256 { fixed, .. } => {
                let point = fixed.public_key().as_ref();
                let [x, y] = [&point[1..33], &point[33..]].map(|half| BASE64_URL_SAFE_NO_PAD.encode(half));
                json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y})
            }
        }
    }
}

pub(crate) fn sha256(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64_STANDARD.encode(digest(&SHA256, body)))
}

pub(crate) fn sha512(body: &[u8]) -> String {
    format!("sha-512=:{}:", BASE64_STANDARD.encode(digest(&SHA512, body)))
}

/// A message about to be signed as RFC 9421 says.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    /// What is signed as the address.
    pub(crate) target_uri: String,
    pub(crate) body: Vec<u8>,
    pub(crate) content_digest: String,
    /// What is signed as the length; sent is the true one.
    pub(crate) content_length: String,
    pub(crate) covered: Vec<&'static str>,
    /// All parameters of the signature, as they are written.
    pub(crate) parameters: String,
    pub(crate) label: &'static str,
}

impl Draft {
    /// A good one.
    pub(crate) fn new(target_uri: String, parameters: String, body: &[u8]) -> Self {
        Self {
            method: "POST",
            target_uri,
            body: body.to_vec(),
            content_digest: sha256(body),
            content_length: body.len().to_string(),
            covered: vec!["@method", "@target-uri", "content-digest", "content-length"],
            parameters,
            label: "sig1",
        }
    }

    /// The same with other parameters.
    pub(crate) fn with_parameters(&self, parameters: impl Into<String>) -> Self {
        Self {
            parameters: parameters.into(),
            ..self.clone()
        }
    }

    /// `("@method" …);created=…`
    pub(crate) fn inner_list(&self) -> String {
        let quoted: Vec<String> = self.covered.iter().map(|name| format!("\"{name}\"")).collect();
        format!("({}){}", quoted.join(" "), self.parameters)
    }

    /// RFC 9421 §2.5.
    pub(crate) fn base(&self) -> String {
        let line = |name: &&str| {
            let value = match *name {
                "@method" => self.method,
                "@target-uri" => &self.target_uri,
                "content-digest" => &self.content_digest,
                "content-length" => &self.content_length,
                other => panic!("{other} is not known here"),
            };
            format!("\"{name}\": {value}\n")
        };
        let lines: String = self.covered.iter().map(line).collect();
        format!("{lines}\"@signature-params\": {}", self.inner_list())
    }

    pub(crate) fn signature(&self, key: &Key) -> String {
        self.member(&key.sign(&self.base()))
    }

    /// `sig1=:…:`
    pub(crate) fn member(&self, signature: &[u8]) -> String {
        format!("{}=:{}:", self.label, BASE64_STANDARD.encode(signature))
    }

    /// The headers of the signature.
    pub(crate) fn sign(&self, key: &Key) -> Signed {
        Signed {
            headers: vec![
                ("content-digest", self.content_digest.clone()),
                ("signature-input", format!("{}={}", self.label, self.inner_list())),
                ("signature", self.signature(key)),
            ],
            body: self.body.clone(),
        }
    }
}

/// A message about to be sent.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Signed {
    /// With another value of a header.
    pub(crate) fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// With another line of a header.
    pub(crate) fn add(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    pub(crate) fn value(&self, name: &str) -> String {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).expect("the header is there")
    }

    pub(crate) fn with_body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) fn into_request(self, mut request: RequestBuilder) -> RequestBuilder {
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(self.body)
    }
}

/// A message signed as draft-cavage says, the way Nextcloud 31 to 34 sign.
#[derive(Clone)]
pub(crate) struct Cavage {
    pub(crate) key_id: String,
    pub(crate) algorithm: &'static str,
    pub(crate) listed: Vec<&'static str>,
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) date: String,
    pub(crate) digest: String,
    pub(crate) body: Vec<u8>,
}

impl Cavage {
    pub(crate) fn new(key_id: String, host: &str, path: &str, date: String, body: &[u8]) -> Self {
        Self {
            key_id,
            algorithm: "rsa-sha512",
            listed: vec!["(request-target)", "content-length", "date", "digest", "host"],
            path: path.to_owned(),
            host: host.to_owned(),
            date,
            digest: format!("SHA-512={}", BASE64_STANDARD.encode(digest(&SHA512, body))),
            body: body.to_vec(),
        }
    }

    pub(crate) fn sign(&self, key: &RsaKeyPair) -> Signed {
        let lines: Vec<String> = self
            .listed
            .iter()
            .map(|name| {
                let value = match *name {
                    "(request-target)" => format!("post {}", self.path),
                    "content-length" => self.body.len().to_string(),
                    "date" => self.date.clone(),
                    "digest" => self.digest.clone(),
                    "host" => self.host.clone(),
                    other => panic!("{other} is not known here"),
                };
                format!("{name}: {value}")
            })
            .collect();
        let padding = if self.algorithm == "rsa-sha256" {
            &RSA_PKCS1_SHA256
        } else {
            &RSA_PKCS1_SHA512
        };
        let mut signature = vec![0; key.public_modulus_len()];
        let text = lines.join("\n");
        key.sign(padding, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .expect("signed");
        let value = format!(
            "keyId=\"{}\",algorithm=\"{}\",headers=\"{}\",signature=\"{}\"",
            self.key_id,
            self.algorithm,
            self.listed.join(" "),
            BASE64_STANDARD.encode(signature)
        );
        Signed {
            headers: vec![
                ("date", self.date.clone()),
                ("digest", self.digest.clone()),
                ("signature", value),
            ],
            body: self.body.clone(),
        }
    }
}

/// An RSA key and its public half in PEM.
pub(crate) fn rsa() -> (RsaKeyPair, String) {
    use aws_lc_rs::{encoding::AsDer as _, rsa::KeySize};
    let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der: aws_lc_rs::encoding::PublicKeyX509Der<'_> = key.public_key().as_der().expect("a public key");
    let text = BASE64_STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("text"))
        .collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    );
    (key, pem)
}
