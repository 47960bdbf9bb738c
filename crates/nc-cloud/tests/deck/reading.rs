//! Lists, tags and times.

use time::Duration;

use serde_json::{Value, json};

use crate::wire::{BOARDS, JSON, OCS, START, Wire, ids, whole};

fn tag(answer: &crate::wire::Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn tags_move_with_every_change_even_within_one_second() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let places = [BOARDS, &sample.board, &sample.stack, &sample.card];
    let tags = async || {
        let mut tags = Vec::new();
        for place in places {
            let answer = wire.get("alice", place).await;
            let tag = tag(&answer);
            let known = wire
                .send("alice", "GET", place, &[("if-none-match", &tag)], Vec::new())
                .await;
            assert_eq!((known.status.as_u16(), known.body.len()), (304, 0), "{place}");
            assert_eq!(tag, self::tag(&known));
            tags.push(tag);
        }
        tags
    };
    let mut before = tags().await;
    let comments = format!("{OCS}/cards/{}/comments{JSON}", sample.card_id);
    for (method, path, body) in [
        ("PUT", sample.card.clone(), whole("One")),
        ("PUT", sample.card.clone(), whole("Two")),
        (
            "PUT",
            format!("{}/assignLabel", sample.card),
            json!({"labelId": sample.label_id}),
        ),
        (
            "PUT",
            format!("{}/labels/{}", sample.board, sample.label_id),
            json!({"title": "New", "color": "000000"}),
        ),
        ("PUT", format!("{}/assignUser", sample.card), json!({"userId": "alice"})),
        ("POST", comments, json!({"message": "hello"})),
        ("PUT", format!("{}/archive", sample.card), Value::Null),
    ] {
        wire.with_json("alice", method, &path, body).await.ok();
        let after = tags().await;
        for (index, place) in places.iter().enumerate().skip(1) {
            assert_ne!(after[index], before[index], "{method} {path}: {place}");
        }
        before = after;
    }
}

#[tokio::test]
async fn lists_leave_out_what_did_not_change_since() {
    let wire = Wire::boot().await;
    let (old, new) = (wire.sample().await, wire.sample().await);
    wire.clock.advance(Duration::seconds(3600));
    let second = wire.card(&new.stack, "Second").await;
    let since = "Sat, 21 Nov 2026 01:55:00 GMT";
    let list = async |path: &str, since: &str| {
        wire.send("alice", "GET", path, &[("if-modified-since", since)], Vec::new())
            .await
            .ok()
    };
    let board: i64 = new.board.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(ids(&list(BOARDS, since).await), [board]);
    let stacks = list(&format!("{}/stacks", new.board), since).await;
    assert_eq!(ids(&stacks[0]["cards"]), [second]);
    assert_eq!(list(&format!("{}/stacks", old.board), since).await, json!([]));
    // Of a time that is yet to come: nothing. What is no date says nothing.
    assert_eq!(list(BOARDS, "Mon, 05 Jan 2099 00:00:00 GMT").await, json!([]));
    assert_eq!(list(BOARDS, "yesterday").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_overview_groups_open_cards_by_when_they_are_due() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let day = 86_400;
    let at = |days: i64| {
        let time = time::OffsetDateTime::from_unix_timestamp(START + days * day).unwrap();
        time.format(&time::format_description::well_known::Rfc3339).unwrap()
    };
    for (title, days) in [
        ("overdue", -1),
        ("today", 0),
        ("tomorrow", 1),
        ("nextSevenDays", 7),
        ("later", 8),
    ] {
        let card = json!({"title": title, "duedate": at(days)});
        wire.post("alice", &format!("{}/cards", sample.stack), card).await.ok();
    }
    let done = wire.card(&sample.stack, "done").await;
    let mut content = whole("done");
    content["done"] = json!(at(0));
    wire.put("alice", &format!("{}/cards/{done}", sample.stack), content)
        .await
        .ok();
    let archived = wire.card(&sample.stack, "archived").await;
    wire.put(
        "alice",
        &format!("{}/cards/{archived}/archive", sample.stack),
        Value::Null,
    )
    .await
    .ok();

    let path = format!("{OCS}/overview/upcoming{JSON}");
    let found = wire.get("alice", &path).await.data();
    let groups = found.as_object().unwrap();
    assert_eq!(groups.len(), 6);
    for (group, cards) in groups {
        let title = if group == "nodue" { "First" } else { group };
        assert_eq!(cards.as_array().unwrap().len(), 1, "{group}");
        assert_eq!(
            (&cards[0]["title"], &cards[0]["board"]["title"]),
            (&json!(title), &json!("Project"))
        );
    }
    assert_eq!(
        (&groups["overdue"][0]["overdue"], &groups["tomorrow"][0]["overdue"]),
        (&json!(3), &json!(1))
    );

    // On a board with others: only what the person works on, or nobody.
    wire.share(&sample.board, 0, "bob", &[]).await;
    wire.put(
        "alice",
        &format!("{}/assignUser", sample.card),
        json!({"userId": "bob"}),
    )
    .await
    .ok();
    assert_eq!(wire.get("alice", &path).await.data().get("nodue"), None);
    assert_eq!(wire.get("bob", &path).await.data()["nodue"][0]["title"], "First");
}

#[tokio::test]
async fn settings_are_ones_own_and_known_ones_only() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let config = format!("{OCS}/config{JSON}");
    let set = async |key: &str, value: Value| {
        wire.post("alice", &format!("{OCS}/config/{key}{JSON}"), json!({"value": value}))
            .await
    };
    assert_eq!(set("cardIdBadge", json!(true)).await.data(), true);
    let settings = wire.get("alice", &config).await.data();
    assert_eq!(
        settings,
        json!({"calendar": true, "cardDetailsInModal": true, "cardIdBadge": true})
    );
    assert_eq!(wire.get("bob", &config).await.data()["cardIdBadge"], false);

    wire.share(&sample.board, 0, "bob", &[]).await;
    let board = sample.board.rsplit('/').next().unwrap();
    assert_eq!(
        set(&format!("board:{board}:notify-due"), json!("all")).await.data(),
        "all"
    );
    assert_eq!(
        wire.get("alice", &sample.board).await.ok()["settings"]["notify-due"],
        "all"
    );
    assert_eq!(
        wire.get("bob", &sample.board).await.ok()["settings"]["notify-due"],
        "assigned"
    );
    assert_eq!(
        set(&format!("board:{board}:notify-due"), json!("never"))
            .await
            .refused()
            .0,
        400
    );
    assert_eq!(set("board:99999:calendar", json!(true)).await.refused().0, 403);
    for key in [
        "unknown",
        "board:x:calendar",
        "board:0:calendar",
        "board:1",
        "board:1:other",
    ] {
        assert_eq!(set(key, json!(true)).await.refused().0, 404, "{key}");
    }
}

#[tokio::test]
async fn a_list_of_boards_is_short_unless_details_are_wished() {
    let wire = Wire::boot().await;
    let sample = wire.sample().await;
    let short = wire.get("alice", BOARDS).await.ok();
    for list in ["labels", "users", "stacks", "acl", "settings"] {
        assert_eq!(short[0][list], json!([]), "{list}");
    }
    let long = wire.get("alice", &format!("{BOARDS}?details=true")).await.ok();
    assert_eq!(long[0]["labels"].as_array().unwrap().len(), 4);
    assert_eq!(ids(&long[0]["stacks"]), [sample.stack_id]);
    for version in [
        "/apps/deck/api/v1.0/boards",
        "/apps/deck/api/v1.1/boards",
        "/index.php/apps/deck/api/v1.1/boards",
    ] {
        assert_eq!(wire.get("alice", version).await.ok(), short, "{version}");
    }
}
