use http::StatusCode;
use nc_auth::UserId;
use serde_json::{Value, json};

use crate::wire::Wire;

#[tokio::test]
async fn what_is_shared_appears_with_its_content_and_changes_are_seen_by_both() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Team").await;
    wire.put("alice", "/Team/a.txt", "from alice").await;
    wire.give("alice", "/Team", "bob", 31).await;
    assert_eq!(wire.list("bob", "/").await, ["Team"]);
    assert_eq!(wire.list("bob", "/Team").await, ["a.txt"]);
    assert_eq!(wire.read("bob", "/Team/a.txt").await.as_deref(), Some("from alice"));
    wire.put("bob", "/Team/b.txt", "from bob").await;
    wire.put("bob", "/Team/a.txt", "changed by bob").await;
    assert_eq!(wire.read("alice", "/Team/b.txt").await.as_deref(), Some("from bob"));
    assert_eq!(
        wire.read("alice", "/Team/a.txt").await.as_deref(),
        Some("changed by bob")
    );
    assert_eq!(
        wire.property("bob", "/Team", "oc:permissions").await.as_deref(),
        Some("SRGDNVCK")
    );
    assert_eq!(
        wire.property("bob", "/Team/a.txt", "oc:permissions").await.as_deref(),
        Some("SRGDNVW")
    );
    assert_eq!(
        wire.property("bob", "/Team/a.txt", "oc:owner-id").await.as_deref(),
        Some("alice")
    );
    assert_eq!(
        wire.property("bob", "/Team", "nc:mount-type").await.as_deref(),
        Some("shared")
    );
    // The same tags and numbers on both sides: programs compare them.
    for name in ["d:getetag", "oc:fileid", "oc:size"] {
        let both = [
            wire.property("alice", "/Team/a.txt", name).await,
            wire.property("bob", "/Team/a.txt", name).await,
        ];
        assert_eq!(both[0], both[1], "{name}");
    }
}

#[tokio::test]
async fn the_tag_of_the_root_moves_with_what_others_change() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Team").await;
    wire.give("alice", "/Team", "bob", 31).await;
    let before = wire.property("bob", "/", "d:getetag").await;
    assert_eq!(wire.property("bob", "/", "d:getetag").await, before);
    wire.put("alice", "/Team/new.txt", "x").await;
    assert_ne!(wire.property("bob", "/", "d:getetag").await, before);
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_number_and_nothing_is_hidden() {
    let wire = Wire::boot().await;
    wire.put("bob", "/doc.txt", "of bob").await;
    wire.put("alice", "/doc.txt", "of alice").await;
    wire.make_folder("carol", "/x").await;
    wire.put("carol", "/x/doc.txt", "of carol").await;
    wire.give("alice", "/doc.txt", "bob", 1).await;
    wire.give("carol", "/x/doc.txt", "bob", 1).await;
    let mut names = wire.list("bob", "/").await;
    names.sort();
    assert_eq!(names, ["doc%20%282%29.txt", "doc%20%283%29.txt", "doc.txt"]);
    assert_eq!(wire.read("bob", "/doc.txt").await.as_deref(), Some("of bob"));
    assert_eq!(wire.read("bob", "/doc%20(2).txt").await.as_deref(), Some("of alice"));
}

#[tokio::test]
async fn the_receiver_renames_moves_and_removes_it_without_the_owner_noticing() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Team").await;
    wire.put("alice", "/Team/a.txt", "a").await;
    wire.give("alice", "/Team", "bob", 1).await;
    wire.make_folder("bob", "/Work").await;
    assert_eq!(wire.to("bob", "MOVE", "/Team", "/Work/Ours").await, StatusCode::CREATED);
    assert_eq!(wire.list("bob", "/").await, ["Work"]);
    assert_eq!(wire.list("bob", "/Work").await, ["Ours"]);
    assert_eq!(wire.read("bob", "/Work/Ours/a.txt").await.as_deref(), Some("a"));
    // It goes along with the folder that it was put into, and shows up again when that goes away.
    assert_eq!(wire.to("bob", "MOVE", "/Work", "/Play").await, StatusCode::CREATED);
    assert_eq!(wire.read("bob", "/Play/Ours/a.txt").await.as_deref(), Some("a"));
    assert_eq!(
        wire.dav("bob", "DELETE", "/Play", "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(wire.read("bob", "/Ours/a.txt").await.as_deref(), Some("a"));
    assert_eq!(
        wire.dav("bob", "DELETE", "/Ours", "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(wire.list("bob", "/").await, [""; 0]);
    assert_eq!(wire.read("alice", "/Team/a.txt").await.as_deref(), Some("a"));
    assert_eq!(wire.ocs("alice", "GET", "/shares", Value::Null).await.data(), json!([]));
}

#[tokio::test]
async fn it_follows_the_owner_and_is_gone_with_what_it_shows() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Team").await;
    wire.put("alice", "/Team/a.txt", "a").await;
    wire.give("alice", "/Team", "bob", 31).await;
    wire.make_folder("alice", "/Deep").await;
    assert_eq!(
        wire.to("alice", "MOVE", "/Team", "/Deep/Moved").await,
        StatusCode::CREATED
    );
    assert_eq!(wire.read("bob", "/Team/a.txt").await.as_deref(), Some("a"));
    // Where it lay before there is something else now, which nobody shared.
    wire.make_folder("alice", "/Team").await;
    wire.put("alice", "/Team/private.txt", "p").await;
    assert_eq!(wire.list("bob", "/Team").await, ["a.txt"]);
    assert_eq!(
        wire.dav("alice", "DELETE", "/Deep", "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(wire.list("bob", "/").await, [""; 0]);
    assert_eq!(wire.read("bob", "/Team/a.txt").await, None);
    assert_eq!(
        wire.ocs("bob", "GET", "/shares?shared_with_me=true", Value::Null)
            .await
            .data(),
        json!([])
    );
}

#[tokio::test]
async fn a_member_loses_what_the_group_has_with_the_membership() {
    let wire = Wire::boot().await;
    wire.put("alice", "/plan.txt", "plan").await;
    let wish = json!({ "path": "/plan.txt", "shareType": 1, "shareWith": "team", "permissions": 19 });
    wire.share("alice", wish).await;
    assert_eq!(wire.read("bob", "/plan.txt").await.as_deref(), Some("plan"));
    assert_eq!(wire.read("carol", "/plan.txt").await.as_deref(), Some("plan"));
    assert_eq!(wire.read("dave", "/plan.txt").await, None);
    wire.cloud.remove_from_group(&UserId::new("bob"), "team").await.unwrap();
    assert_eq!(wire.read("bob", "/plan.txt").await, None);
    assert_eq!(
        wire.dav("bob", "PUT", "/plan.txt", "own").await.status,
        StatusCode::CREATED
    );
    assert_eq!(wire.read("alice", "/plan.txt").await.as_deref(), Some("plan"));
    wire.cloud.add_to_group(&UserId::new("dave"), "team").await.unwrap();
    assert_eq!(wire.read("dave", "/plan.txt").await.as_deref(), Some("plan"));
}

#[tokio::test]
async fn what_is_moved_across_the_border_is_copied_and_then_taken_away() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Team").await;
    wire.make_folder("alice", "/Team/inner").await;
    wire.put("alice", "/Team/inner/a.txt", "a").await;
    wire.give("alice", "/Team", "bob", 31).await;
    wire.make_folder("bob", "/own").await;
    wire.put("bob", "/own/b.txt", "b").await;
    assert_eq!(wire.to("bob", "MOVE", "/own", "/Team/own").await, StatusCode::CREATED);
    assert_eq!(wire.read("alice", "/Team/own/b.txt").await.as_deref(), Some("b"));
    assert_eq!(wire.read("bob", "/own/b.txt").await, None);
    assert_eq!(
        wire.to("bob", "MOVE", "/Team/inner", "/mine").await,
        StatusCode::CREATED
    );
    assert_eq!(wire.read("bob", "/mine/a.txt").await.as_deref(), Some("a"));
    assert_eq!(wire.read("alice", "/Team/inner/a.txt").await, None);
    assert_eq!(
        wire.to("bob", "COPY", "/Team/own/b.txt", "/copy.txt").await,
        StatusCode::CREATED
    );
    assert_eq!(wire.read("bob", "/copy.txt").await.as_deref(), Some("b"));
    assert_eq!(wire.read("alice", "/Team/own/b.txt").await.as_deref(), Some("b"));
    // What was moved away lies in the owner's trash, with the name of who did it.
    let body = "<d:propfind xmlns:d='DAV:' xmlns:nc='http://nextcloud.org/ns'><d:prop><nc:trashbin-deleted-by-id/></d:prop></d:propfind>";
    let trash = wire
        .send(
            "alice",
            "PROPFIND",
            "/remote.php/dav/trashbin/alice/trash",
            &[("depth", "1")],
            body,
        )
        .await;
    assert!(trash.text().contains(">bob<"), "{}", trash.text());
}

#[tokio::test]
async fn favourites_belong_to_each_person_and_search_finds_what_others_share() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Team").await;
    wire.put("alice", "/Team/needle.txt", "a").await;
    wire.put("alice", "/needle-private.txt", "p").await;
    wire.put("bob", "/needle-own.txt", "b").await;
    wire.give("alice", "/Team", "bob", 1).await;
    let mark = "<d:propertyupdate xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'><d:set><d:prop><oc:favorite>1</oc:favorite>\
                </d:prop></d:set></d:propertyupdate>";
    let marked = wire.dav("bob", "PROPPATCH", "/Team/needle.txt", mark).await;
    assert!(marked.text().contains("200 OK"), "{}", marked.text());
    assert_eq!(
        wire.property("bob", "/Team/needle.txt", "oc:favorite").await.as_deref(),
        Some("1")
    );
    assert_eq!(
        wire.property("alice", "/Team/needle.txt", "oc:favorite")
            .await
            .as_deref(),
        Some("0")
    );
    let report = "<oc:filter-files xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns'><d:prop><d:getetag/></d:prop>\
                  <oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>";
    let favourites = wire.dav("bob", "REPORT", "/", report).await;
    assert_eq!(favourites.hrefs(), ["/remote.php/dav/files/bob/Team/needle.txt"]);
    let search = "<d:searchrequest xmlns:d='DAV:'><d:basicsearch><d:select><d:prop><d:displayname/></d:prop></d:select>\
                  <d:from><d:scope><d:href>/files/bob</d:href><d:depth>infinity</d:depth></d:scope></d:from>\
                  <d:where><d:like><d:prop><d:displayname/></d:prop><d:literal>%needle%</d:literal></d:like></d:where>\
                  <d:orderby><d:order><d:prop><d:displayname/></d:prop><d:ascending/></d:order></d:orderby>\
                  </d:basicsearch></d:searchrequest>";
    let found = wire.send("bob", "SEARCH", "/remote.php/dav/", &[], search).await;
    let found: Vec<String> = found.hrefs();
    assert_eq!(
        found,
        [
            "/remote.php/dav/files/bob/needle-own.txt",
            "/remote.php/dav/files/bob/Team/needle.txt"
        ]
    );
}

#[tokio::test]
async fn an_upload_in_pieces_ends_in_what_others_share_only_where_that_is_allowed() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Open").await;
    wire.make_folder("alice", "/Closed").await;
    wire.give("alice", "/Open", "bob", 31).await;
    wire.give("alice", "/Closed", "bob", 1).await;
    for (upload, target, expected) in [
        ("one", "/Open/big.bin", StatusCode::CREATED),
        ("two", "/Closed/big.bin", StatusCode::FORBIDDEN),
    ] {
        let base = format!("/remote.php/dav/uploads/bob/{upload}");
        wire.send("bob", "MKCOL", &base, &[], "").await;
        wire.send("bob", "PUT", &format!("{base}/1"), &[], "piece").await;
        let destination = format!("/remote.php/dav/files/bob{target}");
        let headers = [("destination", destination.as_str())];
        let done = wire.send("bob", "MOVE", &format!("{base}/.file"), &headers, "").await;
        assert_eq!(done.status, expected, "{}", done.text());
    }
    assert_eq!(wire.read("alice", "/Open/big.bin").await.as_deref(), Some("piece"));
    assert_eq!(wire.read("alice", "/Closed/big.bin").await, None);
}

#[tokio::test]
async fn the_quota_of_the_owner_counts() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Team").await;
    wire.give("alice", "/Team", "bob", 31).await;
    let mut tx = wire.cloud.db().write().await.unwrap();
    let update = sqlx::query("UPDATE accounts SET quota_bytes = 10 WHERE id = 'alice'");
    update.execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let refused = wire.dav("bob", "PUT", "/Team/a.txt", "more than ten bytes").await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(
        wire.dav("bob", "PUT", "/own.txt", "more than ten bytes").await.status,
        StatusCode::CREATED
    );
}
