//! The MCP server over the embedded cloud, assembled by the code that ships, on real sockets.

use std::{net::TcpListener, path::PathBuf, sync::Arc, time::Duration};

use nc_auth::{Grants, ScopeSet, UserId};
use nc_client::{BaseUrl, ClientConfig, InProcess, Nextcloud};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_mcp_kit::{
    Handler,
    http::{HttpOptions, NoCredential},
};
use nc_proto::clock::Clock;
use nc_server::{
    app,
    config::{Config, Environment, Layers, Mode},
    entrance::Entrance,
};
use reqwest::{RequestBuilder, StatusCode, header::HeaderMap};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::recorder::Recorder;

/// The stateless protocol revision.
pub const MODERN: &str = "2026-07-28";

/// One user of the booted cloud.
#[derive(Debug, Clone)]
pub struct TestUser {
    /// User id and login name.
    pub name: &'static str,
    /// Account password.
    pub password: String,
    /// App password.
    pub app_password: String,
}

impl TestUser {
    /// The value of an `Authorization` header for HTTP Basic with the app password.
    pub fn basic(&self) -> String {
        nc_auth::basic::header_value(self.name, &self.app_password)
    }
}

/// A booted server. Ends with the value.
pub struct TestApp {
    /// Address of the MCP endpoint.
    pub mcp_url: String,
    /// Address of the embedded cloud.
    pub cloud_url: String,
    /// Acts in single-user mode.
    pub alice: TestUser,
    /// Somebody else.
    pub bob: TestUser,
    /// What the client sends to the cloud.
    pub recorder: Recorder,
    config: Config,
    nextcloud: Nextcloud,
    http: reqwest::Client,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer of the endpoint.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Reply {
    /// The JSON-RPC message; of an event stream, the last one.
    ///
    /// # Panics
    /// When the body holds none.
    pub fn message(&self) -> Value {
        let line = self
            .text
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("data: ").filter(|data| !data.is_empty()));
        serde_json::from_str(line.unwrap_or(&self.text)).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }

    /// The result of a request.
    ///
    /// # Panics
    /// When there is none.
    pub fn result(&self) -> Value {
        let message = self.message();
        assert!(message.get("result").is_some(), "no result in {message}");
        message["result"].clone()
    }

    /// The structured content of a successful tool call.
    ///
    /// # Panics
    /// When the call failed, or the text block is not the same JSON.
    pub fn structured(&self) -> Value {
        let result = self.result();
        assert!(
            result.get("isError").is_none_or(|failed| failed == false),
            "failed: {result}"
        );
        let structured = result["structuredContent"].clone();
        let text: Value =
            serde_json::from_str(result["content"][0]["text"].as_str().expect("a text block")).expect("JSON in text");
        assert_eq!(text, structured, "text and structured content differ");
        structured
    }

    /// The text of a failed tool call.
    ///
    /// # Panics
    /// When the call succeeded, or carries structured content.
    pub fn error_text(&self) -> String {
        let result = self.result();
        assert_eq!(result["isError"], true, "did not fail: {result}");
        assert!(
            result.get("structuredContent").is_none_or(Value::is_null),
            "structured content of an error: {result}"
        );
        result["content"][0]["text"].as_str().expect("a text block").to_owned()
    }
}

impl TestApp {
    /// Single-user mode as alice, with the usual settings.
    pub async fn boot() -> Self {
        Self::boot_with(Mode::SingleUser, &[]).await
    }

    /// Over HTTP as alice, with a credential that grants only `scopes`.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot_granting(scopes: ScopeSet) -> Self {
        let mut app = Self::boot().await;
        let mut caller = app::configured_caller(&app.config).expect("an account");
        caller.grants = Grants::Only(scopes);
        let handler = Handler::new(Arc::new(app::assistant(
            &app.config,
            app.nextcloud.clone(),
            Clock::system(),
        )));
        let options = HttpOptions {
            path: app.config.server.path.clone(),
            allowed_hosts: None,
            allowed_origins: None,
            max_body_bytes: app.config.server.max_body_bytes,
            max_sessions: app.config.server.max_sessions,
            authenticate: Arc::new(NoCredential(caller)),
            stop: app.stop.clone(),
        };
        let router = nc_mcp_kit::http::router(handler, &options);
        app.mcp_url = format!("{}{}", listen(router, &app.stop), app.config.server.path);
        app
    }

    /// `mode`, with settings by their names in the environment.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot_with(mode: Mode, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cloud = Cloud::open(CloudConfig::new(folder.path()))
            .await
            .expect("the cloud opens");
        let alice = user(&cloud, "alice").await;
        let bob = user(&cloud, "bob").await;
        let stop = CancellationToken::new();
        let cloud_url = listen(cloud.router(), &stop);

        let service = cloud.router().into_service::<nc_client::Body>();
        let recorder = Recorder::new(Arc::new(InProcess::new(service)));

        let mut environment: Environment = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if mode == Mode::SingleUser {
            environment.insert("NEXTCLOUD_USERNAME".into(), alice.name.into());
            environment.insert("NEXTCLOUD_PASSWORD".into(), alice.app_password.clone());
        }
        let layers = Layers::read(None, &environment, &[]).expect("settings");
        let mut config = Config::resolve(&layers).expect("settings");
        config.documents.executable = document_child();
        let mut client = ClientConfig::new(BaseUrl::parse(&cloud_url).expect("an address"));
        client.excluded_tags.clone_from(&config.cloud.excluded_tags);
        let nextcloud = Nextcloud::new(client, Arc::new(recorder.clone()), Clock::system());
        let entrance = match mode {
            Mode::SingleUser => Entrance::SingleUser,
            Mode::Basic => Entrance::Basic,
            Mode::OwnIssuer | Mode::ExternalIssuer => panic!("`OwnIssuerApp` and `ExternalApp` boot those"),
        };
        let router = app::router(&config, &entrance, nextcloud.clone(), Clock::system(), &stop).expect("a router");
        let mcp_url = format!("{}{}", listen(router, &stop), config.server.path);
        Self {
            mcp_url,
            cloud_url,
            alice,
            bob,
            recorder,
            config,
            nextcloud,
            http: http(),
            stop,
            _folder: folder,
        }
    }

    /// A POST of `body` to the endpoint, to be changed before it is sent.
    pub fn post(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.http
            .post(&self.mcp_url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(body)
    }

    /// A plain HTTP client, for whatever else a test asks.
    pub const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A request of the stateless revision, to be changed before it is sent.
    pub fn request(&self, method: &str, mut params: Value) -> RequestBuilder {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let target = params
            .get("name")
            .or_else(|| params.get("uri"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self
            .post(body.to_string())
            .header("mcp-protocol-version", MODERN)
            .header("mcp-method", method);
        if let Some(target) = target {
            request = request.header("mcp-name", target);
        }
        request
    }

    /// Calls a tool, to be changed before it is sent.
    pub fn tool(&self, name: &str, arguments: &Value) -> RequestBuilder {
        self.request("tools/call", json!({ "name": name, "arguments": arguments }))
    }

    /// Calls a tool in single-user mode.
    pub async fn call(&self, name: &str, arguments: &Value) -> Reply {
        send(self.tool(name, arguments)).await
    }
}

/// A request of the stateless revision to an endpoint, with a token unless it is empty.
pub fn message(http: &reqwest::Client, mcp_url: &str, token: &str, method: &str, mut params: Value) -> RequestBuilder {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let target = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str);
    let mut request = http
        .post(mcp_url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", MODERN)
        .header("mcp-method", method);
    if let Some(target) = target {
        request = request.header("mcp-name", target);
    }
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string())
}

/// The program that reads documents, beside the tests that are running.
pub fn document_child() -> Option<PathBuf> {
    let tests = std::env::current_exe().ok()?;
    let child = tests.parent()?.parent()?.join("document_child");
    child.is_file().then_some(child)
}

/// Sends and reads to the end.
///
/// # Panics
/// When no answer comes.
pub async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    Reply {
        status,
        headers,
        text: response.text().await.expect("text"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a client that knows nothing of ours")]
fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(Duration::from_mins(1))
        .build()
        .expect("a client")
}

async fn user(cloud: &Cloud, name: &'static str) -> TestUser {
    let password = nc_cloud::random_password().expect("randomness");
    let mut new = NewUser::new(name, name, password.clone());
    new.email = Some(format!("{name}@example.org"));
    cloud.create_user(&new).await.expect("an account");
    let app_password: SecretString = cloud
        .create_app_password(&UserId::new(name), "test")
        .await
        .expect("a password");
    TestUser {
        name,
        password: password.expose_secret().to_owned(),
        app_password: app_password.expose_secret().to_owned(),
    }
}

fn listen(router: axum::Router, stop: &CancellationToken) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let stop = stop.clone();
    tokio::spawn(nc_server::serve(
        listener,
        router,
        async move { stop.cancelled().await },
    ));
    url
}
