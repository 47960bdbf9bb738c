//! Strangers learn nothing and change nothing.

use http::StatusCode;
use serde_json::{Value, json};

use crate::wire::{API, Wire, id};

#[tokio::test]
async fn a_stranger_does_not_know_of_a_share_by_any_route() {
    let wire = Wire::boot().await;
    wire.put("alice", "/a.txt", "a").await;
    let user = wire.give("alice", "/a.txt", "bob", 1).await;
    let link = id(&wire.share("alice", json!({ "path": "/a.txt", "shareType": 3 })).await);
    let before = wire.ocs("alice", "GET", "/shares", Value::Null).await.text();
    for share in [&user, &link] {
        for (method, path, body) in [
            ("GET", format!("/shares/{share}"), Value::Null),
            ("PUT", format!("/shares/{share}"), json!({ "permissions": 31 })),
            ("DELETE", format!("/shares/{share}"), Value::Null),
            ("POST", format!("/shares/pending/{share}"), Value::Null),
            ("DELETE", format!("/shares/pending/{share}"), Value::Null),
            ("POST", format!("/deletedshares/{share}"), Value::Null),
        ] {
            let refused = wire.ocs("dave", method, &path, body).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{method} {path}");
            assert!(refused.text().contains("share does not exist"), "{}", refused.text());
        }
    }
    for path in [
        "/shares",
        "/shares?shared_with_me=true",
        "/shares?reshares=true",
        "/shares/pending",
        "/deletedshares",
    ] {
        assert_eq!(
            wire.ocs("dave", "GET", path, Value::Null).await.data(),
            json!([]),
            "{path}"
        );
    }
    for path in ["/shares?path=/a.txt", "/shares/inherited?path=/a.txt"] {
        assert_eq!(
            wire.ocs("dave", "GET", path, Value::Null).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(wire.ocs("alice", "GET", "/shares", Value::Null).await.text(), before);
}

#[tokio::test]
async fn the_receiver_sees_an_own_path_and_changes_nothing() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Secret%20plans").await;
    wire.put("alice", "/Secret%20plans/a.txt", "a").await;
    let share = wire.give("alice", "/Secret plans/a.txt", "bob", 1).await;
    let link = id(&wire
        .share("alice", json!({ "path": "/Secret plans/a.txt", "shareType": 3 }))
        .await);
    for path in [format!("/shares/{share}"), "/shares?shared_with_me=true".to_owned()] {
        let seen = wire.ocs("bob", "GET", &path, Value::Null).await;
        assert!(!seen.text().contains("Secret"), "{}", seen.text());
        assert_eq!(seen.data()[0]["path"], "/a.txt");
    }
    let widen = wire
        .ocs("bob", "PUT", &format!("/shares/{share}"), json!({ "permissions": 31 }))
        .await;
    assert_eq!(widen.status, StatusCode::FORBIDDEN);
    for path in [format!("/shares/{link}")] {
        assert_eq!(
            wire.ocs("bob", "GET", &path, Value::Null).await.status,
            StatusCode::NOT_FOUND
        );
    }
    assert_eq!(
        wire.ocs("bob", "GET", "/shares?path=/a.txt&reshares=true", Value::Null)
            .await
            .data(),
        json!([])
    );
    assert_eq!(
        wire.dav("bob", "PUT", "/a.txt", "x").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn no_path_leads_out_of_what_is_shared() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/S").await;
    wire.put("alice", "/S/a.txt", "a").await;
    wire.put("alice", "/private.txt", "p").await;
    wire.give("alice", "/S", "bob", 31).await;
    for path in [
        "/S/../private.txt",
        "/S/%2e%2e/private.txt",
        "/S/..%2fprivate.txt",
        "/S/a.txt/../../private.txt",
        "/S/./../private.txt",
        "/S//../private.txt",
    ] {
        assert_eq!(wire.read("bob", path).await, None, "{path}");
        let destination = format!("/remote.php/dav/files/bob{path}");
        let headers = [("destination", destination.as_str())];
        let moved = wire
            .send("bob", "COPY", "/remote.php/dav/files/bob/S/a.txt", &headers, "")
            .await;
        assert!(!moved.status.is_success(), "{path}");
    }
    assert_eq!(
        wire.dav("bob", "GET", "/private.txt", "").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(wire.read("alice", "/private.txt").await.as_deref(), Some("p"));
    // The owner's own address is closed, shared or not.
    let foreign = wire
        .send("bob", "GET", "/remote.php/dav/files/alice/S/a.txt", &[], "")
        .await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_uses_the_interface_without_a_credential() {
    let wire = Wire::boot().await;
    for (method, path) in [
        ("GET", "/shares"),
        ("POST", "/shares"),
        ("GET", "/shares/1"),
        ("PUT", "/shares/1"),
        ("DELETE", "/shares/1"),
        ("GET", "/shares/pending"),
        ("POST", "/shares/pending/1"),
        ("GET", "/deletedshares"),
        ("POST", "/deletedshares/1"),
        ("GET", "/sharees?search=a&itemType=file"),
        ("GET", "/sharees_recommended?itemType=file"),
    ] {
        let answer = wire
            .send("", method, &format!("{API}{path}"), &[("ocs-apirequest", "true")], "")
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}
