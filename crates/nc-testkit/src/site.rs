//! A cloud that shares with other servers, as it ships.

use std::net::TcpListener;

use nc_cloud::{Cloud, accounts::NewUser};
use nc_ocm::Ocm;
use nc_proto::clock::Clock;
use nc_server::{
    config::{Config, Environment, Layers},
    embedded,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::TestUser;

/// The sharing API.
const API: &str = "/ocs/v2.php/apps/files_sharing/api/v1";

/// A booted cloud with alice, bob and carol, all of them in the group `team`. Ends with the value.
pub struct Site {
    /// Address without a slash at the end.
    pub url: String,
    /// The cloud itself.
    pub cloud: Cloud,
    /// What speaks with other servers.
    pub ocm: Ocm,
    /// The time.
    pub clock: Clock,
    http: reqwest::Client,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    _folder: TempDir,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Site {
    /// A new one, with further settings by their names in the environment.
    ///
    /// # Panics
    /// When anything cannot be started.
    pub async fn boot(clock: &Clock, settings: &[(&str, &str)]) -> Self {
        let usual = [
            ("OCM_ENABLED", "true"),
            ("OCM_ALLOW_HTTP", "true"),
            ("OCM_ALLOW_PRIVATE", "true"),
        ];
        let settings = usual.iter().chain(settings);
        let environment: Environment = settings
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let clock = clock.clone();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let layers = Layers::read(None, &environment, &[]).expect("settings");
        let config = Config::resolve(&layers).expect("settings");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let mut cloud_config = embedded::cloud_config(&config, folder.path(), None);
        cloud_config.clock = clock.clone();
        let cloud = Cloud::open(cloud_config).await.expect("the cloud opens");
        for name in ["alice", "bob", "carol"] {
            if cloud
                .find_user(&nc_auth::UserId::new(name))
                .await
                .expect("asked")
                .is_none()
            {
                let mut new = NewUser::new(name, name, password(name).into());
                new.groups = vec!["team".to_owned()];
                cloud.create_user(&new).await.expect("an account");
            }
        }
        let beside = embedded::open(&config, &cloud, &url).await.expect("it opens");
        let router = embedded::router(&config, &cloud, &beside).expect("a router");
        let ocm = beside.ocm.clone().expect("it is switched on");
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let serving = tokio::spawn(async move {
            let served = nc_server::serve(listener, router, async move { stopped.cancelled().await });
            served.await.expect("served");
        });
        let tasks = vec![serving, tokio::spawn(beside.keep_up())];
        Self {
            url,
            cloud,
            ocm,
            clock,
            http: http(),
            stop,
            tasks,
            _folder: folder,
        }
    }

    /// What others write to share with somebody here.
    pub fn address(&self, user: &str) -> String {
        format!("{user}@{}", self.url)
    }

    /// One of the people, to sign in with in a browser.
    pub fn person(&self, name: &'static str) -> TestUser {
        TestUser {
            name,
            password: password(name),
            app_password: String::new(),
        }
    }

    /// A request as one of the people.
    ///
    /// # Panics
    /// When the method is none.
    pub fn request(&self, user: &str, method: &str, path: &str) -> RequestBuilder {
        self.anonymous(method, path)
            .header("authorization", nc_auth::basic::header_value(user, &password(user)))
            .header("ocs-apirequest", "true")
    }

    /// A request of a stranger.
    ///
    /// # Panics
    /// When the method is none.
    pub fn anonymous(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A request about somebody's file; the path begins with a slash and is encoded.
    pub async fn dav(&self, user: &str, method: &str, path: &str, body: impl Into<reqwest::Body>) -> Response {
        let path = format!("/remote.php/dav/files/{user}{path}");
        self.request(user, method, &path)
            .body(body)
            .send()
            .await
            .expect("an answer")
    }

    /// Its status.
    pub async fn status(&self, user: &str, method: &str, path: &str, body: impl Into<reqwest::Body>) -> StatusCode {
        self.dav(user, method, path, body).await.status()
    }

    /// What a file holds.
    pub async fn read(&self, user: &str, path: &str) -> (StatusCode, Vec<u8>) {
        let answer = self.dav(user, "GET", path, "").await;
        (
            answer.status(),
            answer.bytes().await.map(|bytes| bytes.to_vec()).unwrap_or_default(),
        )
    }

    /// A request to the sharing API: status and data.
    ///
    /// # Panics
    /// When the answer is not one of OCS.
    pub async fn ocs(&self, user: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let separator = if path.contains('?') { '&' } else { '?' };
        let request = self.request(user, method, &format!("{API}{path}{separator}format=json"));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let mut answer: Value = answer.json().await.expect("JSON");
        (status, answer["ocs"]["data"].take())
    }

    /// Shares something with somebody elsewhere; its number.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn share(&self, user: &str, path: &str, kind: u8, with: &str, permissions: u8) -> String {
        let wish = json!({ "path": path, "shareType": kind, "shareWith": with, "permissions": permissions });
        let (status, share) = self.ocs(user, "POST", "/shares", wish).await;
        assert_eq!(status, StatusCode::OK, "{share}");
        let id = &share["id"];
        id.as_str().map_or_else(|| id.to_string(), str::to_owned)
    }

    /// What waits for somebody's answer.
    pub async fn pending(&self, user: &str) -> Vec<Value> {
        let (_, data) = self.ocs(user, "GET", "/remote_shares/pending", Value::Null).await;
        data.as_array().cloned().unwrap_or_default()
    }

    /// Takes the only share that waits; its number and where it appears.
    ///
    /// # Panics
    /// When there is none, or more than one.
    pub async fn accept(&self, user: &str) -> (i64, String) {
        let waiting = self.pending(user).await;
        let [share] = waiting.as_slice() else {
            panic!("{waiting:?}");
        };
        let number = share["id"].as_i64().expect("a number");
        let path = format!("/remote_shares/pending/{number}");
        let (status, data) = self.ocs(user, "POST", &path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{data}");
        let (_, data) = self
            .ocs(user, "GET", &format!("/remote_shares/{number}"), Value::Null)
            .await;
        let place = data["mountpoint"].as_str().expect("a place").to_owned();
        (number, place)
    }
}

fn password(name: &str) -> String {
    format!("the long password of {name}")
}

#[expect(clippy::disallowed_methods, reason = "a client that knows nothing of ours")]
fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(Policy::none());
    client.no_proxy().build().expect("a client")
}
