//! Clients that are told from server to server that a session ended.

mod kept;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_auth::fetch::{GuardedFetch, Network, Reach};
use nc_proto::oauth::{client_auth::AuthMethod, jose::Compact};
use nc_provider::{
    Endpoint, Role,
    admin::{Admin, AdminError, ClientChange, WhichClient},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    agent::Agent,
    flow::{Request, id_claims},
};
use crate::{
    documents::server::{Names, PUBLIC, Server},
    machine::world::{As, REDIRECT, ROLES, World},
};

const HOST: &str = "app.example";
const URI: &str = "https://app.example/backchannel?x=1";

/// The server of a client, which says what was posted to it.
struct Client {
    server: Server,
    posted: mpsc::UnboundedReceiver<String>,
}

impl Client {
    /// It answers with these statuses, one after the other, and with the last one for ever.
    async fn start(statuses: &[u16]) -> Self {
        let (send, posted) = mpsc::unbounded_channel();
        let statuses = Mutex::new(statuses.to_vec());
        let server = Server::start(HOST, move |path, text| {
            assert_eq!(path, "/backchannel?x=1");
            assert!(text.starts_with("POST "), "{text}");
            assert!(
                text.contains("content-type: application/x-www-form-urlencoded"),
                "{text}"
            );
            assert!(!text.contains("cookie") && !text.contains("authorization"), "{text}");
            let body = text.split("\r\n\r\n").nth(1).expect("a body");
            send.send(body.to_owned()).expect("awaited");
            let mut statuses = statuses.lock().expect("not poisoned");
            let status = if statuses.len() > 1 {
                statuses.remove(0)
            } else {
                statuses[0]
            };
            format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        })
        .await;
        Self { server, posted }
    }

    async fn next(&mut self) -> String {
        let waited = tokio::time::timeout(Duration::from_secs(20), self.posted.recv());
        waited.await.expect("in time").expect("posted")
    }

    /// Nothing came. What is on its way is under way by the time that another client was told.
    fn is_silent(&mut self) -> bool {
        self.posted.try_recv().is_err()
    }
}

async fn world(role: Role, client: &Client, addresses: &[IpAddr]) -> (World, Arc<Names>) {
    let world = World::with(
        role,
        |config| config.lifetimes.notice_pause = Duration::from_millis(5),
        |store| store,
    )
    .await;
    let names = tells(&world, client, addresses);
    for (id, uri) in [("app", Some(URI)), ("quiet", None)] {
        world
            .client(id, |document| {
                document.auth_method = AuthMethod::None;
                document.backchannel_logout_uri = uri.map(str::to_owned);
            })
            .await;
    }
    (world, names)
}

/// Lets the provider of a world reach a client.
fn tells(world: &World, client: &Client, addresses: &[IpAddr]) -> Arc<Names> {
    let names = Names::new(&[addresses], client.server.address);
    let network = Arc::clone(&names) as Arc<dyn Network>;
    let fetch = GuardedFetch::over(network, Reach::Public, vec![client.server.root.clone()]).expect("a client");
    let _same = world.provider.clone().with_notices(Arc::new(fetch));
    names
}

/// Header and claims of a logout token that one of this server's keys signed.
async fn read(world: &World, body: &str) -> (Value, Value) {
    let token = body.strip_prefix("logout_token=").expect("one parameter");
    assert!(
        world
            .provider
            .keys()
            .verify(&Compact::read(token).expect("a token"))
            .await
            .expect("verified")
    );
    let part = |index: usize| {
        let part = token.split('.').nth(index).expect("a part");
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
    };
    (part(0), part(1))
}

async fn log_out(agent: &mut Agent<'_>, hint: &str) {
    let path = format!("{}?id_token_hint={hint}", agent.world.path(Endpoint::Logout));
    agent.open(&path).await.is_page(200);
}

/// Connects a client; its ID token.
async fn connect(agent: &mut Agent<'_>, id: &str) -> String {
    let page = agent.connect(&Request::new(id), "ann").await;
    let tokens = agent.world.redeem(&As::Public(id), &page.code()).await;
    tokens.get("id_token")
}

#[tokio::test]
async fn a_client_is_told_that_the_session_ended_in_which_it_got_an_id_token() {
    for role in ROLES {
        let mut client = Client::start(&[200]).await;
        let (world, _) = world(role, &client, &[PUBLIC]).await;
        let mut agent = Agent::new(&world);
        let page = agent.connect(&Request::new("app"), "ann").await;
        let claims = id_claims(&world, &page.code()).await;
        let hint = connect(&mut agent, "quiet").await;
        // What it was given is swept long before its own session ends.
        world.pass(2 * 60 * 60);
        world.provider.upkeep().await.expect("kept up");
        log_out(&mut agent, &hint).await;
        let (header, told) = read(&world, &client.next().await).await;
        assert_eq!(
            (&header["typ"], &header["alg"]),
            (&json!("logout+jwt"), &json!("ES256"))
        );
        for (name, value) in [
            ("iss", &json!(world.provider.config().issuer)),
            ("aud", &json!("app")),
            ("sub", &claims["sub"]),
            ("sid", &claims["sid"]),
            ("iat", &json!(world.now())),
            ("exp", &json!(world.now() + 120)),
            (
                "events",
                &json!({"http://schemas.openid.net/event/backchannel-logout": {}}),
            ),
        ] {
            assert_eq!(&told[name], value, "{name}");
        }
        assert!(told["jti"].as_str().expect("text").len() >= 16);
        assert!(told.get("nonce").is_none());
        // Told once; the next session is another one.
        let hint = connect(&mut agent, "app").await;
        log_out(&mut agent, &hint).await;
        let (_, again) = read(&world, &client.next().await).await;
        assert_ne!(again["sid"], told["sid"]);
        assert_ne!(again["jti"], told["jti"]);
        assert!(client.is_silent());
    }
}

#[tokio::test]
async fn a_logout_token_is_no_hint_for_a_logout() {
    let mut client = Client::start(&[200]).await;
    let (world, _) = world(Role::Cloud, &client, &[PUBLIC]).await;
    let mut agent = Agent::new(&world);
    let hint = connect(&mut agent, "app").await;
    log_out(&mut agent, &hint).await;
    let token = client.next().await;
    let token = token.strip_prefix("logout_token=").expect("one parameter");
    connect(&mut agent, "app").await;
    let path = format!("{}?id_token_hint={token}", world.path(Endpoint::Logout));
    agent.open(&path).await.is_page(400);
    assert!(
        agent
            .ask(&Request::new("app").with("prompt", "none"))
            .await
            .told()
            .contains_key("code")
    );
}

#[tokio::test]
async fn who_has_no_session_makes_nobody_be_told_of_its_end() {
    for role in ROLES {
        let mut client = Client::start(&[200]).await;
        let (world, _) = world(role, &client, &[PUBLIC]).await;
        let mut agent = Agent::new(&world);
        let own = connect(&mut agent, "app").await;
        let hint = connect(&mut agent, "quiet").await;
        for hint in [&hint, &own] {
            log_out(&mut Agent::new(&world), hint).await;
        }
        world.pass(60);
        log_out(&mut agent, &hint).await;
        let (_, told) = read(&world, &client.next().await).await;
        assert_eq!(told["iat"], world.now(), "told when the session ended, not before");
        assert!(client.is_silent());
    }
}

#[tokio::test]
async fn signing_out_everywhere_tells_of_every_session_and_signing_out_here_of_one() {
    for role in ROLES {
        let mut client = Client::start(&[204]).await;
        let (world, _) = world(role, &client, &[PUBLIC]).await;
        let mut sids = Vec::new();
        let mut agents = [Agent::new(&world), Agent::new(&world), Agent::new(&world)];
        for agent in &mut agents {
            let page = agent.connect(&Request::new("app"), "ann").await;
            sids.push(id_claims(&world, &page.code()).await["sid"].clone());
        }
        let [one, two, _] = &mut agents;
        let page = one.open(&world.path(Endpoint::Logout)).await;
        one.submit(&page.form("/confirm")).await.is_page(200);
        assert_eq!(read(&world, &client.next().await).await.1["sid"], sids[0]);
        let page = two.open(&world.path(Endpoint::Logout)).await;
        let everywhere = page.form("/confirm").fill("everywhere", "1");
        two.submit(&everywhere).await.is_page(200);
        let mut told = vec![
            read(&world, &client.next().await).await.1["sid"].to_string(),
            read(&world, &client.next().await).await.1["sid"].to_string(),
        ];
        told.sort_unstable();
        let mut left = vec![sids[1].to_string(), sids[2].to_string()];
        left.sort_unstable();
        assert_eq!(told, left);
        assert!(client.is_silent());
    }
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_told_again_a_few_times_with_a_new_token() {
    let mut client = Client::start(&[503, 500, 200]).await;
    let (world, _) = world(Role::Cloud, &client, &[PUBLIC]).await;
    let mut agent = Agent::new(&world);
    let hint = connect(&mut agent, "app").await;
    log_out(&mut agent, &hint).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(read(&world, &client.next().await).await.1["jti"].to_string());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 3);

    // One that never does is given up, and one that refuses is not asked twice.
    for (status, attempts) in [(500, 4), (400, 1)] {
        let mut client = Client::start(&[status]).await;
        let (world, _) = self::world(Role::Cloud, &client, &[PUBLIC]).await;
        let mut agent = Agent::new(&world);
        let hint = connect(&mut agent, "app").await;
        log_out(&mut agent, &hint).await;
        for _ in 0..attempts {
            client.next().await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(client.is_silent(), "{status}");
        assert_eq!(client.server.connections(), attempts);
    }
}

#[tokio::test]
async fn an_address_that_is_not_public_gets_no_connection() {
    for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1"] {
        let client = Client::start(&[200]).await;
        let address: IpAddr = address.parse().expect("an address");
        let (world, names) = world(Role::Cloud, &client, &[address]).await;
        let mut agent = Agent::new(&world);
        let hint = connect(&mut agent, "app").await;
        log_out(&mut agent, &hint).await;
        for _ in 0..500 {
            if names.lookups() > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(names.lookups(), 1, "{address}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(
            (names.connected(), client.server.connections()),
            (Vec::new(), 0),
            "{address}"
        );
    }
    // What is no https URL, or names a private address itself, does not even get that far, wherever it comes from.
    let client = Client::start(&[200]).await;
    let (world, names) = world(Role::Cloud, &client, &[PUBLIC]).await;
    for uri in [
        "http://app.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://user@app.example/",
    ] {
        world
            .change_client("app", |client| {
                client.document.backchannel_logout_uri = Some(uri.to_owned());
            })
            .await;
        let mut agent = Agent::new(&world);
        let hint = connect(&mut agent, "app").await;
        log_out(&mut agent, &hint).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((names.lookups(), client.server.connections()), (0, 0));
}

#[tokio::test]
async fn the_address_is_registered_told_changed_and_checked() {
    for role in ROLES {
        let client = Client::start(&[200]).await;
        let (world, _) = world(role, &client, &[PUBLIC]).await;
        let register = async |uri: &str| {
            let body = json!({
                "client_name": "App", "redirect_uris": [REDIRECT],
                "backchannel_logout_uri": uri, "backchannel_logout_session_required": true,
            });
            let request = http::Request::post(world.path(Endpoint::Register))
                .header(http::header::CONTENT_TYPE, "application/json")
                .body(axum::body::Body::from(body.to_string()))
                .expect("a request");
            world.pass(60);
            world.send(request).await
        };
        let registered = register(URI).await.json();
        assert_eq!(registered["backchannel_logout_uri"], URI);
        assert_eq!(registered["backchannel_logout_session_required"], true);
        let admin = Admin::new(&*world.store, world.now(), "root");
        for bad in [
            "http://app.example/",
            "https://app.example/#x",
            "https://localhost/",
            "https://192.168.1.1/",
            "https://[fe80::1]/",
            "javascript:alert(1)",
            "/relative",
        ] {
            register(bad).await.is(400, "invalid_client_metadata");
            let change = vec![ClientChange::BackchannelLogoutUri(Some(bad.to_owned()))];
            let refused = admin.change_client(WhichClient::Id("quiet"), change).await;
            assert!(matches!(refused, Err(AdminError::Invalid(_))), "{bad}");
        }
        let change = vec![
            ClientChange::BackchannelLogoutUri(Some(URI.to_owned())),
            ClientChange::BackchannelLogoutSessionRequired(true),
        ];
        let changed = admin
            .change_client(WhichClient::Id("quiet"), change)
            .await
            .expect("changed");
        let shown = nc_provider::admin::describe_client(&changed, &[]);
        assert_eq!(
            (
                &shown["backchannelLogoutUri"],
                &shown["backchannelLogoutSessionRequired"]
            ),
            (&json!(URI), &json!(true))
        );
        let document = world.get("/.well-known/openid-configuration").await.json();
        assert_eq!(document["backchannel_logout_supported"], true);
        assert_eq!(document["backchannel_logout_session_supported"], true);
        let without = World::new(role).await;
        let document = without.get("/.well-known/openid-configuration").await.json();
        assert!(!document.to_string().contains("backchannel"));
    }
}

#[tokio::test]
async fn a_stopped_client_and_one_that_took_its_address_back_are_not_told() {
    let mut client = Client::start(&[200]).await;
    let (world, names) = world(Role::Cloud, &client, &[PUBLIC]).await;
    world
        .client("other", |document| {
            document.auth_method = AuthMethod::None;
            document.backchannel_logout_uri = Some(URI.to_owned());
        })
        .await;
    let mut agent = Agent::new(&world);
    connect(&mut agent, "app").await;
    let hint = connect(&mut agent, "other").await;
    let page = agent.connect(&Request::new("quiet"), "ann").await;
    let _tokens = world.redeem(&As::Public("quiet"), &page.code()).await;
    world.change_client("app", |client| client.record.disabled = true).await;
    log_out(&mut agent, &hint).await;
    assert_eq!(read(&world, &client.next().await).await.1["aud"], "other");
    assert!(client.is_silent());
    assert_eq!(names.lookups(), 1);
}
