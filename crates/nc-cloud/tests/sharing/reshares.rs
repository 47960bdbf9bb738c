use http::StatusCode;
use nc_auth::UserId;
use serde_json::{Value, json};

use crate::wire::{Wire, id};

async fn folder(wire: &Wire) {
    wire.make_folder("alice", "/S").await;
    wire.put("alice", "/S/a.txt", "a").await;
}

#[tokio::test]
async fn only_who_may_share_on_does_and_never_more_than_there_is() {
    let wire = Wire::boot().await;
    folder(&wire).await;
    let share = wire.give("alice", "/S", "bob", 15).await;
    assert_eq!(wire.try_give("bob", "/S", "dave", 1).await, StatusCode::NOT_FOUND);
    assert_eq!(wire.try_give("bob", "/S/a.txt", "dave", 1).await, StatusCode::NOT_FOUND);
    let path = format!("/shares/{share}");
    assert_eq!(
        wire.ocs("alice", "PUT", &path, json!({ "permissions": 19 }))
            .await
            .status,
        StatusCode::OK
    );
    for more in [31, 23, 27] {
        assert_eq!(
            wire.try_give("bob", "/S", "dave", more).await,
            StatusCode::NOT_FOUND,
            "{more}"
        );
    }
    let on = wire.give("bob", "/S", "dave", 19).await;
    assert_eq!(wire.read("dave", "/S/a.txt").await.as_deref(), Some("a"));
    wire.put("dave", "/S/a.txt", "dave was here").await;
    let widened = wire
        .ocs("bob", "PUT", &format!("/shares/{on}"), json!({ "permissions": 31 }))
        .await;
    assert_eq!(widened.status, StatusCode::NOT_FOUND);
    // Neither back to the owner nor to oneself.
    assert_eq!(wire.try_give("bob", "/S", "alice", 1).await, StatusCode::FORBIDDEN);
    // The owner sees who has it, and may end it.
    let all = wire
        .ocs("alice", "GET", "/shares?path=/S&reshares=true", Value::Null)
        .await
        .data();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(
        wire.ocs("alice", "DELETE", &format!("/shares/{on}"), Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(wire.read("dave", "/S/a.txt").await, None);
}

#[tokio::test]
async fn what_is_taken_back_is_taken_from_those_behind_it_at_once() {
    let wire = Wire::boot().await;
    folder(&wire).await;
    let share = wire.give("alice", "/S", "bob", 31).await;
    wire.give("bob", "/S", "carol", 31).await;
    wire.give("carol", "/S", "dave", 31).await;
    let link = wire.share("bob", json!({ "path": "/S/a.txt", "shareType": 3 })).await;
    let token = link["token"].as_str().unwrap().to_owned();
    let public = format!("/public.php/dav/files/{token}/");
    assert_eq!(wire.read("dave", "/S/a.txt").await.as_deref(), Some("a"));
    assert_eq!(wire.send("", "GET", &public, &[], "").await.text(), "a");
    // Less for bob is less for everybody behind bob.
    let path = format!("/shares/{share}");
    assert_eq!(
        wire.ocs("alice", "PUT", &path, json!({ "permissions": 17 }))
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        wire.dav("dave", "PUT", "/S/a.txt", "x").await.status,
        StatusCode::FORBIDDEN
    );
    // Without the right to share on, nothing that was shared on is there.
    assert_eq!(
        wire.ocs("alice", "PUT", &path, json!({ "permissions": 1 }))
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(wire.read("carol", "/S/a.txt").await, None);
    assert_eq!(wire.read("dave", "/S/a.txt").await, None);
    assert_eq!(
        wire.send("", "GET", &public, &[], "").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(
        wire.ocs("alice", "PUT", &path, json!({ "permissions": 31 }))
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(wire.read("dave", "/S/a.txt").await.as_deref(), Some("a"));
    assert_eq!(
        wire.ocs("alice", "DELETE", &path, Value::Null).await.status,
        StatusCode::OK
    );
    for who in ["bob", "carol", "dave"] {
        assert_eq!(wire.read(who, "/S/a.txt").await, None, "{who}");
        assert_eq!(
            wire.ocs(who, "GET", "/shares", Value::Null).await.data(),
            json!([]),
            "{who}"
        );
    }
    // And it does not come back with a new share.
    wire.give("alice", "/S", "bob", 31).await;
    assert_eq!(wire.read("dave", "/S/a.txt").await, None);
}

#[tokio::test]
async fn two_who_share_with_each_other_do_not_keep_each_other_alive() {
    let wire = Wire::boot().await;
    folder(&wire).await;
    let share = wire.give("alice", "/S", "bob", 31).await;
    wire.give("bob", "/S", "carol", 31).await;
    wire.give("carol", "/S", "bob", 31).await;
    assert_eq!(wire.list("bob", "/").await, ["S"]);
    assert_eq!(
        wire.ocs("alice", "DELETE", &format!("/shares/{share}"), Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(wire.read("bob", "/S/a.txt").await, None);
    assert_eq!(wire.read("carol", "/S/a.txt").await, None);
}

#[tokio::test]
async fn who_leaves_the_group_takes_along_what_was_shared_on() {
    let wire = Wire::boot().await;
    folder(&wire).await;
    wire.share(
        "alice",
        json!({ "path": "/S", "shareType": 1, "shareWith": "team", "permissions": 31 }),
    )
    .await;
    wire.give("bob", "/S/a.txt", "dave", 1).await;
    assert_eq!(wire.read("dave", "/a.txt").await.as_deref(), Some("a"));
    wire.cloud.remove_from_group(&UserId::new("bob"), "team").await.unwrap();
    assert_eq!(wire.read("dave", "/a.txt").await, None);
}

#[tokio::test]
async fn what_leaves_the_shared_folder_leaves_those_with_whom_it_was_shared_on() {
    let wire = Wire::boot().await;
    folder(&wire).await;
    wire.give("alice", "/S", "bob", 31).await;
    wire.give("bob", "/S/a.txt", "dave", 1).await;
    assert_eq!(wire.read("dave", "/a.txt").await.as_deref(), Some("a"));
    assert_eq!(
        wire.to("alice", "MOVE", "/S/a.txt", "/private.txt").await,
        StatusCode::CREATED
    );
    assert_eq!(wire.read("dave", "/a.txt").await, None);
    assert_eq!(wire.read("bob", "/S/a.txt").await, None);
}

#[tokio::test]
async fn shares_of_one_thing_by_several_ways_are_one_mount_with_all_their_rights() {
    let wire = Wire::boot().await;
    folder(&wire).await;
    let one = wire.give("alice", "/S", "bob", 1).await;
    let group = json!({ "path": "/S", "shareType": 1, "shareWith": "team", "permissions": 7 });
    let other = id(&wire.share("alice", group).await);
    assert_eq!(wire.list("bob", "/").await, ["S"]);
    assert_eq!(
        wire.property("bob", "/S", "oc:permissions").await.as_deref(),
        Some("SGDNVCK")
    );
    assert_eq!(
        wire.ocs("alice", "DELETE", &format!("/shares/{other}"), Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        wire.property("bob", "/S", "oc:permissions").await.as_deref(),
        Some("SGD")
    );
    assert_eq!(
        wire.ocs("alice", "DELETE", &format!("/shares/{one}"), Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(wire.list("bob", "/").await, [""; 0]);
}
