//! The embedded cloud with its provider, assembled by the code that ships, on a real socket and with a clock of the test.

mod looking;

use std::{collections::HashMap, net::TcpListener, sync::Mutex};

use nc_auth::UserId;
use nc_cloud::{Cloud, accounts::NewUser};
use nc_proto::{clock::Clock, oauth::pkce::Challenge};
use nc_provider::Provider;
use nc_server::{
    config::{Config, Environment, Layers},
    embedded,
};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap, redirect::Policy};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::{
    app::{Reply, TestUser, send},
    browser::Browser,
    wire_record::WireRecord,
};

/// Where the registered test program takes its answers.
pub const REDIRECT: &str = "http://127.0.0.1/callback";

/// How access tokens look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `nca_…`.
    Opaque,
    /// RFC 9068.
    Jwt,
}

/// A booted cloud. Ends with the value.
pub struct CloudApp {
    /// Address; also the issuer and what tokens are for.
    pub url: String,
    /// Somebody.
    pub alice: TestUser,
    /// Somebody else.
    pub bob: TestUser,
    /// In the group `admin`.
    pub root: TestUser,
    /// The cloud itself.
    pub cloud: Cloud,
    /// Its provider.
    pub provider: Provider,
    /// The time.
    pub clock: Clock,
    http: reqwest::Client,
    clients: Mutex<HashMap<Format, String>>,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Drop for CloudApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What the token endpoint gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The whole answer.
    pub answer: Value,
    /// The client that asked.
    pub client_id: String,
}

impl Tokens {
    /// The access token as the value of an `Authorization` header.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.access_token())
    }

    /// The access token.
    ///
    /// # Panics
    /// When there is none.
    pub fn access_token(&self) -> &str {
        self.answer["access_token"].as_str().expect("an access token")
    }
}

impl CloudApp {
    /// With open registration.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot() -> Self {
        Self::boot_with(&[("EMBEDDED_CLOUD_REGISTRATION", "open")]).await
    }

    /// With open registration, writing down everything that passes.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot_recorded() -> (Self, WireRecord) {
        Self::boot_recorded_with(&[("EMBEDDED_CLOUD_REGISTRATION", "open")]).await
    }

    /// With settings by their names in the environment, writing down everything that passes. What waits for other servers is
    /// never sent.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot_recorded_with(settings: &[(&str, &str)]) -> (Self, WireRecord) {
        let record = WireRecord::default();
        let app = Self::assemble(settings, Some(&record), "127.0.0.1").await;
        (app, record)
    }

    /// With settings by their names in the environment.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot_with(settings: &[(&str, &str)]) -> Self {
        Self::assemble(settings, None, "127.0.0.1").await
    }

    /// With open registration, known by a host name as passkeys need it.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot_with_host_name() -> Self {
        Self::assemble(&[("EMBEDDED_CLOUD_REGISTRATION", "open")], None, "localhost").await
    }

    async fn assemble(settings: &[(&str, &str)], record: Option<&WireRecord>, host: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let environment: Environment = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let layers = Layers::read(None, &environment, &[]).expect("settings");
        let config = Config::resolve(&layers).expect("settings");
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let url = format!("http://{host}:{}", listener.local_addr().expect("an address").port());
        let mut cloud_config = embedded::cloud_config(&config, folder.path(), None);
        cloud_config.clock = clock.clone();
        let cloud = Cloud::open(cloud_config).await.expect("the cloud opens");
        let alice = user(&cloud, "alice", &[]).await;
        let bob = user(&cloud, "bob", &[]).await;
        let root = user(&cloud, "root", &["admin"]).await;
        let beside = embedded::open(&config, &cloud, &url).await.expect("the provider opens");
        let router = embedded::router(&config, &cloud, &beside).expect("a router");
        let provider = beside.provider;
        let router = match record {
            Some(record) => record.over(router),
            None => router,
        };
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(nc_server::serve(listener, router, async move {
            stopped.cancelled().await;
        }));
        Self {
            url,
            alice,
            bob,
            root,
            cloud,
            provider,
            clock,
            http: http(),
            clients: Mutex::default(),
            stop,
            _folder: folder,
        }
    }

    /// A request, to be changed before it is sent. Neither follows redirects nor keeps cookies.
    ///
    /// # Panics
    /// When the method is none.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        self.http.request(method, self.absolute(path))
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.url)
        } else {
            path.to_owned()
        }
    }

    /// Sends with an `Authorization` header.
    pub async fn with(&self, method: &str, path: &str, authorization: &str) -> Reply {
        send(self.request(method, path).header("authorization", authorization)).await
    }

    /// The status of the same.
    pub async fn status(&self, method: &str, path: &str, authorization: &str) -> u16 {
        self.with(method, path, authorization).await.status.as_u16()
    }

    /// Signed access tokens of a user, through registration, authorization, sign-in, consent and token endpoint.
    pub async fn oauth_token(&self, user: &TestUser, scopes: &str) -> Tokens {
        self.token_of(user, scopes, Format::Jwt).await
    }

    /// The same, of either format.
    pub async fn token_of(&self, user: &TestUser, scopes: &str, format: Format) -> Tokens {
        let client_id = self.client(format).await;
        self.authorize(user, &client_id, &[("scope", scopes), ("resource", &self.url)])
            .await
    }

    /// A registered public client, one for each format.
    ///
    /// # Panics
    /// When it is not registered.
    pub async fn client(&self, format: Format) -> String {
        if let Some(known) = self.clients.lock().expect("not poisoned").get(&format) {
            return known.clone();
        }
        let registration = json!({
            "client_name": format!("Test {format:?}"),
            "redirect_uris": [REDIRECT],
            "application_type": "native",
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "token_type": if format == Format::Jwt { "jwt" } else { "opaque" },
        });
        let request = self.request("POST", "/apps/oidc/register").json(&registration);
        let reply = send(request).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let id = reply.message()["client_id"].as_str().expect("an id").to_owned();
        self.clients.lock().expect("not poisoned").insert(format, id.clone());
        id
    }

    /// Authorization request to tokens, with every scope on the consent page left ticked.
    ///
    /// # Panics
    /// When any step is refused.
    pub async fn authorize(&self, user: &TestUser, client_id: &str, parameters: &[(&str, &str)]) -> Tokens {
        self.authorize_as(user, client_id, None, parameters).await
    }

    /// The same for a client that has a secret.
    ///
    /// # Panics
    /// When any step is refused.
    pub async fn authorize_as(
        &self,
        user: &TestUser,
        client_id: &str,
        client_secret: Option<&str>,
        parameters: &[(&str, &str)],
    ) -> Tokens {
        let mut browser = Browser::new(self);
        self.authorize_in(&mut browser, user, client_id, client_secret, parameters)
            .await
    }

    /// The same in a browser that is there already.
    ///
    /// # Panics
    /// When any step is refused.
    pub async fn authorize_in(
        &self,
        browser: &mut Browser<'_>,
        user: &TestUser,
        client_id: &str,
        client_secret: Option<&str>,
        parameters: &[(&str, &str)],
    ) -> Tokens {
        let (code, verifier) = browser.code(user, client_id, parameters).await;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("client_id", client_id),
            ("code_verifier", &verifier),
        ];
        form.extend(client_secret.map(|secret| ("client_secret", secret)));
        form.extend(parameters.iter().filter(|(name, _)| *name == "resource"));
        let reply = send(self.request("POST", "/apps/oidc/token").form(&form)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        Tokens {
            answer: reply.message(),
            client_id: client_id.to_owned(),
        }
    }

    /// A verifier for PKCE and its challenge.
    pub fn pkce() -> (String, String) {
        let text = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        (text.to_owned(), Challenge::of(text).value().to_owned())
    }
}

/// Every `Set-Cookie` of an answer.
pub fn cookies_of(headers: &HeaderMap) -> Vec<&str> {
    let all = headers.get_all("set-cookie").iter();
    all.filter_map(|value| value.to_str().ok()).collect()
}

pub(crate) async fn user(cloud: &Cloud, name: &'static str, groups: &[&str]) -> TestUser {
    let password = nc_cloud::random_password().expect("randomness");
    let mut new = NewUser::new(name, name, password.clone());
    new.email = Some(format!("{name}@example.org"));
    new.groups = groups.iter().map(|group| (*group).to_owned()).collect();
    cloud.create_user(&new).await.expect("an account");
    let app_password = cloud
        .create_app_password(&UserId::new(name), "test")
        .await
        .expect("a password");
    TestUser {
        name,
        password: password.expose_secret().to_owned(),
        app_password: app_password.expose_secret().to_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a client that knows nothing of ours")]
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(std::time::Duration::from_mins(1))
        .redirect(Policy::none())
        .build()
        .expect("a client")
}
