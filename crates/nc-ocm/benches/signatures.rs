//! How many signed messages a second one core checks: reading the headers, the digest of the body, and the signature. The key is
//! known already, as it is from the second message of a server on.
//!
//! `cargo xtask bench --only signatures`, or `cargo bench -p nc-ocm`.

use std::{
    error::Error,
    hint::black_box,
    io::Write as _,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderValue, Method};
use nc_ocm::signature::{
    CavageKey, Found, Message, RsaSigningKey, Rules, SigningAlgorithm, SigningKey, VerifyingKey, read,
};

const TARGET: &str = "https://receiver.example.org/ocm/shares";
const NOW: i64 = 1_785_060_500;
const KEY_ID: &str = "https://sender.example.org/ocm#k1";
const RULES: Rules = Rules {
    now: NOW,
    skew: Duration::from_mins(1),
    window: Duration::from_mins(5),
};

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo bench` adds a flag of its own.
    let seconds = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(4);
    // About as long as a share.
    let body = vec![b'x'; 700];
    for algorithm in SigningAlgorithm::ALL {
        let key = SigningKey::generate(algorithm)?;
        let headers = signed(&key, &body)?;
        let key = VerifyingKey::from_jwk(&key.public_jwk(KEY_ID), false)?;
        report(
            &format!("RFC 9421, {}", algorithm.jwk_name()),
            seconds,
            || match checked(&headers, &body)? {
                Found::Rfc9421(signature) => Ok(signature.verify(&key)?),
                _ => Err("the message is not signed".into()),
            },
        )?;
    }
    let key = RsaSigningKey::generate()?;
    let headers = key.sign_cavage(&Method::POST, &TARGET.parse()?, &body, KEY_ID, NOW)?;
    let key = CavageKey::from_pem(&key.public_pem()?)?;
    report("draft-cavage, RSA 2048", seconds, || match checked(&headers, &body)? {
        Found::Cavage(signature) => Ok(signature.verify(&key)?),
        _ => Err("the message is not signed".into()),
    })
}

fn signed(key: &SigningKey, body: &[u8]) -> Result<HeaderMap, Box<dyn Error>> {
    let mut headers = key.sign_rfc9421("POST", TARGET, body, KEY_ID, NOW)?;
    headers.insert("content-length", HeaderValue::from(body.len()));
    Ok(headers)
}

fn checked(headers: &HeaderMap, body: &[u8]) -> Result<Found, Box<dyn Error>> {
    let message = Message {
        method: "POST",
        target_uri: TARGET,
        headers,
        body,
    };
    Ok(read(black_box(&message), &RULES)?)
}

/// Repeats `check` for some seconds and says how often that went.
fn report(name: &str, seconds: u64, check: impl Fn() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let wanted = Duration::from_secs(seconds);
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < wanted {
        check()?;
        count += 1;
    }
    let per_second = f64::from(count) / started.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{name}: {per_second:.0} signatures verified per second"
    )?;
    Ok(())
}
