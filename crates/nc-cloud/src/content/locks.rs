use std::collections::BTreeMap;

use nc_proto::dav::DavPath;
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    ContentError, Entry, Home, Staged, WriteOptions,
    change::Change,
    entry::{ancestor_keys, path_key, stored_path},
    guests::is_guest,
};
use crate::random;

/// A lock that somebody holds. RFC 4918 §6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLock {
    /// The token, `opaquelocktoken:…`.
    pub token: String,
    /// What was locked.
    pub root: DavPath,
    /// Whether nobody else may hold a lock.
    pub exclusive: bool,
    /// Whether it covers what is inside.
    pub deep: bool,
    /// What the client said about who it is, an XML document.
    pub owner_info: String,
    /// Unix seconds.
    pub expires_at: i64,
}

/// A lock to be taken.
#[derive(Debug, Clone)]
pub struct NewLock {
    /// What to lock. If nothing is there, an empty file is made (RFC 4918 §7.3).
    pub path: DavPath,
    /// Whether nobody else may hold a lock.
    pub exclusive: bool,
    /// Whether it covers what is inside.
    pub deep: bool,
    /// What the client says about who it is, an XML document.
    pub owner_info: String,
    /// How long it lasts.
    pub lifetime_s: i64,
    /// Lock tokens that the client submitted; one is needed if the folder is locked and a file is to be made.
    pub lock_tokens: Vec<String>,
}

/// What a change touches, and so which locks stand in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The content or the properties of what is there.
    Content,
    /// A member of the folder comes into being.
    Member,
    /// It goes away, with everything inside.
    Tree,
}

struct LockRow {
    lock: HeldLock,
    user: String,
}

const SELECT: &str = "SELECT l.token, l.user_id, l.exclusive, l.deep, l.owner_info, l.expires_at, f.path \
    FROM locks l JOIN files f ON f.id = l.file_id \
    WHERE f.owner = ?1 AND l.expires_at > ?2 AND (f.path IN (SELECT value FROM json_each(?3)) \
    OR (?4 AND (?5 = '' OR (f.path > ?5 || '/' AND f.path < ?5 || '0'))))";

fn read_row(row: &SqliteRow) -> Result<LockRow, sqlx::Error> {
    Ok(LockRow {
        user: row.try_get("user_id")?,
        lock: HeldLock {
            token: row.try_get("token")?,
            root: stored_path(&row.try_get::<String, _>("path")?),
            exclusive: row.try_get("exclusive")?,
            deep: row.try_get("deep")?,
            owner_info: row.try_get("owner_info")?,
            expires_at: row.try_get("expires_at")?,
        },
    })
}

/// The paths whose locks can cover `path`: itself and everything above, as JSON.
fn covering_keys(path: &DavPath) -> String {
    let mut keys = ancestor_keys(path);
    keys.push(path_key(path));
    serde_json::json!(keys).to_string()
}

impl Home {
    /// The locks that cover a file or folder: its own, and deep ones on folders above.
    pub async fn list_locks(&self, path: &DavPath) -> Result<Vec<HeldLock>, ContentError> {
        let query = sqlx::query(SELECT).bind(self.user.as_str()).bind(self.content.now());
        let query = query.bind(covering_keys(path)).bind(false).bind("");
        let rows = query.fetch_all(self.content.0.db.reader()).await?;
        let mut locks = Vec::new();
        for row in &rows {
            let row = read_row(row)?;
            if (row.lock.root == *path || row.lock.deep) && !self.content.has_left(&row.user).await {
                locks.push(row.lock);
            }
        }
        Ok(locks)
    }

    /// Takes a lock. Gives it, and whether an empty file was made for it.
    ///
    /// # Errors
    /// [`ContentError::Locked`] if another lock is in the way; as for a write if a file has to be made.
    pub async fn lock(&self, new: NewLock) -> Result<(HeldLock, bool), ContentError> {
        let mut empty = self.content.stage(None).await?;
        empty.finish(None).await?;
        self.change(move |change| Box::pin(async move { change.lock(&new, empty).await }))
            .await
    }

    /// Gives a lock of this user more time.
    ///
    /// # Errors
    /// [`ContentError::Precondition`] if there is no such lock on `path`.
    pub async fn refresh_lock(&self, path: &DavPath, token: &str, lifetime_s: i64) -> Result<HeldLock, ContentError> {
        let (path, token) = (path.clone(), token.to_owned());
        self.change(move |change| {
            Box::pin(async move {
                let mut lock = change.find_lock(&path, &token).await?;
                lock.expires_at = change.now.saturating_add(lifetime_s);
                sqlx::query("UPDATE locks SET expires_at = ? WHERE token = ?")
                    .bind(lock.expires_at)
                    .bind(&token)
                    .execute(&mut *change.tx)
                    .await?;
                Ok(lock)
            })
        })
        .await
    }

    /// Gives a lock of this user back. Whoever owns the files also ends those of guests in them.
    ///
    /// # Errors
    /// [`ContentError::Precondition`] if there is no such lock on `path`.
    pub async fn unlock(&self, path: &DavPath, token: &str) -> Result<(), ContentError> {
        let (path, token) = (path.clone(), token.to_owned());
        self.change(move |change| {
            Box::pin(async move {
                change.find_lock_to_end(&path, &token).await?;
                sqlx::query("DELETE FROM locks WHERE token = ?")
                    .bind(&token)
                    .execute(&mut *change.tx)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

impl Change {
    /// Fails unless a token was submitted for every lock that stands in the way.
    pub(super) async fn check_locks(
        &mut self,
        path: &DavPath,
        reach: Reach,
        tokens: &[String],
    ) -> Result<(), ContentError> {
        let parent = path.parent().filter(|_| reach != Reach::Content);
        let in_the_way = |lock: &HeldLock| {
            lock.deep
                || lock.root == *path
                || parent.as_ref() == Some(&lock.root)
                || lock.root.strip_prefix(path).is_some()
        };
        // Of several shared locks on one resource, one token is enough.
        let mut roots: BTreeMap<DavPath, bool> = BTreeMap::new();
        for row in self.locks_around(path, reach == Reach::Tree).await? {
            if in_the_way(&row.lock) {
                let submitted = row.user == self.actor.as_str() && tokens.contains(&row.lock.token);
                *roots.entry(row.lock.root).or_default() |= submitted;
            }
        }
        match roots.into_iter().find(|(_, submitted)| !submitted) {
            Some((root, _)) => Err(ContentError::Locked(root)),
            None => Ok(()),
        }
    }

    /// Takes away the locks on `path` and everything inside.
    pub(super) async fn forget_locks(&mut self, path: &DavPath) -> Result<(), ContentError> {
        sqlx::query(
            "DELETE FROM locks WHERE file_id IN (SELECT id FROM files WHERE owner = ?1 AND \
             (path = ?2 OR (path > ?2 || '/' AND path < ?2 || '0')))",
        )
        .bind(self.user.as_str())
        .bind(path_key(path))
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    async fn locks_around(&mut self, path: &DavPath, inside: bool) -> Result<Vec<LockRow>, ContentError> {
        let query = sqlx::query(SELECT).bind(self.user.as_str()).bind(self.now);
        let query = query.bind(covering_keys(path)).bind(inside).bind(path_key(path));
        let rows = query.fetch_all(&mut *self.tx).await?;
        let mut locks = Vec::with_capacity(rows.len());
        for row in &rows {
            let row = read_row(row)?;
            if self.content.has_left(&row.user).await {
                // Nobody is left who could give it back.
                sqlx::query("DELETE FROM locks WHERE user_id = ?")
                    .bind(&row.user)
                    .execute(&mut *self.tx)
                    .await?;
            } else {
                locks.push(row);
            }
        }
        Ok(locks)
    }

    /// A lock of the one who acts.
    async fn find_lock(&mut self, path: &DavPath, token: &str) -> Result<HeldLock, ContentError> {
        let found = self.find_row(path, token).await?;
        let found = found.filter(|row| row.user == self.actor.as_str());
        found
            .map(|row| row.lock)
            .ok_or(ContentError::Precondition { current: None })
    }

    /// A lock that the one who acts may end.
    async fn find_lock_to_end(&mut self, path: &DavPath, token: &str) -> Result<(), ContentError> {
        let found = self.find_row(path, token).await?;
        let is_owner = self.actor == self.user;
        let found = found.filter(|row| row.user == self.actor.as_str() || is_owner && is_guest(&row.user));
        found.map(drop).ok_or(ContentError::Precondition { current: None })
    }

    async fn find_row(&mut self, path: &DavPath, token: &str) -> Result<Option<LockRow>, ContentError> {
        let mut rows = self.locks_around(path, false).await?.into_iter();
        Ok(rows.find(|row| row.lock.token == token && (row.lock.deep || row.lock.root == *path)))
    }

    async fn lock(&mut self, new: &NewLock, empty: Staged) -> Result<(HeldLock, bool), ContentError> {
        sqlx::query("DELETE FROM locks WHERE expires_at <= ?")
            .bind(self.now)
            .execute(&mut *self.tx)
            .await?;
        let there: Option<Entry> = self.find(&new.path).await?;
        for row in self.locks_around(&new.path, new.deep).await? {
            let covers = row.lock.deep || row.lock.root == new.path || row.lock.root.strip_prefix(&new.path).is_some();
            if covers && (new.exclusive || row.lock.exclusive) {
                return Err(ContentError::Locked(row.lock.root));
            }
        }
        let created = there.is_none();
        let entry = if let Some(entry) = there {
            entry
        } else {
            let options = WriteOptions {
                lock_tokens: new.lock_tokens.clone(),
                ..WriteOptions::default()
            };
            self.write(&new.path, empty, &options, self.now).await?.entry
        };
        let token = uuid::Builder::from_random_bytes(random::secret_bytes()?).into_uuid();
        let lock = HeldLock {
            token: format!("opaquelocktoken:{token}"),
            root: new.path.clone(),
            exclusive: new.exclusive,
            deep: new.deep,
            owner_info: new.owner_info.clone(),
            expires_at: self.now.saturating_add(new.lifetime_s),
        };
        sqlx::query("INSERT INTO locks VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(&lock.token)
            .bind(entry.id.0)
            .bind(self.actor.as_str())
            .bind(lock.exclusive)
            .bind(lock.deep)
            .bind(&lock.owner_info)
            .bind(lock.expires_at)
            .execute(&mut *self.tx)
            .await?;
        Ok((lock, created))
    }
}
