//! With whom something could be shared, and what is told about people and groups.

use http::StatusCode;
use nc_auth::UserId;
use serde_json::{Value, json};

use crate::wire::Wire;

#[tokio::test]
async fn people_and_groups_are_found_but_never_oneself() {
    let wire = Wire::boot().await;
    let found = |text: &'static str| {
        let wire = &wire;
        async move {
            let path = format!("/sharees?search={text}&itemType=file");
            wire.ocs("bob", "GET", &path, Value::Null).await.data()
        }
    };
    let users = |list: &Value| -> Vec<String> {
        let names = list.as_array().unwrap().iter();
        names
            .map(|one| one["value"]["shareWith"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = found("a").await;
    assert_eq!(users(&all["users"]), ["alice", "carol", "dave"]);
    assert_eq!(users(&all["groups"]), ["team"]);
    let exact = found("ALICE").await;
    assert_eq!(
        (users(&exact["exact"]["users"]), users(&exact["users"])),
        (vec!["alice".to_owned()], vec![])
    );
    assert_eq!(users(&found("bob").await["exact"]["users"]), [""; 0]);
    let second = wire
        .ocs(
            "bob",
            "GET",
            "/sharees?search=a&itemType=file&perPage=1&page=2",
            Value::Null,
        )
        .await;
    assert_eq!(users(&second.data()["users"]), ["carol"]);
    for path in [
        "/sharees?search=a&itemType=file&page=0",
        "/sharees?search=a&itemType=file&perPage=0",
        "/sharees?search=a",
    ] {
        assert_eq!(
            wire.ocs("bob", "GET", path, Value::Null).await.status,
            StatusCode::BAD_REQUEST,
            "{path}"
        );
    }
}

#[tokio::test]
async fn those_with_whom_one_shares_most_are_recommended_first() {
    let wire = Wire::boot().await;
    for name in ["a", "b"] {
        wire.put("alice", &format!("/{name}.txt"), name).await;
        wire.give("alice", &format!("/{name}.txt"), "dave", 1).await;
    }
    wire.give("alice", "/a.txt", "bob", 1).await;
    let data = wire
        .ocs("alice", "GET", "/sharees_recommended?itemType=file", Value::Null)
        .await
        .data();
    let users = &data["exact"]["users"];
    assert_eq!(
        (&users[0]["value"]["shareWith"], &users[0]["count"]),
        (&json!("dave"), &json!(2))
    );
    assert_eq!(users[1]["value"]["shareWith"], "bob");
}

#[tokio::test]
async fn lists_of_people_and_groups_are_for_administrators() {
    let wire = Wire::boot().await;
    let get = |who: &'static str, path: &'static str| {
        let wire = &wire;
        async move {
            let path = format!("/ocs/v2.php/cloud/{path}?format=json");
            wire.send(who, "GET", &path, &[], "").await
        }
    };
    for path in ["users", "users/details", "groups", "groups/details"] {
        assert_eq!(get("bob", path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    // A group is known to its own members.
    assert_eq!(get("bob", "groups/team").await.data()["users"], json!(["bob", "carol"]));
    assert_eq!(get("dave", "groups/team").await.status, StatusCode::FORBIDDEN);
    assert_eq!(get("dave", "groups/none").await.status, StatusCode::FORBIDDEN);
    assert_eq!(get("bob", "users/alice").await.status, StatusCode::NOT_FOUND);
    wire.cloud.add_to_group(&UserId::new("alice"), "admin").await.unwrap();
    let people = get("alice", "users/details").await.data();
    assert_eq!(people["users"]["bob"]["groups"], json!(["team"]));
    assert_eq!(people["users"].as_object().unwrap().len(), 4);
    let groups = get("alice", "groups/details").await.data();
    assert_eq!(
        (&groups["groups"][1]["id"], &groups["groups"][1]["usercount"]),
        (&json!("team"), &json!(2))
    );
}
