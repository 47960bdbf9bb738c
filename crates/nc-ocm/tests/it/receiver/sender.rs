use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use axum::{body::Body, response::Response};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use nc_auth::federation::{Federation as _, InShare};
use serde_json::{Value, json};

use super::bob;
use crate::support::{Peer, Seen, Server, reply};

/// What opens the files of every share of a [`Sender`], unless a test says otherwise.
pub(crate) const SECRET: &str = "c2VjcmV0LW9mLWEtc2hhcmUtdGhhdC1ub2JvZHktc2Vlcw";

type Answer = Box<dyn Fn(&Seen, &Gate) -> Option<Response> + Send + Sync>;

/// What a sender takes at the moment.
#[derive(Default)]
pub(super) struct Gate {
    issued: AtomicUsize,
    refused: AtomicUsize,
    /// Whether the secret opens the files as a bearer, and as a user name.
    secrets: Mutex<(bool, bool)>,
}

impl Gate {
    /// How many tokens were given out.
    pub(super) fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }

    /// Takes no token any more that was given out until now.
    pub(super) fn revoke(&self) {
        self.refused.store(self.issued(), Ordering::SeqCst);
    }

    /// Takes the secret as a bearer, and as a user name.
    pub(super) fn take_secrets(&self, bearer: bool, basic: bool) {
        *self.secrets.lock().unwrap_or_else(PoisonError::into_inner) = (bearer, basic);
    }

    fn next(&self) -> String {
        format!("token-{}", self.issued.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn opens(&self, seen: &Seen) -> bool {
        let (bearer, basic) = *self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let authorization = seen.headers.get("authorization").and_then(|value| value.to_str().ok());
        let authorization = authorization.unwrap_or_default();
        let by_token = authorization
            .strip_prefix("Bearer token-")
            .and_then(|number| number.parse::<usize>().ok());
        by_token.is_some_and(|number| number > self.refused.load(Ordering::SeqCst))
            || bearer && authorization == format!("Bearer {SECRET}")
            || basic && authorization == format!("Basic {}", BASE64_STANDARD.encode(format!("{SECRET}:")))
    }
}

/// A server that shares: it exchanges secrets where told so, and has one folder with whatever is asked for in it.
pub(crate) struct Sender {
    pub(crate) peer: Peer,
    pub(super) gate: Arc<Gate>,
    answer: Arc<Mutex<Answer>>,
}

impl Sender {
    /// One that exchanges secrets for tokens.
    pub(super) async fn start() -> Self {
        Self::of(true).await
    }

    /// One that does not know of tokens.
    pub(crate) async fn legacy() -> Self {
        Self::of(false).await
    }

    async fn of(can_exchange: bool) -> Self {
        let peer = Peer::start(|_| reply(503, "text/plain", "")).await;
        let gate = Arc::new(Gate::default());
        let answer: Arc<Mutex<Answer>> = Arc::new(Mutex::new(Box::new(|_, _| None)));
        let this = Self {
            gate: Arc::clone(&gate),
            answer: Arc::clone(&answer),
            peer,
        };
        let url = this.peer.url.clone();
        this.peer.answer_with(move |seen| {
            let special = lock(&answer)(seen, &gate);
            special.unwrap_or_else(|| usual(&url, can_exchange, seen, &gate))
        });
        this
    }

    /// Answers what `answer` answers, and the rest as usual.
    pub(super) fn answer(&self, answer: impl Fn(&Seen, &Gate) -> Option<Response> + Send + Sync + 'static) {
        *lock(&self.answer) = Box::new(answer);
    }

    /// Answers everything as usual again.
    pub(super) fn answer_as_usual(&self) {
        self.answer(|_, _| None);
    }

    /// The body of an offer.
    pub(super) fn offer(&self, server: &Server, id: &str, requirements: &[&str]) -> Value {
        json!({
            "shareWith": server.address("bob"), "name": "Plans", "description": "of the year", "providerId": id,
            "owner": format!("eve@{}", self.peer.url), "sender": format!("eve@{}", self.peer.url),
            "ownerDisplayName": "Eve", "senderDisplayName": "Eve", "shareType": "user", "resourceType": "folder",
            "protocol": {"name": "multi", "webdav": {"uri": id, "sharedSecret": SECRET,
                "permissions": ["read", "write"], "requirements": requirements}},
        })
    }

    /// The body of an offer as Nextcloud 31 to 34 make it.
    pub(super) fn old_offer(&self, server: &Server, id: &str) -> Value {
        let mut offer = self.offer(server, id, &[]);
        offer["resourceType"] = "file".into();
        offer["protocol"] = json!({"name": "webdav", "options": {"sharedSecret": SECRET,
            "permissions": "{http://open-cloud-mesh.org/ns}share-permissions"}});
        offer
    }

    /// Offers a share to bob, who takes it.
    pub(super) async fn share(&self, server: &Server, offer: &Value) -> InShare {
        let answer = post(server, "/ocm/shares", offer).await;
        assert_eq!(answer.status(), 201);
        let pending = server.ocm.incoming(&bob(), true).await.expect("a list");
        let number = pending.last().expect("a share").number;
        server.ocm.accept(&bob(), number).await.expect("accepted")
    }

    /// A strict share that bob took.
    pub(super) async fn strict(&self, server: &Server) -> InShare {
        let offer = self.offer(server, "strict-1", &["must-exchange-token"]);
        self.share(server, &offer).await
    }

    /// How often a token was asked for since the last time, and what was asked of the files.
    pub(super) fn take(&self) -> (usize, Vec<Seen>) {
        let seen = self.peer.take();
        let tokens = seen.iter().filter(|seen| is_token(seen)).count();
        (tokens, seen.into_iter().filter(is_files).collect())
    }
}

fn lock(answer: &Mutex<Answer>) -> MutexGuard<'_, Answer> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn is_token(seen: &Seen) -> bool {
    seen.target == "/token"
}

pub(super) fn is_files(seen: &Seen) -> bool {
    seen.target.starts_with("/dav")
}

pub(super) fn is_discovery(seen: &Seen) -> bool {
    seen.target == "/.well-known/ocm"
}

/// What a token endpoint answers.
pub(super) fn token(text: &str, expires_in: i64) -> Response {
    let body = json!({"access_token": text, "token_type": "Bearer", "expires_in": expires_in});
    reply(200, "application/json", body.to_string())
}

fn usual(url: &str, can_exchange: bool, seen: &Seen, gate: &Gate) -> Response {
    if is_discovery(seen) {
        return reply(200, "application/json", discovery(url, can_exchange).to_string());
    }
    if is_token(seen) && can_exchange {
        return token(&gate.next(), 600);
    }
    if !is_files(seen) {
        return reply(201, "application/json", "[]");
    }
    if !gate.opens(seen) {
        return reply(401, "text/plain", "");
    }
    match seen.method.as_str() {
        "PROPFIND" => reply(207, "application/xml", multistatus(&seen.target)),
        "PUT" => reply(201, "text/plain", ""),
        _ => reply(200, "text/plain", "what is in it"),
    }
}

/// What a server says of itself.
pub(super) fn discovery(url: &str, can_exchange: bool) -> Value {
    let mut document = json!({
        "enabled": true, "apiVersion": "1.4.0", "endPoint": format!("{url}/ocm"), "provider": "Sender",
        "resourceTypes": [
            {"name": "file", "shareTypes": ["user", "group"], "protocols": {"webdav": "/dav/"}},
            {"name": "folder", "shareTypes": ["user", "group"], "protocols": {"webdav": "/dav/"}},
        ],
        "capabilities": ["notifications", "protocol-object"],
    });
    if can_exchange {
        document["capabilities"] = json!(["exchange-token", "notifications", "protocol-object"]);
        document["tokenEndPoint"] = format!("{url}/token").into();
    }
    document
}

fn multistatus(target: &str) -> Body {
    format!(
        "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\" xmlns:ocs=\"http://open-collaboration-services.org/ns\">\
         <d:response><d:href>{target}</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>\
         <ocs:share-permissions>7</ocs:share-permissions></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>\
         </d:response></d:multistatus>"
    )
    .into()
}

/// Posts a message, unsigned.
pub(super) async fn post(server: &Server, path: &str, body: &Value) -> reqwest::Response {
    let request = server.request("POST", path).header("content-type", "application/json");
    request.body(body.to_string()).send().await.expect("an answer")
}
