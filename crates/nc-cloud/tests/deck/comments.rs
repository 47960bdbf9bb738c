use time::Duration;

use serde_json::json;

use crate::wire::{JSON, OCS, Wire, denied, ids};

#[tokio::test]
async fn a_comment_has_at_most_a_thousand_characters_however_many_bytes() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let comments = format!("{OCS}/cards/{}/comments{JSON}", sample.card_id);
    let longest = "🎯".repeat(1000);
    let comment = wire.post("alice", &comments, json!({"message": longest})).await.data();
    assert_eq!(comment["message"], longest);
    let path = format!("{OCS}/cards/{}/comments/{}{JSON}", sample.card_id, comment["id"]);
    for length in [1001, 50_000] {
        let message = json!({"message": "x".repeat(length)});
        let refused = (400, "Message exceeds allowed character limit of 1000".to_owned());
        assert_eq!(wire.post("alice", &comments, message.clone()).await.refused(), refused);
        assert_eq!(wire.put("alice", &path, message).await.refused(), refused);
    }
    for message in [
        json!({}),
        json!({"message": ""}),
        json!({"message": " \n"}),
        json!({"message": ["x"]}),
    ] {
        assert_eq!(wire.post("alice", &comments, message).await.refused().0, 400);
    }
    assert_eq!(wire.get("alice", &comments).await.data().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn comments_come_newest_first_in_pages() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let comments = format!("{OCS}/cards/{}/comments", sample.card_id);
    let mut made = Vec::new();
    for number in 0..25 {
        let message = json!({"message": format!("{number}")});
        made.push(
            wire.post("alice", &format!("{comments}{JSON}"), message).await.data()["id"]
                .as_i64()
                .unwrap(),
        );
    }
    made.reverse();
    let page = async |query: &str| {
        ids(&wire
            .get("alice", &format!("{comments}?format=json{query}"))
            .await
            .data())
    };
    assert_eq!(page("").await, made[..20]);
    assert_eq!(page("&limit=10&offset=5").await, made[5..15]);
    assert_eq!(page("&limit=200&offset=20").await, made[20..]);
    assert_eq!(page("&offset=1000").await, [0; 0]);
    for query in ["&limit=-1", "&offset=x", "&limit=99999999999999999999"] {
        let answer = wire.get("alice", &format!("{comments}?format=json{query}")).await;
        assert_eq!(answer.refused().0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_reply_shows_what_it_answers_and_no_more() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let comments = format!("{OCS}/cards/{}/comments{JSON}", sample.card_id);
    let first = wire.post("alice", &comments, json!({"message": "one"})).await.data();
    let reply = wire
        .post("alice", &comments, json!({"message": "two", "parentId": first["id"]}))
        .await
        .data();
    assert_eq!(reply["replyTo"], first);
    let second = json!({"message": "three", "parentId": reply["id"]});
    let second = wire.post("alice", &comments, second).await.data();
    assert_eq!(second["replyTo"]["id"], reply["id"]);
    assert_eq!(second["replyTo"].get("replyTo"), None);
    let unknown = json!({"message": "x", "parentId": 99_999});
    assert_eq!(wire.post("alice", &comments, unknown).await.refused().0, 400);
    // Replies outlive what they answer.
    wire.delete(
        "alice",
        &format!("{OCS}/cards/{}/comments/{}{JSON}", sample.card_id, first["id"]),
    )
    .await
    .data();
    let listed = wire.get("alice", &comments).await.data();
    assert_eq!(
        ids(&listed),
        [second["id"].as_i64().unwrap(), reply["id"].as_i64().unwrap()]
    );
    assert_eq!(listed[1].get("replyTo"), None);
}

#[tokio::test]
async fn only_the_author_changes_a_comment_and_who_left_changes_nothing() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let entry = wire.share(&sample.board, 0, "bob", &["edit", "manage"]).await;
    let comments = format!("{OCS}/cards/{}/comments", sample.card_id);
    let alices = wire
        .post("alice", &format!("{comments}{JSON}"), json!({"message": "mine"}))
        .await
        .data();
    let bobs = wire
        .post("bob", &format!("{comments}{JSON}"), json!({"message": "his"}))
        .await
        .data();
    let alices = format!("{comments}/{}{JSON}", alices["id"]);
    let bobs = format!("{comments}/{}{JSON}", bobs["id"]);
    let change = json!({"message": "changed"});
    assert_eq!(wire.put("bob", &alices, change.clone()).await.refused().0, 403);
    assert_eq!(wire.delete("bob", &alices).await.refused().0, 403);
    // Nor may the owner of the board.
    assert_eq!(wire.delete("alice", &bobs).await.refused().0, 403);
    assert_eq!(
        wire.put("bob", &bobs, change.clone()).await.data()["message"],
        "changed"
    );
    wire.delete("alice", &entry).await.ok();
    assert_eq!(wire.put("bob", &bobs, change).await.refused(), denied());
    assert_eq!(wire.delete("bob", &bobs).await.refused(), denied());
    assert_eq!(wire.get("bob", &format!("{comments}{JSON}")).await.refused(), denied());
}

#[tokio::test]
async fn cards_count_comments_and_those_of_others_that_were_not_read() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    wire.share(&sample.board, 0, "bob", &[]).await;
    let comments = format!("{OCS}/cards/{}/comments{JSON}", sample.card_id);
    let counts = async |who: &str| {
        let card = wire.get(who, &sample.card).await.ok();
        (
            card["commentsCount"].as_i64().unwrap(),
            card["commentsUnread"].as_i64().unwrap(),
        )
    };
    for message in ["one", "two"] {
        wire.post("alice", &comments, json!({"message": message})).await.data();
    }
    assert_eq!((counts("alice").await, counts("bob").await), ((2, 0), (2, 2)));
    wire.get("bob", &comments).await.data();
    assert_eq!(counts("bob").await, (2, 0));
    wire.clock.advance(Duration::seconds(60));
    wire.post("alice", &comments, json!({"message": "three"})).await.data();
    assert_eq!(counts("bob").await, (3, 1));
}

#[tokio::test]
async fn only_people_of_the_board_can_be_mentioned() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    wire.share(&sample.board, 0, "bob", &[]).await;
    let comments = format!("{OCS}/cards/{}/comments{JSON}", sample.card_id);
    let message = json!({"message": "@bob, @carol and @nobody"});
    let comment = wire.post("alice", &comments, message).await.data();
    let bob = json!([{"mentionId": "bob", "mentionType": "user", "mentionDisplayName": "Bob"}]);
    assert_eq!(comment["mentions"], bob);
}

#[tokio::test]
async fn envelopes_are_xml_unless_json_is_wished_and_version_1_answers_200() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let path = format!("/apps/deck/api/v1.0/cards/{}/comments", sample.card_id);
    wire.post("alice", &format!("/ocs/v2.php{path}"), json!({"message": "a < b"}))
        .await;
    let answer = wire.get("alice", &format!("/ocs/v2.php{path}")).await;
    assert_eq!(answer.headers["content-type"], "application/xml; charset=utf-8");
    let text = answer.text();
    assert!(
        text.contains("<message>a &lt; b</message>") && text.contains("<mentions/>"),
        "{text}"
    );
    assert!(text.contains("<statuscode>200</statuscode>"), "{text}");
    let answer = wire.get("alice", &format!("/ocs/v1.php{path}?format=json")).await;
    assert_eq!(answer.ok()["ocs"]["meta"]["statuscode"], 100);
    let unknown = "/ocs/v1.php/apps/deck/api/v1.0/cards/99999999/comments?format=json";
    assert_eq!(wire.get("alice", unknown).await.ok()["ocs"]["meta"]["statuscode"], 403);
    let upcoming = wire.get("alice", &format!("{OCS}/overview/upcoming")).await.text();
    assert!(
        upcoming.contains("<nodue>") && upcoming.contains("<title>First</title>"),
        "{upcoming}"
    );
    let config = wire.get("alice", &format!("{OCS}/config")).await.text();
    assert!(config.contains("<calendar>1</calendar>"), "{config}");
}
