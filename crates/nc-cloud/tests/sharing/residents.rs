//! What the part that speaks with other servers learns about people and files.

use nc_auth::{UserId, federation::Residents};
use nc_cloud::content::FileId;
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};

use crate::wire::Wire;

async fn number(wire: &Wire, user: &str, path: &str) -> i64 {
    let home = wire.cloud.content().home(&UserId::new(user)).await.unwrap();
    let path = DavPath::root().child(path);
    let FileId(number) = home.find(&path).await.unwrap().unwrap().id;
    number
}

#[tokio::test]
async fn somebody_who_may_not_sign_in_is_nobody() {
    let wire = Wire::boot().await;
    let known = wire.cloud.person("bob").await.unwrap().unwrap();
    assert_eq!((known.id.as_str(), known.display_name.as_str()), ("bob", "BOB"));
    assert!(wire.cloud.person("BOB").await.unwrap().is_none(), "ids are exact");
    assert_eq!(wire.cloud.group_members("team").await.unwrap().len(), 2);
    wire.cloud.set_enabled(&UserId::new("bob"), false).await.unwrap();
    assert!(wire.cloud.person("bob").await.unwrap().is_none());
    assert_eq!(wire.cloud.group_members("team").await.unwrap(), [UserId::new("carol")]);
    assert!(wire.cloud.group_members("nobody").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_is_reached_with_the_rights_of_this_moment() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/S").await;
    wire.put("alice", "/S/a.txt", "12345").await;
    let node = number(&wire, "alice", "S").await;
    let (alice, bob) = (UserId::new("alice"), UserId::new("bob"));
    let own = wire.cloud.reach(&alice, node).await.unwrap().unwrap();
    assert_eq!(
        (own.name.as_str(), own.is_folder, own.permissions),
        ("S", true, SharePermissions::ALL)
    );
    assert!(wire.cloud.reach(&bob, node).await.unwrap().is_none());

    let share = wire.give("alice", "/S", "bob", 1 + 16).await;
    let given = wire.cloud.reach(&bob, node).await.unwrap().unwrap();
    assert_eq!((given.permissions.bits(), given.file_owner.as_str()), (17, "alice"));
    wire.ocs("alice", "DELETE", &format!("/shares/{share}"), serde_json::Value::Null)
        .await;
    assert!(wire.cloud.reach(&bob, node).await.unwrap().is_none());

    wire.cloud.set_enabled(&alice, false).await.unwrap();
    assert!(wire.cloud.reach(&alice, node).await.unwrap().is_none());
}

#[tokio::test]
async fn a_place_is_free_of_own_files_and_of_what_others_share() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/S").await;
    wire.give("alice", "/S", "bob", 31).await;
    wire.put("bob", "/plan.odt", "x").await;
    let free = async |wanted: &str| {
        let taken = [DavPath::root().child("taken")];
        wire.cloud
            .free_place(&UserId::new("bob"), wanted, &taken)
            .await
            .unwrap()
    };
    assert_eq!(free("new").await, DavPath::root().child("new"));
    assert_eq!(free("taken").await, DavPath::root().child("taken (2)"));
    assert_eq!(free(&"x".repeat(255)).await, DavPath::root().child("x".repeat(250)));
    assert_eq!(free("S").await, DavPath::root().child("S (2)"));
    assert_eq!(free("plan.odt").await, DavPath::root().child("plan (2).odt"));
}
