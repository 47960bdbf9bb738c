use serde_json::{Value, json};

use super::{Home, Server};
use crate::tables::sample;

/// Tools whose answer shows something of the person's own.
pub(super) const SHOWING: &[&str] = &["nc_tables_list_tables", "nc_tables_get_schema", "nc_tables_read_table"];

impl Home {
    /// A table with three rows: one to be read, one to be changed, one to be deleted.
    pub(super) async fn tabulate(&mut self, server: &Server) {
        let cloud = |method: &str, path: &str| server.cloud(method, path, &self.user);
        let (table, rows) = sample(cloud, &self.marker, 3).await;
        self.table = json!({ "id": table, "rows": rows });
    }

    pub(super) fn tables_arguments(&self, tool: &str) -> Value {
        let (table, rows) = (&self.table["id"], &self.table["rows"]);
        match tool {
            "nc_tables_get_schema" | "nc_tables_read_table" => json!({ "table_id": table }),
            "nc_tables_insert_row" => json!({ "table_id": table, "data": { "Name": "Another" } }),
            "nc_tables_update_row" => json!({ "row_id": rows[1], "data": { "State": "done" } }),
            "nc_tables_delete_row" => json!({ "row_id": rows[2] }),
            _ => json!({}),
        }
    }
}
