//! Rows, of tables and through views.

use std::collections::BTreeMap;

use nc_proto::apps::tables::{
    Cell, Column, ColumnId, ColumnSetting, Condition, Kind, Row, RowId, Sort, TableId, ViewId,
};
use serde_json::{Map, Value};
use sqlx::FromRow;

use super::{
    desk::{Desk, Right, time_text},
    error::TablesError,
    filter::Judge,
    input::{Input, Part},
    value::{echoed, is_blank, rank, stored},
    views::ViewRecord,
};

const UNKNOWN: TablesError = TablesError::NotFound("row");

/// A row as it is stored.
#[derive(Debug, Clone)]
pub(super) struct RowRecord {
    pub(super) id: i64,
    table_id: i64,
    cells: Map<String, Value>,
    pub(super) created_by: String,
    pub(super) created_at: i64,
    pub(super) changed_by: String,
    pub(super) changed_at: i64,
}

#[derive(Debug, FromRow)]
struct Stored {
    id: i64,
    table_id: i64,
    cells: String,
    created_by: String,
    created_at: i64,
    changed_by: String,
    changed_at: i64,
}

impl RowRecord {
    pub(super) fn value(&self, column: ColumnId) -> Option<&Value> {
        self.cells.get(&column.to_string())
    }
}

impl TryFrom<Stored> for RowRecord {
    type Error = TablesError;

    fn try_from(stored: Stored) -> Result<Self, TablesError> {
        Ok(Self {
            id: stored.id,
            table_id: stored.table_id,
            cells: serde_json::from_str(&stored.cells)?,
            created_by: stored.created_by,
            created_at: stored.created_at,
            changed_by: stored.changed_by,
            changed_at: stored.changed_at,
        })
    }
}

/// What a row may get through a table or a view.
struct Writable {
    table: TableId,
    columns: Vec<Column>,
    /// The view's own rules, if it is one.
    settings: Option<Vec<ColumnSetting>>,
}

impl Writable {
    fn is_mandatory(&self, column: &Column) -> bool {
        let by_view = |settings: &Vec<ColumnSetting>| {
            settings
                .iter()
                .any(|setting| setting.column_id == column.id && setting.mandatory)
        };
        column.mandatory || self.settings.as_ref().is_some_and(by_view)
    }

    /// The values in the form in which they are stored.
    fn stored(&self, given: BTreeMap<ColumnId, Value>) -> Result<Map<String, Value>, TablesError> {
        let mut cells = Map::new();
        for (id, value) in given {
            let column = self.columns.iter().find(|column| column.id == id).ok_or_else(|| {
                TablesError::invalid(format!(
                    "Column with id {id} is not part of table with id {}",
                    self.table
                ))
            })?;
            if let Some(settings) = &self.settings {
                let setting = settings.iter().find(|setting| setting.column_id == id);
                if setting.is_none_or(|setting| setting.readonly) {
                    return Err(TablesError::invalid(format!(
                        "Column with id {id} cannot be written through this view"
                    )));
                }
            }
            cells.insert(id.to_string(), stored(column, &value));
        }
        Ok(cells)
    }

    /// Refuses a row without a value that must be there.
    fn check_mandatory(&self, cells: &Map<String, Value>) -> Result<(), TablesError> {
        for column in self.columns.iter().filter(|column| self.is_mandatory(column)) {
            if cells.get(&column.id.to_string()).is_none_or(is_blank) {
                return Err(TablesError::invalid(format!(
                    "Mandatory column \"{}\" cannot be empty.",
                    column.title
                )));
            }
        }
        Ok(())
    }
}

impl Desk {
    pub(super) async fn rows(&mut self, table: TableId, part: Part) -> Result<Vec<Row>, TablesError> {
        self.reach(table, Right::Read).await?;
        let columns = self.columns_of(table).await?;
        let limit = part.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1));
        let offset = i64::try_from(part.offset).unwrap_or(i64::MAX);
        let records: Vec<Stored> =
            sqlx::query_as("SELECT * FROM tables_rows WHERE table_id = ? ORDER BY id LIMIT ? OFFSET ?")
                .bind(table.0)
                .bind(limit)
                .bind(offset)
                .fetch_all(self.connection())
                .await?;
        let records: Vec<RowRecord> = records.into_iter().map(RowRecord::try_from).collect::<Result<_, _>>()?;
        self.shown_rows(records, &columns).await
    }

    /// Titles, then values: rows without numbers, columns of the table in their order. What was never written is an empty text.
    pub(super) async fn simple_rows(&mut self, table: TableId, part: Part) -> Result<Vec<Vec<Value>>, TablesError> {
        let rows = self.rows(table, part).await?;
        let mut columns = self.columns_of(table).await?;
        columns.sort_by_key(|column| column.id);
        let mut lines = vec![columns.iter().map(|column| column.title.as_str().into()).collect()];
        for row in rows {
            let values = columns.iter().map(|column| row.value(column.id).cloned());
            lines.push(values.map(|value| value.unwrap_or_else(|| "".into())).collect());
        }
        Ok(lines)
    }

    pub(super) async fn view_rows(&mut self, view: ViewId, part: Part) -> Result<Vec<Row>, TablesError> {
        let (_, record) = self.reach_view(view, Right::Read).await?;
        let settings: Vec<ColumnSetting> = serde_json::from_str(&record.columns)?;
        let mut columns = self.columns_of(TableId(record.table_id)).await?;
        columns.retain(|column| settings.iter().any(|setting| setting.column_id == column.id));
        let rows = part.cut(self.rows_in_view(&record).await?.into_iter());
        self.shown_rows(rows, &columns).await
    }

    /// The rows that a view shows, in its order.
    pub(super) async fn rows_in_view(&mut self, view: &ViewRecord) -> Result<Vec<RowRecord>, TablesError> {
        let filter: Vec<Vec<Condition>> = serde_json::from_str(&view.filter)?;
        let sort: Vec<Sort> = serde_json::from_str(&view.sort)?;
        let records: Vec<Stored> = sqlx::query_as("SELECT * FROM tables_rows WHERE table_id = ? ORDER BY id")
            .bind(view.table_id)
            .fetch_all(self.connection())
            .await?;
        let columns = self.columns_of(TableId(view.table_id)).await?;
        let user = self.user.as_str().to_owned();
        let display_name = self.display_name(&user).await?;
        let judge = Judge {
            user: &user,
            display_name: &display_name,
            now: self.now,
            columns: &columns,
        };
        let mut rows = Vec::new();
        for record in records {
            let row = RowRecord::try_from(record)?;
            if judge.shows(&filter, &row) {
                rows.push(row);
            }
        }
        judge.sort(&sort, &mut rows);
        Ok(rows)
    }

    pub(super) async fn row(&mut self, id: RowId) -> Result<Row, TablesError> {
        let (record, columns) = self.reach_row(id, Right::Read).await?;
        self.shown_row(record, &columns).await
    }

    pub(super) async fn create_row(&mut self, table: TableId, input: &Input) -> Result<Row, TablesError> {
        self.reach(table, Right::Create).await?;
        let columns = self.columns_of(table).await?;
        let writable = Writable {
            table,
            columns,
            settings: None,
        };
        self.insert_row(&writable, input).await
    }

    pub(super) async fn create_view_row(&mut self, view: ViewId, input: &Input) -> Result<Row, TablesError> {
        let (reached, record) = self.reach_view(view, Right::Create).await?;
        let writable = self.writable_through(reached.id(), &record).await?;
        self.insert_row(&writable, input).await
    }

    async fn writable_through(&mut self, table: TableId, view: &ViewRecord) -> Result<Writable, TablesError> {
        Ok(Writable {
            table,
            columns: self.columns_of(table).await?,
            settings: Some(serde_json::from_str(&view.columns)?),
        })
    }

    async fn insert_row(&mut self, writable: &Writable, input: &Input) -> Result<Row, TablesError> {
        let cells = writable.stored(input.cells()?)?;
        writable.check_mandatory(&cells)?;
        self.check_unique(writable, &cells, None).await?;
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        let id = sqlx::query(
            "INSERT INTO tables_rows (table_id, cells, created_by, created_at, changed_by, changed_at) \
             VALUES (?1, ?2, ?3, ?4, ?3, ?4)",
        )
        .bind(writable.table.0)
        .bind(serde_json::to_string(&cells)?)
        .bind(user)
        .bind(now)
        .execute(self.connection())
        .await?
        .last_insert_rowid();
        let mut written: Vec<&Column> = writable.columns.iter().collect();
        written.retain(|column| cells.contains_key(&column.id.to_string()));
        // People and times are nothing in this answer, as recorded.
        Ok(Row {
            id: RowId(id),
            table_id: writable.table,
            created_by: None,
            created_at: None,
            last_edit_by: None,
            last_edit_at: None,
            data: written
                .into_iter()
                .map(|column| Cell {
                    column_id: column.id,
                    value: echoed(column, cells.get(&column.id.to_string()).unwrap_or(&Value::Null)),
                })
                .collect(),
        })
    }

    /// Changes the given cells of a row; the others stay. Through a view (`viewId`) only what that shows.
    pub(super) async fn update_row(&mut self, id: RowId, input: &Input) -> Result<Row, TablesError> {
        let (mut record, columns) = self.reach_row(id, Right::Update).await?;
        let table = TableId(record.table_id);
        let writable = match input.integer("viewId")? {
            None => Writable {
                table,
                columns: columns.clone(),
                settings: None,
            },
            Some(view) => {
                let view = self.view_of_row(ViewId(view), &record, Right::Update).await?;
                self.writable_through(table, &view).await?
            }
        };
        let changes = writable.stored(input.cells()?)?;
        let mut cells = record.cells.clone();
        cells.extend(changes.clone());
        // A column that became mandatory later does not lock the other cells of older rows.
        let touched = Writable {
            columns: writable
                .columns
                .iter()
                .filter(|column| changes.contains_key(&column.id.to_string()))
                .cloned()
                .collect(),
            ..writable
        };
        touched.check_mandatory(&cells)?;
        self.check_unique(&touched, &changes, Some(id)).await?;
        let (user, now) = (self.user.as_str().to_owned(), self.now);
        sqlx::query("UPDATE tables_rows SET cells = ?, changed_by = ?, changed_at = ? WHERE id = ?")
            .bind(serde_json::to_string(&cells)?)
            .bind(user.clone())
            .bind(now)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        record.cells = cells;
        record.changed_by = user;
        record.changed_at = now;
        self.shown_row(record, &columns).await
    }

    pub(super) async fn delete_row(&mut self, id: RowId, view: Option<ViewId>) -> Result<Row, TablesError> {
        let (record, columns) = self.reach_row(id, Right::Delete).await?;
        if let Some(view) = view {
            self.view_of_row(view, &record, Right::Delete).await?;
        }
        sqlx::query("DELETE FROM tables_rows WHERE id = ?")
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.shown_row(record, &columns).await
    }

    /// A view that shows the row.
    async fn view_of_row(&mut self, view: ViewId, row: &RowRecord, right: Right) -> Result<ViewRecord, TablesError> {
        let (_, record) = self.reach_view(view, right).await?;
        let is_there =
            record.table_id == row.table_id && self.rows_in_view(&record).await?.iter().any(|shown| shown.id == row.id);
        if is_there { Ok(record) } else { Err(UNKNOWN) }
    }

    async fn reach_row(&mut self, id: RowId, right: Right) -> Result<(RowRecord, Vec<Column>), TablesError> {
        let record: Option<Stored> = sqlx::query_as("SELECT * FROM tables_rows WHERE id = ?")
            .bind(id.0)
            .fetch_optional(self.connection())
            .await?;
        let record = RowRecord::try_from(record.ok_or(UNKNOWN)?)?;
        match self.reach(TableId(record.table_id), right).await {
            Ok(reached) => Ok((record, self.columns_of(reached.id()).await?)),
            Err(TablesError::NoNode) => Err(UNKNOWN),
            Err(error) => Err(error),
        }
    }

    async fn check_unique(
        &mut self,
        writable: &Writable,
        cells: &Map<String, Value>,
        row: Option<RowId>,
    ) -> Result<(), TablesError> {
        for column in writable
            .columns
            .iter()
            .filter(|column| column.text_unique == Some(true))
        {
            let id = column.id.to_string();
            let Some(Value::String(text)) = cells.get(&id).filter(|value| !is_blank(value)) else {
                continue;
            };
            let taken: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM tables_rows WHERE table_id = ? AND id <> ? AND \
                 json_extract(cells, '$.\"' || ? || '\"') = ?)",
            )
            .bind(writable.table.0)
            .bind(row.map_or(0, |row| row.0))
            .bind(id)
            .bind(text.clone())
            .fetch_one(self.connection())
            .await?;
            if taken {
                return Err(TablesError::invalid(format!(
                    "Column \"{}\" takes each value once, and another row has this one.",
                    column.title
                )));
            }
        }
        Ok(())
    }

    async fn shown_rows(&mut self, records: Vec<RowRecord>, columns: &[Column]) -> Result<Vec<Row>, TablesError> {
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            rows.push(self.shown_row(record, columns).await?);
        }
        Ok(rows)
    }

    /// The row with those cells that were written and whose columns are among `columns`.
    async fn shown_row(&mut self, mut record: RowRecord, columns: &[Column]) -> Result<Row, TablesError> {
        let mut ordered: Vec<&Column> = columns.iter().collect();
        ordered.sort_by_key(|column| (rank(column), column.id));
        let mut data = Vec::new();
        for column in ordered {
            if let Some(mut value) = record.cells.remove(&column.id.to_string()) {
                if column.kind() == Kind::UserGroup {
                    self.name_people(&mut value).await?;
                }
                data.push(Cell {
                    column_id: column.id,
                    value,
                });
            }
        }
        Ok(Row {
            id: RowId(record.id),
            table_id: TableId(record.table_id),
            created_by: Some(record.created_by),
            created_at: Some(time_text(record.created_at)),
            last_edit_by: Some(record.changed_by),
            last_edit_at: Some(time_text(record.changed_at)),
            data,
        })
    }

    async fn name_people(&mut self, value: &mut Value) -> Result<(), TablesError> {
        for member in value.as_array_mut().into_iter().flatten() {
            let id = member["id"].as_str().unwrap_or_default().to_owned();
            let name = if member["type"] == 0 {
                self.display_name(&id).await?
            } else {
                id
            };
            member["displayName"] = name.into();
        }
        Ok(())
    }
}
