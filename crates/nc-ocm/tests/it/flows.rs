//! Flows with a stock Nextcloud 32: its recorded documents and answers, with its signatures and its rules.

use nc_auth::{
    UserId,
    federation::{
        Federation, FederationError, InShareState, NewOutShare, OutShareFilter, RemoteBody, RemoteKind, RemoteRequest,
        ShareAuth, ShareCredential, ShareRequest,
    },
};
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{
    Options, Server, clock,
    nextcloud::{Nextcloud, recorded_answer, send},
};

const SECRET: &str = "the-secret-of-eve";

fn wish(with: String, node: i64) -> NewOutShare {
    NewOutShare {
        sharer: UserId::new("alice"),
        node,
        kind: RemoteKind::User,
        share_with: with,
        permissions: SharePermissions::ALL,
        expires_at: None,
        note: String::new(),
    }
}

/// That nothing of others waits for an answer of bob's.
async fn assert_nothing_waits(server: &Server) {
    let waiting = server.ocm.incoming(&UserId::new("bob"), true).await;
    assert!(waiting.expect("listed").is_empty());
}

/// The pieces of the recording that stand for each other: same keys, same types.
fn same_shape(ours: &Value, theirs: &Value) {
    let (ours, theirs) = (
        ours.as_object().expect("an object"),
        theirs.as_object().expect("an object"),
    );
    for (key, value) in theirs {
        let found = ours.get(key).unwrap_or_else(|| panic!("{key} is missing"));
        assert_eq!(std::mem::discriminant(found), std::mem::discriminant(value), "{key}");
    }
}

#[tokio::test]
async fn ocm_fl01_a_share_with_a_nextcloud_is_hybrid_signed_and_opened_by_its_secret() {
    let clock = clock();
    let (server, nextcloud) = (Server::start(&clock).await, Nextcloud::start(&clock).await);
    nextcloud.trust(&server).await;
    let with = format!("carol@{}", nextcloud.peer.url);
    let made = server.ocm.share(wish(with.clone(), 41)).await.expect("a share");
    assert!(nextcloud.refused().is_empty());
    let seen = nextcloud.peer.take();
    let sent = seen.iter().find(|seen| seen.target == "/ocm/shares").expect("a share");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    // Nextcloud has no folders here.
    assert_eq!(
        (&body["resourceType"], &body["protocol"]["name"]),
        (&json!("file"), &json!("webdav"))
    );
    assert_eq!(body["sharedBy"], json!(server.address("alice")));
    let secret = body["protocol"]["options"]["sharedSecret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    assert!(secret.len() >= 43, "256 bits");
    assert!(!seen.iter().any(|seen| seen.target.contains(&secret)), "never in a URL");

    let notification = |kind: &str, secret: &str| {
        json!({ "notificationType": kind, "resourceType": "file", "providerId": made.id,
            "notification": { "sharedSecret": secret, "message": "Recipient accept the share" } })
    };
    let url = format!("{}/ocm/notifications", server.url);
    let accepted = nextcloud.post(&url, &notification("SHARE_ACCEPTED", &secret)).await;
    assert_eq!(accepted.status(), 201);
    clock.advance(time::Duration::seconds(1));
    let wrong = nextcloud.post(&url, &notification("SHARE_DECLINED", "wrong")).await;
    assert_eq!(wrong.status(), 403);

    let (user, empty) = (SecretString::from(secret.clone()), SecretString::from(""));
    let request = |password| ShareRequest {
        credential: Some(ShareCredential::Basic { user: &user, password }),
        share_id: None,
        address: None,
    };
    let principal = server.ocm.authenticate(&request(&empty)).await.expect("it opens");
    assert_eq!(
        (principal.share_id.as_str(), principal.node, principal.owner.as_str()),
        (made.id.as_str(), 41, "alice")
    );
    let password = SecretString::from("x");
    assert!(server.ocm.authenticate(&request(&password)).await.is_err());

    // C, from our side: the end of a share is told with its secret, which Nextcloud wants.
    server.ocm.revoke(made.number).await.expect("ended");
    assert!(server.ocm.authenticate(&request(&empty)).await.is_err());
}

#[tokio::test]
async fn ocm_fl02_fl08_a_share_of_a_nextcloud_is_taken_and_read_with_its_secret_at_once() {
    let clock = clock();
    let (server, nextcloud) = (Server::start(&clock).await, Nextcloud::start(&clock).await);
    let url = format!("{}/ocm/shares", server.url);
    let answer = nextcloud
        .post(&url, &nextcloud.share(&server, "bob", "4711", SECRET))
        .await;
    assert_eq!(answer.status(), 201);
    same_shape(
        &answer.json().await.expect("JSON"),
        &recorded_answer("shares-accept-webdav-1-0-body"),
    );
    let bob = UserId::new("bob");
    let waiting = server.ocm.incoming(&bob, true).await.expect("listed");
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].name.as_str(), waiting[0].remote_id.as_str()),
        ("report.pdf", "4711")
    );
    let taken = server.ocm.accept(&bob, waiting[0].number).await.expect("accepted");
    assert_eq!(taken.state, InShareState::Accepted);
    let mounts = server.ocm.mounts(&bob).await.expect("mounts");
    let request = RemoteRequest {
        method: http::Method::GET,
        path: DavPath::root(),
        destination: None,
        headers: http::HeaderMap::new(),
        body: RemoteBody::Empty,
    };
    let answer = server.ocm.send(&mounts[0], request).await.expect("an answer");
    assert_eq!(answer.status, 200);
    let seen = nextcloud.peer.take();
    assert!(
        seen.iter().any(|seen| seen.target.starts_with("/public.php/webdav")),
        "{seen:?}"
    );
    let posted: Vec<&str> = seen
        .iter()
        .filter(|seen| seen.method == "POST")
        .map(|seen| seen.target.as_str())
        .collect();
    assert!(
        posted.iter().all(|target| *target == "/ocm/notifications"),
        "no token endpoint: {posted:?}"
    );
    assert!(!seen.iter().any(|seen| seen.target.contains(SECRET)), "never in a URL");
}

#[tokio::test]
async fn ocm_fl06_a_server_that_wants_tokens_takes_no_share_with_an_open_secret() {
    let clock = clock();
    let strict = Options::new(&clock).config(|config| config.must_exchange_token = true);
    let (server, nextcloud) = (Server::with(strict).await, Nextcloud::start(&clock).await);
    let url = format!("{}/ocm/shares", server.url);
    let answer = nextcloud
        .post(&url, &nextcloud.share(&server, "bob", "4711", SECRET))
        .await;
    assert_eq!(answer.status(), 400);
    assert_nothing_waits(&server).await;
}

#[tokio::test]
async fn ocm_fl07_with_a_strict_policy_nothing_is_sent_to_a_nextcloud() {
    let clock = clock();
    let strict = Options::new(&clock).config(|config| config.legacy_basic = false);
    let (server, nextcloud) = (Server::with(strict).await, Nextcloud::start(&clock).await);
    let made = server
        .ocm
        .share(wish(format!("carol@{}", nextcloud.peer.url), 41))
        .await;
    assert!(matches!(made, Err(FederationError::Refused(_))), "{made:?}");
    assert!(!nextcloud.peer.take().iter().any(|seen| seen.method == "POST"));
    let filter = OutShareFilter::Sharer(UserId::new("alice"));
    assert!(server.ocm.outgoing(&filter).await.expect("listed").is_empty());
}

#[tokio::test]
async fn ocm_fl09_what_a_nextcloud_refuses_is_refused() {
    let clock = clock();
    let (server, nextcloud) = (Server::start(&clock).await, Nextcloud::start(&clock).await);
    let other = Nextcloud::start(&clock).await;
    let url = format!("{}/ocm/shares", server.url);
    let share = nextcloud.share(&server, "bob", "4711", SECRET);
    let text = share.to_string();
    let now = clock.now().unix_timestamp();
    let key_id = format!("{}/ocm#signature", nextcloud.peer.url);
    let refused = async |what: &str, headers, body: String| {
        let status = send(&url, headers, body).await.status();
        assert!([400, 401, 403, 413].contains(&status.as_u16()), "{what}: {status}");
        let listed = server.ocm.incoming(&UserId::new("bob"), true).await.expect("listed");
        assert!(listed.is_empty(), "{what}");
    };
    let mut headers = nextcloud.sign(&url, text.as_bytes());
    headers.insert("digest", "SHA-512=AAAA".parse().expect("a value"));
    refused("wrong digest", headers, text.clone()).await;
    for (what, date) in [("old", now - 301), ("ahead", now + 61)] {
        refused(
            what,
            nextcloud.sign_as(&url, text.as_bytes(), &key_id, date),
            text.clone(),
        )
        .await;
    }
    let foreign = format!("{}/ocm#signature", other.peer.url);
    refused(
        "another's key id",
        nextcloud.sign_as(&url, text.as_bytes(), &foreign, now),
        text.clone(),
    )
    .await;
    refused(
        "another's key",
        other.sign_as(&url, text.as_bytes(), &key_id, now),
        text.clone(),
    )
    .await;
    refused("another's share", other.sign(&url, text.as_bytes()), text.clone()).await;
    let mut long = share.clone();
    long["description"] = json!("x".repeat(70_000));
    let long = long.to_string();
    refused("too long", nextcloud.sign(&url, long.as_bytes()), long.clone()).await;

    // Once it has signed, it has to sign.
    assert_eq!(nextcloud.post(&url, &share).await.status(), 201);
    let mut next = share.clone();
    next["providerId"] = json!("4712");
    let unsigned = send(&url, http::HeaderMap::new(), next.to_string()).await;
    assert_eq!(unsigned.status(), 400, "as Nextcloud answers");
    let listed = server.ocm.incoming(&UserId::new("bob"), true).await.expect("listed");
    assert_eq!(listed.len(), 1);
}

#[tokio::test]
async fn ocm_fl10_one_byte_changed_and_a_message_is_refused() {
    let clock = clock();
    let (server, nextcloud) = (Server::start(&clock).await, Nextcloud::start(&clock).await);
    let url = format!("{}/ocm/shares", server.url);
    let text = nextcloud.share(&server, "bob", "4711", SECRET).to_string();
    let headers = nextcloud.sign(&url, text.as_bytes());
    for at in (1..text.len() - 1).step_by(23) {
        let mut body = text.clone().into_bytes();
        body[at] ^= 1;
        let status = send(&url, headers.clone(), body).await.status();
        assert!([400, 401, 403].contains(&status.as_u16()), "byte {at}: {status}");
    }
    for name in ["date", "digest", "signature"] {
        let mut changed = headers.clone();
        let value = changed[name].to_str().expect("text").to_owned();
        let middle = value.len() - 6;
        let other = if value.as_bytes()[middle] == b'1' { "2" } else { "1" };
        let value = format!("{}{other}{}", &value[..middle], &value[middle + 1..]);
        changed.insert(name, value.parse().expect("a value"));
        let status = send(&url, changed, text.clone()).await.status();
        assert!([400, 401, 403].contains(&status.as_u16()), "{name}: {status}");
    }
    assert_nothing_waits(&server).await;
    assert_eq!(send(&url, headers, text).await.status(), 201, "unchanged it is taken");
}

#[tokio::test]
async fn ocm_n101_n102_only_the_one_who_shared_ends_a_share_and_no_message_counts_twice() {
    let clock = clock();
    let (server, nextcloud) = (Server::start(&clock).await, Nextcloud::start(&clock).await);
    let other = Nextcloud::start(&clock).await;
    let shares = format!("{}/ocm/shares", server.url);
    let share = nextcloud.share(&server, "bob", "4711", SECRET);
    assert_eq!(nextcloud.post(&shares, &share).await.status(), 201);
    let bob = UserId::new("bob");
    let waiting = async || server.ocm.incoming(&bob, true).await.expect("listed").len();

    let url = format!("{}/ocm/notifications", server.url);
    let ended = |secret: &str| {
        json!({ "notificationType": "SHARE_UNSHARED", "resourceType": "file", "providerId": "4711",
            "notification": { "sharedSecret": secret, "message": "gone" } })
    };
    // Another server, with the secret and a good signature of its own; and the right one with a wrong secret.
    assert_eq!(other.post(&url, &ended(SECRET)).await.status(), 403);
    assert_eq!(nextcloud.post(&url, &ended("wrong")).await.status(), 403);
    assert_eq!(waiting().await, 1);

    let body = ended(SECRET).to_string();
    let headers = nextcloud.sign(&url, body.as_bytes());
    assert_eq!(send(&url, headers.clone(), body.clone()).await.status(), 201);
    assert_eq!(waiting().await, 0);
    let replayed = send(&url, headers, body).await.status();
    assert!(replayed.is_client_error(), "{replayed}");
    clock.advance(time::Duration::seconds(2));
    assert_eq!(
        nextcloud.post(&url, &ended(SECRET)).await.status(),
        201,
        "signed anew it is the same again"
    );
    assert_eq!(waiting().await, 0);
}
