//! What people say about files.

use std::collections::HashMap;

use nc_auth::UserId;
use nc_proto::dav::DavPath;
use sqlx::{FromRow, Row};

use super::{ContentError, FileId, Home};

/// A comment, as one user sees it. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its number.
    pub id: i64,
    /// The file that it is about.
    pub file: FileId,
    /// The comment that it answers; 0 for none.
    pub parent_id: i64,
    /// The comment that the conversation began with; 0 for none.
    pub topmost_parent_id: i64,
    /// Who wrote it.
    pub actor: UserId,
    /// What it is; `comment` where people write.
    pub verb: String,
    /// The text.
    pub message: String,
    /// When it was written.
    pub created_at: i64,
    /// Whether it came from somebody else after the user last read.
    pub is_unread: bool,
    /// How many answers it has.
    pub children_count: i64,
    /// When the latest answer came.
    pub latest_child_at: Option<i64>,
}

#[derive(FromRow)]
struct CommentRow {
    id: i64,
    file_id: i64,
    parent_id: i64,
    topmost_parent_id: i64,
    actor_id: String,
    verb: String,
    message: String,
    created_at: i64,
    is_unread: bool,
    children_count: i64,
    latest_child_at: Option<i64>,
}

impl From<CommentRow> for Comment {
    fn from(row: CommentRow) -> Self {
        Self {
            id: row.id,
            file: FileId(row.file_id),
            parent_id: row.parent_id,
            topmost_parent_id: row.topmost_parent_id,
            actor: UserId::new(row.actor_id),
            verb: row.verb,
            message: row.message,
            created_at: row.created_at,
            is_unread: row.is_unread,
            children_count: row.children_count,
            latest_child_at: row.latest_child_at,
        }
    }
}

/// Which comments of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommentPage {
    /// At most so many.
    pub limit: Option<u32>,
    /// So many are skipped.
    pub offset: u32,
    /// Only those that are not older.
    pub since: Option<i64>,
}

/// A comment to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComment {
    /// The text.
    pub message: String,
    /// What it is.
    pub verb: String,
    /// The comment that it answers; 0 for none.
    pub parent_id: i64,
}

/// How many comments something has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommentCounts {
    /// All.
    pub all: i64,
    /// Those of others since the user last read.
    pub unread: i64,
}

/// `?1` is the one who reads, `?2` the file, `?3` the owner of the tree that it must lie in.
macro_rules! select_comment {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.file_id, c.parent_id, c.topmost_parent_id, c.actor_id, c.verb, c.message, c.created_at, ",
            "(c.actor_id <> ?1 AND c.id > coalesce((SELECT r.last_comment FROM comments_read r ",
            "WHERE r.user_id = ?1 AND r.file_id = c.file_id), 0)) AS is_unread, ",
            "(SELECT count(*) FROM comments a WHERE a.topmost_parent_id = c.id) AS children_count, ",
            "(SELECT max(a.created_at) FROM comments a WHERE a.topmost_parent_id = c.id) AS latest_child_at ",
            "FROM comments c JOIN files f ON f.id = c.file_id WHERE f.owner = ?3 AND c.file_id = ?2 AND ",
            $rest
        )
    };
}

impl Home {
    /// The comments of a file, the latest first.
    pub async fn list_comments(&self, file: FileId, page: CommentPage) -> Result<Vec<Comment>, ContentError> {
        let rows: Vec<CommentRow> = sqlx::query_as(select_comment!(
            "c.created_at >= ?4 ORDER BY c.created_at DESC, c.id DESC LIMIT ?5 OFFSET ?6"
        ))
        .bind(self.actor.as_str())
        .bind(file.0)
        .bind(self.user.as_str())
        .bind(page.since.unwrap_or(i64::MIN))
        // For SQLite, a negative limit is none.
        .bind(page.limit.map_or(-1, i64::from))
        .bind(page.offset)
        .fetch_all(self.content.0.db.reader())
        .await?;
        Ok(rows.into_iter().map(Comment::from).collect())
    }

    /// One comment of a file.
    pub async fn find_comment(&self, file: FileId, id: i64) -> Result<Option<Comment>, ContentError> {
        let query = sqlx::query_as(select_comment!("c.id = ?4"));
        let query = query
            .bind(self.actor.as_str())
            .bind(file.0)
            .bind(self.user.as_str())
            .bind(id);
        let row: Option<CommentRow> = query.fetch_optional(self.content.0.db.reader()).await?;
        Ok(row.map(Comment::from))
    }

    /// Writes a comment as this user. Gives its number.
    ///
    /// # Errors
    /// [`ContentError::NotFound`] if there is no such file in this tree, or no such comment to answer.
    pub async fn create_comment(&self, file: FileId, comment: NewComment) -> Result<i64, ContentError> {
        let missing = || ContentError::NotFound(DavPath::from_names([file.to_string()]));
        let mut tx = self.content.0.db.write().await?;
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM files WHERE id = ? AND owner = ?)")
            .bind(file.0)
            .bind(self.user.as_str())
            .fetch_one(&mut *tx)
            .await?;
        if !there {
            return Err(missing());
        }
        let topmost: i64 = if comment.parent_id == 0 {
            0
        } else {
            let query = "SELECT CASE topmost_parent_id WHEN 0 THEN id ELSE topmost_parent_id END \
                         FROM comments WHERE id = ? AND file_id = ?";
            let query = sqlx::query_scalar(query).bind(comment.parent_id).bind(file.0);
            query.fetch_optional(&mut *tx).await?.ok_or_else(missing)?
        };
        let id = sqlx::query_scalar(
            "INSERT INTO comments (file_id, parent_id, topmost_parent_id, actor_id, verb, message, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(file.0)
        .bind(comment.parent_id)
        .bind(topmost)
        .bind(self.actor.as_str())
        .bind(comment.verb)
        .bind(comment.message)
        .bind(self.content.now())
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Replaces the text of an own comment. Gives whether there is such a comment.
    pub async fn edit_comment(&self, file: FileId, id: i64, message: &str) -> Result<bool, ContentError> {
        let mut tx = self.content.0.db.write().await?;
        let edited = sqlx::query("UPDATE comments SET message = ? WHERE id = ? AND file_id = ? AND actor_id = ?")
            .bind(message)
            .bind(id)
            .bind(file.0)
            .bind(self.actor.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(edited.rows_affected() > 0)
    }

    /// Deletes an own comment. Gives whether there was such a comment.
    pub async fn delete_comment(&self, file: FileId, id: i64) -> Result<bool, ContentError> {
        let mut tx = self.content.0.db.write().await?;
        let deleted = sqlx::query("DELETE FROM comments WHERE id = ? AND file_id = ? AND actor_id = ?")
            .bind(id)
            .bind(file.0)
            .bind(self.actor.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// This user has read every comment of a file.
    pub async fn mark_comments_read(&self, file: FileId) -> Result<(), ContentError> {
        let mut tx = self.content.0.db.write().await?;
        sqlx::query(
            "INSERT OR REPLACE INTO comments_read (user_id, file_id, last_comment, read_at) \
             SELECT ?1, f.id, coalesce((SELECT max(id) FROM comments WHERE file_id = f.id), 0), ?3 \
             FROM files f WHERE f.id = ?2 AND f.owner = ?4",
        )
        .bind(self.actor.as_str())
        .bind(file.0)
        .bind(self.content.now())
        .bind(self.user.as_str())
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// How many comments there are, of everything in this tree that has any.
    pub async fn comments_by_file(&self) -> Result<HashMap<FileId, CommentCounts>, ContentError> {
        let rows = sqlx::query(
            "SELECT c.file_id, count(*) AS all_comments, \
             sum(c.actor_id <> ?1 AND c.id > coalesce(r.last_comment, 0)) AS unread \
             FROM comments c JOIN files f ON f.id = c.file_id \
             LEFT JOIN comments_read r ON r.file_id = c.file_id AND r.user_id = ?1 \
             WHERE f.owner = ?2 GROUP BY c.file_id",
        )
        .bind(self.actor.as_str())
        .bind(self.user.as_str())
        .fetch_all(self.content.0.db.reader())
        .await?;
        let counts = rows.iter().map(|row| {
            let counts = CommentCounts {
                all: row.try_get("all_comments")?,
                unread: row.try_get("unread")?,
            };
            Ok((FileId(row.try_get("file_id")?), counts))
        });
        Ok(counts.collect::<Result<_, sqlx::Error>>()?)
    }
}
