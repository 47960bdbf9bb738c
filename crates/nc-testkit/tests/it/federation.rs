//! Two clouds that share with each other, assembled as they ship, over HTTP.

mod credentials;
mod ended;
mod names;
mod places;

use std::time::Duration;

use nc_auth::UserId;
use nc_proto::clock::Clock;
use nc_testkit::site::Site;
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

const ALL: u8 = 15;
const READ: u8 = 1;

fn clock() -> Clock {
    Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time"))
}

async fn two() -> (Site, Site) {
    let clock = clock();
    (Site::boot(&clock, &[]).await, Site::boot(&clock, &[]).await)
}

/// Alice at `from` shares a folder with bob at `to`, who takes it. The number at alice's, and where bob has it.
async fn shared(from: &Site, to: &Site, permissions: u8) -> (String, i64, String) {
    assert_eq!(from.status("alice", "MKCOL", "/Plans", "").await, StatusCode::CREATED);
    assert_eq!(
        from.status("alice", "PUT", "/Plans/one.txt", "one").await,
        StatusCode::CREATED
    );
    let sent = from.share("alice", "/Plans", 6, &to.address("bob"), permissions).await;
    let (received, place) = to.accept("bob").await;
    assert_eq!(place, "/Plans");
    (sent, received, place)
}

/// What needs the other server's outbox: it is tried for a while.
async fn until<Made: Future<Output = bool>>(what: &str, is_so: impl Fn() -> Made) {
    for _ in 0..200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_another_cloud_is_read_written_and_renamed_in() {
    let (a, b) = two().await;
    shared(&a, &b, ALL).await;
    let listing = b.dav("bob", "PROPFIND", "/", "").await.text().await.expect("text");
    assert!(listing.contains("/remote.php/dav/files/bob/Plans/"), "{listing}");
    assert_eq!(b.read("bob", "/Plans/one.txt").await, (StatusCode::OK, b"one".to_vec()));

    assert_eq!(
        b.status("bob", "PUT", "/Plans/tw%C3%B6%20%25.txt", "two").await,
        StatusCode::CREATED
    );
    assert_eq!(a.read("alice", "/Plans/tw%C3%B6%20%25.txt").await.1, b"two");
    assert_eq!(b.status("bob", "MKCOL", "/Plans/deep", "").await, StatusCode::CREATED);
    let to = format!("{}/remote.php/dav/files/bob/Plans/deep/two.txt", b.url);
    let moved = b.request("bob", "MOVE", "/remote.php/dav/files/bob/Plans/tw%C3%B6%20%25.txt");
    assert_eq!(
        moved
            .header("destination", to)
            .send()
            .await
            .expect("an answer")
            .status(),
        StatusCode::CREATED
    );
    assert_eq!(a.read("alice", "/Plans/deep/two.txt").await.1, b"two");
    assert_eq!(
        b.status("bob", "DELETE", "/Plans/deep", "").await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        a.status("alice", "PROPFIND", "/Plans/deep", "").await,
        StatusCode::NOT_FOUND
    );

    // A version that was read is the version that is written over.
    let etag = b.dav("bob", "GET", "/Plans/one.txt", "").await.headers()["etag"].clone();
    assert_eq!(
        a.dav("alice", "GET", "/Plans/one.txt", "").await.headers()["etag"],
        etag
    );
    let put = async |text: &'static str| {
        let request = b.request("bob", "PUT", "/remote.php/dav/files/bob/Plans/one.txt");
        let request = request.header("if-match", etag.clone()).body(text);
        request.send().await.expect("an answer").status()
    };
    assert_eq!(put("new").await, StatusCode::NO_CONTENT);
    assert_eq!(put("stale").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(a.read("alice", "/Plans/one.txt").await.1, b"new");
    let part = b.request("bob", "GET", "/remote.php/dav/files/bob/Plans/one.txt");
    let part = part.header("range", "bytes=1-").send().await.expect("an answer");
    assert_eq!(
        (part.status(), part.text().await.expect("text").as_str()),
        (StatusCode::PARTIAL_CONTENT, "ew")
    );

    // The folder itself has another name here, and keeps its own there.
    let to = format!("{}/remote.php/dav/files/bob/Plans%20of%20Alice", b.url);
    let moved = b
        .request("bob", "MOVE", "/remote.php/dav/files/bob/Plans")
        .header("destination", to);
    assert_eq!(moved.send().await.expect("an answer").status(), StatusCode::CREATED);
    assert_eq!(b.read("bob", "/Plans%20of%20Alice/one.txt").await.1, b"new");
    assert_eq!(b.status("bob", "PROPFIND", "/Plans", "").await, StatusCode::NOT_FOUND);
    assert_eq!(a.read("alice", "/Plans/one.txt").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_fl04_a_hundred_megabytes_pass_both_ways_and_nothing_at_all_as_well() {
    let (a, b) = two().await;
    shared(&a, &b, ALL).await;
    let mut state = 7_u32;
    let large: Vec<u8> = (0..100 << 20)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    assert_eq!(
        b.status("bob", "PUT", "/Plans/up.bin", large.clone()).await,
        StatusCode::CREATED
    );
    let (status, there) = a.read("alice", "/Plans/up.bin").await;
    assert!(status == StatusCode::OK && there == large, "{status} {}", there.len());
    assert_eq!(
        a.status("alice", "PUT", "/Plans/down.bin", there).await,
        StatusCode::CREATED
    );
    let (status, here) = b.read("bob", "/Plans/down.bin").await;
    assert!(status == StatusCode::OK && here == large, "{status} {}", here.len());

    assert_eq!(b.status("bob", "PUT", "/Plans/empty", "").await, StatusCode::CREATED);
    assert_eq!(a.read("alice", "/Plans/empty").await, (StatusCode::OK, Vec::new()));
    for name in ["%C3%A9t%C3%A9%20%E2%98%80.txt", "100%25%23%3F.txt"] {
        let path = format!("/Plans/{name}");
        assert_eq!(b.status("bob", "PUT", &path, "x").await, StatusCode::CREATED, "{name}");
        assert_eq!(a.read("alice", &path).await.1, b"x", "{name}");
        assert_eq!(b.read("bob", &path).await.1, b"x", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_file_is_shared() {
    let (a, b) = two().await;
    assert_eq!(
        a.status("alice", "PUT", "/plan.txt", "the plan").await,
        StatusCode::CREATED
    );
    a.share("alice", "/plan.txt", 6, &b.address("bob"), 3).await;
    let (_, place) = b.accept("bob").await;
    assert_eq!(b.read("bob", &place).await.1, b"the plan");
    assert_eq!(b.status("bob", "PUT", &place, "changed").await, StatusCode::NO_CONTENT);
    assert_eq!(a.read("alice", "/plan.txt").await.1, b"changed");
    let below = b.status("bob", "PUT", &format!("{place}/x"), "x").await;
    assert!(below.is_client_error(), "{below}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_fl03_fewer_permissions_count_at_the_next_request_and_the_end_of_a_share_as_well() {
    let (a, b) = two().await;
    let (sent, received, _) = shared(&a, &b, ALL).await;
    assert_eq!(
        b.status("bob", "PUT", "/Plans/one.txt", "1").await,
        StatusCode::NO_CONTENT
    );
    let (status, _) = a
        .ocs(
            "alice",
            "PUT",
            &format!("/shares/{sent}"),
            json!({ "permissions": READ }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        b.status("bob", "PUT", "/Plans/one.txt", "2").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        b.status("bob", "DELETE", "/Plans/one.txt", "").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(b.read("bob", "/Plans/one.txt").await.1, b"1");

    let (status, _) = a.ocs("alice", "DELETE", &format!("/shares/{sent}"), Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = b.read("bob", "/Plans/one.txt").await;
    assert!(!status.is_success(), "{status}");
    let b = &b;
    until("the receiver is told", || async move {
        let (status, _) = b
            .ocs("bob", "GET", &format!("/remote_shares/{received}"), Value::Null)
            .await;
        status == StatusCode::NOT_FOUND && b.status("bob", "PROPFIND", "/Plans", "").await == StatusCode::NOT_FOUND
    })
    .await;
    let (_, listed) = a.ocs("alice", "GET", "/shares", Value::Null).await;
    assert_eq!(listed, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declined_ends_at_the_sender_too() {
    let (a, b) = two().await;
    assert_eq!(a.status("alice", "MKCOL", "/Plans", "").await, StatusCode::CREATED);
    for accepted in [false, true] {
        a.share("alice", "/Plans", 6, &b.address("bob"), READ).await;
        let path = if accepted {
            format!("/remote_shares/{}", b.accept("bob").await.0)
        } else {
            format!("/remote_shares/pending/{}", b.pending("bob").await[0]["id"])
        };
        let (status, _) = b.ocs("bob", "DELETE", &path, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        assert!(b.pending("bob").await.is_empty());
        assert_eq!(b.status("bob", "PROPFIND", "/Plans", "").await, StatusCode::NOT_FOUND);
        let a = &a;
        until("the sender is told", || async move {
            let (_, listed) = a.ocs("alice", "GET", "/shares", Value::Null).await;
            listed == json!([])
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n084_access_outlives_tokens_and_clocks_that_differ() {
    let (here, there) = (clock(), clock());
    let a = Site::boot(&here, &[]).await;
    let b = Site::boot(&there, &[]).await;
    shared(&a, &b, ALL).await;
    assert_eq!(b.read("bob", "/Plans/one.txt").await.0, StatusCode::OK);
    // Tokens live ten minutes.
    for minutes in [11, 9, 60] {
        here.advance(time::Duration::minutes(minutes));
        there.advance(time::Duration::minutes(minutes));
        assert_eq!(
            b.read("bob", "/Plans/one.txt").await,
            (StatusCode::OK, b"one".to_vec()),
            "{minutes}"
        );
    }
    // The sender alone is ahead, then the receiver: tokens end before or after the other side thinks so, and signatures are
    // dated by the clock of the one who checks them.
    for (clock, minutes) in [(&here, 10), (&there, 20)] {
        clock.advance(time::Duration::minutes(minutes));
        assert_eq!(b.read("bob", "/Plans/one.txt").await.0, StatusCode::OK, "{minutes}");
    }
    let body = "y".repeat(200_000);
    assert_eq!(
        b.status("bob", "PUT", "/Plans/one.txt", body.clone()).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(a.read("alice", "/Plans/one.txt").await.1, body.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_fl05_each_member_of_a_group_takes_a_share_or_not() {
    let (a, b) = two().await;
    assert_eq!(a.status("alice", "MKCOL", "/Plans", "").await, StatusCode::CREATED);
    assert_eq!(
        a.status("alice", "PUT", "/Plans/one.txt", "one").await,
        StatusCode::CREATED
    );
    a.share("alice", "/Plans", 9, &b.address("team"), READ).await;
    assert_eq!(b.pending("carol").await.len(), 1);
    b.accept("bob").await;
    assert_eq!(b.read("bob", "/Plans/one.txt").await.1, b"one");
    assert_eq!(b.status("carol", "PROPFIND", "/Plans", "").await, StatusCode::NOT_FOUND);
    assert_eq!(b.pending("carol").await.len(), 1);
    b.accept("carol").await;
    assert_eq!(b.read("carol", "/Plans/one.txt").await.1, b"one");
    // One gives it up; the other keeps it.
    assert_eq!(b.status("bob", "DELETE", "/Plans", "").await, StatusCode::NO_CONTENT);
    assert_eq!(b.status("bob", "PROPFIND", "/Plans", "").await, StatusCode::NOT_FOUND);
    assert_eq!(b.read("carol", "/Plans/one.txt").await.1, b"one");
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n073_who_is_shut_out_shares_nothing_any_more() {
    let (a, b) = two().await;
    shared(&a, &b, ALL).await;
    assert_eq!(b.read("bob", "/Plans/one.txt").await.0, StatusCode::OK);
    a.cloud.set_enabled(&UserId::new("alice"), false).await.expect("set");
    let (status, body) = b.read("bob", "/Plans/one.txt").await;
    assert!(!status.is_success() && body != b"one", "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_the_other_cloud_does_not_take_is_not_made() {
    let (a, b) = two().await;
    assert_eq!(a.status("alice", "MKCOL", "/Plans", "").await, StatusCode::CREATED);
    for with in [
        b.address("nobody"),
        "bob@http://127.0.0.1:1".to_owned(),
        "bob@cloud.example.org:1".to_owned(),
        "bob".to_owned(),
        format!("alice@{}", a.url),
    ] {
        let wish = json!({ "path": "/Plans", "shareType": 6, "shareWith": with, "permissions": 1 });
        let (status, _) = a.ocs("alice", "POST", "/shares", wish).await;
        assert!(status.is_client_error() || status.is_server_error(), "{with}: {status}");
        let (_, listed) = a.ocs("alice", "GET", "/shares", Value::Null).await;
        assert_eq!(listed, json!([]), "{with}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_has_anything_of_a_share() {
    let (a, b) = two().await;
    let (sent, received, _) = shared(&a, &b, ALL).await;
    assert_eq!(b.status("carol", "PROPFIND", "/Plans", "").await, StatusCode::NOT_FOUND);
    assert!(b.pending("carol").await.is_empty());
    for (method, path) in [
        ("GET", format!("/remote_shares/{received}")),
        ("DELETE", format!("/remote_shares/{received}")),
        ("POST", format!("/remote_shares/pending/{received}")),
        ("DELETE", format!("/remote_shares/pending/{received}")),
    ] {
        let (status, data) = b.ocs("carol", method, &path, Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path} {data}");
    }
    for (method, body) in [
        ("GET", Value::Null),
        ("PUT", json!({ "permissions": 1 })),
        ("DELETE", Value::Null),
    ] {
        let (status, _) = a.ocs("carol", method, &format!("/shares/{sent}"), body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method}");
    }
    assert_eq!(b.read("bob", "/Plans/one.txt").await.0, StatusCode::OK);
}
