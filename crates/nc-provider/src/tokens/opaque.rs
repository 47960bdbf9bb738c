//! Opaque tokens: 32 random bytes as base64url between a prefix, which tells the kind, and a checksum, which lets a
//! mistyped or made-up token be refused before anything is looked up.

use nc_store::Digest;
use secrecy::SecretString;

use crate::{Error, random};

/// A kind of opaque token, told by its prefix. A token of one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opaque {
    /// Access tokens.
    Access,
    /// Refresh tokens.
    Refresh,
    /// Registration access tokens (RFC 7592).
    Registration,
}

/// Base64url of 32 bytes.
const RANDOM_CHARACTERS: usize = 43;
const CHECKSUM_CHARACTERS: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Opaque {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "nca_",
            Self::Refresh => "ncr_",
            Self::Registration => "ncg_",
        }
    }

    /// A fresh token, and what is stored of it.
    pub(crate) fn make(self) -> Result<(SecretString, Digest), Error> {
        let body = format!("{}{}", self.prefix(), random::text::<32>()?);
        let token = format!("{body}{}", checksum(&body));
        let digest = Digest::of(&token);
        Ok((token.into(), digest))
    }

    /// The digest to look `token` up by; `None` when it cannot be one of this kind.
    pub(crate) fn digest(self, token: &str) -> Option<Digest> {
        let body_characters = self.prefix().len() + RANDOM_CHARACTERS;
        let fits = token.is_ascii()
            && token.len() == body_characters + CHECKSUM_CHARACTERS
            && token.starts_with(self.prefix())
            && checksum(&token[..body_characters]) == token[body_characters..];
        fits.then(|| Digest::of(token))
    }
}

/// CRC-32 (ISO 3309), written with six digits of base 62.
fn checksum(body: &str) -> String {
    let mut register = u32::MAX;
    for byte in body.bytes() {
        register ^= u32::from(byte);
        for _ in 0..8 {
            let carry = 0_u32.wrapping_sub(register & 1);
            register = (register >> 1) ^ (0xedb8_8320 & carry);
        }
    }
    let mut rest = !register;
    let mut digits = [0; CHECKSUM_CHARACTERS];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn the_checksum_is_crc_32() {
        // The check value of CRC-32/ISO-HDLC: 0xcbf43926 for "123456789".
        let mut value = 0xcbf4_3926_u32;
        let mut digits = Vec::new();
        for _ in 0..6 {
            digits.insert(0, char::from(DIGITS[(value % 62) as usize]));
            value /= 62;
        }
        assert_eq!(checksum("123456789"), digits.iter().collect::<String>());
    }

    #[test]
    fn a_token_is_of_one_kind_only_and_every_changed_character_is_noticed() {
        let (token, digest) = Opaque::Access.make().expect("random");
        let token = token.expose_secret();
        assert_eq!(token.len(), 4 + 43 + 6);
        assert_eq!(Opaque::Access.digest(token), Some(digest));
        assert_eq!(Opaque::Refresh.digest(token), None);
        for at in 0..token.len() {
            let mut changed = token.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(Opaque::Access.digest(&changed), None, "{at}");
        }
        for other in ["", "nca_", &token[1..], &format!("{token}x"), "nca_ü"] {
            assert_eq!(Opaque::Access.digest(other), None, "{other}");
        }
    }
}
