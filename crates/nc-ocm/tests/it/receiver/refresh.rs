//! Access tokens: one request for a new one, however many need it, and one more try after a refusal.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::Method;
use nc_auth::federation::{Federation as _, InShareState, RemoteBody, RemoteError};
use nc_ocm::Ocm;
use serde_json::json;
use time::Duration;

use super::{
    CONTENT, bob, mount, read, request, send,
    sender::{Sender, is_files, is_token},
};
use crate::support::{Options, Server, clock, open_ocm, open_store, reply};

/// A token, followed by two hundred thousand spaces, packed with gzip.
const BOMB: &str = "H4sIAAAAAAACA+3KMQqDQBQE0KvI1imsLCxzkUXkFxIwsrtFgnh3s0dI/14xMMOcaVnXqDW39yv2NA+ppccvesvte0SfnrGUKH2P\
    z7GVqHnr12kcrwEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+NsN+fevMIANAwA=";

/// Another process of the same server: another memory, the same database.
pub(super) async fn another(server: &Server) -> Ocm {
    let options = Options {
        town: server.town.clone(),
        ..Options::new(&server.clock)
    };
    open_ocm(&server.url, open_store(&server.database()).await, &options).await
}

#[tokio::test]
async fn a_token_serves_until_shortly_before_its_end() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    assert_eq!(sender.take().0, 1);
    for (seconds, exchanges) in [(0, 0), (560, 0), (9, 0), (1, 1), (0, 0)] {
        server.clock.advance(Duration::seconds(seconds));
        assert_eq!(read(&server).await.expect("read"), CONTENT);
        let (tokens, files) = sender.take();
        assert_eq!((tokens, files.len()), (exchanges, 1), "after {seconds} s");
    }
}

#[tokio::test]
async fn the_exchange_is_what_the_specification_says() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    let seen = sender.peer.take();
    let asked = seen.iter().find(|seen| is_token(seen)).expect("a request");
    assert_eq!(
        (asked.method.as_str(), &asked.headers["content-type"]),
        ("POST", &"application/x-www-form-urlencoded".parse().expect("a value"))
    );
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        form,
        [
            ("grant_type", "authorization_code"),
            ("client_id", server.host.as_str()),
            ("code", super::sender::SECRET)
        ]
    );
    let files = seen.iter().find(|seen| is_files(seen)).expect("a request");
    assert_eq!(
        (files.target.as_str(), &files.headers["authorization"]),
        ("/dav/strict-1/", &"Bearer token-1".parse().expect("a value"))
    );
}

#[tokio::test]
async fn many_who_need_a_token_at_once_ask_once() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    server.clock.advance(Duration::hours(1));
    sender.take();
    let all = (0..40).map(|_| read(&server));
    for outcome in futures_util::future::join_all(all).await {
        assert_eq!(outcome.expect("read"), CONTENT);
    }
    let (tokens, files) = sender.take();
    assert_eq!((tokens, files.len()), (1, 40));
}

#[tokio::test]
async fn who_stops_waiting_takes_the_token_from_nobody() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    server.clock.advance(Duration::hours(1));
    sender.take();
    let mut first = Box::pin(read(&server));
    // Once: it queues and begins to ask.
    assert!(futures_util::poll!(&mut first).is_pending());
    drop(first);
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    assert!(sender.take().0 <= 1);
}

#[tokio::test]
async fn ocm_n079_the_lease_of_a_process_that_died_is_taken_over() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    server.clock.advance(Duration::hours(1));
    sender.take();
    let unit = server.store.begin().await.expect("a unit");
    let mut record = unit
        .find_in_share_by_number(share.number)
        .await
        .expect("found")
        .expect("a share");
    record.lease_owner = Some("a process that died".to_owned());
    record.lease_until = Some(server.clock.now().unix_timestamp() + 15);
    unit.update_in_share(&record).await.expect("updated");
    unit.commit().await.expect("committed");

    let mut waiting = Box::pin(read(&server));
    tokio::select! {
        outcome = &mut waiting => panic!("nobody may ask during a lease: {outcome:?}"),
        () = tokio::time::sleep(std::time::Duration::from_millis(300)) => {}
    }
    assert_eq!(sender.take(), (0, Vec::new()));
    server.clock.advance(Duration::seconds(16));
    assert_eq!(waiting.await.expect("read"), CONTENT);
    assert_eq!(sender.take().0, 1);
}

#[tokio::test]
async fn ocm_n080_after_one_refusal_there_is_one_new_token_and_one_more_try() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    sender.gate.revoke();
    sender.take();
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    let (tokens, files) = sender.take();
    assert_eq!((tokens, files.len()), (1, 2));
}

#[tokio::test]
async fn ocm_n080_after_two_refusals_nothing_is_asked_any_more() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    sender.answer(|seen, _| is_files(seen).then(|| reply(401, "text/plain", "")));
    sender.take();
    assert_eq!(read(&server).await, Err(RemoteError::Revoked));
    let (tokens, files) = sender.take();
    assert_eq!((tokens, files.len()), (1, 2));

    sender.answer_as_usual();
    assert_eq!(read(&server).await, Err(RemoteError::Revoked));
    assert_eq!(sender.take(), (0, Vec::new()));
    assert!(mount(&server.ocm).await.is_refused, "the share stays, and shows it");
    let shown = server.ocm.incoming_one(&bob(), share.number).await.expect("a share");
    assert_eq!(shown.state, InShareState::AuthFailed);

    // Taking it again is trying it again.
    server.ocm.accept(&bob(), share.number).await.expect("accepted");
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    assert_eq!(mount(&server.ocm).await.at, shown.mount_point.expect("a place"));
}

#[tokio::test]
async fn ocm_n081_who_finds_a_newer_token_asks_for_none() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    let other = another(&server).await;
    let at = mount(&server.ocm).await;
    for _ in 0..10 {
        sender.gate.revoke();
        sender.take();
        let ask = |ocm| send(ocm, &at, request(Method::GET, RemoteBody::Empty));
        let all = tokio::join!(ask(&server.ocm), ask(&other), ask(&server.ocm), ask(&other));
        for outcome in [all.0, all.1, all.2, all.3] {
            assert_eq!(outcome.expect("read").1, CONTENT);
        }
        assert_eq!(sender.take().0, 1, "one new token for both");
    }
}

#[tokio::test]
async fn ocm_n082_a_token_endpoint_that_fails_is_left_alone_for_a_while() {
    let server = Server::start(&clock()).await;
    let (sender, healthy) = (Sender::start().await, Sender::start().await);
    sender.strict(&server).await;
    let at = mount(&server.ocm).await;
    healthy.strict(&server).await;
    server.clock.advance(Duration::hours(1));
    sender.answer(|seen, _| is_token(seen).then(|| reply(500, "text/html", "<h1>Oh</h1>")));
    sender.take();
    let ask = || send(&server.ocm, &at, request(Method::GET, RemoteBody::Empty));
    for failures in 1..=4_i64 {
        let Err(RemoteError::Unavailable {
            retry_after_s: Some(wait_s),
        }) = ask().await
        else {
            panic!("not left alone");
        };
        let whole = 5 << (failures - 1);
        assert!(
            (whole * 4 / 5..=whole).contains(&i64::from(wait_s)),
            "{wait_s} after {failures}"
        );
        assert_eq!(sender.take(), (1, Vec::new()));
        server.clock.advance(Duration::seconds(i64::from(wait_s) - 1));
        assert!(matches!(
            ask().await,
            Err(RemoteError::Unavailable { retry_after_s: Some(1) })
        ));
        assert_eq!(sender.take(), (0, Vec::new()), "nobody asks before the time");
        server.clock.advance(Duration::seconds(1));
    }
    let others = server.ocm.mounts(&bob()).await.expect("mounts");
    let other = others.iter().find(|mount| mount.number != at.number).expect("a mount");
    let outcome = send(&server.ocm, other, request(Method::GET, RemoteBody::Empty)).await;
    assert_eq!(outcome.expect("the other share is as it was").1, CONTENT);

    sender.answer_as_usual();
    assert_eq!(ask().await.expect("read").1, CONTENT);
    let record = server.in_share(at.number).await;
    assert_eq!((record.failures, record.backoff_until), (0, None));
}

#[tokio::test]
async fn ocm_n083_what_is_no_token_is_not_stored() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let good = json!({"access_token": "t", "token_type": "Bearer", "expires_in": 600});
    let with = |name: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body[name] = value;
        ("application/json", body.to_string())
    };
    let mut bodies = vec![
        with("expires_in", json!(0)),
        with("expires_in", json!(-1)),
        with("expires_in", json!("600")),
        with("expires_in", json!(1_000_000_000_000_i64)),
        with("token_type", json!("mac")),
        with("access_token", json!(null)),
        with("access_token", json!("a\r\nX-Evil: 1")),
        ("text/html", "<html>".to_owned()),
        ("text/html", good.to_string()),
        ("application/json", format!("{{\"x\":\"{}\"}}", "x".repeat(1 << 20))),
    ];
    let count = bodies.len() + 1;
    bodies.push(("bomb", String::new()));
    let next = AtomicUsize::new(0);
    sender.answer(move |seen, _| {
        is_token(seen).then(|| {
            let (kind, body) = bodies[next.fetch_add(1, Ordering::SeqCst) % bodies.len()].clone();
            if kind != "bomb" {
                return reply(200, kind, body);
            }
            let mut response = reply(200, "application/json", BASE64_STANDARD.decode(BOMB).expect("bytes"));
            response
                .headers_mut()
                .insert("content-encoding", "gzip".parse().expect("a value"));
            response
        })
    });
    let share = sender.strict(&server).await;
    sender.take();
    for turn in 1..count {
        server.clock.advance(Duration::hours(1));
        assert!(
            matches!(read(&server).await, Err(RemoteError::Unavailable { .. })),
            "{turn}"
        );
        assert_eq!(sender.take(), (1, Vec::new()), "{turn}");
        let record = server.in_share(share.number).await;
        assert_eq!(
            (record.token_sealed, record.token_expires_at, record.token_generation),
            (None, None, 0)
        );
    }
}

#[tokio::test]
async fn ocm_n084_a_sender_whose_clock_differs_is_no_trouble() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    // Ten minutes ahead: what should be good for ten minutes is over at once.
    sender.take();
    for _ in 0..3 {
        sender.gate.revoke();
        assert_eq!(read(&server).await.expect("read"), CONTENT);
    }
    assert_eq!(sender.take().0, 3);
    // Ten minutes behind: it is good for longer than we use it.
    server.clock.advance(Duration::minutes(15));
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    assert_eq!(sender.take().0, 1);
}

#[tokio::test]
async fn a_secret_that_is_exchanged_no_more_ends_the_asking() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    server.clock.advance(Duration::hours(1));
    // Nextcloud 35 says it with 401.
    sender.answer(|seen, _| is_token(seen).then(|| reply(401, "application/json", r#"{"error":"invalid_grant"}"#)));
    sender.take();
    assert_eq!(read(&server).await, Err(RemoteError::Revoked));
    assert_eq!(sender.take(), (1, Vec::new()));
    for hours in [0, 1, 100] {
        server.clock.advance(Duration::hours(hours));
        assert_eq!(read(&server).await, Err(RemoteError::Revoked));
    }
    assert_eq!(sender.take(), (0, Vec::new()));
}

#[tokio::test]
async fn a_token_endpoint_on_another_server_gets_nothing() {
    let server = Server::start(&clock()).await;
    let (sender, stranger) = (Sender::start().await, Sender::start().await);
    let (url, elsewhere) = (sender.peer.url.clone(), stranger.peer.url.clone());
    sender.answer(move |seen, _| {
        super::sender::is_discovery(seen).then(|| {
            let mut document = super::sender::discovery(&url, true);
            document["tokenEndPoint"] = format!("{elsewhere}/token").into();
            reply(200, "application/json", document.to_string())
        })
    });
    let offer = sender.offer(&server, "elsewhere", &["must-exchange-token"]);
    let answer = super::sender::post(&server, "/ocm/shares", &offer).await;
    assert!(answer.status().is_client_error() || answer.status().is_server_error());
    assert_eq!(stranger.peer.requests(), 0);
}
