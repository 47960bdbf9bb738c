//! Sealing: what must be read again (private keys, other servers' credentials) is encrypted where it is stored.
//!
//! XChaCha20-Poly1305 with a random nonce per write. The additional data name table and row, so a sealed value that is
//! copied into another row does not open there. Layout: version 1, id of the key, nonce, ciphertext with tag.

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
