use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use nc_proto::dav::DavPath;
use tokio_util::io::ReaderStream;

use super::{Checksum, ContentError, Home, Staged, WriteOptions, Written, check_storable, disk, names::BadName};

/// An upload that got no piece for so long is forgotten when the user begins another; as in Nextcloud, a day.
const KEPT_S: i64 = 24 * 60 * 60;

/// One piece of an [`Upload`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its name; pieces are put together in the order of their numbers.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
}

/// A file that arrives in pieces (chunked upload v2). It is a folder on disk until it is put together.
#[derive(Clone)]
pub struct Upload {
    home: Home,
    name: String,
    folder: PathBuf,
}

impl Home {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`ContentError::Exists`], [`ContentError::Name`]
    pub async fn begin_upload(&self, name: &str) -> Result<Upload, ContentError> {
        let upload = self.upload(name)?;
        let folder = upload.folder.clone();
        let oldest = self.content.now() - KEPT_S;
        let made = tokio::task::spawn_blocking(move || {
            forget_stale(&folder, oldest)?;
            fs::create_dir(&folder)?;
            folder.parent().map_or(Ok(()), disk::sync_folder)
        });
        match made.await? {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ContentError::Exists(DavPath::from_names([name])))
            }
            result => Ok(result.map(|()| upload)?),
        }
    }

    /// An upload that was begun.
    ///
    /// # Errors
    /// [`ContentError::NotFound`]
    pub async fn find_upload(&self, name: &str) -> Result<Upload, ContentError> {
        let upload = self.upload(name)?;
        if tokio::fs::try_exists(&upload.folder).await? {
            Ok(upload)
        } else {
            Err(ContentError::NotFound(DavPath::from_names([name])))
        }
    }

    /// The names of the uploads that were begun and not finished.
    pub async fn list_uploads(&self) -> Result<Vec<String>, ContentError> {
        let folder = self.content.0.disk.absolute(&disk::uploads(&self.user));
        let listed = tokio::task::spawn_blocking(move || {
            let mut names = Vec::new();
            for entry in fs::read_dir(folder)? {
                names.extend(entry?.file_name().into_string().ok());
            }
            names.sort();
            Ok::<_, io::Error>(names)
        });
        Ok(listed.await??)
    }

    fn upload(&self, name: &str) -> Result<Upload, ContentError> {
        check_storable(name)?;
        let folder = disk::uploads(&self.user) + "/" + name;
        Ok(Upload {
            home: self.clone(),
            name: name.to_owned(),
            folder: self.content.0.disk.absolute(&folder),
        })
    }
}

impl Upload {
    /// The name that the client chose.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Keeps staged content as a piece. Gives whether it is new.
    ///
    /// # Errors
    /// [`ContentError::Name`], [`ContentError::Checksum`], [`ContentError::NotFound`] if the upload was aborted.
    pub async fn put_chunk(&self, name: &str, mut staged: Staged) -> Result<bool, ContentError> {
        check_storable(name)?;
        if name == ".file" {
            return Err(BadName::Reserved.into());
        }
        self.check_quota(name, staged.size_bytes()).await?;
        staged.finish(None).await?;
        let (folder, target) = (self.folder.clone(), self.folder.join(name));
        let moved = tokio::task::spawn_blocking(move || {
            let new = disk::exists(&target)?.is_none();
            fs::rename(staged.absolute(), &target)?;
            staged.keep();
            disk::sync_folder(&folder)?;
            Ok::<_, io::Error>(new)
        });
        match moved.await? {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ContentError::NotFound(DavPath::from_names([&self.name])))
            }
            result => Ok(result?),
        }
    }

    /// The pieces of all uploads together must fit: else uploads that never end would be a way around the quota.
    async fn check_quota(&self, name: &str, size_bytes: u64) -> Result<(), ContentError> {
        let Some(available) = self.home.available_bytes().await? else {
            return Ok(());
        };
        let replaced = self.list_chunks().await?.into_iter().find(|chunk| chunk.name == name);
        let replaced = replaced.map_or(0, |chunk| chunk.size_bytes);
        let folder = self.folder.clone();
        let kept = tokio::task::spawn_blocking(move || folder.parent().map_or(Ok(0), stored_bytes)).await??;
        let required = (kept + size_bytes).saturating_sub(replaced);
        if required > available {
            return Err(ContentError::Quota { required, available });
        }
        Ok(())
    }

    /// The pieces in the order in which they are put together.
    pub async fn list_chunks(&self) -> Result<Vec<Chunk>, ContentError> {
        let folder = self.folder.clone();
        match tokio::task::spawn_blocking(move || list(&folder)).await? {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ContentError::NotFound(DavPath::from_names([&self.name])))
            }
            result => Ok(result?),
        }
    }

    /// Puts the pieces together as the file at `path` in `home`, and ends the upload.
    ///
    /// # Errors
    /// [`ContentError::Incomplete`] if the sizes do not add up to `expected_bytes`; else as [`Home::commit`]. The pieces
    /// stay, so the client can mend and try again.
    pub async fn assemble(
        &self,
        home: &Home,
        path: &DavPath,
        expected_bytes: Option<u64>,
        checksum: Option<Checksum>,
        options: WriteOptions,
    ) -> Result<Written, ContentError> {
        let chunks = self.list_chunks().await?;
        let actual = chunks.iter().map(|chunk| chunk.size_bytes).sum();
        if let Some(expected) = expected_bytes.filter(|expected| *expected != actual) {
            return Err(ContentError::Incomplete { expected, actual });
        }
        home.check_write(path, actual, &options).await?;
        let mut staged = self.home.content.stage(checksum).await?;
        let mut buffer = vec![0; 1 << 20];
        for chunk in &chunks {
            let mut file = tokio::fs::File::open(self.folder.join(&chunk.name)).await?;
            loop {
                let read = tokio::io::AsyncReadExt::read(&mut file, &mut buffer).await?;
                if read == 0 {
                    break;
                }
                staged.write(&buffer[..read]).await?;
            }
        }
        let written = home.commit(path, staged, options).await?;
        self.abort().await?;
        Ok(written)
    }

    /// The pieces in their order, as one body, and its size.
    ///
    /// # Errors
    /// [`ContentError::Incomplete`] if the sizes do not add up to `expected_bytes`.
    pub(crate) async fn open(
        &self,
        expected_bytes: Option<u64>,
    ) -> Result<(u64, impl Stream<Item = io::Result<Bytes>> + Send + use<>), ContentError> {
        let chunks = self.list_chunks().await?;
        let actual = chunks.iter().map(|chunk| chunk.size_bytes).sum();
        if let Some(expected) = expected_bytes.filter(|expected| *expected != actual) {
            return Err(ContentError::Incomplete { expected, actual });
        }
        let paths = chunks.into_iter().map(|chunk| self.folder.join(chunk.name));
        let files = stream::iter(paths.collect::<Vec<_>>()).then(tokio::fs::File::open);
        Ok((actual, files.map_ok(ReaderStream::new).try_flatten()))
    }

    /// Ends the upload and removes its pieces.
    pub async fn abort(&self) -> Result<(), ContentError> {
        let folder = self.folder.clone();
        Ok(tokio::task::spawn_blocking(move || disk::remove(&folder)).await??)
    }
}

/// Removes the uploads beside `folder` that were last touched before `oldest`, Unix seconds.
fn forget_stale(folder: &Path, oldest: i64) -> io::Result<()> {
    let Some(parent) = folder.parent() else { return Ok(()) };
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let touched = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH);
        if touched.is_ok_and(|age| i64::try_from(age.as_secs()).is_ok_and(|touched| touched < oldest)) {
            disk::remove(&entry.path())?;
        }
    }
    Ok(())
}

/// The size of all pieces of all uploads in `folder`.
fn stored_bytes(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for upload in fs::read_dir(folder)? {
        match list(&upload?.path()) {
            Ok(chunks) => sum += chunks.iter().map(|chunk| chunk.size_bytes).sum::<u64>(),
            // It has just ended.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sum)
}

fn list(folder: &Path) -> io::Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string() {
            let size_bytes = entry.metadata()?.len();
            chunks.push(Chunk { name, size_bytes });
        }
    }
    // Clients number their pieces 1, 2, … 10 or 00001, 00002, …; some name them by their offset.
    chunks.sort_by_cached_key(|chunk| (chunk.name.parse::<u64>().unwrap_or(u64::MAX), chunk.name.clone()));
    Ok(chunks)
}
