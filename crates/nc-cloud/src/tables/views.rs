//! Views of tables.

use nc_proto::apps::tables::{ColumnId, ColumnSetting, Condition, Sort, TableId, View, ViewId};
use serde_json::Value;
use sqlx::FromRow;

use super::{
    desk::{Desk, Reached, Right, time_text},
    error::TablesError,
    filter::{META, OPERATORS},
    input::Input,
};

/// The form of a filter.
const GROUPS: &str = "a list of lists of objects with columnId, operator and value";

/// The form of an order.
const RULES: &str = "a list of objects with columnId and mode";

#[derive(Debug, Clone, FromRow)]
pub(super) struct ViewRecord {
    pub(super) id: i64,
    pub(super) table_id: i64,
    title: String,
    emoji: Option<String>,
    description: String,
    pub(super) columns: String,
    pub(super) filter: String,
    pub(super) sort: String,
    created_by: String,
    created_at: i64,
    changed_by: String,
    changed_at: i64,
}

impl Desk {
    /// A view with its table, if the person has `right` to that.
    pub(super) async fn reach_view(&mut self, id: ViewId, right: Right) -> Result<(Reached, ViewRecord), TablesError> {
        let record: Option<ViewRecord> = sqlx::query_as("SELECT * FROM tables_views WHERE id = ?")
            .bind(id.0)
            .fetch_optional(self.connection())
            .await?;
        let record = record.ok_or(TablesError::NoNode)?;
        let reached = self.reach(TableId(record.table_id), right).await?;
        Ok((reached, record))
    }

    /// The views of a table that was reached.
    pub(super) async fn views_of(&mut self, reached: &Reached) -> Result<Vec<View>, TablesError> {
        let records: Vec<ViewRecord> = sqlx::query_as("SELECT * FROM tables_views WHERE table_id = ? ORDER BY id")
            .bind(reached.record.id)
            .fetch_all(self.connection())
            .await?;
        let mut views = Vec::with_capacity(records.len());
        for record in records {
            views.push(self.shown_view(reached, record).await?);
        }
        Ok(views)
    }

    pub(super) async fn views(&mut self, table: TableId) -> Result<Vec<View>, TablesError> {
        let reached = self.reach(table, Right::See).await?;
        self.views_of(&reached).await
    }

    pub(super) async fn view(&mut self, id: ViewId) -> Result<View, TablesError> {
        let (reached, record) = self.reach_view(id, Right::See).await?;
        self.shown_view(&reached, record).await
    }

    pub(super) async fn create_view(&mut self, table: TableId, input: &Input) -> Result<View, TablesError> {
        self.reach(table, Right::Manage).await?;
        let title = input.needed_title()?;
        let emoji = input.emoji(None)?;
        let description = input.text("description")?.unwrap_or_default();
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        let id = sqlx::query(
            "INSERT INTO tables_views (table_id, title, emoji, description, created_by, created_at, changed_by, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?6)",
        )
        .bind(table.0)
        .bind(title)
        .bind(emoji)
        .bind(description)
        .bind(user)
        .bind(now)
        .execute(self.connection())
        .await?
        .last_insert_rowid();
        Ok(just_changed(self.view(ViewId(id)).await?))
    }

    /// Changes what is given of a view; lists are given whole.
    pub(super) async fn update_view(&mut self, id: ViewId, input: Input) -> Result<View, TablesError> {
        let (reached, mut record) = self.reach_view(id, Right::Manage).await?;
        let input = input.inner()?;
        record.title = input.title()?.unwrap_or(record.title);
        record.emoji = input.emoji(record.emoji)?;
        record.description = input.text("description")?.unwrap_or(record.description);
        let columns = self.columns_of(reached.id()).await?;
        let known = |id: ColumnId| {
            if columns.iter().any(|column| column.id == id) || META.contains(&id.0) {
                return Ok(());
            }
            Err(TablesError::invalid(format!(
                "column {id} is not part of table {}",
                reached.id()
            )))
        };
        if let Some(settings) = column_settings(&input)? {
            settings.iter().try_for_each(|setting| known(setting.column_id))?;
            record.columns = serde_json::to_string(&settings)?;
        }
        if let Some(filter) = input.structure::<Vec<Vec<Condition>>>("filter", GROUPS)? {
            for condition in filter.iter().flatten() {
                known(condition.column_id)?;
                if !OPERATORS.contains(&condition.operator.as_str()) {
                    let operators = OPERATORS.join(", ");
                    return Err(TablesError::invalid(format!("operator is one of {operators}")));
                }
            }
            record.filter = serde_json::to_string(&filter)?;
        }
        if let Some(sort) = input.structure::<Vec<Sort>>("sort", RULES)? {
            for rule in &sort {
                known(rule.column_id)?;
                if !matches!(rule.mode.as_str(), "ASC" | "DESC") {
                    return Err(TablesError::invalid("mode is ASC or DESC"));
                }
            }
            record.sort = serde_json::to_string(&sort)?;
        }
        self.store_view(record).await?;
        self.view(id).await
    }

    pub(super) async fn delete_view(&mut self, id: ViewId) -> Result<View, TablesError> {
        let (reached, _) = self.reach_view(id, Right::Manage).await?;
        let view = self.view(id).await?;
        sqlx::query("DELETE FROM tables_views WHERE id = ?")
            .bind(id.0)
            .execute(self.connection())
            .await?;
        sqlx::query("DELETE FROM tables_favorites WHERE table_id = ? AND view_id = ?")
            .bind(reached.record.id)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        Ok(just_changed(view))
    }

    /// Takes a column that is deleted out of every view of its table.
    pub(super) async fn forget_column(&mut self, table: TableId, column: ColumnId) -> Result<(), TablesError> {
        let records: Vec<ViewRecord> = sqlx::query_as("SELECT * FROM tables_views WHERE table_id = ?")
            .bind(table.0)
            .fetch_all(self.connection())
            .await?;
        for mut record in records {
            let mut settings: Vec<ColumnSetting> = serde_json::from_str(&record.columns)?;
            settings.retain(|setting| setting.column_id != column);
            let mut filter: Vec<Vec<Condition>> = serde_json::from_str(&record.filter)?;
            for group in &mut filter {
                group.retain(|condition| condition.column_id != column);
            }
            let mut sort: Vec<Sort> = serde_json::from_str(&record.sort)?;
            sort.retain(|rule| rule.column_id != column);
            record.columns = serde_json::to_string(&settings)?;
            record.filter = serde_json::to_string(&filter)?;
            record.sort = serde_json::to_string(&sort)?;
            self.store_view(record).await?;
        }
        Ok(())
    }

    /// Puts a column that was made for a view at its right end.
    pub(super) async fn append_to_view(&mut self, id: ViewId, column: ColumnId) -> Result<(), TablesError> {
        let (_, mut record) = self.reach_view(id, Right::Manage).await?;
        let mut settings: Vec<ColumnSetting> = serde_json::from_str(&record.columns)?;
        settings.push(ColumnSetting {
            column_id: column,
            order: settings.iter().map(|setting| setting.order + 1).max().unwrap_or(0),
            readonly: false,
            mandatory: false,
        });
        record.columns = serde_json::to_string(&settings)?;
        self.store_view(record).await
    }

    async fn store_view(&mut self, record: ViewRecord) -> Result<(), TablesError> {
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        sqlx::query(
            "UPDATE tables_views SET title = ?, emoji = ?, description = ?, columns = ?, filter = ?, sort = ?, \
             changed_by = ?, changed_at = ? WHERE id = ?",
        )
        .bind(record.title)
        .bind(record.emoji)
        .bind(record.description)
        .bind(record.columns)
        .bind(record.filter)
        .bind(record.sort)
        .bind(user)
        .bind(now)
        .bind(record.id)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn shown_view(&mut self, reached: &Reached, record: ViewRecord) -> Result<View, TablesError> {
        let rows = self.rows_in_view(&record).await?.len();
        let favorite = self.is_favorite(record.table_id, record.id).await?;
        let owner = reached.record.owner.clone();
        Ok(View {
            id: ViewId(record.id),
            table_id: TableId(record.table_id),
            title: record.title,
            description: record.description,
            emoji: record.emoji,
            owner_display_name: Some(self.display_name(&owner).await?),
            ownership: owner,
            created_by: record.created_by,
            created_at: time_text(record.created_at),
            last_edit_by: record.changed_by,
            last_edit_at: time_text(record.changed_at),
            columns: Vec::new(),
            column_settings: serde_json::from_str(&record.columns)?,
            sort: serde_json::from_str(&record.sort)?,
            is_shared: !reached.is_owner,
            favorite,
            on_share_permissions: (!reached.is_owner).then_some(reached.permissions),
            has_shares: false,
            rows_count: i64::try_from(rows).unwrap_or(i64::MAX),
            filter: serde_json::from_str(&record.filter)?,
        })
    }
}

/// In the answers to making and deleting, Nextcloud neither counts rows nor names the owner.
fn just_changed(mut view: View) -> View {
    view.rows_count = 0;
    view.owner_display_name = None;
    view
}

/// The columns of a view, in the form of today or as a plain list of numbers.
fn column_settings(input: &Input) -> Result<Option<Vec<ColumnSetting>>, TablesError> {
    const SETTINGS: &str = "a list of objects with columnId and order";
    if let Some(settings) = input.structure("columnSettings", SETTINGS)? {
        return Ok(Some(settings));
    }
    let ids: Option<Vec<Value>> = input.structure("columns", "a list of column ids")?;
    let Some(ids) = ids else {
        return Ok(None);
    };
    let settings = ids.into_iter().zip(0..).map(|(id, order)| {
        let id = id
            .as_i64()
            .ok_or_else(|| TablesError::invalid("columns is a list of column ids"))?;
        Ok(ColumnSetting {
            column_id: ColumnId(id),
            order,
            readonly: false,
            mandatory: false,
        })
    });
    settings.collect::<Result<_, _>>().map(Some)
}
