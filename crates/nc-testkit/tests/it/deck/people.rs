//! Two people: what is not shared is not there, and what may only be read is not changed.

use nc_testkit::{
    app::{Reply, send},
    own_issuer_app::OwnIssuerApp,
};
use serde_json::{Value, json};

const SCOPES: &str = "openid deck:read deck:write files:read files:write notes:read";

struct Two {
    app: OwnIssuerApp,
    alice: String,
    bob: String,
}

impl Two {
    async fn new() -> Self {
        let app = OwnIssuerApp::boot().await;
        let (alice, bob) = (app.token(&app.alice, SCOPES).await, app.token(&app.bob, SCOPES).await);
        Self { app, alice, bob }
    }

    async fn done(&self, token: &str, tool: &str, arguments: Value) -> Value {
        let reply = self.app.call(token, tool, arguments).await;
        assert_ne!(reply.result()["isError"], true, "{tool}: {reply:?}");
        reply.structured()
    }

    async fn bob_fails(&self, tool: &str, arguments: Value) -> String {
        let reply = self.app.call(&self.bob, tool, arguments).await;
        assert_eq!(reply.result()["isError"], true, "{tool}: {reply:?}");
        reply.error_text()
    }

    async fn board(&self, token: &str, title: &str) -> (Value, Value, Value) {
        let board = json!({ "title": title, "color": "0082c9" });
        let board = self.done(token, "deck_create_board", board).await["id"].clone();
        let stack = json!({ "board_id": board, "title": title, "order": 1 });
        let stack = self.done(token, "deck_create_stack", stack).await["id"].clone();
        let card = json!({ "board_id": board, "stack_id": stack, "title": title });
        let card = self.done(token, "deck_create_card", card).await["id"].clone();
        (board, stack, card)
    }

    async fn share(&self, board: &Value, may_edit: bool) {
        let address = format!("{}/index.php/apps/deck/api/v1.0/boards/{board}/acl", self.app.cloud_url);
        let body = json!({
            "type": 0, "participant": "bob", "permissionEdit": may_edit, "permissionShare": false, "permissionManage": false,
        });
        self.send("POST", &address, &body).await;
    }

    /// Lets bob edit a board that he may read.
    async fn may_edit(&self, board: &Value) {
        let read = self
            .done(&self.alice, "deck_get_board", json!({ "board_id": board }))
            .await;
        let address = format!(
            "{}/index.php/apps/deck/api/v1.0/boards/{board}/acl/{}",
            self.app.cloud_url, read["acl"][0]["id"]
        );
        let body = json!({ "permissionEdit": true, "permissionShare": false, "permissionManage": false });
        self.send("PUT", &address, &body).await;
    }

    async fn send(&self, method: &str, address: &str, body: &Value) {
        let request = self
            .app
            .request(method, address)
            .header("authorization", self.app.alice.basic());
        let request = request
            .header("ocs-apirequest", "true")
            .header("content-type", "application/json");
        let reply = send(request.body(body.to_string())).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    async fn read(&self, uri: &str) -> Reply {
        send(self.app.message(&self.bob, "resources/read", json!({ "uri": uri }))).await
    }
}

#[tokio::test]
async fn no_tool_or_resource_shows_a_board_that_is_not_shared() {
    let two = Two::new().await;
    let (board, stack, card) = two.board(&two.alice, "only-alice-has-this").await;
    let label = json!({ "board_id": board, "title": "only-alice-has-this", "color": "0082c9" });
    let label = two.done(&two.alice, "deck_create_label", label).await["id"].clone();
    let place = json!({ "board_id": board, "stack_id": stack, "card_id": card });
    let on_stack = json!({ "board_id": board, "stack_id": stack });
    let on_board = json!({ "board_id": board });
    for (tool, arguments) in [
        ("deck_get_board", on_board.clone()),
        ("deck_get_board_overview", on_board.clone()),
        ("deck_get_stacks", on_board.clone()),
        ("deck_get_stacks", json!({ "board_id": board, "status": "all" })),
        ("deck_get_archived_stacks", on_board.clone()),
        ("deck_get_labels", on_board),
        ("deck_get_stack", on_stack.clone()),
        (
            "deck_get_stack",
            json!({ "board_id": board, "stack_id": stack, "status": "archived" }),
        ),
        ("deck_get_cards", on_stack),
        ("deck_get_card", place.clone()),
        ("deck_list_attachments", place),
        ("deck_get_label", json!({ "board_id": board, "label_id": label })),
        ("deck_get_card_comments", json!({ "card_id": card })),
        ("deck_get_card_comments", json!({ "card_id": card, "order": "oldest" })),
    ] {
        let text = two.bob_fails(tool, arguments).await;
        assert!(
            text.starts_with("forbidden: ") && !text.contains("only-alice"),
            "{tool}: {text}"
        );
    }
    let listed = two.done(&two.bob, "deck_get_boards", json!({})).await;
    assert!(!listed.to_string().contains("only-alice"), "{listed}");
    for path in [
        format!("boards/{board}"),
        format!("boards/{board}/labels"),
        format!("boards/{board}/labels/{label}"),
        format!("boards/{board}/stacks"),
        format!("boards/{board}/stacks/{stack}"),
        format!("boards/{board}/stacks/{stack}/cards"),
        format!("boards/{board}/stacks/{stack}/cards/{card}"),
    ] {
        let reply = two.read(&format!("nc://Deck/{path}")).await;
        assert!(
            reply.message()["error"].is_object() && !reply.text.contains("only-alice"),
            "{path}: {reply:?}"
        );
    }
    let listed = two.read("nc://Deck/boards").await;
    assert!(!listed.text.contains("only-alice"), "{listed:?}");
    for name in ["board_id", "stack_id", "card_id"] {
        let params = json!({
            "ref": { "type": "ref/resource", "uri": "nc://Deck/boards/{board_id}/stacks/{stack_id}/cards/{card_id}" },
            "argument": { "name": name, "value": "" },
            "context": { "arguments": { "board_id": board.to_string(), "stack_id": stack.to_string() } },
        });
        let reply = send(two.app.message(&two.bob, "completion/complete", params)).await;
        assert_eq!(reply.result()["completion"]["values"], json!([]), "{name}: {reply:?}");
    }
}

#[tokio::test]
async fn what_may_only_be_read_gets_no_card_and_the_card_stays_where_it_was() {
    let two = Two::new().await;
    let (board, stack, card) = two.board(&two.alice, "Alice's").await;
    let (own, own_stack, own_card) = two.board(&two.bob, "Bob's").await;
    let move_there = json!({
        "source_board_id": own, "source_stack_id": own_stack, "card_id": own_card,
        "target_board_id": board, "target_stack_id": stack,
    });
    let stays = json!({ "board_id": own, "stack_id": own_stack, "card_id": own_card });
    let text = two.bob_fails("deck_move_card_to_board", move_there.clone()).await;
    assert!(text.starts_with("forbidden: "), "{text}");
    two.share(&board, false).await;
    let text = two.bob_fails("deck_move_card_to_board", move_there.clone()).await;
    assert_eq!(
        text,
        format!("forbidden: no permission for board {board}: you may only read it")
    );
    let fetch = json!({
        "source_board_id": board, "source_stack_id": stack, "card_id": card,
        "target_board_id": own, "target_stack_id": own_stack,
    });
    let text = two.bob_fails("deck_move_card_to_board", fetch).await;
    assert!(text.starts_with("forbidden: "), "{text}");
    assert_eq!(two.done(&two.bob, "deck_get_card", stays).await["title"], "Bob's");
    let theirs = json!({ "board_id": board, "stack_id": stack, "card_id": card });
    assert_eq!(
        two.done(&two.alice, "deck_get_card", theirs.clone()).await["title"],
        "Alice's"
    );
    for (tool, arguments) in [
        ("deck_update_card", json!({ "title": "x" })),
        ("deck_archive_card", json!({})),
        ("deck_delete_card", json!({})),
        ("deck_assign_user_to_card", json!({ "user_id": "bob" })),
    ] {
        let text = two.bob_fails(tool, super::with(&theirs, arguments)).await;
        assert!(text.starts_with("forbidden: "), "{tool}: {text}");
    }
    two.may_edit(&board).await;
    let moved = two.done(&two.bob, "deck_move_card_to_board", move_there).await;
    assert_eq!((&moved["board_id"], &moved["stack_id"]), (&board, &stack));
    let there = json!({ "board_id": board, "stack_id": stack, "card_id": own_card });
    assert_eq!(two.done(&two.alice, "deck_get_card", there).await["title"], "Bob's");
}

#[tokio::test]
async fn nobody_edits_or_deletes_the_comment_of_another() {
    let two = Two::new().await;
    let (board, _, card) = two.board(&two.alice, "Shared").await;
    two.share(&board, true).await;
    let comment = json!({ "card_id": card, "message": "mine" });
    let made = two.done(&two.alice, "deck_create_card_comment", comment).await;
    let one = json!({ "card_id": card, "comment_id": made["comment"]["id"] });
    let reply = json!({ "card_id": card, "message": "reply", "parent_id": made["comment"]["id"] });
    two.done(&two.bob, "deck_create_card_comment", reply).await;
    for (tool, arguments) in [
        ("deck_update_card_comment", json!({ "message": "yours" })),
        ("deck_delete_card_comment", json!({})),
    ] {
        let text = two.bob_fails(tool, super::with(&one, arguments)).await;
        assert!(text.ends_with("it was not found, or it is not yours"), "{tool}: {text}");
    }
    let listed = two
        .done(&two.bob, "deck_get_card_comments", json!({ "card_id": card }))
        .await;
    assert_eq!(
        (&listed["count"], &listed["results"][1]["message"]),
        (&json!(2), &json!("mine"))
    );
    assert_eq!(listed["results"][0]["replyTo"], made["comment"]["id"]);
}
