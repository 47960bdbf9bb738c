//! The one place of this crate that asks the operating system for randomness.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRng as _, rngs::SysRng};

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no randomness")]
pub struct NoRandomness;

/// `N` unguessable bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// 256 unguessable bits as base64url: 43 characters.
///
/// # Errors
/// [`NoRandomness`].
pub fn secret() -> Result<String, NoRandomness> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}
