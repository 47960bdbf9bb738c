//! Tables themselves.

use nc_proto::apps::tables::{Scheme, Table, TableId};

use super::{
    APP_VERSION,
    desk::{Desk, Reached, Right, time_text},
    error::TablesError,
    input::Input,
};

impl Desk {
    pub(super) async fn tables(&mut self) -> Result<Vec<Table>, TablesError> {
        let mut tables = Vec::new();
        for reached in self.all_reached().await? {
            tables.push(self.shown_table(reached).await?);
        }
        Ok(tables)
    }

    pub(super) async fn table(&mut self, id: TableId) -> Result<Table, TablesError> {
        let reached = self.reach(id, Right::See).await?;
        self.shown_table(reached).await
    }

    pub(super) async fn create_table(&mut self, input: &Input) -> Result<Table, TablesError> {
        let title = input.needed_title()?;
        let emoji = input.emoji(None)?;
        let description = input.text("description")?.unwrap_or_default();
        match input.text("template")?.as_deref() {
            None | Some("" | "custom") => {}
            Some(_) => {
                return Err(TablesError::invalid(
                    "there are no templates: leave template out or send custom",
                ));
            }
        }
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        let id = sqlx::query(
            "INSERT INTO tables_tables (owner, title, emoji, description, created_by, created_at, changed_by, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?1, ?5, ?1, ?5)",
        )
        .bind(user)
        .bind(title)
        .bind(emoji)
        .bind(description)
        .bind(now)
        .execute(self.connection())
        .await?
        .last_insert_rowid();
        self.table(TableId(id)).await
    }

    pub(super) async fn update_table(&mut self, id: TableId, input: &Input) -> Result<Table, TablesError> {
        let mut record = self.reach(id, Right::Manage).await?.record;
        record.title = input.title()?.unwrap_or(record.title);
        record.emoji = input.emoji(record.emoji)?;
        record.description = input.text("description")?.unwrap_or(record.description);
        record.archived = input.boolean("archived")?.unwrap_or(record.archived);
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        sqlx::query(
            "UPDATE tables_tables SET title = ?, emoji = ?, description = ?, archived = ?, changed_by = ?, changed_at = ? \
             WHERE id = ?",
        )
        .bind(record.title)
        .bind(record.emoji)
        .bind(record.description)
        .bind(record.archived)
        .bind(user)
        .bind(now)
        .bind(id.0)
        .execute(self.connection())
        .await?;
        self.table(id).await
    }

    /// Deletes a table with all that belongs to it. Only its owner can: a share that lets somebody manage a table is not the
    /// table.
    pub(super) async fn delete_table(&mut self, id: TableId) -> Result<Table, TablesError> {
        let reached = self.reach(id, Right::Manage).await?;
        if !reached.is_owner {
            return Err(TablesError::NotAllowed);
        }
        sqlx::query("DELETE FROM tables_tables WHERE id = ?")
            .bind(id.0)
            .execute(self.connection())
            .await?;
        Ok(bare_table(reached))
    }

    pub(super) async fn scheme(&mut self, id: TableId) -> Result<Scheme, TablesError> {
        let table = self.table(id).await?;
        Ok(Scheme {
            title: table.title,
            emoji: table.emoji,
            columns: self.columns_of(id).await?,
            views: table.views,
            description: table.description,
            tables_version: APP_VERSION.to_owned(),
        })
    }

    async fn shown_table(&mut self, reached: Reached) -> Result<Table, TablesError> {
        let id = reached.record.id;
        let (rows_count, columns_count, has_shares): (i64, i64, bool) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM tables_rows WHERE table_id = ?1), \
             (SELECT count(*) FROM tables_columns WHERE table_id = ?1), \
             EXISTS (SELECT 1 FROM tables_shares WHERE table_id = ?1)",
        )
        .bind(id)
        .fetch_one(self.connection())
        .await?;
        let favorite = self.is_favorite(id, 0).await?;
        let owner_display_name = self.display_name(&reached.record.owner).await?;
        let views = self.views_of(&reached).await?;
        // Whom else a table is shared with is told to those who may change that.
        let has_shares = has_shares && reached.permissions.manage;
        Ok(Table {
            owner_display_name,
            favorite,
            has_shares,
            rows_count,
            columns_count,
            views,
            ..bare_table(reached)
        })
    }
}

/// The table without what is counted.
fn bare_table(reached: Reached) -> Table {
    let id = reached.id();
    let Reached {
        record,
        is_owner,
        permissions,
    } = reached;
    Table {
        id,
        title: record.title,
        emoji: record.emoji,
        ownership: record.owner,
        owner_display_name: String::new(),
        created_by: record.created_by,
        created_at: time_text(record.created_at),
        last_edit_by: record.changed_by,
        last_edit_at: time_text(record.changed_at),
        archived: record.archived,
        is_shared: !is_owner,
        favorite: false,
        on_share_permissions: (!is_owner).then_some(permissions),
        has_shares: false,
        rows_count: 0,
        columns_count: 0,
        views: Vec::new(),
        description: record.description,
    }
}
