//! What a credential with scopes may see and do. Deny by default, and before anything reaches the cloud.

use nc_auth::{Scope, ScopeSet};
use nc_testkit::app::{Reply, TestApp, send};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn only(scope: Scope) -> ScopeSet {
    ScopeSet::EMPTY.with(scope)
}

fn all_but(scope: Scope) -> ScopeSet {
    Scope::ALL.iter().copied().filter(|other| *other != scope).collect()
}

async fn names(app: &TestApp) -> Vec<String> {
    let result = send(app.request("tools/list", json!({}))).await.result();
    result["tools"]
        .as_array()
        .expect("tools")
        .iter()
        .map(|tool| tool["name"].as_str().expect("name").to_owned())
        .collect()
}

fn assert_refused(reply: &Reply, scope: Scope, what: &str) {
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{what}: {}", reply.text);
    let message = reply.message()["error"]["message"].as_str().expect("text").to_owned();
    assert!(
        message.contains("insufficient_scope") && message.contains(scope.as_str()),
        "{what}: {message}"
    );
}

#[tokio::test]
async fn nothing_granted_shows_and_allows_nothing() {
    let app = TestApp::boot_granting(ScopeSet::EMPTY).await;
    assert!(names(&app).await.is_empty());
    for method in ["resources/list", "resources/templates/list"] {
        let result = send(app.request(method, json!({}))).await.result();
        assert!(!result.to_string().contains("://"), "{result}");
    }
    let params = json!({ "ref": { "type": "ref/resource", "uri": "nc://Notes/{note_id}" }, "argument": { "name": "note_id", "value": "" } });
    let completion = send(app.request("completion/complete", params)).await.result();
    assert_eq!(completion["completion"]["values"], json!([]));
}

#[tokio::test]
async fn each_tool_needs_its_own_scope_and_no_other() {
    for scope in [
        Scope::Openid,
        Scope::NotesRead,
        Scope::NotesWrite,
        Scope::FilesRead,
        Scope::FilesWrite,
        Scope::CalendarRead,
        Scope::CalendarWrite,
    ] {
        let with = TestApp::boot_granting(only(scope)).await;
        let offered = names(&with).await;
        assert!(!offered.is_empty(), "{scope} offers no tool");
        let without = TestApp::boot_granting(all_but(scope)).await;
        let hidden = names(&without).await;
        for name in &offered {
            assert!(!hidden.contains(name), "{name} is listed without {scope}");
            without.recorder.take();
            let reply = without.call(name, &json!({})).await;
            assert_refused(&reply, scope, name);
            let asked = without
                .recorder
                .take()
                .into_iter()
                .filter(|sent| sent.path != "/status.php")
                .count();
            assert_eq!(asked, 0, "{name} reached the cloud without {scope}");
            let reply = with.call(name, &json!({})).await;
            assert_eq!(reply.status, StatusCode::OK, "{name} with {scope}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn resources_need_the_scope_of_their_app() {
    let app = TestApp::boot_granting(all_but(Scope::NotesRead)).await;
    for uri in ["notes://settings", "nc://Notes/1", "nc://Notes/1/attachments/a.png"] {
        let reply = send(app.request("resources/read", json!({ "uri": uri }))).await;
        assert_refused(&reply, Scope::NotesRead, uri);
    }
}

#[tokio::test]
async fn the_gate_and_the_handler_read_the_same_message() {
    let app = TestApp::boot_granting(only(Scope::FilesRead)).await;
    let write = json!({ "name": "nc_webdav_write_file", "arguments": { "path": "a", "content": "x" } });
    // The name is told apart in the header, hidden in an escape, and doubled in the body.
    let lying_header = app
        .request("tools/call", write.clone())
        .header("mcp-name", "nc_webdav_list_directory");
    let reply = send(lying_header).await;
    assert_ne!(reply.status, StatusCode::OK, "{}", reply.text);
    let escaped = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": write })
        .to_string()
        .replace("nc_webdav_write_file", "nc_webdav_\\u0077rite_file");
    assert_refused(&send(app.post(escaped)).await, Scope::FilesWrite, "an escaped name");
    let doubled = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"nc_webdav_list_directory\",\"name\":\"nc_webdav_write_file\",\"arguments\":{\"path\":\"a\",\"content\":\"x\"}}}";
    assert_eq!(send(app.post(doubled)).await.status, StatusCode::BAD_REQUEST);
    let sent: Vec<Value> = app
        .recorder
        .take()
        .iter()
        .filter(|sent| sent.method == "PUT")
        .map(|_| Value::Null)
        .collect();
    assert!(sent.is_empty(), "something was written");
}
