use http::StatusCode;

use crate::wire::{PERSONAL, Wire, event};

/// Reads, adds a mark of its own, writes on the condition that nobody was faster, and begins anew where somebody was.
async fn add_mark(wire: Wire, number: usize) {
    let path = format!("{PERSONAL}shared.ics");
    loop {
        let current = wire.get("alice", &path).await;
        let tag = current.header("etag").to_owned();
        let text = current
            .text()
            .replace("END:VEVENT", &format!("X-MARK:{number}\r\nEND:VEVENT"));
        let answer = wire.send("alice", "PUT", &path, &[("if-match", &tag)], text).await;
        match answer.status {
            StatusCode::NO_CONTENT => return,
            StatusCode::PRECONDITION_FAILED => assert_ne!(answer.header("etag"), tag),
            other => panic!("{other}: {}", answer.text()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_writers_at_the_same_event_none_loses_its_change() {
    let wire = Wire::boot().await;
    wire.put("alice", &format!("{PERSONAL}shared.ics"), event("shared", "Start"))
        .await;
    let (_, before) = wire.changes("alice", PERSONAL, "", "").await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..200 {
        writers.spawn(add_mark(wire.clone(), number));
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let text = wire.get("alice", &format!("{PERSONAL}shared.ics")).await.text();
    for number in 0..200 {
        assert!(text.contains(&format!("X-MARK:{number}\r\n")), "{number} is lost");
    }
    let (changes, after) = wire.changes("alice", PERSONAL, &before, "").await;
    assert_eq!(changes, [("shared.ics".to_owned(), true)]);
    let number = |token: &str| token.rsplit('/').next().unwrap().parse::<u64>().unwrap();
    assert_eq!(number(&after), number(&before) + 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_create_the_same_name_one_does() {
    let wire = Wire::boot().await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..50 {
        let wire = wire.clone();
        writers.spawn(async move {
            let path = format!("{PERSONAL}new.ics");
            let body = event("new", &format!("by {number}"));
            wire.send("alice", "PUT", &path, &[("if-none-match", "*")], body)
                .await
                .status
        });
    }
    let mut made = 0;
    while let Some(status) = writers.join_next().await {
        match status.unwrap() {
            StatusCode::CREATED => made += 1,
            status => assert_eq!(status, StatusCode::PRECONDITION_FAILED),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn what_was_sent_is_given_back_byte_for_byte() {
    let wire = Wire::boot().await;
    let odd = "BEGIN:VCALENDAR\nVERSION:2.0\nX-ODD;a=\"b;c\":kept\nBEGIN:VEVENT\nUID:odd\nDTSTART:20261124T100000Z\n\
               SUMMARY:fol\n ded\nBEGIN:VALARM\nACTION:NONE\nEND:VALARM\nBEGIN:X-MINE\nA:b\nEND:X-MINE\nEND:VEVENT\nEND:VCALENDAR";
    let path = format!("{PERSONAL}odd.ics");
    let tag = wire.put("alice", &path, odd).await;
    let answer = wire.get("alice", &path).await;
    assert_eq!((answer.text().as_str(), answer.header("etag")), (odd, tag.as_str()));
    let known = wire.send("alice", "GET", &path, &[("if-none-match", &tag)], "").await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
}
