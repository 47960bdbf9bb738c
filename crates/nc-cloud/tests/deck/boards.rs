use time::Duration;

use serde_json::{Value, json};

use crate::wire::{BOARDS, START, Wire, denied, ids, whole};

#[tokio::test]
async fn a_deleted_board_is_out_of_reach_until_it_is_brought_back_whole() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    wire.share(&sample.board, 0, "bob", &["edit"]).await;
    let before = wire.get("alice", &format!("{}/stacks", sample.board)).await.ok();
    let deleted = wire.delete("alice", &sample.board).await.ok();
    assert_eq!(deleted["deletedAt"], START);
    for path in [&sample.board, &sample.stack, &sample.card] {
        assert_eq!(wire.get("alice", path).await.refused(), denied(), "{path}");
        assert_eq!(wire.get("bob", path).await.refused(), denied(), "{path}");
    }
    assert_eq!(wire.put("bob", &sample.card, whole("x")).await.refused(), denied());
    assert_eq!(wire.delete("alice", &sample.board).await.refused(), denied());
    // In the list with its time, for who can bring it back.
    let listed = wire.get("alice", BOARDS).await.ok();
    assert_eq!(listed[0]["deletedAt"], START);
    assert_eq!(wire.get("bob", BOARDS).await.ok(), json!([]));

    let undo = format!("{}/undo_delete", sample.board);
    assert_eq!(wire.post("bob", &undo, Value::Null).await.refused(), denied());
    assert_eq!(wire.post("alice", &undo, Value::Null).await.ok()["deletedAt"], 0);
    let after = wire.get("alice", &format!("{}/stacks", sample.board)).await.ok();
    assert_eq!(after, before);
    wire.put("bob", &sample.card, whole("Changed")).await.ok();
    // Once more changes nothing.
    assert_eq!(wire.post("alice", &undo, Value::Null).await.ok()["deletedAt"], 0);
}

#[tokio::test]
async fn what_was_deleted_for_long_is_purged_and_what_is_there_stays() {
    let wire = Wire::boot().await;
    let (kept, gone) = (wire.sample().await, wire.sample().await);
    wire.delete("alice", &gone.board).await.ok();
    let card = format!("{}/cards/{}", kept.stack, wire.card(&kept.stack, "Old").await);
    wire.delete("alice", &card).await.ok();
    wire.cloud.upkeep().await.unwrap();
    assert_eq!(
        wire.delete("alice", &card).await.refused(),
        (403, "Card is deleted".to_owned())
    );
    wire.clock
        .advance(Duration::try_from(wire.cloud.config().trash_kept).unwrap() + Duration::seconds(1));
    wire.cloud.upkeep().await.unwrap();
    assert_eq!(
        wire.post("alice", &format!("{}/undo_delete", gone.board), Value::Null)
            .await
            .refused(),
        denied()
    );
    assert_eq!(wire.delete("alice", &card).await.refused(), denied());
    assert_eq!(wire.get("alice", &kept.card).await.ok()["title"], "First");
    // Numbers are never given again.
    let board = wire
        .post("alice", BOARDS, json!({"title": "New", "color": "000000"}))
        .await
        .ok();
    assert!(board["id"].as_i64() > gone.board.rsplit('/').next().unwrap().parse().ok());
}

#[tokio::test]
async fn an_archived_board_is_read_and_not_changed() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let change = |archived| json!({"title": "Project", "color": "ff0000", "archived": archived});
    assert_eq!(
        wire.put("alice", &sample.board, change(true)).await.ok()["archived"],
        true
    );
    let archived = (403, "Operation not allowed. This board is archived.".to_owned());
    assert_eq!(wire.put("alice", &sample.card, whole("x")).await.refused(), archived);
    let stack = json!({"title": "x", "order": 1});
    assert_eq!(
        wire.post("alice", &format!("{}/stacks", sample.board), stack)
            .await
            .refused(),
        archived
    );
    assert_eq!(wire.get("alice", &sample.card).await.ok()["title"], "First");
    assert_eq!(wire.get("bob", &sample.board).await.refused(), denied());
    wire.put("alice", &sample.board, change(false)).await.ok();
    wire.put("alice", &sample.card, whole("x")).await.ok();
}

#[tokio::test]
async fn a_new_board_has_four_labels_and_titles_of_labels_are_unique_on_their_board() {
    let wire = Wire::boot().await;
    let (one, other) = (wire.sample().await, wire.sample().await);
    let labels = wire.get("alice", &one.board).await.ok()["labels"].clone();
    let titles: Vec<_> = labels.as_array().unwrap().iter().map(|label| &label["title"]).collect();
    assert_eq!(titles, ["Finished", "To review", "Action needed", "Later"]);
    let new = json!({"title": "urgent", "color": "ff00ff"});
    let unique = (400, "title must be unique".to_owned());
    let label = wire
        .post("alice", &format!("{}/labels", one.board), new.clone())
        .await
        .ok();
    assert_eq!(
        wire.post("alice", &format!("{}/labels", one.board), new.clone())
            .await
            .refused(),
        unique
    );
    wire.post("alice", &format!("{}/labels", other.board), new).await.ok();
    let path = format!("{}/labels/{}", one.board, label["id"]);
    let taken = json!({"title": "Later", "color": "ff00ff"});
    assert_eq!(wire.put("alice", &path, taken).await.refused(), unique);
    // Its own title is not taken by itself.
    let same = json!({"title": "urgent", "color": "000000"});
    assert_eq!(wire.put("alice", &path, same).await.ok()["color"], "000000");
    // A label of one board is none for cards of another.
    let assign = format!("{}/assignLabel", other.card);
    let answer = wire.put("alice", &assign, json!({"labelId": label["id"]})).await;
    assert_eq!(answer.refused().0, 400);
}

#[tokio::test]
async fn a_deleted_stack_takes_its_cards_out_of_reach() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let deleted = wire.delete("alice", &sample.stack).await.ok();
    assert_eq!(ids(&deleted["cards"]), [sample.card_id]);
    for path in [&sample.stack, &sample.card] {
        assert_eq!(wire.get("alice", path).await.refused(), denied());
    }
    assert_eq!(
        wire.get("alice", &format!("{}/stacks", sample.board)).await.ok(),
        json!([])
    );
    let answer = wire
        .post("alice", &format!("{}/cards", sample.stack), json!({"title": "x"}))
        .await;
    assert_eq!(answer.refused(), denied());
}
