use std::fmt;

use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderName;
use nc_proto::ocm::PeerHost;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem, macros::format_description};

use super::{Claim, KeyError, Message, Rules, SignatureError, digest, pem};

/// Of `Date` (RFC 9110 §5.6.7).
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
/// What has to be signed.
const MANDATORY: [&str; 5] = ["(request-target)", "date", "host", "content-length", "digest"];
/// Longest header, bytes.
const MAX_BYTES: usize = 8 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha512,
}

/// A signature by draft-cavage-http-signatures-12. Complete and fresh, but not verified.
#[derive(Debug)]
pub struct CavageSignature {
    claim: Claim,
    hash: Hash,
    text: Vec<u8>,
}

impl CavageSignature {
    pub(super) fn read(message: &Message<'_>, rules: &Rules) -> Result<Self, SignatureError> {
        let parameters = Parameters::read(message.single("signature")?)?;
        let key_id = parameters.needed("keyId")?;
        let hash = match parameters.find("algorithm") {
            // What Nextcloud assumes.
            None | Some("rsa-sha256") => Hash::Sha256,
            Some("rsa-sha512") => Hash::Sha512,
            Some(_) => return Err(SignatureError::Algorithm),
        };
        let names: Vec<&str> = parameters.needed("headers")?.split(' ').collect();
        let bytes = BASE64_STANDARD
            .decode(parameters.needed("signature")?)
            .map_err(|_| SignatureError::Signature)?;
        if !MANDATORY.iter().all(|name| names.contains(name)) {
            return Err(SignatureError::Component);
        }
        let text = signed_text(message, &names)?;
        rules.check(read_http_date(message.single("date")?)?)?;
        digest::check_legacy_digest(message.single("digest")?, message.body)?;
        message.check_length()?;
        Ok(Self {
            claim: Claim::new(key_id, bytes)?,
            hash,
            text,
        })
    }

    /// Whose it says that it is.
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Verifies it.
    pub fn verify(&self, key: &CavageKey) -> Result<(), SignatureError> {
        let key = match self.hash {
            Hash::Sha256 => &key.sha256,
            Hash::Sha512 => &key.sha512,
        };
        key.verify_sig(&self.text, self.claim.bytes())
            .map_err(|_| SignatureError::Signature)
    }
}

/// A public key of another server by draft-cavage: RSA of at least 2048 bits.
#[derive(Clone)]
pub struct CavageKey {
    sha256: ParsedPublicKey,
    sha512: ParsedPublicKey,
}

impl CavageKey {
    /// Reads `BEGIN PUBLIC KEY`.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = pem::decode(text).ok_or(KeyError::Unfit)?;
        let public = aws_lc_rs::rsa::PublicKey::from_der(&der).map_err(|_| KeyError::Unfit)?;
        let modulus = public.modulus();
        let modulus = modulus.big_endian_without_leading_zero();
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(KeyError::Unfit);
        }
        let parse = |rule| UnparsedPublicKey::new(rule, &der).parse().map_err(|_| KeyError::Unfit);
        Ok(Self {
            sha256: parse(&RSA_PKCS1_2048_8192_SHA256)?,
            sha512: parse(&RSA_PKCS1_2048_8192_SHA512)?,
        })
    }
}

impl fmt::Debug for CavageKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CavageKey")
    }
}

/// `name="value",…`, each name once.
struct Parameters<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parameters<'a> {
    fn read(mut text: &'a str) -> Result<Self, SignatureError> {
        if text.len() > MAX_BYTES {
            return Err(SignatureError::Malformed);
        }
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        loop {
            let (name, rest) = text.split_once('=').ok_or(SignatureError::Malformed)?;
            let (name, rest) = (name.trim(), rest.trim_start());
            let (value, rest) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or(SignatureError::Malformed)?,
                None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
            };
            if name.is_empty() || value.contains('\\') {
                return Err(SignatureError::Malformed);
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(SignatureError::Repeated);
            }
            pairs.push((name, value.trim()));
            let rest = rest.trim();
            if rest.is_empty() {
                return Ok(Self(pairs));
            }
            text = rest.strip_prefix(',').ok_or(SignatureError::Malformed)?;
        }
    }

    fn find(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    fn needed(&self, name: &str) -> Result<&'a str, SignatureError> {
        self.find(name)
            .filter(|value| !value.is_empty())
            .ok_or(SignatureError::Missing)
    }
}

fn signed_text(message: &Message<'_>, names: &[&str]) -> Result<Vec<u8>, SignatureError> {
    let mut lines: Vec<Vec<u8>> = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            return Err(SignatureError::Repeated);
        }
        let mut line = format!("{name}: ").into_bytes();
        line.extend_from_slice(&signed_value(message, name)?);
        lines.push(line);
    }
    Ok(lines.join(&b'\n'))
}

fn signed_value(message: &Message<'_>, name: &str) -> Result<Vec<u8>, SignatureError> {
    let (_, _, path) = message.target()?;
    match name {
        "(request-target)" => Ok(format!("{} {path}", message.method.to_ascii_lowercase()).into_bytes()),
        "host" => Ok(host(message)?.into_bytes()),
        _ => {
            let is_lower = name.bytes().all(|byte| !byte.is_ascii_uppercase());
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| SignatureError::Component)?;
            let lines: Vec<&[u8]> = message
                .headers
                .get_all(header)
                .iter()
                .map(|line| line.as_bytes().trim_ascii())
                .collect();
            let is_there = is_lower && !lines.is_empty();
            is_there
                .then(|| lines.join(&b", "[..]))
                .ok_or(SignatureError::Component)
        }
    }
}

/// The server that the message was signed for: this one, whatever the header says; else a message to another server would be
/// as good here. The header counts as far as it spells the same name.
fn host(message: &Message<'_>) -> Result<String, SignatureError> {
    let (scheme, authority, _) = message.target()?;
    let ours = PeerHost::parse(&format!("{scheme}://{authority}")).map_err(|_| SignatureError::Component)?;
    let said = message.single("host").ok();
    let same = said.filter(|said| PeerHost::parse(said).is_ok_and(|said| said == ours));
    Ok(same.unwrap_or(authority).to_owned())
}

/// A date as HTTP has it, in Unix seconds.
pub(crate) fn read_http_date(text: &str) -> Result<i64, SignatureError> {
    let date = PrimitiveDateTime::parse(text, HTTP_DATE).map_err(|_| SignatureError::Time)?;
    Ok(date.assume_utc().unix_timestamp())
}

/// The same, written. `None`: there is no such date.
pub(crate) fn write_http_date(seconds: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()?
        .format(HTTP_DATE)
        .ok()
}
