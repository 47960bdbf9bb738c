//! Bodies that can be sent again, and bodies that cannot.

use bytes::Bytes;
use futures_util::stream;
use http::{Method, StatusCode};
use nc_auth::federation::{BodyStream, RemoteBody, RemoteError};
use nc_proto::dav::DavPath;
use time::Duration;

use super::{mount, request, send, sender::Sender};
use crate::support::{Server, clock, reply};

fn body() -> (Bytes, BodyStream) {
    let pieces: Vec<Bytes> = (0..50_u8).map(|piece| vec![piece; 1000].into()).collect();
    let whole = pieces.concat().into();
    (whole, Box::pin(stream::iter(pieces.into_iter().map(Ok))))
}

fn once() -> RemoteBody {
    RemoteBody::Stream {
        stream: body().1,
        length: Some(50_000),
    }
}

#[tokio::test]
async fn ocm_n085_a_body_that_is_kept_is_sent_again_whole() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    sender.gate.revoke();
    sender.take();
    let at = mount(&server.ocm).await;
    let (whole, _) = body();
    let outcome = send(&server.ocm, &at, request(Method::PUT, RemoteBody::Bytes(whole.clone()))).await;
    assert_eq!(outcome.expect("stored").0, StatusCode::CREATED);
    let files = sender.take().1;
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|seen| seen.body == whole));
}

#[tokio::test]
async fn ocm_n085_a_body_that_is_gone_is_an_error_and_works_when_it_comes_again() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    sender.gate.revoke();
    sender.take();
    let at = mount(&server.ocm).await;
    let outcome = send(&server.ocm, &at, request(Method::PUT, once())).await;
    assert_eq!(outcome, Err(RemoteError::SendAgain));
    let puts = |files: Vec<crate::support::Seen>| {
        files
            .into_iter()
            .filter(|seen| seen.method == Method::PUT)
            .collect::<Vec<_>>()
    };
    assert_eq!(puts(sender.take().1).len(), 1, "never sent again in part");

    let outcome = send(&server.ocm, &at, request(Method::PUT, once())).await;
    assert_eq!(outcome.expect("stored").0, StatusCode::CREATED);
    let puts = puts(sender.take().1);
    assert_eq!((puts.len(), &puts[0].body), (1, &body().0));
    assert_eq!(puts[0].headers["content-length"], "50000");
}

#[tokio::test]
async fn ocm_n085_before_a_body_that_goes_once_a_token_is_renewed_early() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    server.clock.advance(Duration::seconds(500));
    sender.take();
    let at = mount(&server.ocm).await;
    let kept = RemoteBody::Bytes(body().0);
    send(&server.ocm, &at, request(Method::PUT, kept))
        .await
        .expect("stored");
    assert_eq!(sender.take().0, 0);
    send(&server.ocm, &at, request(Method::PUT, once()))
        .await
        .expect("stored");
    assert_eq!(sender.take().0, 1);
}

#[tokio::test]
async fn ocm_n085_what_breaks_off_here_does_not_arrive_as_a_whole() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    sender.take();
    let at = mount(&server.ocm).await;
    for length in [Some(50_000), None] {
        let pieces = [Ok(Bytes::from(vec![1; 1000])), Err(std::io::Error::other("broken off"))];
        let stream: BodyStream = Box::pin(stream::iter(pieces));
        let outcome = send(
            &server.ocm,
            &at,
            request(Method::PUT, RemoteBody::Stream { stream, length }),
        )
        .await;
        assert!(matches!(outcome, Err(RemoteError::Unavailable { .. })), "{outcome:?}");
        assert!(!sender.take().1.iter().any(|seen| seen.body.len() >= 1000));
    }
}

#[tokio::test]
async fn ocm_n085_a_secret_of_which_nobody_knows_how_it_works_is_tried_before() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.answer(|seen, _| super::sender::is_token(seen).then(|| reply(500, "text/plain", "")));
    // Taken while the files were out of reach.
    let offer = sender.offer(&server, "optional", &[]);
    let posted = super::sender::post(&server, "/ocm/shares", &offer).await;
    assert_eq!(posted.status(), 201);
    sender.answer(|seen, _| {
        let is_down = super::sender::is_token(seen) || super::sender::is_files(seen);
        is_down.then(|| reply(503, "text/plain", ""))
    });
    let pending = nc_auth::federation::Federation::incoming(&server.ocm, &super::bob(), true)
        .await
        .expect("a list");
    nc_auth::federation::Federation::accept(&server.ocm, &super::bob(), pending[0].number)
        .await
        .expect("accepted");

    sender.answer(|seen, _| super::sender::is_token(seen).then(|| reply(500, "text/plain", "")));
    sender.gate.take_secrets(false, true);
    sender.take();
    let at = mount(&server.ocm).await;
    let outcome = send(&server.ocm, &at, request(Method::PUT, once())).await;
    assert_eq!(outcome.expect("stored").0, StatusCode::CREATED);
    let files = sender.take().1;
    let methods: Vec<_> = files.iter().map(|seen| seen.method.as_str()).collect();
    assert_eq!(methods, ["PROPFIND", "PROPFIND", "PUT"]);
    assert_eq!(files[2].body, body().0);
}

#[tokio::test]
async fn the_other_place_of_a_move_is_an_address_there() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    sender.take();
    let at = mount(&server.ocm).await;
    let mut wanted = request("MOVE".parse().expect("a method"), RemoteBody::Empty);
    wanted.destination = Some(DavPath::from_names(["b c"]));
    for (name, value) in [
        ("overwrite", "F"),
        ("cookie", "a=b"),
        ("authorization", "Basic eA=="),
        ("if-match", "\"e\""),
    ] {
        wanted.headers.insert(name, value.parse().expect("a value"));
    }
    send(&server.ocm, &at, wanted).await.expect("moved");
    let files = sender.take().1;
    assert_eq!(files.len(), 1);
    let headers = &files[0].headers;
    assert_eq!(
        headers["destination"],
        format!("{}/dav/strict-1/b%20c", sender.peer.url)
    );
    assert_eq!(
        (&headers["overwrite"], &headers["if-match"]),
        (&"F".parse().expect("v"), &"\"e\"".parse().expect("v"))
    );
    assert_eq!(headers["authorization"], "Bearer token-1");
    assert!(!headers.contains_key("cookie"));
}

#[tokio::test]
async fn an_answer_comes_back_without_what_is_for_browsers() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    sender.answer(|seen, _| {
        super::sender::is_files(seen).then(|| {
            let mut response = reply(206, "text/plain", "is");
            for (name, value) in [
                ("etag", "\"e\""),
                ("content-range", "bytes 5-6/13"),
                ("set-cookie", "a=b"),
                ("location", "/x"),
            ] {
                response.headers_mut().insert(name, value.parse().expect("a value"));
            }
            response
        })
    });
    let at = mount(&server.ocm).await;
    let mut wanted = request(Method::GET, RemoteBody::Empty);
    wanted.headers.insert("range", "bytes=5-6".parse().expect("a value"));
    let answer = nc_auth::federation::Federation::send(&server.ocm, &at, wanted)
        .await
        .expect("an answer");
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.base, DavPath::from_names(["dav", "strict-1"]));
    assert_eq!(answer.headers["content-range"], "bytes 5-6/13");
    assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("location"));
}
