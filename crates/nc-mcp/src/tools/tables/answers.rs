//! What the tools of the Tables app answer.

use nc_client::{Column, NodeKind, Row, Table, View};
use nc_proto::apps::tables::{Kind, Permissions, Scheme};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ViewEntry {
    id: i64,
    title: String,
    row_count: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "what there is to tell")]
pub(super) struct TableEntry {
    id: i64,
    title: String,
    emoji: Option<String>,
    description: String,
    ownership: String,
    owner_display_name: String,
    created_by: String,
    created_at: String,
    last_edit_by: String,
    last_edit_at: String,
    row_count: i64,
    has_shares: bool,
    archived: bool,
    favorite: bool,
    is_shared: bool,
    /// If somebody else shares it: read, create, update, delete, manage.
    #[schemars(with = "Option<Map<String, Value>>")]
    on_share_permissions: Option<Permissions>,
    views: Vec<ViewEntry>,
}

impl From<Table> for TableEntry {
    fn from(table: Table) -> Self {
        Self {
            id: table.id.0,
            title: table.title,
            emoji: table.emoji,
            description: table.description,
            ownership: table.ownership,
            owner_display_name: table.owner_display_name,
            created_by: table.created_by,
            created_at: table.created_at,
            last_edit_by: table.last_edit_by,
            last_edit_at: table.last_edit_at,
            row_count: table.rows_count,
            has_shares: table.has_shares,
            archived: table.archived,
            favorite: table.favorite,
            is_shared: table.is_shared,
            on_share_permissions: table.on_share_permissions,
            views: table
                .views
                .into_iter()
                .map(|view| ViewEntry {
                    id: view.id.0,
                    title: view.title,
                    row_count: view.rows_count,
                })
                .collect(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct TableList {
    pub(super) success: bool,
    pub(super) timestamp: String,
    pub(super) tables: Vec<TableEntry>,
    pub(super) total_count: usize,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Schema {
    id: i64,
    title: String,
    emoji: Option<String>,
    description: String,
    /// Id, title, type, subtype and the settings of that type.
    #[schemars(with = "Vec<Map<String, Value>>")]
    columns: Vec<Map<String, Value>>,
    #[schemars(with = "Vec<Map<String, Value>>")]
    views: Vec<Map<String, Value>>,
    #[serde(rename = "tablesVersion")]
    tables_version: String,
}

impl Schema {
    pub(super) fn of(id: i64, scheme: Scheme) -> Self {
        Self {
            id,
            title: scheme.title,
            emoji: scheme.emoji,
            description: scheme.description,
            columns: scheme.columns.iter().map(shown_column).collect(),
            views: scheme.views.iter().map(shown_view).collect(),
            tables_version: scheme.tables_version,
        }
    }
}

/// The fields that say what a column takes, by their names on the wire; settings of other types and unset ones are left out.
fn shown_column(column: &Column) -> Map<String, Value> {
    let of_type = match column.kind() {
        Kind::Line | Kind::Long | Kind::Rich | Kind::Link => "text",
        Kind::Number | Kind::Stars | Kind::Progress => "number",
        Kind::Select | Kind::Multi | Kind::Check => "selection",
        Kind::DateTime | Kind::Date | Kind::Time => "datetime",
        Kind::UserGroup => "usergroup",
        Kind::Other => "",
    };
    let always = ["id", "title", "type", "subtype", "mandatory"];
    let mut fields = as_map(column);
    fields.retain(|name, value| {
        always.contains(&name.as_str())
            || (name == "description" || !of_type.is_empty() && name.starts_with(of_type)) && !is_unset(value)
    });
    fields
}

fn shown_view(view: &View) -> Map<String, Value> {
    let columns: Vec<Value> = view.column_ids().into_iter().map(|id| id.0.into()).collect();
    let mut fields = as_map(view);
    let shown = [
        "id",
        "title",
        "description",
        "emoji",
        "sort",
        "filter",
        "rowsCount",
        "columnSettings",
    ];
    fields.retain(|name, value| shown.contains(&name.as_str()) && !is_unset(value));
    fields.insert("columns".to_owned(), columns.into());
    fields
}

fn as_map(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A row. Cells that were never written are not there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownRow {
    id: i64,
    table_id: i64,
    created_by: Option<String>,
    created_at: Option<String>,
    last_edit_by: Option<String>,
    last_edit_at: Option<String>,
    /// columnId, title, value with labels of options. stored is there if it differs from value.
    #[schemars(with = "Vec<Map<String, Value>>")]
    data: Vec<ShownCell>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownCell {
    column_id: i64,
    title: Option<String>,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<Value>,
}

impl ShownRow {
    pub(super) fn of(row: Row, columns: &[Column]) -> Self {
        let cells = row.data.into_iter().map(|cell| {
            let column = columns.iter().find(|column| column.id == cell.column_id);
            let value = column.map_or_else(|| cell.value.clone(), |column| column.to_shown(&cell.value));
            ShownCell {
                column_id: cell.column_id.0,
                title: column.map(|column| column.title.clone()),
                stored: (cell.value != value).then_some(cell.value),
                value,
            }
        });
        Self {
            id: row.id.0,
            table_id: row.table_id.0,
            created_by: row.created_by,
            created_at: row.created_at,
            last_edit_by: row.last_edit_by,
            last_edit_at: row.last_edit_at,
            data: cells.collect(),
        }
    }
}

/// A row after a write.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct WrittenRow {
    pub(super) success: bool,
    #[serde(flatten)]
    pub(super) row: ShownRow,
    /// Says which columns hold something else than was sent.
    pub(super) message: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ShownColumn {
    id: i64,
    title: String,
    r#type: String,
    subtype: String,
}

impl From<&Column> for ShownColumn {
    fn from(column: &Column) -> Self {
        Self {
            id: column.id.0,
            title: column.title.clone(),
            r#type: column.kind.clone(),
            subtype: column.subtype.clone(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RowList {
    pub(super) success: bool,
    pub(super) timestamp: String,
    /// `table` or `view`.
    pub(super) node_type: &'static str,
    pub(super) node_id: i64,
    /// The columns that rows are shown with.
    pub(super) columns: Vec<ShownColumn>,
    pub(super) rows: Vec<ShownRow>,
    pub(super) truncated: bool,
    pub(super) next_offset: Option<u32>,
}

impl RowList {
    pub(super) fn of(
        timestamp: String,
        node: NodeKind,
        id: i64,
        columns: &[Column],
        rows: Vec<Row>,
        next_offset: Option<u32>,
    ) -> Self {
        Self {
            success: true,
            timestamp,
            node_type: node.as_str(),
            node_id: id,
            columns: columns.iter().map(ShownColumn::from).collect(),
            rows: rows.into_iter().map(|row| ShownRow::of(row, columns)).collect(),
            truncated: next_offset.is_some(),
            next_offset,
        }
    }
}
