use std::sync::Arc;

use nc_auth::UserId;
use nc_proto::dav::DavPath;

use super::{
    Content, ContentError, Entry, FileId, HomeLocks,
    disk::{self, Step},
    entry::{path_key, select_entry},
};

/// Largest file that [`Home::read`] takes into memory.
const LARGEST_READ_BYTES: u64 = 64 << 20;

/// One user's tree of files, as that user or somebody else sees it. Paths are relative to its root. Cheap to clone.
#[derive(Clone)]
pub struct Home {
    pub(super) content: Content,
    pub(super) user: UserId,
    /// Whose favourites, properties, locks and comments count.
    pub(super) actor: UserId,
    pub(super) locks: Arc<HomeLocks>,
    pub(super) anchor: Option<Arc<Anchor>>,
}

/// The root of what is shared, and where it was found. What somebody does there is done only while it lies there: a path that
/// meanwhile leads to something private leads nowhere.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) id: FileId,
    pub(super) path: DavPath,
}

impl Home {
    pub(super) fn new(content: Content, user: UserId, locks: Arc<HomeLocks>) -> Self {
        Self {
            content,
            actor: user.clone(),
            user,
            locks,
            anchor: None,
        }
    }

    /// This tree as `actor` uses it, with whom the file or folder `root` is shared.
    #[must_use]
    pub(crate) fn shared(&self, actor: &UserId, root: &Entry) -> Self {
        Self {
            actor: actor.clone(),
            anchor: Some(Arc::new(Anchor {
                id: root.id,
                path: root.path.clone(),
            })),
            ..self.clone()
        }
    }

    /// Fails if what is shared does not lie any more where it was found.
    pub(super) async fn check_anchor(&self) -> Result<(), ContentError> {
        let Some(anchor) = &self.anchor else { return Ok(()) };
        match self.find_by_id(anchor.id).await? {
            Some(entry) if entry.path == anchor.path => Ok(()),
            _ => Err(ContentError::NotFound(anchor.path.clone())),
        }
    }

    /// The marks of the one who uses the tree, in place of its owner's.
    pub(super) async fn as_seen(&self, entries: &mut [Entry]) -> Result<(), ContentError> {
        if self.actor == self.user || entries.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = entries.iter().map(|entry| entry.id.0).collect();
        let marked: Vec<i64> = sqlx::query_scalar(
            "SELECT file_id FROM favorites WHERE user_id = ? AND file_id IN (SELECT value FROM json_each(?))",
        )
        .bind(self.actor.as_str())
        .bind(serde_json::json!(ids).to_string())
        .fetch_all(self.content.0.db.reader())
        .await?;
        for entry in entries {
            entry.favorite = marked.contains(&entry.id.0);
        }
        Ok(())
    }

    async fn seen(&self, found: Option<Entry>) -> Result<Option<Entry>, ContentError> {
        let Some(mut entry) = found else { return Ok(None) };
        self.as_seen(std::slice::from_mut(&mut entry)).await?;
        Ok(Some(entry))
    }

    /// Whose tree it is.
    pub const fn user(&self) -> &UserId {
        &self.user
    }

    /// Moves with every change of the tree.
    pub(crate) fn generation(&self) -> u64 {
        self.locks.remembered.generation().number()
    }

    /// The store.
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// What is at `path`, if anything.
    pub async fn find(&self, path: &DavPath) -> Result<Option<Entry>, ContentError> {
        let key = path_key(path);
        if let Some(known) = self.locks.remembered.find(&key) {
            return self.seen(Some(known)).await;
        }
        let generation = self.locks.remembered.generation();
        let query = sqlx::query_as(select_entry!("f.path = ?2"));
        let query = query.bind(self.user.as_str()).bind(key.clone());
        let found: Option<Entry> = query.fetch_optional(self.content.0.db.reader()).await?;
        if let Some(entry) = &found {
            self.locks.remembered.keep(generation, key, entry.clone());
        }
        self.seen(found).await
    }

    /// What is at `path`.
    ///
    /// # Errors
    /// [`ContentError::NotFound`]
    pub async fn stat(&self, path: &DavPath) -> Result<Entry, ContentError> {
        self.find(path)
            .await?
            .ok_or_else(|| ContentError::NotFound(path.clone()))
    }

    /// The file or folder with that id, wherever it lies in this tree.
    pub async fn find_by_id(&self, id: FileId) -> Result<Option<Entry>, ContentError> {
        if let Some(known) = self.locks.remembered.find_by_id(id) {
            return self.seen(Some(known)).await;
        }
        let generation = self.locks.remembered.generation();
        let query = sqlx::query_as(select_entry!("f.id = ?2"))
            .bind(self.user.as_str())
            .bind(id.0);
        let found: Option<Entry> = query.fetch_optional(self.content.0.db.reader()).await?;
        if let Some(entry) = &found {
            self.locks.remembered.keep_by_id(generation, id, entry.clone());
        }
        self.seen(found).await
    }

    /// What lies directly in a folder, folders first, each by name.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::WrongKind`]
    pub async fn list(&self, path: &DavPath) -> Result<Vec<Entry>, ContentError> {
        let folder = self.stat(path).await?;
        if !folder.is_folder() {
            return Err(ContentError::WrongKind(path.clone()));
        }
        let query = sqlx::query_as(select_entry!("f.parent = ?2 ORDER BY f.is_folder DESC, f.name"));
        let query = query.bind(self.user.as_str()).bind(folder.id.0);
        let mut entries = query.fetch_all(self.content.0.db.reader()).await?;
        self.as_seen(&mut entries).await?;
        Ok(entries)
    }

    /// A part of what lies directly in a folder, in the order of [`Self::list`]: up to `limit` entries that follow
    /// `after`. For folders of any size.
    pub async fn list_page(
        &self,
        folder: FileId,
        after: Option<&Entry>,
        limit: u32,
    ) -> Result<Vec<Entry>, ContentError> {
        if after.is_none()
            && let Some(known) = self.locks.remembered.list(folder)
        {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let mut page: Vec<Entry> = known.iter().take(limit).cloned().collect();
            self.as_seen(&mut page).await?;
            return Ok(page);
        }
        let generation = self.locks.remembered.generation();
        let mut page = Vec::new();
        for folders in [true, false] {
            let from = match after {
                Some(after) if after.is_folder() == folders => after.name(),
                Some(after) if folders && !after.is_folder() => continue,
                _ => "",
            };
            let wanted = i64::from(limit) - i64::try_from(page.len()).unwrap_or(i64::MAX);
            let query = sqlx::query_as::<_, Entry>(select_entry!(
                "f.parent = ?2 AND f.is_folder = ?3 AND f.name > ?4 ORDER BY f.name LIMIT ?5"
            ));
            let query = query
                .bind(self.user.as_str())
                .bind(folder.0)
                .bind(folders)
                .bind(from)
                .bind(wanted);
            page.extend(query.fetch_all(self.content.0.db.reader()).await?);
        }
        if after.is_none() && page.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
            self.locks.remembered.keep_list(generation, folder, &page);
        }
        self.as_seen(&mut page).await?;
        Ok(page)
    }

    /// Every file and folder below a folder, parents before what is in them.
    pub async fn list_tree(&self, path: &DavPath) -> Result<Vec<Entry>, ContentError> {
        self.stat(path).await?;
        let query = sqlx::query_as(select_entry!(
            "f.path <> '' AND (?2 = '' OR (f.path > ?2 || '/' AND f.path < ?2 || '0')) ORDER BY f.path"
        ));
        let query = query.bind(self.user.as_str()).bind(path_key(path));
        let mut entries = query.fetch_all(self.content.0.db.reader()).await?;
        self.as_seen(&mut entries).await?;
        Ok(entries)
    }

    /// Opens a file: metadata and bytes belong together, whatever is written meanwhile.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::WrongKind`]
    pub async fn open(&self, path: &DavPath) -> Result<(Entry, tokio::fs::File), ContentError> {
        let _visible = self.locks.visible.read().await;
        self.check_anchor().await?;
        let entry = self.stat(path).await?;
        if entry.is_folder() {
            return Err(ContentError::WrongKind(path.clone()));
        }
        let disk = &self.content.0.disk;
        let file = tokio::fs::File::open(disk.absolute(&disk.file(&self.user, path)?)).await?;
        Ok((entry, file))
    }

    /// Reads a whole file of moderate size.
    ///
    /// # Errors
    /// As [`Self::open`]; [`ContentError::TooLarge`] for files above 64 MB, which are for [`Self::open`].
    pub async fn read(&self, path: &DavPath) -> Result<(Entry, Vec<u8>), ContentError> {
        let (entry, mut file) = self.open(path).await?;
        if entry.size_bytes > LARGEST_READ_BYTES {
            let size_bytes = entry.size_bytes;
            return Err(ContentError::TooLarge { size_bytes });
        }
        let mut bytes = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut file, &mut bytes).await?;
        Ok((entry, bytes))
    }

    /// Free bytes by the user's quota; `None` without one.
    pub async fn available_bytes(&self) -> Result<Option<u64>, ContentError> {
        let quota: Option<Option<i64>> = sqlx::query_scalar("SELECT quota_bytes FROM accounts WHERE id = ?")
            .bind(self.user.as_str())
            .fetch_optional(self.content.0.db.reader())
            .await?;
        let Some(quota) = quota.flatten() else { return Ok(None) };
        let used = self.stat(&DavPath::root()).await?.size_bytes;
        Ok(Some(u64::try_from(quota).unwrap_or_default().saturating_sub(used)))
    }

    /// The size of everything in the tree.
    pub async fn used_bytes(&self) -> Result<u64, ContentError> {
        Ok(self.stat(&DavPath::root()).await?.size_bytes)
    }

    pub(super) async fn make_root(&self) -> Result<(), ContentError> {
        if self.find(&DavPath::root()).await?.is_some() {
            return Ok(());
        }
        self.change(|change| {
            Box::pin(async move {
                if change.find(&DavPath::root()).await?.is_none() {
                    change.insert_folder(None, &DavPath::root()).await?;
                }
                let files = disk::files(&change.user);
                if let Some((folder, _)) = files.rsplit_once('/') {
                    change.promise(Step::MakeFolder(folder.to_owned()));
                }
                change.promise(Step::MakeFolder(files));
                change.promise(Step::MakeFolder(disk::uploads(&change.user)));
                Ok(())
            })
        })
        .await
    }
}
