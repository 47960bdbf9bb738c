//! The MCP server with its own authorization server over the embedded cloud as a stock Nextcloud, on real sockets and with
//! a clock of the test.

use std::{
    collections::{BTreeMap, HashMap},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use nc_client::{BaseUrl, ClientConfig, InProcess, Nextcloud};
use nc_cloud::{Cloud, CloudConfig};
use nc_proto::{clock::Clock, oauth::pkce::Challenge};
use nc_server::{
    app,
    config::{Config, Environment, Layers, Mode},
    entrance::Entrance,
    own_issuer::OwnIssuer,
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    app::{Reply, TestUser, message, send},
    browser::Form,
    cloud_app::{cookies_of, http, user},
    recorder::Recorder,
};

/// Where the registered test program takes its answers.
const REDIRECT: &str = "http://127.0.0.1/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Most steps from one address to the next page.
const MOST_STEPS: usize = 20;

/// A booted server. Ends with the value.
pub struct OwnIssuerApp {
    /// Address of the MCP server: the issuer.
    pub url: String,
    /// Address of the MCP endpoint: what tokens are for.
    pub mcp_url: String,
    /// Address of the cloud.
    pub cloud_url: String,
    /// Somebody.
    pub alice: TestUser,
    /// Somebody else.
    pub bob: TestUser,
    /// The cloud.
    pub cloud: Cloud,
    /// The time, at both.
    pub clock: Clock,
    /// What the client sends to the cloud.
    pub recorder: Recorder,
    /// The authorization server.
    pub issuer: OwnIssuer,
    /// Where both keep their data.
    pub folder: TempDir,
    http: reqwest::Client,
    clients: Mutex<HashMap<&'static str, String>>,
    stop: CancellationToken,
}

impl Drop for OwnIssuerApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A person with a browser.
pub struct Person<'a> {
    app: &'a OwnIssuerApp,
    user: &'a TestUser,
    cookies: BTreeMap<String, String>,
    /// Scopes that are unticked on the consent page.
    pub unticked: Vec<&'static str>,
}

impl OwnIssuerApp {
    /// With the usual settings.
    pub async fn boot() -> Self {
        Self::boot_with(&[]).await
    }

    /// With settings by their names in the environment.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time"));
        let stop = CancellationToken::new();
        let mut cloud_config = CloudConfig::new(folder.path().join("cloud"));
        cloud_config.clock = clock.clone();
        let cloud = Cloud::open(cloud_config).await.expect("the cloud opens");
        let alice = user(&cloud, "alice", &[]).await;
        let bob = user(&cloud, "bob", &[]).await;
        let (cloud_listener, cloud_url) = listener();
        serve(cloud_listener, cloud.router(), &stop);
        let service = cloud.router().into_service::<nc_client::Body>();
        let recorder = Recorder::new(Arc::new(InProcess::new(service)));
        let client = ClientConfig::new(BaseUrl::parse(&cloud_url).expect("an address"));
        let nextcloud = Nextcloud::new(client, Arc::new(recorder.clone()), clock.clone());

        let mut environment: Environment = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let data = folder.path().join("mcp");
        environment.insert("NEXTCLOUD_MCP_DATA".into(), data.to_string_lossy().into_owned());
        let layers = Layers::read(None, &environment, &[]).expect("settings");
        let config = Config::resolve(&layers).expect("settings");
        let (mcp_listener, url) = listener();
        let entrance = Entrance::open(&config, Mode::OwnIssuer, &nextcloud, &url, &clock)
            .await
            .expect("the authorization server opens");
        let Entrance::OwnIssuer(issuer) = &entrance else {
            panic!("another entrance was opened")
        };
        let issuer = issuer.clone();
        let router = app::router(&config, &entrance, nextcloud, clock.clone(), &stop).expect("a router");
        serve(mcp_listener, router, &stop);
        Self {
            mcp_url: format!("{url}{}", config.server.path),
            url,
            cloud_url,
            alice,
            bob,
            cloud,
            clock,
            recorder,
            issuer,
            folder,
            http: http(),
            clients: Mutex::default(),
            stop,
        }
    }

    /// A request to this server or an absolute address. Neither follows redirects nor keeps cookies.
    ///
    /// # Panics
    /// When the method is none.
    pub fn request(&self, method: &str, address: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let address = if address.starts_with('/') {
            format!("{}{address}", self.url)
        } else {
            address.to_owned()
        };
        self.http.request(method, address)
    }

    /// A request of the stateless revision with a token, to be changed before it is sent.
    pub fn message(&self, token: &str, method: &str, params: Value) -> RequestBuilder {
        message(&self.http, &self.mcp_url, token, method, params)
    }

    /// Calls a tool with a token.
    pub async fn call(&self, token: &str, name: &str, arguments: Value) -> Reply {
        send(self.message(token, "tools/call", json!({ "name": name, "arguments": arguments }))).await
    }

    /// Names of the tools that a token shows.
    ///
    /// # Panics
    /// When they are not listed.
    pub async fn tools(&self, token: &str) -> Vec<String> {
        let listed = send(self.message(token, "tools/list", json!({}))).await.result();
        let tools = listed["tools"].as_array().expect("a list");
        tools
            .iter()
            .map(|tool| tool["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// A registered public client of that format of tokens, `opaque` or `jwt`.
    ///
    /// # Panics
    /// When it is not registered.
    pub async fn client(&self, format: &'static str) -> String {
        if let Some(known) = self.clients.lock().expect("not poisoned").get(format) {
            return known.clone();
        }
        let registration = json!({
            "client_name": format!("Test {format}"),
            "redirect_uris": [REDIRECT],
            "application_type": "native",
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "token_type": format,
        });
        let reply = send(self.request("POST", "/oauth/register").json(&registration)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let id = reply.message()["client_id"].as_str().expect("an id").to_owned();
        self.clients.lock().expect("not poisoned").insert(format, id.clone());
        id
    }

    /// Tokens of a person who signs in with a fresh browser and allows everything.
    pub async fn tokens(&self, user: &TestUser, scopes: &str) -> Value {
        let client = self.client("opaque").await;
        Person::new(self, user).tokens(&client, scopes).await
    }

    /// The access token of the same.
    ///
    /// # Panics
    /// When there is none.
    pub async fn token(&self, user: &TestUser, scopes: &str) -> String {
        let tokens = self.tokens(user, scopes).await;
        tokens["access_token"].as_str().expect("an access token").to_owned()
    }

    /// Refreshes.
    pub async fn refresh(&self, client_id: &str, token: &str) -> Reply {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", client_id),
        ];
        send(self.request("POST", "/oauth/token").form(&form)).await
    }

    /// Every `Authorization` header that went to the cloud since the last time, each once.
    pub fn credentials_sent(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for sent in self.recorder.take() {
            for value in sent.headers.get_all("authorization") {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                if !seen.contains(&value) {
                    seen.push(value);
                }
            }
        }
        seen
    }

    /// Whether the cloud takes a credential.
    pub async fn is_taken(&self, authorization: &str) -> bool {
        let address = format!("{}/ocs/v2.php/cloud/user?format=json", self.cloud_url);
        let request = self.request("GET", &address).header("ocs-apirequest", "true");
        send(request.header("authorization", authorization)).await.status == StatusCode::OK
    }
}

impl<'a> Person<'a> {
    /// With a fresh browser.
    pub const fn new(app: &'a OwnIssuerApp, user: &'a TestUser) -> Self {
        Self {
            app,
            user,
            cookies: BTreeMap::new(),
            unticked: Vec::new(),
        }
    }

    /// The cookies as the browser sends them.
    pub fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Signs in to the own page of the MCP server, with a tab of the Nextcloud; where that leads.
    ///
    /// # Panics
    /// When a page is not as expected.
    pub async fn log_in(&mut self, address: &str) -> (String, Reply) {
        let page = self.open("GET", address, None).await;
        let waiting = self.submit(page).await;
        self.grant_at_nextcloud(&waiting.1.text).await;
        self.look_again(&waiting.1).await
    }

    /// One request, without following. Cookies go to both servers, as browsers send them to all ports of a host.
    pub async fn step(&mut self, method: &str, address: &str, form: Option<&[(String, String)]>) -> Reply {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self.app.request(method, address);
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if let Some(form) = form {
            let origin = if address.starts_with('/') {
                self.app.url.clone()
            } else {
                Url::parse(address).expect("an address").origin().ascii_serialization()
            };
            request = request.form(form).header("origin", origin);
        }
        let reply = send(request).await;
        for cookie in cookies_of(&reply.headers) {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            if attributes.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Requests until there is a page, or an answer for the program. The address of the last one, and the answer.
    ///
    /// # Panics
    /// When the redirects do not end.
    pub async fn open(&mut self, method: &str, address: &str, form: Option<&[(String, String)]>) -> (String, Reply) {
        let mut at = Url::parse(&self.app.url)
            .and_then(|base| base.join(address))
            .expect("an address");
        let mut reply = self.step(method, at.as_str(), form).await;
        for _ in 0..MOST_STEPS {
            let location = reply.headers.get("location").and_then(|value| value.to_str().ok());
            match location.map(str::to_owned) {
                Some(next) if !next.starts_with(REDIRECT) => {
                    at = at.join(&next).expect("an address");
                    reply = self.step("GET", at.as_str(), None).await;
                }
                _ => return (at.into(), reply),
            }
        }
        panic!("redirects without end");
    }

    /// Submits the first form of a page.
    pub async fn submit(&mut self, (at, page): (String, Reply)) -> (String, Reply) {
        let mut form = Form::find(&page.text);
        if page.text.contains(r#"name="password""#) {
            form.fields.push(("user".to_owned(), self.user.name.to_owned()));
            form.fields.push(("password".to_owned(), self.user.password.clone()));
        }
        if page.text.contains(r#"name="decision" value="grant""#) {
            form.fields.push(("decision".to_owned(), "grant".to_owned()));
        }
        form.fields
            .retain(|(name, value)| name != "scope" || !self.unticked.contains(&value.as_str()));
        let action = Url::parse(&at)
            .and_then(|at| at.join(&form.action))
            .expect("an address");
        self.open("POST", action.as_str(), Some(&form.fields)).await
    }

    /// The address of an authorization request.
    ///
    /// # Panics
    /// When the server has no address.
    pub fn authorization(&self, client_id: &str, parameters: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&format!("{}/oauth/authorize", self.app.url)).expect("an address");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("state", "state")
            .append_pair("code_challenge", Challenge::of(VERIFIER).value())
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &self.app.mcp_url)
            .extend_pairs(parameters);
        url.into()
    }

    /// From an authorization request to the page that asks for consent. Signs in at the Nextcloud in a second tab.
    ///
    /// # Panics
    /// When a page is not as expected.
    pub async fn consent_page(&mut self, client_id: &str, parameters: &[(&str, &str)]) -> (String, Reply) {
        let address = self.authorization(client_id, parameters);
        let page = self.open("GET", &address, None).await;
        if !page.0.contains("/oauth/signin") {
            return page;
        }
        let waiting = self.submit(page).await;
        self.grant_at_nextcloud(&waiting.1.text).await;
        self.look_again(&waiting.1).await
    }

    /// Follows the waiting page's `Refresh`, in its own time.
    ///
    /// # Panics
    /// When the page has none.
    pub async fn look_again(&mut self, waiting: &Reply) -> (String, Reply) {
        let refresh = waiting
            .headers
            .get("refresh")
            .unwrap_or_else(|| panic!("no refresh: {}", waiting.text));
        let refresh = refresh.to_str().expect("text");
        let (_, next) = refresh.split_once("url=").expect("an address");
        self.app.clock.advance(time::Duration::seconds(6));
        self.open("GET", next, None).await
    }

    /// What a person does in the tab of the Nextcloud.
    ///
    /// # Panics
    /// When a page is not as expected.
    pub async fn grant_at_nextcloud(&mut self, waiting: &str) {
        let (_, rest) = waiting.split_once(r#"class="button" href=""#).expect("a link");
        let link = rest.split('"').next().expect("an address").to_owned();
        let mut page = self.open("GET", &link, None).await;
        for _ in 0..4 {
            if !page.1.text.contains("<form") {
                return;
            }
            page = self.submit(page).await;
        }
        panic!("the sign-in at the Nextcloud does not end: {}", page.1.text);
    }

    /// Allows on the consent page; the code.
    ///
    /// # Panics
    /// When there is none.
    pub async fn allow(&mut self, page: (String, Reply)) -> String {
        let (_, answer) = if page.1.headers.contains_key("location") {
            page
        } else {
            self.submit(page).await
        };
        let location = answer.headers.get("location");
        let location = location.unwrap_or_else(|| panic!("no answer: {}", answer.text));
        let location = Url::parse(location.to_str().expect("text")).expect("an address");
        let code = location.query_pairs().find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("no code: {location}")).1.into_owned()
    }

    /// From an authorization request to tokens.
    ///
    /// # Panics
    /// When any step is refused.
    pub async fn tokens(&mut self, client_id: &str, scopes: &str) -> Value {
        let page = self.consent_page(client_id, &[("scope", scopes)]).await;
        let code = self.allow(page).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("client_id", client_id),
            ("code_verifier", VERIFIER),
            ("resource", &self.app.mcp_url),
        ];
        let reply = send(self.app.request("POST", "/oauth/token").form(&form)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.message()
    }
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

fn serve(listener: TcpListener, router: axum::Router, stop: &CancellationToken) {
    let stop = stop.clone();
    tokio::spawn(nc_server::serve(
        listener,
        router,
        async move { stop.cancelled().await },
    ));
}
