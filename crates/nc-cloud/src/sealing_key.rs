use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::Path,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_store::Sealer;
use zeroize::Zeroizing;

use crate::{Error, random};

/// A key for [`Sealer`].
pub type SealingKey = Zeroizing<[u8; 32]>;

/// Reads a key as people keep it: 32 bytes as base64url.
///
/// # Errors
/// [`Error::Invalid`] for anything else.
pub fn parse_sealing_key(text: &str) -> Result<SealingKey, Error> {
    let invalid = Error::Invalid("a sealing key is 32 bytes in base64url");
    let bytes = Zeroizing::new(
        BASE64_URL_SAFE_NO_PAD
            .decode(text.trim().trim_end_matches('='))
            .unwrap_or_default(),
    );
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| invalid)?;
    Ok(Zeroizing::new(key))
}

/// The sealer with the configured keys, or with the key in `file`, which is made at the first start.
pub(crate) fn sealer(configured: &[SealingKey], file: &Path) -> Result<Sealer, Error> {
    let failed = Error::Internal("no sealing key");
    if !configured.is_empty() {
        return Sealer::new(configured).map_err(|_| failed);
    }
    let key = match fs::read_to_string(file).map(Zeroizing::new) {
        Ok(text) => parse_sealing_key(&text)?,
        Err(error) if error.kind() == ErrorKind::NotFound => create(file)?,
        Err(error) => return Err(error.into()),
    };
    Sealer::new(&[key]).map_err(|_| failed)
}

fn create(file: &Path) -> Result<SealingKey, Error> {
    let key = Zeroizing::new(random::secret_bytes::<32>()?);
    let text = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(key.as_slice()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Under another name first: half a key after a crash would lock up everything that is sealed later.
    let unfinished = file.with_extension("key.new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut opened = options.open(&unfinished)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    fs::rename(&unfinished, file)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cloud.key");
        let sealed = sealer(&[], &file).unwrap().seal("a", b"secret", [1; 24]).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let again = sealer(&[], &file).unwrap();
        assert_eq!(again.open("a", &sealed).unwrap().as_slice(), b"secret");
        let other = sealer(&[Zeroizing::new([7; 32])], &file).unwrap();
        assert!(other.open("a", &sealed).is_err());
    }

    #[test]
    fn a_damaged_key_is_told_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cloud.key");
        fs::write(&file, "short").unwrap();
        assert!(matches!(sealer(&[], &file), Err(Error::Invalid(_))));
        assert_eq!(fs::read_to_string(&file).unwrap(), "short");
        assert!(parse_sealing_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").is_ok());
    }
}
