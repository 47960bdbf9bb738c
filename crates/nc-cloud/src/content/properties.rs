use nc_proto::dav::{DavPath, Element, Name};
use sqlx::Row;

use super::{ContentError, Entry, FileId, Home, change::Change, locks::Reach};
use crate::Error;

/// Most that the made-up properties of one file or folder may take.
const MOST_PROPERTY_BYTES: u64 = 1 << 20;

/// One step of a change of properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyChange {
    /// Marks or unmarks it for this user.
    Favorite(bool),
    /// Sets the time of the last change.
    ModifiedAt(i64),
    /// Sets the creation time.
    CreatedAt(i64),
    /// Keeps a property that means nothing to us.
    Set(Element),
    /// Forgets such a property.
    Remove(Name),
}

impl Home {
    /// Changes properties, all or none.
    ///
    /// # Errors
    /// [`ContentError::NotFound`], [`ContentError::Locked`]
    pub async fn change_properties(
        &self,
        path: &DavPath,
        changes: Vec<PropertyChange>,
        lock_tokens: Vec<String>,
    ) -> Result<(), ContentError> {
        let path = path.clone();
        self.change(move |change| {
            Box::pin(async move {
                let entry = change.get(&path).await?;
                change.check_locks(&path, Reach::Content, &lock_tokens).await?;
                for property in &changes {
                    change.set_property(&entry, property).await?;
                }
                change.check_properties(&entry).await
            })
        })
        .await
    }

    /// Marks or unmarks a favourite. Locks do not hinder it: it belongs to the user, not to the file.
    pub async fn set_favorite(&self, path: &DavPath, favorite: bool) -> Result<(), ContentError> {
        let path = path.clone();
        self.change(move |change| {
            Box::pin(async move {
                let entry = change.get(&path).await?;
                change.set_property(&entry, &PropertyChange::Favorite(favorite)).await
            })
        })
        .await
    }

    /// The properties that clients made up.
    pub async fn list_properties(&self, id: FileId) -> Result<Vec<Element>, ContentError> {
        let query = sqlx::query("SELECT value FROM properties WHERE file_id = ? AND user_id = ? ORDER BY name");
        let rows = query
            .bind(id.0)
            .bind(self.actor.as_str())
            .fetch_all(self.content.0.db.reader())
            .await?;
        rows.iter()
            .map(|row| {
                let document: String = row.try_get("value")?;
                let element = Element::parse(document.as_bytes());
                element.map_err(|_| ContentError::Storage(Error::Internal("a stored property cannot be read")))
            })
            .collect()
    }

    /// Whether anything in this tree has such a property; most trees have none, and need not be asked for each file.
    pub async fn has_properties(&self) -> Result<bool, ContentError> {
        let query = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM properties WHERE user_id = ?)");
        Ok(query
            .bind(self.actor.as_str())
            .fetch_one(self.content.0.db.reader())
            .await?)
    }

    /// Every favourite below a folder, by path.
    pub async fn list_favorites(&self, path: &DavPath) -> Result<Vec<Entry>, ContentError> {
        Ok(self
            .list_tree(path)
            .await?
            .into_iter()
            .filter(|entry| entry.favorite)
            .collect())
    }
}

impl Change {
    /// Fails if the properties that clients made up are larger than any honest ones: they are no way around the quota, and a
    /// listing has those of an entry in memory.
    async fn check_properties(&mut self, entry: &Entry) -> Result<(), ContentError> {
        let stored: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(length(name) + length(value)), 0) FROM properties WHERE file_id = ?",
        )
        .bind(entry.id.0)
        .fetch_one(&mut *self.tx)
        .await?;
        let required = u64::try_from(stored).unwrap_or_default();
        if required > MOST_PROPERTY_BYTES {
            let available = MOST_PROPERTY_BYTES;
            return Err(ContentError::Quota { required, available });
        }
        Ok(())
    }

    async fn set_property(&mut self, entry: &Entry, property: &PropertyChange) -> Result<(), ContentError> {
        let id = entry.id.0;
        let user = self.actor.to_string();
        match property {
            PropertyChange::Favorite(favorite) => {
                let query = if *favorite {
                    sqlx::query("INSERT OR IGNORE INTO favorites (user_id, file_id) VALUES (?, ?)")
                } else {
                    sqlx::query("DELETE FROM favorites WHERE user_id = ? AND file_id = ?")
                };
                query.bind(user).bind(id).execute(&mut *self.tx).await?;
            }
            PropertyChange::ModifiedAt(time) => {
                sqlx::query("UPDATE files SET mtime = ?, etag = lower(hex(randomblob(16))) WHERE id = ?")
                    .bind(time)
                    .bind(id)
                    .execute(&mut *self.tx)
                    .await?;
                self.touch_ancestors(&entry.path, 0).await?;
            }
            PropertyChange::CreatedAt(time) => {
                sqlx::query("UPDATE files SET creation_time = ? WHERE id = ?")
                    .bind(time)
                    .bind(id)
                    .execute(&mut *self.tx)
                    .await?;
            }
            PropertyChange::Set(element) => {
                let document = String::from_utf8_lossy(&element.to_document()).into_owned();
                sqlx::query("INSERT OR REPLACE INTO properties (file_id, user_id, name, value) VALUES (?, ?, ?, ?)")
                    .bind(id)
                    .bind(user)
                    .bind(element.name.to_string())
                    .bind(document)
                    .execute(&mut *self.tx)
                    .await?;
            }
            PropertyChange::Remove(name) => {
                sqlx::query("DELETE FROM properties WHERE file_id = ? AND user_id = ? AND name = ?")
                    .bind(id)
                    .bind(user)
                    .bind(name.to_string())
                    .execute(&mut *self.tx)
                    .await?;
            }
        }
        Ok(())
    }
}
