use http::StatusCode;
use nc_auth::UserId;
use nc_proto::dav::DavPath;

use crate::town::{FOLDER, Town};

#[tokio::test]
async fn a_share_can_be_renamed_and_put_into_an_own_folder() {
    let town = Town::build().await;
    town.here.make_folder("bob", "/Work").await;
    let moved = town.here.to("bob", "MOVE", "/Shared", "/Work/From%20Eve").await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text());
    assert_eq!(town.line.place(FOLDER), "/Work/From Eve");
    assert_eq!(town.here.list("bob", "/").await, ["/", "/Work/"]);
    assert_eq!(town.here.list("bob", "/Work").await, ["/Work/", "/Work/From%20Eve/"]);
    assert_eq!(
        town.here.read("bob", "/Work/From%20Eve/plan.txt").await.as_deref(),
        Some("the plan")
    );
    let name = town.here.property("bob", "/Work/From%20Eve", "d:displayname").await;
    assert_eq!(name.as_deref(), Some("From Eve"));
    // There it has its name as before.
    assert!(town.there.read("eve", "/Shared/plan.txt").await.is_some());
}

#[tokio::test]
async fn a_share_lies_among_own_files_only_and_replaces_nothing_without_leave() {
    let town = Town::build().await;
    town.line.mount(8, "Second", |_| {});
    town.here.put("bob", "/own.txt", "own").await;
    let refused = async |to: &str| town.here.to("bob", "MOVE", "/Shared", to).await.status;
    assert_eq!(refused("/Second/Inner").await, StatusCode::FORBIDDEN);
    assert_eq!(refused("/Second").await, StatusCode::FORBIDDEN);
    assert_eq!(refused("/Shared").await, StatusCode::FORBIDDEN);
    assert_eq!(refused("/Shared/Inner").await, StatusCode::CONFLICT);
    assert_eq!(refused("/none/Inner").await, StatusCode::CONFLICT);
    assert_eq!(refused("/own.txt/Inner").await, StatusCode::CONFLICT);
    assert_eq!(refused("/").await, StatusCode::FORBIDDEN);
    assert_eq!(refused("/.htaccess").await, StatusCode::BAD_REQUEST);
    let headers = [("destination", "/remote.php/dav/files/bob/own.txt"), ("overwrite", "F")];
    let answer = town.here.dav("bob", "MOVE", "/Shared", &headers, "").await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(town.line.place(FOLDER), "/Shared");
    assert_eq!(town.here.read("bob", "/own.txt").await.as_deref(), Some("own"));
    assert_eq!(refused("/own.txt").await, StatusCode::NO_CONTENT);
    assert_eq!(
        town.here.read("bob", "/own.txt/plan.txt").await.as_deref(),
        Some("the plan")
    );
}

#[tokio::test]
async fn a_share_follows_the_folder_it_lies_in() {
    let town = Town::build().await;
    town.here.make_folder("bob", "/Work").await;
    town.here.make_folder("bob", "/Work/Deep").await;
    town.line.mount(FOLDER, "Shared", |mount| {
        mount.at = DavPath::from_names(["Work", "Deep", "Shared"]);
    });
    assert_eq!(
        town.here.to("bob", "MOVE", "/Work", "/Job").await.status,
        StatusCode::CREATED
    );
    assert_eq!(town.line.place(FOLDER), "/Job/Deep/Shared");
    assert_eq!(
        town.here.read("bob", "/Job/Deep/Shared/plan.txt").await.as_deref(),
        Some("the plan")
    );
    // Without its folder it appears in the root, and nothing of it is deleted.
    assert_eq!(
        town.here.dav("bob", "DELETE", "/Job", &[], "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(town.here.list("bob", "/").await, ["/", "/Shared/"]);
    assert_eq!(
        town.here.read("bob", "/Shared/plan.txt").await.as_deref(),
        Some("the plan")
    );
    assert!(town.line.declined().is_empty());
}

#[tokio::test]
async fn own_files_come_first_where_a_name_is_taken() {
    let town = Town::build().await;
    // Not by WebDAV, where the name leads to the other server.
    let home = town.here.cloud.content().home(&UserId::new("bob")).await.unwrap();
    home.make_folder(&DavPath::from_names(["Shared"]), Vec::new())
        .await
        .unwrap();
    assert_eq!(
        town.here.list("bob", "/").await,
        ["/", "/Shared/", "/Shared%20%282%29/"]
    );
    town.here.put("bob", "/Shared/mine.txt", "mine").await;
    assert_eq!(town.there.read("eve", "/Shared/mine.txt").await, None);
    assert_eq!(
        town.here.read("bob", "/Shared%20%282%29/plan.txt").await.as_deref(),
        Some("the plan")
    );
}

#[tokio::test]
async fn nothing_is_written_here_under_the_name_of_a_share() {
    let town = Town::build().await;
    assert_eq!(
        town.here.dav("bob", "MKCOL", "/Shared", &[], "").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let answer = town.here.dav("bob", "PUT", "/Shared", &[], "x").await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert_eq!(
        town.here.dav("bob", "GET", "/Shared", &[], "").await.status,
        StatusCode::OK
    );
    let api = "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json";
    let headers = [("ocs-apirequest", "true"), ("content-type", "application/json")];
    for path in ["/Shared", "/Shared/plan.txt"] {
        let wish = format!(r#"{{"path":"{path}","shareType":0,"shareWith":"carol"}}"#);
        let answer = town.here.send("bob", "POST", api, &headers, wish).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text());
    }
}
