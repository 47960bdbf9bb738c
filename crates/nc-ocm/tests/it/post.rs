//! Messages to other servers, and how they are signed. What was sent is checked by hand, apart from the code under test.

use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use nc_ocm::{
    OutboundSignatures,
    net::{Freshness, PeerAnswer},
    signature::SigningAlgorithm,
};
use nc_proto::ocm::PeerHost;
use serde_json::{Value, json};

use crate::{
    draft::{rsa, sha256, sha512},
    stage::{modern, nextcloud_32},
    support::{Options, Peer, Seen, Server, clock, reply},
};

const BODY: &[u8] = b"{\"shareWith\":\"bob\"}";

/// Another server with a document; it takes every message.
async fn peer_with(document: impl Fn(&str) -> Value + Send + Sync + 'static) -> Peer {
    let peer = Peer::start(|_| reply(404, "text/plain", "")).await;
    let url = peer.url.clone();
    peer.answer_with(move |seen| {
        if seen.method == "GET" {
            return reply(200, "application/json", document(&url).to_string());
        }
        let mut answer = reply(201, "Application/JSON; charset=utf-8", "{}");
        answer
            .headers_mut()
            .insert("retry-after", "7".parse().expect("a value"));
        answer
    });
    peer
}

/// A document that signs by RFC 9421, of a server that calls itself Nextcloud.
fn nextcloud_35(url: &str) -> Value {
    let mut document = modern(url);
    document["provider"] = "Nextcloud".into();
    document
}

async fn post(server: &Server, peer: &Peer, path: &str) -> (PeerAnswer, Seen) {
    let host = PeerHost::parse(&peer.host).expect("a host");
    let known = server.ocm.peer(&host, true, Freshness::Day).await.expect("a document");
    let url = format!("{}{path}", peer.url).parse().expect("a URL");
    let answer = server
        .ocm
        .post_signed(&known, &url, "application/json", BODY.to_vec())
        .await;
    let answer = answer.expect("an answer");
    let mut seen = peer.take();
    (answer, seen.pop().expect("a message"))
}

fn header(seen: &Seen, name: &str) -> String {
    let mut values = seen.headers.get_all(name).iter();
    let value = values.next().unwrap_or_else(|| panic!("{name} is missing"));
    assert_eq!(values.next(), None, "{name} comes once");
    value.to_str().expect("text").to_owned()
}

/// Checks a message as RFC 9421 says, with the published keys of the server; the kind of key.
async fn verified(server: &Server, peer: &Peer, seen: &Seen) -> String {
    assert_eq!(header(seen, "content-digest"), sha256(&seen.body));
    assert_eq!(header(seen, "content-length"), seen.body.len().to_string());
    let input = header(seen, "signature-input");
    let (label, parameters) = input.split_once('=').expect("a label");
    let kid = parameters
        .split("keyid=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a key");
    let created: i64 = parameters
        .split("created=")
        .nth(1)
        .and_then(|rest| rest.split(';').next())
        .and_then(|created| created.parse().ok())
        .expect("a time");
    assert_eq!(
        parameters,
        format!(
            "(\"@method\" \"@target-uri\" \"content-digest\" \"content-length\");created={created};keyid=\"{kid}\";tag=\"ocm\""
        )
    );
    let now = server.clock.now().unix_timestamp();
    assert!((now..=now + 30).contains(&created));
    let base = format!(
        "\"@method\": POST\n\"@target-uri\": {}{}\n\"content-digest\": {}\n\"content-length\": {}\n\
         \"@signature-params\": {parameters}",
        peer.url,
        seen.target,
        header(seen, "content-digest"),
        header(seen, "content-length"),
    );
    let signature = header(seen, "signature");
    let signature = signature
        .strip_prefix(&format!("{label}=:"))
        .and_then(|rest| rest.strip_suffix(':'));
    let signature = BASE64_STANDARD.decode(signature.expect("bytes")).expect("base64");
    let set: Value = server.get("/ocm/jwks").await.json().await.expect("JSON");
    let keys = set["keys"].as_array().expect("keys");
    let jwk = keys.iter().find(|key| key["kid"] == kid).expect("the key is published");
    let number = |name: &str| {
        BASE64_URL_SAFE_NO_PAD
            .decode(jwk[name].as_str().expect("text"))
            .expect("base64url")
    };
    let (algorithm, point): (&dyn VerificationAlgorithm, Vec<u8>) = match jwk["alg"].as_str() {
        Some("ES256") => (&ECDSA_P256_SHA256_FIXED, [vec![4], number("x"), number("y")].concat()),
        Some("Ed25519") => (&ED25519, number("x")),
        other => panic!("{other:?}"),
    };
    let key = UnparsedPublicKey::new(algorithm, point);
    key.verify(base.as_bytes(), &signature).expect("a good signature");
    jwk["alg"].as_str().expect("text").to_owned()
}

/// Checks a message as draft-cavage says, with the key in the server's document.
async fn verified_cavage(server: &Server, peer: &Peer, seen: &Seen) {
    assert!(!seen.headers.contains_key("signature-input"));
    assert_eq!(header(seen, "host"), peer.host);
    assert_eq!(
        header(seen, "digest"),
        sha512(&seen.body)
            .replacen("sha-512=:", "SHA-512=", 1)
            .trim_end_matches(':')
    );
    let date = header(seen, "date");
    assert_eq!(date, crate::cavage::http_date(server.clock.now().unix_timestamp()));
    let text = format!(
        "(request-target): post {}\ncontent-length: {}\ndate: {date}\ndigest: {}\nhost: {}",
        seen.target,
        seen.body.len(),
        header(seen, "digest"),
        peer.host,
    );
    let signature = header(seen, "signature");
    let prefix = format!(
        "keyId=\"{}/ocm#signature\",algorithm=\"rsa-sha512\",headers=\"(request-target) content-length date digest host\",\
         signature=\"",
        server.url
    );
    let signature = signature.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix('"'));
    let signature = BASE64_STANDARD
        .decode(signature.expect("written as Nextcloud does"))
        .expect("base64");
    let document: Value = server.get("/ocm-provider/").await.json().await.expect("JSON");
    let pem = document["publicKey"]["publicKeyPem"].as_str().expect("a key");
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = UnparsedPublicKey::new(
        &RSA_PKCS1_2048_8192_SHA512,
        BASE64_STANDARD.decode(der).expect("base64"),
    );
    key.verify(text.as_bytes(), &signature).expect("a good signature");
}

#[tokio::test]
async fn servers_that_can_sign_get_rfc_9421_and_nextcloud_gets_it_with_p256() {
    let server = Server::start(&clock()).await;
    let peer = peer_with(modern).await;
    let (answer, seen) = post(&server, &peer, "/ocm/shares").await;
    assert_eq!(
        (answer.status.as_u16(), answer.content_type().as_str()),
        (201, "application/json")
    );
    assert_eq!(answer.retry_after_s(), Some(7));
    assert_eq!(seen.body, BODY);
    assert_eq!(header(&seen, "content-type"), "application/json");
    assert_eq!(verified(&server, &peer, &seen).await, "Ed25519");

    let by_name = peer_with(nextcloud_35).await;
    let by_endpoint = peer_with(|url| {
        let mut document = modern(url);
        document["tokenEndPoint"] = format!("{url}/index.php/apps/cloud_federation_api/api/v1/access-token").into();
        document
    })
    .await;
    for peer in [by_name, by_endpoint] {
        let (_, seen) = post(&server, &peer, "/ocm/shares").await;
        assert_eq!(verified(&server, &peer, &seen).await, "ES256");
    }
}

/// §6.2: what is usual may be wrong for a server, which does not say so in its document.
#[tokio::test]
async fn the_operator_decides_what_is_signed_with_for_a_server() {
    let clock = clock();
    let (as_nextcloud, other, unnamed) = (
        peer_with(nextcloud_35).await,
        peer_with(modern).await,
        peer_with(modern).await,
    );
    let hosts = [&as_nextcloud, &other].map(|peer| PeerHost::parse(&peer.host).expect("a host"));
    let server = Server::with(Options::new(&clock).config(move |config| {
        config.algorithm_to = [
            (hosts[0].clone(), SigningAlgorithm::Ed25519),
            (hosts[1].clone(), SigningAlgorithm::Es256),
        ]
        .into();
    }))
    .await;
    for (peer, algorithm) in [(&as_nextcloud, "Ed25519"), (&other, "ES256"), (&unnamed, "Ed25519")] {
        for path in ["/ocm/shares", "/ocm/token", "/ocm/notifications"] {
            let (_, seen) = post(&server, peer, path).await;
            assert_eq!(verified(&server, peer, &seen).await, algorithm, "{path}");
        }
    }
}

#[tokio::test]
async fn nextcloud_31_to_34_get_draft_cavage_and_older_servers_nothing() {
    let server = Server::start(&clock()).await;
    let (_, pem) = rsa();
    let legacy = peer_with(move |url| nextcloud_32(url, &pem)).await;
    let (_, seen) = post(&server, &legacy, "/ocm/shares").await;
    verified_cavage(&server, &legacy, &seen).await;

    let old = peer_with(|url| {
        let mut document = nextcloud_32(url, "");
        document.as_object_mut().expect("an object").remove("publicKey");
        document
    })
    .await;
    let (_, seen) = post(&server, &old, "/ocm/shares").await;
    assert!(!seen.headers.contains_key("signature") && !seen.headers.contains_key("signature-input"));
}

#[tokio::test]
async fn a_token_endpoint_always_gets_rfc_9421() {
    let server = Server::start(&clock()).await;
    let (_, pem) = rsa();
    let peer = peer_with(move |url| {
        let mut document = nextcloud_32(url, &pem);
        document["capabilities"] = json!(["exchange-token"]);
        document["tokenEndPoint"] = format!("{url}/ocm/token").into();
        document
    })
    .await;
    let (_, seen) = post(&server, &peer, "/ocm/token").await;
    assert_eq!(verified(&server, &peer, &seen).await, "Ed25519");
    let (_, seen) = post(&server, &peer, "/ocm/shares").await;
    verified_cavage(&server, &peer, &seen).await;
}

#[tokio::test]
async fn the_operator_decides_how_messages_are_signed() {
    let clock = clock();
    for (outbound, input, signature) in [
        (OutboundSignatures::Rfc9421, true, true),
        (OutboundSignatures::Cavage, false, true),
        (OutboundSignatures::Off, false, false),
    ] {
        let server = Server::with(Options::new(&clock).config(move |config| config.outbound = outbound)).await;
        let peer = peer_with(modern).await;
        let (_, seen) = post(&server, &peer, "/ocm/shares").await;
        assert_eq!(
            (
                seen.headers.contains_key("signature-input"),
                seen.headers.contains_key("signature")
            ),
            (input, signature),
            "{outbound:?}"
        );
    }
}

/// Ed25519 signs the same message alike; the other server would take the second one for a replay.
#[tokio::test]
async fn the_same_message_again_has_another_signature() {
    let server = Server::start(&clock()).await;
    let peer = peer_with(modern).await;
    let mut signatures = std::collections::BTreeSet::new();
    for _ in 0..5 {
        let (_, seen) = post(&server, &peer, "/ocm/token").await;
        verified(&server, &peer, &seen).await;
        signatures.insert(header(&seen, "signature"));
    }
    assert_eq!(signatures.len(), 5);
}

#[tokio::test]
async fn servers_that_the_operator_does_not_want_get_nothing() {
    let clock = clock();
    let peer = Arc::new(peer_with(modern).await);
    let host = peer.host.clone();
    let server = Server::with(Options::new(&clock).config(move |config| {
        config.deny.insert(host.clone());
    }))
    .await;
    let host = PeerHost::parse(&peer.host).expect("a host");
    let outcome = server.ocm.peer(&host, true, Freshness::Day).await;
    assert!(matches!(outcome, Err(nc_ocm::net::NetError::NotAllowed)));
    let usual = Server::start(&clock).await;
    let known = usual.ocm.peer(&host, true, Freshness::Day).await.expect("a document");
    let url = known.discovery.address_of("shares");
    let outcome = server
        .ocm
        .post_signed(&known, &url, "application/json", BODY.to_vec())
        .await;
    assert!(matches!(outcome, Err(nc_ocm::net::NetError::NotAllowed)));
    assert_eq!(peer.requests(), 1);
}
