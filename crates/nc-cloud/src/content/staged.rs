use std::{fs, io, path::PathBuf, time::Duration};

use tokio::io::{AsyncWriteExt, BufWriter};

use super::{
    Checksum, Content, ContentError,
    checksum::Hasher,
    disk::{self, Disk},
};

/// Bytes go to disk in pieces of this size.
const BUFFER_BYTES: usize = 256 << 10;

/// New content that nobody sees yet. Dropped without being committed, it is removed.
pub struct Staged {
    disk: Disk,
    relative: String,
    file: Option<BufWriter<tokio::fs::File>>,
    size_bytes: u64,
    hasher: Option<Hasher>,
    expected: Option<Checksum>,
    kept: bool,
}

impl Content {
    /// Begins new content. With a checksum, [`Staged::finish`] verifies it.
    pub async fn stage(&self, expected: Option<Checksum>) -> Result<Staged, ContentError> {
        let mut staged = Staged::place(&self.0.disk)?;
        let file = tokio::fs::File::create_new(staged.absolute()).await?;
        staged.file = Some(BufWriter::with_capacity(BUFFER_BYTES, file));
        staged.hasher = expected.as_ref().map(Checksum::hasher);
        staged.expected = expected;
        Ok(staged)
    }
}

impl Staged {
    /// A place without anything in it yet.
    pub(super) fn place(disk: &Disk) -> io::Result<Self> {
        Ok(Self {
            disk: disk.clone(),
            relative: Disk::fresh()?,
            file: None,
            size_bytes: 0,
            hasher: None,
            expected: None,
            kept: false,
        })
    }

    /// Adds bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ContentError> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        if let Some(file) = &mut self.file {
            file.write_all(bytes).await?;
            self.size_bytes += bytes.len() as u64;
        }
        Ok(())
    }

    /// Ends the content: verifies the checksum and brings everything to disk.
    pub async fn finish(&mut self, modified_at: Option<i64>) -> Result<(), ContentError> {
        if let (Some(expected), Some(hasher)) = (&self.expected, self.hasher.take())
            && !expected.holds(hasher)
        {
            return Err(ContentError::Checksum(expected.text.clone()));
        }
        if let Some(mut file) = self.file.take() {
            file.flush().await?;
            let file = file.into_inner().into_std().await;
            tokio::task::spawn_blocking(move || seal(&file, modified_at)).await??;
        }
        Ok(())
    }

    /// The number of bytes so far.
    pub const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The checksum that was given.
    pub(super) fn checksum(&self) -> Option<&str> {
        self.expected.as_ref().map(|checksum| checksum.text.as_str())
    }

    pub(super) fn relative(&self) -> &str {
        &self.relative
    }

    pub(super) fn absolute(&self) -> PathBuf {
        self.disk.absolute(&self.relative)
    }

    /// The content belongs to a committed change now.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = disk::remove(&self.absolute())
        {
            tracing::warn!(%error, "unfinished content could not be removed; the next start will");
        }
    }
}

/// Syncs a finished file. Its time is that of the metadata, for people who look at the folder.
fn seal(file: &fs::File, modified_at: Option<i64>) -> io::Result<()> {
    if let Some(seconds) = modified_at.and_then(|time| u64::try_from(time).ok()) {
        let time = std::time::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        if let Some(time) = time {
            file.set_modified(time)?;
        }
    }
    file.sync_all()
}
