//! Boards and cards through the tools, at the embedded cloud.

mod people;

use nc_testkit::app::{TestApp, send};
use serde_json::{Value, json};

pub(super) async fn done(app: &TestApp, tool: &str, arguments: Value) -> Value {
    app.call(tool, &arguments).await.structured()
}

async fn fails(app: &TestApp, tool: &str, arguments: Value) -> String {
    app.call(tool, &arguments).await.error_text()
}

/// Both objects in one.
fn with(one: &Value, more: Value) -> Value {
    let mut one = one.clone();
    if let (Some(one), Value::Object(more)) = (one.as_object_mut(), more) {
        one.extend(more);
    }
    one
}

/// A board with two stacks, and a card in the first.
struct Desk {
    app: TestApp,
    board: Value,
    stacks: [Value; 2],
    card: Value,
}

impl Desk {
    async fn new() -> Self {
        let app = TestApp::boot().await;
        let board = json!({ "title": "Project 🎯", "color": "#0082c9" });
        let board = done(&app, "deck_create_board", board).await["id"].clone();
        let mut stacks = [Value::Null, Value::Null];
        for (order, stack) in stacks.iter_mut().enumerate() {
            let new = json!({ "board_id": board, "title": format!("Stack {order}"), "order": order });
            *stack = done(&app, "deck_create_stack", new).await["id"].clone();
        }
        let card = json!({
            "board_id": board, "stack_id": stacks[0], "title": "Write docs", "description": "**bold**", "order": 0,
            "duedate": "2026-12-24T18:00:00+00:00",
        });
        let card = done(&app, "deck_create_card", card).await["id"].clone();
        Self {
            app,
            board,
            stacks,
            card,
        }
    }

    fn place(&self) -> Value {
        json!({ "board_id": self.board, "stack_id": self.stacks[0], "card_id": self.card })
    }

    async fn read(&self) -> Value {
        done(&self.app, "deck_get_card", self.place()).await
    }

    async fn update(&self, change: Value) -> Value {
        done(&self.app, "deck_update_card", with(&self.place(), change)).await
    }

    async fn card(&self, stack: usize, title: &str) -> Value {
        let card = json!({ "board_id": self.board, "stack_id": self.stacks[stack], "title": title });
        done(&self.app, "deck_create_card", card).await["id"].clone()
    }

    async fn titles(&self, stack: usize, more: Value) -> Vec<String> {
        let stack = with(&json!({ "board_id": self.board, "stack_id": self.stacks[stack] }), more);
        let cards = done(&self.app, "deck_get_cards", stack).await;
        let cards = cards["cards"].as_array().expect("cards").iter();
        cards
            .map(|card| card["title"].as_str().expect("text").to_owned())
            .collect()
    }
}

#[tokio::test]
async fn a_board_lives_from_its_first_stack_to_its_deletion_and_back() {
    let desk = Desk::new().await;
    let app = &desk.app;
    let board = json!({ "board_id": desk.board });
    let read = done(app, "deck_get_board", board.clone()).await;
    assert_eq!(
        (&read["title"], &read["color"]),
        (&json!("Project 🎯"), &json!("0082c9"))
    );
    assert_eq!(read["labels"].as_array().map(Vec::len), Some(4));
    let bare = json!({ "board_id": desk.board, "include_labels": false, "include_users": false });
    let bare = done(app, "deck_get_board", bare).await;
    assert_eq!((&bare["labels"], &bare["users"]), (&json!([]), &json!([])));
    let label = json!({ "board_id": desk.board, "title": "Later", "color": "000000" });
    let known = done(app, "deck_create_label", label).await;
    assert!(
        known["message"].as_str().is_some_and(|words| words.contains("already")),
        "{known}"
    );
    let on_card = with(&desk.place(), json!({ "label_id": known["id"] }));
    for _ in 0..2 {
        let labelled = done(app, "deck_assign_label_to_card", on_card.clone()).await;
        assert_eq!(labelled["labels"], json!(["Later"]));
    }
    let overview = done(app, "deck_get_board_overview", board.clone()).await;
    assert_eq!(
        (&overview["total_cards"], &overview["stacks"][0]["card_count"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(overview["stacks"][0]["cards"][0]["descriptionPreview"], "**bold**");
    assert_eq!(overview["stacks"][1]["cards"], json!([]));
    done(app, "deck_delete_board", board.clone()).await;
    assert_eq!(done(app, "deck_get_boards", json!({})).await["total"], 0);
    done(app, "deck_restore_board", board.clone()).await;
    assert_eq!(done(app, "deck_get_boards", json!({})).await["total"], 1);
    assert_eq!(desk.read().await["title"], "Write docs");
}

#[tokio::test]
async fn a_change_of_one_field_leaves_each_other_as_it_was() {
    let desk = Desk::new().await;
    desk.update(json!({ "done": "2026-11-21T00:00:00+00:00" })).await;
    let fields = [
        "title",
        "description",
        "type",
        "order",
        "duedate",
        "done",
        "archived",
        "owner",
        "stackId",
    ];
    let mut before = desk.read().await;
    for (field, change, now) in [
        ("title", json!("New title"), json!("New title")),
        ("description", json!("New text"), json!("New text")),
        ("description", json!(""), json!("")),
        ("order", json!(7), json!(7)),
        ("order", json!(0), json!(0)),
        ("archived", json!(true), json!(true)),
        ("title", json!("While archived"), json!("While archived")),
        ("archived", json!(true), json!(true)),
        ("archived", json!(false), json!(false)),
        ("duedate", json!(""), Value::Null),
        ("done", json!(""), Value::Null),
    ] {
        desk.update(json!({ field: change })).await;
        let after = desk.read().await;
        assert_eq!(after[field], now, "{field}");
        for other in fields.iter().filter(|other| **other != field) {
            assert_eq!(after[*other], before[*other], "{other} after a change of {field}");
        }
        before = after;
    }
}

#[tokio::test]
async fn a_version_that_is_not_the_one_now_is_a_conflict_and_changes_nothing() {
    let desk = Desk::new().await;
    let old = desk.read().await["ETag"].clone();
    desk.update(json!({ "title": "Theirs", "etag": old })).await;
    let mine = with(&desk.place(), json!({ "title": "Mine", "etag": "0123456789abcdef" }));
    let text = fails(&desk.app, "deck_update_card", mine).await;
    assert!(
        text.starts_with("conflict: card ") && text.contains("its etag is now"),
        "{text}"
    );
    let now = desk.read().await;
    assert_eq!(now["title"], "Theirs");
    let stack = json!({ "board_id": desk.board, "stack_id": desk.stacks[0], "title": "x", "etag": "old" });
    assert!(
        fails(&desk.app, "deck_update_stack", stack)
            .await
            .starts_with("conflict: ")
    );
}

#[tokio::test]
async fn unknown_ids_and_wrong_values_say_what_is_wrong() {
    let desk = Desk::new().await;
    let (app, board, stack, unknown) = (&desk.app, &desk.board, &desk.stacks[0], 99_999_999);
    for (tool, arguments) in [
        ("deck_get_board", json!({ "board_id": unknown })),
        ("deck_get_stacks", json!({ "board_id": unknown })),
        ("deck_get_stack", json!({ "board_id": board, "stack_id": unknown })),
        (
            "deck_get_card",
            json!({ "board_id": board, "stack_id": stack, "card_id": unknown }),
        ),
        ("deck_get_label", json!({ "board_id": board, "label_id": unknown })),
        ("deck_get_card_comments", json!({ "card_id": unknown })),
        (
            "deck_create_card",
            json!({ "board_id": board, "stack_id": unknown, "title": "x" }),
        ),
        ("deck_delete_board", json!({ "board_id": unknown })),
    ] {
        let text = fails(app, tool, arguments).await;
        assert!(
            text.ends_with("it was not found, or you have no permission"),
            "{tool}: {text}"
        );
    }
    let place = desk.place();
    for (tool, arguments, words) in [
        (
            "deck_update_card",
            with(&place, json!({ "duedate": "someday" })),
            "duedate: give date and time",
        ),
        (
            "deck_update_card",
            with(&place, json!({ "title": " " })),
            "title: it must not be empty",
        ),
        ("deck_update_card", place.clone(), "give at least one field"),
        (
            "deck_update_card",
            with(&place, json!({ "stack_id": desk.stacks[1], "title": "x" })),
            "is not in stack",
        ),
        (
            "deck_create_board",
            json!({ "title": "x", "color": "red" }),
            "six hexadecimal digits",
        ),
        (
            "deck_assign_user_to_card",
            with(&place, json!({ "user_id": "bob" })),
            "share the board first",
        ),
        (
            "deck_assign_dependent_card",
            with(&place, json!({ "dependent_card_id": 1 })),
            "from version 1.18 on",
        ),
        (
            "deck_delete_attachment",
            with(&place, json!({ "attachment_id": 1, "attachment_type": "x" })),
            "deck_file",
        ),
        (
            "deck_delete_attachment",
            with(&place, json!({ "attachment_id": 1 })),
            "was not found",
        ),
    ] {
        let text = fails(app, tool, arguments).await;
        assert!(text.contains(words), "{tool}: {text}");
    }
    assert_eq!(desk.read().await["stackId"], desk.stacks[0], "nothing moved the card");
}

#[tokio::test]
async fn cards_are_where_they_were_put_and_lists_show_them_so() {
    let desk = Desk::new().await;
    for title in ["b", "c", "d"] {
        desk.card(0, title).await;
    }
    let put = async |order: u32, stack: usize| {
        let from = desk.place();
        let to = with(&from, json!({ "order": order, "target_stack_id": desk.stacks[stack] }));
        done(&desk.app, "deck_reorder_card", to).await
    };
    put(2, 0).await;
    assert_eq!(desk.titles(0, json!({})).await, ["b", "c", "Write docs", "d"]);
    put(99, 0).await;
    assert_eq!(desk.titles(0, json!({})).await, ["b", "c", "d", "Write docs"]);
    put(0, 0).await;
    assert_eq!(desk.titles(0, json!({})).await, ["Write docs", "b", "c", "d"]);
    let moved = put(0, 1).await;
    assert_eq!(moved["stack_id"], desk.stacks[1]);
    assert_eq!(
        (
            desk.titles(0, json!({})).await.len(),
            desk.titles(1, json!({})).await.len()
        ),
        (3, 1)
    );
}

#[tokio::test]
async fn open_done_and_archived_cards_are_told_apart() {
    let desk = Desk::new().await;
    for (title, change) in [
        ("finished", json!({ "done": "2026-11-21T00:00:00Z" })),
        ("away", json!({ "archived": true })),
    ] {
        let card = desk.card(0, title).await;
        let place = with(&desk.place(), json!({ "card_id": card }));
        done(&desk.app, "deck_update_card", with(&place, change)).await;
    }
    let titles = async |status: &str| desk.titles(0, json!({ "status": status })).await;
    assert_eq!(titles("open").await, ["Write docs"]);
    assert_eq!(titles("done").await, ["finished"]);
    assert_eq!(titles("archived").await, ["away"]);
    assert_eq!(titles("all").await.len(), 3);
    let archived = done(&desk.app, "deck_get_archived_stacks", json!({ "board_id": desk.board })).await;
    assert_eq!(archived["stacks"][0]["cards"][0]["title"], "away");
    let text = json!({ "detail": "full", "description_max_length": 4 });
    let full = with(&json!({ "board_id": desk.board, "stack_id": desk.stacks[0] }), text);
    let full = done(&desk.app, "deck_get_stack", full).await;
    assert_eq!(full["cards"][0]["description"], "**bo…");
}

#[tokio::test]
async fn one_request_reads_a_board_however_many_cards_it_has() {
    let desk = Desk::new().await;
    for number in 0..12 {
        desk.card(number % 2, "another").await;
    }
    desk.app.recorder.take();
    let listed = done(&desk.app, "deck_get_stacks", json!({ "board_id": desk.board })).await;
    assert_eq!(listed["total"], 2);
    assert_eq!(desk.app.recorder.take().len(), 1);
}

#[tokio::test]
async fn long_texts_are_kept_whole_or_refused_with_their_length() {
    let desk = Desk::new().await;
    let long = "Größe 🎉 ".repeat(6_250);
    assert_eq!(long.chars().count(), 50_000);
    desk.update(json!({ "description": long })).await;
    assert_eq!(desk.read().await["description"], json!(long));
    let comment = json!({ "card_id": desk.card, "message": long });
    let text = fails(&desk.app, "deck_create_card_comment", comment.clone()).await;
    assert!(
        text.contains("it has 50000 characters, and a comment can have at most 1000"),
        "{text}"
    );
    let listed = done(&desk.app, "deck_get_card_comments", json!({ "card_id": desk.card })).await;
    assert_eq!(listed["count"], 0, "nothing was written");
    let split = done(
        &desk.app,
        "deck_create_card_comment",
        with(&comment, json!({ "overflow": "split" })),
    )
    .await;
    let parts = split["parts"].as_array().expect("parts");
    assert!(
        parts.len() >= 50 && split["part_count"] == parts.len(),
        "{}",
        parts.len()
    );
    let oldest = json!({ "card_id": desk.card, "limit": 200, "order": "oldest" });
    let listed = done(&desk.app, "deck_get_card_comments", oldest).await;
    let whole: String = listed["results"]
        .as_array()
        .expect("comments")
        .iter()
        .map(|comment| comment["message"].as_str().expect("text"))
        .collect();
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(letters(&whole), letters(&long));
}

#[tokio::test]
async fn a_card_on_another_board_keeps_its_number_comments_and_labels_by_title() {
    let desk = Desk::new().await;
    let app = &desk.app;
    let board = json!({ "title": "Other", "color": "0082c9" });
    let board = done(app, "deck_create_board", board).await["id"].clone();
    let stack = json!({ "board_id": board, "title": "In", "order": 1 });
    let stack = done(app, "deck_create_stack", stack).await["id"].clone();
    let own = json!({ "board_id": desk.board, "title": "only here", "color": "112233" });
    let own = done(app, "deck_create_label", own).await["id"].clone();
    let labels = done(app, "deck_get_labels", json!({ "board_id": desk.board })).await;
    let later = labels["labels"]
        .as_array()
        .expect("labels")
        .iter()
        .find(|label| label["title"] == "Later");
    for label in [&own, &later.expect("a label of every board")["id"]] {
        let label = with(&desk.place(), json!({ "label_id": label }));
        done(app, "deck_assign_label_to_card", label).await;
    }
    let comment = json!({ "card_id": desk.card, "message": "stays" });
    done(app, "deck_create_card_comment", comment).await;
    let to = json!({
        "source_board_id": desk.board, "source_stack_id": desk.stacks[0], "card_id": desk.card,
        "target_board_id": board, "target_stack_id": stack,
    });
    let moved = done(app, "deck_move_card_to_board", to).await;
    let place = json!({ "board_id": board, "stack_id": stack, "card_id": desk.card });
    let now = done(app, "deck_get_card", place).await;
    assert_eq!(
        (&now["description"], &now["duedate"]),
        (&json!("**bold**"), &json!("2026-12-24T18:00:00+00:00"))
    );
    assert_eq!(now["commentsCount"], 1, "{now}");
    let mut titles: Vec<&str> = now["labels"]
        .as_array()
        .expect("labels")
        .iter()
        .map(|label| label["title"].as_str().expect("text"))
        .collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Later", "only here"], "{moved}");
    assert!(
        now["labels"]
            .as_array()
            .expect("labels")
            .iter()
            .all(|label| label["boardId"] == board),
        "{now}"
    );
    assert!(desk.titles(0, json!({ "status": "all" })).await.is_empty());
}

#[tokio::test]
async fn a_file_at_a_card_stays_when_it_is_taken_from_there() {
    let desk = Desk::new().await;
    let app = &desk.app;
    done(
        app,
        "nc_webdav_write_file",
        json!({ "path": "plan.txt", "content": "first" }),
    )
    .await;
    let file = json!({ "card_id": desk.card, "path": "plan.txt" });
    let made = done(app, "deck_attach_file", file).await;
    let listed = done(app, "deck_list_attachments", desk.place()).await;
    assert_eq!(
        (&listed["count"], &listed["results"][0]["type"]),
        (&json!(1), &json!("file"))
    );
    assert_eq!(listed["results"][0]["id"], made["attachment_id"]);
    let gone = json!({ "attachment_id": made["attachment_id"], "attachment_type": "file" });
    done(app, "deck_delete_attachment", with(&desk.place(), gone)).await;
    assert_eq!(done(app, "deck_list_attachments", desk.place()).await["count"], 0);
    let read = done(app, "nc_webdav_read_file", json!({ "path": "plan.txt" })).await;
    assert_eq!(read["content"], "first");
    let text = fails(
        app,
        "deck_attach_file",
        json!({ "card_id": desk.card, "path": "none.txt" }),
    )
    .await;
    assert!(text.starts_with("not_found: "), "{text}");
    let text = fails(
        app,
        "deck_attach_file",
        json!({ "card_id": 99_999_999, "path": "plan.txt" }),
    )
    .await;
    assert!(text.starts_with("forbidden: "), "{text}");
}

#[tokio::test]
async fn resources_show_what_the_tools_show_and_ids_are_completed() {
    let desk = Desk::new().await;
    let app = &desk.app;
    let (board, stack, card) = (&desk.board, &desk.stacks[0], &desk.card);
    let read = async |uri: String| {
        let read = send(app.request("resources/read", json!({ "uri": uri })))
            .await
            .result();
        read["contents"][0]["text"].as_str().expect("text").to_owned()
    };
    for uri in [
        "nc://Deck/boards".to_owned(),
        format!("nc://Deck/boards/{board}"),
        format!("nc://Deck/boards/{board}/labels"),
    ] {
        assert!(read(uri.clone()).await.contains("Later"), "{uri}");
    }
    let stacks = format!("nc://Deck/boards/{board}/stacks");
    for uri in [
        stacks.clone(),
        format!("{stacks}/{stack}"),
        format!("{stacks}/{stack}/cards"),
        format!("{stacks}/{stack}/cards/{card}"),
    ] {
        assert!(read(uri.clone()).await.contains("Write docs"), "{uri}");
    }
    let labels = done(app, "deck_get_labels", json!({ "board_id": board })).await;
    let label = &labels["labels"][0];
    assert!(
        read(format!("nc://Deck/boards/{board}/labels/{}", label["id"]))
            .await
            .contains("boardId")
    );
    let template = "nc://Deck/boards/{board_id}/stacks/{stack_id}/cards/{card_id}";
    let chosen = json!({ "board_id": board.to_string(), "stack_id": stack.to_string() });
    for (template, name, typed, id) in [
        (template, "board_id", "proj", board),
        (template, "stack_id", "stack 0", stack),
        (template, "card_id", "WRITE", card),
        (
            "nc://Deck/boards/{board_id}/labels/{label_id}",
            "label_id",
            label["title"].as_str().expect("text"),
            &label["id"],
        ),
    ] {
        let params = json!({
            "ref": { "type": "ref/resource", "uri": template },
            "argument": { "name": name, "value": typed },
            "context": { "arguments": chosen },
        });
        let completion = send(app.request("completion/complete", params)).await.result();
        assert_eq!(completion["completion"]["values"], json!([id.to_string()]), "{name}");
    }
}

#[tokio::test]
async fn changes_at_the_same_time_lose_no_field() {
    let desk = Desk::new().await;
    let changes = [
        json!({ "title": "At once" }),
        json!({ "description": "at once" }),
        json!({ "duedate": "2027-01-01T00:00:00+00:00" }),
        json!({ "order": 5 }),
    ];
    let calls = changes.map(|change| desk.update(change));
    let [a, b, c, d] = calls;
    tokio::join!(a, b, c, d);
    let now = desk.read().await;
    assert_eq!(
        (&now["title"], &now["description"]),
        (&json!("At once"), &json!("at once"))
    );
    assert_eq!(
        (&now["duedate"], &now["order"]),
        (&json!("2027-01-01T00:00:00+00:00"), &json!(5))
    );
}

#[tokio::test]
async fn files_that_a_tag_hides_are_neither_attached_nor_shown_at_cards() {
    let app = TestApp::boot_with(nc_server::config::Mode::SingleUser, &[("EXCLUDED_TAGS", "Private")]).await;
    let board = json!({ "title": "Board", "color": "0082c9" });
    let board = done(&app, "deck_create_board", board).await["id"].clone();
    let stack = json!({ "board_id": board, "title": "Stack", "order": 1 });
    let stack = done(&app, "deck_create_stack", stack).await["id"].clone();
    let card = json!({ "board_id": board, "stack_id": stack, "title": "Card" });
    let card = done(&app, "deck_create_card", card).await["id"].clone();
    let place = json!({ "board_id": board, "stack_id": stack, "card_id": card });
    done(
        &app,
        "nc_webdav_write_file",
        json!({ "path": "veiled.txt", "content": "x" }),
    )
    .await;
    let attach = json!({ "card_id": card, "path": "veiled.txt" });
    let made = done(&app, "deck_attach_file", attach.clone()).await;
    assert_eq!(done(&app, "deck_list_attachments", place.clone()).await["count"], 1);
    for path in ["veiled.txt", made["path"].as_str().expect("a path")] {
        let tag = json!({ "path": path, "tag": "Private", "create_tag": true });
        app.call("nc_webdav_tag_file", &tag).await;
    }
    let text = fails(&app, "deck_attach_file", attach).await;
    assert!(text.starts_with("not_found: "), "{text}");
    for tool in ["deck_list_attachments", "deck_get_card"] {
        let shown = done(&app, tool, place.clone()).await;
        assert!(!shown.to_string().contains("veiled"), "{tool}: {shown}");
    }
    let gone = json!({ "attachment_id": made["attachment_id"], "attachment_type": "file" });
    let text = fails(&app, "deck_delete_attachment", with(&place, gone)).await;
    assert!(text.starts_with("not_found: "), "{text}");
}

#[tokio::test]
async fn p27_a_cloud_without_the_app_has_no_tool_and_no_resource_of_it() {
    let app = TestApp::boot().await;
    app.recorder.hide_capability("deck");
    let tools = send(app.request("tools/list", json!({}))).await.result();
    let names = tools["tools"].as_array().expect("tools").iter();
    let names: Vec<&str> = names.map(|tool| tool["name"].as_str().expect("a name")).collect();
    assert!(names.contains(&"nc_notes_get_note"), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("deck_")), "{names:?}");
    for list in ["resources/list", "resources/templates/list"] {
        let listed = send(app.request(list, json!({}))).await.result();
        assert!(!listed.to_string().contains("nc://Deck"), "{list}: {listed}");
    }
}
