//! The cloud as it ships, with two people, and a web of its own.

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use nc_auth::{UserId, basic};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_proto::{clock::Clock, public_url::Hosts};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::web::{Reply, Web};

#[expect(dead_code, reason = "other binaries that have this module need more of it")]
#[path = "../wire/answer.rs"]
mod answer;

pub(crate) use self::answer::Answer;

pub(crate) const API: &str = "/index.php/apps/cookbook/api/v1";

pub(crate) struct Wire {
    pub(crate) cloud: Cloud,
    pub(crate) clock: Clock,
    pub(crate) alice: String,
    pub(crate) bob: String,
    router: Router,
    _dir: tempfile::TempDir,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.json()
    }

    /// The text of a refusal, which must be one.
    pub(crate) fn refusal(self, status: StatusCode) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        match self.json() {
            Value::String(text) => text,
            body => body["msg"].as_str().unwrap().to_owned(),
        }
    }
}

impl Wire {
    pub(crate) async fn boot() -> Self {
        let nowhere = Web::start(|_| Reply::status("404 Not Found")).await;
        Self::with_web(&nowhere).await
    }

    pub(crate) async fn with_web(web: &Web) -> Self {
        Self::configured(|config| config.pages = Some(web.fetch(Hosts::Public))).await
    }

    pub(crate) async fn configured(configure: impl FnOnce(&mut CloudConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        configure(&mut config);
        let cloud = Cloud::open(config).await.unwrap();
        let mut credentials = Vec::new();
        for id in ["alice", "bob"] {
            let user = NewUser::new(id, id, "an account password".into());
            cloud.create_user(&user).await.unwrap();
            let password = cloud.create_app_password(&UserId::new(id), "test").await.unwrap();
            credentials.push(basic::header_value(id, password.expose_secret()));
        }
        let bob = credentials.pop().unwrap();
        let alice = credentials.pop().unwrap();
        Self {
            router: cloud.router(),
            cloud,
            clock,
            alice,
            bob,
            _dir: dir,
        }
    }

    pub(crate) async fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("authorization", who);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(&self.router, request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", &format!("{API}/{path}"), &[], Vec::new()).await
    }

    pub(crate) async fn json(&self, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let body = serde_json::to_vec(body).unwrap();
        self.send(who, method, &format!("{API}/{path}"), &headers, body).await
    }

    pub(crate) async fn create(&self, who: &str, recipe: Value) -> i64 {
        self.json(who, "POST", "recipes", &recipe).await.ok().as_i64().unwrap()
    }

    pub(crate) async fn import(&self, url: &str) -> Answer {
        self.json(&self.alice, "POST", "import", &json!({ "url": url })).await
    }

    /// The names of alice's recipes.
    pub(crate) async fn names(&self) -> Vec<String> {
        let list = self.get(&self.alice, "recipes").await.ok();
        let names = list
            .as_array()
            .unwrap()
            .iter()
            .map(|recipe| recipe["name"].as_str().unwrap().to_owned());
        names.collect()
    }
}
