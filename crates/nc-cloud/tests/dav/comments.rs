use http::StatusCode;
use nc_proto::dav::{FilterComments, Multistatus, Name, PropPatch, Propfind, props};
use time::Duration;

use crate::wire::{HOME, Wire};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

struct Talk {
    wire: Wire,
    /// Address of the comments of `/a.txt`.
    address: String,
}

impl Talk {
    async fn begin() -> Self {
        let wire = Wire::boot().await;
        wire.put("/a.txt", "x").await;
        let question = Propfind::Prop(vec![props::COMMENTS_HREF]).to_document();
        let answer = wire
            .send("PROPFIND", &format!("{HOME}/a.txt"), &[("depth", "0")], question)
            .await;
        let address = answer.multistatus().responses[0]
            .prop_text(&props::COMMENTS_HREF)
            .unwrap();
        Self { wire, address }
    }

    async fn say(&self, message: &str) -> String {
        let body = serde_json::json!({ "actorType": "users", "verb": "comment", "message": message });
        let answer = self.wire.send("POST", &self.address, &JSON, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{message}");
        answer.header("content-location").to_owned()
    }

    async fn part(&self, filter: FilterComments) -> Vec<String> {
        let answer = self.wire.send("REPORT", &self.address, &[], filter.to_document()).await;
        messages(&answer.multistatus())
    }

    /// A comment by somebody else, as there will be where files are shared.
    async fn somebody_else_says(&self, message: &str) -> String {
        let file: i64 = self.address.rsplit('/').next().unwrap().parse().unwrap();
        let mut tx = self.wire.cloud.db().write().await.unwrap();
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO comments (file_id, parent_id, topmost_parent_id, actor_id, verb, message, created_at) \
             VALUES (?, 0, 0, 'bob', 'comment', ?, 0) RETURNING id",
        )
        .bind(file)
        .bind(message)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        format!("{}/{id}", self.address)
    }

    async fn counts(&self) -> (String, String) {
        let question = Propfind::Prop(vec![props::COMMENTS_COUNT, props::COMMENTS_UNREAD]).to_document();
        let address = format!("{HOME}/a.txt");
        let answer = self.wire.send("PROPFIND", &address, &[("depth", "0")], question).await;
        let response = &answer.multistatus().responses[0];
        let text = |name| response.prop_text(name).unwrap();
        (text(&props::COMMENTS_COUNT), text(&props::COMMENTS_UNREAD))
    }
}

fn messages(answer: &Multistatus) -> Vec<String> {
    let message = Name::oc("message");
    let texts = answer.responses.iter().filter_map(|response| response.prop(&message));
    texts.map(nc_proto::dav::Element::content).collect()
}

#[tokio::test]
async fn the_latest_comments_come_first_in_parts() {
    let talk = Talk::begin().await;
    for message in ["one", "two", "three"] {
        talk.say(message).await;
        talk.wire.clock.advance(Duration::MINUTE);
    }
    let part = |limit, offset| FilterComments {
        limit: Some(limit),
        offset: Some(offset),
        since: None,
    };
    assert_eq!(talk.part(part(2, 0)).await, ["three", "two"]);
    assert_eq!(talk.part(part(2, 2)).await, ["one"]);
    let since = FilterComments {
        since: Some(talk.wire.clock.now() - Duration::minutes(2)),
        ..FilterComments::default()
    };
    assert_eq!(talk.part(since).await, ["three", "two"]);
}

#[tokio::test]
async fn characters_are_counted_not_bytes() {
    let talk = Talk::begin().await;
    let longest = "🎉".repeat(1000);
    let address = talk.say(&longest).await;
    assert_eq!(talk.part(FilterComments::default()).await[0], longest);
    let body = serde_json::json!({ "actorType": "users", "verb": "comment", "message": longest.clone() + "!" });
    let answer = talk.wire.send("POST", &talk.address, &JSON, body.to_string()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let patch = PropPatch::default()
        .set(Name::oc("message"), longest + "!")
        .to_document();
    let answer = talk.wire.send("PROPPATCH", &address, &[], patch).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn comments_of_others_are_new_until_they_are_read_and_never_mine_to_change() {
    let talk = Talk::begin().await;
    talk.say("mine").await;
    let theirs = talk.somebody_else_says("theirs").await;
    assert_eq!(talk.counts().await, ("2".to_owned(), "1".to_owned()));
    let patch = PropPatch::default().set(Name::oc("message"), "changed").to_document();
    for (method, body) in [("PROPPATCH", patch), ("DELETE", Vec::new())] {
        let answer = talk.wire.send(method, &theirs, &[], body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
    let read = PropPatch::default().set(Name::oc("readMarker"), "").to_document();
    talk.wire
        .send("PROPPATCH", &talk.address, &[], read)
        .await
        .multistatus();
    assert_eq!(talk.counts().await, ("2".to_owned(), "0".to_owned()));
    talk.somebody_else_says("more").await;
    assert_eq!(talk.counts().await, ("3".to_owned(), "1".to_owned()));
}

#[tokio::test]
async fn an_answer_belongs_to_a_comment_on_the_same_file() {
    let talk = Talk::begin().await;
    let first = talk.say("question").await;
    let parent = first.rsplit('/').next().unwrap().to_owned();
    let answer_to = |parent: &str| {
        serde_json::json!({ "actorType": "users", "verb": "comment", "message": "answer", "parentId": parent })
            .to_string()
    };
    let made = talk.wire.send("POST", &talk.address, &JSON, answer_to(&parent)).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let refused = talk.wire.send("POST", &talk.address, &JSON, answer_to("999")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let count = Name::oc("childrenCount");
    let question = Propfind::Prop(vec![count.clone()]).to_document();
    let told = talk.wire.send("PROPFIND", &first, &[("depth", "0")], question).await;
    assert_eq!(told.multistatus().responses[0].prop_text(&count).as_deref(), Some("1"));
}

#[tokio::test]
async fn comments_come_back_with_the_file_and_end_with_it() {
    let talk = Talk::begin().await;
    let comment = talk.say("kept").await;
    let deleted_at = talk.wire.clock.now().unix_timestamp();
    talk.wire.send("DELETE", &format!("{HOME}/a.txt"), &[], "").await;
    let gone = talk.wire.send("PROPFIND", &comment, &[], "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let trash = format!("/remote.php/dav/trashbin/alice/trash/a.txt.d{deleted_at}");
    let back = [("destination", "/remote.php/dav/trashbin/alice/restore/a")];
    talk.wire.send("MOVE", &trash, &back, "").await;
    assert_eq!(talk.part(FilterComments::default()).await, ["kept"]);
}
