use serde_json::{Value, json};

use crate::wire::{V1, V2, Wire};

const UNKNOWN: i64 = 99_999_999;

/// Alice's things, all called secret.
struct Secrets {
    table: i64,
    column: i64,
    row: i64,
    view: i64,
    share: i64,
}

async fn secrets(wire: &Wire) -> Secrets {
    let table = wire.table("Secret").await;
    let column = wire
        .column(table, "text", json!({ "title": "Secret", "subtype": "line" }))
        .await;
    let row = wire.row(table, &[(column, json!("Secret"))]).await;
    let settings = json!({ "title": "Secret", "columnSettings": [{ "columnId": column }] });
    let view = wire.view(table, settings).await;
    let share = wire.share(table, "user", "carol", "rcudm").await;
    Secrets {
        table,
        column,
        row,
        view,
        share,
    }
}

/// A declared path with the numbers of these things in it.
fn filled(path: &str, of: &Secrets, node: &str) -> String {
    let mut before = "";
    let segments = path.split('/').map(|segment| {
        let filled = match (before, segment) {
            ("tables" | "scheme", "{id}") => of.table.to_string(),
            ("columns", "{id}") => of.column.to_string(),
            ("rows", "{id}" | "{row}") => of.row.to_string(),
            ("shares", "{id}") => of.share.to_string(),
            ("{node}", "{id}") if matches!(node, "table" | "0") => of.table.to_string(),
            ("views" | "{node}", "{id}") => of.view.to_string(),
            (_, "{node}") => node.to_owned(),
            (_, segment) => segment.to_owned(),
        };
        before = segment;
        filled
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A body that every route can read.
fn body(of: &Secrets, node: &str) -> Value {
    json!({
        "title": "Stolen", "type": "text", "subtype": "line", "data": { (of.column.to_string()): "Stolen" },
        "receiver": "bob", "receiverType": "user", "permissionRead": true, "permissionType": "read",
        "permissionValue": true, "baseNodeId": if node == "view" { of.view } else { of.table }, "baseNodeType": node,
    })
}

async fn state(wire: &Wire, of: &Secrets) -> Vec<Value> {
    let mut state = Vec::new();
    for path in [
        format!("/tables/{}/scheme", of.table),
        format!("/tables/{}/rows", of.table),
        format!("/tables/{}/shares", of.table),
    ] {
        state.push(wire.get("alice", format!("{V1}{path}")).await.ok());
    }
    state
}

/// Every route that is declared, so that a new one cannot be forgotten here.
#[tokio::test]
async fn no_route_tells_a_stranger_whether_something_is_there_or_changes_it() {
    let wire = Wire::boot().await;
    let real = secrets(&wire).await;
    let unknown = Secrets {
        table: UNKNOWN,
        column: UNKNOWN,
        row: UNKNOWN,
        view: UNKNOWN,
        share: UNKNOWN,
    };
    let before = state(&wire, &real).await;
    let declared = wire.cloud.declared_routes();
    let ours = declared.iter().map(|route| route.path.as_str());
    let ours: Vec<&str> = ours
        .filter(|path| path.contains("apps/tables/") && (path.contains("{id}") || path.contains("/columns/")))
        .collect();
    let mut refused = 0;
    for path in &ours {
        for node in ["table", "view", "0", "1"] {
            for method in ["GET", "POST", "PUT", "DELETE"] {
                let ask = async |of: &Secrets| {
                    let payload = if method == "GET" {
                        String::new()
                    } else {
                        body(of, node).to_string()
                    };
                    wire.send("bob", method, &filled(path, of, node), payload).await
                };
                let (foreign, nothing) = (ask(&real).await, ask(&unknown).await);
                let what = format!("{method} {path} {node}");
                assert_eq!(foreign, nothing, "{what}");
                assert!(!foreign.body.contains("Secret"), "{what}: {}", foreign.body);
                match foreign.status {
                    404 => refused += 1,
                    // A kind of node or a method that there is not; version 1 of OCS answers 200 with a failure inside.
                    400 | 405 => {}
                    200 => assert!(foreign.body.contains("\"failure\""), "{what}: {}", foreign.body),
                    status => panic!("{what}: {status} {}", foreign.body),
                }
            }
        }
    }
    assert!(refused > 200, "only {refused}");
    assert_eq!(state(&wire, &real).await, before);
    for path in [format!("{V1}/tables"), format!("{V2}/tables")] {
        assert_eq!(wire.get("bob", path).await.ok(), json!([]));
    }
    assert_eq!(wire.get("bob", format!("{V2}/init")).await.ok()["tables"], json!([]));
}

#[tokio::test]
async fn a_row_or_column_of_another_own_table_is_not_taken_for_one_of_this() {
    let wire = Wire::boot().await;
    let of = secrets(&wire).await;
    let bobs = wire
        .post("bob", format!("{V1}/tables"), json!({ "title": "Bob's" }))
        .await
        .ok()["id"]
        .clone();
    // Bob's own table does not open alice's column, view or row.
    let stolen = json!({ "data": { (of.column.to_string()): "x" } });
    let refusal = wire
        .post("bob", format!("{V1}/tables/{bobs}/rows"), stolen)
        .await
        .refusal();
    assert_eq!(
        refusal,
        format!("Column with id {} is not part of table with id {bobs}", of.column)
    );
    let view = wire
        .post("bob", format!("{V1}/tables/{bobs}/views"), json!({ "title": "x" }))
        .await
        .ok();
    let view = format!("{V1}/views/{}", view["id"]);
    let settings = json!({ "data": { "columnSettings": [{ "columnId": of.column }] } });
    assert!(
        wire.put("bob", &view, settings)
            .await
            .refusal()
            .contains("is not part of table")
    );
    let filter =
        json!({ "data": { "filter": [[{ "columnId": of.column, "operator": "is-equal", "value": "Secret" }]] } });
    assert!(
        wire.put("bob", &view, filter)
            .await
            .refusal()
            .contains("is not part of table")
    );
    assert_eq!(wire.delete("bob", format!("{view}/rows/{}", of.row)).await.status, 404);
    let through = json!({ "data": {}, "viewId": of.view });
    let own = wire
        .post("bob", format!("{V1}/tables/{bobs}/rows"), json!({ "data": {} }))
        .await
        .ok();
    assert_eq!(
        wire.put("bob", format!("{V1}/rows/{}", own["id"]), through)
            .await
            .status,
        404
    );
}
