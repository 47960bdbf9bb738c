use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nc_auth::UserId;
use nc_proto::dav::DavPath;

use super::{
    ContentError, Entry, Home, Staged,
    change::Change,
    disk::{self, Disk},
    entry::{path_key, select_entry},
    tree::signed,
};

/// One thing to be copied on disk.
pub(super) struct Item {
    source: PathBuf,
    target: PathBuf,
    is_folder: bool,
}

/// Lists what to copy into the staged place; folders come before what is in them.
pub(super) fn plan<'a>(
    disk: &Disk,
    user: &UserId,
    top: &Entry,
    entries: impl Iterator<Item = &'a Entry>,
    staged: &Staged,
) -> Result<Vec<Item>, ContentError> {
    let base = staged.absolute();
    entries
        .map(|entry| {
            let below = entry.path.strip_prefix(&top.path).unwrap_or_default();
            Ok(Item {
                source: disk.absolute(&disk.file(user, &entry.path)?),
                target: below.names().iter().fold(base.clone(), |path, name| path.join(name)),
                is_folder: entry.is_folder(),
            })
        })
        .collect()
}

/// Copies the bytes and syncs them.
pub(super) fn perform(items: &[Item]) -> io::Result<()> {
    for item in items {
        if item.is_folder {
            fs::create_dir(&item.target)?;
        } else {
            copy_file(&item.source, &item.target)?;
        }
    }
    let folders = items.iter().filter(|item| item.is_folder);
    folders
        .map(|item| item.target.as_path())
        .try_for_each(disk::sync_folder)
}

fn copy_file(source: &Path, target: &Path) -> io::Result<()> {
    let mut from = fs::File::open(source)?;
    let mut to = fs::File::create_new(target)?;
    // In the kernel where it can.
    io::copy(&mut from, &mut to)?;
    to.set_modified(from.metadata()?.modified()?)?;
    to.sync_all()
}

impl Home {
    /// Everything below an entry, parents first.
    pub(super) async fn list_inside(&self, top: &Entry) -> Result<Vec<Entry>, ContentError> {
        let query = sqlx::query_as(select_entry!(
            "f.path > ?2 || '/' AND f.path < ?2 || '0' ORDER BY f.path"
        ));
        let query = query.bind(self.user.as_str()).bind(path_key(&top.path));
        let mut entries: Vec<Entry> = query.fetch_all(self.content.0.db.reader()).await?;
        // `a-b` sorts before `a/c` as text; by names, a parent always comes before what is in it.
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(entries)
    }
}

impl Change {
    /// Adds the rows of a copy of what lies in `owner`'s tree, with properties, without favourites and locks. Into another
    /// tree go only the properties of the one who copies.
    pub(super) async fn copy_rows(
        &mut self,
        owner: &str,
        top: &Entry,
        inside: &[Entry],
        to: &DavPath,
    ) -> Result<(), ContentError> {
        let deep = !inside.is_empty() || !top.is_folder();
        for entry in std::iter::once(top).chain(inside) {
            let below = entry.path.strip_prefix(&top.path).unwrap_or_default();
            let path = to.join(&below);
            let parent = self.parent(&path).await?;
            let name = path.name().unwrap_or_default();
            let is_folder = entry.is_folder();
            // A copy of a file keeps its time; a folder is new.
            let id: i64 = sqlx::query_scalar(
                "INSERT INTO files (owner, parent, path, name, name_folded, is_folder, mime, size, mtime, etag, \
                 checksums, creation_time, upload_time) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, lower(hex(randomblob(16))), ?, ?, ?) RETURNING id",
            )
            .bind(self.user.as_str())
            .bind(parent.id.0)
            .bind(path_key(&path))
            .bind(name)
            .bind(name.to_lowercase())
            .bind(is_folder)
            .bind((!is_folder).then(|| super::Content::media_type(name)))
            .bind(if deep { signed(entry.size_bytes) } else { 0 })
            .bind(if is_folder { self.now } else { entry.modified_at })
            .bind(&entry.checksums)
            .bind(entry.created_at)
            .bind(if is_folder { 0 } else { self.now })
            .fetch_one(&mut *self.tx)
            .await?;
            sqlx::query(
                "INSERT INTO properties SELECT ?1, user_id, name, value FROM properties \
                 WHERE file_id = ?2 AND (?3 OR user_id = ?4)",
            )
            .bind(id)
            .bind(entry.id.0)
            .bind(owner == self.user.as_str())
            .bind(self.actor.as_str())
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }
}
