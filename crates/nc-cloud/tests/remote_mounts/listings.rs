use http::StatusCode;
use nc_auth::federation::RemoteError;
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};

use crate::town::{FOLDER, Town};

#[tokio::test]
async fn a_share_of_another_server_is_listed_as_a_folder_among_the_own_files() {
    let town = Town::build().await;
    town.here.put("bob", "/own.txt", "own").await;
    assert_eq!(town.here.list("bob", "/").await, ["/", "/own.txt", "/Shared/"]);
    assert_eq!(town.here.list("bob", "/Shared").await, ["/Shared/", "/Shared/plan.txt"]);
    assert_eq!(
        town.here.read("bob", "/Shared/plan.txt").await.as_deref(),
        Some("the plan")
    );
    // Nobody else sees anything of it.
    assert_eq!(town.here.list("carol", "/").await, ["/"]);
    assert_eq!(town.here.read("carol", "/Shared/plan.txt").await, None);
}

#[tokio::test]
async fn a_link_to_a_folder_does_not_show_what_other_servers_share_in_it() {
    let town = Town::build().await;
    town.here.make_folder("bob", "/Work").await;
    town.line.mount(FOLDER, "Shared", |mount| {
        mount.at = DavPath::from_names(["Work", "Shared"]);
    });
    let api = "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json";
    let headers = [("ocs-apirequest", "true"), ("content-type", "application/json")];
    let wish = r#"{"path":"/Work","shareType":3}"#;
    let answer = town.here.send("bob", "POST", api, &headers, wish).await;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let token = answer["ocs"]["data"]["token"].as_str().unwrap().to_owned();
    town.line.asked();
    for path in ["", "/Shared", "/Shared/plan.txt"] {
        let address = format!("/public.php/dav/files/{token}{path}");
        let answer = town.here.send("bob", "PROPFIND", &address, &[("depth", "1")], "").await;
        let due = if path.is_empty() {
            StatusCode::MULTI_STATUS
        } else {
            StatusCode::NOT_FOUND
        };
        assert_eq!(answer.status, due, "{path}");
        assert!(
            !path.is_empty() || !answer.text().contains("Shared"),
            "{}",
            answer.text()
        );
    }
    assert!(town.line.asked().is_empty());
}

#[tokio::test]
async fn numbers_rights_and_owners_are_not_those_of_the_other_server() {
    let town = Town::build().await;
    let path = "/Shared/plan.txt";
    let theirs = town.there.property("eve", path, "oc:fileid").await.unwrap();
    let ours = town.here.property("bob", path, "oc:fileid").await.unwrap();
    assert_ne!(ours, theirs);
    assert!(ours.parse::<i64>().unwrap() >= 1 << 52, "{ours}");
    let padded = town.here.property("bob", path, "oc:id").await.unwrap();
    assert!(padded.starts_with(&ours), "{padded}");
    for (name, value) in [
        ("oc:owner-id", "eve@there.example"),
        ("oc:owner-display-name", "eve@there.example"),
        ("oc:permissions", "SMGDNVW"),
        ("nc:mount-type", "shared"),
        ("oc:favorite", "0"),
        ("d:displayname", "plan.txt"),
        ("d:getcontentlength", "8"),
    ] {
        let found = town.here.property("bob", path, name).await;
        assert_eq!(found.as_deref(), Some(value), "{name}");
    }
    for name in ["oc:comments-href", "d:current-user-principal", "nc:note"] {
        assert_eq!(town.here.property("bob", path, name).await, None, "{name}");
    }
    assert_eq!(
        town.here.property("bob", path, "d:getetag").await,
        town.there.property("eve", path, "d:getetag").await
    );
}

#[tokio::test]
async fn a_number_stays_when_the_file_is_moved_and_is_told_after_a_write() {
    let town = Town::build().await;
    let before = town.here.property("bob", "/Shared/plan.txt", "oc:id").await.unwrap();
    let written = town.here.dav("bob", "PUT", "/Shared/plan.txt", &[], "new").await;
    assert_eq!(written.header("oc-fileid"), before);
    assert_eq!(written.status, StatusCode::NO_CONTENT);
    let moved = town
        .here
        .to("bob", "MOVE", "/Shared/plan.txt", "/Shared/later.txt")
        .await;
    assert_eq!(moved.status, StatusCode::CREATED);
    let after = town.here.property("bob", "/Shared/later.txt", "oc:id").await;
    assert_eq!(after, Some(before));
    // The folder says the same of it as the file itself.
    let listed = town.here.properties("bob", "/Shared", "oc:id", "1").await;
    assert_eq!(listed[1].1, after);
    let root = town.here.property("bob", "/Shared", "oc:id").await;
    let listed = town.here.properties("bob", "/", "oc:id", "1").await;
    assert_eq!(listed.last().unwrap().1, root);
}

#[tokio::test]
async fn properties_that_nobody_here_knows_survive() {
    let town = Town::build().await;
    let patch = "<d:propertyupdate xmlns:d='DAV:' xmlns:x='urn:x'><d:set><d:prop><x:colour>crimson</x:colour></d:prop></d:set>\
                 </d:propertyupdate>";
    let answer = town.here.dav("bob", "PROPPATCH", "/Shared/plan.txt", &[], patch).await;
    assert_eq!(
        answer.multistatus().responses[0].href,
        "/remote.php/dav/files/bob/Shared/plan.txt"
    );
    let there = town.there.property("eve", "/Shared/plan.txt", "x:colour").await;
    assert_eq!(there.as_deref(), Some("crimson"));
    assert_eq!(town.here.property("bob", "/Shared/plan.txt", "x:colour").await, there);
    let all = town
        .here
        .dav("bob", "PROPFIND", "/Shared/plan.txt", &[("depth", "0")], "")
        .await;
    assert!(all.text().contains("crimson"), "{}", all.text());
    let names = "<d:propfind xmlns:d='DAV:'><d:propname/></d:propfind>";
    let names = town
        .here
        .dav("bob", "PROPFIND", "/Shared/plan.txt", &[("depth", "0")], names)
        .await;
    assert!(
        names.text().contains("colour") && !names.text().contains("crimson"),
        "{}",
        names.text()
    );
}

#[tokio::test]
async fn a_favourite_does_not_become_that_of_the_one_who_shares() {
    let town = Town::build().await;
    let patch = "<d:propertyupdate xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'><d:set><d:prop>\
                 <oc:favorite>1</oc:favorite><d:lastmodified>1000</d:lastmodified></d:prop></d:set></d:propertyupdate>";
    let answer = town
        .here
        .dav("bob", "PROPPATCH", "/Shared/plan.txt", &[], patch)
        .await
        .multistatus();
    let statuses: Vec<u16> = answer.responses[0]
        .propstats
        .iter()
        .map(|propstat| propstat.status)
        .collect();
    assert_eq!(statuses, [403, 424]);
    let favourite = town.there.property("eve", "/Shared/plan.txt", "oc:favorite").await;
    assert_eq!(favourite.as_deref(), Some("0"));
}

#[tokio::test]
async fn the_folder_of_a_share_tells_of_changes_in_it() {
    let town = Town::build().await;
    town.here.list("bob", "/").await;
    let before = town.here.property("bob", "/", "d:getetag").await;
    assert_eq!(town.here.property("bob", "/", "d:getetag").await, before);
    // What was changed from here is known at once.
    town.here.put("bob", "/Shared/plan.txt", "another plan").await;
    let after = town.here.property("bob", "/", "d:getetag").await;
    assert_ne!(after, before);
    // What was changed there is known when it is asked for again.
    town.there.put("eve", "/Shared/plan.txt", "yet another").await;
    assert_eq!(town.here.property("bob", "/", "d:getetag").await, after);
    town.clock.advance(time::Duration::seconds(31));
    assert_ne!(town.here.property("bob", "/", "d:getetag").await, after);
}

#[tokio::test]
async fn the_folder_of_a_share_is_listed_without_asking_each_time() {
    let town = Town::build().await;
    for _ in 0..5 {
        town.here.list("bob", "/").await;
    }
    assert_eq!(town.line.asked(), ["PROPFIND /"]);
    town.here.put("bob", "/own.txt", "own").await;
    town.here.read("bob", "/own.txt").await;
    assert!(town.line.asked().is_empty());
}

#[tokio::test]
async fn a_server_that_is_away_is_still_listed_and_asked_once() {
    let town = Town::build().await;
    let size = town.here.properties("bob", "/", "oc:size", "1").await.pop().unwrap();
    assert_eq!(
        size,
        ("/remote.php/dav/files/bob/Shared/".to_owned(), Some("8".to_owned()))
    );
    let tag = town.here.property("bob", "/", "d:getetag").await;
    town.clock.advance(time::Duration::seconds(31));
    town.line.break_off(RemoteError::Unavailable {
        retry_after_s: Some(120),
    });
    town.line.asked();
    for _ in 0..3 {
        assert_eq!(town.here.list("bob", "/").await, ["/", "/Shared/"]);
    }
    assert_eq!(town.line.asked().len(), 1);
    // What was known stays, so clients see no change.
    assert_eq!(town.here.property("bob", "/", "d:getetag").await, tag);
    for (method, path) in [
        ("GET", "/Shared/plan.txt"),
        ("PROPFIND", "/Shared"),
        ("PUT", "/Shared/new.txt"),
    ] {
        let answer = town.here.dav("bob", method, path, &[], "").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{method}");
        assert_eq!(answer.header("retry-after"), "120");
        assert!(
            answer.text().contains("remote server unavailable, try after 120 s"),
            "{}",
            answer.text()
        );
    }
    town.line.mend();
    assert_eq!(
        town.here.read("bob", "/Shared/plan.txt").await.as_deref(),
        Some("the plan")
    );
}

#[tokio::test]
async fn a_share_that_was_revoked_is_403_and_can_be_removed() {
    let town = Town::build().await;
    town.line.mount(FOLDER, "Shared", |mount| mount.is_refused = true);
    town.line.break_off(RemoteError::Revoked);
    assert_eq!(town.here.list("bob", "/").await, ["/", "/Shared/"]);
    assert!(town.line.asked().is_empty());
    let answer = town.here.dav("bob", "GET", "/Shared/plan.txt", &[], "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.text().contains("access was revoked by the sender"),
        "{}",
        answer.text()
    );
    let answer = town.here.dav("bob", "DELETE", "/Shared", &[], "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(town.line.declined(), [FOLDER]);
    assert_eq!(town.here.list("bob", "/").await, ["/"]);
    assert!(town.there.read("eve", "/Shared/plan.txt").await.is_some());
}

#[tokio::test]
async fn a_single_file_is_a_file_here() {
    let town = Town::build().await;
    town.there.put("eve", "/note.txt", "a note").await;
    town.line.mount(8, "note.txt", |mount| {
        mount.is_folder = false;
        mount.permissions = SharePermissions::READ.with(SharePermissions::UPDATE);
    });
    assert_eq!(town.here.list("bob", "/").await, ["/", "/Shared/", "/note.txt"]);
    assert_eq!(town.here.list("bob", "/note.txt").await, ["/note.txt"]);
    assert_eq!(town.here.read("bob", "/note.txt").await.as_deref(), Some("a note"));
    town.here.put("bob", "/note.txt", "changed").await;
    assert_eq!(town.there.read("eve", "/note.txt").await.as_deref(), Some("changed"));
    let letters = town.here.property("bob", "/note.txt", "oc:permissions").await;
    assert_eq!(letters.as_deref(), Some("SMGDNVW"));
}

#[tokio::test]
async fn searches_leave_out_what_is_on_other_servers() {
    let town = Town::build().await;
    town.here.put("bob", "/plan-here.txt", "").await;
    town.line.asked();
    let search = "<d:searchrequest xmlns:d='DAV:'><d:basicsearch><d:select><d:prop><d:getetag/></d:prop></d:select>\
        <d:from><d:scope><d:href>/files/bob</d:href><d:depth>infinity</d:depth></d:scope></d:from>\
        <d:where><d:like><d:prop><d:displayname/></d:prop><d:literal>plan%</d:literal></d:like></d:where>\
        </d:basicsearch></d:searchrequest>";
    let headers = [("content-type", "text/xml")];
    let answer = town
        .here
        .send("bob", "SEARCH", "/remote.php/dav/", &headers, search)
        .await;
    let hrefs: Vec<String> = answer
        .multistatus()
        .responses
        .into_iter()
        .map(|response| response.href)
        .collect();
    assert_eq!(hrefs, ["/remote.php/dav/files/bob/plan-here.txt"]);
    assert!(town.line.asked().is_empty());
}
