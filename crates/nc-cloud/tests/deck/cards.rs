use serde_json::{Value, json};

use crate::wire::{BOARDS, START, Wire, denied, ids, whole};

#[tokio::test]
async fn a_put_replaces_the_whole_card_and_leaves_done_and_archived_unless_they_are_given() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let full = json!({
        "title": "Title", "type": "plain", "owner": "alice", "order": 5, "description": "long text",
        "duedate": "2026-12-24T19:00:00+01:00", "done": "2026-11-21T00:00:00+00:00", "archived": true
    });
    let card = wire.put("alice", &sample.card, full.clone()).await.ok();
    assert_eq!(card["duedate"], "2026-12-24T18:00:00+00:00");
    assert_eq!(
        (&card["done"], &card["archived"]),
        (&json!("2026-11-21T00:00:00+00:00"), &json!(true))
    );
    // Sent back as it was read, with another title: each other field is as before.
    let mut again = full;
    again["title"] = json!("Other");
    let other = wire.put("alice", &sample.card, again).await.ok();
    for field in [
        "description",
        "order",
        "duedate",
        "done",
        "archived",
        "type",
        "owner",
        "createdAt",
        "stackId",
    ] {
        assert_eq!(other[field], card[field], "{field}");
    }
    // Without them: text, time and place are gone, the two marks are not.
    let bare = json!({"title": "Bare", "type": "plain", "owner": "alice"});
    let bare = wire.put("alice", &sample.card, bare).await.ok();
    assert_eq!(bare["description"], "");
    assert_eq!((&bare["order"], &bare["duedate"]), (&json!(0), &Value::Null));
    assert_eq!((&bare["done"], &bare["archived"]), (&card["done"], &json!(true)));
    let mut open = whole("Open");
    open["done"] = Value::Null;
    open["archived"] = json!(false);
    let open = wire.put("alice", &sample.card, open).await.ok();
    assert_eq!((&open["done"], &open["archived"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn the_owner_is_taken_in_both_forms_and_is_somebody_of_the_board() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let mut card = whole("Title");
    card["owner"] = json!({"uid": "alice", "primaryKey": "alice", "displayname": "Alice", "type": 0});
    assert_eq!(
        wire.put("alice", &sample.card, card.clone()).await.ok()["owner"]["uid"],
        "alice"
    );
    card["owner"] = json!("carol");
    assert_eq!(
        wire.put("alice", &sample.card, card.clone()).await.refused(),
        (400, "owner must be a user of the board".to_owned())
    );
    let entry = wire.share(&sample.board, 0, "carol", &[]).await;
    assert_eq!(
        wire.put("alice", &sample.card, card.clone()).await.ok()["owner"]["uid"],
        "carol"
    );
    // Who left stays the owner of what was theirs: others must be able to change the card.
    wire.delete("alice", &entry).await.ok();
    assert_eq!(
        wire.put("alice", &sample.card, card).await.ok()["owner"]["uid"],
        "carol"
    );
}

#[tokio::test]
async fn archived_cards_are_only_in_their_own_list_and_can_be_changed() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let (open, archived) = (
        format!("{}/stacks", sample.board),
        format!("{}/stacks/archived", sample.board),
    );
    assert_eq!(wire.get("alice", &archived).await.ok()[0].get("cards"), None);
    wire.put("alice", &format!("{}/archive", sample.card), Value::Null)
        .await
        .ok();
    assert_eq!(wire.get("alice", &open).await.ok()[0].get("cards"), None);
    assert_eq!(
        ids(&wire.get("alice", &archived).await.ok()[0]["cards"]),
        [sample.card_id]
    );
    assert_eq!(wire.get("alice", &sample.stack).await.ok().get("cards"), None);
    assert_eq!(
        wire.put("alice", &sample.card, whole("Changed")).await.ok()["archived"],
        true
    );
    let answer = wire
        .put("alice", &format!("{}/reorder", sample.card), json!({"order": 0}))
        .await;
    assert_eq!(
        answer.refused(),
        (403, "Operation not allowed. This card is archived.".to_owned())
    );
    wire.put("alice", &format!("{}/unarchive", sample.card), Value::Null)
        .await
        .ok();
    let stacks = wire.get("alice", &open).await.ok();
    assert_eq!(stacks[0]["cards"][0]["title"], "Changed");
}

#[tokio::test]
async fn a_deleted_card_says_so_to_those_who_could_see_it() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let deleted = wire.delete("alice", &sample.card).await.ok();
    assert_eq!(deleted["deletedAt"], START);
    let gone = (403, "Card is deleted".to_owned());
    assert_eq!(wire.get("alice", &sample.card).await.refused(), gone);
    assert_eq!(wire.put("alice", &sample.card, whole("x")).await.refused(), gone);
    assert_eq!(wire.delete("alice", &sample.card).await.refused(), gone);
    assert_eq!(wire.get("bob", &sample.card).await.refused(), denied());
    assert_eq!(
        wire.get("alice", &format!("{}/stacks", sample.board)).await.ok()[0].get("cards"),
        None
    );
}

#[tokio::test]
async fn a_card_on_another_board_loses_labels_and_people_who_are_not_there() {
    let wire = Wire::boot().await;
    let (from, to) = (wire.sample().await, wire.sample().await);
    wire.share(&from.board, 0, "bob", &["edit"]).await;
    wire.put(
        "alice",
        &format!("{}/assignLabel", from.card),
        json!({"labelId": from.label_id}),
    )
    .await
    .ok();
    for user in ["alice", "bob"] {
        wire.put("alice", &format!("{}/assignUser", from.card), json!({"userId": user}))
            .await
            .ok();
    }
    // Bob edits the one, but not the other.
    let moved = format!("{}/cards/{}", to.stack, from.card_id);
    assert_eq!(wire.put("bob", &moved, whole("Stolen")).await.refused(), denied());
    wire.share(&to.board, 0, "bob", &[]).await;
    assert_eq!(wire.put("bob", &moved, whole("Stolen")).await.refused(), denied());
    let unchanged = wire.get("alice", &from.card).await.ok();
    assert_eq!(
        (&unchanged["title"], &unchanged["stackId"]),
        (&json!("First"), &json!(from.stack_id))
    );

    let entry = wire.get("alice", &to.board).await.ok()["acl"][0]["id"].clone();
    wire.delete("alice", &format!("{}/acl/{entry}", to.board)).await.ok();
    let card = wire.put("alice", &moved, whole("Moved")).await.ok();
    assert_eq!((&card["stackId"], &card["labels"]), (&json!(to.stack_id), &json!([])));
    let people: Vec<_> = card["assignedUsers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| &person["participant"]["uid"])
        .collect();
    assert_eq!(people, ["alice"]);
    assert_eq!(wire.get("bob", &moved).await.refused(), denied());
    assert_eq!(
        wire.get("alice", &format!("{}/stacks", from.board)).await.ok()[0].get("cards"),
        None
    );
    // Within a board labels stay.
    wire.put(
        "alice",
        &format!("{moved}/assignLabel"),
        json!({"labelId": to.label_id}),
    )
    .await
    .ok();
    let second = wire
        .post(
            "alice",
            &format!("{}/stacks", to.board),
            json!({"title": "Done", "order": 2}),
        )
        .await
        .ok();
    let there = format!("{}/stacks/{}/cards/{}", to.board, second["id"], from.card_id);
    assert_eq!(
        wire.put("alice", &there, whole("Moved")).await.ok()["labels"][0]["id"],
        to.label_id
    );
}

#[tokio::test]
async fn long_texts_are_kept_to_the_last_character() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let text = "ä🎯".repeat(25_000);
    let mut card = whole("Long");
    card["description"] = json!(text);
    wire.put("alice", &sample.card, card).await.ok();
    assert_eq!(wire.get("alice", &sample.card).await.ok()["description"], text);
    let new = json!({"title": "Long, too", "description": text});
    assert_eq!(
        wire.post("alice", &format!("{}/cards", sample.stack), new).await.ok()["description"],
        text
    );
    // Titles are counted in characters.
    let title = "ü".repeat(255);
    assert_eq!(
        wire.put("alice", &sample.card, whole(&title)).await.ok()["title"],
        title
    );
    assert_eq!(
        wire.put("alice", &sample.card, whole(&format!("{title}x")))
            .await
            .refused()
            .0,
        400
    );
    let board = json!({"title": "b".repeat(101), "color": "000000"});
    assert_eq!(wire.post("alice", BOARDS, board).await.refused().0, 400);
    let too_much = json!({"title": "x", "description": "x".repeat(5 << 20)});
    assert_eq!(
        wire.post("alice", &format!("{}/cards", sample.stack), too_much)
            .await
            .refused()
            .0,
        413
    );
}

#[tokio::test]
async fn labels_and_people_are_put_on_and_taken_off_again() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let label = json!({"labelId": sample.label_id});
    for action in ["assignLabel", "assignLabel"] {
        assert_eq!(
            wire.put("alice", &format!("{}/{action}", sample.card), label.clone())
                .await
                .ok(),
            Value::Null
        );
    }
    let card = wire.get("alice", &sample.card).await.ok();
    assert_eq!(ids(&card["labels"]), [sample.label_id]);
    assert_eq!(card["labels"][0]["cardId"], sample.card_id);
    for action in ["removeLabel", "removeLabel"] {
        assert_eq!(
            wire.put("alice", &format!("{}/{action}", sample.card), label.clone())
                .await
                .ok(),
            Value::Null
        );
    }
    assert_eq!(wire.get("alice", &sample.card).await.ok()["labels"], json!([]));
    let unassign = format!("{}/unassignUser", sample.card);
    assert_eq!(
        wire.put("alice", &unassign, json!({"userId": "alice"}))
            .await
            .refused()
            .0,
        404
    );
    // A label that is deleted is off its cards.
    wire.put("alice", &format!("{}/assignLabel", sample.card), label)
        .await
        .ok();
    wire.delete("alice", &format!("{}/labels/{}", sample.board, sample.label_id))
        .await
        .ok();
    assert_eq!(wire.get("alice", &sample.card).await.ok()["labels"], json!([]));
}
