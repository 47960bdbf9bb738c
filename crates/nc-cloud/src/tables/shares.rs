//! Shares of tables with accounts and groups.

use nc_proto::apps::tables::{Permissions, Share, ShareId, TableId};
use sqlx::FromRow;

use super::{
    desk::{Desk, Right, time_text},
    error::TablesError,
    input::Input,
};

const UNKNOWN: TablesError = TablesError::NotFound("share");

#[derive(Debug, FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the database")]
struct ShareRecord {
    id: i64,
    table_id: i64,
    sender: String,
    receiver_type: String,
    receiver: String,
    may_read: bool,
    may_create: bool,
    may_update: bool,
    may_delete: bool,
    may_manage: bool,
    created_at: i64,
    changed_at: i64,
}

impl Desk {
    pub(super) async fn shares(&mut self, table: TableId) -> Result<Vec<Share>, TablesError> {
        self.reach(table, Right::Manage).await?;
        let records: Vec<ShareRecord> = sqlx::query_as("SELECT * FROM tables_shares WHERE table_id = ? ORDER BY id")
            .bind(table.0)
            .fetch_all(self.connection())
            .await?;
        let mut shares = Vec::with_capacity(records.len());
        for record in records {
            shares.push(self.shown_share(record).await?);
        }
        Ok(shares)
    }

    pub(super) async fn share(&mut self, id: ShareId) -> Result<Share, TablesError> {
        let record = self.reach_share(id).await?;
        self.shown_share(record).await
    }

    /// Shares a table, or replaces what a share with the same receiver allows.
    pub(super) async fn create_share(&mut self, table: TableId, input: &Input) -> Result<Share, TablesError> {
        let reached = self.reach(table, Right::Manage).await?;
        let receiver = input.text("receiver")?.unwrap_or_default();
        let kind = input.text("receiverType")?.unwrap_or_default();
        let is_there = match kind.as_str() {
            "user" => self.find_display_name(&receiver).await?.is_some(),
            "group" => self.has_group(&receiver).await?,
            _ => return Err(TablesError::invalid("receiverType is user or group")),
        };
        if !is_there {
            return Err(TablesError::invalid(format!("receiver is no {kind} of this cloud")));
        }
        if kind == "user" && receiver == reached.record.owner {
            return Err(TablesError::invalid("the table belongs to the receiver"));
        }
        let flag = |name: &str| input.boolean(name).map(|given| given == Some(true));
        let permissions = Permissions {
            read: flag("permissionRead")?,
            create: flag("permissionCreate")?,
            update: flag("permissionUpdate")?,
            delete: flag("permissionDelete")?,
            manage: flag("permissionManage")?,
        };
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO tables_shares (table_id, sender, receiver_type, receiver, may_read, may_create, may_update, \
             may_delete, may_manage, created_at, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10) \
             ON CONFLICT (table_id, receiver_type, receiver) DO UPDATE SET may_read = ?5, may_create = ?6, may_update = ?7, \
             may_delete = ?8, may_manage = ?9, changed_at = ?10 RETURNING id",
        )
        .bind(table.0)
        .bind(user)
        .bind(kind)
        .bind(receiver)
        .bind(permissions.read)
        .bind(permissions.create)
        .bind(permissions.update)
        .bind(permissions.delete)
        .bind(permissions.manage)
        .bind(now)
        .fetch_one(self.connection())
        .await?;
        self.share(ShareId(id)).await
    }

    /// Changes one permission of a share.
    pub(super) async fn update_share(&mut self, id: ShareId, input: &Input) -> Result<Share, TablesError> {
        self.reach_share(id).await?;
        let statement = match input.text("permissionType")?.as_deref() {
            Some("read") => "UPDATE tables_shares SET may_read = ?, changed_at = ? WHERE id = ?",
            Some("create") => "UPDATE tables_shares SET may_create = ?, changed_at = ? WHERE id = ?",
            Some("update") => "UPDATE tables_shares SET may_update = ?, changed_at = ? WHERE id = ?",
            Some("delete") => "UPDATE tables_shares SET may_delete = ?, changed_at = ? WHERE id = ?",
            Some("manage") => "UPDATE tables_shares SET may_manage = ?, changed_at = ? WHERE id = ?",
            _ => {
                return Err(TablesError::invalid(
                    "permissionType is read, create, update, delete or manage",
                ));
            }
        };
        let value = input.boolean("permissionValue")?;
        let value = value.ok_or_else(|| TablesError::invalid("permissionValue is missing"))?;
        let now = self.now;
        sqlx::query(statement)
            .bind(value)
            .bind(now)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.share(id).await
    }

    pub(super) async fn delete_share(&mut self, id: ShareId) -> Result<Share, TablesError> {
        let share = self.share(id).await?;
        sqlx::query("DELETE FROM tables_shares WHERE id = ?")
            .bind(id.0)
            .execute(self.connection())
            .await?;
        Ok(share)
    }

    /// A share of a table that the person may manage; for everybody else there is none.
    async fn reach_share(&mut self, id: ShareId) -> Result<ShareRecord, TablesError> {
        let record: Option<ShareRecord> = sqlx::query_as("SELECT * FROM tables_shares WHERE id = ?")
            .bind(id.0)
            .fetch_optional(self.connection())
            .await?;
        let record = record.ok_or(UNKNOWN)?;
        match self.reach(TableId(record.table_id), Right::Manage).await {
            Ok(_) => Ok(record),
            Err(TablesError::NoNode | TablesError::NotAllowed) => Err(UNKNOWN),
            Err(error) => Err(error),
        }
    }

    async fn shown_share(&mut self, record: ShareRecord) -> Result<Share, TablesError> {
        let name = match record.receiver_type.as_str() {
            "user" => self.display_name(&record.receiver).await?,
            _ => record.receiver.clone(),
        };
        Ok(Share {
            id: ShareId(record.id),
            node_id: record.table_id,
            node_type: "table".to_owned(),
            permission_read: record.may_read,
            permission_create: record.may_create,
            permission_update: record.may_update,
            permission_delete: record.may_delete,
            permission_manage: record.may_manage,
            sender: record.sender,
            receiver: record.receiver,
            receiver_display_name: name,
            receiver_type: record.receiver_type,
            created_at: time_text(record.created_at),
            last_edit_at: time_text(record.changed_at),
        })
    }
}
