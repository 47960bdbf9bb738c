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

/// Beside the databases and not in them, so that a backup of a database alone opens nothing.
const SEALING_KEY: &str = "cloud.key";

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

/// The sealer of a data directory: with the configured keys, or with the key in `cloud.key`, which is made when it is missing.
///
/// # Errors
/// [`Error::Invalid`] for a damaged key, [`Error::Internal`] when the file cannot be read or made.
pub fn open_sealer(configured: &[SealingKey], data_dir: &Path) -> Result<Sealer, Error> {
    sealer(configured, &data_dir.join(SEALING_KEY))
}

fn sealer(configured: &[SealingKey], file: &Path) -> Result<Sealer, Error> {
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

/// Written beside and then linked: half a key after a crash would lock up everything that is sealed later, and two processes
/// that start together must get the same one.
fn create(file: &Path) -> Result<SealingKey, Error> {
    let key = Zeroizing::new(random::secret_bytes::<32>()?);
    let text = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(key.as_slice()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let unfinished = file.with_extension(format!("key.{}", std::process::id()));
    let mut opened = options.open(&unfinished)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    let linked = fs::hard_link(&unfinished, file);
    fs::remove_file(&unfinished)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            parse_sealing_key(&Zeroizing::new(fs::read_to_string(file)?))
        }
        Err(error) => Err(error.into()),
    }
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
        create(&file).expect("another process made it first");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
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
