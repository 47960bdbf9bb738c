use std::collections::HashMap;

use nc_auth::UserId;
use nc_proto::dav::DavPath;

use super::{
    Content, ContentError, Entry, Home,
    change::Change,
    check_storable,
    disk::{self, Step},
    entry::{ancestor_keys, path_key, select_entry, stored_path},
    locks::Reach,
    tree::signed,
};

mod bounds;
mod names;

/// Something that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trashed {
    /// What it was. Its path is that in the trash: `NAME.d<deleted_at>`, and what lies in a deleted folder below that.
    pub entry: Entry,
    /// Where it lay.
    pub original_location: DavPath,
    /// When it was deleted, Unix seconds.
    pub deleted_at: i64,
    /// Who deleted it.
    pub deleted_by: UserId,
}

impl Trashed {
    /// The name that it had.
    pub fn name(&self) -> &str {
        self.original_location.name().unwrap_or_default()
    }
}

/// What is known of a whole deletion.
#[derive(Clone, sqlx::FromRow)]
struct Deletion {
    file_id: i64,
    original_location: String,
    deleted_at: i64,
    deleted_by: String,
}

impl Deletion {
    /// `entry` was deleted with it.
    fn of(&self, entry: Entry) -> Trashed {
        let below = DavPath::from_names(entry.path.names().iter().skip(1).cloned());
        Trashed {
            original_location: stored_path(&self.original_location).join(&below),
            deleted_at: self.deleted_at,
            deleted_by: UserId::new(self.deleted_by.clone()),
            entry,
        }
    }
}

/// Whom the rows of deleted files belong to.
pub(super) fn trash_owner(user: &UserId) -> String {
    format!("{user}/trash")
}

impl Home {
    /// What is at a path in the trash.
    ///
    /// # Errors
    /// [`ContentError::NotFound`]
    pub async fn stat_trashed(&self, path: &DavPath) -> Result<Trashed, ContentError> {
        let missing = || ContentError::NotFound(path.clone());
        let query = sqlx::query_as(select_entry!("f.path = ?2 AND f.path <> ''"));
        let query = query.bind(trash_owner(&self.user)).bind(path_key(path));
        let entry: Option<Entry> = query.fetch_optional(self.content.0.db.reader()).await?;
        let entry = entry.ok_or_else(missing)?;
        let query = "SELECT t.* FROM trash t JOIN files f ON f.id = t.file_id WHERE f.owner = ?1 AND f.path = ?2";
        let deletion: Option<Deletion> = sqlx::query_as(query)
            .bind(trash_owner(&self.user))
            .bind(path.names().first())
            .fetch_optional(self.content.0.db.reader())
            .await?;
        Ok(deletion.ok_or_else(missing)?.of(entry))
    }

    /// Everything that was deleted, the latest first.
    pub async fn list_trash(&self) -> Result<Vec<Trashed>, ContentError> {
        let query = sqlx::query_as(select_entry!("f.parent IS NULL"));
        let entries: Vec<Entry> = query
            .bind(trash_owner(&self.user))
            .fetch_all(self.content.0.db.reader())
            .await?;
        let mut entries: HashMap<i64, Entry> = entries.into_iter().map(|entry| (entry.id.0, entry)).collect();
        let query = "SELECT * FROM trash WHERE owner = ? ORDER BY deleted_at DESC, file_id DESC";
        let deletions: Vec<Deletion> = sqlx::query_as(query)
            .bind(self.user.as_str())
            .fetch_all(self.content.0.db.reader())
            .await?;
        let known = deletions.iter().filter_map(|deletion| {
            let entry = entries.remove(&deletion.file_id)?;
            Some(deletion.of(entry))
        });
        Ok(known.collect())
    }

    /// What lies directly in a deleted folder, folders first, each by name.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::WrongKind`]
    pub async fn list_trashed(&self, path: &DavPath) -> Result<Vec<Trashed>, ContentError> {
        let folder = self.stat_trashed(path).await?;
        if !folder.entry.is_folder() {
            return Err(ContentError::WrongKind(path.clone()));
        }
        let query = sqlx::query_as(select_entry!("f.parent = ?2 ORDER BY f.is_folder DESC, f.name"));
        let query = query.bind(trash_owner(&self.user)).bind(folder.entry.id.0);
        let inside: Vec<Entry> = query.fetch_all(self.content.0.db.reader()).await?;
        let inside = inside.into_iter().map(|entry| Trashed {
            original_location: folder.original_location.child(entry.name()),
            deleted_at: folder.deleted_at,
            deleted_by: folder.deleted_by.clone(),
            entry,
        });
        Ok(inside.collect())
    }

    /// Opens a deleted file.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::WrongKind`]
    pub async fn open_trashed(&self, path: &DavPath) -> Result<(Trashed, tokio::fs::File), ContentError> {
        let _visible = self.locks.visible.read().await;
        let trashed = self.stat_trashed(path).await?;
        if trashed.entry.is_folder() {
            return Err(ContentError::WrongKind(path.clone()));
        }
        let place = self.content.0.disk.absolute(&disk::trash(&self.user, path));
        Ok((trashed, tokio::fs::File::open(place).await?))
    }

    /// Puts something from the trash back where it lay; where that folder is gone, and for what lies in a deleted folder,
    /// into the root, as Nextcloud does. A name that is taken gets `(restored)` behind. Gives the entry at its place.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::Quota`], [`ContentError::Locked`] if the folder is locked.
    pub async fn restore(&self, path: &DavPath, lock_tokens: Vec<String>) -> Result<Entry, ContentError> {
        let path = path.clone();
        self.change(move |change| Box::pin(async move { change.restore(&path, &lock_tokens).await }))
            .await
    }

    /// Deletes something in the trash for good.
    ///
    /// # Errors
    /// [`ContentError::NotFound`]
    pub async fn delete_trashed(&self, path: &DavPath) -> Result<(), ContentError> {
        let path = path.clone();
        self.change(move |change| {
            Box::pin(async move {
                let entry = change.get_trashed(&path).await?;
                change.purge_trashed(&entry).await
            })
        })
        .await
    }

    /// Deletes everything in the trash for good.
    pub async fn empty_trash(&self) -> Result<(), ContentError> {
        self.purge_trash_until(i64::MAX).await
    }
}

impl Change {
    /// Moves a file or folder to the trash. Locks end; ids, favourites, properties and versions stay. `followed` says
    /// whether something else takes its place with the same change.
    pub(super) async fn move_to_trash(&mut self, entry: &Entry, followed: bool) -> Result<(), ContentError> {
        if entry.path.is_root() {
            return Err(ContentError::Impossible(entry.path.clone()));
        }
        // Before room is made: a name that becomes free with this change must not be used by it.
        let (name, deleted_at) = self.free_trash_name(entry.name()).await?;
        let target = DavPath::from_names([name]);
        self.touch_ancestors(&entry.path, -signed(entry.size_bytes)).await?;
        if !self.make_room_in_trash(entry.size_bytes).await? {
            return self.delete(entry, followed).await;
        }
        self.forget_locks(&entry.path).await?;
        self.rebase(&self.user.to_string(), entry, &trash_owner(&self.user), &target)
            .await?;
        sqlx::query("UPDATE files SET parent = NULL WHERE id = ?")
            .bind(entry.id.0)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "INSERT INTO trash (file_id, owner, original_location, deleted_at, deleted_by) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(entry.id.0)
        .bind(self.user.as_str())
        .bind(path_key(&entry.path))
        .bind(deleted_at)
        .bind(self.actor.as_str())
        .execute(&mut *self.tx)
        .await?;
        let source = self.disk.file(&self.user, &entry.path)?;
        let target = disk::trash(&self.user, &target);
        self.promise(Step::Keep { source, target });
        Ok(())
    }

    async fn get_trashed(&mut self, path: &DavPath) -> Result<Entry, ContentError> {
        let query = sqlx::query_as(select_entry!("f.path = ?2 AND f.path <> ''"));
        let query = query.bind(trash_owner(&self.user)).bind(path_key(path));
        let found: Option<Entry> = query.fetch_optional(&mut *self.tx).await?;
        found.ok_or_else(|| ContentError::NotFound(path.clone()))
    }

    async fn restore(&mut self, path: &DavPath, lock_tokens: &[String]) -> Result<Entry, ContentError> {
        let entry = self.get_trashed(path).await?;
        let original: Option<String> = sqlx::query_scalar("SELECT original_location FROM trash WHERE file_id = ?")
            .bind(entry.id.0)
            .fetch_optional(&mut *self.tx)
            .await?;
        let original = original.map_or_else(|| DavPath::from_names([entry.name()]), |key| stored_path(&key));
        let folder = original.parent().unwrap_or_default();
        let folder = match self.find(&folder).await? {
            Some(folder) if folder.is_folder() => folder,
            _ => self.get(&DavPath::root()).await?,
        };
        let to = self
            .free_restored_name(&folder.path, original.name().unwrap_or_default())
            .await?;
        let name = to.name().unwrap_or_default().to_owned();
        check_storable(&name)?;
        self.check_locks(&to, Reach::Member, lock_tokens).await?;
        self.check_quota(entry.size_bytes, 0).await?;
        self.check_length(&trash_owner(&self.user), &entry, &to).await?;
        self.shrink_trashed_folders(&entry).await?;
        self.rebase(&trash_owner(&self.user), &entry, &self.user.to_string(), &to)
            .await?;
        sqlx::query("UPDATE files SET parent = ?, name = ?, name_folded = ?, mime = ? WHERE id = ?")
            .bind(folder.id.0)
            .bind(&name)
            .bind(name.to_lowercase())
            .bind((!entry.is_folder()).then(|| Content::media_type(&name)))
            .bind(entry.id.0)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("DELETE FROM trash WHERE file_id = ?")
            .bind(entry.id.0)
            .execute(&mut *self.tx)
            .await?;
        let source = disk::trash(&self.user, path);
        let target = self.disk.file(&self.user, &to)?;
        self.promise(Step::Replace { source, target });
        self.touch_ancestors(&to, signed(entry.size_bytes)).await?;
        self.get(&to).await
    }

    /// Moves the rows of an entry and of everything inside to another tree. The folder that it lies in is the caller's.
    async fn rebase(&mut self, from: &str, entry: &Entry, to: &str, path: &DavPath) -> Result<(), ContentError> {
        let (old, new) = (path_key(&entry.path), path_key(path));
        sqlx::query("UPDATE files SET owner = ?, path = ? WHERE id = ?")
            .bind(to)
            .bind(&new)
            .bind(entry.id.0)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "UPDATE files SET owner = ?1, path = ?2 || substr(path, length(?3) + 1) \
             WHERE owner = ?4 AND path > ?3 || '/' AND path < ?3 || '0'",
        )
        .bind(to)
        .bind(&new)
        .bind(&old)
        .bind(from)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Deletes something in the trash for good.
    async fn purge_trashed(&mut self, entry: &Entry) -> Result<(), ContentError> {
        self.shrink_trashed_folders(entry).await?;
        self.delete_rows(entry).await?;
        let target = disk::trash(&self.user, &entry.path);
        self.promise(Step::Remove(target));
        Ok(())
    }

    /// Takes the size of what goes away from the deleted folders that it lies in.
    async fn shrink_trashed_folders(&mut self, entry: &Entry) -> Result<(), ContentError> {
        for key in ancestor_keys(&entry.path) {
            sqlx::query("UPDATE files SET size = size - ? WHERE owner = ? AND path = ?")
                .bind(signed(entry.size_bytes))
                .bind(trash_owner(&self.user))
                .bind(key)
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }
}
