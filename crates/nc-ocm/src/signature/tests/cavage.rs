use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::Method;

use super::*;

/// As Nextcloud names its key.
const SIGNATURE: &str = "https://sender.example.org/ocm#signature";
const DATE: &str = "Sun, 26 Jul 2026 10:08:20 GMT";
const HEADERS: &str = "(request-target) content-length date digest host";
const BODY: &[u8] = br#"{"shareWith":"carol@receiver.example.org"}"#;

pub(super) fn rsa() -> &'static RsaSigningKey {
    static KEY: LazyLock<RsaSigningKey> = LazyLock::new(|| RsaSigningKey::generate().expect("a key"));
    &KEY
}

fn public() -> CavageKey {
    CavageKey::from_pem(&rsa().public_pem().expect("written")).expect("a key")
}

fn sent() -> HeaderMap {
    let url = SHARES.parse().expect("a URL");
    rsa()
        .sign_cavage(&Method::POST, &url, BODY, SIGNATURE, CREATED)
        .expect("signed")
}

fn verdict(headers: &HeaderMap, target: &str, body: &[u8], now: i64) -> Result<(), SignatureError> {
    match read(&message(target, headers, body), &Rules { now, ..rules() })? {
        Found::Cavage(signature) => signature.verify(&public()),
        other => panic!("{other:?}"),
    }
}

fn judged(headers: &HeaderMap) -> Result<(), SignatureError> {
    verdict(headers, SHARES, BODY, CREATED)
}

/// A message that is signed as it is, with these things in it.
struct Cavage {
    date: &'static str,
    digest: String,
    list: &'static str,
    algorithm: &'static str,
    host: &'static str,
    encoding: &'static dyn RsaEncoding,
}

impl Cavage {
    fn good() -> Self {
        Self {
            date: DATE,
            digest: sent()["digest"].to_str().expect("text").to_owned(),
            list: HEADERS,
            algorithm: "rsa-sha512",
            host: "receiver.example.org",
            encoding: &RSA_PKCS1_SHA512,
        }
    }

    fn outcome(&self) -> Result<(), SignatureError> {
        let length = BODY.len().to_string();
        let line = |name: &str| match name {
            "(request-target)" => "(request-target): post /ocm/shares".to_owned(),
            "content-length" => format!("content-length: {length}"),
            "date" => format!("date: {}", self.date),
            "digest" => format!("digest: {}", self.digest),
            "host" => format!("host: {}", self.host),
            other => format!("{other}: "),
        };
        let text: Vec<String> = self.list.split(' ').map(line).collect();
        let pair = RsaKeyPair::from_pkcs8(&rsa().pkcs8().expect("stored")).expect("a key");
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = SystemRandom::new();
        pair.sign(self.encoding, &random, text.join("\n").as_bytes(), &mut signature)
            .expect("signed");
        let signature = format!(
            "keyId=\"{SIGNATURE}\",algorithm=\"{}\",headers=\"{}\",signature=\"{}\"",
            self.algorithm,
            self.list,
            BASE64_STANDARD.encode(signature)
        );
        let headers = headers(&[
            ("content-length", &length),
            ("date", self.date),
            ("digest", &self.digest),
            ("host", self.host),
            ("signature", &signature.replace("algorithm=\"\",", "")),
        ]);
        judged(&headers)
    }

    fn with(change: impl FnOnce(&mut Self)) -> Result<(), SignatureError> {
        let mut this = Self::good();
        change(&mut this);
        this.outcome()
    }
}

#[test]
fn what_we_send_has_the_shape_that_nextcloud_reads_and_verifies() {
    let headers = sent();
    assert_eq!(
        (headers["date"].to_str().expect("text"), &headers["host"]),
        (DATE, &HeaderValue::from_static("receiver.example.org"))
    );
    let signature = headers["signature"].to_str().expect("text");
    let start = format!("keyId=\"{SIGNATURE}\",algorithm=\"rsa-sha512\",headers=\"{HEADERS}\",signature=\"");
    assert!(signature.starts_with(&start) && signature.ends_with('"'), "{signature}");
    assert!(headers["digest"].to_str().expect("text").starts_with("SHA-512="));
    assert_eq!(judged(&headers), Ok(()));
    let pem = rsa().public_pem().expect("written");
    assert!(
        pem.starts_with("-----BEGIN PUBLIC KEY-----\nMIIB") && pem.lines().all(|line| line.len() <= 64),
        "{pem}"
    );
    let stored = RsaSigningKey::from_pkcs8(&rsa().pkcs8().expect("stored")).expect("a key");
    assert_eq!(stored.public_pem().expect("written"), pem);
}

#[test]
fn both_hashes_verify_and_a_message_without_algorithm_means_the_shorter() {
    assert_eq!(Cavage::good().outcome(), Ok(()));
    for algorithm in ["rsa-sha256", ""] {
        let outcome = Cavage::with(|message| {
            message.algorithm = algorithm;
            message.encoding = &RSA_PKCS1_SHA256;
            message.digest = format!(
                "SHA-256={}",
                BASE64_STANDARD.encode(<sha2::Sha256 as sha2::Digest>::digest(BODY))
            );
        });
        assert_eq!(outcome, Ok(()), "{algorithm}");
    }
    assert_eq!(
        Cavage::with(|message| message.algorithm = "rsa-sha256"),
        Err(SignatureError::Signature)
    );
}

#[test]
fn ocm_n053_old_and_early_messages_are_refused() {
    let at = |now| verdict(&sent(), SHARES, BODY, now);
    assert_eq!(at(CREATED + 301), Err(SignatureError::Old));
    assert_eq!(at(CREATED - 61), Err(SignatureError::Early));
    assert_eq!((at(CREATED + 300), at(CREATED - 60)), (Ok(()), Ok(())));
    for date in [
        "",
        "yesterday",
        "2026-07-26T10:08:20Z",
        "Sun, 26 Jul 2026 10:08:20 CET",
        "1785060500",
        "Sun, 26 Jul 26 10:08:20 GMT",
    ] {
        assert_eq!(
            Cavage::with(|message| message.date = date),
            Err(SignatureError::Time),
            "{date}"
        );
    }
}

#[test]
fn ocm_n053_weak_digests_and_algorithms_are_refused() {
    for digest in [
        "SHA=qvTGHdzF6KLavt4PO0gs2a6pQ00=",
        "SHA-1=qvTGHdzF6KLavt4PO0gs2a6pQ00=",
        "MD5=1B2M2Y8AsgTpgAmY7PhCfg==",
        "SHA-512=AAAA",
        "SHA-256=!",
        "x",
    ] {
        assert_eq!(
            Cavage::with(|message| message.digest = digest.to_owned()),
            Err(SignatureError::Digest),
            "{digest}"
        );
    }
    for algorithm in ["hs2019", "rsa-sha1", "hmac-sha256", "none", "RSA-SHA512"] {
        assert_eq!(
            Cavage::with(|message| message.algorithm = algorithm),
            Err(SignatureError::Algorithm),
            "{algorithm}"
        );
    }
}

#[test]
fn ocm_n053_all_that_matters_has_to_be_signed() {
    for list in [
        "(request-target) content-length date digest",
        "content-length date digest host",
        "(request-target) content-length date host",
        "(request-target) content-length digest host",
        "(request-target) date digest host",
    ] {
        assert_eq!(
            Cavage::with(|message| message.list = list),
            Err(SignatureError::Component),
            "{list}"
        );
    }
    let twice = Cavage::with(|message| message.list = "(request-target) content-length date digest host host");
    assert_eq!(twice, Err(SignatureError::Repeated));
    for more in [
        "(request-target) content-length date digest host x-absent",
        "(request-target) content-length date digest host Date",
        "(request-target) content-length date digest host (created)",
        "(request-target)  content-length date digest host",
    ] {
        assert_eq!(
            Cavage::with(|message| message.list = more),
            Err(SignatureError::Component),
            "{more}"
        );
    }
}

#[test]
fn ocm_n053_a_new_key_is_not_the_old_one() {
    let other = RsaSigningKey::generate().expect("a key").public_pem().expect("written");
    let other = CavageKey::from_pem(&other).expect("a key");
    let Ok(Found::Cavage(signature)) = read(&message(SHARES, &sent(), BODY), &rules()) else {
        panic!("it is one");
    };
    assert_eq!(
        (signature.claim().key_id(), signature.claim().key_host().as_str()),
        (SIGNATURE, "sender.example.org")
    );
    assert_eq!(signature.verify(&other), Err(SignatureError::Signature));
    assert_eq!(signature.verify(&public()), Ok(()));
}

#[test]
fn a_message_for_another_server_is_refused_whatever_its_host_header_says() {
    for host in [
        "other.example.org",
        "receiver.example.org.evil.example",
        "receiver.example.org:8443",
    ] {
        assert_eq!(
            Cavage::with(|message| message.host = host),
            Err(SignatureError::Signature),
            "{host}"
        );
    }
    let mut proxied = sent();
    proxied.insert("host", HeaderValue::from_static("10.0.0.7:8080"));
    assert_eq!(judged(&proxied), Ok(()), "a proxy may change the header");
    proxied.remove("host");
    assert_eq!(judged(&proxied), Ok(()));
    assert_eq!(
        Cavage::with(|message| message.host = "Receiver.example.org:443"),
        Ok(()),
        "the same name"
    );
    let elsewhere = verdict(&sent(), "https://other.example.org/ocm/shares", BODY, CREATED);
    assert_eq!(elsewhere, Err(SignatureError::Signature));
}

#[test]
fn every_changed_byte_of_a_message_is_noticed() {
    let good = sent();
    for at in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[at] ^= 1;
        assert_eq!(
            verdict(&good, SHARES, &body, CREATED),
            Err(SignatureError::Digest),
            "body {at}"
        );
    }
    assert_eq!(verdict(&good, SHARES, &BODY[1..], CREATED), Err(SignatureError::Digest));
    for target in [
        "https://receiver.example.org/ocm/share",
        "https://receiver.example.org/ocm/shares?x",
        "https://receiver.example.org/index.php/ocm/shares",
    ] {
        assert_eq!(
            verdict(&good, target, BODY, CREATED),
            Err(SignatureError::Signature),
            "{target}"
        );
    }
    for name in ["date", "digest", "content-length", "signature"] {
        let text = good[name].to_str().expect("text").to_owned();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            // One byte on: `0` becomes `1`, `a` becomes `b`.
            bytes[at] = if bytes[at] == b'~' { b'!' } else { bytes[at] + 1 };
            let mut headers = good.clone();
            headers.insert(name, HeaderValue::from_bytes(&bytes).expect("a value"));
            // The name of the key is not signed; whoever changes it is asked for that key.
            let is_key_id = name == "signature" && (7..7 + SIGNATURE.len()).contains(&at);
            let outcome = judged(&headers);
            assert!(
                is_key_id || outcome.is_err(),
                "{name} {at} {}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

#[test]
fn a_header_that_is_no_signature_is_refused() {
    for (header, error) in [
        ("", SignatureError::Malformed),
        ("keyId", SignatureError::Malformed),
        ("keyId=\"a", SignatureError::Malformed),
        ("keyId=\"a\" x", SignatureError::Malformed),
        ("keyId=\"a\",keyId=\"b\"", SignatureError::Repeated),
        ("algorithm=\"rsa-sha512\"", SignatureError::Missing),
        ("keyId=\"a\",headers=\"\",signature=\"\"", SignatureError::Missing),
        ("keyId=\"a\",signature=\"AAAA\"", SignatureError::Missing),
    ] {
        let mut headers = sent();
        headers.insert("signature", HeaderValue::from_str(header).expect("a value"));
        assert_eq!(judged(&headers), Err(error), "{header}");
    }
    for name in ["date", "digest", "content-length", "signature"] {
        let mut headers = sent();
        let twice = headers[name].clone();
        headers.append(name, twice);
        assert!(judged(&headers).is_err(), "{name} twice");
    }
    for pem in [
        "",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "<html>",
    ] {
        assert!(CavageKey::from_pem(pem).is_err(), "{pem}");
    }
    let p256 = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEB+6BiTBiML0a3xmR/nqXBnsAvLoe\n\
        iLyykXv0GU4LmQ/Gb3puPS7xsUSz9cmkhmC0gB0yA7N6IUivSIgPbozdpQ==\n-----END PUBLIC KEY-----";
    assert!(CavageKey::from_pem(p256).is_err(), "only RSA");
}
