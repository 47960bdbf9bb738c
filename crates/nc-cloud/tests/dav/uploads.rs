use http::StatusCode;
use nc_proto::dav::{DavPath, props};

use crate::wire::{HOME, Wire};

const UPLOAD: &str = "/remote.php/dav/uploads/alice/up-1";

async fn chunk(wire: &Wire, name: &str, content: &str) {
    let answer = wire
        .send("PUT", &format!("{UPLOAD}/{name}"), &[], content.to_owned())
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{name}");
}

async fn assemble(wire: &Wire, headers: &[(&str, &str)]) -> StatusCode {
    let destination = format!("{HOME}/whole%20file.txt");
    let mut all = vec![("destination", destination.as_str())];
    all.extend_from_slice(headers);
    wire.send("MOVE", &format!("{UPLOAD}/.file"), &all, "").await.status
}

#[tokio::test]
async fn pieces_are_put_together_by_number_and_only_if_they_add_up() {
    let wire = Wire::boot().await;
    assert_eq!(wire.send("MKCOL", UPLOAD, &[], "").await.status, StatusCode::CREATED);
    for (name, content) in [("10", "c"), ("2", "b"), ("1", "a")] {
        chunk(&wire, name, content).await;
    }
    assert_eq!(
        assemble(&wire, &[("oc-total-length", "4")]).await,
        StatusCode::BAD_REQUEST
    );
    let wrong = [
        ("oc-total-length", "3"),
        ("oc-checksum", "MD5:00000000000000000000000000000000"),
    ];
    assert_eq!(assemble(&wire, &wrong).await, StatusCode::BAD_REQUEST);
    assert_eq!(wire.get("/whole%20file.txt").await.status, StatusCode::NOT_FOUND);
    let right = [
        ("oc-total-length", "3"),
        ("oc-checksum", "MD5:900150983cd24fb0d6963f7d28e17f72"),
        ("overwrite", "F"),
    ];
    assert_eq!(assemble(&wire, &right).await, StatusCode::CREATED);
    assert_eq!(wire.text("/whole%20file.txt").await, "abc");
    assert_eq!(
        wire.send("PROPFIND", UPLOAD, &[], "").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(wire.leftovers(), 0);
}

#[tokio::test]
async fn an_upload_does_not_overwrite_unless_it_may() {
    let wire = Wire::boot().await;
    wire.put("/whole%20file.txt", "old").await;
    wire.send("MKCOL", UPLOAD, &[], "").await;
    chunk(&wire, "1", "new").await;
    assert_eq!(
        assemble(&wire, &[("overwrite", "F")]).await,
        StatusCode::PRECONDITION_FAILED
    );
    assert_eq!(wire.text("/whole%20file.txt").await, "old");
    assert_eq!(assemble(&wire, &[]).await, StatusCode::NO_CONTENT);
    assert_eq!(wire.text("/whole%20file.txt").await, "new");
}

#[tokio::test]
async fn a_condition_on_the_destination_holds_for_uploads_and_moves() {
    let wire = Wire::boot().await;
    let old = wire.put("/whole%20file.txt", "old").await.header("etag").to_owned();
    let theirs = wire.put("/whole%20file.txt", "theirs").await.header("etag").to_owned();
    wire.put("/source.txt", "source").await;
    wire.send("MKCOL", UPLOAD, &[], "").await;
    chunk(&wire, "1", "mine").await;
    let destination = format!("{HOME}/whole%20file.txt");
    let condition = |etag: &str| format!("<{destination}> ([{etag}])");
    let stale = condition(&old);
    assert_eq!(
        assemble(&wire, &[("if", &stale)]).await,
        StatusCode::PRECONDITION_FAILED
    );
    // A condition about no file at all does not hold.
    let untagged = format!("([{theirs}])");
    assert_eq!(
        assemble(&wire, &[("if", &untagged)]).await,
        StatusCode::PRECONDITION_FAILED
    );
    for method in ["COPY", "MOVE"] {
        let headers = [("destination", destination.as_str()), ("if", stale.as_str())];
        let refused = wire.send(method, &format!("{HOME}/source.txt"), &headers, "").await;
        assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "{method}");
    }
    assert_eq!(wire.text("/whole%20file.txt").await, "theirs");
    assert_eq!(
        assemble(&wire, &[("if", &condition(&theirs))]).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(wire.text("/whole%20file.txt").await, "mine");
}

#[tokio::test]
async fn pieces_that_never_become_a_file_count_against_the_quota() {
    let wire = Wire::boot_with(|_, alice| alice.quota_bytes = Some(10)).await;
    wire.send("MKCOL", UPLOAD, &[], "").await;
    chunk(&wire, "1", "123456").await;
    let second = wire.send("PUT", &format!("{UPLOAD}/2"), &[], "123456").await;
    assert_eq!(second.status, StatusCode::INSUFFICIENT_STORAGE);
    // Another upload is no way around it.
    let other = "/remote.php/dav/uploads/alice/up-2";
    wire.send("MKCOL", other, &[], "").await;
    let elsewhere = wire.send("PUT", &format!("{other}/1"), &[], "123456").await;
    assert_eq!(elsewhere.status, StatusCode::INSUFFICIENT_STORAGE);
    // The same piece again replaces the first.
    let again = wire.send("PUT", &format!("{UPLOAD}/1"), &[], "12345678").await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn unfinished_uploads_are_listed_and_aborted() {
    let wire = Wire::boot().await;
    wire.send("MKCOL", UPLOAD, &[], "").await;
    chunk(&wire, "00001", "abc").await;
    let all = wire
        .send("PROPFIND", "/remote.php/dav/uploads/alice/", &[("depth", "1")], "")
        .await
        .multistatus();
    assert_eq!(all.responses[1].href, format!("{UPLOAD}/"));
    let pieces = wire.send("PROPFIND", UPLOAD, &[("depth", "1")], "").await.multistatus();
    let sizes = pieces.responses[1..].iter().map(|entry| {
        let name = DavPath::decode(&entry.href).unwrap().name().unwrap().to_owned();
        (name, entry.prop_number::<u64>(&props::GETCONTENTLENGTH).unwrap())
    });
    assert_eq!(
        sizes.collect::<Vec<_>>(),
        [(".file".to_owned(), 3), ("00001".to_owned(), 3)]
    );
    assert_eq!(
        wire.send("DELETE", UPLOAD, &[], "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        wire.send("PUT", &format!("{UPLOAD}/2"), &[], "x").await.status,
        StatusCode::NOT_FOUND
    );
}
