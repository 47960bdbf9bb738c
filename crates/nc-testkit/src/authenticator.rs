//! An authenticator in software: makes a passkey and signs with it, as a browser answers the pages. Every part can be wrong.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The person was there, was verified; the key may be copied, and is (`WebAuthn` §6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP: u8 = 0x08 | 0x10;
const NEW_KEY: u8 = 0x40;

/// One passkey in the hands of one browser.
pub struct Authenticator {
    key: EcdsaKeyPair,
    /// What it is named by.
    pub credential_id: Vec<u8>,
    /// The account that it says it is of.
    pub handle: Vec<u8>,
    /// The origin that the browser saw.
    pub origin: String,
    /// The server that the key is for.
    pub rp_id: String,
    /// Signatures so far; 0 for an authenticator that does not count.
    pub counter: u32,
    /// Whether it verifies the person.
    pub verifies: bool,
    /// Whether the key is on several devices.
    pub is_synced: bool,
}

impl Authenticator {
    /// With a fresh key, for this origin.
    ///
    /// # Panics
    /// When the origin has no host.
    pub fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let url = url::Url::parse(origin).expect("an origin");
        Self {
            credential_id: Sha256::digest(key.public_key().as_ref()).to_vec(),
            key,
            handle: Vec::new(),
            origin: origin.to_owned(),
            rp_id: url.host_str().expect("a host").to_owned(),
            counter: 0,
            verifies: true,
            is_synced: false,
        }
    }

    /// Answers `PublicKeyCredentialCreationOptions`.
    ///
    /// # Panics
    /// When they cannot be read.
    pub fn make(&mut self, options: &Value) -> Value {
        self.handle = decoded(&options["user"]["id"]);
        let mut data = self.data(NEW_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential_id.len()).expect("short").to_be_bytes());
        data.extend(&self.credential_id);
        // RFC 9053: kty EC2, alg ES256, crv P-256, x, y.
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).expect("short"));
        object.extend(data);
        self.answer(&json!({
            "clientDataJSON": encoded(&self.client_data("webauthn.create", options)),
            "attestationObject": encoded(&object),
        }))
    }

    /// Answers `PublicKeyCredentialRequestOptions`.
    ///
    /// # Panics
    /// When it cannot sign.
    pub fn sign(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let data = self.data(0);
        let signed = [data.as_slice(), Sha256::digest(&client_data).as_slice()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        self.answer(&json!({
            "clientDataJSON": encoded(&client_data),
            "authenticatorData": encoded(&data),
            "signature": encoded(signature.as_ref()),
            "userHandle": encoded(&self.handle),
        }))
    }

    fn answer(&self, response: &Value) -> Value {
        let id = encoded(&self.credential_id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response })
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let backup = if self.is_synced { BACKUP } else { 0 };
        let mut data = Sha256::digest(&self.rp_id).to_vec();
        data.push(PRESENT | verified | backup | more);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

fn encoded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD
        .decode(text.as_str().expect("text"))
        .expect("base64url")
}
