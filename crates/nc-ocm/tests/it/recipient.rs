//! Another server that gets shares: its keys, what it answers, and what it asks.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use nc_auth::{
    UserId,
    federation::{
        Federation as _, FederationError, NewOutShare, OutShare, RemoteKind, ShareAuth as _, ShareCredential,
        SharePrincipal, ShareRefusal, ShareRequest,
    },
};
use nc_proto::apps::sharing::SharePermissions;
use reqwest::RequestBuilder;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    draft::{Draft, Key},
    support::{Options, Peer, Seen, Server, clock, reply},
};

/// A server, another one, and a share from the first to the second.
pub(crate) async fn scene() -> (Server, Recipient, Given) {
    scene_with(Options::new(&clock())).await
}

/// The same with a server that differs.
pub(crate) async fn scene_with(options: Options) -> (Server, Recipient, Given) {
    let server = Server::with(options).await;
    let recipient = Recipient::start().await;
    let given = recipient.given(&server).await;
    (server, recipient, given)
}

/// A form, as the token endpoint wants it.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Clone)]
pub(crate) struct Answers {
    pub(crate) discovery: Value,
    pub(crate) keys: Value,
    /// What a share is answered with.
    pub(crate) shares: (u16, Value),
    /// Done before the discovery document is told.
    pub(crate) before_discovery: Arc<dyn Fn() + Send + Sync>,
}

pub(crate) struct Recipient {
    pub(crate) peer: Peer,
    pub(crate) key: Key,
    answers: Arc<Mutex<Answers>>,
    signed: AtomicU32,
}

impl Recipient {
    /// One that exchanges tokens and signs.
    pub(crate) async fn start() -> Self {
        let peer = Peer::start(|_| reply(404, "text/plain", "")).await;
        let key = Key::ed25519(1);
        let answers = Arc::new(Mutex::new(Answers {
            discovery: modern(&peer.url),
            keys: json!({"keys": [key.jwk(&format!("{}/ocm#k1", peer.url))]}),
            shares: (201, json!({"recipientDisplayName": "Bob"})),
            before_discovery: Arc::new(|| {}),
        }));
        let shared = Arc::clone(&answers);
        peer.answer_with(move |seen| {
            let answers = shared.lock().expect("a lock").clone();
            let (status, body) = match seen.target.as_str() {
                "/.well-known/ocm" => {
                    (answers.before_discovery)();
                    (200, answers.discovery)
                }
                "/ocm/jwks" => (200, answers.keys),
                "/ocm/shares" => answers.shares,
                "/ocm/notifications" => (201, json!([])),
                _ => (404, json!({})),
            };
            reply(status, "application/json", body.to_string())
        });
        Self {
            peer,
            key,
            answers,
            signed: AtomicU32::new(0),
        }
    }

    /// One as Nextcloud 31 to 34, with the public key of its discovery document.
    pub(crate) async fn nextcloud_32() -> Self {
        let this = Self::start().await;
        let url = this.peer.url.clone();
        this.says(|answers| answers.discovery = nextcloud_32(&url));
        this
    }

    /// Changes what it says.
    pub(crate) fn says(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.answers.lock().expect("a lock"));
    }

    /// Somebody there.
    pub(crate) fn address(&self, user: &str) -> String {
        format!("{user}@{}", self.peer.url)
    }

    /// The bodies of requests to a path since it was last asked about any.
    pub(crate) fn got(&self, path: &str) -> Vec<Value> {
        let seen = self.peer.take().into_iter().filter(|seen| seen.target == path);
        seen.map(|seen: Seen| serde_json::from_slice(&seen.body).expect("JSON"))
            .collect()
    }

    /// A message, signed with its key. The same one twice has two signatures.
    pub(crate) fn signed(&self, server: &Server, target: &str, content_type: &str, body: &str) -> RequestBuilder {
        self.signed_with(&self.key, server, target, content_type, body)
    }

    pub(crate) fn signed_with(
        &self,
        key: &Key,
        server: &Server,
        target: &str,
        content_type: &str,
        body: &str,
    ) -> RequestBuilder {
        let draft = self.draft(server, target, body);
        let request = server.request("POST", target).header("content-type", content_type);
        draft.sign(key).into_request(request)
    }

    pub(crate) fn draft(&self, server: &Server, target: &str, body: &str) -> Draft {
        let now = server.clock.now().unix_timestamp();
        let nonce = self.signed.fetch_add(1, Ordering::SeqCst);
        let parameters = format!(
            ";created={now};nonce=\"{nonce}\";keyid=\"{}/ocm#k1\";tag=\"ocm\"",
            self.peer.url
        );
        Draft::new(format!("{}{target}", server.url), parameters, body.as_bytes())
    }

    /// What it sends to exchange a secret.
    pub(crate) fn form(&self, secret: &str) -> String {
        format!(
            "grant_type=authorization_code&client_id={}&code={secret}",
            self.peer.host
        )
    }

    /// Exchanges a secret for a token.
    pub(crate) async fn exchange(&self, server: &Server, secret: &str) -> (u16, Value) {
        answer(self.signed(server, "/ocm/token", FORM, &self.form(secret))).await
    }

    /// The token that it gets for a secret.
    pub(crate) async fn token(&self, server: &Server, secret: &str) -> String {
        let (status, body) = self.exchange(server, secret).await;
        assert_eq!(status, 200, "{body}");
        body["access_token"].as_str().expect("a token").to_owned()
    }

    /// Tells what happened to a share.
    pub(crate) async fn notify(&self, server: &Server, body: &Value) -> (u16, Value) {
        answer(self.signed(server, "/ocm/notifications", "application/json", &body.to_string())).await
    }

    /// Alice shares the folder `Plans` with Bob, who is there.
    pub(crate) async fn given(&self, server: &Server) -> Given {
        self.given_by(server, new_share(&self.address("bob")))
            .await
            .expect("shared")
    }

    pub(crate) async fn given_by(&self, server: &Server, new: NewOutShare) -> Result<Given, FederationError> {
        let share = server.ocm.share(new).await?;
        let message = self.got("/ocm/shares").pop().expect("a share");
        let secret = message["protocol"]["webdav"]["sharedSecret"].as_str();
        Ok(Given {
            secret: secret.expect("a secret").to_owned(),
            share,
            message,
        })
    }
}

/// A share, and what the other server was told of it.
pub(crate) struct Given {
    pub(crate) share: OutShare,
    pub(crate) secret: String,
    pub(crate) message: Value,
}

/// The folder `Plans` for somebody.
pub(crate) fn new_share(share_with: &str) -> NewOutShare {
    NewOutShare {
        sharer: UserId::new("alice"),
        node: 41,
        kind: RemoteKind::User,
        share_with: share_with.to_owned(),
        permissions: SharePermissions::ALL,
        expires_at: None,
        note: String::new(),
    }
}

/// Status and JSON body.
pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.bytes().await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// What a bearer opens.
pub(crate) async fn bearer(server: &Server, text: &str) -> Result<SharePrincipal, ShareRefusal> {
    let text = SecretString::from(text);
    open(server, Some(ShareCredential::Bearer(&text)), None).await
}

/// What a user name without a password opens.
pub(crate) async fn basic(server: &Server, user: &str, password: &str) -> Result<SharePrincipal, ShareRefusal> {
    let (user, password) = (SecretString::from(user), SecretString::from(password));
    let credential = ShareCredential::Basic {
        user: &user,
        password: &password,
    };
    open(server, Some(credential), None).await
}

pub(crate) async fn open(
    server: &Server,
    credential: Option<ShareCredential<'_>>,
    share_id: Option<&str>,
) -> Result<SharePrincipal, ShareRefusal> {
    let request = ShareRequest {
        credential,
        share_id,
        address: None,
    };
    server.ocm.authenticate(&request).await
}

/// Whether it is a 401.
pub(crate) fn is_unauthorized<T>(outcome: &Result<T, ShareRefusal>) -> bool {
    matches!(outcome, Err(ShareRefusal::Unauthorized { .. }))
}

/// The document of a server that can do everything.
pub(crate) fn modern(url: &str) -> Value {
    let by_webdav = json!({"webdav": "/webdav/", "webdav-receive": {"uri": "relative"}});
    json!({
        "enabled": true, "apiVersion": "1.4.0", "endPoint": format!("{url}/ocm"), "provider": "Other",
        "resourceTypes": [
            {"name": "file", "shareTypes": ["user", "group"], "protocols": by_webdav},
            {"name": "folder", "shareTypes": ["user", "group"], "protocols": by_webdav},
        ],
        "capabilities": ["exchange-token", "http-sig", "notifications"], "criteria": [],
        "tokenEndPoint": format!("{url}/ocm/token"), "jwksUri": format!("{url}/ocm/jwks"),
    })
}

/// The document of Nextcloud 31 to 34; it signs nothing here.
fn nextcloud_32(url: &str) -> Value {
    json!({
        "enabled": true, "apiVersion": "1.0-proposal1", "version": "1.1.0", "endPoint": format!("{url}/ocm"),
        "resourceTypes": [
            {"name": "file", "shareTypes": ["user", "group"], "protocols": {"webdav": "/public.php/webdav/"}},
        ],
        "capabilities": ["/invite-accepted", "/notifications", "/shares"],
    })
}
