//! The order of cards.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::wire::{Wire, denied, ids};

async fn order(wire: &Wire, stack: &str) -> Vec<(i64, i64)> {
    let stack = wire.get("alice", stack).await.ok();
    let cards = stack.get("cards").cloned().unwrap_or(json!([]));
    let cards = cards.as_array().unwrap();
    let number = |card: &Value, name: &str| card[name].as_i64().unwrap();
    cards
        .iter()
        .map(|card| (number(card, "id"), number(card, "order")))
        .collect()
}

#[tokio::test]
async fn a_card_gets_the_place_that_is_asked_for_and_the_others_close_up() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let (a, b) = (sample.card_id, wire.card(&sample.stack, "b").await);
    let (c, d) = (wire.card(&sample.stack, "c").await, wire.card(&sample.stack, "d").await);
    let reorder = async |card: i64, place: i64| {
        let path = format!("{}/cards/{card}/reorder", sample.stack);
        wire.put("alice", &path, json!({"order": place})).await.ok()
    };
    let listed = reorder(d, 0).await;
    assert_eq!(ids(&listed).len(), 4);
    assert_eq!(order(&wire, &sample.stack).await, [(d, 0), (a, 1), (b, 2), (c, 3)]);
    reorder(a, 3).await;
    assert_eq!(order(&wire, &sample.stack).await, [(d, 0), (b, 1), (c, 2), (a, 3)]);
    reorder(c, 1).await;
    assert_eq!(order(&wire, &sample.stack).await, [(d, 0), (c, 1), (b, 2), (a, 3)]);
    // Behind all others.
    reorder(d, 99).await;
    assert_eq!(order(&wire, &sample.stack).await, [(c, 0), (b, 1), (a, 2), (d, 99)]);
}

#[tokio::test]
async fn the_stack_is_that_of_the_path_or_of_the_body_by_the_address() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let done = wire
        .post(
            "alice",
            &format!("{}/stacks", sample.board),
            json!({"title": "Done", "order": 2}),
        )
        .await
        .ok();
    let done_path = format!("{}/stacks/{}", sample.board, done["id"]);
    let to_done = json!({"order": 0, "stackId": done["id"]});
    wire.put("alice", &format!("{}/reorder", sample.card), to_done.clone())
        .await
        .ok();
    assert_eq!(order(&wire, &sample.stack).await, [(sample.card_id, 0)]);
    for prefix in ["", "/index.php"] {
        let free = format!("{prefix}/apps/deck/cards/{}/reorder", sample.card_id);
        wire.put("alice", &free, to_done.clone()).await.ok();
        assert_eq!(order(&wire, &sample.stack).await, []);
        assert_eq!(order(&wire, &done_path).await, [(sample.card_id, 0)]);
        let back = format!("{}/cards/{}/reorder", sample.stack, sample.card_id);
        wire.put("alice", &back, json!({"order": 0})).await.ok();
        assert_eq!(order(&wire, &sample.stack).await, [(sample.card_id, 0)]);
    }
    // Between boards labels fall off, as with any other move.
    let other = wire.sample().await;
    wire.put(
        "alice",
        &format!("{}/assignLabel", sample.card),
        json!({"labelId": sample.label_id}),
    )
    .await
    .ok();
    let free = format!("/apps/deck/cards/{}/reorder", sample.card_id);
    wire.put("alice", &free, json!({"order": 0, "stackId": other.stack_id}))
        .await
        .ok();
    let there = format!("{}/cards/{}", other.stack, sample.card_id);
    assert_eq!(wire.get("alice", &there).await.ok()["labels"], json!([]));
    for body in [
        json!({"order": 0, "stackId": 99_999_999}),
        json!({"order": 0, "stackId": -1}),
    ] {
        assert_eq!(wire.put("alice", &free, body).await.refused(), denied());
    }
    for body in [
        json!({"order": 0}),
        json!({"stackId": other.stack_id}),
        json!({"order": -1, "stackId": other.stack_id}),
        json!({"order": 1e300, "stackId": other.stack_id}),
        json!({"order": "last", "stackId": other.stack_id}),
        json!({"order": i64::MAX, "stackId": other.stack_id}),
    ] {
        assert_eq!(wire.put("alice", &free, body.clone()).await.refused().0, 400, "{body}");
    }
}

#[tokio::test]
async fn many_who_reorder_at_once_lose_no_card_and_give_no_place_twice() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    wire.share(&sample.board, 0, "bob", &["edit"]).await;
    let second = wire
        .post(
            "alice",
            &format!("{}/stacks", sample.board),
            json!({"title": "Done", "order": 2}),
        )
        .await
        .ok();
    let stacks = [
        sample.stack.clone(),
        format!("{}/stacks/{}", sample.board, second["id"]),
    ];
    let mut cards = vec![sample.card_id];
    for number in 0..9 {
        cards.push(wire.card(&sample.stack, &format!("{number}")).await);
    }
    let moves = (0..60_usize).map(|number| {
        let (wire, stack, card) = (&wire, &stacks[number % 2], cards[number * 7 % cards.len()]);
        async move {
            let who = if number % 3 == 0 { "bob" } else { "alice" };
            let path = format!("{stack}/cards/{card}/reorder");
            wire.put(who, &path, json!({"order": number % 5})).await.ok();
        }
    });
    join_all(moves).await;
    let (one, other) = (order(&wire, &stacks[0]).await, order(&wire, &stacks[1]).await);
    let found: BTreeSet<i64> = one.iter().chain(&other).map(|(card, _)| *card).collect();
    assert_eq!(found, cards.iter().copied().collect());
    assert_eq!(one.len() + other.len(), cards.len());
    for stack in [one, other] {
        let places: BTreeSet<i64> = stack.iter().map(|(_, place)| *place).collect();
        assert_eq!(places.len(), stack.len(), "{stack:?}");
    }
}

#[tokio::test]
async fn cards_of_one_place_are_in_the_order_in_which_they_were_made() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let mut made = vec![sample.card_id];
    for title in ["b", "c"] {
        made.push(wire.card(&sample.stack, title).await);
    }
    let listed = order(&wire, &sample.stack).await;
    assert_eq!(listed, made.iter().map(|card| (*card, 999)).collect::<Vec<_>>());
}
