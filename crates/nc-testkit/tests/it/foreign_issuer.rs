//! An issuer that is not ours: it publishes its keys, signs whatever a test wants, and counts who asks.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use nc_testkit::cloud_app::CloudApp;
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
    is_down: AtomicBool,
    asked: AtomicUsize,
    elsewhere: AtomicUsize,
}

/// The issuer. Serves until the test ends.
pub(crate) struct ForeignIssuer {
    pub(crate) url: String,
    pub(crate) key: Key,
    published: Arc<Published>,
}

impl ForeignIssuer {
    pub(crate) async fn boot() -> Self {
        let published = Arc::new(Published::default());
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .fallback(elsewhere)
            .with_state(Arc::clone(&published));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        url.clone_into(&mut published.url.lock().expect("not poisoned"));
        let key = Key::new("first");
        let issuer = Self { url, key, published };
        issuer.publish(vec![issuer.key.jwk()]);
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// From now on has these keys.
    pub(crate) fn publish(&self, keys: Vec<Value>) {
        *self.published.keys.lock().expect("not poisoned") = keys;
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

    /// A good token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.key.sign(&self.key.header(), claims)
    }
}

async fn discovery(State(published): State<Arc<Published>>) -> Result<Json<Value>, StatusCode> {
    let url = published.url.lock().expect("not poisoned").clone();
    let document = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
    published.up().map(|()| Json(document))
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

/// A cloud that believes the issuer, by a file of external issuers as an operator writes it.
pub(crate) struct World {
    pub(crate) issuer: ForeignIssuer,
    pub(crate) app: CloudApp,
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
        Self {
            issuer,
            app,
            _file: file,
        }
    }

    /// The claims of a good token for alice.
    pub(crate) fn claims(&self) -> Value {
        self.issuer.claims(&self.app)
    }
}
