//! Each way in which a server says no is its own error, and the words never show what is inside.

use std::time::Duration;

use nc_client::{Error, FilePath, NoteId, NotePatch, Overwrite, WriteMode, WriteOptions};
use tokio::time::Instant;

use crate::scripted::{Reply, Server};

fn path(text: &str) -> FilePath {
    FilePath::parse(text).expect("path")
}

const SABRE: &str = r#"<?xml version="1.0" encoding="utf-8"?><d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">
  <s:exception>OCA\DAV\Connector\Sabre\Exception\Something</s:exception><s:message>the server's words</s:message></d:error>"#;

#[tokio::test]
async fn each_status_is_its_own_kind_for_files_and_for_notes() {
    let kinds = [
        (400, "refused"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "refused"),
        (409, "refused"),
        (412, "precondition_failed"),
        (413, "too_large"),
        (423, "locked"),
        (429, "rate_limited"),
        (500, "server_error"),
        (501, "server_error"),
        (502, "server_error"),
        (503, "server_error"),
        (504, "timeout"),
        (507, "quota_exceeded"),
    ];
    for (status, code) in kinds {
        let server = Server::start(move |seen, _| {
            if seen.target.contains("/apps/") {
                Reply::json(status, r#"{"message":"the server's words"}"#)
            } else {
                Reply::xml(status, SABRE)
            }
        })
        .await;
        let mut config = server.config();
        config.retry.tries = 1;
        config.retry.locked_tries = 1;
        let mut texts = Vec::new();
        for about in ["file", "note"] {
            // A fresh one each time: a refused sign-in is remembered.
            let client = crate::scripted::nextcloud(config.clone()).client(crate::scripted::credential("carol"));
            let error = match about {
                "file" => client.files().stat(&path("/Docs/a.txt")).await.expect_err(about),
                _ => client.notes().get(NoteId(42)).await.expect_err(about),
            };
            assert_eq!(error.code(), code, "{about} {status}");
            texts.push(error.to_string());
        }
        for text in &texts {
            for inside in [
                "remote.php",
                "index.php",
                "127.0.0.1",
                "<",
                "Exception",
                "Sabre",
                "carol-password",
            ] {
                assert!(!text.contains(inside), "{text}");
            }
        }
        let about_server = matches!(code, "unauthorized" | "rate_limited" | "maintenance");
        assert!(about_server || texts[0].contains("\"/Docs/a.txt\""), "{}", texts[0]);
        assert!(about_server || texts[1].contains("note 42"), "{}", texts[1]);
        if matches!(status, 400 | 403 | 404 | 500) {
            assert!(
                texts[0].ends_with("(Nextcloud says: the server's words)"),
                "{}",
                texts[0]
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_waited_for_shortly_and_then_is_an_error() {
    let replay = crate::trouble::Answers::start(|number| match number {
        0..3 => (423, Vec::new(), String::new()),
        _ => (
            200,
            Vec::new(),
            r#"{"id":1,"title":"T","content":"x","etag":"e"}"#.to_owned(),
        ),
    });
    let start = Instant::now();
    let new = nc_client::NewNote {
        title: Some("T".into()),
        ..nc_client::NewNote::default()
    };
    replay
        .client()
        .notes()
        .create(&new)
        .await
        .expect("created after three locks");
    assert_eq!(replay.count(), 4);
    assert!(start.elapsed() <= Duration::from_secs(2));

    let owner = r#"<d:multistatus xmlns:d="DAV:" xmlns:nc="http://nextcloud.org/ns"><d:response>
        <d:href>/remote.php/dav/files/carol/a</d:href><d:propstat><d:prop><nc:lock-owner>dave</nc:lock-owner>
        <nc:lock-owner-displayname>Dave</nc:lock-owner-displayname></d:prop><d:status>HTTP/1.1 200 OK</d:status>
        </d:propstat></d:response></d:multistatus>"#;
    let replay = crate::trouble::Answers::start(move |number| match number {
        0..4 => (423, Vec::new(), String::new()),
        _ => (
            207,
            vec![("content-type", "application/xml".to_owned())],
            owner.to_owned(),
        ),
    });
    let error = replay
        .client()
        .files()
        .delete(&path("/a"), None)
        .await
        .expect_err("locked");
    assert_eq!(error.to_string(), "\"/a\" is locked by Dave; try again later");
    assert_eq!(replay.count(), 5, "four tries, and a look at who holds the lock");
}

#[tokio::test(start_paused = true)]
async fn reads_wait_as_long_as_told_and_writes_do_not_wait() {
    let slow = || vec![("retry-after", "7".to_owned())];
    let replay = crate::trouble::Answers::start(move |number| match number {
        0 => (429, slow(), String::new()),
        _ => (200, Vec::new(), r#"{"notesPath":"Notes"}"#.to_owned()),
    });
    let start = Instant::now();
    replay.client().notes().settings().await.expect("settings");
    assert!(
        (7.0..9.0).contains(&start.elapsed().as_secs_f64()),
        "{:?}",
        start.elapsed()
    );

    let replay = crate::trouble::Answers::start(move |_| (429, slow(), String::new()));
    let start = Instant::now();
    let error = replay
        .client()
        .files()
        .delete(&path("/a"), None)
        .await
        .expect_err("slow down");
    assert_eq!(error.to_string(), "Nextcloud asks to slow down; try again in 7 s");
    assert_eq!((replay.count(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn without_being_told_reads_wait_ever_longer_and_give_up_after_three_tries() {
    for status in [429, 503] {
        let replay = crate::trouble::Answers::start(move |_| (status, Vec::new(), String::new()));
        let start = Instant::now();
        let error = replay.client().notes().settings().await.expect_err("trouble");
        assert!(error.is_passing(), "{error:?}");
        assert_eq!(replay.count(), 3);
        assert!(
            (3.0..4.0).contains(&start.elapsed().as_secs_f64()),
            "{:?}",
            start.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_budget_is_told_instead_of_waited() {
    let headers = || vec![("retry-after", "600".to_owned())];
    let replay = crate::trouble::Answers::start(move |_| (429, headers(), String::new()));
    let start = Instant::now();
    let error = replay.client().notes().settings().await.expect_err("slow down");
    assert!(matches!(error, Error::RateLimited { retry_after: Some(wait) } if wait == Duration::from_mins(10)));
    assert_eq!((replay.count(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_measure_is_no_reason_to_fall_over() {
    let headers = || vec![("retry-after", u64::MAX.to_string())];
    let replay = crate::trouble::Answers::start(move |_| (429, headers(), String::new()));
    let error = replay.client().notes().settings().await.expect_err("slow down");
    assert!(matches!(error, Error::RateLimited { retry_after: Some(wait) } if wait == Duration::from_hours(24)));
}

#[tokio::test(start_paused = true)]
async fn maintenance_is_told_at_once_with_its_time() {
    let headers = || {
        vec![
            ("x-nextcloud-maintenance-mode", "1".to_owned()),
            ("retry-after", "120".to_owned()),
        ]
    };
    let replay = crate::trouble::Answers::start(move |_| (503, headers(), String::new()));
    let client = replay.client();
    let error = client.notes().settings().await.expect_err("maintenance");
    assert_eq!(error.to_string(), "Nextcloud is in maintenance; try again in 120 s");
    assert_eq!(replay.count(), 1);
    assert!(!client.is_rejected());
}

#[tokio::test(start_paused = true)]
async fn an_append_is_tried_three_times_when_the_note_changes_meanwhile() {
    let replay = crate::trouble::Answers::start(|number| {
        let note = format!(r#"{{"id":1,"title":"T","content":"{number}","etag":"e{number}"}}"#);
        if number % 2 == 0 {
            (200, Vec::new(), note)
        } else {
            (412, Vec::new(), note)
        }
    });
    let error = replay
        .client()
        .notes()
        .append(NoteId(1), "x")
        .await
        .expect_err("conflict");
    let Error::Conflict { current, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(current.content_head.as_deref(), Some("5"));
    assert_eq!(replay.count(), 6, "three reads and three writes");
    let sent: Vec<String> = replay.if_match();
    assert_eq!(
        sent,
        ["\"e0\"", "\"e2\"", "\"e4\""],
        "each write has the version that was just read"
    );
}

#[tokio::test]
async fn gateways_that_give_up_leave_the_outcome_of_a_write_open() {
    for status in [502, 504] {
        let server = Server::start(move |_, _| Reply::html(status)).await;
        let client = server.client();
        let patch = NotePatch {
            favorite: Some(true),
            ..NotePatch::default()
        };
        let etag = nc_client::ETag::parse("x").expect("etag");
        let errors = [
            client.notes().update(NoteId(1), &patch, &etag).await.map(drop),
            client.files().delete(&path("/a"), None).await,
            client
                .files()
                .move_to(&path("/a"), &path("/b"), Overwrite::Never)
                .await
                .map(drop),
            client
                .files()
                .write(
                    &path("/a"),
                    "x".to_owned(),
                    &WriteMode::Overwrite,
                    &WriteOptions::default(),
                )
                .await
                .map(drop),
        ];
        for error in errors {
            assert_eq!(error.expect_err("open").code(), "outcome_unknown");
        }
        assert_eq!(server.seen().len(), 4, "none is sent twice");
    }
}

#[tokio::test]
async fn a_207_that_reports_a_failure_inside_is_a_failure() {
    let body = r#"<d:multistatus xmlns:d="DAV:"><d:response><d:href>/remote.php/dav/files/carol/a/locked.txt</d:href>
        <d:status>HTTP/1.1 423 Locked</d:status></d:response></d:multistatus>"#;
    let server = Server::start(move |_, _| Reply::xml(207, body)).await;
    let client = server.client();
    assert_eq!(
        client
            .files()
            .delete(&path("/a"), None)
            .await
            .expect_err("locked")
            .code(),
        "locked"
    );
    let moved = client.files().move_to(&path("/a"), &path("/b"), Overwrite::Never).await;
    assert_eq!(moved.expect_err("locked").code(), "locked");
}

#[tokio::test]
async fn ocs_failures_inside_of_200_are_failures() {
    for (code, expected) in [
        (996, "server_error"),
        (997, "unauthorized"),
        (998, "not_found"),
        (999, "server_error"),
        (403, "forbidden"),
    ] {
        let text =
            format!(r#"{{"ocs":{{"meta":{{"status":"failure","statuscode":{code},"message":"Nein"}},"data":[]}}}}"#);
        let server = Server::start_raw(move |_, _| Reply::json(200, &text)).await;
        let error = server.client().user().await.expect_err("failure");
        assert_eq!(error.code(), expected, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_to_come_back_may_be_a_date() {
    let headers = || vec![("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT".to_owned())];
    let replay = crate::trouble::Answers::start(move |number| match number {
        0 => (429, headers(), String::new()),
        _ => (200, Vec::new(), r#"{"notesPath":"Notes"}"#.to_owned()),
    });
    let start = Instant::now();
    replay.client().notes().settings().await.expect("settings");
    assert_eq!(start.elapsed(), Duration::ZERO, "a date in the past is now");
}
