//! How the MCP server begins with an issuer elsewhere, and what it does when that one answers oddly.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::hmac;
use nc_testkit::{
    app::Reply,
    cloud_app::CloudApp,
    external_app::{Door, ExternalApp},
    tab::Tab,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::{
    foreign_issuer::{ForeignIssuer, World, encode, with},
    forged_tokens::decode,
};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const NO_PATIENCE: (&str, &str) = ("NEXTCLOUD_MCP__ISSUER__PATIENCE_S", "0");

/// A cloud, an issuer, and a folder for the MCP server.
pub(crate) struct Place {
    pub(crate) cloud: CloudApp,
    pub(crate) issuer: ForeignIssuer,
    data: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self {
            cloud: CloudApp::boot().await,
            issuer: ForeignIssuer::boot().await,
            data: tempfile::tempdir().expect("a folder"),
        }
    }

    pub(crate) async fn start(&self, settings: &[(&str, &str)]) -> Result<ExternalApp, String> {
        self.start_at(Door::new(), settings).await
    }

    pub(crate) async fn start_at(&self, door: Door, settings: &[(&str, &str)]) -> Result<ExternalApp, String> {
        let opened = ExternalApp::open(door, &self.cloud, self.data.path(), settings).await;
        opened.map_err(|error| format!("{error:#}"))
    }

    pub(crate) async fn start_with_client(&self, more: &[(&str, &str)]) -> Result<ExternalApp, String> {
        self.start(&[&self.issuer.settings_with_client(), more].concat()).await
    }

    /// Why it does not start.
    async fn refusal(&self, more: &[(&str, &str)]) -> String {
        match self.start_with_client(more).await {
            Ok(_) => panic!("it started"),
            Err(text) => text,
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.data.path().join(".nextcloud_oauth_client.json")
    }

    /// What the issuer answers about an opaque token.
    pub(crate) fn introspected(&self, mcp: &ExternalApp) -> Value {
        let now = self.cloud.clock.now().unix_timestamp();
        json!({
            "active": true, "iss": self.issuer.url, "aud": mcp.mcp_url, "sub": "alice", "client_id": "client",
            "exp": now + 300, "scope": "notes:read", "token_type": "Bearer",
        })
    }

    pub(crate) fn introspects(&self, status: u16, body: Value) {
        self.issuer
            .answer("introspection_endpoint", "/introspect", status, body);
    }

    pub(crate) fn exchanges(&self, status: u16, body: Value) {
        self.issuer.describe("grant_types_supported", json!([EXCHANGE]));
        self.issuer.answer("token_endpoint", "/token", status, body);
    }

    pub(crate) fn token(&self, mcp: &ExternalApp, jti: &str) -> String {
        let claims = with(self.issuer.claims(&self.cloud), "aud", json!(mcp.mcp_url));
        self.issuer.token(&with(claims, "jti", json!(jti)))
    }
}

pub(crate) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

fn assert_is_invalid(reply: &Reply) {
    assert_eq!(reply.status, 401, "{reply:?}");
    let challenge = reply.headers["www-authenticate"].to_str().expect("text");
    assert!(challenge.contains("invalid_token"), "{challenge}");
}

#[tokio::test]
async fn m05_r_f19_an_issuer_without_s256_or_of_another_name_is_not_started_with() {
    let place = Place::new().await;
    drop(place.start_with_client(&[]).await.expect("it starts"));
    for (name, member, said) in [
        ("code_challenge_methods_supported", json!(null), "S256"),
        ("code_challenge_methods_supported", json!(["plain"]), "S256"),
        ("issuer", json!("http://127.0.0.1"), "another issuer"),
        ("issuer", json!("https://elsewhere.example"), "another issuer"),
        ("token_endpoint", json!("http://elsewhere.example/token"), "TLS"),
        ("jwks_uri", json!(null), "jwks_uri"),
        ("token_endpoint", json!(null), "cannot be read"),
    ] {
        let place = Place::new().await;
        place.issuer.describe(name, member);
        let before = place.issuer.asked_for_description();
        let text = place.refusal(&[]).await;
        assert!(text.contains(said), "{name}: {text}");
        // What is wrong does not get better by asking again.
        assert_eq!(place.issuer.asked_for_description(), before + 1);
    }
    // The setting decides, not the document.
    let text = place
        .refusal(&[("NEXTCLOUD_PUBLIC_ISSUER_URL", "https://sso.example")])
        .await;
    assert!(text.contains("NEXTCLOUD_PUBLIC_ISSUER_URL"), "{text}");
}

#[tokio::test]
async fn an_issuer_that_is_not_there_yet_is_waited_for_and_one_that_stays_away_is_not() {
    let place = Place::new().await;
    place.issuer.set_down(true);
    let text = place.refusal(&[NO_PATIENCE]).await;
    assert!(text.contains("cannot be fetched") && text.contains("503"), "{text}");
    let before = place.issuer.asked_for_description();
    let comes_back = async {
        while place.issuer.asked_for_description() == before {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        place.issuer.set_down(false);
    };
    let (started, ()) = tokio::join!(place.start_with_client(&[]), comes_back);
    started.expect("it starts");
    // Nobody listens there.
    let nowhere = (
        "OIDC_DISCOVERY_URL",
        "http://127.0.0.1:9/.well-known/openid-configuration",
    );
    let text = place.refusal(&[nowhere, NO_PATIENCE]).await;
    assert!(text.contains("cannot be reached"), "{text}");
}

#[tokio::test]
async fn m17_the_registered_client_is_kept_for_its_owner_and_its_issuer_only() {
    let place = Place::new().await;
    let registered = json!({ "client_id": "one", "client_secret": "first", "client_secret_expires_at": 0 });
    place
        .issuer
        .answer("registration_endpoint", "/register", 201, registered);
    let settings = [("OIDC_DISCOVERY_URL", place.issuer.discovery_url.as_str())];
    let mcp = place.start(&settings).await.expect("it starts");
    let posted = place.issuer.posted();
    let (path, body) = &posted[0];
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((path.as_str(), posted.len()), ("/register", 1));
    assert_eq!(body["redirect_uris"], json!([format!("{}/oauth/callback", mcp.url)]));
    assert_eq!(body["resource_url"], mcp.mcp_url);
    assert_eq!(
        (&body["token_type"], &body["application_type"]),
        (&json!("bearer"), &json!("native"))
    );
    assert_eq!(mode(&place.file()), 0o600);
    // Another start uses it.
    drop(place.start(&settings).await.expect("it starts"));
    assert!(place.issuer.posted().is_empty());
    // Others may read it: nothing goes on until somebody looks at that.
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(place.file(), open).expect("changed");
    let Err(text) = place.start(&settings).await else {
        panic!("it started")
    };
    assert!(text.contains("chmod 600"), "{text}");
    let closed = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(place.file(), closed).expect("changed");
    // Another issuer never sees the secret of the first.
    let other = ForeignIssuer::boot().await;
    let registered = json!({ "client_id": "two", "client_secret": "second" });
    other.answer("registration_endpoint", "/register", 201, registered);
    let settings = [("OIDC_DISCOVERY_URL", other.discovery_url.as_str())];
    drop(place.start(&settings).await.expect("it starts"));
    let posted = other.posted();
    assert_eq!(posted.len(), 1);
    assert!(!posted[0].1.contains("first"));
    let kept: Value = serde_json::from_slice(&std::fs::read(place.file()).expect("a file")).expect("JSON");
    assert_eq!(
        (&kept["client_id"], &kept["issuer"]),
        (&json!("two"), &json!(other.url))
    );
    assert_eq!(mode(&place.file()), 0o600);
}

#[tokio::test]
async fn a_registration_whose_secret_has_ended_is_made_anew() {
    let place = Place::new().await;
    let ends = place.cloud.clock.now().unix_timestamp() + 3600;
    let registered = json!({ "client_id": "one", "client_secret": "first", "client_secret_expires_at": ends });
    place
        .issuer
        .answer("registration_endpoint", "/register", 201, registered);
    let settings = [("OIDC_DISCOVERY_URL", place.issuer.discovery_url.as_str())];
    for (after_s, registrations) in [(0, 1), (3000, 0), (3600, 1)] {
        place.cloud.clock.advance(time::Duration::seconds(after_s));
        drop(place.start(&settings).await.expect("it starts"));
        assert_eq!(place.issuer.posted().len(), registrations, "after {after_s} s");
    }
}

#[tokio::test]
async fn members_that_an_issuer_does_not_know_are_left_out_once() {
    let place = Place::new().await;
    let refused = json!({ "error": "invalid_client_metadata" });
    place.issuer.answer("registration_endpoint", "/register", 400, refused);
    let settings = [("OIDC_DISCOVERY_URL", place.issuer.discovery_url.as_str())];
    let Err(text) = place.start(&settings).await else {
        panic!("it started")
    };
    assert!(text.contains("NEXTCLOUD_OIDC_CLIENT_ID"), "{text}");
    let posted = place.issuer.posted();
    assert_eq!(posted.len(), 2);
    for (body, has) in [(&posted[0].1, true), (&posted[1].1, false)] {
        assert_eq!(
            body.contains("token_type") && body.contains("resource_url"),
            has,
            "{body}"
        );
    }
    // Without a place to register, it is said what to do.
    place.issuer.describe("registration_endpoint", Value::Null);
    let Err(text) = place.start(&settings).await else {
        panic!("it started")
    };
    assert!(text.contains("NEXTCLOUD_OIDC_CLIENT_ID"), "{text}");
}

#[tokio::test]
async fn m18_an_active_token_for_somebody_else_is_refused() {
    let place = Place::new().await;
    place.introspects(200, json!({ "active": false }));
    let mcp = place.start_with_client(&[]).await.expect("it starts");
    let good = place.introspected(&mcp);
    place.introspects(200, good.clone());
    assert_eq!(mcp.list("opaque-good").await.status, 200);
    let now = place.cloud.clock.now().unix_timestamp();
    let elsewhere = json!("https://elsewhere.example/mcp");
    for (number, (name, member)) in [
        ("aud", elsewhere.clone()),
        ("aud", json!([elsewhere])),
        ("aud", json!(mcp.url)),
        ("aud", Value::Null),
        ("active", json!(false)),
        ("exp", json!(now - 61)),
        ("exp", Value::Null),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("iss", elsewhere),
        ("cnf", json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })),
        ("token_type", json!("DPoP")),
    ]
    .into_iter()
    .enumerate()
    {
        place.introspects(200, with(good.clone(), name, member.clone()));
        let reply = mcp.list(&format!("opaque-{number}")).await;
        assert_eq!(reply.status, 401, "{name} {member}: {}", reply.text);
    }
    // The good one is still known, and asked about again after a minute.
    place.issuer.posted();
    assert_eq!(mcp.list("opaque-good").await.status, 200);
    assert!(place.issuer.posted().is_empty());
    place.cloud.clock.advance(time::Duration::seconds(61));
    place.introspects(200, json!({ "active": false }));
    assert_is_invalid(&mcp.list("opaque-good").await);
}

#[tokio::test]
async fn an_issuer_that_goes_away_later_is_neither_yes_nor_no() {
    let place = Place::new().await;
    place.introspects(200, json!({ "active": false }));
    place.exchanges(503, json!({}));
    let mcp = place.start_with_client(&[]).await.expect("it starts");
    place.issuer.set_down(true);
    for token in ["opaque".to_owned(), place.token(&mcp, "one")] {
        let reply = mcp.list(&token).await;
        assert_eq!(reply.status, 503, "{reply:?}");
        assert!(reply.headers.contains_key("retry-after"));
    }
    // That was no answer, so it is not remembered.
    place.issuer.set_down(false);
    assert_is_invalid(&mcp.list("opaque").await);
    // Also when it no longer knows this server.
    place.introspects(401, json!({ "error": "invalid_client" }));
    assert_eq!(mcp.list("opaque-two").await.status, 503);
    // A token that is no API's is not shown to the issuer.
    place.issuer.posted();
    assert_is_invalid(&mcp.list("ncr_0000").await);
    assert!(place.issuer.posted().is_empty());
}

#[tokio::test]
async fn what_the_issuer_answers_to_an_exchange_decides_what_the_client_is_told() {
    let place = Place::new().await;
    place.exchanges(503, json!({}));
    let mcp = place.start_with_client(&[]).await.expect("it starts");
    let own = place.token(&mcp, "own");
    let given = |token: &str| json!({ "access_token": token, "token_type": "Bearer", "expires_in": 300 });
    for (number, (status, body, expected)) in [
        (400, json!({ "error": "invalid_grant" }), 401),
        (
            400,
            json!({ "error": "invalid_target", "error_description": "<b>hush</b>" }),
            502,
        ),
        (400, json!({ "error": "invalid_scope" }), 502),
        (400, json!({ "error": "unauthorized_client" }), 502),
        (401, json!({ "error": "invalid_client" }), 502),
        (404, json!({}), 502),
        (429, json!({}), 503),
        (500, json!({}), 503),
        (200, json!({}), 502),
        (200, with(given("other"), "token_type", json!("DPoP")), 502),
        (
            200,
            with(
                given("other"),
                "issued_token_type",
                json!("urn:ietf:params:oauth:token-type:refresh_token"),
            ),
            502,
        ),
        (200, given("other"), 200),
    ]
    .into_iter()
    .enumerate()
    {
        place.exchanges(status, body.clone());
        let reply = mcp.list(&place.token(&mcp, &number.to_string())).await;
        assert_eq!(reply.status.as_u16(), expected, "{body}: {}", reply.text);
        assert!(!reply.text.contains("hush"), "{}", reply.text);
    }
    // An issuer that hands the client's own token back does not make it go to the cloud.
    place.exchanges(200, given(&own));
    mcp.recorder.take();
    let reply = mcp.call(&own, "nc_notes_search_notes", json!({ "query": "a" })).await;
    assert_eq!(reply.status, 502, "{reply:?}");
    assert!(!format!("{:?}", mcp.recorder.take()).contains(&own));
}

#[tokio::test]
async fn what_is_asked_of_the_exchange_is_the_cloud_and_the_apps_scopes() {
    let place = Place::new().await;
    let given = json!({ "access_token": "other", "token_type": "Bearer", "expires_in": 300 });
    place.exchanges(200, given);
    let mcp = place
        .start_with_client(&[("NEXTCLOUD_RESOURCE_URI", "https://cloud.example/api")])
        .await
        .expect("it starts");
    let token = place.token(&mcp, "one");
    mcp.list(&token).await.result();
    mcp.list(&token).await.result();
    let posted = place.issuer.posted();
    assert_eq!(posted.len(), 1, "the second request uses what the first got");
    let form: Vec<(String, String)> = url::form_urlencoded::parse(posted[0].1.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    for (name, value) in [
        ("grant_type", EXCHANGE),
        ("subject_token", token.as_str()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("resource", "https://cloud.example/api"),
        ("scope", "files:read notes:read"),
    ] {
        assert!(
            form.contains(&(name.to_owned(), value.to_owned())),
            "{name} in {form:?}"
        );
    }
    // Of many calls at once, one asks.
    let other = place.token(&mcp, "two");
    for reply in futures_util::future::join_all((0..20).map(|_| mcp.list(&other))).await {
        reply.result();
    }
    assert_eq!(place.issuer.posted().len(), 1);
    // Half a minute before it ends it is replaced.
    place.cloud.clock.advance(time::Duration::seconds(269));
    mcp.list(&token).await.result();
    assert!(place.issuer.posted().is_empty());
    place.cloud.clock.advance(time::Duration::seconds(1));
    mcp.list(&token).await.result();
    assert_eq!(place.issuer.posted().len(), 1);
}

#[tokio::test]
async fn j02_a_public_key_is_no_shared_secret_at_the_mcp_endpoint() {
    let world = World::boot().await;
    let claims = world.claims();
    assert_eq!(world.at_mcp(&world.issuer.token(&claims)).await.status, 200);
    let key = world.issuer.key.jwk();
    let coordinate = |name: &str| decode(key[name].as_str().expect("a coordinate"));
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let header = with(world.issuer.key.header(), "alg", json!("HS256"));
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    for secret in [point, key.to_string().into_bytes()] {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let tag = hmac::sign(&secret, signed.as_bytes());
        assert_is_invalid(&world.at_mcp(&format!("{signed}.{}", encode(tag))).await);
    }
}

#[tokio::test]
async fn j14_a_huge_or_deep_token_is_refused_at_the_mcp_endpoint() {
    let world = World::boot().await;
    let header = encode(world.issuer.key.header().to_string());
    let deep = encode("[".repeat(100) + &"]".repeat(100));
    assert_is_invalid(&world.at_mcp(&format!("{header}.{deep}.{}", "A".repeat(86))).await);
    let huge = format!("{header}.{}.{}", "A".repeat(9_000), "A".repeat(86));
    assert_eq!(world.at_mcp(&huge).await.status, 400);
    assert_eq!(world.at_mcp(&world.issuer.token(&world.claims())).await.status, 200);
}

#[tokio::test]
async fn j06_tokens_of_the_type_jwt_are_taken_only_where_the_operator_says_so() {
    let place = Place::new().await;
    let strict = place.start_with_client(&[]).await.expect("it starts");
    let mild = place
        .start_with_client(&[("NEXTCLOUD_MCP__ISSUER__ACCEPT_TYP_JWT", "true")])
        .await
        .expect("it starts");
    let claims = with(
        place.issuer.claims(&place.cloud),
        "aud",
        json!([strict.mcp_url, mild.mcp_url]),
    );
    let header = with(place.issuer.key.header(), "typ", json!("JWT"));
    let token = place.issuer.key.sign(&header, &claims);
    assert_is_invalid(&strict.list(&token).await);
    assert_eq!(mild.list(&token).await.status, 200);
    // ID tokens have that type too.
    for (claim, value) in [
        ("nonce", json!("n")),
        ("at_hash", json!("h")),
        ("client_id", Value::Null),
    ] {
        let token = place.issuer.key.sign(&header, &with(claims.clone(), claim, value));
        assert_is_invalid(&mild.list(&token).await);
    }
}

#[tokio::test]
async fn scopes_with_the_prefix_of_a_resource_server_are_understood() {
    let place = Place::new().await;
    let mcp = place
        .start_with_client(&[("OIDC_RESOURCE_SERVER_ID", "cloud")])
        .await
        .expect("it starts");
    let claims = with(place.issuer.claims(&place.cloud), "aud", json!(mcp.mcp_url));
    for (scope, shows) in [("cloud/notes:read", true), ("other/notes:read", false)] {
        let token = place.issuer.token(&with(claims.clone(), "scope", json!(scope)));
        let listed = mcp.list(&token).await.result().to_string();
        assert_eq!(listed.contains("nc_notes_get_note"), shows, "{scope}");
    }
}

#[tokio::test]
async fn e07_r_f20_endpoints_of_the_cloud_are_asked_where_this_server_reaches_it_and_others_where_they_are() {
    let (cloud, record) = CloudApp::boot_recorded().await;
    let issuer = ForeignIssuer::boot().await;
    issuer.describe("grant_types_supported", json!([EXCHANGE]));
    // One on the public base of the cloud, one on the internal base, and the keys at the issuer.
    let public = "https://cloud.example.org";
    issuer.describe("token_endpoint", json!(format!("{public}/tenant/token?tenant=1")));
    let authorization = format!("{}/tenant/authorize?tenant=1", cloud.url);
    issuer.describe("authorization_endpoint", json!(authorization));
    let data = tempfile::tempdir().expect("a folder");
    let more = [
        ("NEXTCLOUD_PUBLIC_URL", public),
        ("NEXTCLOUD_OIDC_CLOUD_ACCESS", "token_exchange"),
    ];
    let settings = [&issuer.settings_with_client()[..], &more].concat();
    let mcp = ExternalApp::open(Door::new(), &cloud, data.path(), &settings)
        .await
        .expect("it starts");
    let claims = with(issuer.claims(&cloud), "aud", json!(mcp.mcp_url));
    let token = issuer.token(&claims);
    assert!(issuer.asked() > 0, "its keys are asked where it says");
    mcp.call(&token, "nc_notes_search_notes", json!({ "query": "x" })).await;
    let asked = |path: &str| record.all().iter().filter(|passed| passed.uri == path).count();
    assert_eq!(
        asked("/tenant/token?tenant=1"),
        1,
        "inside, with path and query as they are"
    );
    // People are sent to the public base.
    drop(mcp);
    let access = [
        ("NEXTCLOUD_PUBLIC_URL", public),
        ("NEXTCLOUD_OIDC_CLOUD_ACCESS", "refresh_token"),
    ];
    let settings = [&issuer.settings_with_client()[..], &access].concat();
    let mcp = ExternalApp::open(Door::new(), &cloud, data.path(), &settings)
        .await
        .expect("it starts");
    let token = issuer.token(&with(issuer.claims(&cloud), "aud", json!(mcp.mcp_url)));
    let answer = mcp
        .call(&token, "provision_nextcloud_access", json!({}))
        .await
        .structured();
    let mut tab = Tab::new();
    let page = tab
        .open("GET", answer["provisioning_url"].as_str().expect("a link"), None)
        .await;
    let is_there = |url: &Url| url.path() == "/tenant/authorize";
    let there = tab.submit_until(&page, &cloud.alice, is_there).await;
    assert!(
        there
            .at
            .as_str()
            .starts_with("https://cloud.example.org/tenant/authorize?tenant=1&"),
        "{}",
        there.at
    );
    // The same host at another port is somebody else.
    drop(mcp);
    issuer.describe(
        "authorization_endpoint",
        json!("https://cloud.example.org:8443/authorize"),
    );
    let mcp = ExternalApp::open(Door::new(), &cloud, data.path(), &settings)
        .await
        .expect("it starts");
    let token = issuer.token(&with(issuer.claims(&cloud), "aud", json!(mcp.mcp_url)));
    let answer = mcp
        .call(&token, "provision_nextcloud_access", json!({}))
        .await
        .structured();
    let mut tab = Tab::new();
    let page = tab
        .open("GET", answer["provisioning_url"].as_str().expect("a link"), None)
        .await;
    let there = tab
        .submit_until(&page, &cloud.alice, |url| url.path() == "/authorize")
        .await;
    assert_eq!(there.at.port(), Some(8443));
}
