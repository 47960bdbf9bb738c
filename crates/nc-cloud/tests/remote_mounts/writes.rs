use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use nc_auth::federation::RemoteError;
use nc_proto::{apps::sharing::SharePermissions, dav::ActiveLock};

use crate::town::{FOLDER, Town};

#[tokio::test]
async fn everything_that_is_done_in_a_share_is_done_there() {
    let town = Town::build().await;
    let answer = town
        .here
        .dav(
            "bob",
            "PUT",
            "/Shared/a%20%23%25.txt",
            &[("x-oc-mtime", "1000000000")],
            "one",
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.header("x-oc-mtime"), "accepted");
    assert_eq!(
        town.there.read("eve", "/Shared/a%20%23%25.txt").await.as_deref(),
        Some("one")
    );
    assert_eq!(
        town.here
            .property("bob", "/Shared/a%20%23%25.txt", "d:getlastmodified")
            .await
            .as_deref(),
        Some("Sun, 09 Sep 2001 01:46:40 GMT")
    );
    town.here.make_folder("bob", "/Shared/Sub").await;
    let moved = town
        .here
        .to("bob", "MOVE", "/Shared/a%20%23%25.txt", "/Shared/Sub/b.txt")
        .await;
    assert_eq!(moved.status, StatusCode::CREATED, "{}", moved.text());
    let copied = town.here.to("bob", "COPY", "/Shared/Sub", "/Shared/Copy").await;
    assert_eq!(copied.status, StatusCode::CREATED, "{}", copied.text());
    assert_eq!(
        town.there.list("eve", "/Shared/Copy").await,
        ["/Shared/Copy/", "/Shared/Copy/b.txt"]
    );
    let deleted = town.here.dav("bob", "DELETE", "/Shared/Sub", &[], "").await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(
        town.there.list("eve", "/Shared").await,
        ["/Shared/", "/Shared/Copy/", "/Shared/plan.txt"]
    );
    // Here, nothing of it was ever stored.
    assert_eq!(
        town.here.dav("bob", "PROPFIND", "/Sub", &[], "").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn parts_and_conditions_are_those_of_the_other_server() {
    let town = Town::build().await;
    let path = "/Shared/plan.txt";
    let whole = town.here.dav("bob", "GET", path, &[], "").await;
    let tag = whole.header("etag");
    assert_eq!(whole.header("oc-etag"), tag);
    let part = town.here.dav("bob", "GET", path, &[("range", "bytes=4-")], "").await;
    assert_eq!(
        (part.status, part.text().as_str()),
        (StatusCode::PARTIAL_CONTENT, "plan")
    );
    assert_eq!(part.header("content-range"), "bytes 4-7/8");
    let behind = town.here.dav("bob", "GET", path, &[("range", "bytes=80-")], "").await;
    assert_eq!(behind.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let same = town.here.dav("bob", "GET", path, &[("if-none-match", tag)], "").await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);
    let head = town.here.dav("bob", "HEAD", path, &[], "").await;
    assert_eq!((head.header("content-length"), head.body.len()), ("8", 0));
    let stale = town
        .here
        .dav("bob", "PUT", path, &[("if-match", "\"other\"")], "lost")
        .await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let taken = town
        .here
        .dav("bob", "PUT", path, &[("if-none-match", "*")], "lost")
        .await;
    assert_eq!(taken.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(town.there.read("eve", path).await.as_deref(), Some("the plan"));
    let fresh = town.here.dav("bob", "PUT", path, &[("if-match", tag)], "better").await;
    assert_eq!(fresh.status, StatusCode::NO_CONTENT);
    let missing = town.here.dav("bob", "GET", "/Shared/none.txt", &[], "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_is_downloaded_and_never_shown_as_a_page() {
    let town = Town::build().await;
    town.there
        .put("eve", "/Shared/evil.html", "<script>alert(1)</script>")
        .await;
    let answer = town.here.dav("bob", "GET", "/Shared/evil.html", &[], "").await;
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename*=UTF-8''evil.html"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
}

#[tokio::test]
async fn a_share_that_may_only_be_read_is_only_read() {
    let town = Town::build().await;
    town.line
        .mount(FOLDER, "Shared", |mount| mount.permissions = SharePermissions::READ);
    town.here.put("bob", "/own.txt", "own").await;
    town.line.asked();
    let path = "/Shared/plan.txt";
    for (method, path) in [
        ("PUT", path),
        ("PUT", "/Shared/new.txt"),
        ("DELETE", path),
        ("PROPPATCH", path),
        ("LOCK", path),
        ("MKCOL", "/Shared/Sub"),
    ] {
        let answer = town.here.dav("bob", method, path, &[], "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    for (method, from, to) in [
        ("MOVE", path, "/Shared/other.txt"),
        ("MOVE", path, "/mine.txt"),
        ("COPY", path, "/Shared/other.txt"),
        ("COPY", "/own.txt", "/Shared/own.txt"),
        ("MOVE", "/own.txt", "/Shared/own.txt"),
    ] {
        let answer = town.here.to("bob", method, from, to).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {from} {to}");
    }
    let changes: Vec<String> = town
        .line
        .asked()
        .into_iter()
        .filter(|asked| !asked.starts_with("PROPFIND"))
        .collect();
    assert_eq!(changes, Vec::<String>::new());
    assert_eq!(town.here.read("bob", path).await.as_deref(), Some("the plan"));
    let letters = town.here.property("bob", path, "oc:permissions").await;
    assert_eq!(letters.as_deref(), Some("SMG"));
    // Taking it to the own files is reading.
    assert_eq!(
        town.here.to("bob", "COPY", path, "/mine.txt").await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn who_may_only_add_does_not_replace_and_who_may_only_change_does_not_add() {
    let town = Town::build().await;
    let adds = SharePermissions::READ.with(SharePermissions::CREATE);
    town.line.mount(FOLDER, "Shared", |mount| mount.permissions = adds);
    let put = async |path, headers: &[(&str, &str)]| town.here.dav("bob", "PUT", path, headers, "x").await.status;
    assert_eq!(put("/Shared/plan.txt", &[]).await, StatusCode::FORBIDDEN);
    assert_eq!(
        put("/Shared/plan.txt", &[("if-match", "*")]).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(put("/Shared/new.txt", &[]).await, StatusCode::CREATED);
    let changes = SharePermissions::READ.with(SharePermissions::UPDATE);
    town.line.mount(FOLDER, "Shared", |mount| mount.permissions = changes);
    assert_eq!(put("/Shared/newer.txt", &[]).await, StatusCode::FORBIDDEN);
    assert_eq!(put("/Shared/new.txt", &[]).await, StatusCode::NO_CONTENT);
    assert_eq!(
        town.there.read("eve", "/Shared/plan.txt").await.as_deref(),
        Some("the plan")
    );
}

const LOCK: &str = "<d:lockinfo xmlns:d='DAV:'><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype>\
                    <d:owner><d:href>mailto:bob</d:href></d:owner></d:lockinfo>";

#[tokio::test]
async fn locks_are_those_of_the_other_server_and_name_the_place_here() {
    let town = Town::build().await;
    let path = "/Shared/plan.txt";
    let answer = town
        .here
        .dav("bob", "LOCK", path, &[("depth", "0"), ("timeout", "Second-600")], LOCK)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let locks = ActiveLock::parse(&answer.body).unwrap();
    assert_eq!(locks[0].root, "/remote.php/dav/files/bob/Shared/plan.txt");
    assert_eq!(locks[0].timeout.header(), "Second-600");
    let token = answer.header("lock-token");
    assert_eq!(token, format!("<{}>", locks[0].token));
    let there = town.there.dav("eve", "PUT", path, &[], "late").await;
    assert_eq!(there.status, StatusCode::LOCKED);
    let refused = town.here.dav("bob", "PUT", path, &[], "late").await;
    assert_eq!(refused.status, StatusCode::LOCKED);
    assert!(
        refused.text().contains("/remote.php/dav/files/bob/Shared/plan.txt"),
        "{}",
        refused.text()
    );
    let tagged = format!("</remote.php/dav/files/bob{path}> ({token})");
    for condition in [format!("({token})"), tagged] {
        let answer = town
            .here
            .dav("bob", "PUT", path, &[("if", &*condition)], "in time")
            .await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{condition}: {}", answer.text());
    }
    let wrong = town
        .here
        .dav("bob", "PUT", path, &[("if", "(<urn:uuid:other>)")], "late")
        .await;
    assert_eq!(wrong.status, StatusCode::PRECONDITION_FAILED);
    // A lock on the destination goes along as well; what is said of another place cannot hold.
    let tagged = format!("</remote.php/dav/files/bob{path}> ({token})");
    town.here.put("bob", "/Shared/new.txt", "new").await;
    let destination = format!("/remote.php/dav/files/bob{path}");
    let headers = [("destination", &*destination), ("if", &*tagged)];
    let moved = town.here.dav("bob", "MOVE", "/Shared/new.txt", &headers, "").await;
    assert_eq!(moved.status, StatusCode::NO_CONTENT, "{}", moved.text());
    let elsewhere = format!("</remote.php/dav/files/bob/own.txt> ({token})");
    let answer = town.here.dav("bob", "PUT", path, &[("if", &*elsewhere)], "late").await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    let answer = town.here.dav("bob", "LOCK", "/Shared/locked.txt", &[], LOCK).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let token = answer.header("lock-token");
    let found = town
        .here
        .dav(
            "bob",
            "PROPFIND",
            "/Shared/locked.txt",
            &[("depth", "0")],
            "<d:propfind xmlns:d='DAV:'><d:prop><d:lockdiscovery/></d:prop></d:propfind>",
        )
        .await;
    assert!(
        found.text().contains("/files/bob/Shared/locked.txt"),
        "{}",
        found.text()
    );
    assert!(!found.text().contains("/files/eve/"), "{}", found.text());
    let answer = town
        .here
        .dav("bob", "UNLOCK", "/Shared/locked.txt", &[("lock-token", token)], "")
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    town.there.put("eve", "/Shared/locked.txt", "free").await;
}

#[tokio::test]
async fn a_large_body_is_passed_on_while_it_comes_and_one_that_breaks_off_writes_nothing() {
    let town = Town::build().await;
    let path = "/remote.php/dav/files/bob/Shared/large.bin";
    let piece = vec![7_u8; 100_000];
    let pieces = stream::iter((0..30).map({
        let piece = piece.clone();
        move |_| Ok::<_, std::io::Error>(piece.clone())
    }));
    let answer = town.here.send("bob", "PUT", path, &[], Body::from_stream(pieces)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let size = town
        .there
        .property("eve", "/Shared/large.bin", "d:getcontentlength")
        .await;
    assert_eq!(size.as_deref(), Some("3000000"));
    let broken = stream::iter([Ok(piece), Err(std::io::Error::other("gone"))]);
    let path = "/remote.php/dav/files/bob/Shared/broken.bin";
    let answer = town.here.send("bob", "PUT", path, &[], Body::from_stream(broken)).await;
    assert!(
        answer.status.is_client_error() || answer.status.is_server_error(),
        "{}",
        answer.status
    );
    assert_eq!(town.there.read("eve", "/Shared/broken.bin").await, None);
    // Shorter than announced: nothing goes out.
    town.line.asked();
    let answer = town
        .here
        .send("bob", "PUT", path, &[("content-length", "10")], "short")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(town.line.asked().is_empty());
}

#[tokio::test]
async fn a_body_that_has_to_be_sent_again_is_asked_for_again() {
    let town = Town::build().await;
    town.line.break_off(RemoteError::SendAgain);
    let answer = town.here.dav("bob", "PUT", "/Shared/plan.txt", &[], "new").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
    for (error, status) in [
        (RemoteError::NotFound, StatusCode::NOT_FOUND),
        (RemoteError::Failed, StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        town.line.break_off(error);
        assert_eq!(
            town.here.dav("bob", "GET", "/Shared/plan.txt", &[], "").await.status,
            status
        );
    }
}

#[tokio::test]
async fn a_file_that_arrives_in_pieces_ends_on_the_other_server() {
    let town = Town::build().await;
    let uploads = "/remote.php/dav/uploads/bob/up";
    let destination = [("destination", "/remote.php/dav/files/bob/Shared/whole.txt")];
    assert_eq!(
        town.here.send("bob", "MKCOL", uploads, &destination, "").await.status,
        StatusCode::CREATED
    );
    for (name, content) in [("00002", "pieces"), ("00001", "in ")] {
        let path = format!("{uploads}/{name}");
        assert_eq!(
            town.here.send("bob", "PUT", &path, &destination, content).await.status,
            StatusCode::CREATED
        );
    }
    let wrong = [destination[0], ("oc-total-length", "10")];
    let assemble = format!("{uploads}/.file");
    let answer = town.here.send("bob", "MOVE", &assemble, &wrong, "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let right = [destination[0], ("oc-total-length", "9"), ("x-oc-mtime", "1000000000")];
    let answer = town.here.send("bob", "MOVE", &assemble, &right, "").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(
        town.there.read("eve", "/Shared/whole.txt").await.as_deref(),
        Some("in pieces")
    );
    let again = town.here.send("bob", "MOVE", &assemble, &right, "").await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_listing_of_many_files_is_turned_while_it_comes() {
    let town = Town::build().await;
    for number in 0..300 {
        town.there.put("eve", &format!("/Shared/{number:04}.txt"), "").await;
    }
    let listed = town.here.list("bob", "/Shared").await;
    assert_eq!(listed.len(), 302);
    assert!(listed.iter().all(|href| href.starts_with("/Shared/")));
}

#[tokio::test]
async fn missing_folders_are_made_there_and_the_number_of_what_was_written_is_told() {
    let town = Town::build().await;
    let headers = [("x-nc-webdav-auto-mkcol", "1")];
    let path = "/Shared/New/Deep/a.txt";
    let written = town.here.dav("bob", "PUT", path, &headers, "a").await;
    assert_eq!(written.status, StatusCode::CREATED, "{}", written.text());
    assert_eq!(town.there.read("eve", path).await.as_deref(), Some("a"));
    let told = written.header("oc-fileid");
    let listed = town.here.property("bob", path, "oc:id").await;
    assert_eq!(Some(told), listed.as_deref());
}

#[tokio::test]
async fn content_that_comes_encoded_says_so() {
    let town = Town::build().await;
    town.line
        .script(200, &[("content-encoding", "gzip"), ("etag", "\"e\"")], "packed");
    let read = town.here.dav("bob", "GET", "/Shared/plan.txt", &[], "").await;
    assert_eq!((read.status, read.header("content-encoding")), (StatusCode::OK, "gzip"));
}
