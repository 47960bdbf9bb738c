//! Tags that all users of the cloud share, and which files carry them.

use std::collections::HashMap;

use nc_proto::dav::DavPath;
use sqlx::{FromRow, Row, Sqlite};

use super::{
    Content, ContentError, Entry, FileId, Home,
    entry::{path_key, select_entry},
    trash::trash_owner,
};

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SystemTag {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether everybody sees it; else administrators only.
    pub user_visible: bool,
    /// Whether everybody may give it to files; else administrators only.
    pub user_assignable: bool,
    /// Six hexadecimal digits; empty for none.
    pub color: String,
    /// Moves with every change of the tag or of what carries it.
    pub etag: String,
}

/// A tag to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTag {
    /// Its name.
    pub name: String,
    /// Whether everybody sees it.
    pub user_visible: bool,
    /// Whether everybody may give it to files.
    pub user_assignable: bool,
}

/// What to change of a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagChange {
    /// A new name.
    pub name: Option<String>,
    /// Whether everybody sees it.
    pub user_visible: Option<bool>,
    /// Whether everybody may give it to files.
    pub user_assignable: Option<bool>,
    /// A colour.
    pub color: Option<String>,
}

impl Content {
    /// Every tag, by name.
    pub async fn list_tags(&self) -> Result<Vec<SystemTag>, ContentError> {
        let query = sqlx::query_as(
            "SELECT t.id, t.name, t.user_visible, t.user_assignable, t.color, t.etag FROM system_tags t \
             ORDER BY t.name, t.id",
        );
        Ok(query.fetch_all(self.0.db.reader()).await?)
    }

    /// The tag with that number.
    pub async fn find_tag(&self, id: i64) -> Result<Option<SystemTag>, ContentError> {
        let query = sqlx::query_as(
            "SELECT t.id, t.name, t.user_visible, t.user_assignable, t.color, t.etag FROM system_tags t WHERE t.id = ?",
        );
        Ok(query.bind(id).fetch_optional(self.0.db.reader()).await?)
    }

    /// Makes a tag. `None`: there is one of that name and kind.
    pub async fn create_tag(&self, tag: &NewTag) -> Result<Option<SystemTag>, ContentError> {
        let mut tx = self.0.db.write().await?;
        let taken: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM system_tags WHERE name = ? AND user_visible = ? AND user_assignable = ?)",
        )
        .bind(&tag.name)
        .bind(tag.user_visible)
        .bind(tag.user_assignable)
        .fetch_one(&mut *tx)
        .await?;
        if taken {
            return Ok(None);
        }
        let made = sqlx::query_as(
            "INSERT INTO system_tags (name, user_visible, user_assignable, etag) \
             VALUES (?, ?, ?, lower(hex(randomblob(16)))) \
             RETURNING id, name, user_visible, user_assignable, color, etag",
        )
        .bind(&tag.name)
        .bind(tag.user_visible)
        .bind(tag.user_assignable)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(made))
    }

    /// Changes a tag. Gives whether that was possible: no two tags of one kind have the same name.
    pub async fn change_tag(&self, id: i64, change: &TagChange) -> Result<bool, ContentError> {
        let mut tx = self.0.db.write().await?;
        let changed = sqlx::query(
            "UPDATE OR IGNORE system_tags SET name = coalesce(?, name), user_visible = coalesce(?, user_visible), \
             user_assignable = coalesce(?, user_assignable), color = coalesce(?, color), \
             etag = lower(hex(randomblob(16))) WHERE id = ?",
        )
        .bind(&change.name)
        .bind(change.user_visible)
        .bind(change.user_assignable)
        .bind(&change.color)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Deletes a tag, and takes it from every file.
    pub async fn delete_tag(&self, id: i64) -> Result<(), ContentError> {
        let mut tx = self.0.db.write().await?;
        sqlx::query("DELETE FROM system_tags WHERE id = ?")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}

impl Home {
    /// The tags of a file or folder of this tree, by name.
    pub async fn list_tags_of(&self, file: FileId) -> Result<Vec<SystemTag>, ContentError> {
        let query = sqlx::query_as(
            "SELECT t.id, t.name, t.user_visible, t.user_assignable, t.color, t.etag \
             FROM system_tags t JOIN system_tags_of_files g ON g.tag_id = t.id JOIN files f ON f.id = g.file_id \
             WHERE g.file_id = ? AND f.owner = ? ORDER BY t.name, t.id",
        );
        let query = query.bind(file.0).bind(self.user.as_str());
        Ok(query.fetch_all(self.content.0.db.reader()).await?)
    }

    /// The tags of everything in this tree that has any.
    pub async fn tags_by_file(&self) -> Result<HashMap<FileId, Vec<SystemTag>>, ContentError> {
        self.tags_of_tree(self.user.as_str()).await
    }

    /// The tags of everything in the trash that has any.
    pub async fn tags_by_trashed(&self) -> Result<HashMap<FileId, Vec<SystemTag>>, ContentError> {
        self.tags_of_tree(&trash_owner(&self.user)).await
    }

    async fn tags_of_tree(&self, owner: &str) -> Result<HashMap<FileId, Vec<SystemTag>>, ContentError> {
        let rows = sqlx::query(
            "SELECT g.file_id, t.id, t.name, t.user_visible, t.user_assignable, t.color, t.etag \
             FROM system_tags_of_files g JOIN system_tags t ON t.id = g.tag_id JOIN files f ON f.id = g.file_id \
             WHERE f.owner = ? ORDER BY t.name, t.id",
        )
        .bind(owner)
        .fetch_all(self.content.0.db.reader())
        .await?;
        let mut tags: HashMap<FileId, Vec<SystemTag>> = HashMap::new();
        for row in &rows {
            let file = FileId(row.try_get("file_id")?);
            tags.entry(file).or_default().push(SystemTag::from_row(row)?);
        }
        Ok(tags)
    }

    /// Gives a file or folder of this tree a tag. Gives whether it had not got it before.
    ///
    /// # Errors
    /// [`ContentError::NotFound`] if there is no such file, or no such tag.
    pub async fn tag(&self, file: FileId, tag: i64) -> Result<bool, ContentError> {
        let mut tx = self.content.0.db.write().await?;
        let there: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM files WHERE id = ?1 AND owner = ?2) \
             AND EXISTS (SELECT 1 FROM system_tags WHERE id = ?3)",
        )
        .bind(file.0)
        .bind(self.user.as_str())
        .bind(tag)
        .fetch_one(&mut *tx)
        .await?;
        if !there {
            return Err(ContentError::NotFound(DavPath::from_names([file.to_string()])));
        }
        let added = sqlx::query("INSERT OR IGNORE INTO system_tags_of_files (file_id, tag_id) VALUES (?, ?)")
            .bind(file.0)
            .bind(tag)
            .execute(&mut *tx)
            .await?;
        let added = added.rows_affected() > 0;
        if added {
            touch(&mut tx, tag).await?;
        }
        tx.commit().await?;
        Ok(added)
    }

    /// Takes a tag from a file or folder of this tree. Gives whether it had it.
    pub async fn untag(&self, file: FileId, tag: i64) -> Result<bool, ContentError> {
        let mut tx = self.content.0.db.write().await?;
        let removed = sqlx::query(
            "DELETE FROM system_tags_of_files WHERE file_id = ? AND tag_id = ? \
             AND file_id IN (SELECT id FROM files WHERE owner = ?)",
        )
        .bind(file.0)
        .bind(tag)
        .bind(self.user.as_str())
        .execute(&mut *tx)
        .await?;
        let removed = removed.rows_affected() > 0;
        if removed {
            touch(&mut tx, tag).await?;
        }
        tx.commit().await?;
        Ok(removed)
    }

    /// What lies below a folder and carries all of these tags, by path.
    pub async fn list_tagged(&self, folder: &DavPath, tags: &[i64]) -> Result<Vec<Entry>, ContentError> {
        self.stat(folder).await?;
        let query = sqlx::query_as(select_entry!(
            "f.path <> '' AND (?2 = '' OR (f.path > ?2 || '/' AND f.path < ?2 || '0')) AND \
             (SELECT count(*) FROM system_tags_of_files g WHERE g.file_id = f.id \
             AND g.tag_id IN (SELECT value FROM json_each(?3))) = ?4 \
             AND f.id IN (SELECT file_id FROM system_tags_of_files) ORDER BY f.path"
        ));
        let mut wanted = tags.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let query = query
            .bind(self.user.as_str())
            .bind(path_key(folder))
            .bind(serde_json::json!(wanted).to_string())
            .bind(i64::try_from(wanted.len()).unwrap_or(i64::MAX));
        let mut entries = query.fetch_all(self.content.0.db.reader()).await?;
        self.as_seen(&mut entries).await?;
        Ok(entries)
    }
}

/// Nextcloud's tags have a tag of their own that moves when a file gets or loses them.
async fn touch(tx: &mut sqlx::Transaction<'static, Sqlite>, tag: i64) -> Result<(), ContentError> {
    sqlx::query("UPDATE system_tags SET etag = lower(hex(randomblob(16))) WHERE id = ?")
        .bind(tag)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
