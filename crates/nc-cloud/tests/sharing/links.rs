use http::StatusCode;
use nc_auth::basic;
use serde_json::{Value, json};

use crate::wire::{Wire, id};

async fn link(wire: &Wire, wish: Value) -> (String, String) {
    let share = wire.share("alice", wish).await;
    let token = share["token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 15);
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    (id(&share), token)
}

async fn folder() -> Wire {
    let wire = Wire::boot().await;
    wire.make_folder("alice", "/S").await;
    wire.make_folder("alice", "/S/sub").await;
    wire.put("alice", "/S/a.txt", "a").await;
    wire.put("alice", "/private.txt", "p").await;
    wire
}

#[tokio::test]
async fn a_link_opens_what_it_is_for_and_nothing_else() {
    let wire = folder().await;
    let (share, token) = link(&wire, json!({ "path": "/S", "shareType": 3 })).await;
    let base = format!("/public.php/dav/files/{token}");
    let listed = wire
        .send("", "PROPFIND", &format!("{base}/"), &[("depth", "1")], "")
        .await;
    assert_eq!(
        listed.hrefs(),
        [format!("{base}/"), format!("{base}/sub/"), format!("{base}/a.txt")]
    );
    assert!(!listed.text().contains("alice"), "{}", listed.text());
    assert_eq!(
        wire.send("", "GET", &format!("{base}/a.txt"), &[], "").await.text(),
        "a"
    );
    let old = basic::header_value(&token, "");
    let older = wire
        .send("", "GET", "/public.php/webdav/a.txt", &[("authorization", &old)], "")
        .await;
    assert_eq!(older.text(), "a");
    for path in ["/../private.txt", "/%2e%2e/private.txt", "/sub/../../private.txt"] {
        let answer = wire.send("", "GET", &format!("{base}{path}"), &[], "").await;
        assert!(!answer.status.is_success(), "{path}");
    }
    for (method, path) in [
        ("PUT", "/new.txt"),
        ("PUT", "/a.txt"),
        ("MKCOL", "/new"),
        ("DELETE", "/a.txt"),
        ("DELETE", "/"),
        ("PROPPATCH", "/a.txt"),
        ("LOCK", "/a.txt"),
        ("SEARCH", "/"),
        ("REPORT", "/"),
    ] {
        let answer = wire.send("", method, &format!("{base}{path}"), &[], "x").await;
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{method} {path} {}",
            answer.text()
        );
    }
    for destination in ["/b.txt", "/sub/a.txt"] {
        let destination = format!("{base}{destination}");
        for method in ["MOVE", "COPY"] {
            let headers = [("destination", destination.as_str())];
            let answer = wire.send("", method, &format!("{base}/a.txt"), &headers, "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
        }
    }
    let headers = [("destination", "/remote.php/dav/files/alice/stolen.txt")];
    let answer = wire.send("", "COPY", &format!("{base}/a.txt"), &headers, "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(
        wire.ocs("alice", "DELETE", &format!("/shares/{share}"), Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    let gone = wire.send("", "GET", &format!("{base}/a.txt"), &[], "").await;
    assert_eq!(gone.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_link_tells_nothing_of_what_people_with_accounts_say_and_mark() {
    let wire = folder().await;
    let (_, token) = link(&wire, json!({ "path": "/S", "shareType": 3 })).await;
    let question = "<d:propfind xmlns:d='DAV:' xmlns:oc='http://owncloud.org/ns' xmlns:nc='http://nextcloud.org/ns'><d:prop>\
                    <oc:comments-count/><oc:comments-unread/><oc:comments-href/><oc:favorite/><oc:owner-id/>\
                    <nc:system-tags/><d:getetag/></d:prop></d:propfind>";
    let own = wire
        .send(
            "alice",
            "PROPFIND",
            "/remote.php/dav/files/alice/S/a.txt",
            &[("depth", "0")],
            question,
        )
        .await;
    let path = format!("/public.php/dav/files/{token}/a.txt");
    let public = wire.send("", "PROPFIND", &path, &[("depth", "0")], question).await;
    let (shown, missing) = public.text().split_once("404 Not Found").map_or_else(
        || (public.text(), String::new()),
        |_| {
            let text = public.text();
            let at = text.rfind("<d:propstat>").unwrap();
            (text[..at].to_owned(), text[at..].to_owned())
        },
    );
    assert!(shown.contains("getetag"), "{shown}");
    for name in [
        "comments-count",
        "comments-unread",
        "comments-href",
        "favorite",
        "owner-id",
        "system-tags",
    ] {
        assert!(
            own.text().contains(name) && !own.text().contains("404 Not Found"),
            "{}",
            own.text()
        );
        assert!(
            !shown.contains(name) && missing.contains(name),
            "{name}: {shown} {missing}"
        );
    }
}

#[tokio::test]
async fn an_editable_link_works_within_the_folder() {
    let wire = folder().await;
    let (_, token) = link(&wire, json!({ "path": "/S", "shareType": 3, "permissions": 15 })).await;
    let base = format!("/public.php/dav/files/{token}");
    assert_eq!(
        wire.send("", "PUT", &format!("{base}/new.txt"), &[], "n").await.status,
        StatusCode::CREATED
    );
    let destination = format!("{base}/sub/new.txt");
    let headers = [("destination", destination.as_str())];
    let moved = wire.send("", "MOVE", &format!("{base}/new.txt"), &headers, "").await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text());
    assert_eq!(wire.read("alice", "/S/sub/new.txt").await.as_deref(), Some("n"));
    assert_eq!(
        wire.send("", "DELETE", &format!("{base}/a.txt"), &[], "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        wire.send("", "DELETE", &format!("{base}/"), &[], "").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_password_is_asked_for_guesses_are_limited_and_no_account_opens_it() {
    let wire = folder().await;
    let wish = json!({ "path": "/S", "shareType": 3, "password": "right-password" });
    let (_, token) = link(&wire, wish).await;
    let address = format!("/public.php/dav/files/{token}/a.txt");
    assert_eq!(
        wire.send("", "GET", &address, &[], "").await.status,
        StatusCode::UNAUTHORIZED
    );
    // Not even the owner's own credential: none of a user is looked at.
    assert_eq!(
        wire.send("alice", "GET", &address, &[], "").await.status,
        StatusCode::UNAUTHORIZED
    );
    let with = |password: &str| basic::header_value("anonymous", password);
    let right = with("right-password");
    let opened = wire.send("", "GET", &address, &[("authorization", &right)], "").await;
    assert_eq!(opened.text(), "a");
    let wrong = with("wrong");
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(
            wire.send("", "GET", &address, &[("authorization", &wrong)], "")
                .await
                .status,
        );
    }
    assert_eq!(statuses[0], StatusCode::UNAUTHORIZED);
    assert_eq!(statuses[11], StatusCode::TOO_MANY_REQUESTS);
    let late = wire.send("", "GET", &address, &[("authorization", &right)], "").await;
    assert_eq!(late.status, StatusCode::TOO_MANY_REQUESTS);
    // Other links, and accounts, are not held up.
    assert_eq!(wire.read("alice", "/S/a.txt").await.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_link_runs_out_with_its_day() {
    let wire = folder().await;
    let wish = json!({ "path": "/S/a.txt", "shareType": 3, "expireDate": "2026-11-23" });
    let (_, token) = link(&wire, wish).await;
    let address = format!("/public.php/dav/files/{token}/");
    assert_eq!(wire.send("", "GET", &address, &[], "").await.text(), "a");
    wire.clock.advance(time::Duration::days(3));
    assert_eq!(
        wire.send("", "GET", &address, &[], "").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_folder_that_only_takes_shows_nothing_and_replaces_nothing() {
    let wire = folder().await;
    let (_, token) = link(&wire, json!({ "path": "/S", "shareType": 3, "permissions": 4 })).await;
    let base = format!("/public.php/dav/files/{token}");
    let listed = wire
        .send("", "PROPFIND", &format!("{base}/"), &[("depth", "1")], "")
        .await;
    assert_eq!(listed.hrefs(), [format!("{base}/")]);
    for (method, path) in [
        ("GET", "/a.txt"),
        ("HEAD", "/a.txt"),
        ("PROPFIND", "/a.txt"),
        ("PROPFIND", "/none.txt"),
        ("DELETE", "/a.txt"),
        ("MKCOL", "/sub"),
        ("MKCOL", "/new"),
        ("PUT", "/sub/b.txt"),
        ("MOVE", "/a.txt"),
    ] {
        let answer = wire.send("", method, &format!("{base}{path}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    for _ in 0..2 {
        let put = wire.send("", "PUT", &format!("{base}/a.txt"), &[], "other").await;
        assert_eq!(put.status, StatusCode::CREATED);
    }
    // Whether a name is there cannot be asked by conditions.
    let asked = wire
        .send("", "PUT", &format!("{base}/a.txt"), &[("if-match", "*")], "x")
        .await;
    let unknown = wire
        .send("", "PUT", &format!("{base}/none.txt"), &[("if-match", "*")], "x")
        .await;
    assert_eq!(asked.status, unknown.status);
    assert_eq!(wire.read("alice", "/S/a.txt").await.as_deref(), Some("a"));
    assert_eq!(wire.read("alice", "/S/a%20(2).txt").await.as_deref(), Some("other"));
    assert_eq!(wire.read("alice", "/S/a%20(3).txt").await.as_deref(), Some("other"));
}

#[tokio::test]
async fn what_is_hidden_from_download_is_not_sent() {
    let wire = folder().await;
    let wish = json!({ "path": "/S", "shareType": 3, "hideDownload": true });
    let (_, token) = link(&wire, wish).await;
    let answer = wire
        .send("", "GET", &format!("/public.php/dav/files/{token}/a.txt"), &[], "")
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
