//! What servers say of themselves.

use std::collections::BTreeSet;

use http::StatusCode;
use nc_ocm::{
    InboundSignatures,
    net::{Freshness, NetError, Peer as Known, PeerFault},
};
use nc_proto::ocm::{Discovery, PeerHost};
use serde_json::{Value, json};

use crate::{
    stage::{Stage, modern},
    support::{Options, Peer, Server, clock, reply},
};

const OWN: [&str; 4] = [
    "/.well-known/ocm",
    "/ocm-provider",
    "/ocm-provider/",
    "/ocm-provider/index.php",
];

#[tokio::test]
async fn the_same_document_is_at_four_places() {
    let server = Server::start(&clock()).await;
    let mut documents = BTreeSet::new();
    for path in OWN {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json", "{path}");
        documents.insert(answer.text().await.expect("a body"));
    }
    let [document] = documents
        .into_iter()
        .collect::<Vec<_>>()
        .try_into()
        .expect("one document");
    let value: Value = serde_json::from_str(&document).expect("JSON");
    let url = &server.url;
    assert_eq!(
        (&value["enabled"], &value["apiVersion"], &value["version"]),
        (&json!(true), &json!("1.4.0"), &json!("1.4.0"))
    );
    for (name, path) in [
        ("endPoint", "/ocm"),
        ("tokenEndPoint", "/ocm/token"),
        ("jwksUri", "/ocm/jwks"),
    ] {
        assert_eq!(value[name], format!("{url}{path}"), "{name}");
    }
    assert_eq!(
        value["capabilities"],
        json!([
            "exchange-token",
            "http-sig",
            "invites",
            "notifications",
            "protocol-object"
        ])
    );
    assert_eq!(value["criteria"], json!([]));
    assert_eq!(value["publicKey"]["keyId"], format!("{url}/ocm#signature"));
    let discovery = Discovery::parse(document.as_bytes()).expect("a document that we read ourselves");
    let host = PeerHost::parse(&server.host).expect("a host");
    discovery
        .check_endpoints(&host, &BTreeSet::new(), true)
        .expect("all here");
    assert!(discovery.can_exchange() && discovery.can_sign());
    assert!(discovery.receives("file", "user") && discovery.receives("folder", "group"));
}

#[tokio::test]
async fn what_is_asked_of_others_stands_in_the_document() {
    let options = Options::new(&clock()).config(|config| {
        config.inbound = InboundSignatures::Require;
        config.must_exchange_token = true;
        config.deny.insert("evil.example".to_owned());
    });
    let server = Server::with(options).await;
    let document: Value = server.get("/.well-known/ocm").await.json().await.expect("JSON");
    assert_eq!(
        document["criteria"],
        json!(["must-use-http-sig", "must-exchange-token", "denylist"])
    );
}

#[tokio::test]
async fn our_keys_are_two_and_public() {
    let server = Server::start(&clock()).await;
    let answer = server.get("/ocm/jwks").await;
    assert_eq!(answer.headers()["content-type"], "application/jwk-set+json");
    assert_eq!(answer.headers()["cache-control"], "max-age=300");
    let set: Value = answer.json().await.expect("JSON");
    let keys = set["keys"].as_array().expect("a list");
    let kinds: BTreeSet<&str> = keys.iter().filter_map(|key| key["crv"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["Ed25519", "P-256"]));
    for key in keys {
        assert!(
            key["kid"]
                .as_str()
                .is_some_and(|kid| kid.starts_with(&format!("{}/ocm#", server.url)))
        );
        assert!(key.get("d").is_none() && key["use"] == "sig");
    }
}

/// The recorded document of Nextcloud 32 beside ours: what it has we have, of the same shape.
#[tokio::test]
async fn our_document_has_what_nextcloud_reads() {
    let recorded = include_str!("../../../../fixtures/nextcloud-32/ocm.json");
    let exchanges: Vec<Value> = serde_json::from_str(recorded).expect("JSON");
    let server = Server::start(&clock()).await;
    let mut compared = 0;
    for exchange in &exchanges {
        let path = exchange["request"]["path"].as_str().expect("a path");
        if !path.starts_with("/ocm-provider") {
            continue;
        }
        let answer = server.get(path).await;
        assert_eq!(exchange["response"]["status"], answer.status().as_u16(), "{path}");
        assert_eq!(
            exchange["response"]["headers"]["Content-Type"],
            answer.headers()["content-type"].to_str().expect("text")
        );
        let ours: Value = answer.json().await.expect("JSON");
        let body = exchange["response"]["body"].as_str().expect("a body");
        let theirs: Value = serde_json::from_str(body).expect("JSON");
        assert_same_shape(&theirs, &ours, "");
        // Nextcloud's parser gives up at a depth of 8.
        assert!(nc_proto::ocm::json::read(ours.to_string().as_bytes(), 64 << 10, 8).is_ok());
        Discovery::parse(body.as_bytes()).expect("we read Nextcloud's");
        compared += 1;
    }
    assert_eq!(compared, 2);
}

fn assert_same_shape(theirs: &Value, ours: &Value, at: &str) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (name, value) in theirs {
                let ours = ours.get(name).unwrap_or_else(|| panic!("{at}/{name} is missing"));
                assert_same_shape(value, ours, &format!("{at}/{name}"));
            }
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            let (first, ours) = (theirs.first().expect("one"), ours.first().expect("one"));
            assert_same_shape(first, ours, &format!("{at}/0"));
        }
        (theirs, ours) => assert_eq!(
            std::mem::discriminant(theirs),
            std::mem::discriminant(ours),
            "{at}: {theirs} and {ours}"
        ),
    }
}

/// Another server with a document at one place.
async fn with_document(path: &'static str, body: impl Fn(&str) -> String + Send + Sync + 'static) -> Peer {
    let peer = Peer::start(|_| reply(404, "text/plain", "")).await;
    let url = peer.url.clone();
    peer.answer_with(move |seen| {
        if seen.target == path {
            reply(200, "application/json", body(&url))
        } else {
            reply(404, "text/html", "<html>")
        }
    });
    peer
}

async fn known(server: &Server, peer: &Peer, freshness: Freshness) -> Result<std::sync::Arc<Known>, NetError> {
    let host = PeerHost::parse(&peer.host).expect("a host");
    server.ocm.peer(&host, true, freshness).await
}

async fn fault(server: &Server, peer: &Peer) -> PeerFault {
    match known(server, peer, Freshness::Day).await {
        Err(NetError::Peer(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_document_is_looked_for_at_both_places() {
    let server = Server::start(&clock()).await;
    for path in ["/.well-known/ocm", "/ocm-provider/"] {
        let peer = with_document(path, |url| modern(url).to_string()).await;
        let found = known(&server, &peer, Freshness::Day).await.expect("a document");
        assert_eq!(found.origin.as_str(), format!("{}/", peer.url));
        assert_eq!(found.discovery.provider.as_deref(), Some("Other"));
    }
}

#[tokio::test]
async fn a_redirect_on_the_same_server_is_followed_and_html_is_no_document() {
    let server = Server::start(&clock()).await;
    let peer = with_document("/none", |_| String::new()).await;
    let url = peer.url.clone();
    peer.answer_with(move |seen| match seen.target.as_str() {
        "/.well-known/ocm" => {
            let mut answer = reply(301, "text/html", "");
            answer
                .headers_mut()
                .insert("location", "/index.php/.well-known/ocm".parse().expect("a value"));
            answer
        }
        "/index.php/.well-known/ocm" => reply(200, "text/html", "<html>a start page</html>"),
        "/ocm-provider/" => reply(200, "application/json", modern(&url).to_string()),
        _ => reply(404, "text/plain", ""),
    });
    assert!(known(&server, &peer, Freshness::Day).await.is_ok());
    assert_eq!(peer.requests(), 3);
}

#[tokio::test]
async fn ocm_n094_addresses_on_another_server_or_with_credentials_are_refused() {
    let server = Server::start(&clock()).await;
    for name in ["endPoint", "tokenEndPoint", "jwksUri", "inviteAcceptDialog"] {
        for elsewhere in [
            "https://elsewhere.example/ocm",
            "https://127.0.0.1:1/ocm",
            "https://user@HOST/ocm",
            "https://user:pw@HOST/ocm",
            "https://HOST@elsewhere.example/ocm",
            "https://HOST.elsewhere.example/ocm",
            "file:///ocm",
        ] {
            let peer = with_document("/.well-known/ocm", move |url| {
                let mut document = modern(url);
                document[name] = elsewhere.replace("HOST", url.trim_start_matches("http://")).into();
                document.to_string()
            })
            .await;
            let fault = fault(&server, &peer).await;
            assert!(matches!(fault, PeerFault::NotOcm(_)), "{name} {elsewhere}: {fault}");
        }
    }
    let peer = with_document("/.well-known/ocm", |url| {
        let mut document = modern(url);
        document["resourceTypes"][0]["protocols"]["webdav"] = "https://elsewhere.example/webdav/".into();
        document.to_string()
    })
    .await;
    match known(&server, &peer, Freshness::Day).await {
        Ok(found) => assert_eq!(found.discovery.webdav_path(), None, "no path of this server"),
        Err(NetError::Peer(PeerFault::NotOcm(_))) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_operator_excepts_may_lie_elsewhere() {
    let clock = clock();
    let peer = with_document("/.well-known/ocm", |url| {
        let mut document = modern(url);
        document["tokenEndPoint"] = "https://Token.Example:443/exchange".into();
        document.to_string()
    })
    .await;
    let host = peer.host.clone();
    let excepting = Server::with(Options::new(&clock).config(move |config| {
        let exception = (host.clone(), "token.example".to_owned());
        config.same_authority_exceptions.insert(exception);
    }))
    .await;
    assert!(known(&excepting, &peer, Freshness::Day).await.is_ok());
    let usual = Server::start(&clock).await;
    assert!(matches!(fault(&usual, &peer).await, PeerFault::NotOcm(_)));
}

#[tokio::test]
async fn ocm_n096_documents_that_promise_too_much_or_are_too_much_are_refused() {
    type Body = fn(&str) -> String;
    let bodies: Vec<(&str, Body)> = vec![
        ("too large", |url| {
            let mut document = modern(url);
            document["provider"] = "x".repeat(64 << 10).into();
            document.to_string()
        }),
        ("too deep", |url| {
            let deep = format!("{}{}", "[".repeat(16), "]".repeat(16));
            modern(url).to_string().replacen('{', &format!("{{\"x\":{deep},"), 1)
        }),
        ("a name twice", |url| {
            modern(url).to_string().replacen('{', "{\"enabled\":true,", 1)
        }),
        ("switched off", |url| {
            let mut document = modern(url);
            document["enabled"] = false.into();
            document.to_string()
        }),
        ("no token endpoint", |url| {
            let mut document = modern(url);
            document.as_object_mut().expect("an object").remove("tokenEndPoint");
            document.to_string()
        }),
        ("a list", |_| "[]".to_owned()),
        ("nothing", |_| String::new()),
    ];
    let server = Server::start(&clock()).await;
    for (what, body) in bodies {
        let peer = with_document("/.well-known/ocm", body).await;
        let first = fault(&server, &peer).await;
        let is_refused = matches!(
            first,
            PeerFault::NotOcm(_) | PeerFault::TooLarge | PeerFault::Status(404)
        );
        assert!(is_refused, "{what}: {first}");
        let asked = peer.requests();
        assert!(asked <= 4, "{what}: {asked} requests");
        assert_eq!(fault(&server, &peer).await, first, "{what}");
        assert_eq!(peer.requests(), asked, "{what}: a failure is remembered");
    }
}

#[tokio::test]
async fn a_document_is_kept_for_a_day_or_an_hour_and_a_failure_for_five_minutes() {
    let clock = clock();
    let server = Server::with(Options::new(&clock)).await;
    let peer = Peer::start(|_| reply(503, "text/plain", "")).await;
    let url = peer.url.clone();
    assert_eq!(fault(&server, &peer).await, PeerFault::Status(503));
    peer.answer_with(move |_| reply(200, "application/json", modern(&url).to_string()));
    let advance = |seconds| clock.advance(time::Duration::seconds(seconds));
    advance(299);
    assert_eq!(fault(&server, &peer).await, PeerFault::Status(503));
    advance(1);
    assert!(known(&server, &peer, Freshness::Day).await.is_ok());
    peer.take();
    for (wait, freshness, asks) in [
        (0, Freshness::New, 0),
        (3599, Freshness::Hour, 0),
        (1, Freshness::Day, 0),
        (0, Freshness::Hour, 1),
        (24 * 3600 - 1, Freshness::Day, 0),
        (1, Freshness::Day, 1),
        (29, Freshness::New, 0),
        (1, Freshness::New, 1),
    ] {
        advance(wait);
        assert!(known(&server, &peer, freshness).await.is_ok());
        assert_eq!(peer.take().len(), asks, "{wait} s later, {freshness:?}");
    }
    // What is not a day old outlives that the server is away.
    peer.answer_with(|_| reply(502, "text/plain", ""));
    advance(7200);
    assert!(known(&server, &peer, Freshness::Hour).await.is_ok());
    advance(24 * 3600);
    assert_eq!(fault(&server, &peer).await, PeerFault::Status(502));
}

#[tokio::test]
async fn many_who_ask_at_a_time_cause_one_request() {
    let stage = std::sync::Arc::new(Stage::start().await);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let stage = std::sync::Arc::clone(&stage);
            tokio::spawn(async move { known(&stage.server, &stage.peer, Freshness::Day).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.expect("it ran"));
    }
    assert_eq!(stage.peer.requests(), 1);
}
