//! What a real Nextcloud 32 was asked by another server, asked of us: the same statuses and members of the answers. Every
//! difference that is meant is named.

use std::{collections::BTreeSet, path::Path};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    receiver::sender::{SECRET, Sender},
    support::{Server, clock},
};

#[derive(Deserialize)]
struct Exchange {
    name: String,
    request: Recorded,
    response: Recorded,
}

#[derive(Deserialize)]
struct Recorded {
    #[serde(default)]
    method: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    body: String,
}

/// The exchange, our status, and why that, or what is in the answer, is another one.
const DIFFERENCES: &[(&str, u16, &str)] = &[
    (
        "shares-name-with-leading-slash",
        201,
        "the draft's examples have one, so it is left out",
    ),
    (
        "shares-protocol-multi-1-1-body",
        201,
        "every spelling of the protocol is read",
    ),
    ("shares-malformed-json", 400, "the message is wrong, not the server"),
    (
        "shares-unknown-share-type",
        501,
        "the field is named, as the draft says",
    ),
    (
        "shares-unknown-resource-type",
        501,
        "the field is named, as the draft says",
    ),
    (
        "invite-accepted-unknown-token",
        400,
        "errors look the same everywhere, as the draft says",
    ),
    (
        "notification-share-unshared-unknown-provider-id",
        403,
        "what is not there is answered like what belongs to somebody else",
    ),
    (
        "invite-accepted-empty-body",
        400,
        "the message is wrong, not the server",
    ),
];

fn exchanges() -> Vec<Exchange> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nextcloud-32/ocm.json");
    let all: Vec<Exchange> = serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("exchanges");
    let is_message = |exchange: &Exchange| exchange.request.method == "POST" && exchange.request.path.contains("/ocm/");
    all.into_iter().filter(is_message).collect()
}

/// The members of an answer; `None`: it is no object.
fn members(body: &str) -> Option<BTreeSet<String>> {
    let value: Value = serde_json::from_str(body).ok()?;
    Some(value.as_object()?.keys().cloned().collect())
}

#[tokio::test]
async fn messages_of_other_servers_are_answered_like_nextcloud_answers_them() {
    let server = Server::start(&clock()).await;
    let sender = Sender::legacy().await;
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for exchange in exchanges() {
        let body = exchange
            .request
            .body
            .replace("https://peer.example.net", &sender.peer.url)
            .replace("@cloud.example.org", &format!("@{}", server.url))
            .replace("<shared-secret>", SECRET);
        let request = server.request("POST", &exchange.request.path);
        let answer = request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await;
        let answer = answer.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        let difference = DIFFERENCES.iter().find(|(name, ..)| *name == exchange.name);
        let expected = difference.map_or(exchange.response.status, |(_, status, _)| *status);
        let same_members = difference.is_some() || members(&text) == members(&exchange.response.body);
        if status != expected || !same_members {
            wrong.push(format!("{}: {status} {text}", exchange.name));
        }
        seen.insert(exchange.name);
    }
    assert!(seen.len() > 15, "{seen:?}");
    assert!(DIFFERENCES.iter().all(|(name, ..)| seen.contains(*name)));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
