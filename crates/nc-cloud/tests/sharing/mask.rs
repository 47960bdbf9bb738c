//! Every method against every mask.

use http::StatusCode;
use serde_json::Value;

use crate::wire::Wire;

const READ: u8 = 1;
const UPDATE: u8 = 2;
const CREATE: u8 = 4;
const DELETE: u8 = 8;

/// What is tried within a folder that is shared, and which bits it needs.
const TRIALS: &[(&str, &str, &str, u8)] = &[
    ("GET", "/S/a.txt", "", READ),
    ("HEAD", "/S/a.txt", "", READ),
    ("PROPFIND", "/S", "", READ),
    ("PROPFIND", "/S/sub/b.txt", "", READ),
    ("PUT", "/S/a.txt", "", READ | UPDATE),
    ("PUT", "/S/new.txt", "", READ | CREATE),
    ("PUT", "/S/sub/new.txt", "", READ | CREATE),
    ("MKCOL", "/S/folder", "", READ | CREATE),
    ("DELETE", "/S/a.txt", "", READ | DELETE),
    ("DELETE", "/S/sub", "", READ | DELETE),
    ("LOCK", "/S/a.txt", "", READ | UPDATE),
    ("LOCK", "/S/unborn.txt", "", READ | CREATE),
    ("PROPPATCH", "/S/a.txt", "", READ | UPDATE),
    ("MOVE", "/S/a.txt", "/S/renamed.txt", READ | UPDATE),
    ("MOVE", "/S/a.txt", "/S/sub/a.txt", READ | CREATE | DELETE),
    ("MOVE", "/S/a.txt", "/S/sub/b.txt", READ | CREATE | DELETE),
    ("MOVE", "/S/a.txt", "/out.txt", READ | DELETE),
    ("MOVE", "/own.txt", "/S/own.txt", READ | CREATE),
    ("MOVE", "/own.txt", "/S/a.txt", READ | CREATE | DELETE),
    ("COPY", "/S/a.txt", "/S/copy.txt", READ | CREATE),
    ("COPY", "/S/a.txt", "/S/sub/b.txt", READ | CREATE | DELETE),
    ("COPY", "/S/a.txt", "/out.txt", READ),
    ("COPY", "/own.txt", "/S/own.txt", READ | CREATE),
    ("COPY", "/own.txt", "/S/a.txt", READ | CREATE | DELETE),
];

const LOCK: &str = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>";
const PATCH: &str =
    "<d:propertyupdate xmlns:d='DAV:'><d:set><d:prop><x xmlns='urn:x'>1</x></d:prop></d:set></d:propertyupdate>";

async fn attempt(wire: &Wire, method: &str, path: &str, destination: &str) -> bool {
    if !destination.is_empty() {
        return wire.to("bob", method, path, destination).await.is_success();
    }
    let body = match method {
        "LOCK" => LOCK,
        "PROPPATCH" => PATCH,
        "PUT" => "changed",
        _ => "",
    };
    let path = format!("/remote.php/dav/files/bob{path}");
    let answer = wire.send("bob", method, &path, &[("depth", "0")], body).await;
    match method {
        "PROPPATCH" => answer.text().contains("200 OK"),
        _ => answer.status.is_success(),
    }
}

/// What alice has, to be compared.
async fn state(wire: &Wire, folder: &str) -> Vec<Option<String>> {
    let mut state = Vec::new();
    for path in ["a.txt", "sub/b.txt"] {
        state.push(wire.read("alice", &format!("{folder}/{path}")).await);
    }
    for path in [folder.to_owned(), format!("{folder}/sub")] {
        let mut names = wire.list("alice", &path).await;
        names.sort();
        state.push(Some(names.join(",")));
    }
    state
}

#[tokio::test]
async fn nothing_is_done_without_its_bit_and_everything_with_it() {
    for mask in (1..=15u8).filter(|mask| mask & READ != 0) {
        let wire = Wire::boot().await;
        for (number, (method, path, destination, needed)) in TRIALS.iter().enumerate() {
            let here = |path: &str| {
                let path = path.replace("/S", &format!("/S{number}"));
                path.replace("/own.txt", &format!("/own{number}.txt"))
                    .replace("/out.txt", &format!("/out{number}.txt"))
            };
            let (folder, own, out) = (here("/S"), here("/own.txt"), here("/out.txt"));
            wire.make_folder("alice", &folder).await;
            wire.make_folder("alice", &format!("{folder}/sub")).await;
            wire.put("alice", &format!("{folder}/a.txt"), "a").await;
            wire.put("alice", &format!("{folder}/sub/b.txt"), "b").await;
            wire.put("bob", &own, "own").await;
            let share = wire.give("alice", &folder, "bob", mask).await;
            let before = state(&wire, &folder).await;
            let done = attempt(&wire, method, &here(path), &here(destination)).await;
            let allowed = mask & needed == *needed;
            assert_eq!(done, allowed, "{method} {path} {destination} with {mask}");
            if !allowed {
                assert_eq!(
                    state(&wire, &folder).await,
                    before,
                    "{method} {path} {destination} with {mask}"
                );
                assert_eq!(wire.read("bob", &own).await.as_deref(), Some("own"));
                assert_eq!(wire.read("bob", &out).await, None);
            }
            let ended = wire
                .ocs("alice", "DELETE", &format!("/shares/{share}"), Value::Null)
                .await;
            assert_eq!(ended.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn what_may_only_be_looked_at_cannot_be_taken_away_by_any_way() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/S").await;
    wire.put("alice", "/S/a.txt", "first").await;
    wire.clock.advance(time::Duration::seconds(60));
    wire.put("alice", "/S/a.txt", "second").await;
    let wish = serde_json::json!({
        "path": "/S", "shareType": 0, "shareWith": "bob", "permissions": 31,
        "attributes": r#"[{"scope":"permissions","key":"download","value":false}]"#
    });
    wire.share("alice", wish).await;
    let id = wire.property("alice", "/S/a.txt", "oc:fileid").await.unwrap();
    assert_eq!(wire.list("bob", "/S").await, ["a.txt"]);
    assert_eq!(
        wire.dav("bob", "GET", "/S/a.txt", "").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        wire.to("bob", "COPY", "/S/a.txt", "/mine.txt").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(wire.to("bob", "COPY", "/S", "/mine").await, StatusCode::FORBIDDEN);
    assert_eq!(
        wire.to("bob", "MOVE", "/S/a.txt", "/mine.txt").await,
        StatusCode::FORBIDDEN
    );
    let versions = format!("/remote.php/dav/versions/bob/versions/{id}");
    let listed = wire
        .send("bob", "PROPFIND", &versions, &[("depth", "1")], "")
        .await
        .hrefs();
    assert!(listed.len() > 2, "{listed:?}");
    for version in &listed[1..] {
        assert_eq!(
            wire.send("bob", "GET", version, &[], "").await.status,
            StatusCode::FORBIDDEN
        );
    }
    // Sharing it on gives no more.
    wire.give("bob", "/S", "dave", 1).await;
    assert_eq!(
        wire.dav("dave", "GET", "/S/a.txt", "").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn by_numbers_no_more_is_done_than_by_paths() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/S").await;
    wire.put("alice", "/S/a.txt", "first").await;
    wire.clock.advance(time::Duration::seconds(60));
    wire.put("alice", "/S/a.txt", "second").await;
    wire.put("alice", "/private.txt", "p").await;
    let shared = wire.property("alice", "/S/a.txt", "oc:fileid").await.unwrap();
    let private = wire.property("alice", "/private.txt", "oc:fileid").await.unwrap();
    wire.give("alice", "/S", "bob", 1).await;
    let tag = r#"{"name": "t", "userVisible": true, "userAssignable": true}"#;
    let json = [("content-type", "application/json")];
    let made = wire
        .send("alice", "POST", "/remote.php/dav/systemtags", &json, tag)
        .await;
    let tag = made.header("content-location").rsplit('/').next().unwrap().to_owned();
    let comment = r#"{"actorType": "users", "verb": "comment", "message": "hello"}"#;
    for (file, reads) in [(&shared, true), (&private, false)] {
        let comments = format!("/remote.php/dav/comments/files/{file}");
        assert_eq!(
            wire.send("bob", "PROPFIND", &comments, &[("depth", "1")], "")
                .await
                .status
                .is_success(),
            reads
        );
        assert_eq!(
            wire.send("bob", "POST", &comments, &json, comment)
                .await
                .status
                .is_success(),
            reads
        );
        let tags = format!("/remote.php/dav/systemtags-relations/files/{file}");
        assert_eq!(
            wire.send("bob", "PROPFIND", &tags, &[("depth", "1")], "")
                .await
                .status
                .is_success(),
            reads
        );
        assert!(
            !wire
                .send("bob", "PUT", &format!("{tags}/{tag}"), &[], "")
                .await
                .status
                .is_success()
        );
        let versions = format!("/remote.php/dav/versions/bob/versions/{file}");
        let listed = wire.send("bob", "PROPFIND", &versions, &[("depth", "1")], "").await;
        assert_eq!(listed.status.is_success(), reads);
        if reads {
            let version = &listed.hrefs()[1];
            let restore = [("destination", "/remote.php/dav/versions/bob/restore/x")];
            assert_eq!(
                wire.send("bob", "MOVE", version, &restore, "").await.status,
                StatusCode::FORBIDDEN
            );
            assert_eq!(
                wire.send("bob", "DELETE", version, &[], "").await.status,
                StatusCode::FORBIDDEN
            );
            assert!(wire.send("bob", "GET", version, &[], "").await.status.is_success());
        }
    }
    // A comment bears the name of who wrote it, for both.
    let comments = format!("/remote.php/dav/comments/files/{shared}");
    let seen = wire.send("alice", "PROPFIND", &comments, &[("depth", "1")], "").await;
    assert_eq!(seen.hrefs().len(), 2);
    assert_eq!(wire.read("alice", "/S/a.txt").await.as_deref(), Some("second"));
}

#[tokio::test]
async fn a_lock_of_the_owner_holds_for_the_receiver_and_tells_no_foreign_path() {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/Secret").await;
    wire.make_folder("alice", "/Secret/S").await;
    wire.put("alice", "/Secret/S/a.txt", "a").await;
    wire.give("alice", "/Secret/S", "bob", 31).await;
    let locked = wire
        .send("alice", "LOCK", "/remote.php/dav/files/alice/Secret", &[], LOCK)
        .await;
    assert_eq!(locked.status, StatusCode::OK);
    for method in ["PUT", "DELETE", "PROPPATCH"] {
        let body = if method == "PROPPATCH" { PATCH } else { "x" };
        let refused = wire.dav("bob", method, "/S/a.txt", body).await;
        assert_eq!(refused.status, StatusCode::LOCKED, "{method}");
        assert!(!refused.text().contains("Secret"), "{}", refused.text());
    }
    assert_eq!(wire.to("bob", "MOVE", "/S/a.txt", "/a.txt").await, StatusCode::LOCKED);
    let token = locked.header("lock-token");
    let found = wire.property("bob", "/S/a.txt", "d:lockdiscovery").await.unwrap();
    assert!(!found.contains("Secret"), "{found}");
    // The token of somebody else opens nothing.
    let header = format!("({token})");
    let path = "/remote.php/dav/files/bob/S/a.txt";
    let refused = wire.send("bob", "PUT", path, &[("if", &header)], "x").await;
    assert_eq!(refused.status, StatusCode::LOCKED, "{}", refused.text());
    assert_eq!(wire.read("alice", "/Secret/S/a.txt").await.as_deref(), Some("a"));
}
