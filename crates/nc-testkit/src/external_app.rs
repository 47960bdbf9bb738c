//! The MCP server for the tokens of an issuer elsewhere, in front of an embedded cloud whose provider may be that issuer, on
//! real sockets and with the cloud's clock.

use std::{net::TcpListener, path::Path, sync::Arc};

use nc_access::{AppPassword, Profile, Vault};
use nc_auth::LoginName;
use nc_client::{BaseUrl, ClientConfig, HttpTransport, Nextcloud};
use nc_provider::{
    Resource, ResourceDocument,
    admin::{Admin, ClientChange, NewAdminClient},
};
use nc_server::{
    app,
    config::{Config, Environment, Layers, Mode},
    entrance::Entrance,
    external_issuer::ExternalIssuer,
};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{Reply, TestUser, message, send},
    cloud_app::CloudApp,
    recorder::Recorder,
    wire_record::WireRecord,
};

/// A port that is taken, so that its address is known before anything answers there.
pub struct Door {
    listener: TcpListener,
    /// Address of the MCP server.
    pub url: String,
    /// Address of the MCP endpoint: what tokens are for.
    pub mcp_url: String,
}

impl Door {
    /// A free port.
    ///
    /// # Panics
    /// When there is none.
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        Self {
            mcp_url: format!("{url}/mcp"),
            listener,
            url,
        }
    }
}

impl Default for Door {
    fn default() -> Self {
        Self::new()
    }
}

/// A booted server. Ends with the value.
pub struct ExternalApp {
    /// Its address.
    pub url: String,
    /// Address of the MCP endpoint.
    pub mcp_url: String,
    /// What the client sends to the cloud.
    pub recorder: Recorder,
    /// What people gave.
    pub vault: Vault,
    /// The rest of the server.
    pub issuer: ExternalIssuer,
    http: reqwest::Client,
    stop: CancellationToken,
    served: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for ExternalApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl ExternalApp {
    /// Starts as `serve --mode oauth` does, with settings by their names in the environment.
    ///
    /// # Errors
    /// When the server refuses to start.
    ///
    /// # Panics
    /// When settings are wrong.
    pub async fn open(door: Door, cloud: &CloudApp, data: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::assemble(door, cloud, data, settings, None).await
    }

    /// The same, writing down everything that passes at its door.
    ///
    /// # Errors
    /// When the server refuses to start.
    ///
    /// # Panics
    /// When settings are wrong.
    pub async fn open_recorded(
        door: Door,
        cloud: &CloudApp,
        data: &Path,
        settings: &[(&str, &str)],
        record: &WireRecord,
    ) -> anyhow::Result<Self> {
        Self::assemble(door, cloud, data, settings, Some(record)).await
    }

    async fn assemble(
        door: Door,
        cloud: &CloudApp,
        data: &Path,
        settings: &[(&str, &str)],
        record: Option<&WireRecord>,
    ) -> anyhow::Result<Self> {
        let Door { listener, url, mcp_url } = door;
        let mut environment: Environment = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        environment.insert("MCP_DEPLOYMENT_MODE".into(), "oauth".into());
        environment.insert("NEXTCLOUD_HOST".into(), cloud.url.clone());
        environment.insert("NEXTCLOUD_MCP_DATA".into(), data.to_string_lossy().into_owned());
        let layers = Layers::read(None, &environment, &[]).expect("settings");
        let config = Config::resolve(&layers).expect("settings");
        assert_eq!(config.mode, Some(Mode::ExternalIssuer));
        let base = |url: &str| BaseUrl::parse(url).expect("an address");
        let mut client = ClientConfig::new(base(&cloud.url));
        client.public_url = config.cloud.public_url.as_ref().map(|url| base(url.as_str()));
        let transport = HttpTransport::new(&client).expect("a pool");
        let recorder = Recorder::new(Arc::new(transport));
        let nextcloud = Nextcloud::new(client, Arc::new(recorder.clone()), cloud.clock.clone());
        let entrance = Entrance::open(&config, Mode::ExternalIssuer, &nextcloud, &url, &cloud.clock).await?;
        let Entrance::ExternalIssuer(issuer) = &entrance else {
            panic!("another entrance was opened")
        };
        let (vault, issuer) = (issuer.vault().clone(), issuer.clone());
        let stop = CancellationToken::new();
        let router = app::router(&config, &entrance, nextcloud, cloud.clock.clone(), &stop)?;
        let router = match record {
            Some(record) => record.over(router),
            None => router,
        };
        let stopped = stop.clone();
        let served = tokio::spawn(async move {
            let until = async move { stopped.cancelled().await };
            nc_server::serve(listener, router, until).await.expect("served");
        });
        Ok(Self {
            url,
            mcp_url,
            recorder,
            vault,
            issuer,
            http: http(),
            stop,
            served: Some(served),
        })
    }

    /// Keeps a user's app password for whoever the issuer calls `subject`.
    ///
    /// # Panics
    /// When it cannot be kept.
    pub async fn keep_app_password(&self, subject: &str, user: &TestUser) {
        let profile = Profile {
            uid: user.name.to_owned(),
            ..Profile::default()
        };
        let app_password = AppPassword {
            login: LoginName::new(user.name),
            password: user.app_password.as_str().into(),
        };
        let kept = self.vault.keep(subject, &profile, &app_password).await;
        kept.expect("kept");
    }

    /// Ends it. A door at the same address.
    ///
    /// # Panics
    /// When it does not end, or the port is gone.
    pub async fn close(&mut self) -> Door {
        self.stop.cancel();
        if let Some(served) = self.served.take() {
            served.await.expect("it ends");
        }
        let address = self.url.trim_start_matches("http://");
        Door {
            listener: TcpListener::bind(address).expect("the port"),
            url: self.url.clone(),
            mcp_url: self.mcp_url.clone(),
        }
    }

    /// A request to a path of this server.
    ///
    /// # Panics
    /// When the method is none.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A request of the stateless revision with a token, to be changed before it is sent.
    pub fn message(&self, token: &str, method: &str, params: Value) -> RequestBuilder {
        message(&self.http, &self.mcp_url, token, method, params)
    }

    /// What a token is answered that asks for the list of tools.
    pub async fn list(&self, token: &str) -> Reply {
        send(self.message(token, "tools/list", json!({}))).await
    }

    /// Calls a tool with a token.
    pub async fn call(&self, token: &str, name: &str, arguments: Value) -> Reply {
        send(self.message(token, "tools/call", json!({ "name": name, "arguments": arguments }))).await
    }
}

/// The apps whose data tools work with.
const APPS: [&str; 9] = [
    "calendar", "contacts", "cookbook", "deck", "files", "notes", "sharing", "tables", "todo",
];

fn app_scopes() -> impl Iterator<Item = String> {
    APPS.iter()
        .flat_map(|app| [format!("{app}:read"), format!("{app}:write")])
}

/// Scopes for every tool, as a client asks for them.
pub fn every_scope() -> String {
    let all: Vec<_> = ["openid".to_owned(), "profile".to_owned()]
        .into_iter()
        .chain(app_scopes())
        .collect();
    all.join(" ")
}

/// Makes the server's client at the cloud's provider, as an administrator does: it speaks for the MCP endpoint, and may
/// exchange tokens for the cloud. Its id and secret.
///
/// # Panics
/// When the provider refuses.
pub async fn make_client(cloud: &CloudApp, mcp_url: &str, exchange_targets: &[&str]) -> (String, String) {
    let admin = Admin::new(cloud.provider.store(), cloud.provider.now(), "test");
    let own = mcp_url.trim_end_matches("/mcp");
    let mut new = NewAdminClient::new("MCP server", vec![format!("{own}/oauth/callback")]);
    let targets = exchange_targets.iter().map(|target| (*target).to_owned()).collect();
    new.changes = vec![ClientChange::ExchangeTargets(targets)];
    let made = admin.create_client(new).await.expect("a client");
    let id = made.client.id().to_owned();
    let resource = Resource {
        uri: mcp_url.to_owned(),
        owner: Some(id.clone()),
        document: ResourceDocument {
            scopes: app_scopes().collect(),
            open_to_dynamic_clients: true,
            ..ResourceDocument::default()
        },
    };
    admin.put_resource(resource).await.expect("a resource");
    let secret = made.secret.expect("a secret");
    (id, secret.expose_secret().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a client that knows nothing of ours")]
fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(std::time::Duration::from_mins(1))
        .build()
        .expect("a client")
}
