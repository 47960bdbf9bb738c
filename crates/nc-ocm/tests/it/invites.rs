//! Invitations between two servers, and tries to take one that is not meant for the taker.

use nc_auth::{UserId, federation::FederationError};
use nc_ocm::Contact;
use nc_proto::ocm::{InviteToken, PeerHost};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::{
    draft::{Draft, Key},
    stage::Stage,
    support::{Options, Server, clock},
};

const DAY_S: i64 = 24 * 60 * 60;

fn user(name: &str) -> UserId {
    UserId::new(name)
}

/// A text of alice that invites.
async fn text(server: &Server) -> String {
    let invite = server.ocm.invite(&user("alice")).await.expect("an invitation");
    invite.text.expose_secret().to_owned()
}

async fn take(server: &Server, name: &str, text: &str) -> Result<Contact, FederationError> {
    let invite = InviteToken::parse(text).expect("an invitation");
    server.ocm.take_invite(&user(name), invite).await
}

async fn token(server: &Server) -> String {
    let invite = InviteToken::parse(&text(server).await).expect("an invitation");
    invite.token.expose_secret().to_owned()
}

fn body(provider: &str, token: &str) -> Value {
    json!({"recipientProvider": provider, "token": token, "userID": "eve", "email": "eve@other.example", "name": "Eve"})
}

/// A message about an invitation, signed by the scripted server.
async fn post(stage: &Stage, body: &Value) -> (u16, Value) {
    post_by(stage, body, Some(&stage.key)).await
}

async fn post_by(stage: &Stage, body: &Value, key: Option<&Key>) -> (u16, Value) {
    let bytes = body.to_string().into_bytes();
    let uri = format!("{}/ocm/invite-accepted", stage.server.url);
    let request = stage.server.request("POST", "/ocm/invite-accepted");
    let request = match key {
        Some(key) => Draft::new(uri, stage.parameters(), &bytes)
            .sign(key)
            .into_request(request),
        None => request.body(bytes),
    };
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    assert!(!text.contains(body["token"].as_str().unwrap_or("no token")), "{text}");
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn people_of_two_servers_become_known_to_each_other() {
    let clock = clock();
    let (here, there) = (Server::start(&clock).await, Server::start(&clock).await);
    let text = text(&here).await;
    let alice = take(&there, "bob", &text).await.expect("taken");
    assert_eq!(
        (alice.host.as_str(), alice.user.as_str()),
        (here.host.as_str(), "alice")
    );
    assert_eq!(there.ocm.contacts(&user("bob")).await.expect("contacts"), [alice]);
    let known = here.ocm.contacts(&user("alice")).await.expect("contacts");
    assert!(
        matches!(&known[..], [Contact { host, user, .. }] if host.as_str() == there.host && user == "bob"),
        "{known:?}"
    );
    assert!(here.ocm.contacts(&user("bob")).await.expect("contacts").is_empty());

    let again = take(&there, "carol", &text).await;
    assert!(
        matches!(&again, Err(FederationError::Refused(why)) if why.contains("already")),
        "{again:?}"
    );
    assert!(there.ocm.contacts(&user("carol")).await.expect("contacts").is_empty());
}

#[tokio::test]
async fn the_own_invitation_is_refused_and_who_is_away_is_told_so() {
    let server = Server::start(&clock()).await;
    let own = text(&server).await;
    let taken = take(&server, "bob", &own).await;
    assert!(matches!(taken, Err(FederationError::Refused(_))), "{taken:?}");
    let nobody = server.ocm.invite(&user("nobody")).await.map(|invite| invite.expires_at);
    assert_eq!(nobody, Err(FederationError::NotFound));
    let host = PeerHost::parse("127.0.0.1:1").expect("a host");
    let gone = InviteToken {
        token: "t".into(),
        host,
    };
    let taken = server.ocm.take_invite(&user("bob"), gone).await;
    assert!(matches!(taken, Err(FederationError::Unavailable { .. })), "{taken:?}");
}

#[tokio::test]
async fn the_one_who_invited_is_named_to_a_server_that_signs() {
    let stage = Stage::start().await;
    let token = token(&stage.server).await;
    let (status, answer) = post(&stage, &body(&stage.peer.url, &token)).await;
    assert_eq!((status, &answer["userID"]), (200, &json!("alice")), "{answer}");
    assert!(answer["name"].is_string() && answer["email"].is_string());
    let contacts = stage.server.ocm.contacts(&user("alice")).await.expect("contacts");
    assert_eq!((contacts[0].user.as_str(), contacts[0].name.as_str()), ("eve", "Eve"));
}

#[tokio::test]
async fn the_token_of_an_invitation_is_not_in_the_database() {
    let server = Server::start(&clock()).await;
    let (text, token) = (text(&server).await, token(&server).await);
    server.store.close().await;
    for name in ["ocm.db", "ocm.db-wal"] {
        let bytes = std::fs::read(server.database().with_file_name(name)).unwrap_or_default();
        for secret in [&text, &token] {
            assert!(
                !bytes.windows(20).any(|window| window == &secret.as_bytes()[..20]),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn ocm_n103_an_invitation_counts_once() {
    let stage = Stage::start().await;
    let body = body(&stage.peer.url, &token(&stage.server).await);
    assert_eq!(post(&stage, &body).await.0, 200);
    stage.advance(1);
    assert_eq!(post(&stage, &body).await.0, 409);
    stage.advance(1);
    let mut other = body.clone();
    other["userID"] = "mallory".into();
    assert_eq!(post(&stage, &other).await.0, 409);
    let contacts = stage.server.ocm.contacts(&user("alice")).await.expect("contacts");
    assert_eq!(contacts.len(), 1);
}

#[tokio::test]
async fn ocm_n103_an_unknown_or_ended_invitation_is_refused_and_nobody_is_asked() {
    let stage = Stage::start().await;
    assert_eq!(post(&stage, &body(&stage.peer.url, "unknown-token")).await.0, 400);
    let good = body(&stage.peer.url, &token(&stage.server).await);
    stage.advance(30 * DAY_S);
    assert_eq!(post(&stage, &good).await.0, 400);
    for name in ["recipientProvider", "token", "userID", "email", "name"] {
        let mut lacking = good.clone();
        lacking.as_object_mut().map(|members| members.remove(name));
        let (status, answer) = post(&stage, &lacking).await;
        assert_eq!((status, &answer["validationErrors"][0]["name"]), (400, &json!(name)));
    }
    assert_eq!(stage.peer.requests(), 0);
}

#[tokio::test]
async fn ocm_n103_only_the_server_of_the_taker_may_say_so() {
    let stage = Stage::start().await;
    let token = token(&stage.server).await;
    assert_eq!(post(&stage, &body("https://victim.example", &token)).await.0, 403);
    let foreign = Key::ed25519(9);
    let named = body(&stage.peer.url, &token);
    assert_eq!(post_by(&stage, &named, Some(&foreign)).await.0, 401);
    assert_eq!(post_by(&stage, &named, None).await.0, 401, "it can sign");
    assert!(
        stage
            .server
            .ocm
            .contacts(&user("alice"))
            .await
            .expect("contacts")
            .is_empty()
    );
    stage.advance(1);
    assert_eq!(post(&stage, &named).await.0, 200, "and the invitation is still good");
}

#[tokio::test]
async fn a_server_that_does_not_sign_takes_no_invitation() {
    let stage = Stage::start().await;
    stage.peer_says(|answers| {
        answers.discovery["capabilities"] = json!(["invites"]);
        answers.discovery.as_object_mut().map(|members| {
            members.remove("jwksUri");
            members.remove("tokenEndPoint")
        });
    });
    let body = body(&stage.peer.url, &token(&stage.server).await);
    assert_eq!(post_by(&stage, &body, None).await.0, 403);
}

#[tokio::test]
async fn an_invitation_is_found_also_below_index_php_and_by_post_only() {
    let server = Server::start(&clock()).await;
    let send = async |method: &str, path: &str| {
        let request = server
            .request(method, path)
            .body(body("https://a.example", "x").to_string());
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(send("POST", "/index.php/ocm/invite-accepted").await, 400);
    assert_eq!(send("GET", "/ocm/invite-accepted").await, 405);
}

#[tokio::test]
async fn the_page_for_invitations_is_announced_where_there_is_one() {
    let announced = async |server: &Server| {
        let document: Value = server.get("/.well-known/ocm").await.json().await.expect("JSON");
        document["inviteAcceptDialog"].clone()
    };
    let clock = clock();
    let without = Server::start(&clock).await;
    assert_eq!(announced(&without).await, Value::Null);
    let with = Options::new(&clock).config(|config| config.invite_accept_dialog = Some("/apps/ocm/accept".to_owned()));
    let with = Server::with(with).await;
    assert_eq!(announced(&with).await, json!(format!("{}/apps/ocm/accept", with.url)));
}
