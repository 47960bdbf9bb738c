//! Clients that are known by a metadata document, fetched over TLS from a server behind a public-looking name.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use nc_auth::fetch::{GuardedFetch, Network, Reach};
use nc_provider::{Endpoint, ProviderConfig, Role};
use tower::ServiceExt as _;

use crate::machine::world::{ROLES, World};

mod changing;
#[path = "../../../nc-auth/src/fetch/guarded/tests/server.rs"]
pub(crate) mod server;

use server::{Names, PUBLIC, Server, json};

const HOST: &str = "client.example";
const ID: &str = "https://client.example/oauth.json";
const REDIRECT: &str = "http://127.0.0.1/cb";

fn document(id: &str, more: &str) -> String {
    format!(
        "{{\"client_id\":\"{id}\",\"client_name\":\"Example\",\"redirect_uris\":[\"{REDIRECT}\"],\"token_endpoint_auth_method\":\"none\"{more}}}"
    )
}

/// A world that fetches documents through these names.
async fn world(role: Role, hosts: &[&str], server: &Server, names: &Arc<Names>) -> World {
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    world_with(role, |config| config.document_hosts = hosts, server, names).await
}

async fn world_with(
    role: Role,
    change: impl FnOnce(&mut ProviderConfig),
    server: &Server,
    names: &Arc<Names>,
) -> World {
    let world = World::with(role, change, |store| store).await;
    let names = Arc::clone(names) as Arc<dyn Network>;
    let fetch = GuardedFetch::over(names, Reach::Public, vec![server.root.clone()]).expect("a client");
    let _same = world.provider.clone().with_fetch(Arc::new(fetch));
    world
}

/// Begins an authorization request. `Ok` with where the browser is sent, `Err` with the page.
async fn authorize(world: &World, client_id: &str) -> Result<String, String> {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let config = world.provider.config();
    let endpoint = config.url(Endpoint::Authorize);
    let path = endpoint.strip_prefix(config.issuer.as_str()).expect("below the issuer");
    let target = format!(
        "{path}?response_type=code&client_id={}&redirect_uri={}&code_challenge={}&code_challenge_method=S256&scope=openid&state=s",
        encode(client_id),
        encode("http://127.0.0.1:5000/cb"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    let request = Request::get(target).body(Body::empty()).expect("a request");
    let answer = world.provider.router().oneshot(request).await.expect("answered");
    if answer.status() == StatusCode::SEE_OTHER {
        let to = answer.headers()[header::LOCATION].to_str().expect("ASCII").to_owned();
        return Ok(to);
    }
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(!answer.headers().contains_key(header::LOCATION));
    let page = answer.into_body().collect().await.expect("a page").to_bytes();
    Err(String::from_utf8_lossy(&page).into_owned())
}

#[tokio::test]
async fn a_client_is_known_by_its_document() {
    for role in ROLES {
        let server = Server::start(HOST, |_, _| json(&document(ID, ""), "")).await;
        let names = Names::new(&[&[PUBLIC]], server.address);
        let world = world(role, &[], &server, &names).await;
        assert!(authorize(&world, ID).await.is_ok());
        let client = world.find_client(ID).await;
        assert_eq!((client.document.name.as_str(), client.is_public()), ("Example", true));
        assert!(client.is_self_described() && client.document.document_hash.is_some());
        assert_eq!(names.connected(), [PUBLIC]);
    }
}

#[tokio::test]
async fn d09_documents_that_lie_or_hold_secrets_are_refused() {
    let path = |path: &str| format!("https://client.example/{path}");
    let server = Server::start(HOST, move |asked, _| {
        let own = format!("https://client.example{asked}");
        let padded = |bytes: usize| {
            let bare = document(&own, ",\"x\":\"\"").len();
            document(&own, &format!(",\"x\":\"{}\"", "x".repeat(bytes - bare)))
        };
        match asked {
            "/redirect" => format!("HTTP/1.1 302 Found\r\nlocation: {ID}\r\ncontent-length: 0\r\n\r\n"),
            "/fits" => json(&padded(5 * 1024), ""),
            "/large" => json(&padded(5 * 1024 + 1), ""),
            "/mismatch" => json(&document(ID, ""), ""),
            "/secret" => json(&document(&own, ",\"client_secret\":\"x\""), ""),
            "/expiry" => json(&document(&own, ",\"client_secret_expires_at\":0"), ""),
            "/symmetric" => json(&document(&own, "").replace("\"none\"", "\"client_secret_post\""), ""),
            "/html" => json(&document(&own, ""), "").replace("application/json", "text/html"),
            "/missing" => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "/nameless" => json(&document(&own, "").replace("\"client_name\":\"Example\",", ""), ""),
            _ => json(&document(&own, ""), ""),
        }
    })
    .await;
    for role in ROLES {
        let names = Names::new(&[&[PUBLIC]], server.address);
        let world = world(role, &[], &server, &names).await;
        for bad in [
            "redirect",
            "large",
            "mismatch",
            "secret",
            "expiry",
            "symmetric",
            "html",
            "missing",
            "nameless",
        ] {
            assert!(authorize(&world, &path(bad)).await.is_err(), "{bad}");
            assert!(
                world.store.find_client(&path(bad)).await.expect("found").is_none(),
                "{bad}"
            );
        }
        assert!(authorize(&world, &path("fits")).await.is_ok());
        assert!(authorize(&world, &path("other")).await.is_ok());
    }
}

#[tokio::test]
async fn d09_addresses_that_are_not_public_are_never_connected_to() {
    let server = Server::start(HOST, |path, _| {
        json(&document(&format!("https://client.example{path}"), ""), "")
    })
    .await;
    let port = server.address.port();
    for role in ROLES {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "100.64.1.1",
        ];
        for address in private {
            let address: IpAddr = address.parse().expect("an address");
            let names = Names::new(&[&[address]], server.address);
            let world = world(role, &[], &server, &names).await;
            assert!(authorize(&world, ID).await.is_err(), "{address}");
            assert_eq!((names.lookups(), names.connected().len()), (1, 0));
        }
        let names = Names::new(&[&[PUBLIC]], server.address);
        let world = world(role, &[], &server, &names).await;
        for id in [
            "http://client.example/oauth.json".to_owned(),
            format!("https://127.0.0.1:{port}/oauth.json"),
            format!("https://[::1]:{port}/oauth.json"),
            format!("https://[::ffff:127.0.0.1]:{port}/oauth.json"),
            format!("https://localhost:{port}/oauth.json"),
            "https://client.example".to_owned(),
            "https://client.example/".to_owned(),
            "https://user@client.example/oauth.json".to_owned(),
            "https://client.example/a/../oauth.json".to_owned(),
            "https://client.example/oauth.json#x".to_owned(),
        ] {
            assert!(authorize(&world, &id).await.is_err(), "{id}");
        }
        assert_eq!(names.lookups(), 0);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn d09_a_host_that_changes_its_address_gains_nothing() {
    for role in ROLES {
        let server = Server::start(HOST, |_, _| json(&document(ID, ""), "cache-control: max-age=300\r\n")).await;
        let names = Names::new(
            &[&[PUBLIC], &["127.0.0.1".parse().expect("an address")]],
            server.address,
        );
        let world = world(role, &[], &server, &names).await;
        assert!(authorize(&world, ID).await.is_ok());
        assert_eq!(
            (names.lookups(), names.connected()),
            (1, vec![PUBLIC]),
            "one look, and there it went"
        );
        world.pass(301);
        assert!(authorize(&world, ID).await.is_err());
        assert_eq!(
            (names.lookups(), names.connected(), server.connections()),
            (2, vec![PUBLIC], 1)
        );
    }
}

#[tokio::test]
async fn a_document_is_kept_within_its_bounds_and_a_failure_rests_for_a_minute() {
    let asked = Arc::new(AtomicU64::new(0));
    let (count, age) = (Arc::clone(&asked), Arc::new(AtomicU64::new(0)));
    let max_age = Arc::clone(&age);
    let server = Server::start(HOST, move |path, _| {
        count.fetch_add(1, Ordering::SeqCst);
        if path == "/gone.json" {
            return "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned();
        }
        let more = format!("cache-control: max-age={}\r\n", max_age.load(Ordering::SeqCst));
        json(&document(ID, ""), &more)
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    let world = world(Role::Cloud, &[], &server, &names).await;
    let fetched = async |id: &str| {
        let before = asked.load(Ordering::SeqCst);
        let _ = authorize(&world, id).await;
        asked.load(Ordering::SeqCst) - before
    };
    // No lifetime counts as five minutes, a year as a day.
    for (seconds, kept) in [(0, 300), (600, 600), (31_536_000, 86_400)] {
        age.store(seconds, Ordering::SeqCst);
        world.pass(100_000);
        assert_eq!(fetched(ID).await, 1);
        world.pass(kept - 1);
        assert_eq!(fetched(ID).await, 0, "{seconds}");
        age.store(600, Ordering::SeqCst);
        world.pass(1);
        assert_eq!(fetched(ID).await, 1, "{seconds}");
    }
    let gone = "https://client.example/gone.json";
    assert_eq!(fetched(gone).await, 1);
    world.pass(59);
    assert_eq!(fetched(gone).await, 0);
    world.pass(1);
    assert_eq!(fetched(gone).await, 1);
}

#[tokio::test]
async fn a_client_survives_its_servers_absence_for_a_day_and_no_change_of_mind() {
    let state = Arc::new(AtomicU64::new(0));
    let shown = Arc::clone(&state);
    let server = Server::start(HOST, move |_, _| match shown.load(Ordering::SeqCst) {
        0 => json(&document(ID, ""), ""),
        1 => "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".to_owned(),
        2 => json(&document("https://client.example/other", ""), ""),
        _ => json(&document(ID, ",\"scope\":\"notes:read\""), ""),
    })
    .await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    let world = world(Role::McpServer, &[], &server, &names).await;
    assert!(authorize(&world, ID).await.is_ok());
    let hash = world.find_client(ID).await.document.document_hash;
    state.store(1, Ordering::SeqCst);
    for _ in 0..3 {
        world.pass(20_000);
        assert!(authorize(&world, ID).await.is_ok());
    }
    world.pass(30_000);
    assert!(authorize(&world, ID).await.is_err(), "more than a day");
    state.store(3, Ordering::SeqCst);
    world.pass(61);
    let _ = authorize(&world, ID).await;
    let changed = world.find_client(ID).await.document;
    assert_ne!(changed.document_hash, hash, "so consent is asked again");
    assert_eq!(changed.allowed_scopes.as_deref(), Some(&["notes:read".to_owned()][..]));
    state.store(2, Ordering::SeqCst);
    world.pass(301);
    assert!(authorize(&world, ID).await.is_err(), "a document of another client");
}

#[tokio::test]
async fn only_documents_of_allowed_hosts_are_read_and_disabled_clients_stay_so() {
    let server = Server::start(HOST, |_, _| json(&document(ID, ""), "")).await;
    let names = Names::new(&[&[PUBLIC]], server.address);
    for list in [&["other.example"][..], &["!client.example"]] {
        let world = world(Role::Cloud, list, &server, &names).await;
        assert!(authorize(&world, ID).await.is_err());
    }
    assert_eq!(names.lookups(), 0);
    let world = world(Role::Cloud, &["client.example"], &server, &names).await;
    assert!(authorize(&world, ID).await.is_ok());
    world.change_client(ID, |client| client.record.disabled = true).await;
    assert!(authorize(&world, ID).await.is_err());
    world.pass(100_000);
    assert!(authorize(&world, ID).await.is_err());
}

#[tokio::test]
async fn where_clients_are_listed_only_their_documents_are_read() {
    let server = Server::start(HOST, |_, _| json(&document(ID, ""), "")).await;
    for (list, is_known) in [(&[ID][..], true), (&[HOST], true), (&["other.example", "app"], false)] {
        for role in ROLES {
            let names = Names::new(&[&[PUBLIC]], server.address);
            let list: Vec<String> = list.iter().map(|entry| (*entry).to_owned()).collect();
            let world = world_with(role, |config| config.allowed_clients = list, &server, &names).await;
            assert_eq!(authorize(&world, ID).await.is_ok(), is_known);
            assert_eq!(names.connected().is_empty(), !is_known);
            let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
            assert_eq!(metadata["client_id_metadata_document_supported"], true);
        }
    }
}
