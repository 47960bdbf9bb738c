//! The one place that asks the operating system for randomness; only secrets and their like come from here.

use rand::{TryRng, rngs::SysRng};
use secrecy::SecretString;
use uuid::{Builder, Uuid};

use crate::Error;

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `N` unguessable bytes.
pub(crate) fn secret_bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| Error::Internal("no randomness"))?;
    Ok(bytes)
}

/// `length` unguessable letters and digits, 5.95 bits each.
pub(crate) fn secret_text(length: usize) -> Result<String, Error> {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // 248 is the largest multiple of 62 in a byte: values above it would favour the first letters.
        let usable = secret_bytes::<64>()?.into_iter().filter(|byte| *byte < 248);
        text.extend(
            usable
                .take(length - text.len())
                .map(|byte| char::from(ALPHANUMERIC[usize::from(byte) % 62])),
        );
    }
    Ok(text)
}

/// A UUID of version 4.
pub(crate) fn uuid() -> Result<Uuid, Error> {
    Ok(Builder::from_random_bytes(secret_bytes()?).into_uuid())
}

/// An unguessable account password, for accounts that a program makes: 142 bits.
///
/// # Errors
/// [`Error::Internal`] when the operating system has no randomness.
pub fn random_password() -> Result<SecretString, Error> {
    secret_text(24).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_their_length_and_differ() {
        let (one, other) = (secret_text(72).unwrap(), secret_text(72).unwrap());
        assert_eq!((one.len(), other.len()), (72, 72));
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(one, other);
    }
}
