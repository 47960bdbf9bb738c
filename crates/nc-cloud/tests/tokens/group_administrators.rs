//! Administrators of single groups, over OCS.

use nc_auth::UserId;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::Wire;

/// Code of the envelope and data, as an administrator with a password.
async fn sub_admins(wire: &Wire, method: &str, path: &str, body: &str) -> (u64, Value) {
    let path = format!(
        "/ocs/v2.php/cloud/{path}{}format=json",
        if path.contains('?') { '&' } else { '?' }
    );
    let answer = wire.basic(method, &path, "root", "root's password", body).await.json();
    let code = answer["ocs"]["meta"]["statuscode"].as_u64().unwrap();
    (code, answer["ocs"]["data"].clone())
}

#[tokio::test]
async fn administrators_of_single_groups_are_made_listed_and_unmade_and_end_with_their_group() {
    let wire = Wire::boot().await;
    let alice = UserId::new("alice");
    wire.cloud.add_to_group(&alice, "team").await.unwrap();
    let (of_bob, of_team) = ("users/bob/subadmins", "groups/team/subadmins");
    for (method, path, body, code) in [
        ("POST", "users/nobody/subadmins", "groupid=team", 101),
        ("POST", of_bob, "groupid=nothing", 102),
        ("POST", of_bob, "groupid=admin", 103),
        ("POST", of_bob, "", 400),
        ("DELETE", "users/nobody/subadmins", "groupid=team", 101),
        ("DELETE", of_bob, "groupid=nothing", 101),
        ("DELETE", of_bob, "groupid=team", 102),
        ("GET", "users/nobody/subadmins", "", 404),
        ("GET", "groups/nothing/subadmins", "", 101),
    ] {
        let told = sub_admins(&wire, method, path, body).await;
        assert_eq!(told, (code, serde_json::json!([])), "{method} {path} {body}");
    }
    // Twice is as good as once, and nobody has to be in the group.
    for _ in 0..2 {
        assert_eq!(sub_admins(&wire, "POST", of_bob, "groupid=team").await.0, 200);
    }
    assert_eq!(
        sub_admins(&wire, "GET", of_bob, "").await.1,
        serde_json::json!(["team"])
    );
    assert_eq!(
        sub_admins(&wire, "GET", of_team, "").await.1,
        serde_json::json!(["bob"])
    );
    let (_, record) = sub_admins(&wire, "GET", "users/bob", "").await;
    assert_eq!(
        (&record["subadmin"], &record["groups"]),
        (&serde_json::json!(["team"]), &serde_json::json!([]))
    );
    let by_address = sub_admins(&wire, "DELETE", &format!("{of_bob}?groupid=team"), "").await;
    assert_eq!(by_address.0, 200);
    assert_eq!(
        sub_admins(&wire, "GET", of_team, "").await,
        (200, serde_json::json!([]))
    );
    // A group of the same name that comes later belongs to nobody.
    assert_eq!(sub_admins(&wire, "POST", of_bob, "groupid=team").await.0, 200);
    assert!(wire.cloud.remove_from_group(&alice, "team").await.unwrap());
    wire.cloud.add_to_group(&alice, "team").await.unwrap();
    assert_eq!(sub_admins(&wire, "GET", of_bob, "").await, (200, serde_json::json!([])));
}

#[tokio::test]
async fn nobody_else_makes_or_sees_administrators_of_groups() {
    let wire = Wire::boot().await;
    let alice = UserId::new("alice");
    wire.cloud.add_to_group(&alice, "team").await.unwrap();
    wire.cloud.add_group_administrator(&alice, "team").await.unwrap();
    for (method, path) in [
        ("GET", "/ocs/v2.php/cloud/users/alice/subadmins"),
        ("GET", "/ocs/v2.php/cloud/groups/team/subadmins"),
        ("POST", "/ocs/v2.php/cloud/users/bob/subadmins"),
        ("DELETE", "/ocs/v2.php/cloud/users/alice/subadmins"),
    ] {
        let path = format!("{path}?groupid=team");
        // Not even who administers that very group; no scope, no strong sign-in, no group `admin`, and no app password with scopes.
        let own = wire.basic(method, &path, "alice", "alice's password", "").await;
        assert_eq!(own.status.as_u16(), 403, "{method} {path}");
        for token in ["nca_openid", "nca_notes", "nca_all", "nca_root_by_password"] {
            let status = wire.status(method, &path, &format!("Bearer {token}")).await;
            assert_eq!(status, 403, "{method} {path} {token}");
        }
        let root = UserId::new("root");
        let scopes = "files:read files:write".parse().unwrap();
        let scoped = wire
            .cloud
            .create_scoped_app_password(&root, "test", &scopes)
            .await
            .unwrap();
        let status = wire
            .basic(method, &path, "root", scoped.expose_secret(), "")
            .await
            .status;
        assert_eq!(status.as_u16(), 403, "{method} {path}");
    }
    let bob = UserId::new("bob");
    let accounts = wire.cloud.accounts();
    assert!(accounts.list_administered_groups(&bob).await.unwrap().is_empty());
    assert_eq!(accounts.list_administered_groups(&alice).await.unwrap(), ["team"]);
    let by_token = "/ocs/v2.php/cloud/users/bob/subadmins?groupid=team";
    assert_eq!(wire.status("POST", by_token, "Bearer nca_root").await, 200);
    assert_eq!(
        accounts.list_group_administrators("team").await.unwrap(),
        ["alice", "bob"]
    );
}
