//! Tables: what tables there are, what their columns take, and their rows.

mod answers;
mod rows;

use nc_auth::Scope::{TablesRead, TablesWrite};
use nc_client::{NodeKind, TableId};
use nc_mcp_kit::{Failure, Hints};
use schemars::JsonSchema;
use serde::Deserialize;

use self::answers::{Schema, TableEntry, TableList};
use super::TABLES;
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            TABLES,
            TablesRead,
            Hints::READ,
            "nc_tables_list_tables",
            "List Tables",
            "Lists the tables with their views, own ones and those that others share.",
            list,
        ),
        row(
            TABLES,
            TablesRead,
            Hints::READ,
            "nc_tables_get_schema",
            "Get Table Schema",
            "Shows the columns of a table, what each takes, and its views.",
            schema,
        ),
        row(
            TABLES,
            TablesRead,
            Hints::READ,
            "nc_tables_read_table",
            "Read Table Rows",
            "Reads rows of a table by id, or of a view in its order, in parts. For more pass next_offset as offset. A \
             view shows only some columns.",
            rows::read,
        ),
        row(
            TABLES,
            TablesWrite,
            Hints::ADD,
            "nc_tables_insert_row",
            "Insert Table Row",
            "Adds a row. Values are checked against the columns first: nc_tables_get_schema tells what they take.",
            rows::insert,
        ),
        row(
            TABLES,
            TablesWrite,
            Hints::REPLACE,
            "nc_tables_update_row",
            "Update Table Row",
            "Changes the given cells of a row and no others. With last_edit_at it fails with conflict if the row changed since.",
            rows::update,
        ),
        row(
            TABLES,
            TablesWrite,
            Hints::DELETE,
            "nc_tables_delete_row",
            "Delete Table Row",
            "Deletes a row for good and returns what it held.",
            rows::delete,
        ),
    ]
}

/// What an id counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum NodeType {
    #[default]
    Table,
    View,
}

impl From<NodeType> for NodeKind {
    fn from(node: NodeType) -> Self {
        match node {
            NodeType::Table => Self::Table,
            NodeType::View => Self::View,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct NoArguments {}

#[derive(Deserialize, JsonSchema)]
struct TableRef {
    /// Id of the table.
    table_id: i64,
}

async fn list(context: Context, _: NoArguments) -> Result<TableList, Failure> {
    let tables = context.client.tables().list().await.or_fail()?;
    let tables: Vec<TableEntry> = tables.into_iter().map(TableEntry::from).collect();
    Ok(TableList {
        success: true,
        timestamp: context.timestamp(),
        total_count: tables.len(),
        tables,
    })
}

async fn schema(context: Context, arguments: TableRef) -> Result<Schema, Failure> {
    let scheme = context.client.tables().scheme(TableId(arguments.table_id)).await;
    Ok(Schema::of(arguments.table_id, scheme.or_fail()?))
}

#[cfg(test)]
mod tests;
