use serde_json::json;

use super::{Assembly, Walk};
use crate::tables::sample;

impl<A: Assembly> Walk<'_, A> {
    pub(super) async fn tables(&mut self) {
        let assembly = self.assembly;
        let cloud = |method: &str, path: &str| {
            let request = assembly.cloud(method, path);
            request.header("authorization", assembly.user().basic())
        };
        let (table, rows) = sample(cloud, "Walk", 1).await;
        let listed = self.call("nc_tables_list_tables", json!({})).await;
        assert!(listed.to_string().contains("Walk"), "{listed}");
        let schema = self.call("nc_tables_get_schema", json!({ "table_id": table })).await;
        assert_eq!(schema["columns"][0]["title"], "Name");
        let new = json!({ "table_id": table, "data": { "Name": "New", "State": "done" } });
        let made = self.call("nc_tables_insert_row", new).await;
        let change = json!({ "row_id": made["id"], "data": { "State": "open" } });
        self.call("nc_tables_update_row", change).await;
        self.call("nc_tables_delete_row", json!({ "row_id": rows[0] })).await;
        let read = self.call("nc_tables_read_table", json!({ "table_id": table })).await;
        assert_eq!(read["rows"][0]["data"][1]["value"], "open", "{read}");
    }
}
