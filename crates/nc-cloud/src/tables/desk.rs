use nc_auth::UserId;
use nc_proto::apps::tables::{Permissions, TableId};
use sqlx::{FromRow, Sqlite, SqliteConnection, Transaction};
use time::{OffsetDateTime, macros::format_description};

use super::error::TablesError;
use crate::{Cloud, SignedIn};

/// The tables as one person sees them, in one state of the database. Everything goes through one connection: a second one may
/// not be free.
pub(super) struct Desk {
    pub(super) user: UserId,
    pub(super) now: i64,
    unit: Transaction<'static, Sqlite>,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Know of it.
    See,
    Read,
    Create,
    Update,
    Delete,
    Manage,
}

/// A table that the person may know of, and what of it is theirs.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    pub(super) record: TableRecord,
    pub(super) is_owner: bool,
    pub(super) permissions: Permissions,
}

#[derive(Debug, Clone, FromRow)]
pub(super) struct TableRecord {
    pub(super) id: i64,
    pub(super) owner: String,
    pub(super) title: String,
    pub(super) emoji: Option<String>,
    pub(super) description: String,
    pub(super) archived: bool,
    pub(super) created_by: String,
    pub(super) created_at: i64,
    pub(super) changed_by: String,
    pub(super) changed_at: i64,
}

/// Read, create, update, delete, manage; nothing where no share is.
type FiveFlags = (Option<bool>, Option<bool>, Option<bool>, Option<bool>, Option<bool>);

const EVERYTHING: Permissions = Permissions {
    read: true,
    create: true,
    update: true,
    delete: true,
    manage: true,
};

impl Reached {
    pub(super) fn id(&self) -> TableId {
        TableId(self.record.id)
    }

    pub(super) fn allows(&self, right: Right) -> bool {
        match right {
            Right::See => true,
            Right::Read => self.permissions.read,
            Right::Create => self.permissions.create,
            Right::Update => self.permissions.update,
            Right::Delete => self.permissions.delete,
            Right::Manage => self.permissions.manage,
        }
    }
}

impl Desk {
    /// To read.
    pub(super) async fn read(cloud: &Cloud, signed_in: &SignedIn) -> Result<Self, TablesError> {
        Ok(Self {
            user: signed_in.user.clone(),
            now: cloud.now(),
            unit: cloud.db().reader().begin().await?,
        })
    }

    /// To change: alone, until it is committed or dropped.
    pub(super) async fn change(cloud: &Cloud, signed_in: &SignedIn) -> Result<Self, TablesError> {
        Ok(Self {
            user: signed_in.user.clone(),
            now: cloud.now(),
            unit: cloud.db().write().await?,
        })
    }

    pub(super) async fn commit(self) -> Result<(), TablesError> {
        Ok(self.unit.commit().await?)
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.unit
    }

    /// A table, if the person owns it or has a share of it, and `right` to it.
    pub(super) async fn reach(&mut self, id: TableId, right: Right) -> Result<Reached, TablesError> {
        let record: Option<TableRecord> = sqlx::query_as("SELECT * FROM tables_tables WHERE id = ?")
            .bind(id.0)
            .fetch_optional(self.connection())
            .await?;
        let reached = self.reached(record.ok_or(TablesError::NoNode)?).await?;
        let reached = reached.ok_or(TablesError::NoNode)?;
        if reached.allows(right) {
            Ok(reached)
        } else {
            Err(TablesError::NotAllowed)
        }
    }

    async fn reached(&mut self, record: TableRecord) -> Result<Option<Reached>, TablesError> {
        if record.owner == self.user.as_str() {
            return Ok(Some(Reached {
                record,
                is_owner: true,
                permissions: EVERYTHING,
            }));
        }
        // Several shares add up.
        let flags: FiveFlags = sqlx::query_as(
            "SELECT max(may_read), max(may_create), max(may_update), max(may_delete), max(may_manage) FROM tables_shares \
             WHERE table_id = ?1 AND (receiver_type = 'user' AND receiver = ?2 OR receiver_type = 'group' AND receiver IN \
             (SELECT group_id FROM group_members WHERE user_id = ?2))",
        )
        .bind(record.id)
        .bind(self.user.as_str().to_owned())
        .fetch_one(self.connection())
        .await?;
        let (Some(read), Some(create), Some(update), Some(delete), Some(manage)) = flags else {
            return Ok(None);
        };
        let permissions = Permissions {
            read,
            create,
            update,
            delete,
            manage,
        };
        Ok((permissions != Permissions::default()).then_some(Reached {
            record,
            is_owner: false,
            permissions,
        }))
    }

    /// Every table that the person may know of, the oldest first.
    pub(super) async fn all_reached(&mut self) -> Result<Vec<Reached>, TablesError> {
        let records: Vec<TableRecord> = sqlx::query_as(
            "SELECT * FROM tables_tables WHERE owner = ?1 OR id IN (SELECT table_id FROM tables_shares WHERE \
             receiver_type = 'user' AND receiver = ?1 OR receiver_type = 'group' AND receiver IN \
             (SELECT group_id FROM group_members WHERE user_id = ?1)) ORDER BY id",
        )
        .bind(self.user.as_str().to_owned())
        .fetch_all(self.connection())
        .await?;
        let mut all = Vec::with_capacity(records.len());
        for record in records {
            all.extend(self.reached(record).await?);
        }
        Ok(all)
    }

    /// The name that people see for an account, if there is one.
    pub(super) async fn find_display_name(&mut self, id: &str) -> Result<Option<String>, TablesError> {
        let query = sqlx::query_scalar("SELECT display_name FROM accounts WHERE id = ?").bind(id.to_owned());
        Ok(query.fetch_optional(self.connection()).await?)
    }

    /// The name that people see for an account; the id where there is none.
    pub(super) async fn display_name(&mut self, id: &str) -> Result<String, TablesError> {
        let name = self.find_display_name(id).await?;
        Ok(name.unwrap_or_else(|| id.to_owned()))
    }

    /// Whether there is such a group.
    pub(super) async fn has_group(&mut self, id: &str) -> Result<bool, TablesError> {
        let query = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM group_members WHERE group_id = ?)");
        Ok(query.bind(id.to_owned()).fetch_one(self.connection()).await?)
    }
}

/// A time as the interface shows it.
pub(super) fn time_text(unix: i64) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    OffsetDateTime::from_unix_timestamp(unix)
        .ok()
        .and_then(|time| time.format(form).ok())
        .unwrap_or_default()
}
