//! The pages behind links, as a browser uses them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::body::{Body, Bytes};
use http::StatusCode;
use serde_json::{Value, json};

use crate::wire::{Answer, Wire, id};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn link(wire: &Wire, wish: Value) -> String {
    wire.make_folder("alice", "/S").await;
    wire.make_folder("alice", "/S/sub%20folder").await;
    wire.put("alice", "/S/a%20%26%20b.txt", "content").await;
    wire.put("alice", "/S/sub%20folder/inner.txt", "inner").await;
    let share = wire.share("alice", wish).await;
    share["token"].as_str().unwrap().to_owned()
}

/// The cookie that was set.
fn cookie(answer: &Answer) -> String {
    answer
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The token in a form.
fn csrf(answer: &Answer) -> String {
    let text = answer.text();
    let rest = text
        .split_once("name=\"csrf\" value=\"")
        .unwrap_or_else(|| panic!("{text}"))
        .1;
    rest.split('"').next().unwrap().to_owned()
}

/// The addresses that a page links to.
fn links(answer: &Answer) -> Vec<String> {
    let text = answer.text();
    let found = text.split("<a href=\"").skip(1);
    found
        .map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"))
        .collect()
}

#[tokio::test]
async fn a_folder_is_walked_and_its_files_are_fetched() {
    let wire = Wire::boot().await;
    let token = link(&wire, json!({ "path": "/S", "shareType": 3 })).await;
    let page = wire.send("", "GET", &format!("/s/{token}"), &[], "").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert_eq!(page.header("cache-control"), "no-store");
    let [folder, file] = links(&page).try_into().unwrap();
    assert_eq!(wire.send("", "GET", &file, &[], "").await.text(), "content");
    let inside = wire.send("", "GET", &folder, &[], "").await;
    let [up, inner] = links(&inside).try_into().unwrap();
    assert_eq!(up, format!("/s/{token}"));
    let sent = wire.send("", "GET", &inner, &[], "").await;
    assert_eq!(sent.text(), "inner");
    assert!(sent.header("content-disposition").starts_with("attachment"));
    assert!(!page.text().contains("<form") && !page.text().contains("alice"));
    let out = wire
        .send("", "GET", &format!("/s/{token}?path=%2F..%2F..%2F"), &[], "")
        .await;
    assert_eq!(out.status, StatusCode::NOT_FOUND);
    // A form of somebody's making takes nothing where nothing may be added.
    let forged = wire.send("", "POST", &format!("/s/{token}"), &[FORM], "csrf=x").await;
    assert_eq!(forged.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_over_or_never_was_is_the_same_page() {
    let wire = Wire::boot().await;
    let token = link(
        &wire,
        json!({ "path": "/S", "shareType": 3, "expireDate": "2026-11-23" }),
    )
    .await;
    assert_eq!(
        wire.send("", "GET", &format!("/s/{token}"), &[], "").await.status,
        StatusCode::OK
    );
    wire.clock.advance(time::Duration::days(3));
    let over = wire.send("", "GET", &format!("/s/{token}"), &[], "").await;
    let never = wire.send("", "GET", "/s/abcdefghijklmno", &[], "").await;
    assert_eq!(
        (over.status, never.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert_eq!(over.text(), never.text());
    for page in ["/download", "/authenticate/showshare"] {
        let answer = wire.send("", "GET", &format!("/s/{token}{page}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}");
    }
}

#[tokio::test]
async fn the_password_opens_the_link_for_the_browser_that_gave_it() {
    let wire = Wire::boot().await;
    let wish = json!({ "path": "/S", "shareType": 3, "password": "right-password" });
    let token = link(&wire, wish).await;
    let page = format!("/s/{token}");
    let form_page = format!("{page}/authenticate/showshare");
    for path in [page.clone(), format!("{page}/download?path=%2Fa%20%26%20b.txt")] {
        let closed = wire.send("", "GET", &path, &[], "").await;
        assert_eq!(closed.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(closed.header("location"), form_page);
    }
    let form = wire.send("", "GET", &form_page, &[], "").await;
    let (browser, csrf) = (cookie(&form), csrf(&form));
    let body = format!("csrf={csrf}&password=right-password");
    // Without the cookie, from another site, or with another form's token it is nobody's.
    let no_cookie = wire.send("", "POST", &form_page, &[FORM], body.clone()).await;
    assert_eq!(no_cookie.status, StatusCode::FORBIDDEN);
    let elsewhere = [FORM, ("cookie", browser.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(
        wire.send("", "POST", &form_page, &elsewhere, body.clone()).await.status,
        StatusCode::FORBIDDEN
    );
    let headers = [FORM, ("cookie", browser.as_str())];
    let wrong = wire
        .send("", "POST", &form_page, &headers, format!("csrf={csrf}&password=wrong"))
        .await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let opened = wire.send("", "POST", &form_page, &headers, body.clone()).await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (StatusCode::SEE_OTHER, page.as_str())
    );
    let fresh = cookie(&opened);
    assert_ne!(fresh, browser);
    assert_eq!(
        wire.send("", "GET", &page, &[("cookie", &fresh)], "").await.status,
        StatusCode::OK
    );
    assert_eq!(
        wire.send("", "GET", &page, &[("cookie", &browser)], "").await.status,
        StatusCode::SEE_OTHER
    );
    // Another password closes it again, for everybody.
    let shares = wire.ocs("alice", "GET", "/shares", Value::Null).await.data();
    let share = format!("/shares/{}", id(&shares[0]));
    let changed = wire
        .ocs("alice", "PUT", &share, json!({ "password": "another-password" }))
        .await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(
        wire.send("", "GET", &page, &[("cookie", &fresh)], "").await.status,
        StatusCode::SEE_OTHER
    );
    let mut last = StatusCode::OK;
    for _ in 0..12 {
        last = wire.send("", "POST", &form_page, &headers, body.clone()).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_folder_that_only_takes_has_a_form_and_no_list() {
    let wire = Wire::boot().await;
    let token = link(&wire, json!({ "path": "/S", "shareType": 3, "permissions": 4 })).await;
    let page = format!("/s/{token}");
    let shown = wire.send("", "GET", &page, &[], "").await;
    assert!(
        !shown.text().contains("inner") && !shown.text().contains("sub folder"),
        "{}",
        shown.text()
    );
    let (browser, csrf) = (cookie(&shown), csrf(&shown));
    let body = |csrf: &str, name: &str| {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--x\r\ncontent-disposition: form-data; \
             name=\"file\"; filename=\"{name}\"\r\n\r\nsent\r\n--x--\r\n"
        )
    };
    let kind = ("content-type", "multipart/form-data; boundary=x");
    let headers = [kind, ("cookie", browser.as_str())];
    let done = wire.send("", "POST", &page, &headers, body(&csrf, "a & b.txt")).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!(
        wire.read("alice", "/S/a%20%26%20b.txt").await.as_deref(),
        Some("content")
    );
    assert_eq!(
        wire.read("alice", "/S/a%20%26%20b%20(2).txt").await.as_deref(),
        Some("sent")
    );
    // A path in the name leads nowhere else, and a form of another site is not taken.
    wire.send("", "POST", &page, &headers, body(&csrf, "../../out.txt"))
        .await;
    assert_eq!(wire.read("alice", "/S/out.txt").await.as_deref(), Some("sent"));
    assert_eq!(wire.read("alice", "/out.txt").await, None);
    let forged = wire
        .send("", "POST", &page, &headers, body("wrong", "forged.txt"))
        .await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(wire.read("alice", "/S/forged.txt").await, None);
    for path in ["?path=%2Fsub%20folder", "/download?path=%2Fa%20%26%20b.txt"] {
        let answer = wire.send("", "GET", &format!("{page}{path}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_file_that_is_hidden_from_download_is_only_named() {
    let wire = Wire::boot().await;
    let wish = json!({ "path": "/S/a & b.txt", "shareType": 3, "hideDownload": true });
    let token = link(&wire, wish).await;
    let page = wire.send("", "GET", &format!("/s/{token}"), &[], "").await;
    assert!(
        page.text().contains("a &#38; b.txt") && links(&page).is_empty(),
        "{}",
        page.text()
    );
    let download = wire.send("", "GET", &format!("/s/{token}/download"), &[], "").await;
    assert_eq!(download.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_without_end_is_given_up_before_it_fills_the_memory() {
    const PIECE: &[u8] = &[b'x'; 64 << 10];
    let wire = Wire::boot().await;
    let token = link(&wire, json!({ "path": "/S", "shareType": 3, "permissions": 4 })).await;
    let page = format!("/s/{token}");
    let shown = wire.send("", "GET", &page, &[], "").await;
    let (browser, csrf) = (cookie(&shown), csrf(&shown));
    let headers = [
        ("content-type", "multipart/form-data; boundary=x"),
        ("cookie", browser.as_str()),
    ];
    let proof = format!("--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n");
    let file = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"long.bin\"\r\n\r\n";
    let pieces_of = |beginning: String, number: usize, end: &'static str| {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let pieces = (0..number).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Bytes::from_static(PIECE)
        });
        let pieces = std::iter::once(Bytes::from(beginning))
            .chain(pieces)
            .chain([Bytes::from(end)]);
        let body = Body::from_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>)));
        (body, taken)
    };
    for beginning in [
        "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n".to_owned(),
        "--x\r\ncontent-disposition: form-data; name=\"".to_owned(),
        format!("{proof}--x\r\nx: "),
        "--".to_owned(),
    ] {
        let (body, taken) = pieces_of(beginning.clone(), 1000, "");
        let refused = wire.send("", "POST", &page, &headers, body).await;
        assert!(refused.status.is_client_error(), "{beginning}: {}", refused.status);
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken < 10, "{beginning}: {taken} pieces were taken");
    }
    // The content of a file may be as long as there is room for.
    let (body, taken) = pieces_of(format!("{proof}{file}"), 100, "\r\n--x--\r\n");
    let done = wire.send("", "POST", &page, &headers, body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!(taken.load(Ordering::Relaxed), 100);
    let stored = wire.read("alice", "/S/long.bin").await.expect("stored");
    assert_eq!(stored.len(), 100 * PIECE.len());
}
