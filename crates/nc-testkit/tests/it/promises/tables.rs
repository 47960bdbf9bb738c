use nc_testkit::app::TestApp;
use serde_json::{Value, json};

use crate::tables::sample;

/// A table with two rows.
pub(super) async fn prepare(app: &TestApp) -> Value {
    let http = app.http();
    let cloud = |method: &str, path: &str| {
        let method = method.parse().expect("a method");
        let request = http.request(method, format!("{}{path}", app.cloud_url));
        request.header("authorization", app.alice.basic())
    };
    let (table, rows) = sample(cloud, "Things", 2).await;
    json!({ "table_id": table, "rows": rows })
}

pub(super) fn arguments(tool: &str, prepared: &[Value]) -> Value {
    let Some(table) = prepared.iter().find(|made| !made["table_id"].is_null()) else {
        return json!({});
    };
    match tool {
        "nc_tables_get_schema" | "nc_tables_read_table" => json!({ "table_id": table["table_id"] }),
        "nc_tables_insert_row" => json!({ "table_id": table["table_id"], "data": { "Name": "New" } }),
        "nc_tables_update_row" => json!({ "row_id": table["rows"][0], "data": { "State": "done" } }),
        "nc_tables_delete_row" => json!({ "row_id": table["rows"][1] }),
        _ => json!({}),
    }
}
