use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use nc_auth::UserId;
use nc_proto::{apps::sharing::SharePermissions, clock::Clock};
use sqlx::{AssertSqlSafe, Sqlite, Transaction};

use super::{Brief, Share, ShareType, mounts::Cached, record::Row};
use crate::{Error, content::FileId, db::Db};

/// Everybody's shares. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shares(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Clock,
    /// Moves with every change of a share, of what somebody made of one, and of groups.
    generation: AtomicU64,
    /// What is shared with whom; good for one generation.
    pub(super) mounts: Mutex<HashMap<UserId, Cached>>,
}

/// A share to be made.
pub(super) struct NewShare {
    pub(super) share_type: ShareType,
    pub(super) file: FileId,
    pub(super) file_owner: UserId,
    pub(super) owner: UserId,
    pub(super) share_with: Option<String>,
    pub(super) permissions: SharePermissions,
    pub(super) target_name: String,
    pub(super) token: Option<String>,
    pub(super) password_hash: Option<String>,
    pub(super) label: String,
    pub(super) note: String,
    pub(super) hide_download: bool,
    pub(super) attributes: Option<String>,
    pub(super) expires_at: Option<i64>,
}

/// What somebody made of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Accepted,
    Declined,
}

impl State {
    const fn number(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Accepted => 1,
            Self::Declined => 2,
        }
    }
}

type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'c>>;

/// Shares of files that lie where they belong: not in the trash.
const SELECT: &str = "SELECT s.id, s.share_type, s.file_id, s.file_owner, s.owner, s.share_with, s.permissions, \
    s.target_name, s.token, s.password_hash, s.label, s.note, s.hide_download, s.attributes, s.expires_at, s.shared_at \
    FROM shares s JOIN files n ON n.id = s.file_id AND n.owner = s.file_owner WHERE ";

/// `?1` is somebody with whom it is shared, directly or by a group. Nobody receives from oneself.
const RECEIVED: &str = "((s.share_type = 0 AND s.share_with = ?1) OR (s.share_type = 1 AND s.file_owner <> ?1 \
    AND s.owner <> ?1 AND EXISTS (SELECT 1 FROM group_members g WHERE g.group_id = s.share_with AND g.user_id = ?1)))";

/// What `?1` made of it; a member who came after the share, by the own setting.
const STATE: &str = "coalesce((SELECT r.state FROM share_recipients r WHERE r.share_id = s.id AND r.user_id = ?1), \
    (SELECT p.default_accept FROM share_settings p WHERE p.user_id = ?1), 1)";

impl Shares {
    pub(crate) fn new(db: Db, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            db,
            clock,
            generation: AtomicU64::new(0),
            mounts: Mutex::default(),
        }))
    }

    pub(super) fn mounts_cache(&self) -> &Mutex<HashMap<UserId, Cached>> {
        &self.0.mounts
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.0.clock.now().unix_timestamp()
    }

    pub(super) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// To be called when shares or groups have changed, before anybody is told.
    pub(crate) fn forget(&self) {
        self.0.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// The share with that number, unless its time is over.
    pub(crate) async fn find(&self, id: i64) -> Result<Option<Share>, Error> {
        let row: Option<Row> = sqlx::query_as(AssertSqlSafe(format!("{SELECT} s.id = ?")))
            .bind(id)
            .fetch_optional(self.0.db.reader())
            .await?;
        Ok(self.living(row).into_iter().next())
    }

    /// The share that a token opens, unless its time is over.
    pub(crate) async fn find_by_token(&self, token: &str) -> Result<Option<Share>, Error> {
        let row: Option<Row> = sqlx::query_as(AssertSqlSafe(format!("{SELECT} s.token = ?")))
            .bind(token)
            .fetch_optional(self.0.db.reader())
            .await?;
        Ok(self.living(row).into_iter().next())
    }

    /// What a user shared, and with `of_others` also what others shared on of the user's files.
    pub(super) async fn list_by(&self, user: &UserId, of_others: bool) -> Result<Vec<Share>, Error> {
        let sql = format!("{SELECT} (s.owner = ?1 OR (?2 AND s.file_owner = ?1)) ORDER BY s.share_type, s.id");
        let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(user.as_str())
            .bind(of_others)
            .fetch_all(self.0.db.reader())
            .await?;
        Ok(self.living(rows))
    }

    /// Every share of a file or folder.
    pub(super) async fn list_of(&self, file: FileId) -> Result<Vec<Share>, Error> {
        let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(format!("{SELECT} s.file_id = ? ORDER BY s.id")))
            .bind(file.0)
            .fetch_all(self.0.db.reader())
            .await?;
        Ok(self.living(rows))
    }

    /// What is shared with a user who made that of it.
    pub(super) async fn list_received(&self, user: &UserId, state: State) -> Result<Vec<Share>, Error> {
        let sql = format!("{SELECT} {RECEIVED} AND {STATE} = ?2 ORDER BY s.share_type, s.id");
        let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(user.as_str())
            .bind(state.number())
            .fetch_all(self.0.db.reader())
            .await?;
        Ok(self.living(rows))
    }

    /// What is shared with a user and covers a file: shares of it and of the folders above.
    pub(super) async fn list_received_above(&self, user: &UserId, file: FileId) -> Result<Vec<Share>, Error> {
        let sql = format!(
            "WITH RECURSIVE up (id, parent) AS (SELECT id, parent FROM files WHERE id = ?2 \
             UNION ALL SELECT f.id, f.parent FROM files f JOIN up ON f.id = up.parent) \
             {SELECT} s.file_id IN (SELECT id FROM up) AND {RECEIVED} AND {STATE} <> 2"
        );
        let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(user.as_str())
            .bind(file.0)
            .fetch_all(self.0.db.reader())
            .await?;
        Ok(self.living(rows))
    }

    /// Whether a share is for a user, and what the user made of it.
    pub(super) async fn state_for(&self, user: &UserId, share: i64) -> Result<Option<State>, Error> {
        let sql = format!("SELECT {STATE} FROM shares s WHERE s.id = ?2 AND {RECEIVED}");
        let state: Option<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(user.as_str())
            .bind(share)
            .fetch_optional(self.0.db.reader())
            .await?;
        Ok(state.map(|state| match state {
            0 => State::Pending,
            1 => State::Accepted,
            _ => State::Declined,
        }))
    }

    /// What listings of files tell: the shares that a user made, and those of others of the user's files.
    pub(crate) async fn briefs(&self, user: &UserId) -> Result<HashMap<FileId, Vec<Brief>>, Error> {
        let mut briefs: HashMap<FileId, Vec<Brief>> = HashMap::new();
        for share in self.list_by(user, true).await? {
            briefs.entry(share.file).or_default().push(Brief {
                share_type: share.share_type,
                share_with: share.share_with,
            });
        }
        Ok(briefs)
    }

    /// Makes a share. Those who want to be asked find it among the pending ones.
    pub(super) async fn create(&self, new: NewShare) -> Result<i64, Error> {
        let now = self.now();
        self.change(move |tx| {
            Box::pin(async move {
                let id = insert(tx, &new, now).await?;
                let receivers = match new.share_type {
                    ShareType::User => "SELECT id FROM accounts WHERE id = ?2",
                    ShareType::Group => "SELECT user_id AS id FROM group_members WHERE group_id = ?2",
                    _ => return Ok(id),
                };
                let sql = format!(
                    "INSERT INTO share_recipients (share_id, user_id, state) \
                     SELECT ?1, a.id, coalesce(p.default_accept, 1) FROM ({receivers}) a \
                     LEFT JOIN share_settings p ON p.user_id = a.id"
                );
                sqlx::query(AssertSqlSafe(sql))
                    .bind(id)
                    .bind(&new.share_with)
                    .execute(&mut **tx)
                    .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Stores the fields that can be changed.
    pub(super) async fn update(&self, share: Share) -> Result<(), Error> {
        self.change(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE shares SET permissions = ?, password_hash = ?, label = ?, note = ?, hide_download = ?, \
                     attributes = ?, expires_at = ? WHERE id = ?",
                )
                .bind(share.permissions.bits())
                .bind(&share.password_hash)
                .bind(&share.label)
                .bind(&share.note)
                .bind(share.hide_download)
                .bind(&share.attributes)
                .bind(share.expires_at)
                .bind(share.id)
                .execute(&mut **tx)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Removes a share, and nothing that hangs on it.
    pub(super) async fn delete(&self, id: i64) -> Result<(), Error> {
        self.change(move |tx| {
            Box::pin(async move {
                sqlx::query("DELETE FROM shares WHERE id = ?")
                    .bind(id)
                    .execute(&mut **tx)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Notes what a user makes of a share.
    pub(super) async fn set_state(&self, share: i64, user: &UserId, state: State) -> Result<(), Error> {
        let user = user.clone();
        self.change(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO share_recipients (share_id, user_id, state) VALUES (?, ?, ?) \
                     ON CONFLICT (share_id, user_id) DO UPDATE SET state = excluded.state",
                )
                .bind(share)
                .bind(user.as_str())
                .bind(state.number())
                .execute(&mut **tx)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Gives something that is shared another place in the tree of the user with whom it is shared.
    pub(crate) async fn set_target(
        &self,
        shares: &[i64],
        user: &UserId,
        parent: Option<FileId>,
        name: &str,
    ) -> Result<(), Error> {
        let (shares, user, name) = (shares.to_vec(), user.clone(), name.to_owned());
        self.change(move |tx| {
            Box::pin(async move {
                for share in shares {
                    sqlx::query(
                        "INSERT INTO share_recipients (share_id, user_id, state, target_parent, target_name) \
                         VALUES (?, ?, 1, ?, ?) ON CONFLICT (share_id, user_id) \
                         DO UPDATE SET target_parent = excluded.target_parent, target_name = excluded.target_name",
                    )
                    .bind(share)
                    .bind(user.as_str())
                    .bind(parent.map(|parent| parent.0))
                    .bind(&name)
                    .execute(&mut **tx)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Whether what is shared with a user appears at once, or waits to be accepted.
    pub(super) async fn set_default_accept(&self, user: &UserId, accept: bool) -> Result<(), Error> {
        let user = user.clone();
        self.change(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO share_settings (user_id, default_accept) VALUES (?, ?) \
                     ON CONFLICT (user_id) DO UPDATE SET default_accept = excluded.default_accept",
                )
                .bind(user.as_str())
                .bind(accept)
                .execute(&mut **tx)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Where a user put the shares that were moved: by share, the folder and the name.
    pub(super) async fn targets(&self, user: &UserId) -> Result<HashMap<i64, (Option<FileId>, Option<String>)>, Error> {
        let rows: Vec<(i64, Option<i64>, Option<String>)> = sqlx::query_as(
            "SELECT share_id, target_parent, target_name FROM share_recipients WHERE user_id = ? AND target_name IS NOT NULL",
        )
        .bind(user.as_str())
        .fetch_all(self.0.db.reader())
        .await?;
        let targets = rows.into_iter();
        Ok(targets
            .map(|(share, parent, name)| (share, (parent.map(FileId), name)))
            .collect())
    }

    /// Does one change, to the end even if the caller goes away: what was committed must not stay remembered otherwise.
    async fn change<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Transaction<'static, Sqlite>) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, Error> {
        let shares = self.clone();
        let task = async move {
            let mut tx = shares.0.db.write().await?;
            let value = work(&mut tx).await?;
            let committed = tx.commit().await;
            // Also when it failed: whether it did is then not certain.
            shares.forget();
            committed?;
            Ok(value)
        };
        tokio::spawn(task)
            .await
            .map_err(|_| Error::Internal("a task was lost"))?
    }

    fn living(&self, rows: impl IntoIterator<Item = Row>) -> Vec<Share> {
        let now = self.now();
        let shares = rows.into_iter().filter_map(Row::into_share);
        shares.filter(|share| !share.is_expired(now)).collect()
    }
}

async fn insert(tx: &mut Transaction<'static, Sqlite>, new: &NewShare, now: i64) -> Result<i64, Error> {
    let query = sqlx::query_scalar(
        "INSERT INTO shares (share_type, file_id, file_owner, owner, share_with, permissions, target_name, token, \
         password_hash, label, note, hide_download, attributes, expires_at, shared_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
    );
    let query = query
        .bind(new.share_type.number())
        .bind(new.file.0)
        .bind(new.file_owner.as_str())
        .bind(new.owner.as_str())
        .bind(&new.share_with)
        .bind(new.permissions.bits())
        .bind(&new.target_name)
        .bind(&new.token)
        .bind(&new.password_hash)
        .bind(&new.label)
        .bind(&new.note)
        .bind(new.hide_download)
        .bind(&new.attributes)
        .bind(new.expires_at)
        .bind(now);
    Ok(query.fetch_one(&mut **tx).await?)
}
