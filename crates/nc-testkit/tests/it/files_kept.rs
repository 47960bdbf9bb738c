//! Trash, versions, tags and comments, through every layer.

use nc_testkit::app::TestApp;
use serde_json::{Value, json};

async fn done(app: &TestApp, tool: &str, arguments: Value) -> Value {
    app.call(tool, &arguments).await.structured()
}

async fn fails(app: &TestApp, tool: &str, arguments: Value) -> String {
    app.call(tool, &arguments).await.error_text()
}

async fn write(app: &TestApp, path: &str, content: &str) -> Value {
    let arguments = json!({ "path": path, "content": content, "if_match": "*" });
    done(app, "nc_webdav_write_file", arguments).await
}

#[tokio::test]
async fn a_deleted_file_comes_back_where_there_is_room_and_the_answer_says_where() {
    let app = TestApp::boot().await;
    done(&app, "nc_webdav_create_directory", json!({ "path": "Docs" })).await;
    for content in ["old", "new"] {
        write(&app, "Docs/plan.md", content).await;
        done(&app, "nc_webdav_delete_resource", json!({ "path": "Docs/plan.md" })).await;
    }
    done(&app, "nc_webdav_delete_resource", json!({ "path": "Docs" })).await;
    let trash = done(&app, "nc_webdav_list_trash", json!({})).await;
    assert_eq!(trash["total_count"], 3);
    let ids: Vec<Value> = trash["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|item| item["original_location"] == "/Docs/plan.md")
        .map(|item| item["id"].clone())
        .collect();
    let mut contents = Vec::new();
    for (id, path) in ids.iter().zip(["/plan.md", "/plan (restored).md"]) {
        let restored = done(&app, "nc_webdav_restore_from_trash", json!({ "entry_id": id })).await;
        assert_eq!(
            (&restored["path"], &restored["at_original_location"]),
            (&json!(path), &json!(false))
        );
        let read = done(&app, "nc_webdav_read_file", json!({ "path": path })).await;
        contents.push(read["content"].as_str().expect("text").to_owned());
    }
    contents.sort();
    assert_eq!(contents, ["new", "old"]);
    let again = fails(&app, "nc_webdav_restore_from_trash", json!({ "entry_id": ids[0] })).await;
    assert!(
        again.starts_with("not_found: ") && again.contains("in the trash"),
        "{again}"
    );
    let part = done(&app, "nc_webdav_list_trash", json!({ "limit": 1, "offset": 1 })).await;
    assert_eq!((&part["items"], &part["truncated"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn the_present_state_cannot_be_restored_and_a_folder_has_no_versions() {
    let app = TestApp::boot().await;
    write(&app, "a.txt", "one").await;
    let versions = done(&app, "nc_webdav_list_versions", json!({ "path": "a.txt" })).await;
    assert_eq!(versions["total_count"], 1);
    let current = versions["versions"][0].clone();
    assert_eq!(current["is_current"], true);
    let arguments = json!({ "path": "a.txt", "version_id": current["version_id"] });
    let refused = fails(&app, "nc_webdav_restore_version", arguments).await;
    assert!(refused.starts_with("invalid_argument: "), "{refused}");
    let missing = json!({ "path": "a.txt", "version_id": "12" });
    let missing = fails(&app, "nc_webdav_restore_version", missing).await;
    assert!(missing.starts_with("not_found: version 12"), "{missing}");
    done(&app, "nc_webdav_create_directory", json!({ "path": "d" })).await;
    let folder = fails(&app, "nc_webdav_list_versions", json!({ "path": "d" })).await;
    assert!(folder.contains("folder"), "{folder}");
}

#[tokio::test]
async fn reading_tools_only_read() {
    let app = TestApp::boot().await;
    write(&app, "a.txt", "x").await;
    let tag = json!({ "path": "a.txt", "tag": "t", "create_tag": true });
    done(&app, "nc_webdav_tag_file", tag).await;
    app.recorder.take();
    for (tool, arguments) in [
        ("nc_webdav_list_trash", json!({})),
        ("nc_webdav_list_versions", json!({ "path": "a.txt" })),
        ("nc_webdav_list_tags", json!({})),
        ("nc_webdav_get_file_tags", json!({ "path": "a.txt" })),
        ("nc_webdav_find_by_tag_name", json!({ "tag": "t" })),
        ("nc_webdav_list_comments", json!({ "path": "a.txt" })),
        ("nc_webdav_list_favorites", json!({})),
    ] {
        done(&app, tool, arguments).await;
        for sent in app.recorder.take() {
            let reads = ["GET", "HEAD", "PROPFIND", "REPORT", "SEARCH"];
            assert!(reads.contains(&sent.method.as_str()), "{tool} sent {}", sent.method);
        }
    }
}

#[tokio::test]
async fn errors_name_what_was_asked_for_and_no_address() {
    let app = TestApp::boot().await;
    for (tool, arguments) in [
        ("nc_webdav_list_versions", json!({ "path": "none.txt" })),
        ("nc_webdav_get_file_tags", json!({ "path": "none.txt" })),
        ("nc_webdav_tag_file", json!({ "path": "none.txt", "tag": "x" })),
        ("nc_webdav_untag_file", json!({ "path": "none.txt", "tag": "x" })),
        ("nc_webdav_list_comments", json!({ "path": "none.txt" })),
        (
            "nc_webdav_create_comment",
            json!({ "path": "none.txt", "message": "x" }),
        ),
        (
            "nc_webdav_set_favorite",
            json!({ "path": "none.txt", "favorite": true }),
        ),
        ("nc_webdav_restore_from_trash", json!({ "entry_id": "none.txt.d1" })),
        ("nc_webdav_find_by_tag_name", json!({ "tag": "none.txt" })),
    ] {
        let text = fails(&app, tool, arguments).await;
        assert!(
            text.starts_with("not_found: ") && text.contains("none.txt"),
            "{tool}: {text}"
        );
        assert!(!text.contains("remote.php") && !text.contains("<d:"), "{tool}: {text}");
    }
    write(&app, "a.txt", "x").await;
    let unknown = fails(&app, "nc_webdav_tag_file", json!({ "path": "a.txt", "tag": "x" })).await;
    assert!(unknown.contains("create_tag"), "{unknown}");
}
