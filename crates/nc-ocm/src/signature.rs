//! Signatures of messages between servers: RFC 9421 as Open Cloud Mesh profiles it, and draft-cavage as Nextcloud 31 to 34
//! write it. Pure functions of message, key and time: nothing here fetches, stores or logs.
//!
//! * [`read`]: what a message says about its signature, with everything checked that needs no key.
//! * [`VerifyingKey`], [`CavageKey`]: keys of other servers.
//! * [`SigningKey`], [`RsaSigningKey`]: our own.
//!
//! The two kinds never stand in for each other: a message with `Signature-Input` is judged by RFC 9421 alone.

mod cavage;
mod claim;
mod component;
mod digest;
mod error;
mod field;
mod key;
mod message;
mod pem;
mod rfc9421;
mod rsa_signing_key;
mod signing_key;

pub use cavage::{CavageKey, CavageSignature};
pub(crate) use cavage::{read_http_date, write_http_date};
pub use claim::Claim;
pub use error::{KeyError, SignatureError};
pub use key::VerifyingKey;
pub use message::{Message, Rules, target_uri};
pub use rfc9421::Rfc9421Signature;
pub use rsa_signing_key::RsaSigningKey;
pub use signing_key::{SigningAlgorithm, SigningKey};

/// How a message is signed. Nothing is verified yet.
#[derive(Debug)]
pub enum Found {
    /// Not at all, or by signatures that are not meant for this.
    Unsigned,
    /// By RFC 9421, tagged `ocm`.
    Rfc9421(Rfc9421Signature),
    /// By draft-cavage.
    Cavage(CavageSignature),
}

impl Found {
    /// Whose the signature says that it is, if there is one.
    pub const fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Unsigned => None,
            Self::Rfc9421(signature) => Some(signature.claim()),
            Self::Cavage(signature) => Some(signature.claim()),
        }
    }
}

/// Reads the signature of a message and checks all that needs no key: syntax, that there is only one, what it covers, its age,
/// the digest and the length of the body.
pub fn read(message: &Message<'_>, rules: &Rules) -> Result<Found, SignatureError> {
    if message.headers.contains_key("signature-input") {
        let signature = Rfc9421Signature::read(message, rules)?;
        return Ok(signature.map_or(Found::Unsigned, Found::Rfc9421));
    }
    if message.headers.contains_key("signature") {
        return CavageSignature::read(message, rules).map(Found::Cavage);
    }
    Ok(Found::Unsigned)
}

#[cfg(test)]
mod tests;
