use std::{fmt, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{TryRng, rngs::SysRng};

use crate::OcmError;

type Fill = dyn Fn(&mut [u8]) -> Result<(), OcmError> + Send + Sync;

/// Where unguessable bytes come from.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

impl Random {
    /// The operating system.
    pub fn system() -> Self {
        Self::from_fn(|bytes| {
            SysRng
                .try_fill_bytes(bytes)
                .map_err(|_| OcmError::Internal("no randomness"))
        })
    }

    /// Another source: for tests that have to know what comes.
    pub fn from_fn(fill: impl Fn(&mut [u8]) -> Result<(), OcmError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` bytes.
    pub(crate) fn bytes<const N: usize>(&self) -> Result<[u8; N], OcmError> {
        let mut bytes = [0; N];
        (self.0)(&mut bytes)?;
        Ok(bytes)
    }

    /// `N` bytes as base64url without padding.
    pub(crate) fn text<const N: usize>(&self) -> Result<String, OcmError> {
        Ok(BASE64_URL_SAFE_NO_PAD.encode(self.bytes::<N>()?))
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Random")
    }
}
