//! Sealing: what must be read again (private keys, other servers' credentials) is encrypted where it is stored.
//!
//! XChaCha20-Poly1305 with a random nonce per write. The additional data name table and row, so a sealed value that is
//! copied into another row does not open there. Layout: version 1, id of the key, nonce, ciphertext with tag.
//!
//! What anybody may read, but nobody change, gets a tag instead (HMAC-SHA-256 with a key of its own): id of the key, tag.

use aws_lc_rs::hmac;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const HEAD_BYTES: usize = 2 + NONCE_BYTES;

/// Why something sealed does not open, or cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was sealed with a key that is not here.
    #[error("sealed with a key that is not configured")]
    UnknownKey,
    /// It was changed, or belongs to another row.
    #[error("the sealed value is damaged or in the wrong place")]
    Damaged,
    /// No keys were given.
    #[error("no key to seal with")]
    NoKey,
}

/// Seals and opens. The first key seals; the others only open what was sealed before.
pub struct Sealer(Vec<SealingKey>);

struct SealingKey {
    id: u8,
    cipher: XChaCha20Poly1305,
    tags: hmac::Key,
}

impl Sealer {
    /// With keys of 32 bytes each, in order of preference.
    pub fn new(keys: &[Zeroizing<[u8; 32]>]) -> Result<Self, SealError> {
        if keys.is_empty() {
            return Err(SealError::NoKey);
        }
        let keys = keys.iter().map(|key| SealingKey {
            // Derived, so that reordering the list does not change what a key is called.
            id: Sha256::new_with_prefix(b"seal key id\0")
                .chain_update(key.as_slice())
                .finalize()[0],
            cipher: XChaCha20Poly1305::new((&**key).into()),
            tags: tag_key(key.as_slice()),
        });
        Ok(Self(keys.collect()))
    }

    /// Seals `plain` for the row that `place` names. `nonce` is 24 fresh random bytes.
    pub fn seal(&self, place: &str, plain: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>, SealError> {
        let key = self.0.first().ok_or(SealError::NoKey)?;
        let aad = additional_data(key.id, place);
        let payload = Payload { msg: plain, aad: &aad };
        let nonce_value = XNonce::from(nonce);
        let sealed = key
            .cipher
            .encrypt(&nonce_value, payload)
            .map_err(|_| SealError::Damaged)?;
        Ok([&[VERSION, key.id][..], &nonce, &sealed].concat())
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (head, ciphertext) = sealed.split_at_checked(HEAD_BYTES).ok_or(SealError::Damaged)?;
        let nonce: [u8; NONCE_BYTES] = head[2..].try_into().map_err(|_| SealError::Damaged)?;
        if head[0] != VERSION {
            return Err(SealError::Damaged);
        }
        let mut result = Err(SealError::UnknownKey);
        // Two keys may share an id by chance; the tag tells.
        for key in self.0.iter().filter(|key| key.id == head[1]) {
            let aad = additional_data(key.id, place);
            let payload = Payload {
                msg: ciphertext,
                aad: &aad,
            };
            let nonce_value = XNonce::from(nonce);
            match key.cipher.decrypt(&nonce_value, payload) {
                Ok(plain) => return Ok(Zeroizing::new(plain)),
                Err(_) => result = Err(SealError::Damaged),
            }
        }
        result
    }

    /// A tag of `message`, for the row that `place` names; nobody without the key makes another.
    pub fn tag(&self, place: &str, message: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.0.first().ok_or(SealError::NoKey)?;
        let tag = hmac::sign(&key.tags, &tagged(key.id, place, message));
        Ok([&[key.id][..], tag.as_ref()].concat())
    }

    /// Whether `tag` was made here of that message for that place. Compares in constant time.
    pub fn check_tag(&self, place: &str, message: &[u8], tag: &[u8]) -> Result<(), SealError> {
        let (&id, tag) = tag.split_first().ok_or(SealError::Damaged)?;
        let mut result = Err(SealError::UnknownKey);
        // Two keys may share an id by chance.
        for key in self.0.iter().filter(|key| key.id == id) {
            if hmac::verify(&key.tags, &tagged(id, place, message), tag).is_ok() {
                return Ok(());
            }
            result = Err(SealError::Damaged);
        }
        result
    }

    /// What is stored in place of a secret that others bring and that is looked up by: a code (HMAC-SHA-256) that says nothing
    /// without the key. It is made with the first key.
    pub fn mac(&self, purpose: &str, secret: &[u8]) -> Result<[u8; 32], SealError> {
        self.macs(purpose, secret).first().copied().ok_or(SealError::NoKey)
    }

    /// The same with every key, the first one first: what was stored under an older key is found by one of them.
    pub fn macs(&self, purpose: &str, secret: &[u8]) -> Vec<[u8; 32]> {
        let codes = self.0.iter().map(|key| {
            let mut code = [0; 32];
            code.copy_from_slice(hmac::sign(&key.tags, &tagged(key.id, purpose, secret)).as_ref());
            code
        });
        codes.collect()
    }

    /// Whether `sealed` should be sealed again, because another key than the first did it.
    pub fn is_outdated(&self, sealed: &[u8]) -> bool {
        sealed.get(1) != self.0.first().map(|key| &key.id)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Sealer({} keys)", self.0.len())
    }
}

/// Derived, so that one key never serves two algorithms.
fn tag_key(key: &[u8]) -> hmac::Key {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"tags");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

/// The length of the place comes first, so that no place and message make up another pair.
fn tagged(key: u8, place: &str, message: &[u8]) -> Vec<u8> {
    let length = place.len() as u64;
    [&[VERSION, key][..], &length.to_be_bytes(), place.as_bytes(), message].concat()
}

fn additional_data(key: u8, place: &str) -> Vec<u8> {
    [&[VERSION, key][..], place.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealer(bytes: &[u8]) -> Sealer {
        let keys: Vec<_> = bytes.iter().map(|byte| Zeroizing::new([*byte; 32])).collect();
        Sealer::new(&keys).unwrap()
    }

    #[test]
    fn a_value_opens_only_with_its_key_and_in_its_place() {
        let sealed = sealer(&[1]).seal("keys|a", b"secret", [7; 24]).unwrap();
        assert_eq!(sealer(&[1]).open("keys|a", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(sealer(&[1]).open("keys|b", &sealed), Err(SealError::Damaged));
        assert_eq!(sealer(&[2]).open("keys|a", &sealed), Err(SealError::UnknownKey));
        assert!(Sealer::new(&[]).is_err());
    }

    #[test]
    fn an_older_key_still_opens_and_is_told_apart() {
        let sealed = sealer(&[1]).seal("x", b"secret", [7; 24]).unwrap();
        let rotated = sealer(&[2, 1]);
        assert!(rotated.is_outdated(&sealed) && !sealer(&[1]).is_outdated(&sealed));
        assert_eq!(rotated.open("x", &sealed).unwrap().as_slice(), b"secret");
    }

    #[test]
    fn a_tag_holds_for_its_message_and_place_and_key_only() {
        let tag = sealer(&[1]).tag("a", b"message").unwrap();
        assert_eq!(sealer(&[2, 1]).check_tag("a", b"message", &tag), Ok(()));
        assert_eq!(
            sealer(&[2]).check_tag("a", b"message", &tag),
            Err(SealError::UnknownKey)
        );
        for (place, message) in [
            ("b", &b"message"[..]),
            ("a", b"massage"),
            ("am", b"essage"),
            ("", b"amessage"),
        ] {
            assert_eq!(sealer(&[1]).check_tag(place, message, &tag), Err(SealError::Damaged));
        }
        for damaged in [&tag[..tag.len() - 1], &tag[..1], &[]] {
            assert_eq!(
                sealer(&[1]).check_tag("a", b"message", damaged),
                Err(SealError::Damaged)
            );
        }
    }

    #[test]
    fn a_code_is_found_again_after_the_key_was_replaced() {
        let code = sealer(&[1]).mac("a", b"secret").unwrap();
        assert_eq!(sealer(&[2, 1]).macs("a", b"secret")[1], code);
        assert_ne!(sealer(&[2, 1]).mac("a", b"secret").unwrap(), code);
        for (purpose, secret) in [("b", &b"secret"[..]), ("a", b"secrets"), ("as", b"ecret")] {
            assert!(!sealer(&[2, 1]).macs(purpose, secret).contains(&code));
        }
    }

    proptest! {
        #[test]
        fn every_flipped_bit_is_noticed(plain in prop::collection::vec(any::<u8>(), 0..50), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let sealer = sealer(&[1]);
            let mut sealed = sealer.seal("x", &plain, [7; 24]).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(sealer.open("x", &sealed).is_err());
        }

        #[test]
        fn any_bytes_open_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(sealer(&[1]).open("x", &bytes).is_err());
        }
    }
}
