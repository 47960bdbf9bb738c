//! Where strangers may not lead this server.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use http::Method;
use nc_auth::fetch::Network;
use nc_ocm::{
    Ocm, OcmConfig, OcmParts, Random,
    inbound::Inbound,
    net::{Freshness, NetError, PeerFault},
};
use nc_proto::{
    clock::Clock,
    ocm::{OcmAddress, PeerHost},
};
use tempfile::TempDir;

use crate::{
    draft::{Key, Signed},
    stage::{Checker, modern},
    support::{Peer, Town, clock, open_store, reply},
};

/// An address on the public internet, as far as the guard can tell.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

/// A resolver that gives one answer after the other, the last one for ever. Every checked address leads to one server.
struct Names {
    answers: Mutex<Vec<IpAddr>>,
    endpoint: SocketAddr,
    lookups: AtomicUsize,
    connected: Mutex<Vec<IpAddr>>,
}

#[async_trait]
impl Network for Names {
    async fn lookup(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().expect("a lock");
        let first = answers[0];
        if answers.len() > 1 {
            answers.remove(0);
        }
        Ok(vec![first])
    }

    fn endpoint(&self, checked: IpAddr) -> SocketAddr {
        self.connected.lock().expect("a lock").push(checked);
        self.endpoint
    }
}

/// A server whose guard is up, among names that lead to one other server.
struct Outside {
    ocm: Ocm,
    store: Arc<dyn nc_store::Store>,
    names: Arc<Names>,
    peer: Peer,
    clock: Clock,
    _folder: TempDir,
}

impl Outside {
    async fn start(answers: &[IpAddr]) -> Self {
        Self::with(answers, |_| {}).await
    }

    async fn with(answers: &[IpAddr], change: impl FnOnce(&mut OcmConfig)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, sealer) = open_store(&folder.path().join("ocm.db")).await;
        let peer = Peer::start(|_| reply(404, "text/plain", "")).await;
        let names = Arc::new(Names {
            answers: Mutex::new(answers.to_vec()),
            endpoint: peer.host.parse().expect("an address"),
            lookups: AtomicUsize::new(0),
            connected: Mutex::default(),
        });
        let clock = clock();
        let mut config = OcmConfig::new("http://127.0.0.1:1".parse().expect("a URL"));
        config.allow_http = true;
        change(&mut config);
        let parts = OcmParts {
            config,
            store: Arc::clone(&store),
            sealer,
            residents: Arc::new(Town::default()),
            clock: clock.clone(),
            random: Random::system(),
        };
        let network = Arc::clone(&names) as Arc<dyn Network>;
        let ocm = Ocm::open_over(parts, network).await.expect("it opens");
        Self {
            ocm,
            store,
            names,
            peer,
            clock,
            _folder: folder,
        }
    }

    fn lookups(&self) -> usize {
        self.names.lookups.load(Ordering::SeqCst)
    }
}

/// The document of a server with a name.
fn named(seen_host: &str) -> String {
    modern(&format!("http://{seen_host}")).to_string()
}

#[tokio::test]
async fn ocm_n091_no_spelling_of_a_private_address_is_connected_to() {
    let outside = Outside::start(&[PUBLIC]).await;
    let port = outside.peer.host.rsplit_once(':').expect("a port").1;
    let mut refused = 0;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fd00::1]",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "127。0。0。1",
        "１２７.0.0.1",
    ] {
        for address in [format!("{host}:{port}"), host.to_owned()] {
            // What cannot be read at all is refused before anything else.
            let Ok(parsed) = PeerHost::parse(&address) else {
                refused += 1;
                continue;
            };
            for plain_http in [true, false] {
                let outcome = outside.ocm.peer(&parsed, plain_http, Freshness::Day).await;
                let is_forbidden = matches!(outcome, Err(NetError::Peer(PeerFault::Forbidden)));
                assert!(is_forbidden, "{address}");
            }
        }
    }
    assert!(refused <= 4, "{refused} of them are not even addresses");
    assert_eq!((outside.peer.requests(), outside.lookups()), (0, 0));
    for address in [
        "bob@localhost.",
        "bob@file:///etc/passwd",
        "bob@gopher://a",
        "bob@user@127.0.0.1/x",
        "bob@https://u:p@",
        "bob@a/b",
        "bob@127.0.0.1:1/ocm",
    ] {
        let parsed = OcmAddress::parse(address);
        assert!(parsed.is_err(), "{address}: {parsed:?}");
    }
    // The identifier may hold anything; the host is what stands behind the last `@`.
    for tricky in ["bob@public.example@127.0.0.1", "bob@http://public.example@127.0.0.1/"] {
        let tricky = OcmAddress::parse(tricky).expect("an address");
        assert_eq!(tricky.host.as_str(), "127.0.0.1");
    }
}

#[tokio::test]
async fn ocm_n091_a_name_of_a_private_address_is_not_connected_to() {
    for private in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "fd00::1",
        "0.0.0.0",
    ] {
        let outside = Outside::start(&[private.parse().expect("an address")]).await;
        let host = PeerHost::parse("internal.example").expect("a host");
        let outcome = outside.ocm.peer(&host, true, Freshness::Day).await;
        assert!(
            matches!(outcome, Err(NetError::Peer(PeerFault::Forbidden))),
            "{private}"
        );
        assert_eq!(
            (
                outside.peer.requests(),
                outside.names.connected.lock().expect("a lock").len()
            ),
            (0, 0)
        );
    }
}

#[tokio::test]
async fn ocm_n092_a_name_that_becomes_private_is_refused_from_then_on() {
    let private = "10.0.0.1".parse().expect("an address");
    let outside = Outside::start(&[PUBLIC, private]).await;
    outside
        .peer
        .answer_with(|_| reply(200, "application/json", named("rebinding.example")));
    let host = PeerHost::parse("rebinding.example").expect("a host");
    let peer = outside.ocm.peer(&host, true, Freshness::Day).await.expect("a document");
    assert_eq!((outside.peer.requests(), outside.lookups()), (1, 1));
    let shares = peer.discovery.address_of("shares");
    let outcome = outside
        .ocm
        .post_signed(&peer, &shares, "application/json", b"{}".to_vec())
        .await;
    assert!(matches!(outcome, Err(NetError::Peer(PeerFault::Forbidden))));
    assert_eq!((outside.peer.requests(), outside.lookups()), (1, 2));
    assert_eq!(*outside.names.connected.lock().expect("a lock"), [PUBLIC]);
}

#[tokio::test]
async fn ocm_n093_redirects_to_elsewhere_are_not_followed() {
    for target in [
        "http://127.0.0.1:9/.well-known/ocm",
        "http://169.254.169.254/latest/meta-data",
        "http://elsewhere.example/.well-known/ocm",
        "https://peer.example/.well-known/ocm",
        "http://peer.example:8080/.well-known/ocm",
        "http://user@peer.example/.well-known/ocm",
        "//elsewhere.example/.well-known/ocm",
        "file:///etc/passwd",
        "http://[",
    ] {
        let outside = Outside::start(&[PUBLIC]).await;
        outside.peer.answer_with(move |_| {
            let mut answer = reply(302, "text/plain", "");
            answer
                .headers_mut()
                .insert("location", target.parse().expect("a value"));
            answer
        });
        let host = PeerHost::parse("peer.example").expect("a host");
        let outcome = outside.ocm.peer(&host, true, Freshness::Day).await;
        assert!(
            matches!(outcome, Err(NetError::Peer(PeerFault::Status(302)))),
            "{target}"
        );
        assert_eq!(
            outside.peer.requests(),
            2,
            "{target}: the two places of the document and nothing else"
        );
    }
}

#[tokio::test]
async fn a_message_is_not_followed_to_where_its_answer_leads() {
    let outside = Outside::start(&[PUBLIC]).await;
    outside.peer.answer_with(|seen| {
        if seen.method == Method::GET {
            return reply(200, "application/json", named("peer.example"));
        }
        let mut answer = reply(307, "text/plain", "");
        answer
            .headers_mut()
            .insert("location", "http://peer.example/other".parse().expect("a value"));
        answer
    });
    let host = PeerHost::parse("peer.example").expect("a host");
    let peer = outside.ocm.peer(&host, true, Freshness::Day).await.expect("a document");
    let shares = peer.discovery.address_of("shares");
    let answer = outside
        .ocm
        .post_signed(&peer, &shares, "application/json", b"{}".to_vec())
        .await;
    assert_eq!(answer.expect("an answer").status.as_u16(), 307);
    assert_eq!(outside.peer.requests(), 2);
    // An address that is not the peer's is not posted to, whoever says so.
    let elsewhere = "http://elsewhere.example/ocm/shares".parse().expect("a URL");
    let outcome = outside
        .ocm
        .post_signed(&peer, &elsewhere, "application/json", b"{}".to_vec())
        .await;
    assert!(matches!(outcome, Err(NetError::Peer(PeerFault::Forbidden))));
    assert_eq!(outside.peer.requests(), 2);
}

#[tokio::test]
async fn ocm_n095_without_tls_only_in_trials() {
    // A server with TLS of its own: nobody is asked without.
    let outside = Outside::with(&[PUBLIC], |config| {
        config.allow_http = false;
        config.public_origin = "https://cloud.example.org".parse().expect("a URL");
    })
    .await;
    let host = PeerHost::parse("peer.example").expect("a host");
    let outcome = outside.ocm.peer(&host, true, Freshness::Day).await;
    assert!(matches!(outcome, Err(NetError::Peer(PeerFault::Unreachable))));
    assert_eq!(outside.peer.requests(), 0, "TLS was begun and not answered");
    // A document that names an endpoint without TLS is refused where TLS is demanded.
    let document = nc_proto::ocm::Discovery::parse(named("peer.example").as_bytes()).expect("a document");
    for name in ["tokenEndPoint", "jwksUri", "endPoint"] {
        let mut mixed: serde_json::Value =
            serde_json::from_str(&named("peer.example").replace("http://", "https://")).expect("JSON");
        mixed[name] = "http://peer.example/x".into();
        let mixed = nc_proto::ocm::Discovery::parse(mixed.to_string().as_bytes()).expect("a document");
        let none = std::collections::BTreeSet::new();
        assert!(mixed.check_endpoints(&host, &none, false).is_err(), "{name}");
        assert!(document.check_endpoints(&host, &none, false).is_err());
    }
}

#[tokio::test]
async fn ocm_n097_invented_servers_are_not_asked_without_end() {
    let outside = Outside::start(&[PUBLIC]).await;
    outside.peer.answer_with(|_| reply(500, "text/plain", ""));
    let expected = PeerHost::parse("peer.example").expect("a host");
    let checker = Checker::start(&outside.ocm, expected).await;
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for number in 0..200 {
        let unsigned = Signed {
            headers: vec![("x-expected", format!("host{number}.example"))],
            body: b"{}".to_vec(),
        };
        let (status, body) = checker.send(Method::POST, "/ocm/shares", unsigned).await;
        assert!(!body.contains("example"), "{body}");
        *statuses.entry(status).or_default() += 1;
    }
    assert_eq!(statuses, [(429, 140), (502, 60)].into());
    // Each that was asked has two places and two schemes.
    assert!(outside.peer.requests() <= 4 * 60, "{}", outside.peer.requests());
    let asked = outside.lookups();
    outside.clock.advance(time::Duration::seconds(60));
    let again = Signed {
        headers: vec![("x-expected", "host0.example".to_owned())],
        body: b"{}".to_vec(),
    };
    assert_eq!(checker.send(Method::POST, "/ocm/shares", again).await.0, 502);
    assert_eq!(outside.lookups(), asked, "its failure is remembered");
}

#[tokio::test]
async fn ocm_n097_a_flood_of_invented_servers_does_not_shut_out_a_known_one() {
    let outside = Outside::start(&[PUBLIC]).await;
    let key = Key::ed25519(1);
    let keys = serde_json::json!({"keys": [key.jwk("http://friend.example/ocm#k1")]}).to_string();
    outside.peer.answer_with(move |seen| {
        let host = seen.headers["host"].to_str().unwrap_or_default();
        match (host, seen.target.as_str()) {
            ("friend.example", "/ocm/jwks") => reply(200, "application/jwk-set+json", keys.clone()),
            ("friend.example", _) => reply(200, "application/json", named("friend.example")),
            _ => reply(404, "text/plain", ""),
        }
    });
    let friend = PeerHost::parse("friend.example").expect("a host");
    let checker = Checker::start(&outside.ocm, friend).await;
    let signed = || {
        let created = outside.clock.now().unix_timestamp();
        let parameters = format!(";created={created};keyid=\"http://friend.example/ocm#k1\";tag=\"ocm\"");
        let uri = "http://127.0.0.1:1/ocm/shares".to_owned();
        crate::draft::Draft::new(uri, parameters, b"{}").sign(&key)
    };
    assert_eq!(checker.send(Method::POST, "/ocm/shares", signed()).await.0, 200);
    // What is known of it grows old, and then comes the flood.
    outside.clock.advance(time::Duration::hours(25));
    for number in 0..100 {
        let unsigned = Signed {
            headers: vec![("x-expected", format!("host{number}.example"))],
            body: b"{}".to_vec(),
        };
        checker.send(Method::POST, "/ocm/shares", unsigned).await;
    }
    assert_eq!(checker.send(Method::POST, "/ocm/shares", signed()).await.0, 200);
}

#[tokio::test]
async fn ocm_n097_one_server_may_offer_so_many_shares_and_strangers_together_so_many() {
    let outside = Outside::with(&[PUBLIC], |config| config.shares_per_host_per_hour = 3).await;
    let host = |name: &str| PeerHost::parse(name).expect("a host");
    let from = |address: &str| Inbound {
        method: Method::POST,
        target: "/ocm/shares".to_owned(),
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
        address: Some(address.parse().expect("an address")),
    };
    let (one, other) = (from("203.0.113.7"), from("203.0.113.8"));
    for _ in 0..3 {
        assert_eq!(outside.ocm.count_offer(&one, &host("one.example")).await, Ok(()));
        assert_eq!(outside.ocm.count_share(&host("one.example")), Ok(()));
    }
    let wait = outside
        .ocm
        .count_offer(&one, &host("one.example"))
        .await
        .expect_err("too many");
    assert!((1..=3600).contains(&wait));
    assert_eq!(outside.ocm.count_share(&host("one.example")), Err(wait));
    // Who sends in the name of a server does not use up what that server may send from elsewhere.
    assert_eq!(outside.ocm.count_offer(&other, &host("one.example")).await, Ok(()));
    let mut of_strangers = 0;
    for number in 0..100 {
        let invented = host(&format!("h{number}.example"));
        of_strangers += usize::from(outside.ocm.count_offer(&one, &invented).await.is_ok());
    }
    assert_eq!(of_strangers, 56, "60 of all together");
    let known = nc_store::PeerRecord {
        host: "friend.example".to_owned(),
        document: "{}".to_owned(),
        ever_signed: true,
        changed_at: 0,
    };
    let unit = outside.store.begin().await.expect("a unit");
    unit.put_peer(&known).await.expect("put");
    unit.commit().await.expect("committed");
    assert_eq!(outside.ocm.count_offer(&one, &host("friend.example")).await, Ok(()));
    outside.clock.advance(time::Duration::seconds(i64::from(wait)));
    assert_eq!(outside.ocm.count_offer(&one, &host("one.example")).await, Ok(()));
    assert_eq!(outside.peer.requests(), 0);
}

#[tokio::test]
async fn ocm_n097_one_address_may_send_so_many_messages() {
    let outside = Outside::start(&[PUBLIC]).await;
    let checker = Checker::start(&outside.ocm, PeerHost::parse("peer.example").expect("a host")).await;
    let send = async |address: &str| {
        let junk = Signed {
            headers: vec![("x-address", address.to_owned()), ("signature", "junk".to_owned())],
            body: b"{}".to_vec(),
        };
        checker.send(Method::POST, "/ocm/shares", junk).await.0
    };
    for _ in 0..600 {
        assert_ne!(send("203.0.113.7").await, 429);
    }
    assert_eq!(send("203.0.113.7").await, 429);
    assert_ne!(send("203.0.113.8").await, 429);
    assert_eq!((outside.peer.requests(), outside.lookups()), (0, 0));
}
