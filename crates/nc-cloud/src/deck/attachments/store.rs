use std::collections::HashMap;

use nc_proto::apps::deck::{
    self as wire, AttachmentCreator, AttachmentId, AttachmentKind, CardId, ExtendedData, FileInfo,
};
use serde_json::Value;
use sqlx::FromRow;

use crate::{
    content::{Content, FileId},
    deck::{desk::Desk, error::DeckError, rows::Card, shown::value},
};

/// An attachment that is there: of a `file`, the file is there, too, and name, size and path are the file's.
#[derive(Debug, Clone, FromRow)]
pub(in crate::deck) struct Attachment {
    pub(super) id: i64,
    card: i64,
    kind: String,
    pub(super) name: String,
    size: i64,
    pub(super) file_id: Option<i64>,
    file_path: Option<String>,
    pub(super) created_by: String,
    created_at: i64,
    last_modified: i64,
    deleted_at: i64,
}

/// The columns of an [`Attachment`].
macro_rules! select_attachment {
    ($condition:literal) => {
        concat!(
            "SELECT a.id, a.card, a.kind, coalesce(f.name, a.name) AS name, coalesce(f.size, a.size) AS size, ",
            "a.file_id, f.path AS file_path, a.created_by, a.created_at, a.last_modified, a.deleted_at ",
            "FROM deck_attachments a LEFT JOIN files f ON f.id = a.file_id AND f.owner = a.created_by ",
            "AND f.is_folder = 0 WHERE (a.kind = 'deck_file' OR f.id IS NOT NULL) AND ",
            $condition
        )
    };
}

/// Parts of a name, as PHP gives them.
fn info(name: &str) -> FileInfo {
    let (filename, extension) = match name.rsplit_once('.') {
        Some((filename, extension)) => (filename, Some(extension.to_owned())),
        None => (name, None),
    };
    FileInfo {
        dirname: ".".to_owned(),
        basename: name.to_owned(),
        extension,
        filename: filename.to_owned(),
    }
}

impl Desk {
    /// How many attachments cards have, by card; `ids` is a JSON array.
    pub(in crate::deck) async fn count_attachments(&mut self, ids: &str) -> Result<HashMap<i64, i64>, DeckError> {
        let query = sqlx::query_as(
            "SELECT a.card, count(*) FROM deck_attachments a \
             LEFT JOIN files f ON f.id = a.file_id AND f.owner = a.created_by AND f.is_folder = 0 \
             WHERE a.card IN (SELECT value FROM json_each(?)) AND a.deleted_at = 0 \
             AND (a.kind = 'deck_file' OR f.id IS NOT NULL) GROUP BY a.card",
        );
        let rows: Vec<(i64, i64)> = query.bind(ids).fetch_all(&mut *self.tx).await?;
        Ok(rows.into_iter().collect())
    }

    /// The attachments of a card.
    pub(in crate::deck) async fn attachments(&mut self, card: i64) -> Result<Vec<Attachment>, DeckError> {
        let query = sqlx::query_as(select_attachment!(
            "a.deleted_at = 0 AND a.card = ? ORDER BY a.kind, a.id"
        ));
        Ok(query.bind(card).fetch_all(&mut *self.tx).await?)
    }

    pub(super) async fn attachment(
        &mut self,
        card: i64,
        kind: AttachmentKind,
        id: i64,
    ) -> Result<Option<Attachment>, DeckError> {
        let query = sqlx::query_as(select_attachment!(
            "a.deleted_at = 0 AND a.card = ? AND a.kind = ? AND a.id = ?"
        ));
        let query = query.bind(card).bind(kind.as_str()).bind(id);
        Ok(query.fetch_optional(&mut *self.tx).await?)
    }

    /// What lies inside a card.
    pub(super) async fn bytes(&mut self, id: i64) -> Result<Option<Vec<u8>>, DeckError> {
        let query = sqlx::query_scalar("SELECT data FROM deck_attachment_data WHERE attachment = ?");
        Ok(query.bind(id).fetch_optional(&mut *self.tx).await?)
    }

    /// A new attachment, without bytes. One card has no two of a type and name.
    pub(super) async fn add_attachment(
        &mut self,
        card: &Card,
        kind: AttachmentKind,
        name: &str,
        file: Option<FileId>,
    ) -> Result<i64, DeckError> {
        self.check_name(card, kind, name, 0).await?;
        let query = sqlx::query_scalar(
            "INSERT INTO deck_attachments (card, kind, name, file_id, created_by, created_at, last_modified) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) RETURNING id",
        );
        let query = query
            .bind(card.id)
            .bind(kind.as_str())
            .bind(name)
            .bind(file.map(|file| file.0))
            .bind(self.user.as_str())
            .bind(self.now);
        Ok(query.fetch_one(&mut *self.tx).await?)
    }

    /// Whether no attachment of the card but `own` has that type and name.
    pub(super) async fn check_name(
        &mut self,
        card: &Card,
        kind: AttachmentKind,
        name: &str,
        own: i64,
    ) -> Result<(), DeckError> {
        let others = self.attachments(card.id).await?;
        let is_taken = |other: &Attachment| other.id != own && other.kind == kind.as_str() && other.name == name;
        if others.iter().any(is_taken) {
            return Err(DeckError::Exists("File already exists."));
        }
        Ok(())
    }

    /// The bytes of an attachment inside a card, in place of former ones.
    pub(super) async fn keep_bytes(&mut self, id: i64, name: &str, bytes: &[u8]) -> Result<(), DeckError> {
        sqlx::query("INSERT OR REPLACE INTO deck_attachment_data (attachment, data) VALUES (?, ?)")
            .bind(id)
            .bind(bytes)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("UPDATE deck_attachments SET name = ?, size = ? WHERE id = ?")
            .bind(name)
            .bind(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
            .bind(id)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// What lies inside cards counts like the creator's files; `replaced` does not count.
    pub(super) async fn check_free(&mut self, creator: &str, length: usize, replaced: i64) -> Result<(), DeckError> {
        let query = sqlx::query_scalar(
            "SELECT quota_bytes - coalesce((SELECT size FROM files WHERE owner = ?1 AND path = ''), 0) \
             - coalesce((SELECT sum(size) FROM deck_attachments WHERE created_by = ?1 AND id <> ?2), 0) \
             FROM accounts WHERE id = ?1 AND quota_bytes IS NOT NULL",
        );
        let query = query.bind(creator).bind(replaced);
        let free: Option<i64> = query.fetch_optional(&mut *self.tx).await?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        match free {
            Some(free) if free < length => Err(DeckError::NoSpace),
            _ => Ok(()),
        }
    }

    pub(super) async fn touch_attachment(&mut self, id: i64) -> Result<(), DeckError> {
        sqlx::query("UPDATE deck_attachments SET last_modified = ? WHERE id = ?")
            .bind(self.now)
            .bind(id)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    pub(super) async fn delete_attachment(&mut self, attachment: &Attachment) -> Result<(), DeckError> {
        let query = if attachment.file_id.is_some() {
            sqlx::query("DELETE FROM deck_attachments WHERE id = ?1 AND ?2 > 0")
        } else {
            sqlx::query("UPDATE deck_attachments SET deleted_at = ?2 WHERE id = ?1")
        };
        query.bind(attachment.id).bind(self.now).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// A `deck_file` that was deleted is there again.
    pub(super) async fn restore_attachment(&mut self, card: i64, id: i64) -> Result<Option<Attachment>, DeckError> {
        sqlx::query("UPDATE deck_attachments SET deleted_at = 0 WHERE card = ? AND kind = 'deck_file' AND id = ?")
            .bind(card)
            .bind(id)
            .execute(&mut *self.tx)
            .await?;
        self.attachment(card, AttachmentKind::DeckFile, id).await
    }

    /// Attachments as they go over the wire: without those that version 1.0 does not know, unless the client speaks 1.1.
    pub(in crate::deck) async fn show_attachments(
        &mut self,
        attachments: &[Attachment],
        with_files: bool,
    ) -> Result<Value, DeckError> {
        let mut shown = Vec::new();
        for attachment in attachments {
            if with_files || attachment.file_id.is_none() {
                shown.push(self.show_attachment(attachment).await?);
            }
        }
        Ok(value(&shown))
    }

    pub(super) async fn show_attachment(&mut self, attachment: &Attachment) -> Result<wire::Attachment, DeckError> {
        let is_file = attachment.file_id.is_some();
        let is_own = attachment.created_by == self.user.as_str();
        let query = sqlx::query_as("SELECT display_name, email FROM accounts WHERE id = ?");
        let creator: Option<(String, Option<String>)> =
            query.bind(&attachment.created_by).fetch_optional(&mut *self.tx).await?;
        let (display_name, email) = creator.unwrap_or_else(|| (attachment.created_by.clone(), None));
        // Where it lies says nothing to others: it is not among their files.
        let path = attachment.file_path.as_ref().filter(|_| is_own);
        Ok(wire::Attachment {
            id: AttachmentId(attachment.id),
            card_id: CardId(attachment.card),
            kind: attachment.kind.clone(),
            data: attachment.name.clone(),
            last_modified: attachment.last_modified,
            created_at: attachment.created_at,
            created_by: attachment.created_by.clone(),
            deleted_at: attachment.deleted_at,
            extended_data: ExtendedData {
                path: path.map(|path| format!("/{path}")),
                fileid: attachment.file_id,
                data: is_file.then(|| attachment.name.clone()),
                filesize: Some(attachment.size),
                mimetype: Some(Content::media_type(&attachment.name)),
                info: info(&attachment.name),
                has_preview: is_file.then_some(false),
                permissions: is_file.then_some(1),
                attachment_creator: Some(AttachmentCreator {
                    display_name,
                    id: attachment.created_by.clone(),
                    email,
                }),
            },
        })
    }
}
