//! Arguments as models send them.

use nc_testkit::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn unknown_arguments_are_refused_by_name() {
    let app = TestApp::boot().await;
    let reply = app.call("nc_webdav_list_directory", &json!({ "pth": "/" })).await;
    insta::assert_snapshot!(reply.error_text(), @"invalid_argument: unknown argument `pth`; did you mean `path`?");
    let reply = app.call("nc_notes_get_note", &json!({ "note_id": "twelve" })).await;
    insta::assert_snapshot!(reply.error_text(), @"invalid_argument: argument `note_id` must be an integer, not text");
}

#[tokio::test]
async fn numbers_as_text_and_null_for_absent_are_understood() {
    let app = TestApp::boot().await;
    app.call("nc_webdav_list_directory", &json!({ "path": "", "limit": "5" }))
        .await
        .structured();
    app.call("nc_notes_list_notes", &json!({ "category": null, "limit": 10.0 }))
        .await
        .structured();
}

#[tokio::test]
async fn an_unknown_tool_is_a_fault_of_the_protocol() {
    let app = TestApp::boot().await;
    let reply = app.call("nc_nothing", &json!({})).await;
    assert_eq!(reply.message()["error"]["code"], -32602);
}
