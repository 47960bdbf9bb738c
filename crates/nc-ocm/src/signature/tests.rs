//! The numbers in names are those of the specification's negative cases.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::*;

mod cavage;
mod draft;
mod ed25519;
mod keys;
mod properties;
mod rfc9421;
mod vectors;

use draft::{Draft, KEY_ID, p256};

/// The time at which the vectors were signed.
const CREATED: i64 = 1_785_060_500;
const SHARES: &str = "https://receiver.example.org/ocm/shares";

/// The body of the draft's example.
const V1_BODY: &str = r#"{
  "shareWith": "marie@receiver.example.org",
  "name": "spec.yaml",
  "providerId": "7c084226-d9a1-11e6-bf26-cec0c932ce01",
  "owner": "einstein@sender.example.org",
  "sender": "einstein@sender.example.org",
  "ownerDisplayName": "Albert Einstein",
  "senderDisplayName": "Albert Einstein",
  "shareType": "user",
  "resourceType": "file",
  "protocol": {
    "name": "multi",
    "webdav": {
      "uri": "spec.yaml",
      "sharedSecret": "hfiuhworzwnur98d3wjiwhr",
      "permissions": ["read", "write"]
    }
  }
}"#;

const COVERED: &str = r#"("@method" "@target-uri" "content-digest" "content-length")"#;

fn rules() -> Rules {
    Rules {
        now: CREATED,
        skew: Duration::from_mins(1),
        window: Duration::from_mins(5),
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    headers
}

fn message<'a>(target_uri: &'a str, headers: &'a HeaderMap, body: &'a [u8]) -> Message<'a> {
    Message {
        method: "POST",
        target_uri,
        headers,
        body,
    }
}

fn rfc9421(found: Result<Found, SignatureError>) -> Rfc9421Signature {
    match found {
        Ok(Found::Rfc9421(signature)) => signature,
        other => panic!("{other:?}"),
    }
}

fn set(keys: &[Value]) -> Vec<u8> {
    json!({"keys": keys}).to_string().into_bytes()
}

fn key(jwk: &Value) -> VerifyingKey {
    VerifyingKey::from_jwk(jwk, true).expect("a key")
}
