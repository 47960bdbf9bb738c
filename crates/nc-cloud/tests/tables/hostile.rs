use serde_json::json;

use crate::wire::{V1, V2, Wire, cells, data};

/// Whatever is sent: an answer that says what is wrong, never a failure of the server.
#[tokio::test]
async fn no_body_makes_the_server_fail() {
    let wire = Wire::boot().await;
    let table = wire.table("T").await;
    let column = wire.column(table, "text", json!({})).await;
    let row = wire.row(table, &[(column, json!("x"))]).await;
    let view = wire.view(table, json!({ "columns": [column] })).await;
    let share = wire.share(table, "user", "bob", "r").await;
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let bodies = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "\u{0}".to_owned(),
        json!({ "data": "no JSON" }).to_string(),
        json!({ "data": [1, 2] }).to_string(),
        json!({ "data": { "x": 1 } }).to_string(),
        json!({ "data": { "99999999999999999999999": 1 } }).to_string(),
        json!({ "data": { "1'; DROP TABLE tables_rows; --": 1 } }).to_string(),
        json!({ "title": ["x"], "emoji": {}, "type": 5 }).to_string(),
        json!({ "title": "x", "type": "text", "subtype": "sheet" }).to_string(),
        json!({ "title": "x", "type": "number", "numberMin": "low" }).to_string(),
        json!({ "title": "x", "type": "number", "numberDecimals": 1.5 }).to_string(),
        json!({ "title": "x", "type": "text", "textMaxLength": -1 }).to_string(),
        json!({ "title": "x", "type": "selection", "selectionOptions": "x" }).to_string(),
        json!({ "title": "x", "type": "selection", "selectionOptions": [{ "id": 1 }, { "id": 1 }] }).to_string(),
        json!({ "title": "x", "emoji": "x".repeat(21) }).to_string(),
        json!({ "title": "x", "template": "todo" }).to_string(),
        json!({ "viewId": "x", "data": {} }).to_string(),
        json!({ "baseNodeId": "x", "baseNodeType": [], "title": "x" }).to_string(),
        json!({ "receiver": 5, "receiverType": {}, "permissionRead": [] }).to_string(),
        format!(r#"{{"data": {deep}}}"#),
        format!(r#"{{"data": {{"{column}": {deep}}}}}"#),
    ];
    for (method, path) in [
        ("POST", format!("{V1}/tables")),
        ("PUT", format!("{V1}/tables/{table}")),
        ("POST", format!("{V1}/tables/{table}/columns")),
        ("PUT", format!("{V1}/columns/{column}")),
        ("POST", format!("{V1}/tables/{table}/rows")),
        ("PUT", format!("{V1}/rows/{row}")),
        ("POST", format!("{V1}/tables/{table}/views")),
        ("PUT", format!("{V1}/views/{view}")),
        ("POST", format!("{V1}/views/{view}/rows")),
        ("POST", format!("{V1}/tables/{table}/shares")),
        ("PUT", format!("{V1}/shares/{share}")),
        ("POST", format!("{V2}/tables")),
        ("PUT", format!("{V2}/tables/{table}")),
        ("POST", format!("{V2}/columns/text")),
        ("POST", format!("{V2}/columns/selection")),
        ("POST", format!("{V2}/tables/{table}/rows")),
        ("POST", format!("{V2}/views/{view}/rows")),
    ] {
        for body in &bodies {
            let answer = wire.send("alice", method, &path, body.as_str()).await;
            assert!(matches!(answer.status, 200 | 400), "{method} {path} {body}: {answer:?}");
            if answer.status == 400 {
                assert!(answer.refusal().len() > 5);
            }
        }
    }
    wire.get("alice", format!("{V1}/tables/{table}/rows")).await.ok();
    wire.get("alice", format!("{V2}/init")).await.ok();
}

#[tokio::test]
async fn ids_that_are_none_and_bodies_without_end_are_refused() {
    let wire = Wire::boot().await;
    for id in ["0", "-1", "9223372036854775807"] {
        for path in [
            format!("{V1}/tables/{id}"),
            format!("{V1}/rows/{id}"),
            format!("{V2}/columns/{id}"),
        ] {
            assert_eq!(wire.get("alice", &path).await.status, 404, "{path}");
        }
    }
    for id in ["x", "1%27", "99999999999999999999", "1.5"] {
        for path in [
            format!("{V1}/tables/{id}"),
            format!("{V2}/tables/{id}"),
            format!("{V1}/views/{id}/rows"),
        ] {
            assert_eq!(wire.get("alice", &path).await.status, 400, "{path}");
        }
    }
    let table = wire.table("T").await;
    let column = wire.column(table, "text", json!({ "subtype": "long" })).await;
    let long = data(&[(column, json!("x".repeat(3 << 20)))]);
    assert_eq!(
        wire.post("alice", format!("{V1}/tables/{table}/rows"), long)
            .await
            .status,
        413
    );
}

#[tokio::test]
async fn text_is_text_whatever_it_looks_like() {
    let wire = Wire::boot().await;
    let table = wire.table("<b>'; DROP TABLE x; --").await;
    let column = wire
        .column(table, "text", json!({ "title": "\"$.x\"", "textUnique": true }))
        .await;
    for text in [
        "<script>",
        "'\"`;--",
        "\u{0}\u{7f}",
        "🦀\u{202e}",
        "{\"a\":1}",
        "%_",
        "null",
    ] {
        let row = wire.row(table, &[(column, json!(text))]).await;
        let read = wire.get("alice", format!("{V1}/rows/{row}")).await.ok();
        assert_eq!(cells(&read), [(column, json!(text))]);
    }
}

#[tokio::test]
async fn the_envelope_is_xml_where_json_is_not_asked_for() {
    let wire = Wire::boot().await;
    wire.table("A & <B>").await;
    let xml = wire.get("alice", format!("{V2}/tables?format=xml")).await;
    assert_eq!(xml.status, 200);
    assert_eq!(xml.headers["content-type"], "application/xml; charset=utf-8");
    assert!(xml.body.contains("<statuscode>200</statuscode>"), "{}", xml.body);
    assert!(xml.body.contains("<data>\n  <element>\n"), "{}", xml.body);
    assert!(xml.body.contains("<title>A &amp; &lt;B&gt;</title>"), "{}", xml.body);
    assert!(xml.body.contains("<archived></archived>"), "{}", xml.body);
    let old = V2.replace("v2.php", "v1.php");
    let old = wire.get("alice", format!("{old}/columns/99?format=json")).await;
    assert_eq!(old.status, 200);
    assert!(old.body.contains("\"statuscode\":404"), "{}", old.body);
    let refused = wire
        .send("alice", "POST", &format!("{V2}/tables?format=xml"), "{}")
        .await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.body.contains("<message>title is missing</message>"),
        "{}",
        refused.body
    );
}
