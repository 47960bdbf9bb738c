use http::StatusCode;
use nc_auth::federation::RemoteError;
use nc_proto::dav::DavPath;

use crate::town::{FOLDER, Town};

async fn folder_here(town: &Town) {
    town.here.make_folder("bob", "/Own").await;
    town.here.make_folder("bob", "/Own/Deep").await;
    town.here
        .dav("bob", "PUT", "/Own/one.txt", &[("x-oc-mtime", "1000000000")], "one")
        .await;
    town.here.put("bob", "/Own/Deep/two.txt", "two").await;
}

#[tokio::test]
async fn a_file_goes_from_here_to_the_other_server_and_back() {
    let town = Town::build().await;
    folder_here(&town).await;
    let copied = town.here.to("bob", "COPY", "/Own/one.txt", "/Shared/one.txt").await;
    assert_eq!(copied.status, StatusCode::CREATED, "{}", copied.text());
    assert_eq!(town.there.read("eve", "/Shared/one.txt").await.as_deref(), Some("one"));
    assert_eq!(
        town.there
            .property("eve", "/Shared/one.txt", "d:getlastmodified")
            .await
            .as_deref(),
        Some("Sun, 09 Sep 2001 01:46:40 GMT")
    );
    assert!(town.here.read("bob", "/Own/one.txt").await.is_some());
    let moved = town.here.to("bob", "MOVE", "/Shared/plan.txt", "/plan.txt").await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text());
    assert_eq!(town.here.read("bob", "/plan.txt").await.as_deref(), Some("the plan"));
    assert_eq!(town.there.read("eve", "/Shared/plan.txt").await, None);
    let moved = town.here.to("bob", "MOVE", "/plan.txt", "/Shared/back.txt").await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text());
    assert_eq!(town.here.read("bob", "/plan.txt").await, None);
    assert_eq!(
        town.there.read("eve", "/Shared/back.txt").await.as_deref(),
        Some("the plan")
    );
}

#[tokio::test]
async fn a_folder_goes_with_everything_inside() {
    let town = Town::build().await;
    folder_here(&town).await;
    let copied = town.here.to("bob", "COPY", "/Own", "/Shared/Copy").await;
    assert_eq!(copied.status, StatusCode::CREATED, "{}", copied.text());
    assert_eq!(
        town.there.read("eve", "/Shared/Copy/Deep/two.txt").await.as_deref(),
        Some("two")
    );
    let moved = town.here.to("bob", "MOVE", "/Shared/Copy", "/Back").await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text());
    assert_eq!(
        town.here.read("bob", "/Back/Deep/two.txt").await.as_deref(),
        Some("two")
    );
    assert_eq!(
        town.there.list("eve", "/Shared").await,
        ["/Shared/", "/Shared/plan.txt"]
    );
    let headers = [
        ("destination", "/remote.php/dav/files/bob/Shared/Empty"),
        ("depth", "0"),
    ];
    let copied = town.here.dav("bob", "COPY", "/Own", &headers, "").await;
    assert_eq!(copied.status, StatusCode::CREATED);
    assert_eq!(town.there.list("eve", "/Shared/Empty").await, ["/Shared/Empty/"]);
}

#[tokio::test]
async fn the_whole_share_can_be_copied() {
    let town = Town::build().await;
    let copied = town.here.to("bob", "COPY", "/Shared", "/Kept").await;
    assert_eq!(copied.status, StatusCode::CREATED, "{}", copied.text());
    assert_eq!(
        town.here.read("bob", "/Kept/plan.txt").await.as_deref(),
        Some("the plan")
    );
}

#[tokio::test]
async fn what_is_at_the_destination_is_replaced_only_if_both_are_files_and_with_leave() {
    let town = Town::build().await;
    folder_here(&town).await;
    let destination = "/remote.php/dav/files/bob/Shared/plan.txt";
    let headers = [("destination", destination), ("overwrite", "F")];
    let kept = town.here.dav("bob", "COPY", "/Own/one.txt", &headers, "").await;
    assert_eq!(kept.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(
        town.there.read("eve", "/Shared/plan.txt").await.as_deref(),
        Some("the plan")
    );
    let replaced = town.here.to("bob", "COPY", "/Own/one.txt", "/Shared/plan.txt").await;
    assert_eq!(replaced.status, StatusCode::NO_CONTENT, "{}", replaced.text());
    assert_eq!(town.there.read("eve", "/Shared/plan.txt").await.as_deref(), Some("one"));
    let folder = town.here.to("bob", "COPY", "/Own", "/Shared/plan.txt").await;
    assert_eq!(folder.status, StatusCode::CONFLICT);
    let folder = town.here.to("bob", "MOVE", "/Shared/plan.txt", "/Own").await;
    assert_eq!(folder.status, StatusCode::CONFLICT);
    let nowhere = town
        .here
        .to("bob", "COPY", "/Own/one.txt", "/Shared/none/one.txt")
        .await;
    assert_eq!(nowhere.status, StatusCode::CONFLICT);
    let nowhere = town.here.to("bob", "COPY", "/Shared/plan.txt", "/none/plan.txt").await;
    assert_eq!(nowhere.status, StatusCode::CONFLICT);
    let nothing = town.here.to("bob", "COPY", "/Shared/none.txt", "/none.txt").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    let headers = [
        ("destination", "/remote.php/dav/files/bob/kept.txt"),
        ("if-match", "\"other\""),
    ];
    let changed = town.here.dav("bob", "MOVE", "/Shared/plan.txt", &headers, "").await;
    assert_eq!(changed.status, StatusCode::PRECONDITION_FAILED);
    assert!(town.there.read("eve", "/Shared/plan.txt").await.is_some());
}

#[tokio::test]
async fn what_fails_half_way_leaves_nothing_behind_and_takes_nothing_away() {
    let town = Town::build().await;
    folder_here(&town).await;
    let name = "b%5Cad.txt";
    // The other server takes names that this one does not.
    let listing = format!(
        "<d:multistatus xmlns:d='DAV:'>{}{}</d:multistatus>",
        line("/", true),
        line(&format!("/{name}"), false)
    );
    town.line.script(207, &[], &listing);
    let copied = town.here.to("bob", "COPY", "/Shared", "/Kept").await;
    assert!(
        copied.status.is_client_error() || copied.status.is_server_error(),
        "{}",
        copied.status
    );
    assert_eq!(
        town.here.dav("bob", "PROPFIND", "/Kept", &[], "").await.status,
        StatusCode::NOT_FOUND
    );
    let town = Town::build().await;
    folder_here(&town).await;
    town.line.break_off(RemoteError::Unavailable { retry_after_s: None });
    let moved = town.here.to("bob", "MOVE", "/Own", "/Shared/Own").await;
    assert_eq!(moved.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(town.here.read("bob", "/Own/Deep/two.txt").await.as_deref(), Some("two"));
}

fn line(path: &str, is_folder: bool) -> String {
    let kind = if is_folder { "<d:collection/>" } else { "" };
    format!(
        "<d:response><d:href>/remote.php/dav/files/eve/Shared{path}</d:href><d:propstat><d:prop>\
         <d:resourcetype>{kind}</d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

#[tokio::test]
async fn what_others_share_does_not_leave_the_own_files() {
    let town = Town::build().await;
    town.here.make_folder("bob", "/Work").await;
    town.line
        .mount(8, "Second", |mount| mount.at = DavPath::from_names(["Work", "Second"]));
    let moved = town.here.to("bob", "MOVE", "/Work", "/Shared/Work").await;
    assert_eq!(moved.status, StatusCode::FORBIDDEN);
    let path = town.line.place(FOLDER);
    assert_eq!(path, "/Shared");
    // Both shares are the same folder there: one is moved to from the other all the same.
    let moved = town
        .here
        .to("bob", "COPY", "/Shared/plan.txt", "/Work/Second/copy.txt")
        .await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text());
    assert_eq!(
        town.there.read("eve", "/Shared/copy.txt").await.as_deref(),
        Some("the plan")
    );
}

#[tokio::test]
async fn a_folder_is_moved_away_from_a_server_that_takes_no_conditions_on_folders() {
    let town = Town::build().await;
    town.line.be_stock();
    town.there.make_folder("eve", "/Shared/Sub").await;
    town.there.make_folder("eve", "/Shared/Sub/Deep").await;
    town.there.put("eve", "/Shared/Sub/Deep/two.txt", "two").await;
    let moved = town.here.to("bob", "MOVE", "/Shared/Sub", "/Sub").await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text());
    assert_eq!(town.here.read("bob", "/Sub/Deep/two.txt").await.as_deref(), Some("two"));
    assert_eq!(
        town.there.list("eve", "/Shared").await,
        ["/Shared/", "/Shared/plan.txt"]
    );
    // Of a file the condition counts.
    town.line
        .meanwhile("GET /plan.txt", "/Shared/plan.txt", "a better plan");
    let moved = town.here.to("bob", "MOVE", "/Shared/plan.txt", "/plan.txt").await;
    assert_eq!(moved.status, StatusCode::PRECONDITION_FAILED, "{}", moved.text());
    assert_eq!(
        town.there.read("eve", "/Shared/plan.txt").await.as_deref(),
        Some("a better plan")
    );
    assert_eq!(town.here.read("bob", "/plan.txt").await, None);
}

#[tokio::test]
async fn a_folder_that_changes_while_it_is_copied_is_not_taken_away() {
    let changes = [
        ("a new file", "/Shared/Sub/Deep/new.txt", "new"),
        ("another content", "/Shared/Sub/one.txt", "another one"),
    ];
    for (what, path, content) in changes {
        let town = Town::build().await;
        town.line.be_stock();
        town.there.make_folder("eve", "/Shared/Sub").await;
        town.there.put("eve", "/Shared/Sub/one.txt", "one").await;
        town.there.make_folder("eve", "/Shared/Sub/Deep").await;
        town.there.put("eve", "/Shared/Sub/Deep/two.txt", "two").await;
        town.line.meanwhile("GET /Sub/Deep/two.txt", path, content);
        let moved = town.here.to("bob", "MOVE", "/Shared/Sub", "/Sub").await;
        assert_eq!(moved.status, StatusCode::CONFLICT, "{what}: {}", moved.text());
        assert_eq!(town.there.read("eve", path).await.as_deref(), Some(content), "{what}");
        assert_eq!(
            town.there.read("eve", "/Shared/Sub/Deep/two.txt").await.as_deref(),
            Some("two"),
            "{what}"
        );
        let here = town.here.dav("bob", "PROPFIND", "/Sub", &[], "").await;
        assert_eq!(here.status, StatusCode::NOT_FOUND, "{what}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_in_a_listing_is_neither_left_out_nor_deleted() {
    for (what, odd) in [
        ("no UTF-8", "/remote.php/dav/files/eve/Shared/b%FFd.txt"),
        ("a slash in a name", "/remote.php/dav/files/eve/Shared/b%2Fd.txt"),
        ("elsewhere", "/remote.php/dav/files/eve/private.txt"),
        ("deeper", "/remote.php/dav/files/eve/Shared/Sub/deep.txt"),
    ] {
        for method in ["MOVE", "COPY"] {
            let town = Town::build().await;
            let odd = format!(
                "<d:response><d:href>{odd}</d:href><d:propstat><d:prop><d:resourcetype/></d:prop>\
                 <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
            );
            let listing = format!(
                "<d:multistatus xmlns:d='DAV:'>{}{odd}</d:multistatus>",
                line("/Sub/", true)
            )
            .replace("/Shared/b%", "/Shared/Sub/b%")
            .replace("/Sub/deep", "/Sub/very/deep");
            town.line.script(207, &[], &listing);
            let gone = town.here.to("bob", method, "/Shared/Sub", "/Sub").await;
            assert_eq!(gone.status, StatusCode::BAD_GATEWAY, "{what}: {}", gone.text());
            let asked = town.line.asked();
            assert!(
                !asked.iter().any(|asked| asked.starts_with("DELETE")),
                "{what}: {asked:?}"
            );
            let here = town.here.dav("bob", "PROPFIND", "/Sub", &[], "").await;
            assert_eq!(here.status, StatusCode::NOT_FOUND, "{what}");
        }
    }
}
