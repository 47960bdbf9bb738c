//! Fernet tokens (<https://github.com/fernet/spec>), only opened: AES-128-CBC, checked by HMAC-SHA-256 before anything is
//! decrypted.

use aws_lc_rs::{
    cipher::{AES_128, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
    hmac,
    iv::FixedLength,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE};
use zeroize::Zeroizing;

const VERSION: u8 = 0x80;
/// Version and time.
const HEAD: usize = 1 + 8;
const IV: usize = 16;
const BLOCK: usize = 16;
const TAG: usize = 32;

/// Why a token does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FernetError {
    /// It is not a token, or of another version.
    #[error("not a Fernet token")]
    Form,
    /// It was changed, or made with another key.
    #[error("the key does not open it")]
    Key,
}

/// A key: the first half signs, the second half encrypts.
pub struct FernetKey {
    sign: hmac::Key,
    encrypt: Zeroizing<[u8; 16]>,
}

impl FernetKey {
    /// The key with these bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        let (sign, encrypt) = bytes.split_at(16);
        let mut key = Zeroizing::new([0; 16]);
        key.copy_from_slice(encrypt);
        Self {
            sign: hmac::Key::new(hmac::HMAC_SHA256, sign),
            encrypt: key,
        }
    }

    /// Opens a token, however old it is.
    ///
    /// # Errors
    /// [`FernetError`]; nothing is decrypted before the signature was found good.
    pub fn open(&self, token: &[u8]) -> Result<Zeroizing<Vec<u8>>, FernetError> {
        let mut token = Zeroizing::new(BASE64_URL_SAFE.decode(token).map_err(|_| FernetError::Form)?);
        let sealed = token.len().checked_sub(HEAD + IV + TAG).ok_or(FernetError::Form)?;
        if token[0] != VERSION || sealed == 0 || !sealed.is_multiple_of(BLOCK) {
            return Err(FernetError::Form);
        }
        let (signed, tag) = token.split_at_mut(HEAD + IV + sealed);
        hmac::verify(&self.sign, signed, tag).map_err(|_| FernetError::Key)?;
        let (head, sealed) = signed.split_at_mut(HEAD + IV);
        let iv: [u8; IV] = head[HEAD..].try_into().map_err(|_| FernetError::Form)?;
        let key = UnboundCipherKey::new(&AES_128, self.encrypt.as_slice()).map_err(|_| FernetError::Key)?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).map_err(|_| FernetError::Key)?;
        let context = DecryptionContext::Iv128(FixedLength::from(iv));
        let plain = key.decrypt(sealed, context).map_err(|_| FernetError::Form)?;
        Ok(Zeroizing::new(plain.to_vec()))
    }
}

#[cfg(test)]
mod tests;
