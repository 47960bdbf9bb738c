//! A second person tries everything with the ids of the first.

use serde_json::{Value, json};

use crate::wire::{BOARDS, JSON, OCS, Sample, Wire, denied, whole};

/// Every request that names something of Alice's: method, path, body.
fn attempts(sample: &Sample, acl: &str, attachment: i64, comment: i64) -> Vec<(&'static str, String, Value)> {
    let Sample { board, stack, card, .. } = sample;
    let (label, comments) = (sample.label_id, format!("{OCS}/cards/{}/comments", sample.card_id));
    let (of_1_1, id) = (card.replace("v1.0", "v1.1"), board.rsplit('/').next().unwrap());
    let title = json!({"title": "Taken", "color": "000000", "order": 0});
    let named = json!({"userId": "bob"});
    let mask = json!({"permissionEdit": true, "permissionShare": true, "permissionManage": true});
    let own = json!({"type": 0, "participant": "bob", "permissionEdit": true});
    vec![
        ("GET", board.clone(), Value::Null),
        ("PUT", board.clone(), title.clone()),
        ("DELETE", board.clone(), Value::Null),
        ("POST", format!("{board}/undo_delete"), Value::Null),
        ("POST", format!("{board}/acl"), own),
        ("PUT", acl.to_owned(), mask),
        ("DELETE", acl.to_owned(), Value::Null),
        ("GET", format!("{board}/stacks"), Value::Null),
        ("GET", format!("{board}/stacks/archived"), Value::Null),
        ("POST", format!("{board}/stacks"), title.clone()),
        ("GET", stack.clone(), Value::Null),
        ("PUT", stack.clone(), title.clone()),
        ("DELETE", stack.clone(), Value::Null),
        ("POST", format!("{board}/labels"), title.clone()),
        ("GET", format!("{board}/labels/{label}"), Value::Null),
        ("PUT", format!("{board}/labels/{label}"), title.clone()),
        ("DELETE", format!("{board}/labels/{label}"), Value::Null),
        ("POST", format!("{stack}/cards"), title),
        ("GET", card.clone(), Value::Null),
        ("PUT", card.clone(), whole("Taken")),
        ("DELETE", card.clone(), Value::Null),
        ("PUT", format!("{card}/archive"), Value::Null),
        ("PUT", format!("{card}/unarchive"), Value::Null),
        ("PUT", format!("{card}/reorder"), json!({"order": 7})),
        (
            "PUT",
            format!("/apps/deck/cards/{}/reorder", sample.card_id),
            json!({"order": 7, "stackId": sample.stack_id}),
        ),
        ("PUT", format!("{card}/assignLabel"), json!({"labelId": label})),
        ("PUT", format!("{card}/removeLabel"), json!({"labelId": label})),
        ("PUT", format!("{card}/assignUser"), named.clone()),
        ("PUT", format!("{card}/unassignUser"), named),
        ("GET", format!("{card}/attachments"), Value::Null),
        ("GET", format!("{of_1_1}/attachments"), Value::Null),
        ("GET", format!("{card}/attachments/{attachment}"), Value::Null),
        (
            "GET",
            format!("{of_1_1}/attachments/deck_file/{attachment}"),
            Value::Null,
        ),
        ("PUT", format!("{card}/attachments/{attachment}"), Value::Null),
        ("DELETE", format!("{card}/attachments/{attachment}"), Value::Null),
        ("PUT", format!("{card}/attachments/{attachment}/restore"), Value::Null),
        ("GET", format!("{comments}{JSON}"), Value::Null),
        ("POST", format!("{comments}{JSON}"), json!({"message": "hello"})),
        (
            "PUT",
            format!("{comments}/{comment}{JSON}"),
            json!({"message": "hello"}),
        ),
        ("DELETE", format!("{comments}/{comment}{JSON}"), Value::Null),
        (
            "POST",
            format!("{OCS}/config/board:{id}:calendar{JSON}"),
            json!({"value": false}),
        ),
    ]
}

/// What Alice sees of everything.
async fn everything(wire: &Wire, sample: &Sample, comments: &str) -> Vec<Value> {
    let mut all = vec![wire.get("alice", comments).await.data()];
    for path in [
        sample.board.clone(),
        format!("{}/stacks", sample.board),
        sample.card.clone(),
        format!("{}/attachments", sample.card),
    ] {
        all.push(wire.get("alice", &path).await.ok());
    }
    all
}

#[tokio::test]
async fn a_stranger_reads_and_changes_nothing_and_cannot_tell_foreign_from_unknown() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let acl = wire.share(&sample.board, 0, "carol", &[]).await;
    let attachments = format!("{}/attachments", sample.card);
    let attachment = wire
        .upload("alice", "POST", &attachments, "deck_file", "a.txt", b"secret")
        .await
        .ok();
    let comments = format!("{OCS}/cards/{}/comments{JSON}", sample.card_id);
    let comment = wire.post("alice", &comments, json!({"message": "secret"})).await.data();
    let before = everything(&wire, &sample, &comments).await;

    let attempts = attempts(
        &sample,
        &acl,
        attachment["id"].as_i64().unwrap(),
        comment["id"].as_i64().unwrap(),
    );
    let try_all = async |why: &str| {
        for (method, path, body) in &attempts {
            let answer = wire.with_json("bob", method, path, body.clone()).await;
            assert_eq!(answer.refused(), denied(), "{why}: {method} {path}");
        }
        let answer = wire
            .upload("bob", "POST", &attachments, "deck_file", "b.txt", b"mine")
            .await;
        assert_eq!(answer.refused(), denied(), "{why}");
        assert_eq!(wire.get("bob", BOARDS).await.ok(), json!([]), "{why}");
        assert_eq!(
            wire.get("bob", &format!("{BOARDS}?details=true")).await.ok(),
            json!([]),
            "{why}"
        );
        let upcoming = wire.get("bob", &format!("{OCS}/overview/upcoming{JSON}")).await;
        assert_eq!(upcoming.data(), json!([]), "{why}");
    };
    try_all("before sharing").await;
    assert_eq!(everything(&wire, &sample, &comments).await, before);

    // The same with ids that nobody has: not a byte of difference.
    for (method, path, body) in &attempts {
        let unknown: String = path
            .split('/')
            .map(|part| if part.parse::<i64>().is_ok() { "99999999" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let body = if body.get("labelId").is_some() {
            json!({"labelId": 99_999_999})
        } else {
            body.clone()
        };
        if unknown.contains("board:") || unknown.contains(JSON) && unknown.contains("comments/") {
            continue;
        }
        let answer = wire.with_json("bob", method, &unknown, body).await;
        assert_eq!(answer.refused(), denied(), "{method} {unknown}");
    }

    let entry = wire.share(&sample.board, 0, "bob", &["edit", "share", "manage"]).await;
    assert_eq!(wire.get("bob", &sample.card).await.ok()["title"], "First");
    assert_eq!(wire.get("bob", BOARDS).await.ok()[0]["shared"], 1);
    wire.delete("alice", &entry).await.ok();
    let before = everything(&wire, &sample, &comments).await;
    try_all("after unsharing").await;
    assert_eq!(everything(&wire, &sample, &comments).await, before);

    wire.delete("alice", &sample.board).await.ok();
    try_all("after deletion").await;
}

#[tokio::test]
async fn what_is_ones_own_is_no_way_to_what_is_not() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let board = wire
        .post("bob", BOARDS, json!({"title": "Mine", "color": "00ff00"}))
        .await
        .ok();
    let stacks = format!("{BOARDS}/{}/stacks", board["id"]);
    let stack = wire
        .post("bob", &stacks, json!({"title": "Own", "order": 0}))
        .await
        .ok();
    let cards = format!("{stacks}/{}/cards", stack["id"]);
    let card = wire.post("bob", &cards, json!({"title": "Bait"})).await.ok();
    let own = format!("{cards}/{}", card["id"]);

    // Alice's label on Bob's card.
    for label in [sample.label_id, 99_999_999] {
        let answer = wire
            .put("bob", &format!("{own}/assignLabel"), json!({"labelId": label}))
            .await;
        assert_eq!(answer.refused(), denied());
    }
    // Bob's card into Alice's stack, and Alice's card into Bob's.
    let theirs = format!("{}/cards/{}", sample.stack, card["id"]);
    let mut content = whole("Bait");
    content["owner"] = json!("bob");
    assert_eq!(wire.put("bob", &theirs, content.clone()).await.refused(), denied());
    assert_eq!(
        wire.put("bob", &format!("{theirs}/reorder"), json!({"order": 0}))
            .await
            .refused(),
        denied()
    );
    let taken = format!("{cards}/{}", sample.card_id);
    assert_eq!(wire.put("bob", &taken, content).await.refused(), denied());
    let free = format!("/apps/deck/cards/{}/reorder", sample.card_id);
    let answer = wire
        .put("bob", &free, json!({"order": 0, "stackId": stack["id"]}))
        .await;
    assert_eq!(answer.refused(), denied());
    let free = format!("/apps/deck/cards/{}/reorder", card["id"]);
    let answer = wire
        .put("bob", &free, json!({"order": 0, "stackId": sample.stack_id}))
        .await;
    assert_eq!(answer.refused(), denied());
    // A path that begins with Bob's board and ends in Alice's card, list of people, or attachment.
    assert_eq!(wire.get("bob", &taken).await.refused(), denied());
    let attachments = format!("{}/attachments", sample.card);
    let attachment = wire
        .upload("alice", "POST", &attachments, "deck_file", "a.txt", b"secret")
        .await
        .ok();
    let answer = wire
        .get("bob", &format!("{own}/attachments/{}", attachment["id"]))
        .await;
    assert_eq!(answer.refused().0, 403);
    let acl = wire.share(&sample.board, 0, "carol", &[]).await;
    let acl = acl.replace(&sample.board, &format!("{BOARDS}/{}", board["id"]));
    assert_eq!(wire.delete("bob", &acl).await.refused(), denied());
    // Alice's comment through Bob's card, as parent and as target.
    let comments = format!("{OCS}/cards/{}/comments", sample.card_id);
    let comment = wire
        .post("alice", &format!("{comments}{JSON}"), json!({"message": "secret"}))
        .await
        .data();
    let own_comments = format!("{OCS}/cards/{}/comments", card["id"]);
    let reply = json!({"message": "what?", "parentId": comment["id"]});
    assert_eq!(
        wire.post("bob", &format!("{own_comments}{JSON}"), reply)
            .await
            .refused()
            .0,
        400
    );
    let answer = wire
        .delete("bob", &format!("{own_comments}/{}{JSON}", comment["id"]))
        .await;
    assert_eq!(answer.refused(), (404, "No comment found.".to_owned()));
}
