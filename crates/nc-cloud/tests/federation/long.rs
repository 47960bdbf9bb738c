//! Transfers that take longer than their share lasts.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::mounts::Shared;

/// More than one piece that a file is read in.
const LARGE: usize = 4 << 20;

async fn download(shared: &Shared) -> Body {
    shared.wire.put("alice", "/S/large.bin", &"x".repeat(LARGE)).await;
    let request = Request::get("/public.php/webdav/large.bin").header("authorization", shared.bearer());
    let answer = shared
        .wire
        .cloud
        .router()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-length"], LARGE.to_string());
    answer.into_body()
}

#[tokio::test]
async fn ocm_n074_a_download_is_cut_within_30_seconds_of_the_end_of_its_share() {
    let shared = Shared::boot(31).await;
    let mut body = download(&shared).await;
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(!first.is_empty());
    shared.elsewhere.end(&shared.share);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(29)).await;
    let mut received = first.len();
    let cut = loop {
        match body.frame().await {
            Some(Ok(frame)) => received += frame.into_data().unwrap().len(),
            other => break other,
        }
    };
    assert!(matches!(cut, Some(Err(_))), "a download ended as if it were whole");
    assert!(received < LARGE, "{received}");
    assert_eq!(shared.elsewhere.state().asked_again, 1);
    tokio::time::resume();
    assert_eq!(shared.status("GET", "/public.php/webdav/large.bin", &[], "").await, 401);
}

#[tokio::test]
async fn a_download_goes_on_while_its_share_lasts() {
    let shared = Shared::boot(31).await;
    let mut body = download(&shared).await;
    let mut received = 0;
    tokio::time::pause();
    while let Some(frame) = body.frame().await {
        received += frame.unwrap().into_data().unwrap().len();
        tokio::time::advance(Duration::from_secs(20)).await;
    }
    assert_eq!(received, LARGE);
    assert!(shared.elsewhere.state().asked_again > 3);
}

/// The answer to an upload in whose midst something happens.
async fn upload(shared: &Shared, meanwhile: impl FnOnce() + Send + 'static) -> StatusCode {
    let pieces = stream::iter(["be", "fore"]).chain(stream::once(async move {
        meanwhile();
        "after"
    }));
    let body = Body::from_stream(pieces.map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece))));
    let request = Request::put("/public.php/webdav/a.txt").header("authorization", shared.bearer());
    let answered = shared.wire.cloud.router().oneshot(request.body(body).unwrap());
    answered.await.unwrap().status()
}

#[tokio::test]
async fn ocm_n074_an_upload_that_outlasts_its_share_is_not_kept() {
    let shared = Shared::boot(31).await;
    let (elsewhere, id) = (shared.elsewhere.clone(), shared.share.clone());
    let status = upload(&shared, move || elsewhere.end(&id)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(shared.wire.read("alice", "/S/a.txt").await.as_deref(), Some("a"));
}

#[tokio::test]
async fn ocm_n072_an_upload_during_which_writing_is_forbidden_is_not_kept() {
    let shared = Shared::boot(31).await;
    let (elsewhere, id) = (shared.elsewhere.clone(), shared.share.clone());
    let status = upload(&shared, move || elsewhere.allow(&id, 1)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(shared.wire.read("alice", "/S/a.txt").await.as_deref(), Some("a"));
    let (elsewhere, id) = (shared.elsewhere.clone(), shared.share.clone());
    elsewhere.allow(&id, 31);
    let status = upload(&shared, move || elsewhere.allow(&id, 15)).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "it still allows writing");
}

#[tokio::test]
async fn ocm_n074_an_upload_that_stands_still_is_ended_too() {
    let shared = Shared::boot(31).await;
    let (waits, waiting) = tokio::sync::oneshot::channel();
    let second = stream::once(async move {
        waits.send(()).unwrap();
        std::future::pending().await
    });
    let pieces = stream::iter([Ok::<_, std::io::Error>(Bytes::from("a"))]).chain(second);
    let request = Request::put("/public.php/webdav/new.txt").header("authorization", shared.bearer());
    let router = shared.wire.cloud.router();
    let upload = tokio::spawn(router.oneshot(request.body(Body::from_stream(pieces)).unwrap()));
    waiting.await.unwrap();
    shared.elsewhere.end(&shared.share);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(29)).await;
    let answer = upload.await.unwrap().unwrap();
    tokio::time::resume();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(shared.wire.read("alice", "/S/new.txt").await, None);
}
