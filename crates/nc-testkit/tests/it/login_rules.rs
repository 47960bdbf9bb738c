//! Rules of signing in with an issuer elsewhere that no other file holds.

use std::{
    io,
    sync::{Arc, Mutex},
};

use nc_testkit::{app::Reply, external_app::ExternalApp, tab::Tab};
use serde_json::json;
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};
use url::Url;

use crate::{
    external_start::Place,
    foreign_issuer::{ForeignIssuer, with},
    giving::{ALL, Both, PASSWORD, REFRESH},
    sign_in_answers::{Three, id_header},
};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "https://app.example/cb?a=b&c=d%20e";
/// A request that is in order.
const GOOD: [(&str, &str); 8] = [
    ("response_type", "code"),
    ("client_id", "web"),
    ("redirect_uri", REDIRECT),
    ("scope", "openid notes:read"),
    ("state", "a state & more"),
    ("nonce", "n"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

async fn asks(mcp: &ExternalApp, pairs: &[(&str, &str)]) -> Reply {
    let at = Url::parse_with_params(&format!("{}/oauth/authorize", mcp.url), pairs).expect("an address");
    Tab::new().step("GET", &at, None).await
}

/// The good request with one parameter changed, or without it.
fn changed<'a>(name: &'a str, value: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let others = GOOD.into_iter().filter(|(known, _)| *known != name);
    others.chain(value.map(|value| (name, value))).collect()
}

fn assert_is_refused(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 400, "{what}: {}", reply.text);
    assert!(reply.headers.get("location").is_none(), "{what}");
    assert!(
        reply.text.contains("This request cannot be used"),
        "{what}: {}",
        reply.text
    );
    assert_is_closed(reply);
}

/// Nothing gets in or stays behind.
fn assert_is_closed(reply: &Reply) {
    let header = |name: &str| reply.headers[name].to_str().expect("text");
    assert_eq!(header("cache-control"), "no-store");
    assert!(["same-origin", "no-referrer"].contains(&header("referrer-policy")));
    let policy = header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    for inside in [" style=", " onclick=", "javascript:"] {
        assert!(!reply.text.contains(inside), "{inside} in {}", reply.text);
    }
}

#[tokio::test]
async fn r_f6_r_f17_r_f18_r_f30_a_client_that_asks_here_is_sent_on_with_its_own_words() {
    let place = Place::new().await;
    let there = format!("{}/authorize?tenant=home", place.issuer.url);
    place.issuer.describe("authorization_endpoint", json!(there));
    let mcp = place.start_with_client(&[]).await.expect("it starts");
    let further = [("request_id", "x"), ("access_type", "offline")];
    let reply = asks(&mcp, &[&GOOD[..], &further].concat()).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let target = Url::parse(reply.headers["location"].to_str().expect("text")).expect("an address");
    assert_eq!(
        target.origin(),
        Url::parse(&place.issuer.url).expect("an address").origin()
    );
    let pairs: Vec<(String, String)> = target.query_pairs().into_owned().collect();
    let mut expected = vec![("tenant", "home")];
    expected.extend(GOOD);
    expected.push(("resource", &mcp.mcp_url));
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    // No scope and no prompt are added, and the redirect URI is still one value.
    assert_eq!(pairs, expected);
    // What the client itself asks for stays.
    let reply = asks(
        &mcp,
        &[&GOOD[..], &[("prompt", "login"), ("resource", &mcp.mcp_url)]].concat(),
    )
    .await;
    let location = reply.headers["location"].to_str().expect("text").to_owned();
    assert_eq!(location.matches("resource=").count(), 1, "{location}");
    assert!(location.contains("prompt=login"), "{location}");
    // The issuer was asked nothing: it decides when the browser comes.
    assert_eq!(place.issuer.asked_elsewhere(), 0);
}

#[tokio::test]
async fn r_f5_r_f6_r_f16_r_f30_a_request_that_does_not_hold_gets_a_page_and_goes_nowhere() {
    let place = Place::new().await;
    let mcp = place.start_with_client(&[]).await.expect("it starts");
    let long = "a".repeat(129);
    for (name, value) in [
        ("response_type", None),
        ("response_type", Some("token")),
        ("response_type", Some("code token")),
        ("client_id", None),
        ("client_id", Some("")),
        ("redirect_uri", None),
        ("redirect_uri", Some("/cb")),
        ("redirect_uri", Some("javascript:alert(1)")),
        ("redirect_uri", Some("http://app.example/cb")),
        ("redirect_uri", Some("https://app.example@evil.example/cb")),
        ("redirect_uri", Some("https://app.example/cb#x")),
        ("redirect_uri", Some("https://app.example/\r\nx: y")),
        ("state", None),
        ("state", Some("")),
        ("code_challenge", None),
        ("code_challenge", Some(&CHALLENGE[1..])),
        ("code_challenge", Some(&long)),
        ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")),
        ("code_challenge_method", None),
        ("code_challenge_method", Some("plain")),
        ("code_challenge_method", Some("s256")),
        ("resource", Some("https://elsewhere.example/mcp")),
        ("request", Some("eyJhbGciOiJub25lIn0.e30.")),
        ("request_uri", Some("https://evil.example/request")),
        ("request_uri", Some("urn:ietf:params:oauth:request_uri:x")),
    ] {
        let reply = asks(&mcp, &changed(name, value)).await;
        assert_is_refused(&reply, &format!("{name} {value:?}"));
        assert!(
            !reply.text.contains("evil.example") && !reply.text.contains("alert"),
            "{}",
            reply.text
        );
    }
    for twice in ["client_id", "redirect_uri", "state", "scope"] {
        let reply = asks(&mcp, &[&GOOD[..], &[(twice, "other")]].concat()).await;
        assert_is_refused(&reply, twice);
    }
    assert_is_refused(&asks(&mcp, &[]).await, "nothing");
    assert_eq!(asks(&mcp, &GOOD).await.status, 303);
}

#[tokio::test]
async fn r_f5_r_f25_only_listed_clients_are_sent_on_and_to_their_own_addresses() {
    let place = Place::new().await;
    let list = "web|https://app.example/cb, device | http://127.0.0.1/cb,any,docs.example";
    let mcp = place
        .start_with_client(&[("ALLOWED_MCP_CLIENTS", list)])
        .await
        .expect("it starts");
    for (client, redirect_uri, status) in [
        ("web", "https://app.example/cb", 303),
        ("web", "https://app.example/cb/", 400),
        ("web", "https://app.example/cb?x=y", 400),
        ("web", "https://app.example.evil.example/cb", 400),
        ("web", "http://127.0.0.1/cb", 400),
        ("device", "http://127.0.0.1:4711/cb", 303),
        ("device", "http://127.0.0.1:4711/other", 400),
        ("any", "https://anywhere.example/", 303),
        ("https://docs.example/client.json", "https://docs.example/cb", 303),
        ("https://other.example/client.json", "https://docs.example/cb", 400),
        ("unknown", "https://app.example/cb", 400),
        ("web|https", "https://app.example/cb", 400),
    ] {
        let pairs = changed("redirect_uri", Some(redirect_uri));
        let pairs = pairs.into_iter().filter(|(name, _)| *name != "client_id");
        let pairs: Vec<_> = pairs.chain([("client_id", client)]).collect();
        let reply = asks(&mcp, &pairs).await;
        assert_eq!(reply.status.as_u16(), status, "{client} {redirect_uri}");
    }
}

#[tokio::test]
async fn r_f25_tokens_of_clients_that_the_operator_does_not_list_are_refused() {
    let place = Place::new().await;
    place.introspects(200, json!({ "active": false }));
    let document = "https://docs.example/client.json";
    for (list, client, status) in [
        ("client", "client", 200),
        ("other,client|https://app.example/cb", "client", 200),
        ("other", "client", 401),
        ("Client", "client", 401),
        ("docs.example", document, 200),
        ("docs.example", "https://docs.example.evil.example/client.json", 401),
        ("client", "", 401),
    ] {
        let settings = [("ALLOWED_MCP_CLIENTS", list)];
        let mcp = place.start_with_client(&settings).await.expect("it starts");
        let opaque = with(place.introspected(&mcp), "client_id", json!(client));
        place.introspects(200, opaque);
        let claims = with(place.issuer.claims(&place.cloud), "aud", json!(mcp.mcp_url));
        let signed = place.issuer.token(&with(claims, "client_id", json!(client)));
        for token in ["opaque", &signed] {
            let reply = mcp.list(token).await;
            assert_eq!(reply.status.as_u16(), status, "{list} {client}: {}", reply.text);
            if status == 401 {
                let challenge = reply.headers["www-authenticate"].to_str().expect("text");
                assert!(challenge.contains("invalid_token"), "{challenge}");
            }
        }
    }
}

#[tokio::test]
async fn r_f19_the_description_is_read_once_and_a_huge_one_not_at_all() {
    let place = Place::new().await;
    let mcp = place.start_with_client(&[]).await.expect("it starts");
    let asked = place.issuer.asked_for_description();
    for _ in 0..3 {
        assert_eq!(mcp.list(&place.token(&mcp, "one")).await.status, 200);
    }
    assert_eq!(place.issuer.asked_for_description(), asked);
    place.issuer.describe("padding", json!("x".repeat(256 * 1024)));
    let Err(text) = place.start_with_client(&[]).await else {
        panic!("it started")
    };
    assert!(text.contains("too large"), "{text}");
}

#[tokio::test]
async fn r_f18_to_show_who_they_are_people_are_not_asked_to_agree_to_anything() {
    let both = Both::boot(PASSWORD).await;
    let token = both.token(&both.cloud.alice, ALL).await;
    let mut tab = Tab::new();
    both.way_back(&mut tab, &token, &both.cloud.alice).await;
    let asked = tab.visited.iter().find(|url| url.contains("/authorize?"));
    let asked = Url::parse(asked.expect("a request")).expect("an address");
    let get = |name: &str| Some(asked.query_pairs().find(|(known, _)| known == name)?.1.into_owned());
    assert_eq!((get("prompt"), get("resource")), (None, None));
    assert_eq!(get("scope").as_deref(), Some("openid"));
}

#[tokio::test]
async fn r_f27_a_sign_in_outlives_a_restart_and_not_its_ten_minutes() {
    let mut both = Both::boot(REFRESH).await;
    for (minutes, status) in [(11, 400), (0, 200)] {
        let token = both.token(&both.cloud.alice, ALL).await;
        let mut tab = Tab::new();
        let back = both.way_back(&mut tab, &token, &both.cloud.alice).await;
        both.restart().await;
        both.cloud.clock.advance(time::Duration::minutes(minutes));
        let page = tab.open("GET", back.as_str(), None).await;
        assert_eq!(page.reply.status.as_u16(), status, "{}", page.reply.text);
        assert_is_closed(&page.reply);
    }
}

#[tokio::test]
async fn r_f22_r_f23_what_a_person_gave_ends_when_the_issuer_says_and_names_the_client_that_asked() {
    let three = Three::boot_at(ForeignIssuer::boot().await, true).await;
    let mut begun = three.begin().await;
    let key = &three.issuer.key;
    let id_token = key.sign(&id_header(key), &three.claims(&begun));
    let answer = json!({
        "access_token": "an access token", "token_type": "Bearer", "expires_in": 300, "id_token": id_token,
        "refresh_token": "a refresh token", "refresh_expires_in": 1000,
    });
    three.issuer.answer("token_endpoint", "/token", 200, answer);
    let page = begun.come_back().await;
    assert_eq!(page.reply.status, 200, "{}", page.reply.text);
    assert_is_closed(&page.reply);
    let now = three.cloud.clock.now().unix_timestamp();
    let kept = three
        .mcp
        .vault
        .find_refresh("alice")
        .await
        .expect("read")
        .expect("kept");
    assert_eq!((kept.expires_at, kept.client.as_str()), (Some(now + 1000), "client"));
    for (after_s, is_active) in [(999, true), (1, false)] {
        three.cloud.clock.advance(time::Duration::seconds(after_s));
        let kept = three
            .mcp
            .vault
            .find_refresh("alice")
            .await
            .expect("read")
            .expect("kept");
        assert_eq!((kept.is_active, kept.is_expired), (is_active, !is_active));
    }
    // The person is told, and the issuer is not asked in vain.
    three.cloud.clock.advance(time::Duration::hours(1));
    three.issuer.posted();
    let token = three.token();
    let called = three.mcp.call(&token, "check_provisioning_status", json!({})).await;
    assert_eq!(called.structured()["status"], "expired");
    assert!(three.issuer.posted().is_empty());
}

#[tokio::test]
async fn r_f24_every_page_on_the_way_lets_nothing_in() {
    let three = Three::boot_at(ForeignIssuer::boot().await, true).await;
    let key = &three.issuer.key;
    let mut begun = three.begin().await;
    three.issuer.answer("token_endpoint", "/token", 500, json!({}));
    let page = begun.come_back().await;
    assert_eq!(page.reply.status, 502);
    assert_is_closed(&page.reply);
    // Somebody else, no lasting access, and all as it should be.
    for (sub, refresh_token, status) in [("bob", Some("r"), 403), ("alice", None, 502), ("alice", Some("r"), 200)] {
        let mut begun = three.begin().await;
        let claims = with(three.claims(&begun), "sub", json!(sub));
        three.gives(Some(&key.sign(&id_header(key), &claims)), refresh_token);
        let page = begun.come_back().await;
        assert_eq!(page.reply.status.as_u16(), status, "{}", page.reply.text);
        assert_is_closed(&page.reply);
        // Once more.
        let page = begun.come_back().await;
        assert_eq!(page.reply.status, 400);
        assert_is_closed(&page.reply);
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn r_f21_the_log_tells_of_sign_ins_without_names_and_secrets() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let filter = nc_server::log_filter("trace");
    let _guard = tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .set_default();
    let three = Three::boot_at(ForeignIssuer::boot().await, true).await;
    let mut secrets = Vec::new();
    for nonce in [Some("other"), None] {
        let mut begun = three.begin().await;
        let mut claims = with(three.claims(&begun), "name", json!("Ann Example"));
        if let Some(nonce) = nonce {
            claims = with(claims, "nonce", json!(nonce));
        }
        let key = &three.issuer.key;
        let id_token = key.sign(&id_header(key), &claims);
        three.gives(Some(&id_token), Some("a-refresh-token"));
        begun.come_back().await;
        for name in ["state", "nonce", "code_challenge"] {
            let value = begun.get(name);
            secrets.push(value[..12].to_owned());
        }
        secrets.push(id_token);
    }
    assert!(three.is_provisioned().await);
    let logged = String::from_utf8(lines.0.lock().expect("not poisoned").clone()).expect("text");
    assert!(logged.contains("a sign-in at the issuer did not end well"), "{logged}");
    assert!(logged.contains("/oauth/callback"), "requests are told of");
    secrets.extend(["a-code", "a-refresh-token", "Ann Example", "alice"].map(str::to_owned));
    for secret in secrets {
        let found: Vec<&str> = logged.lines().filter(|line| line.contains(&secret)).collect();
        assert!(found.is_empty(), "{secret} in {found:#?}");
    }
}
