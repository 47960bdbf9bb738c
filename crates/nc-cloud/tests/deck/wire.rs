use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use axum::{Router, body::Body};
use http::{Request, StatusCode};
use nc_auth::{
    UserId, basic,
    token::{AuthContext, TokenRefusal, TokenUse, VerifyToken},
};
use nc_cloud::{Cloud, CloudConfig, accounts::NewUser, auth::TokenIssuers};
use nc_proto::{
    clock::Clock,
    oauth::{error::BearerError, scope_list::ScopeList},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use time::OffsetDateTime;

#[expect(dead_code, reason = "other binaries that have this module need more of it")]
#[path = "../wire/answer.rs"]
mod answer;

pub(crate) use self::answer::Answer;

const RESOURCE: &str = "https://cloud.example.org";

pub(crate) const BOARDS: &str = "/index.php/apps/deck/api/v1.0/boards";
pub(crate) const OCS: &str = "/ocs/v2.php/apps/deck/api/v1.0";
pub(crate) const JSON: &str = "?format=json";

/// When everything begins.
pub(crate) const START: i64 = 1_795_225_978;

/// Tokens `nca_read` and `nca_write` of Alice's, each with one scope.
struct Spoken;

#[async_trait]
impl VerifyToken for Spoken {
    async fn verify(&self, token: &TokenUse<'_>) -> Result<AuthContext, TokenRefusal> {
        let scopes = match token.presented.token.expose_secret() {
            "nca_read" => "deck:read",
            "nca_write" => "deck:write",
            "nca_notes" => "notes:read notes:write files:read files:write",
            _ => return Err(BearerError::InvalidToken.into()),
        };
        Ok(AuthContext {
            issuer: RESOURCE.into(),
            subject: "alice".into(),
            user: UserId::new("alice"),
            client: "client".into(),
            scopes: ScopeList::parse(scopes).expect("scopes"),
            resources: vec![RESOURCE.to_owned()],
            sid: None,
            jti: None,
            acr: None,
            amr: Vec::new(),
            auth_time: None,
            issued_at: None,
            expires_at: i64::MAX,
        })
    }
}

#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) cloud: Cloud,
    pub(crate) clock: Clock,
    router: Router,
    passwords: HashMap<&'static str, String>,
    _dir: Arc<tempfile::TempDir>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    /// The body of a success.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.json()
    }

    /// The data in the envelope of a success.
    pub(crate) fn data(&self) -> Value {
        self.ok()["ocs"]["data"].clone()
    }

    /// Status and message of a failure, in the app's form or in the envelope's.
    pub(crate) fn refused(&self) -> (u16, String) {
        let body = self.json();
        let message = body.get("message").unwrap_or(&body["ocs"]["meta"]["message"]);
        (self.status.as_u16(), message.as_str().unwrap().to_owned())
    }
}

/// A board with a stack and a card in it, of Alice's.
pub(crate) struct Sample {
    pub(crate) board: String,
    pub(crate) stack: String,
    pub(crate) card: String,
    pub(crate) card_id: i64,
    pub(crate) stack_id: i64,
    pub(crate) label_id: i64,
}

impl Wire {
    /// Alice, Bob and Carol; Bob is in the group `team`.
    pub(crate) async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(START).unwrap());
        let mut config = CloudConfig::new(dir.path());
        config.clock = clock.clone();
        let cloud = Cloud::open(config).await.unwrap();
        cloud
            .believe(TokenIssuers {
                verifier: Arc::new(Spoken),
                issuers: vec![RESOURCE.to_owned()],
                resource: RESOURCE.to_owned(),
            })
            .unwrap();
        let mut passwords = HashMap::new();
        for (id, name) in [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")] {
            let mut user = NewUser::new(id, name, format!("{id}'s password").into());
            user.email = Some(format!("{id}@example.org"));
            if id == "bob" {
                user.groups = vec!["team".to_owned()];
                user.quota_bytes = Some(1 << 20);
            }
            cloud.create_user(&user).await.unwrap();
            let password = cloud.create_app_password(&UserId::new(id), "test").await.unwrap();
            passwords.insert(id, basic::header_value(id, password.expose_secret()));
        }
        Self {
            router: cloud.router(),
            cloud,
            clock,
            passwords,
            _dir: Arc::new(dir),
        }
    }

    /// Sends as `who`: a user, or a whole header.
    pub(crate) async fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let authorization = self.passwords.get(who).map_or(who, String::as_str);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", authorization)
            .header("ocs-apirequest", "true");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(&self.router, request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", path, &[], Vec::new()).await
    }

    pub(crate) async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.with_json(who, "POST", path, body).await
    }

    pub(crate) async fn put(&self, who: &str, path: &str, body: Value) -> Answer {
        self.with_json(who, "PUT", path, body).await
    }

    pub(crate) async fn delete(&self, who: &str, path: &str) -> Answer {
        self.send(who, "DELETE", path, &[], Vec::new()).await
    }

    pub(crate) async fn with_json(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(who, method, path, &headers, body.into_bytes()).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(
        &self,
        who: &str,
        method: &str,
        path: &str,
        kind: &str,
        name: &str,
        bytes: &[u8],
    ) -> Answer {
        let mut form = format!(
            "--bnd\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n{kind}\r\n--bnd\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes();
        form.extend_from_slice(bytes);
        form.extend_from_slice(b"\r\n--bnd--\r\n");
        let headers = [("content-type", "multipart/form-data; boundary=bnd")];
        self.send(who, method, path, &headers, form).await
    }

    pub(crate) async fn sample(&self) -> Sample {
        let board = self
            .post("alice", BOARDS, json!({"title": "Project", "color": "ff0000"}))
            .await
            .ok();
        let path = format!("{BOARDS}/{}", board["id"]);
        let stacks = format!("{path}/stacks");
        let stack = self
            .post("alice", &stacks, json!({"title": "To do", "order": 1}))
            .await
            .ok();
        let stack_path = format!("{stacks}/{}", stack["id"]);
        let card = self.card(&stack_path, "First").await;
        Sample {
            card: format!("{stack_path}/cards/{card}"),
            board: path,
            stack: stack_path,
            card_id: card,
            stack_id: stack["id"].as_i64().unwrap(),
            label_id: board["labels"][0]["id"].as_i64().unwrap(),
        }
    }

    /// A card of Alice's; its id.
    pub(crate) async fn card(&self, stack: &str, title: &str) -> i64 {
        let card = self
            .post("alice", &format!("{stack}/cards"), json!({"title": title}))
            .await
            .ok();
        card["id"].as_i64().unwrap()
    }

    /// Lets somebody (or a group, `kind` 1) into a board with some of `edit`, `share`, `manage`; the path of the entry.
    pub(crate) async fn share(&self, board: &str, kind: i64, participant: &str, rights: &[&str]) -> String {
        let has = |right| rights.contains(&right);
        let acl = json!({
            "type": kind, "participant": participant, "permissionEdit": has("edit"), "permissionShare": has("share"),
            "permissionManage": has("manage")
        });
        let acl = self.post("alice", &format!("{board}/acl"), acl).await.ok();
        format!("{board}/acl/{}", acl["id"])
    }
}

/// The whole of a card, as a client sends it back.
pub(crate) fn whole(title: &str) -> Value {
    json!({"title": title, "type": "plain", "owner": "alice", "order": 0, "description": "text", "duedate": null})
}

pub(crate) fn ids(list: &Value) -> Vec<i64> {
    let list = list.as_array().unwrap();
    list.iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

pub(crate) fn denied() -> (u16, String) {
    (403, "Permission denied".to_owned())
}
