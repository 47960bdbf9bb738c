//! What opens a share and what opens an account, each shown where the other belongs: a real token and a real secret of a share of
//! alice's, and every credential that alice herself has, over every interface.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_auth::basic;
use nc_ocm::net::Freshness;
use nc_proto::ocm::PeerHost;
use nc_testkit::{
    app::{Reply, send},
    browser::{Browser, Form},
    cloud_app::{CloudApp, Format},
    external_app::{Door, ExternalApp, make_client},
    site::Site,
    wire_record::WireRecord,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::Duration;
use url::form_urlencoded::parse;

const API: &str = "/ocs/v2.php/apps/files_sharing/api/v1";
const SCOPES: &str = "openid profile files:read files:write notes:read sharing:read";
const SETTINGS: [(&str, &str); 4] = [
    ("EMBEDDED_CLOUD_REGISTRATION", "open"),
    ("OCM_ENABLED", "true"),
    ("OCM_ALLOW_HTTP", "true"),
    ("OCM_ALLOW_PRIVATE", "true"),
];

/// A cloud whose alice shares `/Plans` with bob at another one, who uses it.
pub(super) struct Scene {
    pub(super) home: CloudApp,
    pub(super) away: Site,
    pub(super) record: WireRecord,
    /// As the token endpoint was told it.
    pub(super) secret: String,
    /// As the sharing interface there tells it.
    pub(super) share: String,
}

impl Scene {
    pub(super) async fn start() -> Self {
        let (home, record) = CloudApp::boot_recorded_with(&SETTINGS).await;
        let away = Site::boot(&home.clock, &[]).await;
        for (method, path, body) in [
            ("MKCOL", "/Plans", ""),
            ("PUT", "/Plans/one.txt", "one"),
            ("PUT", "/other.txt", "other"),
        ] {
            let reply = alice(&home, method, &format!("/remote.php/dav/files/alice{path}"), body).await;
            assert_eq!(reply.status, 201, "{path}: {}", reply.text);
        }
        shared(
            &home,
            &json!({ "path": "/Plans", "shareType": 6, "shareWith": away.address("bob"), "permissions": 15 }),
        )
        .await;
        let (number, _) = away.accept("bob").await;
        assert_eq!(away.read("bob", "/Plans/one.txt").await.1, b"one");
        let (_, taken) = away
            .ocs("bob", "GET", &format!("/remote_shares/{number}"), Value::Null)
            .await;
        let exchange = record
            .all()
            .into_iter()
            .find(|passed| passed.uri.path() == "/ocm/token");
        let form = exchange.expect("an exchange").request_body;
        let code = parse(&form).find(|(name, _)| name == "code");
        Self {
            secret: code.expect("a secret").1.into_owned(),
            share: taken["remote_id"].as_str().expect("an id").to_owned(),
            home,
            away,
            record,
        }
    }

    /// What the token endpoint answers to the other server, which signs as always.
    pub(super) async fn exchange(&self, code: &str) -> (u16, Value) {
        let host = PeerHost::parse(self.home.url.trim_start_matches("http://")).expect("a host");
        let peer = self.away.ocm.peer(&host, true, Freshness::Day).await.expect("a server");
        let url = format!("{}/ocm/token", self.home.url).parse().expect("a URL");
        let client = self.away.url.trim_start_matches("http://");
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", client)
            .append_pair("code", code)
            .finish();
        let answer = self
            .away
            .ocm
            .post_signed(&peer, &url, "application/x-www-form-urlencoded", form.into_bytes());
        let answer = answer.await.expect("an answer");
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        (answer.status.as_u16(), body)
    }

    /// A token that is good now.
    pub(super) async fn token(&self) -> String {
        let (status, body) = self.exchange(&self.secret).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().expect("a token").to_owned()
    }

    /// Time passes, so that nothing is refused because of what was refused before. Tokens end.
    pub(super) fn wait(&self) {
        self.home.clock.advance(Duration::hours(2));
    }

    /// The file of the share at both mounts.
    fn mounts(&self) -> [String; 2] {
        [
            "/public.php/webdav/one.txt".to_owned(),
            format!("/ocm/dav/{}/one.txt", self.share),
        ]
    }

    /// Every credential of alice's, as it would be shown.
    async fn of_alice(&self, mcp: &Mcp) -> Vec<(&'static str, String)> {
        let user = &self.home.alice;
        let jwt = self.home.token_of(user, SCOPES, Format::Jwt).await;
        let opaque = self.home.token_of(user, SCOPES, Format::Opaque).await;
        let client = self.home.client(Format::Jwt).await;
        let asked = [("scope", SCOPES), ("resource", mcp.app.mcp_url.as_str())];
        let for_mcp = self.home.authorize(user, &client, &asked).await;
        assert_eq!(mcp.app.list(for_mcp.access_token()).await.status, 200);
        let link = shared(&self.home, &json!({ "path": "/other.txt", "shareType": 3 })).await;
        let link = link["token"].as_str().expect("a token").to_owned();
        let id_token = jwt.answer["id_token"].as_str().expect("an ID token").to_owned();
        vec![
            ("access token", jwt.access_token().to_owned()),
            ("opaque access token", opaque.access_token().to_owned()),
            ("access token for MCP", for_mcp.access_token().to_owned()),
            ("ID token", id_token),
            (
                "refresh token",
                jwt.answer["refresh_token"].as_str().unwrap_or("none").to_owned(),
            ),
            ("app password", user.app_password.clone()),
            ("password", user.password.clone()),
            ("link token", link),
        ]
    }
}

async fn alice(home: &CloudApp, method: &str, path: &str, body: &'static str) -> Reply {
    let request = home.request(method, path).header("authorization", home.alice.basic());
    send(request.header("ocs-apirequest", "true").body(body)).await
}

/// Alice shares something.
pub(super) async fn shared(home: &CloudApp, wish: &Value) -> Value {
    let request = home.request("POST", &format!("{API}/shares?format=json"));
    let request = request
        .header("authorization", home.alice.basic())
        .header("ocs-apirequest", "true");
    let reply = send(request.json(wish)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.message()["ocs"]["data"].take()
}

/// An MCP endpoint that believes the tokens of the cloud's provider.
struct Mcp {
    app: ExternalApp,
    _data: TempDir,
}

impl Mcp {
    async fn start(home: &CloudApp) -> Self {
        let (door, data) = (Door::new(), tempfile::tempdir().expect("a folder"));
        let client = make_client(home, &door.mcp_url, &[&home.url]).await;
        let settings = [
            ("NEXTCLOUD_OIDC_CLIENT_ID", client.0.as_str()),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", &client.1),
        ];
        let app = ExternalApp::open(door, home, data.path(), &settings).await;
        Self {
            app: app.expect("a server"),
            _data: data,
        }
    }
}

/// Interfaces of people with accounts.
const OF_USERS: [(&str, &str); 10] = [
    ("PROPFIND", "/remote.php/dav/files/alice/"),
    ("PROPFIND", "/remote.php/webdav/"),
    ("PROPFIND", "/remote.php/dav/calendars/alice/"),
    ("PROPFIND", "/remote.php/dav/addressbooks/users/alice/"),
    ("PROPFIND", "/remote.php/dav/"),
    ("GET", "/ocs/v2.php/cloud/user?format=json"),
    ("GET", "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json"),
    ("GET", "/ocs/v2.php/apps/files_sharing/api/v1/remote_shares?format=json"),
    ("GET", "/index.php/apps/notes/api/v1/notes"),
    ("GET", "/ocs/v2.php/core/getapppassword?format=json"),
];

/// Nothing of a user opens with that, and nothing that answers repeats it.
async fn opens_nothing_of_a_user(scene: &Scene, mcp: &Mcp, authorization: &str, credential: &str) {
    for (method, path) in OF_USERS {
        let request = scene.home.request(method, path).header("ocs-apirequest", "true");
        let reply = send(request.header("authorization", authorization)).await;
        assert_eq!(reply.status, 401, "{method} {path}: {}", reply.text);
        assert!(!reply.text.contains(credential), "{path}");
    }
    let request = mcp.app.message("", "tools/list", json!({}));
    let reply = send(request.header("authorization", authorization)).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert!(!reply.text.contains(credential));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_interface_is_there_for_those_with_accounts() {
    let scene = Scene::start().await;
    for (method, path) in OF_USERS {
        let reply = alice(&scene.home, method, path, "").await;
        // An app password makes no other one.
        let good = reply.status.is_success() || path.contains("getapppassword") && reply.status == 403;
        assert!(good, "{method} {path}: {} {}", reply.status, reply.text);
    }
    let token = scene.token().await;
    for path in scene.mounts() {
        let reply = scene.home.with("GET", &path, &format!("Bearer {token}")).await;
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, "one"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n062_a_token_of_a_share_is_refused_at_mcp_ocs_caldav_and_files() {
    let scene = Scene::start().await;
    let mcp = Mcp::start(&scene.home).await;
    let token = scene.token().await;
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1).expect("claims"))
        .expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    // Of the same issuer as those of the provider, and of the same person.
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&json!(scene.home.url), &json!("alice"))
    );
    opens_nothing_of_a_user(&scene, &mcp, &format!("Bearer {token}"), &token).await;
    let reply = scene
        .home
        .with("GET", "/apps/oidc/userinfo", &format!("Bearer {token}"))
        .await;
    assert_eq!(reply.status, 401, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n062_no_credential_of_its_owner_opens_a_share() {
    let scene = Scene::start().await;
    let mcp = Mcp::start(&scene.home).await;
    for (what, credential) in scene.of_alice(&mcp).await {
        for authorization in [
            format!("Bearer {credential}"),
            basic::header_value("alice", &credential),
            basic::header_value(&credential, ""),
            basic::header_value(&credential, &credential),
        ] {
            for path in scene.mounts() {
                let reply = scene.home.with("GET", &path, &authorization).await;
                // A link is opened at one of the addresses, and is something else.
                let is_link = what == "link token" && path.starts_with("/public.php/") && reply.status == 404;
                assert!(
                    reply.status == 401 || is_link,
                    "{what} {path}: {} {}",
                    reply.status,
                    reply.text
                );
                assert!(!reply.text.contains(&credential), "{what} {path}");
            }
        }
        scene.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n063_a_token_in_the_query_opens_neither_a_share_nor_anything_of_a_user() {
    let scene = Scene::start().await;
    let token = scene.token().await;
    for path in scene.mounts() {
        for query in [format!("access_token={token}"), format!("token={token}&bearer={token}")] {
            let reply = send(scene.home.request("GET", &format!("{path}?{query}"))).await;
            assert_eq!(reply.status, 401, "{path}");
            assert!(!reply.text.contains(&token), "{path}");
        }
    }
    for (method, path) in OF_USERS {
        let separator = if path.contains('?') { '&' } else { '?' };
        let request = scene
            .home
            .request(method, &format!("{path}{separator}access_token={token}"));
        let reply = send(request.header("ocs-apirequest", "true")).await;
        assert_eq!(reply.status, 401, "{path}");
    }
    // Nor as a form.
    let request = scene.home.request("POST", "/public.php/webdav/one.txt");
    let reply = send(request.form(&[("access_token", &token)])).await;
    assert!(reply.status.is_client_error(), "{}", reply.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n064_a_token_is_neither_user_name_nor_password_at_a_share_or_elsewhere() {
    let scene = Scene::start().await;
    let mcp = Mcp::start(&scene.home).await;
    for (user_is_token, password_is_token) in [(true, false), (true, true), (false, true)] {
        let token = scene.token().await;
        let user = if user_is_token { token.as_str() } else { "alice" };
        let password = if password_is_token { token.as_str() } else { "" };
        let authorization = basic::header_value(user, password);
        for path in scene.mounts() {
            let reply = scene.home.with("GET", &path, &authorization).await;
            assert_eq!(reply.status, 401, "{path}: {}", reply.text);
        }
        opens_nothing_of_a_user(&scene, &mcp, &authorization, &token).await;
        scene.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n065_the_secret_of_a_share_is_refused_at_mcp_ocs_caldav_files_and_by_both_ways_to_sign_in() {
    let scene = Scene::start().await;
    let mcp = Mcp::start(&scene.home).await;
    let secret = scene.secret.as_str();
    for authorization in [
        format!("Bearer {secret}"),
        basic::header_value(secret, ""),
        basic::header_value(secret, secret),
        basic::header_value("alice", secret),
    ] {
        opens_nothing_of_a_user(&scene, &mcp, &authorization, secret).await;
        // The share is strict.
        for path in scene.mounts() {
            assert_eq!(
                scene.home.with("GET", &path, &authorization).await.status,
                401,
                "{path}"
            );
        }
        scene.wait();
    }
    // The page of the Login Flow, and the provider's.
    for (user, password) in [("alice", secret), (secret, secret), (secret, "")] {
        let flow = send(scene.home.request("POST", "/index.php/login/v2")).await.message();
        let mut browser = Browser::new(&scene.home);
        let page = browser.open("GET", flow["login"].as_str().expect("a link"), None).await;
        let mut form = Form::find(&page.text);
        form.fields.push(("user".to_owned(), user.to_owned()));
        form.fields.push(("password".to_owned(), password.to_owned()));
        let page = browser.open("POST", &form.action, Some(&form.fields)).await;
        assert!(page.text.contains(r#"name="password""#), "still asked: {}", page.text);
        assert!(!page.text.contains(r#"value="grant""#), "{}", page.text);
        let poll = [("token", flow["poll"]["token"].as_str().expect("a token"))];
        let polled = send(scene.home.request("POST", "/login/v2/poll").form(&poll)).await;
        assert_eq!(polled.status, 404, "{}", polled.text);
        scene.wait();
    }
    let client = scene.home.client(Format::Jwt).await;
    let mut browser = Browser::new(&scene.home);
    let (address, _) = browser.authorization(&client, &[("scope", "openid")]);
    let page = browser.open("GET", &address, None).await;
    let mut form = Form::find(&page.text);
    form.fields.push(("user".to_owned(), "alice".to_owned()));
    form.fields.push(("password".to_owned(), secret.to_owned()));
    let page = browser.open("POST", &form.action, Some(&form.fields)).await;
    assert!(page.text.contains(r#"name="password""#), "still asked: {}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n004_a_link_of_the_same_folder_is_no_code() {
    let scene = Scene::start().await;
    let link = shared(&scene.home, &json!({ "path": "/Plans", "shareType": 3 })).await;
    let link = link["token"].as_str().expect("a token");
    let (status, body) = scene.exchange(link).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert!(body.get("access_token").is_none());
    // It is one that opens the folder itself.
    let opened = scene
        .home
        .with("GET", "/public.php/webdav/one.txt", &basic::header_value(link, ""))
        .await;
    assert_eq!((opened.status.as_u16(), opened.text.as_str()), (200, "one"));
    assert_eq!(scene.exchange(&scene.secret).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ocm_n006_no_password_and_no_token_of_its_owner_is_a_code() {
    let scene = Scene::start().await;
    let mcp = Mcp::start(&scene.home).await;
    for (what, credential) in scene.of_alice(&mcp).await {
        let (status, body) = scene.exchange(&credential).await;
        assert_eq!(
            (status, &body["error"]),
            (400, &json!("invalid_grant")),
            "{what}: {body}"
        );
        assert!(!body.to_string().contains(&credential), "{what}");
    }
    assert_eq!(scene.exchange(&scene.secret).await.0, 200);
}
