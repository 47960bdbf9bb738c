//! What the entries of a board's list allow.

use nc_auth::UserId;
use serde_json::{Value, json};

use crate::wire::{BOARDS, JSON, OCS, Wire, denied, ids, whole};

fn permissions(board: &Value) -> [bool; 4] {
    ["READ", "EDIT", "MANAGE", "SHARE"].map(|right| board["permissions"][format!("PERMISSION_{right}")] == true)
}

#[tokio::test]
async fn a_reader_reads_and_comments_and_changes_nothing() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    wire.share(&sample.board, 0, "bob", &[]).await;
    let board = wire.get("bob", &sample.board).await.ok();
    assert_eq!(permissions(&board), [true, false, false, false]);
    assert_eq!(
        wire.get("bob", &format!("{}/stacks", sample.board)).await.ok()[0]["cards"][0]["title"],
        "First"
    );
    let comments = format!("{OCS}/cards/{}/comments{JSON}", sample.card_id);
    wire.post("bob", &comments, json!({"message": "seen"})).await.data();
    let card = &sample.card;
    let content = json!({"title": "x", "color": "000000", "order": 1, "labelId": sample.label_id, "userId": "bob"});
    for (method, path) in [
        ("PUT", sample.board.clone()),
        ("DELETE", sample.board.clone()),
        ("POST", format!("{}/stacks", sample.board)),
        ("PUT", sample.stack.clone()),
        ("DELETE", sample.stack.clone()),
        ("POST", format!("{}/labels", sample.board)),
        ("DELETE", format!("{}/labels/{}", sample.board, sample.label_id)),
        ("POST", format!("{}/cards", sample.stack)),
        ("DELETE", card.clone()),
        ("PUT", format!("{card}/archive")),
        ("PUT", format!("{card}/reorder")),
        ("PUT", format!("{card}/assignLabel")),
        ("PUT", format!("{card}/assignUser")),
    ] {
        let answer = wire.with_json("bob", method, &path, content.clone()).await;
        assert_eq!(answer.refused(), denied(), "{method} {path}");
    }
    assert_eq!(wire.put("bob", card, whole("x")).await.refused(), denied());
    let attachments = format!("{card}/attachments");
    assert_eq!(
        wire.upload("bob", "POST", &attachments, "deck_file", "a", b"a")
            .await
            .refused(),
        denied()
    );
    let acl = json!({"type": 0, "participant": "carol"});
    assert_eq!(
        wire.post("bob", &format!("{}/acl", sample.board), acl).await.refused(),
        denied()
    );
    assert_eq!(wire.get("alice", card).await.ok()["title"], "First");
}

#[tokio::test]
async fn an_editor_changes_cards_but_not_the_board() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    wire.share(&sample.board, 0, "bob", &["edit"]).await;
    assert_eq!(
        wire.put("bob", &sample.card, whole("Changed")).await.ok()["lastEditor"],
        "bob"
    );
    let answer = wire
        .put("bob", &format!("{}/assignUser", sample.card), json!({"userId": "bob"}))
        .await;
    assert_eq!(answer.ok()["participant"]["displayname"], "Bob");
    let content = json!({"title": "x", "color": "000000", "order": 1});
    for (method, path) in [
        ("PUT", sample.board.clone()),
        ("DELETE", sample.board.clone()),
        ("POST", format!("{}/stacks", sample.board)),
        ("DELETE", sample.stack.clone()),
        ("POST", format!("{}/labels", sample.board)),
    ] {
        assert_eq!(
            wire.with_json("bob", method, &path, content.clone()).await.refused(),
            denied(),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn nobody_gives_away_or_takes_rights_that_they_do_not_have() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let acl = format!("{}/acl", sample.board);
    let bob = wire.share(&sample.board, 0, "bob", &["share"]).await;
    // Bob may share, so he lets Carol in, but not with more than he has himself.
    let all = json!({
        "type": 0, "participant": "carol", "permissionEdit": true, "permissionShare": true, "permissionManage": true
    });
    let carol = wire.post("bob", &acl, all.clone()).await.ok();
    let rights = |acl: &Value| ["Edit", "Share", "Manage"].map(|right| acl[format!("permission{right}")] == true);
    assert_eq!(rights(&carol), [false, true, false]);
    // Nor more for himself.
    assert_eq!(
        rights(&wire.put("bob", &bob, all.clone()).await.ok()),
        [false, true, false]
    );
    // What Alice gave stays when Bob changes an entry without having that right.
    let carols = format!("{acl}/{}", carol["id"]);
    assert_eq!(
        rights(&wire.put("alice", &carols, all.clone()).await.ok()),
        [true, true, true]
    );
    let none = json!({"permissionEdit": false, "permissionShare": false, "permissionManage": false});
    assert_eq!(rights(&wire.put("bob", &carols, none).await.ok()), [true, false, true]);
    // Carol manages now, and gives what she wants.
    assert_eq!(
        permissions(&wire.get("carol", &sample.board).await.ok()),
        [true, true, true, false]
    );
}

#[tokio::test]
async fn entries_of_the_list_are_people_and_groups_once_each() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let acl = format!("{}/acl", sample.board);
    let refused = async |body: Value| wire.post("alice", &acl, body).await.refused();
    wire.share(&sample.board, 0, "bob", &[]).await;
    assert_eq!(refused(json!({"type": 0, "participant": "bob"})).await.0, 400);
    assert_eq!(refused(json!({"type": 0, "participant": "alice"})).await.0, 400);
    assert_eq!(refused(json!({"type": 7, "participant": "circle"})).await.0, 400);
    assert_eq!(refused(json!({"type": "x", "participant": "bob"})).await.0, 400);
    assert_eq!(
        refused(json!({"type": 0})).await.1,
        "participant must be provided and must be not empty"
    );
    assert_eq!(
        refused(json!({"type": 0, "participant": "carol", "permissionEdit": "maybe"}))
            .await
            .0,
        400
    );
    // Somebody unknown is kept as a name, and is nobody's access.
    let unknown = wire
        .post("alice", &acl, json!({"type": 0, "participant": "nobody"}))
        .await
        .ok();
    assert_eq!(unknown["participant"], "nobody");
    let board = wire.get("alice", &sample.board).await.ok();
    let users: Vec<_> = board["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["uid"].clone())
        .collect();
    assert_eq!(users, ["alice", "bob"]);
}

#[tokio::test]
async fn a_group_has_a_board_for_as_long_as_somebody_is_in_it() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let entry = wire.share(&sample.board, 1, "team", &["edit"]).await;
    let board = wire.get("bob", &sample.board).await.ok();
    assert_eq!(permissions(&board), [true, true, false, false]);
    assert_eq!(
        board["acl"][0]["participant"],
        json!({"primaryKey": "team", "uid": "team", "displayname": "team", "type": 1})
    );
    assert_eq!(wire.get("bob", BOARDS).await.ok()[0]["shared"], 2);
    assert_eq!(wire.get("carol", &sample.board).await.refused(), denied());

    let (bob, carol) = (UserId::new("bob"), UserId::new("carol"));
    wire.cloud.add_to_group(&carol, "team").await.unwrap();
    assert_eq!(ids(&wire.get("carol", BOARDS).await.ok()).len(), 1);
    let assign = format!("{}/assignUser", sample.card);
    wire.put("alice", &assign, json!({"userId": "carol"})).await.ok();
    let team = wire
        .put("alice", &assign, json!({"userId": "team", "type": 1}))
        .await
        .ok();
    assert_eq!(team["type"], 1);
    wire.cloud.remove_from_group(&bob, "team").await.unwrap();
    assert_eq!(wire.get("bob", &sample.board).await.refused(), denied());

    // Rights of one's own and of the group add up, and stay apart.
    wire.share(&sample.board, 0, "carol", &["share"]).await;
    assert_eq!(
        permissions(&wire.get("carol", &sample.board).await.ok()),
        [true, true, false, true]
    );
    wire.delete("alice", &entry).await.ok();
    assert_eq!(
        permissions(&wire.get("carol", &sample.board).await.ok()),
        [true, false, false, true]
    );
    // The group works on no card any more; Carol, who still has the board, does.
    let card = wire.get("alice", &sample.card).await.ok();
    let people: Vec<_> = card["assignedUsers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| &person["participant"]["uid"])
        .collect();
    assert_eq!(people, ["carol"]);
}

#[tokio::test]
async fn who_loses_the_board_is_taken_off_its_cards_and_nobody_else() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let entry = wire.share(&sample.board, 0, "bob", &[]).await;
    let assign = format!("{}/assignUser", sample.card);
    for user in ["alice", "bob"] {
        wire.put("alice", &assign, json!({"userId": user})).await.ok();
    }
    let answer = wire.put("alice", &assign, json!({"userId": "bob"})).await;
    assert_eq!(
        answer.refused(),
        (400, "The user is already assigned to the card".to_owned())
    );
    wire.delete("alice", &entry).await.ok();
    let card = wire.get("alice", &sample.card).await.ok();
    assert_eq!(card["assignedUsers"].as_array().unwrap().len(), 1);
    assert_eq!(card["assignedUsers"][0]["participant"]["uid"], "alice");
    let answer = wire.put("alice", &assign, json!({"userId": "bob"})).await;
    assert_eq!(answer.refused(), (400, "The user is not part of the board".to_owned()));
    // Whether somebody has an account is not told.
    let answer = wire.put("alice", &assign, json!({"userId": "nobody"})).await;
    assert_eq!(answer.refused(), (400, "The user is not part of the board".to_owned()));
}

#[tokio::test]
async fn a_disabled_account_keeps_its_boards_and_loses_its_access() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    wire.share(&sample.board, 0, "bob", &["edit"]).await;
    wire.cloud.set_enabled(&UserId::new("alice"), false).await.unwrap();
    assert_eq!(wire.get("alice", &sample.board).await.status, 401);
    let board = wire.get("bob", &sample.board).await.ok();
    assert_eq!(board["owner"]["displayname"], "Alice");
    wire.put("bob", &sample.card, whole("Changed")).await.ok();
}
