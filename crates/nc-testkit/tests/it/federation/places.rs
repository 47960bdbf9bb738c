//! Where shares of other servers appear: each at a place of its own, which it keeps.

use nc_proto::dav::encode_segment;
use nc_testkit::site::Site;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ALL, clock, until};

/// Alice at `from` shares a folder with something in it with bob at `to`.
async fn offer(from: &Site, to: &Site, name: &str, content: &str) {
    let folder = format!("/{}", encode_segment(name));
    assert_eq!(from.status("alice", "MKCOL", &folder, "").await, StatusCode::CREATED);
    let file = format!("{folder}/of.txt");
    let put = from.status("alice", "PUT", &file, content.to_owned()).await;
    assert_eq!(put, StatusCode::CREATED);
    from.share("alice", &format!("/{name}"), 6, &to.address("bob"), ALL)
        .await;
}

async fn accept(at: &Site, share: &Value) {
    let path = format!("/remote_shares/pending/{}", share["id"]);
    let (status, data) = at.ocs("bob", "POST", &path, Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{data}");
}

/// Where the accepted shares of bob appear, in order of their numbers.
async fn places(at: &Site) -> Vec<String> {
    let (_, shares) = at.ocs("bob", "GET", "/remote_shares", Value::Null).await;
    let shares = shares.as_array().cloned().unwrap_or_default();
    let place = |share: &Value| share["mountpoint"].as_str().expect("a place").to_owned();
    shares.iter().map(place).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_a_share_that_ends_is_taken_by_no_other() {
    let clock = clock();
    let (a, c, b) = (
        Site::boot(&clock, &[]).await,
        Site::boot(&clock, &[]).await,
        Site::boot(&clock, &[]).await,
    );
    offer(&a, &b, "Plans", "of a").await;
    offer(&c, &b, "Plans", "of c").await;
    for share in b.pending("bob").await {
        accept(&b, &share).await;
    }
    assert_eq!(places(&b).await, ["/Plans", "/Plans (2)"]);
    assert_eq!(b.read("bob", "/Plans/of.txt").await.1, b"of a");
    assert_eq!(b.read("bob", "/Plans%20(2)/of.txt").await.1, b"of c");

    assert_eq!(b.status("bob", "DELETE", "/Plans", "").await, StatusCode::NO_CONTENT);
    // A client that still has a file for the one that is gone does not hand it to the other.
    let put = b.status("bob", "PUT", "/Plans/secret.txt", "for a").await;
    assert_eq!(put, StatusCode::NOT_FOUND);
    assert_eq!(b.status("bob", "PROPFIND", "/Plans", "").await, StatusCode::NOT_FOUND);
    assert_eq!(
        c.status("alice", "PROPFIND", "/Plans/secret.txt", "").await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(places(&b).await, ["/Plans (2)"]);
    assert_eq!(b.read("bob", "/Plans%20(2)/of.txt").await.1, b"of c");
    // The next one gets what is free, as soon as alice has heard that bob does not want the first any more.
    let sender = &a;
    until("the sender is told", || async move {
        let (_, listed) = sender.ocs("alice", "GET", "/shares", Value::Null).await;
        listed == json!([])
    })
    .await;
    a.share("alice", "/Plans", 6, &b.address("bob"), ALL).await;
    accept(&b, &b.pending("bob").await[0]).await;
    let mut now = places(&b).await;
    now.sort();
    assert_eq!(now, ["/Plans", "/Plans (2)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_of_one_name_that_are_taken_at_once_have_places_of_their_own() {
    let clock = clock();
    let (a, c, b) = (
        Site::boot(&clock, &[]).await,
        Site::boot(&clock, &[]).await,
        Site::boot(&clock, &[]).await,
    );
    // Of the own files, and of what people here share, there are such names, too.
    assert_eq!(b.status("bob", "MKCOL", "/Plans", "").await, StatusCode::CREATED);
    assert_eq!(b.status("carol", "MKCOL", "/Plans", "").await, StatusCode::CREATED);
    let (status, _) = b
        .ocs(
            "carol",
            "POST",
            "/shares",
            json!({ "path": "/Plans", "shareType": 0, "shareWith": "bob", "permissions": 1 }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    offer(&a, &b, "Plans", "of a").await;
    offer(&c, &b, "Plans", "of c").await;
    let waiting = b.pending("bob").await;
    tokio::join!(accept(&b, &waiting[0]), accept(&b, &waiting[1]));
    let mut now = places(&b).await;
    now.sort();
    assert_eq!(now, ["/Plans (3)", "/Plans (4)"]);
    let mut read = Vec::new();
    for place in ["/Plans%20(3)/of.txt", "/Plans%20(4)/of.txt"] {
        read.push(b.read("bob", place).await.1);
    }
    read.sort();
    assert_eq!(read, [b"of a".to_vec(), b"of c".to_vec()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_with_the_longest_name_that_is_taken_appears_under_a_shorter_one() {
    let clock = clock();
    let (a, b) = (Site::boot(&clock, &[]).await, Site::boot(&clock, &[]).await);
    let name = format!("{}.d", "ö".repeat(124));
    offer(&a, &b, &name, "of a").await;
    let own = format!("/{}", encode_segment(&name));
    assert_eq!(b.status("bob", "MKCOL", &own, "").await, StatusCode::CREATED);
    accept(&b, &b.pending("bob").await[0]).await;
    let place = places(&b).await.remove(0);
    assert_eq!(place, format!("/{} (2).d", "ö".repeat(122)));
    let there = format!("/{}", encode_segment(place.trim_start_matches('/')));
    assert_eq!(b.read("bob", &format!("{there}/of.txt")).await.1, b"of a");
    let listing = b.dav("bob", "PROPFIND", "/", "").await.text().await.expect("text");
    assert!(listing.contains(&there), "{listing}");
}
