//! What happens to work that nobody waits for any more.

use std::time::Duration;

use nc_testkit::app::{TestApp, send};
use reqwest::StatusCode;
use serde_json::json;

use crate::endpoint::open_session;

const SLOW: Duration = Duration::from_millis(400);

/// Asks the cloud by another way, until `name` is there or too much time has passed.
async fn appears(app: &TestApp, name: &str) -> bool {
    let url = format!("{}/remote.php/dav/files/alice/{name}", app.cloud_url);
    for _ in 0..50 {
        let request = app.http().head(&url).header("authorization", app.alice.basic());
        if send(request).await.status == StatusCode::OK {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// What the tool asked the cloud: first who the caller is, then what the cloud can do.
fn asked(app: &TestApp) -> usize {
    app.recorder
        .take()
        .iter()
        .filter(|sent| sent.path.contains("/cloud/"))
        .count()
}

#[tokio::test]
async fn a_read_stops_when_its_client_goes_away() {
    let app = TestApp::boot().await;
    app.recorder.slow_down(SLOW);
    let call = app.tool("nc_get_capabilities", &json!({})).timeout(SLOW / 4);
    assert!(call.send().await.is_err(), "the client gave up");
    tokio::time::sleep(SLOW * 3).await;
    assert_eq!(asked(&app), 1, "it went on after its client had left");
    app.call("nc_get_capabilities", &json!({})).await.structured();
    assert_eq!(asked(&app), 2, "a whole call asks twice");
}

#[tokio::test]
async fn a_write_that_has_begun_is_finished() {
    let app = TestApp::boot().await;
    app.call("nc_webdav_list_directory", &json!({})).await.structured();
    app.recorder.slow_down(SLOW);
    let arguments = json!({ "path": "late.txt", "content": "x" });
    let call = app.tool("nc_webdav_write_file", &arguments).timeout(SLOW / 2);
    assert!(call.send().await.is_err(), "the client gave up");
    assert!(appears(&app, "late.txt").await, "the write was dropped");
}

#[tokio::test]
async fn a_session_cancels_by_notification_only() {
    let app = TestApp::boot().await;
    app.call("nc_webdav_list_directory", &json!({})).await.structured();
    let version = "2025-11-25";
    let session = open_session(&app, version).await;
    let in_session = |body: serde_json::Value| {
        app.post(body.to_string())
            .header("mcp-session-id", &session)
            .header("mcp-protocol-version", version)
    };
    app.recorder.slow_down(SLOW * 5);
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "nc_webdav_list_directory", "arguments": {} } });
    let running = tokio::spawn(send(in_session(call)));
    tokio::time::sleep(SLOW / 2).await;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
    assert_eq!(send(in_session(cancel)).await.status, StatusCode::ACCEPTED);
    let reply = tokio::time::timeout(SLOW * 4, running)
        .await
        .expect("it ends before the cloud answers")
        .expect("no panic");
    assert!(!reply.text.contains("\"files\""), "{}", reply.text);
}
