//! Former content of files.
//!
//! A write that replaces content moves the old bytes aside instead of copying them, so it costs a rename more. Versions
//! belong to a file by its id: they move, go to the trash and come back with it, and end with it. A copy has none.

use nc_auth::UserId;
use nc_proto::dav::DavPath;

use super::{
    ContentError, Entry, FileId, Home,
    change::Change,
    disk::{self, Step},
    locks::Reach,
    tree::signed,
};

pub(super) use keep::Gap;

mod keep;
mod thin;

/// A state of a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// When it was last changed, Unix seconds: its name. No two of a file have the same.
    pub modified_at: i64,
    /// Its size.
    pub size_bytes: u64,
    /// What somebody called it; empty for none.
    pub label: String,
    /// Who wrote it.
    pub author: UserId,
    /// The number of its bytes; `None`: it is what the file has now.
    number: Option<i64>,
}

impl Version {
    /// Whether it is what the file has now.
    pub const fn is_current(&self) -> bool {
        self.number.is_none()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    modified_at: i64,
    size: i64,
    label: String,
    author: String,
}

impl From<Row> for Version {
    fn from(row: Row) -> Self {
        Self {
            modified_at: row.modified_at,
            size_bytes: row.size.unsigned_abs(),
            label: row.label,
            author: UserId::new(row.author),
            number: Some(row.id),
        }
    }
}

const SELECT: &str = "SELECT id, modified_at, size, label, author FROM versions WHERE file_id = ? ORDER BY modified_at";

fn missing(file: FileId) -> ContentError {
    ContentError::NotFound(DavPath::from_names([file.to_string()]))
}

impl Home {
    /// The states of a file, the present one included, the earliest first.
    ///
    /// # Errors
    /// [`ContentError::NotFound`] if there is no such file in this tree.
    pub async fn list_versions(&self, file: FileId) -> Result<Vec<Version>, ContentError> {
        let entry = self.file_by_id(file).await?;
        let rows: Vec<Row> = sqlx::query_as(SELECT)
            .bind(file.0)
            .fetch_all(self.content.0.db.reader())
            .await?;
        let label = sqlx::query_scalar("SELECT version_label FROM files WHERE id = ?")
            .bind(file.0)
            .fetch_optional(self.content.0.db.reader())
            .await?;
        let mut versions: Vec<Version> = rows.into_iter().map(Version::from).collect();
        versions.push(Version {
            modified_at: entry.modified_at,
            size_bytes: entry.size_bytes,
            label: label.unwrap_or_default(),
            author: self.user.clone(),
            number: None,
        });
        versions.sort_by_key(|version| version.modified_at);
        Ok(versions)
    }

    /// One state of a file.
    ///
    /// # Errors
    /// [`ContentError::NotFound`]
    pub async fn get_version(&self, file: FileId, modified_at: i64) -> Result<Version, ContentError> {
        let versions = self.list_versions(file).await?;
        let mut same = versions
            .into_iter()
            .filter(|version| version.modified_at == modified_at);
        same.next().ok_or_else(|| missing(file))
    }

    /// Opens a state of a file. Gives the file as it is now, too.
    ///
    /// # Errors
    /// [`ContentError::NotFound`]
    pub async fn open_version(
        &self,
        file: FileId,
        modified_at: i64,
    ) -> Result<(Entry, Version, tokio::fs::File), ContentError> {
        let _visible = self.locks.visible.read().await;
        let entry = self.file_by_id(file).await?;
        let version = self.get_version(file, modified_at).await?;
        let place = match version.number {
            Some(number) => disk::version(&self.user, file, number),
            None => self.content.0.disk.file(&self.user, &entry.path)?,
        };
        let opened = tokio::fs::File::open(self.content.0.disk.absolute(&place)).await?;
        Ok((entry, version, opened))
    }

    /// Gives a state of a file a label, which keeps it from being thinned out; an empty one takes it away.
    ///
    /// # Errors
    /// [`ContentError::NotFound`]
    pub async fn label_version(&self, file: FileId, modified_at: i64, label: String) -> Result<(), ContentError> {
        let version = self.get_version(file, modified_at).await?;
        self.change(move |change| {
            Box::pin(async move {
                let query = match version.number {
                    Some(_) => sqlx::query("UPDATE versions SET label = ? WHERE file_id = ? AND modified_at = ?"),
                    None => sqlx::query("UPDATE files SET version_label = ? WHERE id = ? AND mtime = ?"),
                };
                let done = query.bind(label).bind(file.0).bind(modified_at);
                let done = done.execute(&mut *change.tx).await?;
                if done.rows_affected() == 0 {
                    return Err(missing(file));
                }
                Ok(())
            })
        })
        .await
    }

    /// Makes a former state of a file the present one. The present one stays as a version.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::Impossible`] for the present state, [`ContentError::Locked`],
    /// [`ContentError::Quota`]
    pub async fn restore_version(
        &self,
        file: FileId,
        modified_at: i64,
        lock_tokens: Vec<String>,
    ) -> Result<Entry, ContentError> {
        if self.get_version(file, modified_at).await?.is_current() {
            return Err(ContentError::Impossible(DavPath::from_names([file.to_string()])));
        }
        let path = self.file_by_id(file).await?.path;
        self.change(move |change| {
            Box::pin(async move {
                let entry = change.get(&path).await?;
                let version = change.find_version(file, modified_at).await?;
                let version = version.filter(|_| entry.id == file).ok_or_else(|| missing(file))?;
                change.check_locks(&path, Reach::Content, &lock_tokens).await?;
                change.restore_version(&entry, version).await
            })
        })
        .await
    }

    /// Deletes a former state of a file for good.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::Impossible`] for the present state.
    pub async fn delete_version(&self, file: FileId, modified_at: i64) -> Result<(), ContentError> {
        if self.get_version(file, modified_at).await?.is_current() {
            return Err(ContentError::Impossible(DavPath::from_names([file.to_string()])));
        }
        self.change(move |change| {
            Box::pin(async move {
                let version = change.find_version(file, modified_at).await?;
                let version = version.ok_or_else(|| missing(file))?;
                change.drop_version(file, version.id).await
            })
        })
        .await
    }

    async fn file_by_id(&self, file: FileId) -> Result<Entry, ContentError> {
        let entry = self.find_by_id(file).await?;
        entry.filter(|entry| !entry.is_folder()).ok_or_else(|| missing(file))
    }
}

impl Change {
    async fn find_version(&mut self, file: FileId, modified_at: i64) -> Result<Option<Row>, ContentError> {
        let query = "SELECT id, modified_at, size, label, author FROM versions WHERE file_id = ? AND modified_at = ?";
        let query = sqlx::query_as(query).bind(file.0).bind(modified_at);
        Ok(query.fetch_optional(&mut *self.tx).await?)
    }

    async fn restore_version(&mut self, entry: &Entry, version: Row) -> Result<Entry, ContentError> {
        let size = version.size.unsigned_abs();
        self.check_quota(size, entry.size_bytes).await?;
        // It becomes what the file has: its row goes before the name of the present state is chosen.
        sqlx::query("DELETE FROM versions WHERE id = ?")
            .bind(version.id)
            .execute(&mut *self.tx)
            .await?;
        self.keep_version(entry, version.modified_at, Gap::Any).await?;
        sqlx::query(
            "UPDATE files SET size = ?, mtime = ?, etag = lower(hex(randomblob(16))), checksums = NULL, \
             upload_time = ?, version_label = ? WHERE id = ?",
        )
        .bind(version.size)
        .bind(version.modified_at)
        .bind(self.now)
        .bind(&version.label)
        .bind(entry.id.0)
        .execute(&mut *self.tx)
        .await?;
        let source = disk::version(&self.user, entry.id, version.id);
        let target = self.disk.file(&self.user, &entry.path)?;
        self.promise(Step::Replace { source, target });
        let added = version.size - signed(entry.size_bytes);
        self.touch_ancestors(&entry.path, added).await?;
        self.get(&entry.path).await
    }

    async fn drop_version(&mut self, file: FileId, number: i64) -> Result<(), ContentError> {
        sqlx::query("DELETE FROM versions WHERE id = ?")
            .bind(number)
            .execute(&mut *self.tx)
            .await?;
        let place = disk::version(&self.user, file, number);
        self.promise(Step::Remove(place));
        Ok(())
    }

    /// Promises to remove the bytes of every version of `entry` and of what is inside; their rows follow the files'.
    pub(super) async fn drop_versions_of(&mut self, entry: &Entry) -> Result<(), ContentError> {
        let versions: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT v.file_id, v.id FROM files top JOIN files f ON f.owner = top.owner AND \
             (f.id = top.id OR (f.path > top.path || '/' AND f.path < top.path || '0')) \
             JOIN versions v ON v.file_id = f.id WHERE top.id = ?",
        )
        .bind(entry.id.0)
        .fetch_all(&mut *self.tx)
        .await?;
        for (file, number) in versions {
            let place = disk::version(&self.user, FileId(file), number);
            self.promise(Step::Remove(place));
        }
        Ok(())
    }
}
