use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::*;

fn card() -> Value {
    json!({
        "id": 82, "title": "Write docs", "description": "**bold**", "stackId": 71, "type": "plain",
        "lastModified": 5, "lastEditor": null, "createdAt": 4, "labels": [], "assignedUsers": [],
        "attachments": null, "attachmentCount": 0,
        "owner": {"primaryKey": "carol", "uid": "carol", "displayname": "Carol", "type": 0},
        "order": 0, "archived": false, "done": null, "duedate": "2026-12-24T18:00:00+00:00", "deletedAt": 0,
        "commentsUnread": 0, "commentsCount": 0, "ETag": "9f163007806c3dad9e74ad3fdfd9efa0", "overdue": 0
    })
}

fn with(mut value: Value, field: &str, new: Value) -> Value {
    value[field] = new;
    value
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("readable")
}

fn written<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("writable")
}

#[test]
fn a_card_reads_and_writes_back_as_it_came() {
    assert_eq!(written(&read::<Card>(card())), card());
}

#[test]
fn an_owner_is_an_object_or_an_id_and_a_change_sends_the_id() {
    let named: Card = read(card());
    let bare: Card = read(with(card(), "owner", json!("carol")));
    assert_eq!((named.owner.id(), bare.owner.id()), ("carol", "carol"));
    assert_eq!(named.content(), bare.content());
    assert_eq!(written(&named.content())["owner"], "carol");
    let sent: CardContent =
        read(json!({"title": "x", "type": "plain", "owner": {"uid": "carol", "primaryKey": "carol"}}));
    assert_eq!(sent.owner, "carol");
}

#[test]
fn null_labels_and_users_are_not_told_and_empty_ones_are_none() {
    let raw = with(with(card(), "labels", Value::Null), "assignedUsers", Value::Null);
    let raw: Card = read(raw);
    assert_eq!((&raw.labels, &raw.assigned_users), (&None, &None));
    assert_eq!(written(&raw)["labels"], Value::Null);
    assert_eq!(read::<Card>(card()).labels, Some(Vec::new()));
}

#[test]
fn a_place_of_0_and_an_empty_text_are_values() {
    let content = read::<Card>(with(card(), "description", json!(""))).content();
    let sent = written(&content);
    assert_eq!((&sent["order"], &sent["description"]), (&json!(0), &json!("")));
    assert_eq!(sent["done"], Value::Null);
    assert!(
        sent.as_object()
            .is_some_and(|sent| sent.contains_key("done") && !sent.contains_key("archived"))
    );
}

#[test]
fn a_stack_without_cards_is_empty_and_writes_no_field() {
    let recorded = json!({"id": 72, "title": "Done", "boardId": 79, "deletedAt": 0, "lastModified": 0, "order": 2,
        "ETag": "cfcd208495d565ef66e7dff9f98764da"});
    let stack: Stack = read(recorded.clone());
    assert!(stack.cards.is_empty());
    assert_eq!(written(&stack), recorded);
    assert!(read::<Stack>(with(recorded, "cards", Value::Null)).cards.is_empty());
}

#[test]
fn settings_are_a_map_or_an_empty_list() {
    let board = json!({"id": 79, "title": "Project", "owner": "carol", "settings": []});
    let empty: Board = read(board.clone());
    assert_eq!(written(&empty)["settings"], json!([]));
    let settings = json!({"notify-due": "assigned", "calendar": true});
    let set: Board = read(with(board, "settings", settings.clone()));
    assert_eq!(written(&set)["settings"], settings);
}

#[test]
fn a_share_whose_account_is_gone_keeps_the_id() {
    let acl: Acl =
        read(json!({"id": 2, "participant": "nobody-here", "type": 0, "boardId": "79", "permissionEdit": true}));
    assert_eq!((acl.participant.id(), acl.board_id), ("nobody-here", BoardId(79)));
}

#[test]
fn attachments_of_both_kinds_are_read() {
    let inside = json!({"id": 1, "cardId": 82, "type": "deck_file", "data": "note.txt", "extendedData": {"filesize": 13,
        "mimetype": "text/plain", "info": {"dirname": ".", "basename": "note.txt", "extension": "txt", "filename": "note"}}});
    let inside: Attachment = read(inside);
    assert_eq!(
        (inside.extended_data.path, inside.extended_data.filesize),
        (None, Some(13))
    );
    let bare: Attachment = read(json!({"id": 1, "cardId": 82, "type": "file", "data": "n", "extendedData": []}));
    assert_eq!(bare.extended_data, ExtendedData::default());
    for kind in [AttachmentKind::DeckFile, AttachmentKind::File] {
        assert_eq!(AttachmentKind::parse(kind.as_str()), Some(kind));
        assert_eq!(written(&kind), kind.as_str());
    }
}

#[test]
fn a_reply_holds_the_comment_that_it_answers() {
    let parent = json!({"id": "42", "objectId": 82, "message": "first", "mentions": []});
    let reply: Comment = read(json!({"id": 43, "objectId": "82", "message": "reply", "replyTo": parent}));
    assert_eq!(reply.reply_to.map(|parent| parent.id), Some(CommentId(42)));
}

proptest! {
    #[test]
    fn what_a_change_sends_reads_back(
        title in ".{1,30}", description in ".{0,60}", order in any::<i32>(), archived in proptest::option::of(any::<bool>()),
        done in proptest::option::of("[0-9T:-]{1,20}"), color in proptest::option::of("[0-9a-f]{6}"),
    ) {
        let content = CardContent {
            title, description, archived, done, color,
            kind: "plain".to_owned(),
            owner: "carol".to_owned(),
            order: i64::from(order),
            duedate: None,
            startdate: None,
        };
        prop_assert_eq!(read::<CardContent>(written(&content)), content);
    }
}
