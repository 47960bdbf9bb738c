use serde_json::{Value, json};

use crate::{
    mounts::{Shared, node},
    wire::Wire,
};

fn bases(shared: &Shared) -> [String; 3] {
    let id = &shared.share;
    [
        "/public.php/webdav".to_owned(),
        format!("/public.php/webdav/{id}"),
        format!("/ocm/dav/{id}"),
    ]
}

#[tokio::test]
async fn ocm_n067_no_path_leads_out_of_the_share() {
    let shared = Shared::boot(31).await;
    for base in bases(&shared) {
        for path in [
            "/../private.txt",
            "/%2e%2e/private.txt",
            "/sub/../../private.txt",
            "/..%2fprivate.txt",
            "/%2e%2e%2fprivate.txt",
            "/sub%2f..%2f..%2fprivate.txt",
            "/%252e%252e/private.txt",
            "/%252e%252e%252fprivate.txt",
            "/..%5cprivate.txt",
            "/S/../../private.txt",
            "/./a.txt",
            "/a.txt%00",
            "/private.txt",
            "//private.txt",
        ] {
            for method in ["GET", "PROPFIND", "DELETE", "COPY"] {
                let headers = [("destination", "/public.php/webdav/out.txt"), ("depth", "0")];
                let status = shared.status(method, &format!("{base}{path}"), &headers, "").await;
                assert!(status == 403 || status == 404, "{method} {base}{path}: {status}");
            }
        }
    }
    assert_eq!(shared.wire.list("alice", "/S").await, ["sub", "a.txt"]);
    assert_eq!(shared.wire.read("alice", "/private.txt").await.as_deref(), Some("p"));
}

#[cfg(unix)]
#[tokio::test]
async fn ocm_n067_a_link_on_disk_is_no_way_out() {
    let shared = Shared::boot(31).await;
    let data = shared.wire.cloud.config().data_dir.join("data/alice/files");
    std::os::unix::fs::symlink(data.join("private.txt"), data.join("S/way-out.txt")).unwrap();
    assert_eq!(
        shared.status("GET", "/public.php/webdav/way-out.txt", &[], "").await,
        404
    );
    let listed = shared
        .send("PROPFIND", "/public.php/webdav/", &[("depth", "1")], "")
        .await;
    assert!(!listed.text().contains("way-out"), "{}", listed.text());
}

#[tokio::test]
async fn ocm_n068_nothing_is_moved_or_copied_out_of_the_share() {
    let shared = Shared::boot(31).await;
    let id = &shared.share;
    for base in bases(&shared) {
        for method in ["MOVE", "COPY"] {
            for (destination, expected) in [
                ("/remote.php/dav/files/alice/stolen.txt".to_owned(), 403),
                ("/remote.php/webdav/stolen.txt".to_owned(), 403),
                (format!("{base}/../stolen.txt"), 403),
                (format!("{base}/%2e%2e/stolen.txt"), 403),
                (format!("{base}/..%2fstolen.txt"), 403),
                ("/ocm/dav/other/stolen.txt".to_owned(), 403),
                ("/public.php/dav/files/token/stolen.txt".to_owned(), 403),
                ("//evil.example.org/stolen.txt".to_owned(), 403),
                (format!("https://evil.example.org{base}/b.txt"), 502),
                (format!("http://cloud.example.org@evil.example.org{base}/b.txt"), 502),
                (format!("https://evil.example.org/ocm/dav/{id}/b.txt"), 502),
                ("https:///b.txt".to_owned(), 502),
            ] {
                let headers = [("destination", destination.as_str()), ("host", "cloud.example.org")];
                let status = shared.status(method, &format!("{base}/a.txt"), &headers, "").await;
                assert_eq!(status, expected, "{method} {base} {destination}");
            }
        }
    }
    let headers = [("destination", "/public.php/webdav/sub"), ("overwrite", "T")];
    assert_eq!(shared.status("COPY", "/public.php/webdav/", &headers, "").await, 409);
    let headers = [("destination", "/public.php/webdav/"), ("overwrite", "T")];
    assert_eq!(shared.status("COPY", "/public.php/webdav/sub", &headers, "").await, 403);
    assert_eq!(shared.wire.list("alice", "/").await, ["S", "private.txt"]);
    assert_eq!(shared.wire.list("alice", "/S").await, ["sub", "a.txt"]);
}

#[tokio::test]
async fn ocm_n069_what_may_only_be_read_is_not_written() {
    let shared = Shared::boot(17).await;
    for base in bases(&shared) {
        let inside = format!("{base}/new.txt");
        for (method, path) in [
            ("PUT", "/a.txt"),
            ("PUT", "/new.txt"),
            ("MKCOL", "/new"),
            ("DELETE", "/a.txt"),
            ("MOVE", "/a.txt"),
            ("COPY", "/a.txt"),
            ("PROPPATCH", "/a.txt"),
            ("LOCK", "/a.txt"),
            ("LOCK", "/new.txt"),
            ("UNLOCK", "/a.txt"),
        ] {
            let headers = [("destination", inside.as_str())];
            let status = shared.status(method, &format!("{base}{path}"), &headers, "x").await;
            assert_eq!(status, 403, "{method} {base}{path}");
        }
        assert_eq!(shared.status("GET", &format!("{base}/a.txt"), &[], "").await, 200);
    }
    assert_eq!(shared.wire.list("alice", "/S").await, ["sub", "a.txt"]);
}

#[tokio::test]
async fn ocm_n070_what_is_shared_is_neither_deleted_nor_moved() {
    let shared = Shared::boot(31).await;
    for base in bases(&shared) {
        for path in [base.clone(), format!("{base}/")] {
            assert_eq!(shared.status("DELETE", &path, &[], "").await, 403, "{path}");
            let to = format!("{base}/sub/S");
            assert_eq!(
                shared.status("MOVE", &path, &[("destination", &to)], "").await,
                403,
                "{path}"
            );
        }
    }
    assert_eq!(shared.wire.list("alice", "/").await, ["S", "private.txt"]);
}

#[tokio::test]
async fn ocm_n072_fewer_permissions_count_at_the_next_request_with_the_same_token() {
    let shared = Shared::boot(31).await;
    assert_eq!(shared.status("PUT", "/public.php/webdav/a.txt", &[], "b").await, 204);
    shared.elsewhere.allow(&shared.share, 1);
    assert_eq!(shared.status("PUT", "/public.php/webdav/a.txt", &[], "c").await, 403);
    assert_eq!(
        shared.send("GET", "/public.php/webdav/a.txt", &[], "").await.text(),
        "b"
    );
    shared.elsewhere.allow(&shared.share, 7);
    assert_eq!(shared.status("PUT", "/public.php/webdav/new.txt", &[], "n").await, 201);
    assert_eq!(
        shared.status("DELETE", "/public.php/webdav/new.txt", &[], "").await,
        403
    );
}

/// What alice gives to bob, and bob gives to somebody elsewhere.
async fn reshared(permissions: u8) -> (Shared, String, String) {
    let mut shared = Shared::boot(1).await;
    let local = shared.wire.give("alice", "/S", "bob", permissions).await;
    let node = node(&shared.wire, "bob", "/S").await;
    let first = shared.share.clone();
    shared.share = shared.elsewhere.add("bob", node, 31);
    (shared, local, first)
}

#[tokio::test]
async fn nobody_gives_more_than_there_is() {
    let (shared, local, _) = reshared(17).await;
    assert_eq!(
        shared.send("GET", "/public.php/webdav/a.txt", &[], "").await.text(),
        "a"
    );
    assert_eq!(shared.status("PUT", "/public.php/webdav/a.txt", &[], "b").await, 403);
    let change = json!({ "permissions": 31 });
    shared
        .wire
        .ocs("alice", "PUT", &format!("/shares/{local}"), change)
        .await;
    assert_eq!(shared.status("PUT", "/public.php/webdav/a.txt", &[], "b").await, 204);
    // Who may not share on any more shares nothing.
    let change = json!({ "permissions": 15 });
    shared
        .wire
        .ocs("alice", "PUT", &format!("/shares/{local}"), change)
        .await;
    assert_eq!(shared.status("GET", "/public.php/webdav/a.txt", &[], "").await, 404);
}

#[tokio::test]
async fn ocm_n073_what_its_sharer_lost_is_gone() {
    let (shared, local, _) = reshared(31).await;
    assert_eq!(shared.status("GET", "/public.php/webdav/a.txt", &[], "").await, 200);
    shared
        .wire
        .ocs("alice", "DELETE", &format!("/shares/{local}"), Value::Null)
        .await;
    for path in [
        "/public.php/webdav/",
        "/public.php/webdav/a.txt",
        &format!("/ocm/dav/{}/", shared.share),
    ] {
        assert_eq!(shared.status("GET", path, &[], "").await, 404, "{path}");
    }
}

#[tokio::test]
async fn a_share_follows_what_is_shared_and_pauses_while_that_is_in_the_trash() {
    let shared = Shared::boot(31).await;
    assert_eq!(shared.wire.to("alice", "MOVE", "/S", "/T").await.as_u16(), 201);
    assert_eq!(
        shared.send("GET", "/public.php/webdav/a.txt", &[], "").await.text(),
        "a"
    );
    // What takes its place is not what was shared.
    shared.wire.make_folder("alice", "/S").await;
    shared.wire.put("alice", "/S/other.txt", "o").await;
    assert_eq!(shared.status("GET", "/public.php/webdav/other.txt", &[], "").await, 404);
    assert_eq!(shared.wire.dav("alice", "DELETE", "/T", "").await.status.as_u16(), 204);
    assert_eq!(shared.status("PROPFIND", "/public.php/webdav/", &[], "").await, 404);
    let name = trashed(&shared.wire).await;
    let restored = shared
        .wire
        .send(
            "alice",
            "MOVE",
            &format!("/remote.php/dav/trashbin/alice/trash/{name}"),
            &[("destination", "/remote.php/dav/trashbin/alice/restore/T")],
            "",
        )
        .await;
    assert_eq!(restored.status.as_u16(), 201, "{}", restored.text());
    assert_eq!(
        shared.send("GET", "/public.php/webdav/a.txt", &[], "").await.text(),
        "a"
    );
}

pub(crate) async fn trashed(wire: &Wire) -> String {
    let path = "/remote.php/dav/trashbin/alice/trash/";
    let listed = wire.send("alice", "PROPFIND", path, &[("depth", "1")], "").await;
    let href = listed.hrefs().pop().unwrap();
    href.trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_may_only_be_looked_at_goes_to_no_other_server() {
    let shared = Shared::boot(31).await;
    let wish = json!({
        "path": "/S", "shareType": 0, "shareWith": "bob", "permissions": 31,
        "attributes": r#"[{"scope":"permissions","key":"download","value":false}]"#
    });
    shared.wire.share("alice", wish).await;
    let wish = json!({ "path": "/S", "shareType": 6, "shareWith": "eve@peer.example.net" });
    let answer = shared.wire.ocs("bob", "POST", "/shares", wish).await;
    assert_eq!(answer.status.as_u16(), 403, "{}", answer.text());
    // Neither by a share that was there before.
    let node = node(&shared.wire, "bob", "/S").await;
    let token = format!("Bearer token-{}", shared.elsewhere.add("bob", node, 31));
    let headers = [("authorization", token.as_str())];
    let answer = shared
        .wire
        .send("", "GET", "/public.php/webdav/a.txt", &headers, "")
        .await;
    assert_eq!(answer.status.as_u16(), 403);
}
