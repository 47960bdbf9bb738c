use std::{pin::Pin, sync::PoisonError};

use nc_auth::UserId;
use nc_proto::dav::DavPath;
use sqlx::{Sqlite, Transaction};

use super::{
    Content, ContentError, Entry, FileId, Home, Staged,
    disk::{Disk, Step},
    entry::{ancestor_keys, path_key, select_entry},
};

/// A change of one home that is being put together: rows now, steps on disk after the commit.
pub(super) struct Change {
    pub(super) content: Content,
    pub(super) tx: Transaction<'static, Sqlite>,
    pub(super) user: UserId,
    /// Who does it: the user, or somebody with whom a part of the tree is shared.
    pub(super) actor: UserId,
    pub(super) now: i64,
    pub(super) disk: Disk,
    steps: Vec<Step>,
    /// What the steps move into place; removed if the change fails.
    staged: Vec<Staged>,
    /// What is deleted for good; `None` where nobody wants to know.
    gone: Option<Vec<FileId>>,
}

/// The right to change a home.
pub(super) struct Turn<'a>(#[expect(dead_code, reason = "held, not read")] tokio::sync::MutexGuard<'a, ()>);

type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, ContentError>> + Send + 'c>>;

impl Home {
    /// Does one change: all of it or nothing, one after the other, and to the end even if the caller goes away.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Change) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, ContentError> {
        let home = self.clone();
        // A request that is cut off between commit and last step must not leave the steps undone.
        let task = async move {
            let turn = home.turn().await?;
            home.change_in_turn(&turn, work).await
        };
        tokio::spawn(task).await?
    }

    /// Waits for this home's turn to change.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, ContentError> {
        let turn = Turn(self.locks.writer.lock().await);
        self.finish_what_failed().await?;
        Ok(turn)
    }

    /// Does one change; to be called in a task of its own.
    pub(super) async fn change_in_turn<T: Send>(
        &self,
        _turn: &Turn<'_>,
        work: impl for<'c> FnOnce(&'c mut Change) -> Work<'c, T>,
    ) -> Result<T, ContentError> {
        let content = &self.content.0;
        let mut change = Change {
            content: self.content.clone(),
            tx: content.db.write().await?,
            user: self.user.clone(),
            actor: self.actor.clone(),
            now: self.content.now(),
            disk: content.disk.clone(),
            steps: Vec::new(),
            staged: Vec::new(),
            gone: content.gone.get().map(|_| Vec::new()),
        };
        if let Some(anchor) = &self.anchor
            && change
                .find(&anchor.path)
                .await?
                .is_none_or(|entry| entry.id != anchor.id)
        {
            return Err(ContentError::NotFound(anchor.path.clone()));
        }
        let value = work(&mut change).await?;
        let Change {
            mut tx,
            steps,
            mut staged,
            gone,
            disk,
            ..
        } = change;
        if !staged.is_empty() {
            let disk = disk.clone();
            tokio::task::spawn_blocking(move || disk.sync_tmp()).await??;
        }
        let (promise, cleared) = content.journal.promise(&mut tx, steps).await?;
        let _visible = self.locks.visible.write().await;
        let committed = tx.commit().await;
        // Also when it failed: whether it did is then not certain.
        self.locks.remembered.forget();
        committed?;
        staged.iter_mut().for_each(Staged::keep);
        content.journal.cleared(&cleared);
        if let (Some(tell), Some(gone)) = (content.gone.get(), gone.filter(|gone| !gone.is_empty())) {
            tell(gone);
        }
        if !promise.steps.is_empty()
            && let Err(error) = content.journal.fulfil(&disk, &promise).await
        {
            *self.locks.unfinished.lock().unwrap_or_else(PoisonError::into_inner) = Some(promise);
            return Err(error);
        }
        Ok(value)
    }

    /// Does the steps of an earlier change that the disk refused then; until they are done, nothing new begins.
    async fn finish_what_failed(&self) -> Result<(), ContentError> {
        let unfinished = self
            .locks
            .unfinished
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(promise) = unfinished {
            let _visible = self.locks.visible.write().await;
            self.content.0.journal.fulfil(&self.content.0.disk, &promise).await?;
            *self.locks.unfinished.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(())
    }
}

impl Change {
    /// Notes that an entry goes away for good, with what is inside.
    pub(super) async fn note_gone(&mut self, entry: &Entry) -> Result<(), ContentError> {
        let Some(gone) = &mut self.gone else { return Ok(()) };
        let numbers: Vec<i64> = sqlx::query_scalar(
            "WITH RECURSIVE below (id) AS (SELECT ? UNION ALL \
             SELECT f.id FROM files f JOIN below ON f.parent = below.id) SELECT id FROM below",
        )
        .bind(entry.id.0)
        .fetch_all(&mut *self.tx)
        .await?;
        gone.extend(numbers.into_iter().map(FileId));
        Ok(())
    }

    /// Promises a step.
    pub(super) fn promise(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Promises to put staged content where `path` is.
    pub(super) fn place(&mut self, staged: Staged, path: &DavPath) -> Result<(), ContentError> {
        let target = self.disk.file(&self.user, path)?;
        let source = staged.relative().to_owned();
        self.staged.push(staged);
        self.promise(Step::Replace { source, target });
        Ok(())
    }

    /// What is at `path`.
    pub(super) async fn find(&mut self, path: &DavPath) -> Result<Option<Entry>, ContentError> {
        let query = sqlx::query_as(select_entry!("f.path = ?2"));
        let query = query.bind(self.user.as_str()).bind(path_key(path));
        Ok(query.fetch_optional(&mut *self.tx).await?)
    }

    /// What is at `path`, which must exist.
    pub(super) async fn get(&mut self, path: &DavPath) -> Result<Entry, ContentError> {
        self.find(path)
            .await?
            .ok_or_else(|| ContentError::NotFound(path.clone()))
    }

    /// The folder that holds `path`.
    pub(super) async fn parent(&mut self, path: &DavPath) -> Result<Entry, ContentError> {
        let missing = || ContentError::ParentMissing(path.clone());
        let parent = path.parent().ok_or_else(missing)?;
        let parent = self.find(&parent).await?.ok_or_else(missing)?;
        if parent.is_folder() { Ok(parent) } else { Err(missing()) }
    }

    /// Moves the tags of everything above `path`, and adds to the sizes.
    pub(super) async fn touch_ancestors(&mut self, path: &DavPath, added_bytes: i64) -> Result<(), ContentError> {
        for key in ancestor_keys(path) {
            sqlx::query(
                "UPDATE files SET etag = lower(hex(randomblob(16))), mtime = max(mtime, ?), size = size + ? \
                 WHERE owner = ? AND path = ?",
            )
            .bind(self.now)
            .bind(added_bytes)
            .bind(self.user.as_str())
            .bind(key)
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }

    /// Fails if the tree cannot grow by so many bytes.
    pub(super) async fn check_quota(&mut self, required: u64, replaced: u64) -> Result<(), ContentError> {
        let Some(available) = self.free_bytes().await? else {
            return Ok(());
        };
        if required > available.saturating_add(replaced) {
            return Err(ContentError::Quota { required, available });
        }
        Ok(())
    }

    /// What the files leave free of the quota; `None` without one.
    pub(super) async fn free_bytes(&mut self) -> Result<Option<u64>, ContentError> {
        let used = self.get(&DavPath::root()).await?.size_bytes;
        let quota: Option<Option<i64>> = sqlx::query_scalar("SELECT quota_bytes FROM accounts WHERE id = ?")
            .bind(self.user.as_str())
            .fetch_optional(&mut *self.tx)
            .await?;
        let quota = quota.flatten().map(|quota| u64::try_from(quota).unwrap_or_default());
        Ok(quota.map(|quota| quota.saturating_sub(used)))
    }

    /// Adds a row for a folder, without any step.
    pub(super) async fn insert_folder(
        &mut self,
        parent: Option<FileId>,
        path: &DavPath,
    ) -> Result<FileId, ContentError> {
        let name = path.name().unwrap_or_default();
        let id = sqlx::query_scalar(
            "INSERT INTO files (owner, parent, path, name, name_folded, is_folder, size, mtime, etag) \
             VALUES (?, ?, ?, ?, ?, 1, 0, ?, lower(hex(randomblob(16)))) RETURNING id",
        )
        .bind(self.user.as_str())
        .bind(parent.map(|parent| parent.0))
        .bind(path_key(path))
        .bind(name)
        .bind(name.to_lowercase())
        .bind(self.now)
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(FileId(id))
    }
}
