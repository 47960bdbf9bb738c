//! What holds for every tool.

mod cookbook;
pub(crate) mod deck;
mod tables;

use nc_server::config::Mode;
use nc_testkit::app::{TestApp, send};
use serde_json::{Value, json};

/// Arguments with which each tool does its work on an account that has `a.txt` with a tag and former content, `b.txt`, something in
/// the trash, a spare address book, and of notes, contacts, events and tasks two each.
fn arguments(tool: &str, notes: &[Value]) -> Value {
    match tool {
        "nc_notes_get_note" => json!({ "note_id": notes[0]["id"] }),
        "nc_notes_search_notes" => json!({ "query": "text" }),
        "nc_notes_create_note" => json!({ "title": "New", "content": "text", "category": "" }),
        "nc_notes_update_note" => json!({ "note_id": notes[0]["id"], "etag": notes[0]["etag"], "content": "changed" }),
        "nc_notes_append_content" => json!({ "note_id": notes[1]["id"], "content": "more" }),
        "nc_notes_delete_note" => json!({ "note_id": notes[1]["id"] }),
        "nc_notes_get_attachment" => json!({ "note_id": notes[0]["id"], "attachment_filename": "none.png" }),
        "nc_contacts_create_addressbook" => json!({ "name": "new", "display_name": "New" }),
        "nc_contacts_delete_addressbook" => json!({ "name": "spare" }),
        "nc_contacts_create_contact" => {
            json!({ "addressbook": "contacts", "uid": "new", "contact_data": { "fn": "New" } })
        }
        "nc_contacts_update_contact" => {
            json!({ "addressbook": "contacts", "uid": "kept", "contact_data": { "note": "changed" } })
        }
        "nc_contacts_delete_contact" => json!({ "addressbook": "contacts", "uid": "gone" }),
        "nc_contacts_list_contacts" => json!({ "addressbook": "contacts" }),
        "nc_contacts_search_contacts" => json!({ "query": "a" }),
        "nc_calendar_get_event" => json!({ "calendar_name": "personal", "event_uid": notes[2]["uid"] }),
        "nc_calendar_update_event" => {
            json!({ "calendar_name": "personal", "event_uid": notes[2]["uid"], "title": "Changed" })
        }
        "nc_calendar_delete_event" => json!({ "calendar_name": "personal", "event_uid": notes[3]["uid"] }),
        "nc_calendar_create_event" => {
            json!({ "calendar_name": "personal", "title": "New", "start_datetime": "2027-05-03" })
        }
        "nc_calendar_create_meeting" => {
            json!({ "title": "New", "date": "2027-05-03", "time": "10:00", "timezone": "Europe/Berlin" })
        }
        "nc_calendar_find_availability" => json!({ "duration_minutes": 30 }),
        "nc_calendar_bulk_operations" => json!({ "operation": "delete", "calendar_name": "personal" }),
        "nc_calendar_manage_calendar" => json!({ "action": "create", "calendar_name": "new" }),
        "nc_calendar_list_todos" => json!({ "calendar_name": "personal" }),
        "nc_calendar_create_todo" => json!({ "calendar_name": "personal", "summary": "New" }),
        "nc_calendar_update_todo" => {
            json!({ "calendar_name": "personal", "todo_uid": notes[4]["uid"], "summary": "Changed" })
        }
        "nc_calendar_complete_todo" => json!({ "calendar_name": "personal", "todo_uid": notes[4]["uid"] }),
        "nc_calendar_delete_todo" => json!({ "calendar_name": "personal", "todo_uid": notes[5]["uid"] }),
        "nc_webdav_read_file" | "nc_webdav_list_comments" | "nc_webdav_list_versions" | "nc_webdav_get_file_tags" => {
            json!({ "path": "a.txt" })
        }
        "nc_webdav_write_file" => json!({ "path": "new.txt", "content": "x" }),
        "nc_webdav_create_directory" => json!({ "path": "New" }),
        "nc_webdav_delete_resource" => json!({ "path": "b.txt" }),
        "nc_webdav_copy_resource" => json!({ "source_path": "a.txt", "destination_path": "copy.txt" }),
        "nc_webdav_move_resource" => json!({ "source_path": "copy.txt", "destination_path": "moved.txt" }),
        "nc_webdav_create_comment" => json!({ "path": "a.txt", "message": "seen" }),
        "nc_webdav_find_by_tag_name" => json!({ "tag": "seen" }),
        "nc_webdav_tag_file" | "nc_webdav_untag_file" => json!({ "path": "a.txt", "tag": "seen" }),
        "nc_webdav_set_favorite" => json!({ "path": "a.txt", "favorite": true }),
        "nc_webdav_restore_from_trash" => json!({ "entry_id": notes[6]["id"] }),
        "nc_webdav_restore_version" => json!({ "path": "a.txt", "version_id": notes[7]["version_id"] }),
        "nc_share_get" => json!({ "share_id": shared(notes, "a.txt") }),
        "nc_share_delete" => json!({ "share_id": shared(notes, "b.txt") }),
        "nc_share_update" => json!({ "share_id": shared(notes, "a.txt"), "permissions": 3 }),
        "nc_share_answer" => json!({ "share_id": 99_999_999, "accept": true }),
        "nc_share_accept_remote" | "nc_share_decline_remote" | "nc_share_remove_remote" => {
            json!({ "share_id": 99_999_999 })
        }
        "nc_share_create" => json!({ "path": "b.txt", "share_with": "bob" }),
        "nc_share_create_public_link" => json!({ "path": "a.txt" }),
        "nc_share_search_sharees" => json!({ "query": "bo" }),
        "nc_webdav_find_by_name" => json!({ "pattern": "a" }),
        "nc_webdav_find_by_type" => json!({ "mime_type": "text" }),
        tool if tool.starts_with("nc_cookbook_") => cookbook::arguments(tool, &notes[8]),
        deck if deck.starts_with("deck_") => deck::arguments(deck, &notes[9]),
        _ => tables::arguments(tool, notes),
    }
}

/// The number of the share of a file, among what was prepared.
fn shared<'a>(prepared: &'a [Value], name: &str) -> &'a Value {
    let path = format!("/{name}");
    let share = prepared.iter().find(|value| value["share"]["path"] == path.as_str());
    &share.expect("a share")["share"]["id"]
}

async fn prepared(settings: &[(&str, &str)]) -> (TestApp, Vec<Value>) {
    let app = TestApp::boot_with(Mode::SingleUser, settings).await;
    for path in ["a.txt", "b.txt"] {
        app.call("nc_webdav_write_file", &json!({ "path": path, "content": "x" }))
            .await
            .structured();
    }
    let mut notes = Vec::new();
    for title in ["One", "Two"] {
        let note = json!({ "title": title, "content": "text", "category": "" });
        notes.push(app.call("nc_notes_create_note", &note).await.structured());
    }
    let book = json!({ "name": "spare", "display_name": "Spare" });
    app.call("nc_contacts_create_addressbook", &book).await.structured();
    for uid in ["kept", "gone"] {
        let contact = json!({ "addressbook": "contacts", "uid": uid, "contact_data": { "fn": uid } });
        app.call("nc_contacts_create_contact", &contact).await.structured();
    }
    for title in ["One", "Two"] {
        let event = json!({ "calendar_name": "personal", "title": title, "start_datetime": "2027-05-03" });
        notes.push(app.call("nc_calendar_create_event", &event).await.structured());
    }
    for title in ["One", "Two"] {
        let todo = json!({ "calendar_name": "personal", "summary": title });
        notes.push(app.call("nc_calendar_create_todo", &todo).await.structured());
    }
    for content in ["former", "x"] {
        let again = json!({ "path": "a.txt", "content": content, "if_match": "*" });
        app.call("nc_webdav_write_file", &again).await.structured();
    }
    let tag = json!({ "path": "a.txt", "tag": "seen", "create_tag": true });
    app.call("nc_webdav_tag_file", &tag).await.structured();
    let gone = json!({ "path": "gone.txt", "content": "x" });
    app.call("nc_webdav_write_file", &gone).await.structured();
    app.call("nc_webdav_delete_resource", &json!({ "path": "gone.txt" }))
        .await
        .structured();
    let trash = app.call("nc_webdav_list_trash", &json!({})).await.structured();
    notes.push(trash["items"][0].clone());
    let versions = app.call("nc_webdav_list_versions", &json!({ "path": "a.txt" })).await;
    let former = versions.structured()["versions"]
        .as_array()
        .expect("versions")
        .last()
        .cloned();
    notes.push(former.expect("a former version"));
    notes.push(cookbook::prepare(&app).await);
    notes.push(deck::prepare(&app).await);
    for path in ["a.txt", "b.txt"] {
        let share = json!({ "path": path, "share_with": "bob" });
        notes.push(app.call("nc_share_create", &share).await.structured());
    }
    notes.push(tables::prepare(&app).await);
    app.recorder.take();
    (app, notes)
}

/// Tools that need a share from another server, which nobody makes here.
const NOBODY_SHARES: [&str; 3] = [
    "nc_share_accept_remote",
    "nc_share_decline_remote",
    "nc_share_remove_remote",
];

async fn tools(app: &TestApp) -> Vec<Value> {
    send(app.request("tools/list", json!({}))).await.result()["tools"]
        .as_array()
        .expect("tools")
        .clone()
}

#[tokio::test]
async fn a_tool_that_calls_itself_read_only_only_reads_and_every_request_carries_the_ocs_header() {
    let (app, notes) = prepared(&[]).await;
    let list = tools(&app).await;
    app.recorder.take();
    for tool in &list {
        let name = tool["name"].as_str().expect("name");
        let reply = app.call(name, &arguments(name, &notes)).await;
        let expected_to_fail = matches!(name, "nc_notes_get_attachment" | cookbook::FAILS | "nc_share_answer")
            || NOBODY_SHARES.contains(&name)
            || deck::NOT_HERE.contains(&name);
        assert_eq!(
            reply.result()["isError"] == true,
            expected_to_fail,
            "{name}: {}",
            reply.text
        );
        let sent = app.recorder.take();
        assert!(
            !sent.is_empty() || name == "nc_get_capabilities",
            "{name} asked nothing"
        );
        for request in sent {
            assert_eq!(
                request.headers["ocs-apirequest"], "true",
                "{name}: {} {}",
                request.method, request.path
            );
            assert!(!request.headers.contains_key("cookie"), "{name}");
            let reads = matches!(
                request.method.as_str(),
                "GET" | "HEAD" | "PROPFIND" | "REPORT" | "SEARCH"
            );
            assert!(
                reads || tool["annotations"]["readOnlyHint"] == false,
                "{name} sent {}",
                request.method
            );
        }
    }
}

#[tokio::test]
async fn every_result_is_as_its_schema_says() {
    let (app, notes) = prepared(&[]).await;
    for tool in tools(&app).await {
        let name = tool["name"].as_str().expect("name");
        let reply = app.call(name, &arguments(name, &notes)).await;
        if reply.result()["isError"] == true {
            continue;
        }
        let result = reply.structured();
        let properties = tool["outputSchema"]["properties"].as_object().expect("an object");
        for (field, value) in result.as_object().expect("an object") {
            let schema = properties
                .get(field)
                .unwrap_or_else(|| panic!("{name} does not announce {field}"));
            let kind = match value {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "integer",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            };
            let announced = &schema["type"];
            // Without a type it is an object or null, or one of several kinds.
            let fits = announced.is_null()
                || announced == kind
                || announced.as_array().is_some_and(|kinds| kinds.contains(&json!(kind)));
            assert!(fits, "{name}: {field} is {kind}, announced is {announced}");
        }
    }
}

#[tokio::test]
async fn every_tool_says_all_four_hints_and_takes_no_unknown_argument() {
    let app = TestApp::boot().await;
    let list = tools(&app).await;
    assert!(list.len() >= 58, "tools are missing: {}", list.len());
    let names: Vec<&str> = list.iter().map(|tool| tool["name"].as_str().expect("name")).collect();
    assert!(names.is_sorted());
    for tool in &list {
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{hint} of {}", tool["name"]);
        }
        let reply = app
            .call(tool["name"].as_str().expect("name"), &json!({ "surely_unknown": 1 }))
            .await;
        assert!(
            reply
                .error_text()
                .starts_with("invalid_argument: unknown argument `surely_unknown`"),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn read_only_mode_offers_and_runs_nothing_that_writes() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("MCP_READ_ONLY", "true")]).await;
    let list = tools(&app).await;
    assert!(!list.is_empty() && list.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true));
    let reply = app
        .call("nc_webdav_write_file", &json!({ "path": "a", "content": "x" }))
        .await;
    assert_eq!(reply.message()["error"]["code"], -32602);
}

#[tokio::test]
async fn only_the_chosen_apps_are_offered() {
    let app = TestApp::boot_with(Mode::SingleUser, &[("MCP_ENABLED_APPS", "notes")]).await;
    assert!(
        tools(&app)
            .await
            .iter()
            .all(|tool| tool["name"].as_str().is_some_and(|name| name.starts_with("nc_notes_")))
    );
    let reply = app.call("nc_webdav_list_directory", &json!({})).await;
    assert_eq!(reply.message()["error"]["code"], -32602);
}

#[tokio::test]
async fn errors_never_show_how_the_cloud_is_reached() {
    let (app, _) = prepared(&[]).await;
    for (tool, arguments) in [
        ("nc_webdav_read_file", json!({ "path": "none.txt" })),
        (
            "nc_webdav_write_file",
            json!({ "path": "none/none.txt", "content": "x" }),
        ),
        (
            "nc_webdav_move_resource",
            json!({ "source_path": "none", "destination_path": "none2" }),
        ),
        ("nc_notes_get_note", json!({ "note_id": 99_999_999 })),
        ("nc_webdav_find_by_name", json!({ "pattern": "x", "scope": "none" })),
    ] {
        let text = app.call(tool, &arguments).await.error_text();
        for leak in [
            "remote.php",
            "index.php",
            "<?xml",
            "http://",
            "Sabre",
            "panicked",
            "alice",
        ] {
            assert!(!text.contains(leak), "{tool}: {text}");
        }
    }
}

#[tokio::test]
async fn tools_of_an_app_that_the_cloud_lacks_are_hidden() {
    let app = TestApp::boot().await;
    app.recorder.hide_capability("notes");
    let names: Vec<String> = tools(&app)
        .await
        .iter()
        .map(|tool| tool["name"].as_str().expect("name").to_owned())
        .collect();
    assert!(names.iter().any(|name| name == "nc_webdav_read_file"), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("nc_notes_")), "{names:?}");
    let resources = send(app.request("resources/list", json!({}))).await.result();
    assert!(!resources.to_string().contains("notes://"), "{resources}");
    let all = TestApp::boot_with(Mode::SingleUser, &[("MCP_DISABLE_CAPABILITY_GATING", "true")]).await;
    all.recorder.hide_capability("notes");
    let all = tools(&all).await;
    assert!(all.iter().any(|tool| tool["name"] == "nc_notes_get_note"), "{all:?}");
}
