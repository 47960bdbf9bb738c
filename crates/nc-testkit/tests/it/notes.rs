//! Notes, through every layer.

use nc_testkit::app::{TestApp, send};
use serde_json::{Value, json};

async fn create(app: &TestApp, title: &str, content: &str, category: &str) -> Value {
    let arguments = json!({ "title": title, "content": content, "category": category });
    app.call("nc_notes_create_note", &arguments).await.structured()
}

async fn read(app: &TestApp, id: &Value) -> Value {
    app.call("nc_notes_get_note", &json!({ "note_id": id }))
        .await
        .structured()
}

#[tokio::test]
async fn a_note_lives_from_creation_to_deletion() {
    let app = TestApp::boot().await;
    let made = create(&app, "Shopping", "milk", "Home").await;
    assert_eq!(
        (&made["title"], &made["category"], &made["success"]),
        (&json!("Shopping"), &json!("Home"), &json!(true))
    );
    let note = read(&app, &made["id"]).await;
    assert_eq!((&note["content"], &note["etag"]), (&json!("milk"), &made["etag"]));
    assert!(
        note["url"]
            .as_str()
            .is_some_and(|url| url.ends_with(&format!("/index.php/apps/notes/note/{}", made["id"])))
    );

    let change = json!({ "note_id": made["id"], "etag": note["etag"], "content": "eggs" });
    let changed = app.call("nc_notes_update_note", &change).await.structured();
    assert_ne!(changed["etag"], note["etag"]);
    let added = json!({ "note_id": made["id"], "content": "bread" });
    app.call("nc_notes_append_content", &added).await.structured();
    let note = read(&app, &made["id"]).await;
    assert_eq!(
        (&note["content"], &note["title"], &note["category"]),
        (&json!("eggs\nbread"), &json!("Shopping"), &json!("Home"))
    );

    let gone = app
        .call("nc_notes_delete_note", &json!({ "note_id": made["id"] }))
        .await
        .structured();
    assert_eq!(gone["deleted_id"], made["id"]);
    for tool in ["nc_notes_get_note", "nc_notes_delete_note"] {
        let text = app.call(tool, &json!({ "note_id": made["id"] })).await.error_text();
        assert!(
            text.starts_with("not_found: ") && text.contains(&made["id"].to_string()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_stale_etag_is_refused_and_the_note_survives() {
    let app = TestApp::boot().await;
    let made = create(&app, "Plan", "first", "").await;
    let change = |content: &str| json!({ "note_id": made["id"], "etag": made["etag"], "content": content });
    app.call("nc_notes_update_note", &change("second")).await.structured();
    let text = app.call("nc_notes_update_note", &change("third")).await.error_text();
    assert!(
        text.starts_with("conflict: ") && text.contains("read it again"),
        "{text}"
    );
    assert_eq!(read(&app, &made["id"]).await["content"], "second");
}

#[tokio::test]
async fn each_single_field_can_be_changed_alone() {
    let app = TestApp::boot().await;
    for (field, value) in [("title", "Other"), ("content", "other"), ("category", "Other/Deep")] {
        let made = create(&app, "Title", "content", "Category").await;
        let mut change = json!({ "note_id": made["id"], "etag": made["etag"] });
        change[field] = value.into();
        app.call("nc_notes_update_note", &change).await.structured();
        let note = read(&app, &made["id"]).await;
        for (name, old) in [("title", "Title"), ("content", "content"), ("category", "Category")] {
            assert_eq!(
                note[name],
                if name == field { value } else { old },
                "{name} after a change of {field}"
            );
        }
        app.call("nc_notes_delete_note", &json!({ "note_id": made["id"] }))
            .await
            .structured();
    }
    let made = create(&app, "Title", "content", "").await;
    let nothing = json!({ "note_id": made["id"], "etag": made["etag"] });
    assert!(
        app.call("nc_notes_update_note", &nothing)
            .await
            .error_text()
            .starts_with("invalid_argument: ")
    );
}

#[tokio::test]
async fn a_taken_title_is_told() {
    let app = TestApp::boot().await;
    create(&app, "Same", "1", "").await;
    let second = create(&app, "Same", "2", "").await;
    assert_eq!(second["title"], "Same (2)");
    assert!(second["message"].as_str().is_some_and(|text| text.contains("Same (2)")));
}

#[tokio::test]
async fn lists_and_searches_say_what_they_leave_out() {
    let app = TestApp::boot().await;
    for number in 0..12 {
        create(
            &app,
            &format!("Note {number}"),
            if number % 2 == 0 { "even milk" } else { "odd" },
            "Work/Sub",
        )
        .await;
    }
    let list = app
        .call("nc_notes_list_notes", &json!({ "limit": 5 }))
        .await
        .structured();
    assert_eq!(
        (
            list["results"].as_array().map(Vec::len),
            &list["total_found"],
            &list["truncated"]
        ),
        (Some(5), &json!(12), &json!(true))
    );
    let list = app
        .call("nc_notes_list_notes", &json!({ "category": "Work" }))
        .await
        .structured();
    assert_eq!((&list["total_found"], &list["truncated"]), (&json!(12), &json!(false)));
    let list = app
        .call("nc_notes_list_notes", &json!({ "category": "" }))
        .await
        .structured();
    assert_eq!(list["total_found"], 0);
    let hits = app
        .call("nc_notes_search_notes", &json!({ "query": "MILK even" }))
        .await
        .structured();
    assert_eq!(hits["total_found"], 6);
    assert_eq!(hits["results"][0]["excerpt"], "even milk");
    assert_eq!(
        app.call("nc_notes_search_notes", &json!({ "query": "milk odd" }))
            .await
            .structured()["total_found"],
        0
    );
}

#[tokio::test]
async fn resources_and_completion_know_the_notes() {
    let app = TestApp::boot().await;
    let made = create(&app, "Resource", "text", "").await;
    let id = made["id"].to_string();
    let read = send(app.request("resources/read", json!({ "uri": format!("nc://Notes/{id}") })))
        .await
        .result();
    let note: Value = serde_json::from_str(read["contents"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!((&note["content"], &note["etag"]), (&json!("text"), &made["etag"]));
    let read = send(app.request("resources/read", json!({ "uri": "notes://settings" })))
        .await
        .result();
    assert!(
        read["contents"][0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("\"notes_path\":\"Notes\"")),
        "{read}"
    );
    let params = json!({ "ref": { "type": "ref/resource", "uri": "nc://Notes/{note_id}" }, "argument": { "name": "note_id", "value": "Res" } });
    let completion = send(app.request("completion/complete", params)).await.result();
    assert_eq!(completion["completion"]["values"], json!([id]));
}

#[tokio::test]
async fn titles_and_texts_of_any_script_survive() {
    let app = TestApp::boot().await;
    let text = "Größe 🎉 日本語 \u{202E}evil\u{202C} \"quoted\" \\ tab\t end";
    let made = create(&app, "Ünïcode 🎉 100% #1", text, "Käse & Brot").await;
    let note = read(&app, &made["id"]).await;
    assert_eq!(
        (&note["content"], &note["title"], &note["category"]),
        (&json!(text), &json!("Ünïcode 🎉 100% #1"), &json!("Käse & Brot"))
    );
    // What a model reads shows the character that turns text around.
    let reply = app
        .call("nc_notes_get_note", &json!({ "note_id": made["id"] }))
        .await
        .result();
    assert!(
        reply["content"][0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("\\u202eevil"))
    );
}

#[tokio::test]
async fn writers_at_once_lose_nothing() {
    let app = std::sync::Arc::new(TestApp::boot().await);
    let made = create(&app, "Log", "", "").await;
    let appends = (0..8).map(|number| {
        let (app, id) = (std::sync::Arc::clone(&app), made["id"].clone());
        tokio::spawn(async move {
            let line = json!({ "note_id": id, "content": format!("line {number}") });
            // Three tries are made for each; a loser of all three is told so and tries again.
            loop {
                let reply = app.call("nc_notes_append_content", &line).await;
                if reply.result()["isError"] != true {
                    return;
                }
                let text = reply.error_text();
                assert!(text.starts_with("conflict: ") || text.starts_with("locked: "), "{text}");
            }
        })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.expect("no panic");
    }
    let content = read(&app, &made["id"]).await["content"]
        .as_str()
        .expect("text")
        .to_owned();
    let mut lines: Vec<&str> = content.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, (0..8).map(|number| format!("line {number}")).collect::<Vec<_>>());
}
