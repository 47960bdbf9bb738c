use http::StatusCode;
use nc_auth::federation::FederationError;
use serde_json::{Value, json};

use crate::{
    mounts::Shared,
    wire::{Wire, id},
};

const MARIE: &str = "marie@receiver.example.org";

async fn boot() -> Shared {
    let shared = Shared::boot(1).await;
    shared.elsewhere.state().out.clear();
    shared
}

async fn list(wire: &Wire, who: &str, query: &str) -> Vec<Value> {
    let answer = wire.ocs(who, "GET", &format!("/shares{query}"), Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.data().as_array().unwrap().clone()
}

#[tokio::test]
async fn a_share_is_made_shown_changed_and_ended() {
    let shared = boot().await;
    let wire = &shared.wire;
    let local = wire.give("alice", "/S", "bob", 31).await;
    let wish = json!({
        "path": "/S", "shareType": 6, "shareWith": MARIE, "permissions": 17, "expireDate": "2027-03-01", "note": "For you"
    });
    let share = wire.share("alice", wish.clone()).await;
    assert_eq!(id(&share), "1000000001", "{share}");
    for (name, value) in [
        ("share_type", json!(6)),
        ("share_with", json!(MARIE)),
        ("share_with_displayname", json!(MARIE)),
        ("permissions", json!(17)),
        ("expiration", json!("2027-03-01 00:00:00")),
        ("note", json!("For you")),
        ("token", json!("")),
        ("path", json!("/S")),
        ("file_target", json!("/S")),
        ("item_type", json!("folder")),
        ("uid_owner", json!("alice")),
        ("uid_file_owner", json!("alice")),
        ("can_edit", json!(true)),
    ] {
        assert_eq!(share[name], value, "{name}");
    }
    assert!(!share.to_string().contains("secret"), "{share}");
    // The same again gives what is there, however the host is written.
    let mut again = wish;
    again["shareWith"] = "marie@https://Receiver.example.org/".into();
    assert_eq!(id(&wire.share("alice", again).await), "1000000001");
    assert_eq!(shared.elsewhere.state().out.len(), 1);
    let group = json!({ "path": "/S/a.txt", "shareType": 9, "shareWith": "team@receiver.example.org" });
    let group = wire.share("alice", group).await;
    assert_eq!(
        (group["share_type"].as_i64(), group["permissions"].as_i64()),
        (Some(9), Some(19))
    );

    let ids = |shares: Vec<Value>| shares.iter().map(id).collect::<Vec<_>>();
    assert_eq!(
        ids(list(wire, "alice", "").await),
        [&*local, "1000000001", "1000000002"]
    );
    assert_eq!(ids(list(wire, "alice", "?path=/S").await), [&*local, "1000000001"]);
    assert_eq!(ids(list(wire, "alice", "?path=/S&subfiles=true").await), ["1000000002"]);
    assert_eq!(
        ids(list(wire, "alice", "/inherited?path=/S/a.txt").await),
        [&*local, "1000000001"]
    );
    assert_eq!(ids(list(wire, "alice", "/1000000002").await), ["1000000002"]);

    let path = "/shares/1000000001";
    let changed = wire
        .ocs("alice", "PUT", path, json!({ "permissions": 31 }))
        .await
        .data();
    assert_eq!(
        (changed["permissions"].as_i64(), changed["note"].as_str()),
        (Some(31), Some("For you"))
    );
    let changed = wire
        .ocs("alice", "PUT", path, json!({ "expireDate": "", "note": "" }))
        .await
        .data();
    assert_eq!(
        (changed["expiration"].clone(), changed["note"].as_str()),
        (Value::Null, Some(""))
    );
    {
        let state = shared.elsewhere.state();
        assert_eq!(state.changes.len(), 2);
        assert!(state.changes[0].expires_at.is_none() && state.changes[0].note.is_none());
        assert!(state.changes[1].permissions.is_none() && state.changes[1].expires_at == Some(None));
    }
    assert_eq!(
        wire.ocs("alice", "PUT", path, json!({})).await.status,
        StatusCode::BAD_REQUEST
    );

    assert_eq!(
        wire.ocs("alice", "DELETE", path, Value::Null).await.status,
        StatusCode::OK
    );
    assert_eq!(
        wire.ocs("alice", "DELETE", path, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        wire.ocs("alice", "GET", path, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(ids(list(wire, "alice", "").await), [&*local, "1000000002"]);
}

#[tokio::test]
async fn files_tell_that_they_are_shared_with_other_servers() {
    let shared = boot().await;
    let wire = &shared.wire;
    wire.share("alice", json!({ "path": "/S", "shareType": 6, "shareWith": MARIE }))
        .await;
    wire.share(
        "alice",
        json!({ "path": "/S", "shareType": 9, "shareWith": "team@receiver.example.org" }),
    )
    .await;
    wire.give("alice", "/S", "bob", 31).await;
    let told = async |who: &str| {
        let question = "<d:propfind xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' xmlns:nc='http://nextcloud.org/ns'>\
                        <d:prop><oc:share-types/><nc:sharees/></d:prop></d:propfind>";
        let path = format!("/remote.php/dav/files/{who}/S");
        wire.send(who, "PROPFIND", &path, &[("depth", "0")], question)
            .await
            .text()
    };
    let types = |text: &str| {
        let types = text.split("<oc:share-type>").skip(1);
        types.map(|rest| rest[..1].to_owned()).collect::<String>()
    };
    let all = told("alice").await;
    assert_eq!(types(&all), "069", "{all}");
    assert!(all.contains(&format!("<nc:id>{MARIE}</nc:id>")), "{all}");
    // To those who have it by another share it looks as ever.
    assert_eq!(types(&told("bob").await), "0");
    // What is not known for a moment hinders no listing.
    shared.elsewhere.state().fails = Some(FederationError::Failed("down".to_owned()));
    assert_eq!(types(&told("alice").await), "0");
}

#[tokio::test]
async fn only_who_shared_it_and_whose_file_it_is_know_of_a_share() {
    let shared = boot().await;
    let wire = &shared.wire;
    wire.give("alice", "/S", "bob", 31).await;
    let wish = json!({ "path": "/S/a.txt", "shareType": 6, "shareWith": MARIE });
    let share = wire.share("bob", wish).await;
    assert_eq!(
        (share["uid_owner"].as_str(), share["uid_file_owner"].as_str()),
        (Some("bob"), Some("alice"))
    );
    let path = format!("/shares/{}", id(&share));
    for who in ["carol", "dave"] {
        for (method, body) in [
            ("GET", Value::Null),
            ("DELETE", Value::Null),
            ("PUT", json!({ "permissions": 1 })),
        ] {
            assert_eq!(
                wire.ocs(who, method, &path, body).await.status,
                StatusCode::NOT_FOUND,
                "{who} {method}"
            );
        }
        assert!(list(wire, who, "?reshares=true").await.is_empty());
    }
    // carol has it, too, and still does not know with whom bob shares it.
    wire.give("alice", "/S", "carol", 31).await;
    assert_eq!(
        wire.ocs("carol", "GET", &path, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(list(wire, "carol", "?path=/S/a.txt&reshares=true").await.is_empty());
    let told: Vec<_> = list(wire, "alice", "?reshares=true").await.iter().map(id).collect();
    assert!(told.contains(&id(&share)), "{told:?}");
    assert!(
        !list(wire, "alice", "")
            .await
            .iter()
            .map(id)
            .any(|known| known == id(&share))
    );
    assert_eq!(
        wire.ocs("alice", "DELETE", &path, Value::Null).await.status,
        StatusCode::OK
    );
    assert!(shared.elsewhere.state().out.is_empty());
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused_before_the_other_server_is_asked() {
    let shared = boot().await;
    let wire = &shared.wire;
    wire.give("alice", "/S", "bob", 1).await;
    for (who, wish, status) in [
        ("alice", json!({ "path": "/S", "shareType": 6 }), 404),
        ("alice", json!({ "path": "/S", "shareType": 9, "shareWith": "" }), 404),
        (
            "alice",
            json!({ "path": "/S", "shareType": 6, "shareWith": "eve" }),
            403,
        ),
        (
            "alice",
            json!({ "path": "/S", "shareType": 6, "shareWith": "eve@" }),
            403,
        ),
        (
            "alice",
            json!({ "path": "/S", "shareType": 6, "shareWith": "eve@host/path" }),
            403,
        ),
        (
            "alice",
            json!({ "path": "/none", "shareType": 6, "shareWith": MARIE }),
            404,
        ),
        ("alice", json!({ "path": "/", "shareType": 6, "shareWith": MARIE }), 403),
        (
            "alice",
            json!({ "path": "/S", "shareType": 6, "shareWith": MARIE, "permissions": 64 }),
            404,
        ),
        (
            "alice",
            json!({ "path": "/S", "shareType": 6, "shareWith": MARIE, "permissions": 4 }),
            403,
        ),
        (
            "alice",
            json!({ "path": "/S", "shareType": 6, "shareWith": MARIE, "expireDate": "2020-01-01" }),
            404,
        ),
        (
            "alice",
            json!({ "path": "/S", "shareType": 7, "shareWith": MARIE }),
            403,
        ),
        ("bob", json!({ "path": "/S", "shareType": 6, "shareWith": MARIE }), 404),
    ] {
        let answer = wire.ocs(who, "POST", "/shares", wish.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{wish}: {}", answer.text());
    }
    assert!(shared.elsewhere.state().out.is_empty());
}

#[tokio::test]
async fn what_the_other_server_says_is_told() {
    let shared = boot().await;
    let wish = json!({ "path": "/S", "shareType": 6, "shareWith": MARIE });
    for (error, status, words) in [
        (
            FederationError::Refused("there is no marie".to_owned()),
            403,
            "there is no marie",
        ),
        (
            FederationError::Unavailable {
                retry_after_s: Some(40),
            },
            503,
            "try again after 40 s",
        ),
        (
            FederationError::Unavailable { retry_after_s: None },
            503,
            "try again later",
        ),
        (
            FederationError::Failed("the key of the database".to_owned()),
            500,
            "Internal Server Error",
        ),
    ] {
        let wire = &shared.wire;
        shared.elsewhere.state().fails_to_share = Some(error);
        let answer = wire.ocs("alice", "POST", "/shares", wish.clone()).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(
            answer.text().contains(words) && !answer.text().contains("the key"),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn the_capabilities_say_whether_other_servers_are_shared_with() {
    let wire = Wire::boot().await;
    let headers = [("accept", "application/json"), ("host", "cloud.example.org")];
    let ask = async || {
        let answer = wire
            .send("alice", "GET", "/ocs/v2.php/cloud/capabilities", &headers, "")
            .await;
        answer.data()["capabilities"].clone()
    };
    let alone = ask().await;
    assert_eq!(alone["files_sharing"]["federation"]["outgoing"], false);
    assert_eq!(alone["ocm"], Value::Null);
    wire.cloud
        .federate(crate::elsewhere::Elsewhere::default().federated())
        .unwrap();
    let joined = ask().await;
    assert_eq!(joined["files_sharing"]["federation"]["outgoing"], true);
    assert_eq!(joined["files_sharing"]["federation"]["incoming"], true);
    assert_eq!(joined["ocm"]["enabled"], true);
    assert_eq!(joined["ocm"]["endPoint"], "http://cloud.example.org/ocm");
}

#[tokio::test]
async fn a_cloud_that_is_joined_to_none_shares_with_nobody_elsewhere() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/S").await;
    let wish = json!({ "path": "/S", "shareType": 6, "shareWith": MARIE });
    assert_eq!(
        wire.ocs("alice", "POST", "/shares", wish).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        wire.ocs("alice", "GET", "/shares/1000000001", Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        wire.ocs("alice", "GET", "/remote_shares", Value::Null).await.data(),
        json!([])
    );
    assert_eq!(
        wire.ocs("alice", "GET", "/remote_shares/pending", Value::Null)
            .await
            .data(),
        json!([])
    );
    for (method, path) in [
        ("POST", "/pending/1"),
        ("DELETE", "/pending/1"),
        ("GET", "/1"),
        ("DELETE", "/1"),
    ] {
        let answer = wire
            .ocs("alice", method, &format!("/remote_shares{path}"), Value::Null)
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
}
