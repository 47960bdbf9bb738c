//! Digests of bodies (RFC 9530, and RFC 3230 for draft-cavage).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

use super::{SignatureError, field};

/// `Content-Digest` of a body, as it is sent.
pub(super) fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(body)))
}

/// `Digest` of a body, as it is sent to Nextcloud 31 to 34.
pub(super) fn legacy_digest(body: &[u8]) -> String {
    format!("SHA-512={}", BASE64_STANDARD.encode(Sha512::digest(body)))
}

/// Whether every known digest of `Content-Digest` is the body's, and there is one.
pub(super) fn check_content_digest(text: &str, body: &[u8]) -> Result<(), SignatureError> {
    let members = field::dictionary(text)?;
    let known = members
        .iter()
        .filter_map(|member| Some((of(&member.label, body)?, member)));
    let mut count = 0;
    for (digest, member) in known {
        check(&digest, member.bytes()?)?;
        count += 1;
    }
    (count > 0).then_some(()).ok_or(SignatureError::Digest)
}

/// The same for `Digest`. SHA-1 and MD5 are not known.
pub(super) fn check_legacy_digest(text: &str, body: &[u8]) -> Result<(), SignatureError> {
    let mut count = 0;
    for part in text.split(',') {
        let (name, value) = part.trim().split_once('=').ok_or(SignatureError::Digest)?;
        let Some(digest) = of(&name.to_ascii_lowercase(), body) else {
            continue;
        };
        let value = BASE64_STANDARD.decode(value).map_err(|_| SignatureError::Digest)?;
        check(&digest, &value)?;
        count += 1;
    }
    (count > 0).then_some(()).ok_or(SignatureError::Digest)
}

fn of(name: &str, body: &[u8]) -> Option<Vec<u8>> {
    match name {
        "sha-256" => Some(Sha256::digest(body).to_vec()),
        "sha-512" => Some(Sha512::digest(body).to_vec()),
        _ => None,
    }
}

fn check(digest: &[u8], said: &[u8]) -> Result<(), SignatureError> {
    bool::from(digest.ct_eq(said))
        .then_some(())
        .ok_or(SignatureError::Digest)
}
