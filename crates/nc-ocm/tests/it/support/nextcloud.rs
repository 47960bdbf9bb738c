use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey};
use axum::response::Response;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, Method};
use nc_ocm::signature::RsaSigningKey;
use nc_proto::clock::Clock;
use reqwest::Response as Answer;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use super::{Peer, Seen, Server, http, reply, shelf::Shelf};

/// What a real one said.
const RECORDING: &str = include_str!("../../../../../fixtures/nextcloud-32/ocm.json");

/// One exchange of the recording.
pub(crate) fn recorded(name: &str) -> Value {
    let all: Vec<Value> = serde_json::from_str(RECORDING).expect("JSON");
    all.into_iter()
        .find(|exchange| exchange["name"] == name)
        .expect("recorded")
}

/// The body of a recorded answer.
pub(crate) fn recorded_answer(name: &str) -> Value {
    let exchange = recorded(name);
    serde_json::from_str(exchange["response"]["body"].as_str().expect("text")).expect("JSON")
}

/// A stock Nextcloud 32 as far as others meet it: its recorded documents and answers, its signatures, and its rules for ours,
/// written down again here and not taken from the code under test.
pub(crate) struct Nextcloud {
    pub(crate) peer: Peer,
    key: RsaSigningKey,
    clock: Clock,
    /// The public key of the one that it talks with.
    trusted: Arc<OnceLock<Vec<u8>>>,
    /// Why messages were refused.
    refused: Arc<Mutex<Vec<&'static str>>>,
    /// What its eve shares.
    pub(crate) shelf: Shelf,
}

impl Nextcloud {
    pub(crate) async fn start(clock: &Clock) -> Self {
        let peer = Peer::start(|_| reply(503, "text/plain", "")).await;
        let key = RsaSigningKey::generate().expect("a key");
        let text = recorded_answer("ocm-provider").to_string();
        let mut document: Value =
            serde_json::from_str(&text.replace("https://cloud.example.org", &peer.url)).expect("JSON");
        document["publicKey"]["publicKeyPem"] = json!(key.public_pem().expect("a PEM"));
        let trusted = Arc::new(OnceLock::new());
        let refused = Arc::new(Mutex::new(Vec::new()));
        let (known, reasons, host) = (Arc::clone(&trusted), Arc::clone(&refused), peer.host.clone());
        let shelf = Shelf::default();
        let files = shelf.clone();
        peer.answer_with(move |seen| {
            let path = seen.target.split('?').next().unwrap_or_default();
            match (seen.method.as_str(), path) {
                ("GET", "/ocm-provider/") => reply(200, "application/json", document.to_string()),
                ("GET", "/.well-known/ocm") => reply(301, "text/html", ""),
                ("POST", "/ocm/shares" | "/ocm/notifications") => match check(seen, &host, known.get()) {
                    Ok(()) if path == "/ocm/shares" => take_share(seen),
                    Ok(()) => reply(201, "application/json; charset=utf-8", "[]"),
                    Err(why) => {
                        reasons.lock().unwrap_or_else(PoisonError::into_inner).push(why);
                        reply(
                            400,
                            "application/json; charset=utf-8",
                            r#"{"message":"invalid","validationErrors":[]}"#,
                        )
                    }
                },
                (_, dav) if dav.starts_with("/public.php/webdav") => files.answer(seen),
                _ => reply(404, "text/html; charset=UTF-8", ""),
            }
        });
        Self {
            peer,
            key,
            clock: clock.clone(),
            trusted,
            refused,
            shelf,
        }
    }

    /// Fetches the other's key, as a Nextcloud does before it verifies.
    pub(crate) async fn trust(&self, server: &Server) {
        let document: Value = server.get("/ocm-provider/").await.json().await.expect("JSON");
        let pem = document["publicKey"]["publicKeyPem"]
            .as_str()
            .expect("a key")
            .to_owned();
        assert_eq!(document["publicKey"]["keyId"], format!("{}/ocm#signature", server.url));
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = BASE64_STANDARD.decode(text).expect("base64");
        self.trusted.set(der).expect("once");
    }

    /// Why messages were refused since the last time.
    pub(crate) fn refused(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The headers of its signature.
    pub(crate) fn sign(&self, url: &str, body: &[u8]) -> HeaderMap {
        let key_id = format!("{}/ocm#signature", self.peer.url);
        self.sign_as(url, body, &key_id, self.clock.now().unix_timestamp())
    }

    pub(crate) fn sign_as(&self, url: &str, body: &[u8], key_id: &str, date: i64) -> HeaderMap {
        let url = url.parse().expect("a URL");
        let signed = self.key.sign_cavage(&Method::POST, &url, body, key_id, date);
        signed.expect("signed")
    }

    /// Posts a signed message.
    pub(crate) async fn post(&self, url: &str, body: &Value) -> Answer {
        let body = body.to_string();
        send(url, self.sign(url, body.as_bytes()), body).await
    }

    /// The notifications that it got since it was last asked about anything: what happened, to which share, with which secret.
    pub(crate) fn notified(&self) -> Vec<(String, String, String)> {
        let seen = self
            .peer
            .take()
            .into_iter()
            .filter(|seen| seen.target == "/ocm/notifications");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        seen.map(|seen| {
            let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
            (
                text(&body["notificationType"]),
                text(&body["providerId"]),
                text(&body["notification"]["sharedSecret"]),
            )
        })
        .collect()
    }

    /// Tells what happened to a share.
    pub(crate) async fn notify(&self, server: &Server, what: &str, provider_id: &str, secret: &str) -> u16 {
        let body = json!({ "notificationType": what, "resourceType": "file", "providerId": provider_id,
            "notification": { "sharedSecret": secret, "message": "…" } });
        let answer = self.post(&format!("{}/ocm/notifications", server.url), &body).await;
        answer.status().as_u16()
    }

    /// A share as it sends one: the recorded body, for `user` at `server`.
    pub(crate) fn share(&self, server: &Server, user: &str, provider_id: &str, secret: &str) -> Value {
        let exchange = recorded("shares-accept-webdav-1-0-body");
        let mut body: Value = serde_json::from_str(exchange["request"]["body"].as_str().expect("text")).expect("JSON");
        body["shareWith"] = json!(server.address(user));
        body["providerId"] = json!(provider_id);
        for who in ["owner", "sharedBy"] {
            body[who] = json!(format!("eve@{}", self.peer.url));
        }
        body["protocol"]["options"]["sharedSecret"] = json!(secret);
        body
    }
}

/// Posts with these headers.
pub(crate) async fn send(url: &str, headers: HeaderMap, body: impl Into<reqwest::Body>) -> Answer {
    let request = http()
        .post(url)
        .headers(headers)
        .header("content-type", "application/json");
    request.body(body).send().await.expect("an answer")
}

/// It wants the first spelling of the protocol, and says no more than that something is missing.
fn take_share(seen: &Seen) -> Response {
    let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
    let named = [
        "shareWith",
        "name",
        "providerId",
        "owner",
        "resourceType",
        "shareType",
        "sharedBy",
    ];
    let complete = named
        .iter()
        .all(|name| body[name].as_str().is_some_and(|text| !text.is_empty()));
    let protocol = &body["protocol"];
    let is_known = protocol["name"] == "webdav" && protocol["options"]["sharedSecret"].is_string();
    let name = if complete && is_known && body["resourceType"] == "file" {
        "shares-accept-webdav-1-0-body"
    } else {
        "shares-protocol-multi-1-1-body"
    };
    let exchange = recorded(name);
    let status = exchange["response"]["status"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok());
    let body = exchange["response"]["body"].as_str().expect("text").to_owned();
    reply(status.expect("a status"), "application/json; charset=utf-8", body)
}

/// The rules of a Nextcloud 32 for messages to it.
fn check(seen: &Seen, host: &str, trusted: Option<&Vec<u8>>) -> Result<(), &'static str> {
    let header = |name: &str| {
        seen.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .ok_or("a header is missing")
    };
    if seen.body.len() > 50_000 {
        return Err("the body is too long");
    }
    let digest = header("digest")?;
    let is_right = match digest.split_once('=') {
        Some(("SHA-256", sum)) => BASE64_STANDARD.encode(Sha256::digest(&seen.body)) == sum,
        Some(("SHA-512", sum)) => BASE64_STANDARD.encode(Sha512::digest(&seen.body)) == sum,
        _ => false,
    };
    if !is_right || header("content-length")? != seen.body.len().to_string() || header("host")? != host {
        return Err("digest, length or host are wrong");
    }
    let signature = header("signature")?;
    let part = |name: &str| {
        let rest = signature.split(&format!("{name}=\"")).nth(1)?;
        rest.split('"').next()
    };
    let names = part("headers").ok_or("no list")?;
    let listed: Vec<&str> = names.split(' ').collect();
    if listed.first() != Some(&"(request-target)")
        || !["date", "host", "content-length", "digest"]
            .iter()
            .all(|name| listed.contains(name))
    {
        return Err("the list is too short");
    }
    let lines: Result<Vec<String>, &'static str> = listed
        .iter()
        .map(|name| match *name {
            "(request-target)" => Ok(format!("(request-target): post {}", seen.target)),
            name => Ok(format!("{name}: {}", header(name)?)),
        })
        .collect();
    let sum = BASE64_STANDARD
        .decode(part("signature").ok_or("no signature")?)
        .map_err(|_| "no base64")?;
    let rule = match part("algorithm") {
        Some("rsa-sha512") => &RSA_PKCS1_2048_8192_SHA512,
        Some("rsa-sha256") | None => &RSA_PKCS1_2048_8192_SHA256,
        Some(_) => return Err("another algorithm"),
    };
    let key = UnparsedPublicKey::new(rule, trusted.ok_or("no key is known")?);
    key.verify(lines?.join("\n").as_bytes(), &sum)
        .map_err(|_| "the signature is wrong")
}
