//! Signature headers of other servers. The first three lines are `Signature-Input` (or nothing), `Signature` and the digest; the
//! rest is the body.

#![no_main]

use std::{sync::LazyLock, time::Duration};

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use nc_ocm::signature::{CavageKey, Found, Message, RsaSigningKey, Rules, SigningAlgorithm, SigningKey, VerifyingKey, read};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(SigningAlgorithm::Es256).expect("a key"));
static RSA: LazyLock<CavageKey> = LazyLock::new(|| {
    let pem = RsaSigningKey::generate().and_then(|key| key.public_pem()).expect("a key");
    CavageKey::from_pem(&pem).expect("a key")
});

fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let (Some(input), Some(signature), Some(digest), Some(body)) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("content-length", body.len().into());
    headers.insert("date", HeaderValue::from_static("Sun, 26 Jul 2026 10:08:20 GMT"));
    for (name, value) in [("signature-input", input), ("signature", signature), ("content-digest", digest), ("digest", digest)] {
        match HeaderValue::from_bytes(value) {
            Ok(value) if !value.is_empty() => drop(headers.insert(name, value)),
            _ => {}
        }
    }
    let target_uri = "https://receiver.example.org/ocm/shares";
    let message = Message { method: "POST", target_uri, headers: &headers, body };
    let rules = Rules { now: 1_785_060_500, skew: Duration::from_secs(60), window: Duration::from_secs(300) };
    match read(&message, &rules) {
        Err(error) => assert!(!error.reason().is_empty()),
        Ok(Found::Unsigned) => {}
        Ok(Found::Rfc9421(found)) => {
            let input = String::from_utf8_lossy(input);
            assert!(["\"ocm\"", "\"@method\"", "\"@target-uri\"", "\"content-digest\"", "\"content-length\"", "created="].iter().all(|part| input.contains(part)));
            let jwk = KEY.public_jwk(found.claim().key_id());
            let key = VerifyingKey::from_jwk(&jwk, false).expect("a key");
            assert!(found.verify(&key).is_err(), "nobody signed this");
        }
        Ok(Found::Cavage(found)) => {
            assert!(!headers.contains_key("signature-input"), "the newer kind comes first");
            assert!(found.verify(&RSA).is_err(), "nobody signed this");
        }
    }
});
