//! The audit log of tool calls in mode `oauth`.

use nc_testkit::{app::send, own_issuer_app::OwnIssuerApp};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

const SCOPES: &str = "notes:read notes:write files:read";

async fn entries(app: &OwnIssuerApp) -> Vec<Value> {
    app.issuer.calls().expect("an audit log").flush().await;
    let mut records = app.issuer.provider().store().list_audit(100).await.expect("a log");
    records.retain(|record| record.event == "tool.called");
    records.reverse();
    let documents = records.iter().map(|record| serde_json::from_str(&record.document));
    documents.collect::<Result<_, _>>().expect("JSON")
}

async fn broken(app: &OwnIssuerApp) -> Option<i64> {
    let report = app.issuer.provider().store().verify_audit().await.expect("a report");
    report.broken.map(|broken| broken.number)
}

#[tokio::test]
async fn each_call_is_written_down_with_names_and_without_values() {
    let app = OwnIssuerApp::boot().await;
    let token = app.token(&app.alice, SCOPES).await;
    let arguments = json!({ "title": "Secret plan", "content": "attack at dawn", "category": "" });
    app.call(&token, "nc_notes_create_note", arguments).await.structured();
    app.call(&token, "nc_notes_get_note", json!({ "note_id": 4711 })).await;
    app.call(&token, "nc_notes_search_notes", json!({ "hunter2": 1, "query": "a" }))
        .await;
    app.call(&token, "nc_no_such_tool_hunter2", json!({ "a": 1 })).await;
    let entries = entries(&app).await;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (&entry["tool"], &entry["arguments"], &entry["outcome"]))
        .collect();
    assert_eq!(
        told,
        [
            (
                &json!("nc_notes_create_note"),
                &json!(["category", "content", "title"]),
                &json!("ok")
            ),
            (&json!("nc_notes_get_note"), &json!(["note_id"]), &json!("not_found")),
            (
                &json!("nc_notes_search_notes"),
                &json!(["query"]),
                &json!("invalid_argument")
            ),
            (&json!("unknown"), &json!([]), &json!("protocol_error")),
        ]
    );
    assert_eq!(entries[2]["unknown_arguments"], 1);
    let client = app.client("opaque").await;
    let text = json!(entries).to_string();
    for entry in &entries {
        let subject = entry["subject"].as_str().expect("a subject");
        assert!(!subject.is_empty() && entry["ms"].is_u64());
        assert_eq!(entry["client"], client);
    }
    for value in ["Secret plan", "dawn", "4711", "hunter2", &token] {
        assert!(!text.contains(value), "{text}");
    }
}

#[tokio::test]
async fn a_call_that_the_scopes_forbid_is_written_down_too() {
    let app = OwnIssuerApp::boot().await;
    let token = app.token(&app.alice, "notes:read").await;
    let arguments = json!({ "title": "New", "content": "text", "category": "" });
    assert_eq!(app.call(&token, "nc_notes_create_note", arguments).await.status, 403);
    let entries = entries(&app).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["tool"], "nc_notes_create_note");
    assert_eq!(entries[0]["outcome"], "insufficient_scope");
}

#[tokio::test]
async fn what_is_read_as_a_resource_is_written_down_by_its_name() {
    let app = OwnIssuerApp::boot().await;
    let reading = app.token(&app.alice, "notes:read").await;
    let other = app.token(&app.alice, "files:read").await;
    let settings = json!({ "uri": "notes://settings" });
    let note = json!({ "uri": "nc://Notes/4711" });
    assert_eq!(
        send(app.message(&reading, "resources/read", settings.clone()))
            .await
            .status,
        200
    );
    send(app.message(&reading, "resources/read", note)).await;
    assert_eq!(send(app.message(&other, "resources/read", settings)).await.status, 403);
    app.issuer.calls().expect("an audit log").flush().await;
    let mut records = app.issuer.provider().store().list_audit(100).await.expect("a log");
    records.retain(|record| record.event == "resource.read");
    records.reverse();
    let documents = records.iter().map(|record| serde_json::from_str(&record.document));
    let documents: Vec<Value> = documents.collect::<Result<_, _>>().expect("JSON");
    let told: Vec<_> = documents.iter().map(|entry| &entry["outcome"]).collect();
    assert_eq!(told, [&json!("ok"), &json!("failed"), &json!("insufficient_scope")]);
    assert_eq!(documents[0]["resource"], documents[2]["resource"]);
    let client = app.client("opaque").await;
    for entry in &documents {
        assert!(entry["resource"].is_string() && entry["ms"].is_u64() && entry["client"] == client);
        assert!(!entry.to_string().contains("4711"), "{entry}");
    }
}

#[tokio::test]
async fn with_the_switch_off_no_call_is_written_down() {
    let app = OwnIssuerApp::boot_with(&[("MCP_AUDIT_TOOL_CALLS", "false")]).await;
    let token = app.token(&app.alice, SCOPES).await;
    app.call(&token, "nc_notes_search_notes", json!({ "query": "a" }))
        .await
        .structured();
    assert!(app.issuer.calls().is_none());
    let records = app.issuer.provider().store().list_audit(100).await.expect("a log");
    assert!(!records.is_empty() && records.iter().all(|record| record.event != "tool.called"));
}

#[tokio::test]
async fn a_row_that_is_changed_deleted_or_moved_is_found() {
    for (statements, what) in [
        (
            &[
                "UPDATE audit SET document = replace(document, 'nc_notes_get_note', 'nc_notes_search_notes') WHERE number = ?",
            ][..],
            "changed",
        ),
        (&["DELETE FROM audit WHERE number = ?"], "deleted"),
        (
            &[
                "UPDATE audit SET number = -1 WHERE number = ?",
                "UPDATE audit SET number = number - 1 WHERE number = 1 + ?",
                "UPDATE audit SET number = 1 + ? WHERE number = -1",
            ],
            "moved",
        ),
    ] {
        let app = OwnIssuerApp::boot().await;
        let token = app.token(&app.alice, SCOPES).await;
        for id in 0..4 {
            app.call(&token, "nc_notes_get_note", json!({ "note_id": id })).await;
        }
        assert_eq!(entries(&app).await.len(), 4);
        assert_eq!(broken(&app).await, None);
        let path = app.folder.path().join("mcp/provider.db");
        let options = SqliteConnectOptions::new().filename(path);
        let mut intruder = SqliteConnection::connect_with(&options).await.expect("a connection");
        let last: i64 = sqlx::query_scalar("SELECT max(number) FROM audit")
            .fetch_one(&mut intruder)
            .await
            .expect("a number");
        let target = last - 2;
        for statement in statements {
            let done = sqlx::query(*statement).bind(target).execute(&mut intruder).await;
            assert_eq!(done.expect("done").rows_affected(), 1, "{what}");
        }
        let found = broken(&app).await;
        let expected = if what == "deleted" { target + 1 } else { target };
        assert_eq!(found, Some(expected), "{what}");
    }
}
