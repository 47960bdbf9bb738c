mod moves;

use nc_client::{BoardId, CardId, CardPatch, CardPlace, ETag, Error, LabelId, NewCard, StackId, WhichCards};
use nc_proto::{
    apps::deck::{Acl, Assignment, Attachment, Board, Card, Comment, Label, Stack},
    ocs::Envelope,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::replay::{Replay, area, exchange};

pub(super) const BOARD: BoardId = BoardId(79);
pub(super) const BACKLOG: StackId = StackId(71);
pub(super) const CARD: CardPlace = CardPlace {
    board: BOARD,
    stack: BACKLOG,
    card: CardId(82),
};

pub(super) fn recorded(name: &str) -> Value {
    exchange("deck", name)
}

/// An exchange with another path, for what was not recorded of this very object.
pub(super) fn at(name: &str, path: &str) -> Value {
    let mut exchange = recorded(name);
    exchange["request"]["path"] = json!(format!("/index.php/apps/deck/{path}"));
    exchange
}

/// An exchange whose answer is changed.
pub(super) fn answering(name: &str, change: impl Fn(&mut Value)) -> Value {
    let mut exchange = recorded(name);
    let mut body: Value = serde_json::from_str(exchange["response"]["body"].as_str().expect("body")).expect("JSON");
    change(&mut body);
    exchange["response"]["body"] = json!(body.to_string());
    exchange
}

fn refused(name: &str, status: u16, message: &str) -> Value {
    let mut exchange = recorded(name);
    exchange["response"]["status"] = json!(status);
    exchange["response"]["headers"] = json!({ "Content-Type": "application/json" });
    exchange["response"]["body"] = json!(json!({ "status": status, "message": message }).to_string());
    exchange
}

pub(super) fn start(exchanges: Vec<Value>) -> (std::sync::Arc<Replay>, nc_client::Client) {
    Replay::start_with(exchanges)
}

fn reads<T: DeserializeOwned>(name: &str, body: &str) {
    serde_json::from_str::<T>(body).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn every_recorded_answer_is_read() {
    let mut count = 0;
    for exchange in area("deck") {
        let name = exchange["name"].as_str().expect("name");
        let status = exchange["response"]["status"].as_u64().expect("status");
        let body = exchange["response"]["body"].as_str().unwrap_or_default();
        if status != 200 || matches!(name, "config-get" | "attachment-get-v1-1" | "overview-upcoming") {
            continue;
        }
        count += 1;
        let names: Vec<&str> = name.split('-').collect();
        match (names[0], names[1]) {
            ("boards", _) => reads::<Vec<Board>>(name, body),
            ("board", _) => reads::<Board>(name, body),
            ("stacks", _) => reads::<Vec<Stack>>(name, body),
            ("stack", _) => reads::<Stack>(name, body),
            ("label", _) => reads::<Label>(name, body),
            ("acl", _) => reads::<Acl>(name, body),
            ("card", "reorder") => reads::<Vec<Card>>(name, body),
            ("card", "assign" | "remove") if body == "null" => {}
            ("card", "assign" | "unassign") => reads::<Assignment>(name, body),
            ("card", _) => reads::<Card>(name, body),
            ("attachment", _) => reads::<Attachment>(name, body),
            ("attachments", _) => reads::<Vec<Attachment>>(name, body),
            ("comments", "list") => reads::<Envelope<Vec<Comment>>>(name, body),
            ("comments", "delete") => reads::<Envelope<Value>>(name, body),
            ("comments", _) => reads::<Envelope<Comment>>(name, body),
            _ => panic!("what is {name}?"),
        }
    }
    assert!(count > 45, "{count}");
}

#[tokio::test]
async fn p126_boards_that_were_deleted_are_not_listed_and_a_new_one_has_four_labels() {
    let (replay, client) = start(vec![recorded("boards-list-details"), recorded("board-create")]);
    let boards = client.deck().boards().await.expect("boards");
    assert_eq!(boards.iter().map(|board| board.id).collect::<Vec<_>>(), [BOARD]);
    let made = client.deck().create_board("Project 🎯", "ff0000").await.expect("made");
    assert_eq!((made.labels.len(), made.owner.id()), (4, "carol"));
    replay.done();
}

#[tokio::test]
async fn p116_what_is_absent_or_foreign_says_that_it_may_be_either() {
    let names = [
        "board-get-unknown",
        "board-get-foreign",
        "stack-get-unknown",
        "card-get-unknown",
        "label-get-unknown",
    ];
    let (replay, client) = Replay::start("deck", &names);
    let deck = client.deck();
    let unknown = 99_999_999;
    let errors = [
        deck.board(BoardId(unknown)).await.expect_err("unknown"),
        deck.board(BOARD).await.expect_err("foreign"),
        deck.stack(BOARD, StackId(unknown)).await.expect_err("stack"),
        deck.card(CardPlace {
            card: CardId(unknown),
            ..CARD
        })
        .await
        .expect_err("card"),
        deck.label(BOARD, LabelId(unknown)).await.expect_err("label"),
    ];
    replay.done();
    for error in errors {
        assert_eq!(error.code(), "forbidden");
        assert!(
            error
                .to_string()
                .ends_with("it was not found, or you have no permission"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_change_of_a_board_or_a_stack_keeps_what_is_not_named() {
    let names = ["board-get", "board-update", "stack-get", "stack-update"];
    let (replay, client) = start(vec![
        answering(names[0], |board| board["color"] = json!("00ff00")),
        recorded(names[1]),
        recorded(names[2]),
        recorded(names[3]),
    ]);
    let deck = client.deck();
    deck.update_board(BOARD, Some("Project"), None, None, None)
        .await
        .expect("board");
    deck.update_stack(BOARD, BACKLOG, None, Some(5), None)
        .await
        .expect("stack");
    replay.done();
}

#[tokio::test]
async fn p123_a_version_that_is_not_the_one_now_is_a_conflict_before_anything_is_sent() {
    let (replay, client) = Replay::start("deck", &["board-get", "stack-get", "label-get", "card-get"]);
    let (deck, old) = (client.deck(), ETag::parse("old").expect("etag"));
    let old = Some(&old);
    let patch = CardPatch {
        title: Some("x".to_owned()),
        ..CardPatch::default()
    };
    let errors = [
        deck.update_board(BOARD, Some("x"), None, None, old).await.map(drop),
        deck.update_stack(BOARD, BACKLOG, Some("x"), None, old).await.map(drop),
        deck.update_label(BOARD, LabelId(332), Some("x"), None, old)
            .await
            .map(drop),
        deck.update_card(CARD, &patch, old).await.map(drop),
    ];
    replay.done();
    for error in errors {
        let Err(Error::Conflict { current, .. }) = error else {
            panic!("{error:?}")
        };
        assert!(current.etag.is_some());
    }
}

#[tokio::test]
async fn p120_stacks_come_with_their_cards_in_order_and_those_without_are_empty() {
    let (replay, client) = Replay::start("deck", &["stacks-list"]);
    let stacks = client.deck().stacks(BOARD, WhichCards::Current).await.expect("stacks");
    replay.done();
    let seen: Vec<_> = stacks
        .iter()
        .map(|stack| (stack.id.0, stack.cards.iter().map(|card| card.id.0).collect::<Vec<_>>()))
        .collect();
    assert_eq!(seen, [(72, vec![]), (71, vec![83, 82])]);
}

#[tokio::test]
async fn p118_cards_of_one_place_are_in_the_order_of_their_numbers() {
    let same = answering("stacks-list", |stacks| {
        let mut cards = stacks[1]["cards"].as_array().expect("cards").clone();
        for card in &mut cards {
            card["order"] = json!(7);
        }
        stacks[1]["cards"] = json!(cards);
    });
    let (_, client) = start(vec![same]);
    let stacks = client.deck().stacks(BOARD, WhichCards::Current).await.expect("stacks");
    assert_eq!(
        stacks[1].cards.iter().map(|card| card.id.0).collect::<Vec<_>>(),
        [82, 83]
    );
}

#[tokio::test]
async fn p119_archived_cards_join_the_others_only_where_they_are_wanted() {
    let (replay, client) = Replay::start("deck", &["stacks-archived", "stacks-list", "stacks-archived"]);
    let deck = client.deck();
    let archived = deck.stacks(BOARD, WhichCards::Archived).await.expect("archived");
    assert_eq!(archived[1].cards.iter().map(|card| card.id.0).collect::<Vec<_>>(), [82]);
    assert_eq!(archived[1].cards[0].labels, None);
    let all = deck.stacks(BOARD, WhichCards::All).await.expect("all");
    assert_eq!(all[1].cards.iter().filter(|card| card.archived).count(), 1);
    replay.done();
}

#[tokio::test]
async fn a_card_is_made_with_what_is_given_and_wrong_dates_are_not_sent() {
    let (replay, client) = Replay::start(
        "deck",
        &["card-create", "card-create-minimal", "card-create-in-unknown-stack"],
    );
    let deck = client.deck();
    let new = NewCard {
        title: "Write docs".to_owned(),
        kind: Some("plain".to_owned()),
        order: Some(1),
        description: Some("**bold**".to_owned()),
        duedate: Some("2026-12-24T18:00:00+00:00".to_owned()),
        ..NewCard::default()
    };
    let made = deck.create_card(BOARD, BACKLOG, &new).await.expect("made");
    assert_eq!((made.id, made.order), (CARD.card, 1));
    let titled = |title: &str| NewCard {
        title: title.to_owned(),
        ..NewCard::default()
    };
    let second = deck.create_card(BOARD, BACKLOG, &titled("Second")).await.expect("made");
    assert_eq!((second.order, second.description.as_str()), (999, ""));
    let error = deck
        .create_card(BOARD, StackId(99_999_999), &titled("x"))
        .await
        .expect_err("stack");
    assert_eq!(error.code(), "forbidden");
    replay.done();
    for wrong in [
        titled(" "),
        NewCard {
            duedate: Some("someday".to_owned()),
            ..titled("x")
        },
    ] {
        let error = deck.create_card(BOARD, BACKLOG, &wrong).await.expect_err("wrong");
        assert_eq!(error.code(), "invalid_input");
    }
}

/// What is sent for a change of one field of a card that has all of them.
async fn sent_for(patch: CardPatch) -> Value {
    let full = |card: &mut Value| {
        card["done"] = json!("2026-11-21T00:00:00+00:00");
        card["order"] = json!(0);
    };
    let old = answering("card-get", full);
    let mut expected: Value = serde_json::from_str(old["response"]["body"].as_str().expect("body")).expect("JSON");
    let sent = json!({
        "title": expected["title"], "description": expected["description"], "type": "plain", "owner": "carol",
        "order": 0, "duedate": expected["duedate"], "done": expected["done"],
    });
    expected = sent;
    let set = [
        ("title", patch.title.clone().map(Value::from)),
        ("description", patch.description.clone().map(Value::from)),
        ("order", patch.order.map(Value::from)),
        ("owner", patch.owner.clone().map(Value::from)),
        ("archived", patch.archived.map(Value::from)),
        (
            "duedate",
            patch
                .duedate
                .clone()
                .map(|text| if text.is_empty() { Value::Null } else { text.into() }),
        ),
        (
            "done",
            patch
                .done
                .clone()
                .map(|text| if text.is_empty() { Value::Null } else { text.into() }),
        ),
    ];
    for (field, value) in set {
        if let Some(value) = value {
            expected[field] = value;
        }
    }
    let mut put = recorded("card-update");
    put["request"]["body"] = json!(expected.to_string());
    let (replay, client) = start(vec![old, put]);
    // The replay compares what is sent with what is expected, field by field.
    client.deck().update_card(CARD, &patch, None).await.expect("changed");
    replay.done();
    expected
}

#[tokio::test]
async fn p114_a_change_of_one_field_sends_all_others_as_they_are() {
    let none = CardPatch::default;
    let text = |text: &str| Some(text.to_owned());
    let patches = [
        CardPatch {
            title: text("New"),
            ..none()
        },
        CardPatch {
            description: text("New"),
            ..none()
        },
        CardPatch {
            description: text(""),
            ..none()
        },
        CardPatch {
            order: Some(4),
            ..none()
        },
        CardPatch {
            order: Some(0),
            ..none()
        },
        CardPatch {
            owner: text("dave"),
            ..none()
        },
        CardPatch {
            archived: Some(true),
            ..none()
        },
        CardPatch {
            duedate: text("2027-01-01T00:00:00Z"),
            ..none()
        },
        CardPatch {
            duedate: text(""),
            ..none()
        },
        CardPatch {
            done: text("2027-01-01T00:00:00Z"),
            ..none()
        },
        // P121: reopening sends null.
        CardPatch {
            done: text(""),
            ..none()
        },
    ];
    for patch in patches {
        let sent = sent_for(patch).await;
        assert!(sent.as_object().is_some_and(|sent| sent.len() >= 7));
    }
    // Archived as it is already: not sent, since a real server refuses it.
    let patch = CardPatch {
        archived: Some(false),
        title: text("New"),
        ..none()
    };
    let put = {
        let mut put = recorded("card-update");
        put["request"]["body"] = json!(
            json!({"title": "New", "description": "**bold**", "type": "plain", "owner": "carol",
            "order": 1, "duedate": "2026-12-24T18:00:00+00:00", "done": null})
            .to_string()
        );
        put
    };
    let (replay, client) = start(vec![recorded("card-get"), put]);
    client.deck().update_card(CARD, &patch, None).await.expect("changed");
    replay.done();
}

#[tokio::test]
async fn p114_the_recorded_changes_are_what_is_sent() {
    let changed = |card: &mut Value| {
        card["title"] = json!("Write the docs");
        card["description"] = json!("changed");
        card["order"] = json!(3);
        card["duedate"] = Value::Null;
        // P115: an id in the place of an object is read as well.
        card["owner"] = json!("carol");
    };
    let (replay, client) = start(vec![
        recorded("card-get"),
        recorded("card-update"),
        answering("card-get", changed),
        recorded("card-update-mark-done"),
    ]);
    let text = |text: &str| Some(text.to_owned());
    let patch = CardPatch {
        title: text("Write the docs"),
        description: text("changed"),
        order: Some(3),
        duedate: text(""),
        ..CardPatch::default()
    };
    let now = client.deck().update_card(CARD, &patch, None).await.expect("changed");
    assert_eq!(
        (now.title.as_str(), now.order, now.duedate),
        ("Write the docs", 3, None)
    );
    let patch = CardPatch {
        done: text("2026-11-21T00:00:00+00:00"),
        ..CardPatch::default()
    };
    let now = client.deck().update_card(CARD, &patch, None).await.expect("done");
    assert_eq!(now.done.as_deref(), Some("2026-11-21T00:00:00+00:00"));
    replay.done();
}

#[tokio::test]
async fn p119_a_change_of_an_archived_card_leaves_it_archived() {
    let put_away = |card: &mut Value| {
        for (field, value) in [
            ("title", json!("Write the docs")),
            ("description", json!("changed")),
            ("order", json!(3)),
            ("duedate", Value::Null),
            ("archived", json!(true)),
        ] {
            card[field] = value;
        }
    };
    let (replay, client) = start(vec![
        answering("card-get", put_away),
        recorded("card-update-while-archived"),
    ]);
    let patch = CardPatch {
        title: Some("late".to_owned()),
        archived: Some(true),
        ..CardPatch::default()
    };
    assert!(
        client
            .deck()
            .update_card(CARD, &patch, None)
            .await
            .expect("changed")
            .archived
    );
    replay.done();
}

#[tokio::test]
async fn a_wrong_stack_is_refused_since_a_change_there_would_move_the_card() {
    let elsewhere = at("card-get", "api/v1.0/boards/79/stacks/72/cards/82");
    let (replay, client) = start(vec![elsewhere]);
    let patch = CardPatch {
        title: Some("x".to_owned()),
        ..CardPatch::default()
    };
    let place = CardPlace {
        stack: StackId(72),
        ..CARD
    };
    let error = client
        .deck()
        .update_card(place, &patch, None)
        .await
        .expect_err("elsewhere");
    assert_eq!(
        error.to_string(),
        "stack_id: card 82 is not in stack 72, it is in stack 71"
    );
    replay.done();
}

#[tokio::test]
async fn p122_a_label_is_given_again_without_an_error_and_taken_only_where_it_is() {
    let labelled = answering("card-get", |card| {
        card["labels"] = json!([{ "id": 332, "title": "urgent" }]);
    });
    let (replay, client) = start(vec![
        recorded("label-get"),
        recorded("card-get"),
        recorded("card-assign-label"),
        recorded("label-get"),
        recorded("card-get"),
        recorded("card-assign-label-again"),
        labelled,
        recorded("card-remove-label"),
        recorded("card-get"),
    ]);
    let (deck, label) = (client.deck(), LabelId(332));
    deck.assign_label(CARD, label).await.expect("given");
    deck.assign_label(CARD, label).await.expect("given again");
    deck.remove_label(CARD, label).await.expect("taken");
    deck.remove_label(CARD, label).await.expect("not there");
    replay.done();
}

#[tokio::test]
async fn p122_a_user_is_assigned_again_without_an_error_and_the_missing_share_is_named() {
    let assigned = |card: &mut Value| {
        card["assignedUsers"] = json!([{ "id": 3, "participant": { "uid": "carol" }, "cardId": 82, "type": 0 }]);
    };
    let (replay, client) = start(vec![
        recorded("card-get"),
        recorded("card-assign-user"),
        // Somebody was faster between the look and the change.
        recorded("card-get"),
        recorded("card-assign-user-again"),
        answering("card-get", assigned),
        recorded("card-get"),
        recorded("card-assign-user-not-on-board"),
        recorded("card-get"),
        recorded("board-get"),
        answering("card-get", assigned),
        recorded("card-unassign-user"),
        recorded("card-get"),
    ]);
    let deck = client.deck();
    deck.assign_user(CARD, "carol").await.expect("assigned");
    deck.assign_user(CARD, "carol").await.expect("assigned again");
    let error = deck.assign_user(CARD, "dave").await.expect_err("not on the board");
    assert_eq!(
        error.to_string(),
        "user_id: \"dave\" does not see board 79; share the board first"
    );
    deck.unassign_user(CARD, "carol").await.expect("taken");
    deck.unassign_user(CARD, "carol").await.expect("not there");
    replay.done();
}

#[tokio::test]
async fn p126_a_label_of_that_title_is_looked_for_before_one_is_made() {
    let (replay, client) = start(vec![
        recorded("board-get"),
        recorded("label-create"),
        recorded("board-get"),
        recorded("label-get"),
        recorded("label-update"),
        recorded("label-get"),
        recorded("label-delete"),
    ]);
    let deck = client.deck();
    let (made, is_new) = deck.create_label(BOARD, "urgent", "#ff00ff").await.expect("made");
    assert_eq!((made.id, is_new), (LabelId(332), true));
    let (known, is_new) = deck.create_label(BOARD, "Later", "000000").await.expect("known");
    assert_eq!((known.id, is_new), (LabelId(326), false));
    let changed = deck
        .update_label(BOARD, made.id, Some("very urgent"), Some("123456"), None)
        .await
        .expect("changed");
    assert_eq!(changed.title, "very urgent");
    deck.delete_label(BOARD, made.id).await.expect("deleted");
    replay.done();
}

#[tokio::test]
async fn a_card_is_put_away_and_taken_out() {
    let away = answering("card-get", |card| card["archived"] = json!(true));
    let (replay, client) = start(vec![
        recorded("card-get"),
        recorded("card-archive"),
        away.clone(),
        away,
        recorded("card-unarchive"),
    ]);
    let deck = client.deck();
    assert!(deck.archive_card(CARD, true).await.expect("away").archived);
    assert!(deck.archive_card(CARD, true).await.expect("away already").archived);
    assert!(!deck.archive_card(CARD, false).await.expect("out").archived);
    replay.done();
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_a_stack_of_another_board_is_not_deleted() {
    let (replay, client) = start(vec![
        recorded("card-get"),
        recorded("card-delete"),
        answering("card-get", |card| card["deletedAt"] = json!(5)),
        at("stack-get", "api/v1.0/boards/80/stacks/71"),
        recorded("board-delete"),
        recorded("board-delete-unknown"),
        {
            let mut restore = at("board-get", "api/v1.0/boards/79/undo_delete");
            restore["request"]["method"] = json!("POST");
            restore
        },
    ]);
    let deck = client.deck();
    deck.delete_card(CARD).await.expect("deleted");
    assert_eq!(deck.delete_card(CARD).await.expect_err("again").code(), "not_found");
    let error = deck
        .delete_stack(BoardId(80), BACKLOG)
        .await
        .expect_err("another board");
    assert_eq!(
        error.to_string(),
        "board_id: stack 71 is not on board 80, it is on board 79"
    );
    deck.delete_board(BOARD).await.expect("deleted");
    assert_eq!(
        deck.delete_board(BoardId(99_999_999))
            .await
            .expect_err("unknown")
            .code(),
        "forbidden"
    );
    deck.restore_board(BOARD).await.expect("restored");
    replay.done();
}

#[tokio::test]
async fn a_refusal_shows_the_words_of_the_app() {
    let (replay, client) = start(vec![
        recorded("board-get"),
        refused("label-create", 400, "title must be unique"),
    ]);
    let error = client
        .deck()
        .create_label(BOARD, "urgent", "ff00ff")
        .await
        .expect_err("refused");
    assert!(
        error.to_string().contains("Nextcloud says: title must be unique"),
        "{error}"
    );
    replay.done();
}
