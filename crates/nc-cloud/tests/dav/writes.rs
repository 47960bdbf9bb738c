use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use http_body_util::BodyExt;

use crate::wire::{HOME, Wire};

#[tokio::test]
async fn of_many_parallel_writers_with_the_same_tag_exactly_one_wins() {
    let wire = Wire::boot().await;
    let tag = wire.put("/a.txt", "first").await.header("etag").to_owned();
    let address = format!("{HOME}/a.txt");
    let headers = [("if-match", tag.as_str())];
    let writers = (0..10).map(|number| wire.send("PUT", &address, &headers, format!("by {number}")));
    let answers = futures_util::future::join_all(writers).await;
    let winners: Vec<usize> = (0..10)
        .filter(|number| answers[*number].status == StatusCode::NO_CONTENT)
        .collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.status == StatusCode::PRECONDITION_FAILED)
            .count(),
        9
    );
    assert_eq!(wire.text("/a.txt").await, format!("by {}", winners[0]));
}

#[tokio::test]
async fn of_a_writer_and_a_deleter_with_the_same_tag_one_wins() {
    for _ in 0..10 {
        let wire = Wire::boot().await;
        let tag = wire.put("/a.txt", "first").await.header("etag").to_owned();
        let address = format!("{HOME}/a.txt");
        let (by_match, by_if) = (tag.clone(), format!("([{tag}])"));
        let (put_headers, delete_headers) = ([("if-match", by_match.as_str())], [("if", by_if.as_str())]);
        let (put, delete) = tokio::join!(
            wire.send("PUT", &address, &put_headers, "second"),
            wire.send("DELETE", &address, &delete_headers, ""),
        );
        assert_ne!(
            put.status.is_success(),
            delete.status.is_success(),
            "{} {}",
            put.status,
            delete.status
        );
        let left = wire.get("/a.txt").await.status == StatusCode::OK;
        assert_eq!(left, put.status.is_success());
    }
}

#[tokio::test]
async fn what_is_being_read_is_whole_although_it_is_deleted_meanwhile() {
    let wire = Wire::boot().await;
    let content = "0123456789abcdef".repeat(100_000);
    wire.put("/a.txt", &content).await;
    let mut body = wire.open(&format!("{HOME}/a.txt")).await;
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let deleted = wire.send("DELETE", &format!("{HOME}/a.txt"), &[], "").await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    wire.put("/a.txt", "another").await;
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!([first, rest].concat(), content.as_bytes());
}

#[tokio::test]
async fn writers_into_a_folder_that_moves_lose_nothing() {
    let wire = Wire::boot().await;
    wire.make_folder("/here").await;
    let addresses: Vec<String> = (0..40).map(|number| format!("{HOME}/here/{number}.txt")).collect();
    let writes = addresses
        .iter()
        .map(|address| wire.send("PUT", address, &[], address.clone()));
    let moves = async {
        for (from, to) in [("here", "there"), ("there", "here"), ("here", "there")] {
            let destination = format!("{HOME}/{to}");
            let headers = [("destination", destination.as_str())];
            let moved = wire.send("MOVE", &format!("{HOME}/{from}"), &headers, "").await;
            assert_eq!(moved.status, StatusCode::CREATED);
            tokio::task::yield_now().await;
        }
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(writes), moves);
    for (number, answer) in answers.iter().enumerate() {
        let moved = wire.get(&format!("/there/{number}.txt")).await;
        assert_eq!(
            moved.status == StatusCode::OK,
            answer.status.is_success(),
            "{number}: {}",
            answer.status
        );
        if answer.status.is_success() {
            assert_eq!(moved.body, addresses[number].as_bytes());
        } else {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{number}");
        }
    }
    assert_eq!(wire.leftovers(), 0);
}

#[tokio::test]
async fn a_header_that_decides_is_refused_when_it_comes_twice() {
    let wire = Wire::boot().await;
    let tag = wire.put("/a.txt", "first").await.header("etag").to_owned();
    let (b, c) = (format!("{HOME}/b.txt"), format!("{HOME}/c.txt"));
    let address = format!("{HOME}/a.txt");
    for (method, headers) in [
        ("MOVE", [("destination", b.as_str()), ("destination", c.as_str())]),
        ("PUT", [("if-match", tag.as_str()), ("if-match", "\"stale\"")]),
        ("PUT", [("if-none-match", "\"other\""), ("if-none-match", "*")]),
        ("PUT", [("if", "(<urn:none>)"), ("if", "(Not <urn:none>)")]),
    ] {
        let answer = wire.send(method, &address, &headers, "second").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {headers:?}");
    }
    assert_eq!(wire.text("/a.txt").await, "first");
}

#[tokio::test]
async fn an_upload_that_breaks_off_changes_nothing() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "whole").await;
    let pieces = [Ok("ha"), Ok("lf"), Err(std::io::Error::other("connection lost"))];
    let broken = wire
        .send(
            "PUT",
            &format!("{HOME}/a.txt"),
            &[],
            Body::from_stream(stream::iter(pieces)),
        )
        .await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    let short = wire
        .send("PUT", &format!("{HOME}/a.txt"), &[("content-length", "9")], "short")
        .await;
    assert_eq!(short.status, StatusCode::BAD_REQUEST);
    assert_eq!(wire.text("/a.txt").await, "whole");
    assert_eq!(wire.leftovers(), 0);
}

#[tokio::test]
async fn a_wrong_checksum_is_refused_and_the_old_content_stays() {
    let wire = Wire::boot().await;
    wire.put("/a.txt", "old").await;
    let wrong = [("oc-checksum", "SHA1:0000000000000000000000000000000000000000")];
    let answer = wire.send("PUT", &format!("{HOME}/a.txt"), &wrong, "abc").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(wire.text("/a.txt").await, "old");
    assert_eq!(wire.leftovers(), 0);
}

#[tokio::test]
async fn a_quota_stops_uploads_of_known_and_unknown_length() {
    let wire = Wire::boot_with(|_, alice| alice.quota_bytes = Some(1000)).await;
    wire.put("/a.txt", &"a".repeat(600)).await;
    let known = wire
        .send(
            "PUT",
            &format!("{HOME}/b.txt"),
            &[("content-length", "500")],
            "b".repeat(500),
        )
        .await;
    assert_eq!(known.status, StatusCode::INSUFFICIENT_STORAGE);
    let pieces = stream::iter((0..5).map(|_| Ok::<_, std::io::Error>("c".repeat(100))));
    let unknown = wire
        .send("PUT", &format!("{HOME}/c.txt"), &[], Body::from_stream(pieces))
        .await;
    assert_eq!(unknown.status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(
        unknown.error().message,
        "Insufficient space, 500 required, 400 available"
    );
    wire.put("/a.txt", &"a".repeat(1000)).await;
    wire.make_folder("/empty").await;
    assert_eq!(wire.leftovers(), 0);
}

#[tokio::test]
async fn missing_folders_are_made_on_request_only() {
    let wire = Wire::boot().await;
    let address = format!("{HOME}/a/b/c.txt");
    assert_eq!(wire.send("PUT", &address, &[], "x").await.status, StatusCode::NOT_FOUND);
    let made = wire
        .send("PUT", &address, &[("x-nc-webdav-auto-mkcol", "1")], "x")
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(wire.text("/a/b/c.txt").await, "x");
    let into_file = wire
        .send(
            "PUT",
            &format!("{HOME}/a/b/c.txt/d"),
            &[("x-nc-webdav-auto-mkcol", "1")],
            "x",
        )
        .await;
    assert!(into_file.status.is_client_error());
}

#[tokio::test]
async fn ranges_follow_the_version_that_the_client_knows() {
    let wire = Wire::boot().await;
    let tag = wire.put("/a.txt", "0123456789").await.header("etag").to_owned();
    let address = format!("{HOME}/a.txt");
    let part = wire
        .send("GET", &address, &[("range", "bytes=2-4"), ("if-range", &tag)], "")
        .await;
    assert_eq!(
        (part.status, part.body.as_slice()),
        (StatusCode::PARTIAL_CONTENT, b"234".as_slice())
    );
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let whole = wire
        .send(
            "GET",
            &address,
            &[("range", "bytes=2-4"), ("if-range", "\"other\"")],
            "",
        )
        .await;
    assert_eq!((whole.status, whole.body.len()), (StatusCode::OK, 10));
    let beyond = wire.send("GET", &address, &[("range", "bytes=10-")], "").await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header("content-range"), "bytes */10");
    let head = wire.send("HEAD", &address, &[], "").await;
    assert_eq!((head.header("content-length"), head.body.len()), ("10", 0));
}

#[tokio::test]
async fn conditions_by_date_hold_to_the_second() {
    let wire = Wire::boot().await;
    let address = format!("{HOME}/a.txt");
    wire.send("PUT", &address, &[("x-oc-mtime", "1700000000")], "x").await;
    let (then, before) = ("Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:19 GMT");
    let status = |name: &'static str, date| {
        let (wire, address) = (&wire, &address);
        async move { wire.send("GET", address, &[(name, date)], "").await.status }
    };
    assert_eq!(status("if-modified-since", then).await, StatusCode::NOT_MODIFIED);
    assert_eq!(status("if-modified-since", before).await, StatusCode::OK);
    assert_eq!(status("if-unmodified-since", then).await, StatusCode::OK);
    assert_eq!(
        status("if-unmodified-since", before).await,
        StatusCode::PRECONDITION_FAILED
    );
}
