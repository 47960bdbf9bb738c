//! An issuer that is not ours: it publishes its keys, signs whatever a test wants, and counts who asks.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    routing::{delete, get, post},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_testkit::{
    app::Reply,
    cloud_app::CloudApp,
    external_app::{Door, ExternalApp},
};
use serde_json::{Map, Value, json};

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A key of the issuer, or of an attacker.
pub(crate) struct Key {
    pub(crate) kid: &'static str,
    pair: EcdsaKeyPair,
}

impl Key {
    pub(crate) fn new(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self { kid, pair }
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid,
            "x": encode(&point[1..33]), "y": encode(&point[33..]),
        })
    }

    /// Signs two parts as they are, JSON or not.
    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes());
        format!("{signed}.{}", encode(signature.expect("a signature")))
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// The header of a good token.
    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "ES256", "kid": self.kid })
    }
}

/// A value with one member changed; `null` takes it away.
pub(crate) fn with(mut value: Value, name: &str, member: Value) -> Value {
    let members: &mut Map<String, Value> = value.as_object_mut().expect("an object");
    if member.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), member);
    }
    value
}

#[derive(Default)]
struct Published {
    url: Mutex<String>,
    keys: Mutex<Vec<Value>>,
    document: Mutex<Map<String, Value>>,
    answers: Mutex<HashMap<&'static str, (u16, Value)>>,
    posted: Mutex<Vec<(String, String)>>,
    clients: Mutex<Option<Clients>>,
    is_down: AtomicBool,
    asked: AtomicUsize,
    described: AtomicUsize,
    elsewhere: AtomicUsize,
}

/// Clients that register themselves. Only the last one is known.
#[derive(Default)]
struct Clients {
    registered: usize,
    is_known: bool,
    members: Value,
}

/// The issuer. Serves until the test ends.
pub(crate) struct ForeignIssuer {
    pub(crate) url: String,
    pub(crate) discovery_url: String,
    pub(crate) key: Key,
    published: Arc<Published>,
}

impl ForeignIssuer {
    pub(crate) async fn boot() -> Self {
        let published = Arc::new(Published::default());
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(posted))
            .route("/introspect", post(posted))
            .route("/register", post(posted))
            .route("/revoke", post(posted))
            .route("/manage", delete(managed))
            .fallback(elsewhere)
            .with_state(Arc::clone(&published));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        url.clone_into(&mut published.url.lock().expect("not poisoned"));
        let key = Key::new("first");
        let discovery_url = format!("{url}/.well-known/openid-configuration");
        let issuer = Self {
            url,
            discovery_url,
            key,
            published,
        };
        issuer.publish(vec![issuer.key.jwk()]);
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// From now on has these keys.
    pub(crate) fn publish(&self, keys: Vec<Value>) {
        *self.published.keys.lock().expect("not poisoned") = keys;
    }

    /// From now on says this about itself, too; `null` takes a member away.
    pub(crate) fn describe(&self, name: &str, member: Value) {
        let mut document = self.published.document.lock().expect("not poisoned");
        document.insert(name.to_owned(), member);
    }

    /// From now on answers this to whoever posts to `path`, which it announces as `endpoint`.
    pub(crate) fn answer(&self, endpoint: &str, path: &'static str, status: u16, body: Value) {
        self.describe(endpoint, json!(format!("{}{path}", self.url)));
        let mut answers = self.published.answers.lock().expect("not poisoned");
        answers.insert(path, (status, body));
    }

    /// From now on registers whoever asks as `client-1`, `client-2` and so on, with these further members, and knows only the
    /// last of them.
    pub(crate) fn registers(&self, members: Value) {
        self.describe("registration_endpoint", json!(format!("{}/register", self.url)));
        let mut clients = self.published.clients.lock().expect("not poisoned");
        let registered = clients.as_ref().map_or(0, |clients| clients.registered);
        *clients = Some(Clients {
            registered,
            is_known: registered > 0,
            members,
        });
    }

    /// Forgets the client that registered.
    pub(crate) fn forget_client(&self) {
        let mut clients = self.published.clients.lock().expect("not poisoned");
        clients.as_mut().expect("it registers clients").is_known = false;
    }

    /// Paths and bodies that were posted since the last time.
    pub(crate) fn posted(&self) -> Vec<(String, String)> {
        std::mem::take(&mut *self.published.posted.lock().expect("not poisoned"))
    }

    /// How often its description was asked for.
    pub(crate) fn asked_for_description(&self) -> usize {
        self.published.described.load(Ordering::SeqCst)
    }

    /// Answers 503, or again as usual.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.published.is_down.store(is_down, Ordering::SeqCst);
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.published.asked.load(Ordering::SeqCst)
    }

    /// How often anything else was asked for.
    pub(crate) fn asked_elsewhere(&self) -> usize {
        self.published.elsewhere.load(Ordering::SeqCst)
    }

    /// The claims of a good token for alice.
    pub(crate) fn claims(&self, app: &CloudApp) -> Value {
        let now = app.clock.now().unix_timestamp();
        json!({
            "iss": self.url, "aud": app.url, "sub": "alice", "client_id": "client", "jti": "jti",
            "iat": now, "exp": now + 300, "scope": "openid profile notes:read files:read",
            "name": "Ann", "email": "ann@elsewhere.example", "groups": ["staff", "admin"],
        })
    }

    /// Settings of an MCP server that takes its tokens, with a client that it made.
    pub(crate) fn settings_with_client(&self) -> [(&'static str, &str); 3] {
        [
            ("OIDC_DISCOVERY_URL", &self.discovery_url),
            ("NEXTCLOUD_OIDC_CLIENT_ID", "mcp"),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", "a secret of the MCP server"),
        ]
    }

    /// A good token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.key.sign(&self.key.header(), claims)
    }
}

async fn discovery(State(published): State<Arc<Published>>) -> Result<Json<Value>, StatusCode> {
    let url = published.url.lock().expect("not poisoned").clone();
    published.described.fetch_add(1, Ordering::SeqCst);
    let mut document = json!({
        "issuer": url,
        "jwks_uri": format!("{url}/keys"),
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    });
    for (name, member) in &*published.document.lock().expect("not poisoned") {
        document = with(document, name, member.clone());
    }
    published.up().map(|()| Json(document))
}

async fn posted(
    State(published): State<Arc<Published>>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    let mut seen = published.posted.lock().expect("not poisoned");
    seen.push((uri.path().to_owned(), body));
    if let Some(clients) = &mut *published.clients.lock().expect("not poisoned") {
        if uri.path() == "/register" && published.up().is_ok() {
            return clients.register();
        }
        if !clients.knows(&headers) {
            return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" })));
        }
    }
    let answers = published.answers.lock().expect("not poisoned");
    let answer = answers.get(uri.path()).cloned();
    let (status, body) = answer.unwrap_or((404, Value::Null));
    let status = published
        .up()
        .err()
        .unwrap_or(StatusCode::from_u16(status).expect("a status"));
    (status, Json(body))
}

async fn managed(State(published): State<Arc<Published>>, headers: HeaderMap) -> StatusCode {
    let authorization = headers[header::AUTHORIZATION].to_str().expect("text").to_owned();
    let mut seen = published.posted.lock().expect("not poisoned");
    seen.push(("DELETE /manage".to_owned(), authorization));
    let answers = published.answers.lock().expect("not poisoned");
    answers.get("/manage").map_or(StatusCode::NO_CONTENT, |(status, _)| {
        StatusCode::from_u16(*status).expect("a status")
    })
}

impl Clients {
    fn register(&mut self) -> (StatusCode, Json<Value>) {
        self.registered += 1;
        self.is_known = true;
        let id = format!("client-{}", self.registered);
        let answer = with(self.members.clone(), "client_secret", json!(format!("secret-of-{id}")));
        (StatusCode::CREATED, Json(with(answer, "client_id", json!(id))))
    }

    /// By Basic, the way that the document announces.
    fn knows(&self, headers: &HeaderMap) -> bool {
        let id = format!("client-{}", self.registered);
        let expected = nc_auth::basic::header_value(&id, &format!("secret-of-{id}"));
        self.is_known
            && headers
                .get(header::AUTHORIZATION)
                .is_some_and(|value| value == expected.as_str())
    }
}

async fn keys(State(published): State<Arc<Published>>) -> Result<Json<Value>, StatusCode> {
    published.asked.fetch_add(1, Ordering::SeqCst);
    let keys = published.keys.lock().expect("not poisoned").clone();
    published.up().map(|()| Json(json!({ "keys": keys })))
}

async fn elsewhere(State(published): State<Arc<Published>>) -> StatusCode {
    published.elsewhere.fetch_add(1, Ordering::SeqCst);
    StatusCode::NOT_FOUND
}

impl Published {
    fn up(&self) -> Result<(), StatusCode> {
        if self.is_down.load(Ordering::SeqCst) {
            Err(StatusCode::SERVICE_UNAVAILABLE)
        } else {
            Ok(())
        }
    }
}

/// A cloud that believes the issuer, by a file of external issuers as an operator writes it, and an MCP server that does.
pub(crate) struct World {
    pub(crate) issuer: ForeignIssuer,
    pub(crate) app: CloudApp,
    pub(crate) mcp: ExternalApp,
    _data: tempfile::TempDir,
    _file: tempfile::NamedTempFile,
}

impl World {
    /// Its users are the cloud's, by the same names.
    pub(crate) async fn boot() -> Self {
        Self::boot_with("check_bearer = true\nunique_uid = false\n", &[]).await
    }

    /// With these lines about the provider, and further settings.
    pub(crate) async fn boot_with(lines: &str, settings: &[(&str, &str)]) -> Self {
        let issuer = ForeignIssuer::boot().await;
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = format!(
            "[[provider]]\nid = 7\nidentifier = \"sso\"\nissuer = \"{}\"\n{lines}",
            issuer.url
        );
        std::fs::write(file.path(), text).expect("written");
        let path = file.path().to_str().expect("text");
        let usual = [
            ("EMBEDDED_CLOUD_EXTERNAL_ISSUERS", path),
            ("EMBEDDED_CLOUD_REGISTRATION", "open"),
        ];
        let app = CloudApp::boot_with(&[&usual, settings].concat()).await;
        let data = tempfile::tempdir().expect("a folder");
        let mcp = ExternalApp::open(Door::new(), &app, data.path(), &issuer.settings_with_client()).await;
        Self {
            issuer,
            app,
            mcp: mcp.expect("a server"),
            _data: data,
            _file: file,
        }
    }

    /// The claims of a good token for alice, at the cloud and at the MCP server.
    pub(crate) fn claims(&self) -> Value {
        let audience = json!([self.app.url, self.mcp.mcp_url]);
        with(self.issuer.claims(&self.app), "aud", audience)
    }

    /// What the MCP server answers to whoever asks for its tools.
    pub(crate) async fn at_mcp(&self, token: &str) -> Reply {
        self.mcp.list(token).await
    }
}
