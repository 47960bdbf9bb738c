//! A server that only says who signed a message, and another one that signs.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{Method, StatusCode};
use nc_ocm::{
    Ocm, OcmConfig,
    inbound::{Inbound, Need},
};
use nc_proto::{clock::Clock, ocm::PeerHost};
use nc_web::ClientAddress;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    draft::{Draft, Key, Signed},
    support::{Options, Peer, Seen, Server, clock, http, reply},
};

/// The name of the usual key.
pub(crate) const K1: &str = "k1";

/// What the other server says and has.
#[derive(Clone)]
pub(crate) struct Answers {
    pub(crate) discovery: Value,
    pub(crate) keys: Value,
    /// In place of the keys.
    pub(crate) keys_answer: Option<Arc<dyn Fn() -> Response + Send + Sync>>,
}

pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) peer: Peer,
    pub(crate) clock: Clock,
    pub(crate) key: Key,
    pub(crate) answers: Arc<Mutex<Answers>>,
    checker: Checker,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(config: impl Fn(&mut OcmConfig) + Send + Sync + 'static) -> Self {
        let clock = clock();
        let server = Server::with(Options::new(&clock).config(config)).await;
        let peer = Peer::start(|_| reply(404, "text/plain", "")).await;
        let key = Key::ed25519(1);
        let answers = Arc::new(Mutex::new(Answers {
            discovery: modern(&peer.url),
            keys: json!({"keys": [key.jwk(&key_id(&peer, K1))]}),
            keys_answer: None,
        }));
        let shared = Arc::clone(&answers);
        peer.answer_with(move |seen| answer(&shared.lock().expect("a lock"), seen));
        let expected = PeerHost::parse(&peer.host).expect("a host");
        let checker = Checker::start(&server.ocm, expected).await;
        Self {
            server,
            peer,
            clock,
            key,
            answers,
            checker,
        }
    }

    /// The server ends and begins anew.
    pub(crate) async fn restart(self) -> Self {
        let server = self.server.restart().await;
        let expected = PeerHost::parse(&self.peer.host).expect("a host");
        let checker = Checker::start(&server.ocm, expected).await;
        Self {
            server,
            checker,
            ..self
        }
    }

    /// Changes what the other server says.
    pub(crate) fn peer_says(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.answers.lock().expect("a lock"));
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(time::Duration::seconds(seconds));
    }

    /// `;created=…;keyid="…";tag="ocm"`, with the other server's usual key.
    pub(crate) fn parameters(&self) -> String {
        self.parameters_of(self.now(), K1)
    }

    pub(crate) fn parameters_of(&self, created: i64, kid: &str) -> String {
        format!(";created={created};keyid=\"{}\";tag=\"ocm\"", key_id(&self.peer, kid))
    }

    pub(crate) fn key_id(&self, kid: &str) -> String {
        key_id(&self.peer, kid)
    }

    /// A good message to `/ocm/notifications`.
    pub(crate) fn draft(&self) -> Draft {
        self.draft_to("/ocm/notifications")
    }

    pub(crate) fn draft_to(&self, target: &str) -> Draft {
        let uri = format!("{}{target}", self.server.url);
        Draft::new(uri, self.parameters(), b"{\"notificationType\":\"SHARE_ACCEPTED\"}")
    }

    /// What the server answers to a message to `/ocm/notifications`, and what it holds it for.
    pub(crate) async fn send(&self, signed: Signed) -> (u16, String) {
        self.send_to("/ocm/notifications", signed).await
    }

    pub(crate) async fn send_to(&self, target: &str, signed: Signed) -> (u16, String) {
        self.checker.send(Method::POST, target, signed).await
    }

    pub(crate) async fn send_by(&self, method: Method, signed: Signed) -> (u16, String) {
        self.checker.send(method, "/ocm/notifications", signed).await
    }

    /// The address of the one that only checks.
    pub(crate) fn checker(&self) -> &str {
        &self.checker.url
    }

    /// How often the other server was asked for its keys since the last time.
    pub(crate) fn key_requests(&self) -> usize {
        self.peer
            .take()
            .iter()
            .filter(|seen| seen.target == "/ocm/jwks")
            .count()
    }

    pub(crate) async fn is_accepted(&self, signed: Signed) {
        assert_eq!(self.send(signed).await, (200, "Rfc9421".to_owned()));
    }

    /// 401, as whoever did not sign gets.
    pub(crate) async fn is_refused(&self, what: &str, signed: Signed) {
        assert_eq!(self.send(signed).await.0, 401, "{what}");
    }

    /// 400 or 401: either it cannot be read, or it is not what it has to be.
    pub(crate) async fn is_refused_or_junk(&self, what: &str, signed: Signed) {
        let status = self.send(signed).await.0;
        assert!([400, 401].contains(&status), "{what}: {status}");
    }
}

fn key_id(peer: &Peer, kid: &str) -> String {
    format!("{}/ocm#{kid}", peer.url)
}

fn answer(answers: &Answers, seen: &Seen) -> Response {
    match seen.target.as_str() {
        "/.well-known/ocm" => reply(200, "application/json", answers.discovery.to_string()),
        "/ocm/jwks" => match &answers.keys_answer {
            Some(other) => other(),
            None => reply(200, "application/jwk-set+json", answers.keys.to_string()),
        },
        _ => reply(404, "text/plain", ""),
    }
}

/// The document of a server that can do everything.
pub(crate) fn modern(url: &str) -> Value {
    json!({
        "enabled": true, "apiVersion": "1.4.0", "version": "1.4.0", "endPoint": format!("{url}/ocm"), "provider": "Other",
        "resourceTypes": [{
            "name": "file", "shareTypes": ["user"],
            "protocols": {"webdav": "/webdav/", "webdav-receive": {"uri": "relative"}},
        }],
        "capabilities": ["exchange-token", "http-sig", "notifications"], "criteria": [],
        "tokenEndPoint": format!("{url}/ocm/token"), "jwksUri": format!("{url}/ocm/jwks"),
    })
}

/// The document of Nextcloud 31 to 34.
pub(crate) fn nextcloud_32(url: &str, pem: &str) -> Value {
    json!({
        "enabled": true, "apiVersion": "1.0-proposal1", "version": "1.1.0", "endPoint": format!("{url}/ocm"),
        "publicKey": {"keyId": format!("{url}/ocm#signature"), "publicKeyPem": pem},
        "resourceTypes": [{"name": "file", "shareTypes": ["user", "group"], "protocols": {"webdav": "/public.php/webdav/"}}],
        "capabilities": ["/invite-accepted", "/notifications", "/shares"],
    })
}

/// Reads and checks every message as the routes do, and says what it holds it for. It is reached at another address than the one
/// that messages are signed for, as behind a proxy.
pub(crate) struct Checker {
    pub(crate) url: String,
    http: reqwest::Client,
    serving: JoinHandle<()>,
}

impl Drop for Checker {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Checker {
    /// Messages have to come from `expected`, or from the server in the header `x-expected`.
    pub(crate) async fn start(ocm: &Ocm, expected: PeerHost) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(check).with_state((ocm.clone(), expected));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("served");
        });
        Self {
            url,
            http: http(),
            serving,
        }
    }

    pub(crate) async fn send(&self, method: Method, target: &str, signed: Signed) -> (u16, String) {
        let request = self.http.request(method, format!("{}{target}", self.url));
        let answer = signed.into_request(request).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }
}

async fn check(State((ocm, expected)): State<(Ocm, PeerHost)>, mut request: Request) -> Response {
    let text = |request: &Request, name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned)
    };
    let expected = text(&request, "x-expected").map_or(expected, |host| PeerHost::parse(&host).expect("a host"));
    let address = text(&request, "x-address").and_then(|address| address.parse::<IpAddr>().ok());
    if let Some(address) = address {
        request.extensions_mut().insert(ClientAddress(address));
    }
    let inbound = match Inbound::read(&ocm, request, 64 << 10).await {
        Ok(inbound) => inbound,
        Err(response) => return response,
    };
    let need = match inbound.target.as_str() {
        "/ocm/token" => Need::TokenEndpoint { strict: false },
        "/ocm/token?strict" => Need::TokenEndpoint { strict: true },
        _ => Need::Usual,
    };
    match ocm.check_signature(&inbound, &expected, true, need).await {
        Ok(checked) => (StatusCode::OK, format!("{checked:?}")).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
