//! Messages to other servers: sent after the commit, again until they arrive, and never twice.

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use nc_ocm::{MessageKind, Ocm, OcmConfig, OcmParts, Outgoing, Random, Sent};
use nc_proto::ocm::PeerHost;
use nc_store::{Digest, OutShareRecord, OutShareState};

use crate::support::{Options, Peer, Seen, Server, clock, reply};

const SECRET: &str = "a-secret-that-nobody-else-may-read";
const DAY_S: i64 = 24 * 60 * 60;

/// A server whose endpoint answers with this status.
async fn peer(status: u16) -> Peer {
    let peer = Peer::start(|_| reply(500, "text/plain", "")).await;
    answer(&peer, move |_| reply(status, "application/json", "{}"));
    peer
}

fn answer(peer: &Peer, to_messages: impl Fn(&Seen) -> Response + Send + Sync + 'static) {
    let url = peer.url.clone();
    peer.answer_with(move |seen| match seen.target.as_str() {
        "/.well-known/ocm" => {
            let document = serde_json::json!({
                "enabled": true, "apiVersion": "1.4.0", "endPoint": format!("{url}/ocm"), "provider": "Other",
                "resourceTypes": [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "/dav/"}}],
                "capabilities": ["notifications"], "criteria": [],
            });
            reply(200, "application/json", document.to_string())
        }
        _ => to_messages(seen),
    });
}

/// What was posted since the last time: place and body.
fn posted(peer: &Peer) -> Vec<(String, String)> {
    let posts = peer.take().into_iter().filter(|seen| seen.method == http::Method::POST);
    posts
        .map(|seen| (seen.target, String::from_utf8(seen.body.to_vec()).expect("text")))
        .collect()
}

fn body(number: u32) -> String {
    format!(r#"{{"number":{number},"sharedSecret":"{SECRET}"}}"#)
}

const DOCUMENT: &str = r#"{"share_with": "bob@other.example", "receiver": "user", "permissions": 1, "mode": "strict",
    "file_owner": "alice", "resource_type": "file"}"#;

async fn queue(server: &Server, peer: &Peer, kind: MessageKind, share: Option<&str>, number: u32) -> i64 {
    let unit = server.store.begin().await.expect("a unit");
    let host = PeerHost::parse(&peer.host).expect("a host");
    let body = body(number);
    let message = Outgoing {
        host: &host,
        plain_http: true,
        kind,
        share,
        body: body.as_bytes(),
        first_at: now(server),
    };
    let stored = server.ocm.queue(&*unit, &message).await.expect("stored");
    unit.commit().await.expect("committed");
    stored
}

async fn notify(server: &Server, peer: &Peer, number: u32) -> i64 {
    queue(server, peer, MessageKind::Notification, None, number).await
}

fn now(server: &Server) -> i64 {
    server.clock.now().unix_timestamp()
}

fn advance(server: &Server, seconds: i64) {
    server.clock.advance(time::Duration::seconds(seconds));
}

async fn send(server: &Server) -> (u64, u64, u64) {
    let Sent {
        arrived,
        later,
        dropped,
    } = server.ocm.send_due().await.expect("sent");
    (arrived, later, dropped)
}

/// How many messages wait, whenever they are due.
async fn waiting(server: &Server) -> usize {
    let due = server.store.list_due_messages(i64::MAX, 99).await;
    due.expect("messages").len()
}

async fn share(server: &Server, id: &str) -> OutShareRecord {
    let record = OutShareRecord {
        id: id.to_owned(),
        number: 0,
        owner: "alice".to_owned(),
        node: 41,
        recipient_host: "other.example".to_owned(),
        secret: Some(Digest::of(id)),
        secret_sealed: Some(vec![1]),
        generation: 1,
        state: OutShareState::Live,
        document: DOCUMENT.to_owned(),
        created_at: now(server),
        expires_at: None,
        revoked_at: None,
    };
    let unit = server.store.begin().await.expect("a unit");
    unit.insert_out_share(&record).await.expect("stored");
    unit.commit().await.expect("committed");
    record
}

async fn state(server: &Server, id: &str) -> (OutShareState, bool, i64) {
    let share = server.out_share(id).await;
    let opens = share.secret.is_some() || share.secret_sealed.is_some();
    (share.state, opens, share.generation)
}

#[tokio::test]
async fn a_message_is_sent_after_its_commit_and_forgotten() {
    let (server, peer) = (Server::start(&clock()).await, peer(201).await);
    let unit = server.store.begin().await.expect("a unit");
    let host = PeerHost::parse(&peer.host).expect("a host");
    let message = Outgoing {
        host: &host,
        plain_http: true,
        kind: MessageKind::Notification,
        share: None,
        body: b"{}",
        first_at: now(&server),
    };
    server.ocm.queue(&*unit, &message).await.expect("stored");
    drop(unit);
    assert_eq!(send(&server).await, (0, 0, 0));
    assert_eq!(peer.requests(), 0, "what was not committed is not sent");

    notify(&server, &peer, 1).await;
    let stored = server.store.list_due_messages(i64::MAX, 9).await.expect("messages");
    let has_secret = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    assert!(!has_secret(&stored[0].sealed), "sealed");
    assert_eq!(send(&server).await, (1, 0, 0));
    assert_eq!(posted(&peer), [("/ocm/notifications".to_owned(), body(1))]);
    assert_eq!(waiting(&server).await, 0);
    assert_eq!(send(&server).await, (0, 0, 0));
    assert!(posted(&peer).is_empty());
}

#[tokio::test]
async fn a_message_is_tried_again_when_the_other_server_asks_for_that() {
    let (server, peer) = (Server::start(&clock()).await, peer(201).await);
    answer(&peer, |_| {
        let mut response = reply(503, "text/plain", "");
        response
            .headers_mut()
            .insert("retry-after", http::HeaderValue::from_static("600"));
        response
    });
    notify(&server, &peer, 1).await;
    assert_eq!(send(&server).await, (0, 1, 0));
    assert_eq!(posted(&peer).len(), 1);
    advance(&server, 599);
    assert_eq!(send(&server).await, (0, 0, 0));
    assert!(posted(&peer).is_empty(), "not before");
    answer(&peer, |_| reply(201, "application/json", "{}"));
    advance(&server, 1);
    assert_eq!(send(&server).await, (1, 0, 0));
    assert_eq!(posted(&peer).len(), 1);
}

#[tokio::test]
async fn a_share_that_does_not_arrive_within_a_day_ends() {
    let (server, peer) = (Server::start(&clock()).await, peer(500).await);
    share(&server, "one").await;
    queue(&server, &peer, MessageKind::Share, Some("one"), 1).await;
    let mut tries = 0;
    for _ in 0..DAY_S / 60 {
        tries += send(&server).await.1;
        advance(&server, 60);
    }
    // 30 s, doubling to an hour: 8 in the first two hours, then less than one an hour.
    assert!((20..40).contains(&tries), "{tries}");
    assert_eq!(state(&server, "one").await, (OutShareState::Live, true, 1));
    assert_eq!(send(&server).await, (0, 0, 1));
    assert_eq!(state(&server, "one").await, (OutShareState::Revoked, false, 2));
    assert_eq!(waiting(&server).await, 0);
}

#[tokio::test]
async fn a_share_that_is_refused_ends_and_a_notification_is_dropped() {
    let (server, peer) = (Server::start(&clock()).await, peer(400).await);
    share(&server, "one").await;
    queue(&server, &peer, MessageKind::Share, Some("one"), 1).await;
    notify(&server, &peer, 2).await;
    assert_eq!(send(&server).await, (0, 0, 2));
    assert_eq!(posted(&peer)[0].0, "/ocm/shares");
    assert_eq!(state(&server, "one").await, (OutShareState::Revoked, false, 2));
    assert_eq!(waiting(&server).await, 0);
}

#[tokio::test]
async fn a_share_that_has_ended_is_not_announced() {
    let (server, peer) = (Server::start(&clock()).await, peer(201).await);
    let mut ended = share(&server, "one").await;
    queue(&server, &peer, MessageKind::Share, Some("one"), 1).await;
    ended.state = OutShareState::Revoked;
    let unit = server.store.begin().await.expect("a unit");
    unit.update_out_share(&ended).await.expect("changed");
    unit.commit().await.expect("committed");
    assert_eq!(send(&server).await, (0, 0, 1));
    assert_eq!(peer.requests(), 0);
}

#[tokio::test]
async fn messages_to_a_server_arrive_in_order_and_wait_for_each_other() {
    let (server, peer) = (Server::start(&clock()).await, peer(500).await);
    let other = self::peer(201).await;
    for number in 1..=3 {
        notify(&server, &peer, number).await;
    }
    notify(&server, &other, 9).await;
    assert_eq!(send(&server).await, (1, 1, 0));
    assert_eq!(posted(&peer), [("/ocm/notifications".to_owned(), body(1))]);
    assert_eq!(posted(&other).len(), 1, "other servers do not wait");
    answer(&peer, |_| reply(201, "application/json", "{}"));
    advance(&server, 60);
    assert_eq!(send(&server).await, (3, 0, 0));
    let bodies: Vec<_> = posted(&peer).into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, [body(1), body(2), body(3)]);
}

#[tokio::test]
async fn a_message_does_not_overtake_one_that_waits() {
    let (server, peer) = (Server::start(&clock()).await, peer(500).await);
    notify(&server, &peer, 1).await;
    assert_eq!(send(&server).await, (0, 1, 0));
    answer(&peer, |_| reply(201, "application/json", "{}"));
    posted(&peer);
    notify(&server, &peer, 2).await;
    assert_eq!(send(&server).await, (0, 0, 0));
    assert!(posted(&peer).is_empty(), "the first one comes first");
    advance(&server, 60);
    assert_eq!(send(&server).await, (2, 0, 0));
    let bodies: Vec<_> = posted(&peer).into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, [body(1), body(2)]);
}

#[tokio::test]
async fn a_share_that_is_given_up_ends_although_what_is_over_was_cleared_first() {
    let (server, peer) = (Server::start(&clock()).await, peer(500).await);
    share(&server, "one").await;
    queue(&server, &peer, MessageKind::Share, Some("one"), 1).await;
    advance(&server, DAY_S);
    server.ocm.upkeep().await.expect("done");
    assert_eq!(send(&server).await, (0, 0, 1));
    assert_eq!(state(&server, "one").await, (OutShareState::Revoked, false, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_send_each_message_once() {
    let (server, peer) = (Server::start(&clock()).await, peer(201).await);
    let mut config = OcmConfig::new(server.url.parse().expect("a URL"));
    (config.allow_http, config.allow_private) = (true, true);
    let second = Ocm::open(OcmParts {
        config,
        store: Arc::clone(&server.store),
        sealer: Arc::clone(&server.sealer),
        residents: Arc::new(server.town.clone()),
        clock: server.clock.clone(),
        random: Random::system(),
    });
    let second = second.await.expect("it opens");
    for number in 1..=10 {
        notify(&server, &peer, number).await;
    }
    let (one, other) = tokio::join!(server.ocm.send_due(), second.send_due());
    assert_eq!(one.expect("sent").arrived + other.expect("sent").arrived, 10);
    let mut bodies: Vec<_> = posted(&peer).into_iter().map(|(_, body)| body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 10);
}

#[tokio::test]
async fn what_cannot_be_reached_or_is_forbidden_is_told_apart() {
    let denied = |config: &mut OcmConfig| {
        config.deny.insert("denied.example".to_owned());
    };
    let server = Server::with(Options::new(&clock()).config(denied)).await;
    let gone = peer(201).await;
    let host = gone.host.clone();
    drop(gone);
    let unit = server.store.begin().await.expect("a unit");
    for host in [host.as_str(), "denied.example"] {
        let host = PeerHost::parse(host).expect("a host");
        let message = Outgoing {
            host: &host,
            plain_http: true,
            kind: MessageKind::Notification,
            share: None,
            body: b"{}",
            first_at: now(&server),
        };
        server.ocm.queue(&*unit, &message).await.expect("stored");
    }
    unit.commit().await.expect("committed");
    assert_eq!(send(&server).await, (0, 1, 1));
    let left = server.store.list_due_messages(i64::MAX, 9).await.expect("messages");
    assert!(matches!(&left[..], [message] if message.host == host && message.attempts == 1));
}

#[tokio::test]
async fn new_messages_do_not_wait_for_the_next_look() {
    let (server, peer) = (Server::start(&clock()).await, peer(201).await);
    let keeping = tokio::spawn(server.ocm.clone().keep_up());
    // The first look is over when the cleaning after it has removed what had ended.
    let arrived = async |count: usize| {
        for _ in 0..500 {
            if waiting(&server).await == 0 && peer.requests() >= count {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    };
    for number in 1..=3 {
        notify(&server, &peer, number).await;
        // Within five seconds, and a look comes every fifteen.
        assert!(arrived(1 + number as usize).await, "message {number}");
    }
    keeping.abort();
}

#[tokio::test]
async fn upkeep_removes_keys_that_nothing_needs_and_what_has_ended() {
    let (server, peer) = (Server::start(&clock()).await, peer(201).await);
    server.ocm.keys().stage().await.expect("staged");
    server.ocm.keys().activate(true).await.expect("activated");
    let unit = server.store.begin().await.expect("a unit");
    let seen = Digest::of("a signature");
    assert!(
        unit.see_once(seen, now(&server) + 360, now(&server))
            .await
            .expect("new")
    );
    unit.commit().await.expect("committed");
    notify(&server, &peer, 1).await;
    server.ocm.upkeep().await.expect("done");
    assert_eq!(server.ocm.keys().list().await.expect("keys").len(), 5, "not yet");
    advance(&server, DAY_S);
    assert!(server.ocm.upkeep().await.expect("done") >= 2);
    assert_eq!(server.ocm.keys().list().await.expect("keys").len(), 3);
    assert_eq!(waiting(&server).await, 0);
}
