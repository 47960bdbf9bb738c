//! The one place of this crate that asks the operating system for randomness.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};

use crate::Error;

/// `N` unguessable bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| Error::Internal("no randomness"))?;
    Ok(bytes)
}

/// `N` unguessable bytes as base64url.
pub(crate) fn text<const N: usize>() -> Result<String, Error> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes::<N>()?))
}
