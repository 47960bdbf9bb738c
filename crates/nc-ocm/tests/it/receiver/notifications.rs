//! What other servers tell about shares.

use nc_auth::federation::{Federation as _, RemoteError};
use serde_json::{Value, json};

use super::{
    CONTENT, bob, mount, read,
    sender::{SECRET, Sender, post},
};
use crate::support::{Server, clock};

fn unshared(id: &str, secret: Option<&str>) -> Value {
    let mut body = json!({"notificationType": "SHARE_UNSHARED", "resourceType": "file", "providerId": id,
        "notification": {"message": "File was unshared"}});
    if let Some(secret) = secret {
        body["notification"]["sharedSecret"] = secret.into();
    }
    body
}

async fn tell(server: &Server, body: &Value) -> (u16, String) {
    let answer = post(server, "/ocm/notifications", body).await;
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

#[tokio::test]
async fn what_is_unshared_is_gone_at_once() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    let at = mount(&server.ocm).await;
    assert_eq!(
        tell(&server, &unshared("strict-1", Some(SECRET))).await,
        (201, "[]".to_owned())
    );
    assert!(server.ocm.mounts(&bob()).await.expect("mounts").is_empty());
    let request = super::request(http::Method::GET, nc_auth::federation::RemoteBody::Empty);
    assert_eq!(super::send(&server.ocm, &at, request).await, Err(RemoteError::NotFound));
    let record = server.in_share(share.number).await;
    assert_eq!(
        (record.secret_sealed.clone(), record.token_sealed.clone()),
        (None, None)
    );
    // Said again it is as true as before.
    assert_eq!(tell(&server, &unshared("strict-1", Some(SECRET))).await.0, 201);
    let after = server.in_share(share.number).await;
    assert_eq!(after, record);
    assert_eq!(
        tell(&server, &unshared("strict-1", Some("another-secret"))).await.0,
        403
    );
}

#[tokio::test]
async fn ocm_n101_who_does_not_know_the_secret_ends_nothing() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    for secret in [Some("wrong"), None, Some("")] {
        let (status, body) = tell(&server, &unshared("strict-1", secret)).await;
        assert!(status == 403 || status == 400, "{secret:?}");
        assert!(!body.contains(SECRET));
    }
    let mut elsewhere = unshared("strict-1", Some(SECRET));
    elsewhere["senderDomain"] = "elsewhere.example.org".into();
    assert_eq!(tell(&server, &elsewhere).await.0, 403);
    assert_eq!(read(&server).await.expect("read"), CONTENT);
}

#[tokio::test]
async fn ocm_n101_what_is_not_there_is_answered_like_what_is_not_theirs() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    sender.strict(&server).await;
    let unknown = tell(&server, &unshared("no-such-id", Some(SECRET))).await;
    assert_eq!(unknown.0, 403);
    assert_eq!(tell(&server, &unshared("strict-1", Some("wrong"))).await, unknown);
}

#[tokio::test]
async fn the_secret_tells_which_of_two_servers_is_meant() {
    let server = Server::start(&clock()).await;
    let (one, other) = (Sender::start().await, Sender::start().await);
    let mut theirs = other.offer(&server, "17", &[]);
    theirs["protocol"]["webdav"]["sharedSecret"] = "the-secret-of-the-other".into();
    assert_eq!(post(&server, "/ocm/shares", &theirs).await.status(), 201);
    assert_eq!(
        post(&server, "/ocm/shares", &one.offer(&server, "17", &[]))
            .await
            .status(),
        201
    );
    assert_eq!(tell(&server, &unshared("17", Some(SECRET))).await.0, 201);
    let left = server.ocm.incoming(&bob(), true).await.expect("a list");
    assert_eq!(
        (left.len(), left[0].remote.as_str()),
        (1, format!("{}/", other.peer.url).as_str())
    );
}

#[tokio::test]
async fn the_one_who_shares_may_change_what_is_allowed() {
    let server = Server::start(&clock()).await;
    let sender = Sender::start().await;
    let share = sender.strict(&server).await;
    assert_eq!(share.permissions.bits(), 15);
    let mut body = unshared("strict-1", Some(SECRET));
    body["notificationType"] = "RESHARE_CHANGE_PERMISSION".into();
    body["notification"]["permission"] = json!(["read"]);
    assert_eq!(tell(&server, &body).await.0, 201);
    assert_eq!(mount(&server.ocm).await.permissions.bits(), 1);
}

#[tokio::test]
async fn what_is_not_known_is_refused() {
    let server = Server::start(&clock()).await;
    for (name, value) in [("notificationType", "SHARE_PAINTED"), ("resourceType", "spaceship")] {
        let mut body = unshared("1", None);
        body[name] = value.into();
        assert_eq!(tell(&server, &body).await.0, 400, "{name}");
    }
    assert_eq!(
        tell(&server, &json!({"notificationType": "SHARE_UNSHARED"})).await.0,
        400
    );
}
