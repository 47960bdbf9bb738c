//! Input that nobody in their right mind sends.

use serde_json::{Value, json};

use crate::wire::{BOARDS, JSON, OCS, Wire, denied, whole};

#[tokio::test]
async fn what_is_no_id_is_refused_clearly_and_never_breaks_the_server() {
    let wire = Wire::boot().await;
    wire.sample().await;
    for id in [
        "abc",
        "-1",
        "1.5",
        "1e3",
        "0x1",
        "+1",
        "%00",
        "1%27%20OR%201%3D1--",
        "99999999999999999999",
        "%ff",
        "%20",
    ] {
        for path in [
            format!("{BOARDS}/{id}"),
            format!("{BOARDS}/{id}/stacks"),
            format!("{BOARDS}/1/stacks/{id}"),
            format!("{BOARDS}/1/stacks/1/cards/{id}"),
            format!("{BOARDS}/1/labels/{id}"),
            format!("{BOARDS}/1/stacks/1/cards/1/attachments/{id}"),
            format!("{OCS}/cards/{id}/comments{JSON}"),
        ] {
            assert_eq!(wire.get("alice", &path).await.status, 400, "{path}");
        }
    }
    for id in ["0", "9223372036854775807", "00000000000000099999"] {
        assert_eq!(
            wire.get("alice", &format!("{BOARDS}/{id}")).await.refused(),
            denied(),
            "{id}"
        );
    }
    for version in ["v1", "v1.2", "v2.0", "..", "v1.0%2f"] {
        let path = format!("/index.php/apps/deck/api/{version}/boards");
        assert_eq!(wire.get("alice", &path).await.status, 404, "{version}");
    }
}

#[tokio::test]
async fn wrong_fields_are_400_with_the_name_of_the_field() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let cards = format!("{}/cards", sample.stack);
    let cases: [(&str, &str, Value, &str); 16] = [
        ("POST", BOARDS, json!({"title": "x"}), "color"),
        ("POST", BOARDS, json!({"title": "x", "color": "red"}), "color"),
        ("POST", BOARDS, json!({"title": "x", "color": "ff0000ff"}), "color"),
        ("POST", BOARDS, json!({"title": "x", "color": "éé"}), "color"),
        ("POST", BOARDS, json!({"title": "  ", "color": "ff0000"}), "title"),
        ("POST", BOARDS, json!({"title": ["x"], "color": "ff0000"}), "title"),
        ("PUT", &sample.stack, json!({"title": "x"}), "order"),
        ("PUT", &sample.stack, json!({"title": "x", "order": "first"}), "order"),
        ("POST", &cards, json!({}), "title"),
        ("POST", &cards, json!({"title": "x", "duedate": "someday"}), "duedate"),
        ("POST", &cards, json!({"title": "x", "duedate": 5}), "duedate"),
        ("POST", &cards, json!({"title": "x", "order": {}}), "order"),
        ("PUT", &sample.card, json!({"title": "x", "owner": "alice"}), "type"),
        ("PUT", &sample.card, json!({"title": "x", "type": "plain"}), "owner"),
        (
            "PUT",
            &sample.card,
            json!({"title": "x", "type": "plain", "owner": "alice", "done": true}),
            "done",
        ),
        (
            "PUT",
            &sample.card,
            json!({"title": "x", "type": "plain", "owner": "alice", "archived": "perhaps"}),
            "archived",
        ),
    ];
    for (method, path, body, field) in cases {
        let (status, message) = wire.with_json("alice", method, path, body.clone()).await.refused();
        assert_eq!(status, 400, "{body}");
        assert!(message.starts_with(field), "{message}");
    }
    let headers = [("content-type", "application/json")];
    for body in ["[1]", "{", "\"x\"", "null", "{\"title\": \"\u{0}\"", "\u{feff}{}"] {
        let answer = wire
            .send("alice", "POST", BOARDS, &headers, body.as_bytes().to_vec())
            .await;
        assert_eq!(answer.refused().0, 400, "{body:?}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(
        wire.send("alice", "POST", BOARDS, &headers, deep.into_bytes())
            .await
            .refused()
            .0,
        400
    );
}

#[tokio::test]
async fn forms_are_read_as_well_as_json() {
    let wire = Wire::boot().await;
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = b"title=By%20form&color=00ff00".to_vec();
    let board = wire.send("alice", "POST", BOARDS, &headers, body).await.ok();
    assert_eq!(board["title"], "By form");
    let stacks = format!("{BOARDS}/{}/stacks", board["id"]);
    let stack = wire
        .send("alice", "POST", &stacks, &headers, b"title=To+do&order=3".to_vec())
        .await
        .ok();
    assert_eq!(stack["order"], 3);
}

#[tokio::test]
async fn markup_and_quotes_are_kept_as_they_are() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    for text in [
        "<script>alert(1)</script>",
        "'; DROP TABLE deck_cards; --",
        "a\u{0}b",
        "\u{202e}gnp.exe",
        "%s%n",
    ] {
        let mut card = whole(text);
        card["description"] = json!(text);
        let answer = wire.put("alice", &sample.card, card).await.ok();
        assert_eq!((&answer["title"], &answer["description"]), (&json!(text), &json!(text)));
        let read = wire.get("alice", &sample.card).await.ok();
        assert_eq!((&read["title"], &read["description"]), (&json!(text), &json!(text)));
    }
}
