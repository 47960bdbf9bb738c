use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nc_auth::UserId;
use nc_proto::dav::DavPath;
use uuid::Uuid;

use super::{BadName, FileId};
use crate::random;

/// Longest path in bytes that the store uses; Linux takes 4095.
const LONGEST_PATH_BYTES: usize = 4000;

/// Deepest nesting. Removing a folder holds one file descriptor a level, and some systems give a process only 1024: what
/// can be made must be removable, or a deleted folder would keep the next start from clearing up.
const MOST_LEVELS: usize = 256;

/// Where things lie below the data directory.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    root: PathBuf,
}

/// A step on disk that a commit promises. Done twice, it does nothing the second time. Paths are relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Makes a folder.
    MakeFolder(String),
    /// Puts `source` where `target` is, whatever is there.
    Replace { source: String, target: String },
    /// Moves `source` to `target`, a place that nothing else is ever put at: what is there already is what was moved. For
    /// what makes room for something else in the same change.
    Keep { source: String, target: String },
    /// Removes a file or a folder with everything inside.
    Remove(String),
}

impl Disk {
    /// The folder `data` of the data directory.
    pub(super) fn open(data_dir: &Path) -> io::Result<Self> {
        let disk = Self {
            root: data_dir.join("data"),
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        // Also where the data directory was made by somebody else, who let others read it.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(disk.root.join(TMP))?;
        sync_folder(data_dir)?;
        sync_folder(&disk.root)?;
        Ok(disk)
    }

    /// The place of a relative path.
    pub(super) fn absolute(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The place of a user's file, relative.
    pub(super) fn file(&self, user: &UserId, path: &DavPath) -> Result<String, BadName> {
        let relative = path.names().iter().fold(files(user), |place, name| place + "/" + name);
        Self::check_levels(path.names().len())?;
        if self.root.as_os_str().len() + relative.len() > LONGEST_PATH_BYTES {
            return Err(BadName::TooLong);
        }
        Ok(relative)
    }

    /// Whether so many levels are stored.
    pub(super) const fn check_levels(levels: usize) -> Result<(), BadName> {
        if levels > MOST_LEVELS {
            return Err(BadName::TooLong);
        }
        Ok(())
    }

    /// A fresh place for something unfinished, relative.
    pub(super) fn fresh() -> io::Result<String> {
        let bytes = random::secret_bytes().map_err(io::Error::other)?;
        Ok(format!("{TMP}/{}", Uuid::from_bytes(bytes).simple()))
    }

    /// Removes everything unfinished.
    pub(super) fn empty_tmp(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(TMP))? {
            // Rubbish is no reason not to start.
            remove_or_warn(&entry?.path());
        }
        Ok(())
    }

    /// Makes the entries of `.tmp` durable, before a commit promises to move them.
    pub(super) fn sync_tmp(&self) -> io::Result<()> {
        sync_folder(&self.root.join(TMP))
    }

    /// Does the steps in order and makes them durable.
    pub(super) fn perform(&self, steps: &[Step]) -> io::Result<()> {
        let mut touched = Vec::new();
        let mut discarded = Vec::new();
        for step in steps {
            self.perform_one(step, &mut touched, &mut discarded)?;
        }
        touched.sort();
        touched.dedup();
        for folder in touched {
            match sync_folder(&folder) {
                // A later step removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
        }
        // Large trees take a while. They are out of sight already: what cannot be removed is no failure of the change.
        for path in &discarded {
            remove_or_warn(path);
        }
        Ok(())
    }

    fn perform_one(&self, step: &Step, touched: &mut Vec<PathBuf>, discarded: &mut Vec<PathBuf>) -> io::Result<()> {
        match step {
            Step::MakeFolder(target) => {
                let target = self.absolute(target);
                match fs::create_dir(&target) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => touched.extend(target.parent().map(Path::to_owned)),
                }
            }
            Step::Replace { source, target } => {
                let (source, target) = (self.absolute(source), self.absolute(target));
                let Some(from) = exists(&source)? else { return Ok(()) };
                // A file replaces a file in one go; whatever else is in the way steps aside first.
                if let Some(there) = exists(&target)?
                    && (from.is_dir() || there.is_dir())
                {
                    discarded.push(self.set_aside(&target)?);
                }
                fs::rename(&source, &target)?;
                touched.extend(source.parent().map(Path::to_owned));
                touched.extend(target.parent().map(Path::to_owned));
            }
            Step::Keep { source, target } => {
                let (source, target) = (self.absolute(source), self.absolute(target));
                if exists(&target)?.is_some() || exists(&source)?.is_none() {
                    return Ok(());
                }
                let parents = [&source, &target].map(|path| path.parent().map(Path::to_owned));
                // Homes that were made by a former version lack it.
                if let Some(folder) = &parents[1]
                    && exists(folder)?.is_none()
                {
                    fs::create_dir(folder)?;
                    touched.extend(folder.parent().map(Path::to_owned));
                }
                fs::rename(&source, &target)?;
                touched.extend(parents.into_iter().flatten());
            }
            Step::Remove(target) => {
                let target = self.absolute(target);
                if exists(&target)?.is_some() {
                    discarded.push(self.set_aside(&target)?);
                    touched.extend(target.parent().map(Path::to_owned));
                }
            }
        }
        Ok(())
    }

    fn set_aside(&self, path: &Path) -> io::Result<PathBuf> {
        let aside = self.absolute(&Self::fresh()?);
        fs::rename(path, &aside)?;
        Ok(aside)
    }
}

/// Unfinished things; not a user's folder, for those never begin with a dot.
const TMP: &str = ".tmp";

/// The folder of a user. User ids have no slash and are not `.` or `..`, but may begin with a dot.
fn folder(user: &UserId) -> String {
    match user.as_str().strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => user.to_string(),
    }
}

/// The folder of a user's files, relative.
pub(super) fn files(user: &UserId) -> String {
    folder(user) + "/files"
}

/// The folder of a user's unfinished uploads, relative.
pub(super) fn uploads(user: &UserId) -> String {
    folder(user) + "/uploads"
}

/// The place of something in a user's trash, relative. Not longer than where it was by more than its new name, which the
/// system still takes.
pub(super) fn trash(user: &UserId, path: &DavPath) -> String {
    path.names()
        .iter()
        .fold(folder(user) + "/trash", |place, name| place + "/" + name)
}

/// The place of former content, relative. No number is used twice.
pub(super) fn version(user: &UserId, file: FileId, number: i64) -> String {
    format!("{}/versions/{file}.{number}", folder(user))
}

pub(super) fn exists(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn remove(path: &Path) -> io::Result<()> {
    match exists(path)? {
        Some(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Some(_) => fs::remove_file(path),
        None => Ok(()),
    }
}

fn remove_or_warn(path: &Path) {
    if let Err(error) = remove(path) {
        tracing::warn!(%error, "unfinished content could not be removed; the next start tries again");
    }
}

/// A renamed or new name is durable only when its folder is synced.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}
