//! The cloud with three people: alice, bob, and carol; bob and carol are in the group `team`.

use std::collections::BTreeMap;

use axum::{Router, body::Body};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use nc_auth::{UserId, basic};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser};
use nc_proto::clock::Clock;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt;

pub(crate) const V1: &str = "/index.php/apps/tables/api/1";
pub(crate) const V2: &str = "/ocs/v2.php/apps/tables/api/2";

#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) cloud: Cloud,
    pub(crate) clock: Clock,
    router: Router,
    people: BTreeMap<&'static str, String>,
    _dir: std::sync::Arc<tempfile::TempDir>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) headers: HeaderMap,
}

impl Answer {
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        let body: Value = serde_json::from_str(&self.body).unwrap();
        if body["ocs"].is_object() {
            body["ocs"]["data"].clone()
        } else {
            body
        }
    }

    /// The reason of a refusal of the input.
    pub(crate) fn refusal(self) -> String {
        assert_eq!(self.status, 400, "{}", self.body);
        let body: Value = serde_json::from_str(&self.body).unwrap();
        let message = if body["ocs"].is_object() {
            &body["ocs"]["meta"]["message"]
        } else {
            &body["message"]
        };
        message.as_str().unwrap().to_owned()
    }
}

impl Wire {
    pub(crate) async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap());
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        let cloud = Cloud::open(config).await.unwrap();
        let mut people = BTreeMap::new();
        for (id, name) in [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")] {
            let mut user = NewUser::new(id, name, "an account password".into());
            if id != "alice" {
                user.groups = vec!["team".to_owned()];
            }
            cloud.create_user(&user).await.unwrap();
            let password = cloud.create_app_password(&UserId::new(id), "test").await.unwrap();
            people.insert(id, basic::header_value(id, password.expose_secret()));
        }
        Self {
            router: cloud.router(),
            cloud,
            clock,
            people,
            _dir: dir.into(),
        }
    }

    pub(crate) async fn send(&self, who: &str, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", &self.people[who])
            .header("ocs-apirequest", "true")
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .body(Body::from(body.into()))
            .unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap(),
        }
    }

    pub(crate) async fn get(&self, who: &str, path: impl AsRef<str>) -> Answer {
        self.send(who, "GET", path.as_ref(), "").await
    }

    pub(crate) async fn post(&self, who: &str, path: impl AsRef<str>, body: Value) -> Answer {
        self.send(who, "POST", path.as_ref(), body.to_string()).await
    }

    pub(crate) async fn put(&self, who: &str, path: impl AsRef<str>, body: Value) -> Answer {
        self.send(who, "PUT", path.as_ref(), body.to_string()).await
    }

    pub(crate) async fn delete(&self, who: &str, path: impl AsRef<str>) -> Answer {
        self.send(who, "DELETE", path.as_ref(), "").await
    }

    /// A table of alice's. Its number.
    pub(crate) async fn table(&self, title: &str) -> i64 {
        let made = self
            .post("alice", format!("{V1}/tables"), json!({ "title": title }))
            .await
            .ok();
        made["id"].as_i64().unwrap()
    }

    /// A column of a table of alice's. Its number.
    pub(crate) async fn column(&self, table: i64, kind: &str, settings: Value) -> i64 {
        let mut body = json!({ "title": "Column", "type": kind });
        body.as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        let made = self
            .post("alice", format!("{V1}/tables/{table}/columns"), body)
            .await
            .ok();
        made["id"].as_i64().unwrap()
    }

    /// A row of a table of alice's. Its number.
    pub(crate) async fn row(&self, table: i64, cells: &[(i64, Value)]) -> i64 {
        let made = self
            .post("alice", format!("{V1}/tables/{table}/rows"), data(cells))
            .await
            .ok();
        made["id"].as_i64().unwrap()
    }

    /// A view of a table of alice's. Its number.
    pub(crate) async fn view(&self, table: i64, settings: Value) -> i64 {
        let made = self
            .post(
                "alice",
                format!("{V1}/tables/{table}/views"),
                json!({ "title": "View" }),
            )
            .await
            .ok();
        let id = made["id"].as_i64().unwrap();
        self.put("alice", format!("{V1}/views/{id}"), json!({ "data": settings }))
            .await
            .ok();
        id
    }

    /// Shares a table of alice's; `permissions` are first letters of read, create, update, delete, manage.
    pub(crate) async fn share(&self, table: i64, kind: &str, receiver: &str, permissions: &str) -> i64 {
        let has = |letter| permissions.contains(letter);
        let share = json!({
            "receiver": receiver, "receiverType": kind, "permissionRead": has('r'), "permissionCreate": has('c'),
            "permissionUpdate": has('u'), "permissionDelete": has('d'), "permissionManage": has('m'),
        });
        let made = self
            .post("alice", format!("{V1}/tables/{table}/shares"), share)
            .await
            .ok();
        made["id"].as_i64().unwrap()
    }
}

/// Values for a row as they are sent.
pub(crate) fn data(cells: &[(i64, Value)]) -> Value {
    let data: serde_json::Map<_, _> = cells
        .iter()
        .map(|(id, value)| (id.to_string(), value.clone()))
        .collect();
    json!({ "data": data })
}

/// The values of a row as they are shown, by column.
pub(crate) fn cells(row: &Value) -> Vec<(i64, Value)> {
    let cells = row["data"].as_array().unwrap().iter();
    cells
        .map(|cell| (cell["columnId"].as_i64().unwrap(), cell["value"].clone()))
        .collect()
}

/// Numbers of listed things.
pub(crate) fn ids(list: &Value) -> Vec<i64> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_i64().unwrap())
        .collect()
}
