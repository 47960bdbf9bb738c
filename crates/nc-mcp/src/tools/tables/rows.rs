use nc_client::{Column, NodeKind, Row, RowData, RowId, Tables, ViewId, row_data};
use nc_mcp_kit::Failure;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    NodeType,
    answers::{RowList, ShownRow, WrittenRow},
};
use crate::{context::Context, errors::OrFail};

/// Most rows of one answer.
const MOST_ROWS: u32 = 500;

const fn default_limit() -> u32 {
    100
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct ReadTable {
    /// Id of the table, or of the view.
    table_id: i64,
    /// Whether the id is that of a table or of a view.
    #[serde(default)]
    node_type: NodeType,
    /// Most rows to return, at most 500.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
    /// How many rows to skip.
    #[serde(default)]
    offset: u32,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct InsertRow {
    /// Id of the table, or of the view.
    table_id: i64,
    /// Whether the id is that of a table or of a view.
    #[serde(default)]
    node_type: NodeType,
    /// Values by column title or id. Options by label or id.
    data: Map<String, Value>,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct UpdateRow {
    /// Id of the row.
    row_id: i64,
    /// Values by column title or id. null clears a cell.
    data: Map<String, Value>,
    /// View to change it through, where only that is shared.
    view_id: Option<i64>,
    /// lastEditAt of the last read of the row.
    last_edit_at: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct DeleteRow {
    /// Id of the row.
    row_id: i64,
    /// View to delete it through, where only that is shared.
    view_id: Option<i64>,
}

pub(super) async fn read(context: Context, arguments: ReadTable) -> Result<RowList, Failure> {
    let (node, id) = (NodeKind::from(arguments.node_type), arguments.table_id);
    let limit = arguments.limit.clamp(1, MOST_ROWS);
    let tables = context.client.tables();
    let columns = tables.columns(node, id).await.or_fail()?;
    // Nobody tells how many there are: one more than shown does (P135).
    let rows = tables.rows(node, id, Some(limit + 1), arguments.offset).await;
    let mut rows = rows.or_fail()?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = has_more.then(|| arguments.offset.saturating_add(limit));
    Ok(RowList::of(context.timestamp(), node, id, &columns, rows, next))
}

pub(super) async fn insert(context: Context, arguments: InsertRow) -> Result<WrittenRow, Failure> {
    let (node, id) = (NodeKind::from(arguments.node_type), arguments.table_id);
    let tables = context.client.tables();
    let columns = tables.columns(node, id).await.or_fail()?;
    let data = row_data(&columns, &arguments.data, true).or_fail()?;
    let row = tables.create_row(node, id, &data).await.or_fail()?;
    Ok(written(row, &columns, &data))
}

pub(super) async fn update(context: Context, arguments: UpdateRow) -> Result<WrittenRow, Failure> {
    let (id, view) = (RowId(arguments.row_id), arguments.view_id.map(ViewId));
    let tables = context.client.tables();
    let columns = columns_of(&tables, id, view).await?;
    let data = row_data(&columns, &arguments.data, false).or_fail()?;
    let since = arguments.last_edit_at.as_deref().filter(|time| !time.is_empty());
    let row = tables.update_row(id, view, &data, since).await.or_fail()?;
    Ok(written(row, &columns, &data))
}

pub(super) async fn delete(context: Context, arguments: DeleteRow) -> Result<WrittenRow, Failure> {
    let (id, view) = (RowId(arguments.row_id), arguments.view_id.map(ViewId));
    let tables = context.client.tables();
    let columns = columns_of(&tables, id, view).await?;
    let row = tables.delete_row(id, view).await.or_fail()?;
    Ok(WrittenRow {
        success: true,
        row: ShownRow::of(row, &columns),
        message: None,
    })
}

/// The columns of the view that is named, or of the row's table.
async fn columns_of(tables: &Tables<'_>, row: RowId, view: Option<ViewId>) -> Result<Vec<Column>, Failure> {
    let columns = if let Some(view) = view {
        tables.columns(NodeKind::View, view.0).await
    } else {
        let table = tables.row(row).await.or_fail()?.table_id;
        tables.columns(NodeKind::Table, table.0).await
    };
    columns.or_fail()
}

/// The row with a word about what it holds otherwise: Nextcloud stores what does not fit as nothing, and says so to nobody.
fn written(row: Row, columns: &[Column], sent: &RowData) -> WrittenRow {
    let otherwise: Vec<String> = columns
        .iter()
        .filter(|column| {
            let sent = sent.0.get(&column.id);
            sent.is_some_and(|sent| !column.is_same(sent, row.value(column.id)))
        })
        .map(|column| format!("{:?} ({})", column.title, column.id))
        .collect();
    let message = (!otherwise.is_empty()).then(|| {
        format!(
            "the row was written, but the cloud stored something else than was sent in {}",
            otherwise.join(", ")
        )
    });
    WrittenRow {
        success: true,
        row: ShownRow::of(row, columns),
        message,
    }
}

#[cfg(test)]
mod tests {
    use nc_client::ColumnId;
    use serde_json::json;

    use super::*;

    #[test]
    fn p131_what_was_stored_otherwise_is_named() {
        let columns = json!([
            { "id": 1, "tableId": 9, "title": "Amount", "type": "number" },
            { "id": 2, "tableId": 9, "title": "Name", "type": "text", "subtype": "line" },
        ]);
        let columns: Vec<Column> = serde_json::from_value(columns).expect("columns");
        let sent = RowData([(ColumnId(1), json!(5)), (ColumnId(2), json!("x"))].into());
        let row = |amount: Value| -> Row {
            let data = json!([{ "columnId": 1, "value": amount }, { "columnId": 2, "value": "x" }]);
            serde_json::from_value(json!({ "id": 4, "tableId": 9, "data": data })).expect("a row")
        };
        assert_eq!(written(row(json!(5)), &columns, &sent).message, None);
        let message = written(row(Value::Null), &columns, &sent).message.expect("a word");
        assert!(message.ends_with("in \"Amount\" (1)"), "{message}");
    }
}
