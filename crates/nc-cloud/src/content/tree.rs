use nc_proto::dav::DavPath;

use super::{
    Content, ContentError, Entry, Home, Kind, Precondition, Staged,
    change::Change,
    check_storable, copy,
    disk::{Disk, Step},
    entry::path_key,
    locks::Reach,
};

/// Whether something at the target may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// The target must be free.
    Never,
    /// What is there goes to the trash first, as in Nextcloud.
    Allowed,
}

/// A move or copy.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Where it is.
    pub from: DavPath,
    /// Where it goes.
    pub to: DavPath,
    /// Whether something there may be replaced.
    pub overwrite: Overwrite,
    /// What must be so with the source; looked at in the same transaction.
    pub precondition: Precondition,
    /// What must be so with the target; looked at in the same transaction.
    pub target: Precondition,
    /// Lock tokens that the client submitted.
    pub lock_tokens: Vec<String>,
}

impl Transfer {
    /// A transfer to a free place, without condition or lock tokens.
    pub const fn new(from: DavPath, to: DavPath) -> Self {
        Self {
            from,
            to,
            overwrite: Overwrite::Never,
            precondition: Precondition::Overwrite,
            target: Precondition::Overwrite,
            lock_tokens: Vec::new(),
        }
    }
}

impl Home {
    /// Makes a folder.
    ///
    /// # Errors
    /// [`ContentError::Exists`], [`ContentError::ParentMissing`], [`ContentError::Name`], [`ContentError::Locked`]
    pub async fn make_folder(&self, path: &DavPath, lock_tokens: Vec<String>) -> Result<Entry, ContentError> {
        let path = path.clone();
        self.change(move |change| Box::pin(async move { change.make_folder(&path, &lock_tokens).await }))
            .await
    }

    /// Makes a folder and those above it, as far as they are missing. Fine if it is there already.
    ///
    /// # Errors
    /// [`ContentError::WrongKind`], [`ContentError::ParentMissing`] if a file is in the way, [`ContentError::Name`]
    pub async fn make_folders(&self, path: &DavPath) -> Result<Entry, ContentError> {
        let path = path.clone();
        self.change(move |change| {
            Box::pin(async move {
                match change.find(&path).await? {
                    Some(entry) if entry.is_folder() => Ok(entry),
                    Some(_) => Err(ContentError::WrongKind(path)),
                    None => {
                        change.make_parents(&path, &[]).await?;
                        change.make_folder(&path, &[]).await
                    }
                }
            })
        })
        .await
    }

    /// Deletes a file, or a folder with everything inside: it goes to the trash.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::Impossible`] for the root, [`ContentError::Locked`]
    pub async fn delete(&self, path: &DavPath, lock_tokens: Vec<String>) -> Result<(), ContentError> {
        self.delete_if(path, Precondition::Overwrite, lock_tokens).await
    }

    /// Deletes it if a condition holds; looked at in the same transaction.
    ///
    /// # Errors
    /// As [`Self::delete`], and [`ContentError::Precondition`]
    pub async fn delete_if(
        &self,
        path: &DavPath,
        precondition: Precondition,
        lock_tokens: Vec<String>,
    ) -> Result<(), ContentError> {
        let path = path.clone();
        self.change(move |change| {
            Box::pin(async move {
                let entry = change.get(&path).await?;
                precondition.check(Some(&entry))?;
                change.check_locks(&path, Reach::Tree, &lock_tokens).await?;
                change.move_to_trash(&entry, false).await
            })
        })
        .await
    }

    /// Deletes a folder if nothing is in it; looked at in the same transaction, so that what somebody stores there in that
    /// moment is not lost. There is nothing to be kept in the trash. Gives whether no folder is there any more.
    pub async fn delete_empty_folder(&self, path: &DavPath) -> Result<bool, ContentError> {
        let path = path.clone();
        self.change(move |change| {
            Box::pin(async move {
                let Some(entry) = change.find(&path).await? else {
                    return Ok(true);
                };
                if !matches!(entry.kind, Kind::Folder { folders: 0, files: 0 }) {
                    return Ok(false);
                }
                match change.check_locks(&path, Reach::Tree, &[]).await {
                    Err(ContentError::Locked(_)) => return Ok(false),
                    free => free?,
                }
                change.delete(&entry, false).await?;
                change.touch_ancestors(&path, 0).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Moves a file, or a folder with everything inside. Ids, tags of files, favourites and properties go along; locks do
    /// not (RFC 4918 §7.5). Gives the entry at its new place, and whether that place was free.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::ParentMissing`], [`ContentError::Exists`],
    /// [`ContentError::Impossible`], [`ContentError::Name`], [`ContentError::Locked`]
    pub async fn transfer(&self, transfer: Transfer) -> Result<(Entry, bool), ContentError> {
        self.change(move |change| Box::pin(async move { change.move_entry(&transfer).await }))
            .await
    }

    /// Copies a file or a folder; with everything inside if `deep`. The copies are new files with tags of their own.
    /// Gives the copy, and whether its place was free.
    ///
    /// # Errors
    /// As [`Self::transfer`], and [`ContentError::Quota`]
    pub async fn copy(&self, transfer: Transfer, deep: bool) -> Result<(Entry, bool), ContentError> {
        let home = self.clone();
        let task = async move {
            // Nothing in this home changes while bytes are copied; other homes, and readers, do not wait.
            let turn = home.turn().await?;
            let entry = home.stat(&transfer.from).await?;
            transfer.precondition.check(Some(&entry))?;
            home.check_copy(&transfer, &entry, deep).await?;
            let inside = if deep && entry.is_folder() {
                home.list_inside(&entry).await?
            } else {
                Vec::new()
            };
            let disk = &home.content.0.disk;
            let staged = Staged::place(disk)?;
            let sources = std::iter::once(&entry).chain(&inside);
            let plan = copy::plan(disk, &home.user, &entry, sources, &staged)?;
            tokio::task::spawn_blocking(move || copy::perform(&plan)).await??;
            let home_user = home.user.clone();
            home.change_in_turn(&turn, move |change| {
                Box::pin(async move {
                    check_places(&transfer)?;
                    change
                        .copy_entry(&transfer, (home_user.as_str(), &entry), &inside, deep, staged)
                        .await
                })
            })
            .await
        };
        tokio::spawn(task).await?
    }
}

impl Home {
    /// A cheap look at whether a copy can succeed, before bytes are copied. The change looks again.
    async fn check_copy(&self, transfer: &Transfer, entry: &Entry, deep: bool) -> Result<(), ContentError> {
        check_places(transfer)?;
        self.check_arrival(transfer, entry, deep).await
    }

    /// The part of it that is about the tree that `entry` comes into, wherever it comes from.
    pub(super) async fn check_arrival(
        &self,
        transfer: &Transfer,
        entry: &Entry,
        deep: bool,
    ) -> Result<(), ContentError> {
        let to = &transfer.to;
        let parent = self.find(&to.parent().unwrap_or_default()).await?;
        if to.is_root() || !parent.is_some_and(|parent| parent.is_folder()) {
            return Err(ContentError::ParentMissing(to.clone()));
        }
        let there = self.find(to).await?;
        if there.is_some() && transfer.overwrite == Overwrite::Never {
            return Err(ContentError::Exists(to.clone()));
        }
        let required = copied_bytes(entry, deep);
        let replaced = there.map_or(0, |there| there.size_bytes);
        match self.available_bytes().await? {
            Some(available) if required > available + replaced => Err(ContentError::Quota { required, available }),
            _ => Ok(()),
        }
    }
}

fn copied_bytes(entry: &Entry, deep: bool) -> u64 {
    if deep || !entry.is_folder() {
        entry.size_bytes
    } else {
        0
    }
}

/// Neither into itself nor over a folder that holds it: that would remove the source.
fn check_places(Transfer { from, to, .. }: &Transfer) -> Result<(), ContentError> {
    if from.is_root() || to.is_root() || to.strip_prefix(from).is_some() || from.strip_prefix(to).is_some() {
        return Err(ContentError::Impossible(to.clone()));
    }
    Ok(())
}

impl Change {
    /// Deletes for good: removes rows and promises to remove the bytes, unless they are `followed` by others at the same
    /// place. Ancestors are left to the caller.
    pub(super) async fn delete(&mut self, entry: &Entry, followed: bool) -> Result<(), ContentError> {
        if entry.path.is_root() {
            return Err(ContentError::Impossible(entry.path.clone()));
        }
        self.delete_rows(entry).await?;
        if !followed {
            let target = self.disk.file(&self.user, &entry.path)?;
            self.promise(Step::Remove(target));
        }
        Ok(())
    }

    pub(super) async fn delete_rows(&mut self, entry: &Entry) -> Result<(), ContentError> {
        self.note_gone(entry).await?;
        self.drop_versions_of(entry).await?;
        // One row: what is inside follows by foreign key.
        sqlx::query("DELETE FROM files WHERE id = ?")
            .bind(entry.id.0)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Looks at the target of a move or copy, and clears it if that is allowed. Gives whether it was free.
    async fn clear_target(&mut self, transfer: &Transfer) -> Result<bool, ContentError> {
        let Transfer {
            to,
            overwrite,
            lock_tokens,
            ..
        } = transfer;
        self.parent(to).await?;
        let there = self.find(to).await?;
        transfer.target.check(there.as_ref())?;
        match &there {
            None => {
                to.name().map_or(Ok(()), check_storable)?;
                self.check_locks(to, Reach::Member, lock_tokens).await?;
            }
            Some(_) if *overwrite == Overwrite::Never => return Err(ContentError::Exists(to.clone())),
            Some(there) => {
                self.check_locks(to, Reach::Tree, lock_tokens).await?;
                self.move_to_trash(there, true).await?;
            }
        }
        Ok(there.is_none())
    }

    async fn move_entry(&mut self, transfer: &Transfer) -> Result<(Entry, bool), ContentError> {
        let Transfer {
            from, to, lock_tokens, ..
        } = transfer;
        let entry = self.get(from).await?;
        transfer.precondition.check(Some(&entry))?;
        self.check_locks(from, Reach::Tree, lock_tokens).await?;
        check_places(transfer)?;
        let free = self.clear_target(transfer).await?;
        self.check_length(self.user.clone().as_str(), &entry, to).await?;
        self.touch_ancestors(from, -signed(entry.size_bytes)).await?;
        let parent = self.parent(to).await?;
        let (from_key, to_key) = (path_key(from), path_key(to));
        let name = to.name().unwrap_or_default();
        let mime = (!entry.is_folder()).then(|| Content::media_type(name));
        sqlx::query("UPDATE files SET parent = ?, path = ?, name = ?, name_folded = ?, mime = ? WHERE id = ?")
            .bind(parent.id.0)
            .bind(&to_key)
            .bind(name)
            .bind(name.to_lowercase())
            .bind(mime)
            .bind(entry.id.0)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query(
            "UPDATE files SET path = ?1 || substr(path, length(?2) + 1) \
             WHERE owner = ?3 AND path > ?2 || '/' AND path < ?2 || '0'",
        )
        .bind(&to_key)
        .bind(&from_key)
        .bind(self.user.as_str())
        .execute(&mut *self.tx)
        .await?;
        self.forget_locks(to).await?;
        self.touch_ancestors(to, signed(entry.size_bytes)).await?;
        let source = self.disk.file(&self.user, from)?;
        let target = self.disk.file(&self.user, to)?;
        self.promise(Step::Replace { source, target });
        Ok((self.get(to).await?, free))
    }

    /// Puts staged bytes to their place, with the rows of what they were copied from: an owner's tree and the entry there.
    pub(super) async fn copy_entry(
        &mut self,
        transfer: &Transfer,
        (owner, entry): (&str, &Entry),
        inside: &[Entry],
        deep: bool,
        staged: Staged,
    ) -> Result<(Entry, bool), ContentError> {
        let free = self.clear_target(transfer).await?;
        self.check_length(owner, entry, &transfer.to).await?;
        let size = copied_bytes(entry, deep);
        self.check_quota(size, 0).await?;
        self.copy_rows(owner, entry, inside, &transfer.to).await?;
        self.place(staged, &transfer.to)?;
        self.touch_ancestors(&transfer.to, signed(size)).await?;
        Ok((self.get(&transfer.to).await?, free))
    }

    /// Fails if moving `entry`, whose rows belong to `owner`, to `to` makes a path inside of it longer or deeper than the file system takes.
    pub(super) async fn check_length(&mut self, owner: &str, entry: &Entry, to: &DavPath) -> Result<(), ContentError> {
        let key = path_key(&entry.path);
        let longest: Option<String> = sqlx::query_scalar(
            "SELECT path FROM files WHERE owner = ?1 AND path > ?2 || '/' AND path < ?2 || '0' \
             ORDER BY length(CAST(path AS BLOB)) DESC LIMIT 1",
        )
        .bind(owner)
        .bind(&key)
        .fetch_optional(&mut *self.tx)
        .await?;
        let below = longest.map_or_else(DavPath::root, |path| super::entry::stored_path(&path[key.len()..]));
        self.disk.file(&self.user, &to.join(&below))?;
        let slashes: Option<i64> = sqlx::query_scalar(
            "SELECT max(length(path) - length(replace(path, '/', ''))) FROM files \
             WHERE owner = ?1 AND path > ?2 || '/' AND path < ?2 || '0'",
        )
        .bind(owner)
        .bind(&key)
        .fetch_one(&mut *self.tx)
        .await?;
        let deepest = slashes
            .and_then(|slashes| usize::try_from(slashes).ok())
            .unwrap_or_default()
            + 1;
        let levels_below = deepest.saturating_sub(entry.path.names().len());
        Disk::check_levels(to.names().len() + levels_below)?;
        Ok(())
    }
}

pub(super) fn signed(size_bytes: u64) -> i64 {
    i64::try_from(size_bytes).unwrap_or(i64::MAX)
}
