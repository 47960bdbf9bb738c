//! Cards that move, and what is at them: comments, attachments, other cards.

use nc_client::{AttachmentId, AttachmentKind, BoardId, CardId, CardPlace, CommentId, StackId};
use serde_json::{Value, json};

use super::{BACKLOG, BOARD, CARD, answering, at, recorded, start};
use crate::replay::{Replay, exchange};

/// The call that puts a card to a place, as the app's own page makes it.
fn put_place(order: i64, stack: i64) -> Value {
    let mut put = at("card-reorder-within-stack", "cards/83/reorder");
    put["request"]["body"] = json!(json!({ "order": order, "stackId": stack }).to_string());
    put
}

#[tokio::test]
async fn p117_a_move_in_a_board_is_believed_only_when_the_card_is_read_there() {
    let with_card = |stack: i64| {
        let mut read = answering("stack-get", |body| {
            body["id"] = json!(stack);
            body["cards"] = json!([{ "id": 83, "title": "Second", "stackId": stack, "order": 0 }]);
        });
        read["request"]["path"] = json!(format!("/index.php/apps/deck/api/v1.0/boards/79/stacks/{stack}"));
        read
    };
    let (replay, client) = start(vec![recorded("stacks-list"), put_place(0, 72), with_card(72)]);
    let place = CardPlace {
        card: CardId(83),
        ..CARD
    };
    // Behind the end is the end.
    let placed = client.deck().reorder_card(place, StackId(72), 99).await.expect("moved");
    assert_eq!((placed.place.stack, placed.position), (StackId(72), 0));
    replay.done();

    let (replay, client) = start(vec![
        recorded("stacks-list"),
        put_place(0, 72),
        at("stack-get", "api/v1.0/boards/79/stacks/71"),
    ]);
    replay.replace(2, {
        let mut empty = answering("stack-get", |body| body["id"] = json!(72));
        empty["request"]["path"] = json!("/index.php/apps/deck/api/v1.0/boards/79/stacks/72");
        empty
    });
    let error = client
        .deck()
        .reorder_card(place, StackId(72), 0)
        .await
        .expect_err("not moved");
    assert!(
        error.to_string().contains("not in the stack that was asked for"),
        "{error}"
    );
    replay.done();

    let (replay, client) = Replay::start("deck", &["stacks-list"]);
    let error = client
        .deck()
        .reorder_card(place, StackId(5), 0)
        .await
        .expect_err("no stack");
    assert_eq!(error.to_string(), "stack_id: board 79 has no stack 5; it has 72, 71");
    replay.done();
}

#[tokio::test]
async fn a_move_to_another_board_takes_labels_by_title_and_says_which_are_lost() {
    let label =
        |id: i64, title: &str, board: i64| json!({ "id": id, "title": title, "color": "ff00ff", "boardId": board });
    let person = |id: &str| json!({ "id": 1, "participant": { "uid": id }, "cardId": 82, "type": 0 });
    let before = answering("card-get", |card| {
        card["labels"] = json!([label(323, "Finished", 79), label(332, "urgent", 79)]);
        card["assignedUsers"] = json!([person("carol"), person("dave")]);
        card["commentsCount"] = json!(2);
    });
    let target = |name: &str, path: &str, change: &dyn Fn(&mut Value)| {
        let mut exchange = answering(name, change);
        exchange["request"]["path"] = json!(format!("/index.php/apps/deck/api/v1.0/boards/80{path}"));
        exchange
    };
    let board = target("board-get", "", &|board| {
        board["id"] = json!(80);
        board["labels"] = json!([label(400, "Finished", 80)]);
        board["permissions"]["PERMISSION_MANAGE"] = json!(false);
    });
    let stacks = target("stacks-list", "/stacks", &|stacks| {
        *stacks = json!([{ "id": 90, "title": "In", "boardId": 80, "order": 1 }]);
    });
    // The server moved the card and left its labels as they were.
    let put = target("card-update", "/stacks/90/cards/82", &|card| {
        card["stackId"] = json!(90);
    });
    let mut put = put;
    put["request"]["body"] = json!(
        json!({"title": "Write docs", "description": "**bold**", "type": "plain",
        "owner": "carol", "order": 1, "duedate": "2026-12-24T18:00:00+00:00", "done": null})
        .to_string()
    );
    let mut place = at("card-reorder-within-stack", "cards/82/reorder");
    place["request"]["body"] = json!(json!({ "order": 0, "stackId": 90 }).to_string());
    let now = target("card-get", "/stacks/90/cards/82", &|card| {
        card["stackId"] = json!(90);
        card["labels"] = json!([label(323, "Finished", 79), label(332, "urgent", 79)]);
        card["commentsCount"] = json!(2);
    });
    let with_label = |name: &str, id: i64| {
        let mut put = target(
            name,
            &format!(
                "/stacks/90/cards/82/{}",
                if name.ends_with("assign-label") {
                    "assignLabel"
                } else {
                    "removeLabel"
                }
            ),
            &|_| {},
        );
        put["request"]["body"] = json!(json!({ "labelId": id }).to_string());
        put
    };
    let last = target("card-get", "/stacks/90/cards/82", &|card| {
        card["stackId"] = json!(90);
        card["labels"] = json!([label(400, "Finished", 80)]);
        card["commentsCount"] = json!(2);
    });
    let (replay, client) = start(vec![
        before,
        board,
        stacks,
        put,
        place,
        now,
        with_label("card-remove-label", 323),
        with_label("card-remove-label", 332),
        with_label("card-assign-label", 400),
        last,
    ]);
    let moved = client
        .deck()
        .move_card(CARD, BoardId(80), StackId(90), 5)
        .await
        .expect("moved");
    replay.done();
    assert_eq!(moved.lost_labels, ["urgent"]);
    assert_eq!(moved.lost_people, ["dave"]);
    assert_eq!((moved.lost_comments, moved.card.stack_id), (0, StackId(90)));
}

#[tokio::test]
async fn a_board_that_may_only_be_read_gets_no_card_and_nothing_is_sent() {
    let board = answering("board-get", |board| {
        board["permissions"]["PERMISSION_EDIT"] = json!(false);
    });
    let (replay, client) = start(vec![recorded("card-get"), board]);
    let error = client
        .deck()
        .move_card(CARD, BOARD, BACKLOG, 0)
        .await
        .expect_err("read-only");
    assert_eq!(error.to_string(), "no permission for board 79: you may only read it");
    replay.done();
}

#[tokio::test]
async fn p124_comments_are_written_changed_and_deleted_and_long_ones_are_counted() {
    let names = [
        "comments-list-empty",
        "comments-create",
        "comments-create-reply",
        "comments-list",
        "comments-update",
        "comments-delete",
        "comments-on-unknown-card",
    ];
    let mut exchanges: Vec<Value> = names.iter().map(|name| recorded(name)).collect();
    for (place, query) in [
        (0, "?limit=20&offset=0&format=json"),
        (6, "?limit=20&offset=0&format=json"),
    ] {
        let path = exchanges[place]["request"]["path"].as_str().expect("path").to_owned();
        let path = path.split('?').next().expect("path");
        exchanges[place]["request"]["path"] = json!(format!("{path}{query}"));
    }
    let (replay, client) = start(exchanges);
    let (deck, card) = (client.deck(), CARD.card);
    assert_eq!(deck.comments(card, 20, 0).await.expect("none"), []);
    let made = deck.comment(card, "Looks good @carol", None).await.expect("made");
    assert_eq!(
        (made.id, made.mentions[0].mention_id.as_str()),
        (CommentId(42), "carol")
    );
    let reply = deck.comment(card, "reply", Some(made.id)).await.expect("reply");
    assert_eq!(reply.reply_to.map(|parent| parent.id), Some(made.id));
    let listed = deck.comments(card, 20, 0).await.expect("listed");
    assert_eq!(listed.iter().map(|comment| comment.id.0).collect::<Vec<_>>(), [43, 42]);
    assert_eq!(
        deck.update_comment(card, made.id, "edited")
            .await
            .expect("edited")
            .message,
        "edited"
    );
    deck.delete_comment(card, made.id).await.expect("deleted");
    let error = deck.comments(CardId(99_999_999), 20, 0).await.expect_err("unknown");
    assert_eq!(error.code(), "forbidden");
    replay.done();
    for (text, words) in [
        (
            "é".repeat(1001),
            "it has 1001 characters, and a comment can have at most 1000",
        ),
        (" \n".to_owned(), "it must not be empty"),
    ] {
        let error = deck.comment(card, &text, None).await.expect_err("wrong").to_string();
        assert_eq!(error, format!("message: {words}"));
    }
}

#[tokio::test]
async fn p125_attachments_of_both_kinds_are_told_apart_and_older_servers_know_one() {
    let missing = {
        let mut missing = recorded("attachments-list-v1-1");
        missing["response"] = json!({ "status": 404, "headers": { "Content-Type": "text/html" }, "body": "<html>" });
        missing
    };
    let deleted = |version: &str, id: &str| {
        let mut delete = at(
            "card-delete",
            &format!("api/{version}/boards/79/stacks/71/cards/82/attachments/{id}"),
        );
        delete["response"]["body"] = json!("{}");
        delete
    };
    let (replay, client) = start(vec![
        recorded("card-get"),
        recorded("attachments-list-v1-1"),
        recorded("card-get"),
        missing,
        recorded("attachments-list-v1-0"),
        recorded("card-get"),
        recorded("attachments-list-v1-1"),
        deleted("v1.1", "file/55"),
        recorded("card-get"),
        recorded("attachments-list-v1-1"),
    ]);
    let deck = client.deck();
    let both = deck.attachments(CARD).await.expect("both");
    let keys: Vec<_> = both.iter().map(|one| (one.kind.as_str(), one.id.0)).collect();
    assert_eq!(keys, [("deck_file", 1), ("file", 55)]);
    assert_eq!(deck.attachments(CARD).await.expect("one").len(), 1);
    deck.delete_attachment(CARD, AttachmentKind::File, AttachmentId(55))
        .await
        .expect("deleted");
    // The number alone names nothing.
    let error = deck
        .delete_attachment(CARD, AttachmentKind::File, AttachmentId(1))
        .await
        .expect_err("other kind");
    assert_eq!(error.to_string(), "attachment 1 (file) of card 82 was not found");
    replay.done();
}

#[tokio::test]
async fn dependent_cards_need_a_newer_app_and_say_so() {
    let (replay, client) = start(vec![recorded("card-get")]);
    let error = client
        .deck()
        .set_dependent(CARD, CardId(83), true)
        .await
        .expect_err("older");
    assert_eq!(error.code(), "unsupported");
    let words = "this Nextcloud cannot do that with dependent cards: Deck can do that from version 1.18 on, and this \
                 Nextcloud has 1.16.7";
    assert_eq!(error.to_string(), words);
    replay.done();

    let newer = {
        let mut newer = exchange("core", "capabilities-user-json");
        let body = newer["response"]["body"]
            .as_str()
            .expect("body")
            .replace("1.16.7", "1.18.3");
        newer["response"]["body"] = json!(body);
        newer
    };
    let waiting = answering("card-get", |card| card["dependentCards"] = json!([83]));
    let put = |method: &str| {
        let mut put = at("card-delete", "api/v1.0/boards/79/stacks/71/cards/82/dependentCards/83");
        put["request"]["method"] = json!(method);
        put
    };
    let (replay, client) = start(vec![
        recorded("card-get"),
        newer,
        put("POST"),
        waiting.clone(),
        waiting,
        put("DELETE"),
    ]);
    let deck = client.deck();
    deck.set_dependent(CARD, CardId(83), true).await.expect("waits");
    deck.set_dependent(CARD, CardId(83), true).await.expect("waits already");
    deck.set_dependent(CARD, CardId(83), false)
        .await
        .expect("waits no more");
    replay.done();
}
