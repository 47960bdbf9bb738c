//! The content store: plain files in the data directory, everything known about them in SQLite.
//!
//! * [`Content`]: opened once; [`Content::home`] gives the tree of a user.
//! * [`Home`]: stat, list, read, write, move, …; the interface for WebDAV, Notes and whatever comes.
//! * [`Staged`]: bytes on their way in, invisible until they are committed.
//!
//! A file `Notes/a.md` of alice lies at `data/alice/files/Notes/a.md` below the data directory; names are those of the
//! file. What was deleted lies at `data/alice/trash/a.md.d1795225460`, what was replaced in `data/alice/versions`, what is
//! being uploaded in `data/.tmp` and `data/alice/uploads`.
//!
//! # Why an acknowledged write survives a crash
//! 1. New bytes go to a file in `data/.tmp`, which is synced.
//! 2. One transaction changes the metadata **and** notes which steps on disk it promises (table `pending`).
//! 3. After the commit the steps are done: atomic renames, synced. Then the request is answered.
//! 4. Done steps are taken out of the table by the next change. At start, steps that are left are done again: each
//!    recognises that it was done before. Then `data/.tmp` is emptied.
//!
//! So the database is what counts, and never names bytes that are not on disk. Readers take metadata and open the file
//! under a lock that a change holds from its commit to its last step: they see both old or both new.

mod across;
mod change;
mod checksum;
mod comments;
mod copy;
mod disk;
mod entry;
mod error;
mod guests;
mod home;
mod journal;
mod locks;
mod names;
mod properties;
mod remembered;
mod search;
mod staged;
mod tags;
#[cfg(test)]
mod tests;
mod trash;
mod tree;
mod uploads;
mod versions;
mod write;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use nc_auth::UserId;
use nc_proto::clock::Clock;
use tokio::sync;

pub use across::Refused;
pub use checksum::Checksum;
pub use comments::{Comment, CommentCounts, CommentPage, NewComment};
pub use entry::{Entry, FileId, Kind};
pub use error::ContentError;
pub(crate) use guests::guest_of;
pub use home::Home;
pub use locks::{HeldLock, NewLock};
pub use names::{BadName, check_storable};
pub use properties::PropertyChange;
pub use search::{Query, SortKey, Test};
pub use staged::Staged;
pub use tags::{NewTag, SystemTag, TagChange};
pub use trash::Trashed;
pub use tree::{Overwrite, Transfer};
pub use uploads::{Chunk, Upload};
pub use versions::Version;
pub use write::{Precondition, WriteOptions, Written};

use crate::{Error, db::Db};

/// Everybody's files. Cheap to clone.
#[derive(Clone)]
pub struct Content(Arc<Inner>);

struct Inner {
    db: Db,
    disk: disk::Disk,
    clock: Clock,
    journal: journal::Journal,
    homes: Mutex<HashMap<UserId, Arc<HomeLocks>>>,
    /// Is told what was deleted for good.
    gone: OnceLock<Gone>,
    /// Is asked who of other servers may still be here.
    guests: OnceLock<guests::IsGuest>,
}

/// What is told the numbers of files and folders that were deleted for good, after each such change.
type Gone = Box<dyn Fn(Vec<FileId>) + Send + Sync>;

/// What orders the changes of one home.
#[derive(Default)]
struct HomeLocks {
    /// Held by a change from its first look to its last step.
    writer: sync::Mutex<()>,
    /// Held exclusively from commit to last step; shared while metadata is read and the file opened.
    visible: sync::RwLock<()>,
    /// Steps of a committed change that failed on disk; done before the next change.
    unfinished: Mutex<Option<journal::Promise>>,
    /// Whether the root is known to exist.
    made: sync::OnceCell<()>,
    /// What need not be asked again.
    remembered: remembered::Remembered,
}

impl Content {
    /// Opens the store below `data_dir`, and finishes or forgets what a crash left over.
    pub async fn open(db: Db, data_dir: &Path, clock: Clock) -> Result<Self, Error> {
        let disk = disk::Disk::open(data_dir)?;
        let journal = journal::Journal::default();
        journal::recover(&db, &disk).await?;
        Ok(Self(Arc::new(Inner {
            db,
            disk,
            clock,
            journal,
            homes: Mutex::default(),
            gone: OnceLock::new(),
            guests: OnceLock::new(),
        })))
    }

    /// The tree of a user, made at first use.
    pub async fn home(&self, user: &UserId) -> Result<Home, ContentError> {
        let locks = {
            let mut homes = self.0.homes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(homes.entry(user.clone()).or_default())
        };
        let home = Home::new(self.clone(), user.clone(), Arc::clone(&locks));
        locks.made.get_or_try_init(|| home.make_root()).await?;
        Ok(home)
    }

    /// Tells from now on what is deleted for good. The first one who asks is told.
    pub(crate) fn tell_gone(&self, gone: impl Fn(Vec<FileId>) + Send + Sync + 'static) {
        // A second one is our own mistake, and changes nothing for the first.
        drop(self.0.gone.set(Box::new(gone)));
    }

    /// Which of these files and folders are in nobody's tree or trash any more.
    pub(crate) async fn missing(&self, files: &[FileId]) -> Result<Vec<FileId>, Error> {
        let numbers: Vec<i64> = files.iter().map(|file| file.0).collect();
        let missing: Vec<i64> = sqlx::query_scalar(
            "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM files WHERE id = value)",
        )
        .bind(serde_json::json!(numbers).to_string())
        .fetch_all(self.0.db.reader())
        .await?;
        Ok(missing.into_iter().map(FileId).collect())
    }

    fn now(&self) -> i64 {
        self.0.clock.now().unix_timestamp()
    }
}
