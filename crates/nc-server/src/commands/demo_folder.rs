//! The data folder of the demo, which a first start fills; one that broke off is done anew.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Stands in a folder while its first start fills it.
const UNFINISHED: &str = "demo-unfinished";
/// Held by whoever has the cloud open.
const LOCK: &str = "cloud.lock";

/// A data folder that is removed at the end, unless the user named it.
pub(super) struct DemoFolder {
    pub(super) path: PathBuf,
    kept: bool,
}

impl DemoFolder {
    /// A folder of the user's.
    ///
    /// # Errors
    /// When it cannot be made ready.
    pub(super) fn kept(path: &Path) -> io::Result<Self> {
        create_private(path)?;
        clear_unfinished(path)?;
        if fs::read_dir(path)?.all(|entry| entry.is_ok_and(|entry| entry.file_name() == LOCK)) {
            fs::write(path.join(UNFINISHED), "")?;
        }
        Ok(Self {
            path: path.to_owned(),
            kept: true,
        })
    }

    /// A folder that is gone at the end.
    pub(super) fn temporary(path: PathBuf) -> Self {
        Self { path, kept: false }
    }

    /// The first start is complete, or was so before.
    ///
    /// # Errors
    /// When that cannot be noted.
    pub(super) fn finished(&self) -> io::Result<()> {
        match fs::remove_file(self.path.join(UNFINISHED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for DemoFolder {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, "temporary data could not be removed: {}", self.path.display());
        }
    }
}

/// Nobody else on this machine reads passwords and files.
fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes what a first start left that broke off. The folder was empty before, and nobody was told a password, so
/// there is nothing of anybody's in it.
fn clear_unfinished(path: &Path) -> io::Result<()> {
    if !path.join(UNFINISHED).exists() {
        return Ok(());
    }
    let lock = fs::File::create(path.join(LOCK))?;
    if lock.try_lock().is_err() {
        // It is being filled just now; opening the cloud will say so.
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name() == LOCK || entry.file_name() == UNFINISHED {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    // Last, so that clearing that breaks off is done anew as well.
    fs::remove_file(path.join(UNFINISHED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(path)
            .expect("folder")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_broken_first_start_left_is_cleared() {
        let folder = tempfile::tempdir().expect("folder");
        drop(DemoFolder::kept(folder.path()).expect("ready"));
        fs::create_dir(folder.path().join("data")).expect("data");
        fs::write(folder.path().join("cloud.db"), "half").expect("database");
        DemoFolder::kept(folder.path()).expect("ready");
        assert_eq!(names(folder.path()), [LOCK, UNFINISHED]);
    }

    #[test]
    fn what_was_finished_is_kept() {
        let folder = tempfile::tempdir().expect("folder");
        let demo = DemoFolder::kept(folder.path()).expect("ready");
        fs::write(folder.path().join("cloud.db"), "whole").expect("database");
        demo.finished().expect("noted");
        DemoFolder::kept(folder.path())
            .expect("ready")
            .finished()
            .expect("noted");
        assert_eq!(names(folder.path()), ["cloud.db"]);
    }

    #[test]
    fn somebody_elses_folder_is_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        fs::write(folder.path().join("letter.txt"), "dear").expect("letter");
        DemoFolder::kept(folder.path()).expect("ready");
        assert_eq!(names(folder.path()), ["letter.txt"]);
    }

    #[test]
    fn a_first_start_that_still_runs_is_not_disturbed() {
        let folder = tempfile::tempdir().expect("folder");
        DemoFolder::kept(folder.path()).expect("ready");
        fs::write(folder.path().join("cloud.db"), "half").expect("database");
        let lock = fs::File::create(folder.path().join(LOCK)).expect("lock");
        lock.try_lock().expect("free");
        DemoFolder::kept(folder.path()).expect("ready");
        assert!(folder.path().join("cloud.db").exists());
    }
}
