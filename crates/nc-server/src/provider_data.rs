//! The authorization server's part of a data folder: its database, and the key that seals what must be read again.

use std::{fs, io, path::Path, sync::Arc};

use anyhow::Context as _;
use nc_store::Sealer;
use nc_store_sqlite::SqliteStore;
use rand::{TryRng as _, rngs::SysRng};
use zeroize::Zeroizing;

const DATABASE: &str = "provider.db";

/// 32 random bytes as hexadecimal digits. Beside the database and not in it, so that a backup of the database alone opens no
/// private key.
const SEALING_KEY: &str = "provider.key";

/// Database and sealing key. Several processes may have them open.
pub struct ProviderData {
    /// The database.
    pub store: Arc<SqliteStore>,
    /// Opens and seals.
    pub sealer: Arc<Sealer>,
}

impl ProviderData {
    /// Opens what is in `folder`, and makes what is missing.
    pub async fn open(folder: &Path) -> anyhow::Result<Self> {
        let key = sealing_key(&folder.join(SEALING_KEY))
            .with_context(|| format!("{SEALING_KEY} in {} cannot be used", folder.display()))?;
        let store = SqliteStore::open(&folder.join(DATABASE))
            .await
            .with_context(|| format!("{DATABASE} in {} cannot be opened", folder.display()))?;
        Ok(Self {
            store: Arc::new(store),
            sealer: Arc::new(Sealer::new(&[key])?),
        })
    }
}

fn sealing_key(path: &Path) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    make(path)?;
    read(path)?.context("it vanished")
}

fn read(path: &Path) -> anyhow::Result<Option<Zeroizing<[u8; 32]>>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), key.as_mut_slice()).context("it does not hold 64 hexadecimal digits")?;
    Ok(Some(key))
}

/// Written beside and then linked, so that no other process sees half a key and two that start together get the same one.
fn make(path: &Path) -> anyhow::Result<()> {
    let mut key = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(key.as_mut_slice())?;
    let beside = path.with_extension(format!("key.{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let text = Zeroizing::new(format!("{}\n", hex::encode(key.as_slice())));
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_private_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(SEALING_KEY);
        let first = sealing_key(&path).expect("made");
        assert_eq!(*first, *sealing_key(&path).expect("read"));
        make(&path).expect("another process made it first");
        assert_eq!(*first, *sealing_key(&path).expect("read"));
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).expect("metadata").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&path, "secret").expect("damaged");
        let error = format!("{:#}", sealing_key(&path).expect_err("damaged"));
        assert!(
            error.contains("64 hexadecimal digits") && !error.contains("secret"),
            "{error}"
        );
    }
}
