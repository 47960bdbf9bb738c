//! Where the secret of a share goes, and where it never goes.

use http::Method;
use nc_auth::federation::{RemoteBody, RemoteError};
use nc_store::{InShareMemberRecord, InShareRecord, InShareState};
use time::Duration;

use super::{
    CONTENT, mount, read, request, send,
    sender::{SECRET, Sender, is_token},
};
use crate::support::{Seen, Server, clock, reply};

fn authorizations(files: &[Seen]) -> Vec<&str> {
    let headers = files
        .iter()
        .map(|seen| seen.headers["authorization"].to_str().expect("a text"));
    headers.map(|text| text.split(' ').next().unwrap_or_default()).collect()
}

fn holds_secret(seen: &Seen) -> bool {
    let basic = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("{SECRET}:"));
    let everything = format!("{seen:?} {}", String::from_utf8_lossy(&seen.body));
    everything.contains(SECRET) || everything.contains(&basic)
}

#[tokio::test]
async fn ocm_n086_a_strict_secret_is_never_sent_to_the_files() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    // It would be taken.
    sender.gate.take_secrets(true, true);
    sender.strict(&server).await;
    let mut files = sender.take().1;
    for answer in [
        (500, "{}"),
        (400, r#"{"error":"invalid_client"}"#),
        (200, "<html>"),
        (400, r#"{"error":"invalid_grant"}"#),
    ] {
        server.clock.advance(Duration::hours(1));
        sender.answer(move |seen, _| is_token(seen).then(|| reply(answer.0, "application/json", answer.1)));
        assert!(read(&server).await.is_err());
        let at = mount(&server.ocm).await;
        let body = RemoteBody::Bytes("x".into());
        assert!(send(&server.ocm, &at, request(Method::PUT, body)).await.is_err());
        files.extend(sender.take().1);
    }
    assert!(!files.is_empty());
    assert!(!files.iter().any(holds_secret));
}

#[tokio::test]
async fn ocm_n086_a_strict_secret_is_not_sent_after_refusals_either() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    sender.take();
    sender.answer(|seen, _| super::sender::is_files(seen).then(|| reply(401, "text/plain", "")));
    assert_eq!(read(&server).await, Err(RemoteError::Revoked));
    let files = sender.take().1;
    assert_eq!(authorizations(&files), ["Bearer", "Bearer"]);
    assert!(!files.iter().any(holds_secret));
}

#[tokio::test]
async fn ocm_n087_an_optional_share_falls_back_to_its_secret_and_a_strict_one_does_not() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.gate.take_secrets(false, true);
    sender.answer(|seen, _| is_token(seen).then(|| reply(500, "text/plain", "")));
    let offer = sender.offer(&server, "optional", &[]);
    sender.share(&server, &offer).await;
    let (tokens, files) = sender.take();
    assert_eq!(tokens, 1);
    assert_eq!(authorizations(&files), ["Bearer", "Basic"]);
    assert!(files.iter().all(|seen| seen.target.starts_with("/dav/optional")));
    // What worked is known from now on, and the exchange is left alone for a while.
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    let (tokens, files) = sender.take();
    assert_eq!((tokens, authorizations(&files)), (0, vec!["Basic"]));
    // Then it is tried again, and its success counts.
    sender.answer_as_usual();
    server.clock.advance(Duration::seconds(6));
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    let (tokens, files) = sender.take();
    assert_eq!((tokens, authorizations(&files)), (1, vec!["Bearer"]));
    assert!(!holds_secret(&files[0]));

    let strict = sender.offer(&server, "strict", &["must-exchange-token"]);
    sender.answer(|seen, _| is_token(seen).then(|| reply(500, "text/plain", "")));
    sender.share(&server, &strict).await;
    assert_eq!(sender.take(), (1, Vec::new()));
}

#[tokio::test]
async fn an_optional_secret_works_as_a_bearer_first() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.gate.take_secrets(true, true);
    sender.answer(|seen, _| is_token(seen).then(|| reply(400, "application/json", r#"{"error":"invalid_grant"}"#)));
    let offer = sender.offer(&server, "optional", &[]);
    sender.share(&server, &offer).await;
    assert_eq!(authorizations(&sender.take().1), ["Bearer"]);
    // A secret that is never exchanged is not offered again.
    server.clock.advance(Duration::hours(1));
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    let (tokens, files) = sender.take();
    assert_eq!((tokens, authorizations(&files)), (0, vec!["Bearer"]));
    assert!(holds_secret(&files[0]));
    // Refused in every way, it is over.
    sender.gate.take_secrets(false, false);
    assert_eq!(read(&server).await, Err(RemoteError::Revoked));
    assert_eq!(authorizations(&sender.take().1), ["Bearer", "Basic"]);
    assert_eq!(read(&server).await, Err(RemoteError::Revoked));
    assert!(sender.take().1.is_empty());
}

#[tokio::test]
async fn a_share_of_nextcloud_31_to_34_is_read_with_its_secret_at_once() {
    let server = Server::start(&clock()).await;
    let sender = Sender::legacy().await;
    sender.gate.take_secrets(false, true);
    let offer = sender.old_offer(&server, "17");
    let share = sender.share(&server, &offer).await;
    let (tokens, files) = sender.take();
    assert_eq!((tokens, authorizations(&files)), (0, vec!["Basic"]));
    assert_eq!(files[0].target, "/dav", "the credential alone chooses the share");
    assert!(share.is_folder, "it was called a file, and is a folder");
    assert_eq!(share.permissions.bits(), 7, "what it allows was asked for");
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    assert_eq!(sender.take().1[0].target, "/dav/notes/a%20b.txt");
}

#[tokio::test]
async fn ocm_n088_a_share_from_before_the_upgrade_is_read_with_its_secret() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.gate.take_secrets(false, true);
    let sealed = server
        .sealer
        .seal("ocm_in_share/old/secret", SECRET.as_bytes(), [9; 24])
        .expect("sealed");
    let document = serde_json::json!({"name": "Plans", "owner": "eve@peer", "resource": "folder", "permissions": 15,
        "plain_http": true, "base": format!("{}/dav", sender.peer.url)});
    let record = InShareRecord {
        id: "old".to_owned(),
        number: 0,
        sender_host: sender.peer.host.clone(),
        provider_id: "17".to_owned(),
        share_type: "user".to_owned(),
        recipient: "bob".to_owned(),
        state: InShareState::Accepted,
        document: document.to_string(),
        secret_sealed: Some(sealed),
        token_sealed: None,
        token_expires_at: None,
        token_generation: 0,
        lease_owner: None,
        lease_until: None,
        failures: 0,
        backoff_until: None,
        created_at: 0,
        expires_at: None,
    };
    let unit = server.store.begin().await.expect("a unit");
    unit.insert_in_share(&record).await.expect("stored");
    let member = InShareMemberRecord {
        share: "old".to_owned(),
        user: "bob".to_owned(),
        state: InShareState::Accepted,
        mount_point: Some("Plans".to_owned()),
    };
    unit.put_in_share_member(&member).await.expect("stored");
    unit.commit().await.expect("committed");

    assert_eq!(read(&server).await.expect("read"), CONTENT);
    let (tokens, files) = sender.take();
    assert_eq!(tokens, 0, "it stays as it is as long as that works");
    assert!(authorizations(&files).iter().all(|scheme| *scheme == "Basic"));
    // Its server was upgraded, and takes the secret no more but for tokens.
    sender.gate.take_secrets(false, false);
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    let (tokens, files) = sender.take();
    assert_eq!((tokens, authorizations(&files)), (1, vec!["Basic", "Bearer"]));
    assert_eq!(read(&server).await.expect("read"), CONTENT);
    assert_eq!(authorizations(&sender.take().1), ["Bearer"]);
}

#[tokio::test]
async fn nothing_is_followed_with_a_credential() {
    let server = Server::start(&clock()).await;
    let (sender, stranger) = (Sender::start().await, Sender::start().await);
    sender.strict(&server).await;
    let elsewhere = stranger.peer.url.clone();
    sender.answer(move |seen, _| {
        super::sender::is_files(seen).then(|| {
            let mut response = reply(307, "text/plain", "");
            let location = format!("{elsewhere}/dav").parse().expect("a value");
            response.headers_mut().insert("location", location);
            response
        })
    });
    assert_eq!(read(&server).await, Err(RemoteError::Failed));
    assert_eq!(stranger.peer.requests(), 0);
}
