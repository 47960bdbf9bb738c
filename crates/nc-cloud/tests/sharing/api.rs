use http::StatusCode;
use serde_json::{Value, json};

use crate::wire::{Wire, id};

#[tokio::test]
async fn forms_and_json_both_versions_and_both_formats_are_understood() {
    let wire = Wire::boot().await;
    wire.put("alice", "/a.txt", "a").await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for version in ["v1", "v2"] {
        let path = format!("/ocs/{version}.php/apps/files_sharing/api/v1/shares");
        let body = "path=%2Fa.txt&shareType=0&shareWith=bob&permissions=1";
        let xml = wire.send("alice", "POST", &path, &form, body).await;
        assert_eq!(xml.status, StatusCode::OK);
        assert!(xml.text().contains("<share_with>bob</share_with>"), "{}", xml.text());
        let json = wire.send("alice", "GET", &format!("{path}?format=json"), &[], "").await;
        assert_eq!(json.data()[0]["permissions"], 1);
    }
    assert_eq!(
        wire.ocs("alice", "GET", "/shares", Value::Null)
            .await
            .data()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn the_same_again_gives_the_same_share_unchanged() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/S").await;
    let first = wire.give("alice", "/S", "bob", 1).await;
    let again = json!({ "path": "/S", "shareType": 0, "shareWith": "bob", "permissions": 31 });
    let again = wire.share("alice", again).await;
    assert_eq!((id(&again), &again["permissions"]), (first, &json!(1)));
}

#[tokio::test]
async fn bad_wishes_are_refused_as_nextcloud_refuses_them() {
    let wire = Wire::boot().await;
    wire.put("alice", "/a.txt", "a").await;
    wire.make_folder("alice", "/S").await;
    for (wish, status) in [
        (json!({ "path": "/a.txt", "shareType": 0, "shareWith": "alice" }), 403),
        (json!({ "path": "/a.txt", "shareType": 0, "shareWith": "nobody" }), 404),
        (json!({ "path": "/a.txt", "shareType": 1, "shareWith": "nobody" }), 404),
        (json!({ "path": "/", "shareType": 0, "shareWith": "bob" }), 403),
        (
            json!({ "path": "/../alice/a.txt", "shareType": 0, "shareWith": "bob" }),
            404,
        ),
        (json!({ "path": "/a.txt", "shareType": 99 }), 400),
        (json!({ "path": "/a.txt" }), 400),
        (
            json!({ "path": "/a.txt", "shareType": 6, "shareWith": "a@b.example" }),
            403,
        ),
        (json!({ "path": "/a.txt", "shareType": 7, "shareWith": "circle" }), 403),
        (
            json!({ "path": "/a.txt", "shareType": 4, "shareWith": "no address" }),
            404,
        ),
        (
            json!({ "path": "/a.txt", "shareType": 0, "shareWith": "bob", "permissions": 32 }),
            404,
        ),
        (
            json!({ "path": "/a.txt", "shareType": 0, "shareWith": "bob", "permissions": "all" }),
            400,
        ),
        (
            json!({ "path": "/S", "shareType": 0, "shareWith": "bob", "permissions": 4 }),
            403,
        ),
        (json!({ "path": "/S", "shareType": 3, "permissions": 6 }), 400),
        (json!({ "path": "/a.txt", "shareType": 3, "publicUpload": true }), 404),
        (
            json!({ "path": "/a.txt", "shareType": 3, "expireDate": "2026-11-21" }),
            404,
        ),
        (
            json!({ "path": "/a.txt", "shareType": 3, "expireDate": "2027-02-30" }),
            404,
        ),
        (
            json!({ "path": "/a.txt", "shareType": 3, "attributes": "no list" }),
            400,
        ),
        (
            json!({ "path": "/a.txt", "shareType": 3, "password": "p".repeat(470) }),
            400,
        ),
    ] {
        let refused = wire.ocs("alice", "POST", "/shares", wish.clone()).await;
        assert_eq!(refused.status.as_u16(), status, "{wish} {}", refused.text());
    }
    assert_eq!(wire.ocs("alice", "GET", "/shares", Value::Null).await.data(), json!([]));
}

#[tokio::test]
async fn a_share_ends_with_its_day() {
    let wire = Wire::boot().await;
    wire.put("alice", "/a.txt", "a").await;
    // The clock stands at 2026-11-21.
    let wish =
        json!({ "path": "/a.txt", "shareType": 0, "shareWith": "bob", "permissions": 1, "expireDate": "2026-11-23" });
    let share = wire.share("alice", wish).await;
    assert_eq!(share["expiration"], "2026-11-23 00:00:00");
    assert_eq!(wire.read("bob", "/a.txt").await.as_deref(), Some("a"));
    wire.clock.advance(time::Duration::days(3));
    assert_eq!(wire.read("bob", "/a.txt").await, None);
    assert_eq!(wire.list("bob", "/").await, [""; 0]);
    let path = format!("/shares/{}", id(&share));
    assert_eq!(
        wire.ocs("alice", "GET", &path, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn who_wants_to_be_asked_accepts_or_declines() {
    let wire = Wire::boot().await;
    wire.put("alice", "/a.txt", "a").await;
    wire.put("alice", "/b.txt", "b").await;
    let asked = wire
        .send(
            "bob",
            "PUT",
            "/index.php/apps/files_sharing/settings/defaultAccept",
            &[("content-type", "application/json")],
            r#"{"accept": false}"#,
        )
        .await;
    assert_eq!(asked.status, StatusCode::OK);
    let one = wire.give("alice", "/a.txt", "bob", 1).await;
    let other = wire.give("alice", "/b.txt", "bob", 1).await;
    assert_eq!(wire.list("bob", "/").await, [""; 0]);
    assert_eq!(
        wire.ocs("bob", "GET", "/shares/pending", Value::Null)
            .await
            .data()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        wire.ocs("bob", "POST", &format!("/shares/pending/{one}"), Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        wire.ocs("bob", "DELETE", &format!("/shares/pending/{other}"), Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(wire.list("bob", "/").await, ["a.txt"]);
    assert_eq!(
        wire.ocs("bob", "GET", "/shares/pending", Value::Null).await.data(),
        json!([])
    );
}

#[tokio::test]
async fn what_a_group_shares_can_be_put_away_and_brought_back_by_each_member() {
    let wire = Wire::boot().await;
    wire.put("alice", "/a.txt", "a").await;
    let share = wire
        .share(
            "alice",
            json!({ "path": "/a.txt", "shareType": 1, "shareWith": "team" }),
        )
        .await;
    let share = id(&share);
    assert_eq!(
        wire.dav("bob", "DELETE", "/a.txt", "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(wire.read("bob", "/a.txt").await, None);
    assert_eq!(wire.read("carol", "/a.txt").await.as_deref(), Some("a"));
    let put_away = wire.ocs("bob", "GET", "/deletedshares", Value::Null).await.data();
    assert_eq!(id(&put_away[0]), share);
    assert_eq!(
        wire.ocs("carol", "GET", "/deletedshares", Value::Null).await.data(),
        json!([])
    );
    let path = format!("/deletedshares/{share}");
    assert_eq!(
        wire.ocs("dave", "POST", &path, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(wire.ocs("bob", "POST", &path, Value::Null).await.status, StatusCode::OK);
    assert_eq!(wire.read("bob", "/a.txt").await.as_deref(), Some("a"));
}

#[tokio::test]
async fn no_answer_holds_a_password_or_its_hash() {
    let wire = Wire::boot().await;
    wire.put("alice", "/a.txt", "a").await;
    let wish = json!({ "path": "/a.txt", "shareType": 3, "password": "a-very-secret-word" });
    let made = wire.ocs("alice", "POST", "/shares", wish).await;
    let path = format!("/shares/{}", id(&made.data()));
    let changed = wire
        .ocs("alice", "PUT", &path, json!({ "password": "another-secret-word" }))
        .await;
    let listed = wire.ocs("alice", "GET", "/shares", Value::Null).await;
    for answer in [made, changed, listed] {
        let text = answer.text();
        assert!(!text.contains("secret-word") && !text.contains("argon2"), "{text}");
        assert!(text.contains("\"password\":\"***\""), "{text}");
    }
    let removed = wire.ocs("alice", "PUT", &path, json!({ "password": "" })).await;
    assert_eq!(removed.data()["password"], Value::Null);
}
