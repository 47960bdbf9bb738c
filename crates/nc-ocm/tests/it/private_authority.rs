//! Servers with TLS whose certificates are of a private authority, as inside an organisation.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use axum::serve::Listener;
use nc_auth::{
    UserId,
    federation::{Federation as _, NewOutShare, RemoteBody, RemoteKind, RemoteRequest},
    fetch::Network,
};
use nc_ocm::{
    Ocm, OcmConfig, OcmError, OcmParts, Random,
    net::{Freshness, NetError, PeerFault},
};
use nc_proto::{
    apps::sharing::SharePermissions,
    clock::Clock,
    dav::DavPath,
    ocm::{InviteToken, PeerHost},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

use crate::support::{Town, clock, open_store};

const HERE: (&str, [u8; 4]) = ("here.example", [93, 184, 215, 14]);
const THERE: (&str, [u8; 4]) = ("there.example", [93, 184, 215, 15]);
const CONTENT: &str = "what is in it";

/// Names that lead to public addresses, and these to ports of this machine.
#[derive(Clone, Default)]
struct Names(BTreeMap<IpAddr, SocketAddr>);

#[async_trait]
impl Network for Names {
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let known = [HERE, THERE].into_iter().find(|(name, _)| *name == host);
        Ok(known.map(|(_, address)| address.into()).into_iter().collect())
    }

    fn endpoint(&self, checked: IpAddr) -> SocketAddr {
        self.0[&checked]
    }
}

/// Who makes certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority"))
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    fn acceptor(&self, host: &str) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a configuration");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Takes connections, and counts those that were tried and those that came about.
struct Door {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    counted: Arc<[AtomicUsize; 2]>,
}

impl Listener for Door {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.listener.accept().await.expect("a connection");
            self.counted[0].fetch_add(1, Ordering::SeqCst);
            if let Ok(stream) = self.acceptor.accept(stream).await {
                self.counted[1].fetch_add(1, Ordering::SeqCst);
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A server at `https://name`.
struct Site {
    ocm: Ocm,
    counted: Arc<[AtomicUsize; 2]>,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl Site {
    /// Connections that were tried, and those that came about.
    fn connections(&self) -> (usize, usize) {
        let [tried, made] = self.counted.as_ref();
        (tried.load(Ordering::SeqCst), made.load(Ordering::SeqCst))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn open(name: &str, names: &Names, clock: &Clock, pem: Vec<u8>) -> (Result<Ocm, OcmError>, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, sealer) = open_store(&folder.path().join("ocm.db")).await;
    let mut config = OcmConfig::new(format!("https://{name}").parse().expect("a URL"));
    config.extra_roots_pem = pem;
    let parts = OcmParts {
        config,
        store,
        sealer,
        residents: Arc::new(Town::default()),
        clock: clock.clone(),
        random: Random::system(),
    };
    (Ocm::open_over(parts, Arc::new(names.clone())).await, folder)
}

/// Two servers. Both trust `authority` where `trusted` says so; the second one shows a certificate for `shown`.
async fn two(authority: &Authority, trusted: [bool; 2], shown: &str) -> [Site; 2] {
    let clock = clock();
    let mut listeners = Vec::new();
    let mut names = Names::default();
    for (_, address) in [HERE, THERE] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        names
            .0
            .insert(address.into(), listener.local_addr().expect("an address"));
        listeners.push(listener);
    }
    let mut sites = Vec::new();
    for (index, listener) in listeners.into_iter().enumerate() {
        let name = [HERE.0, THERE.0][index];
        let pem = if trusted[index] { authority.pem() } else { Vec::new() };
        let (ocm, folder) = open(name, &names, &clock, pem).await;
        let ocm = ocm.expect("it opens");
        let counted = Arc::new([const { AtomicUsize::new(0) }; 2]);
        let door = Door {
            listener,
            acceptor: authority.acceptor([HERE.0, shown][index]),
            counted: Arc::clone(&counted),
        };
        let router = ocm.router().fallback(|| async { CONTENT });
        let serving = tokio::spawn(async move {
            axum::serve(door, router).await.expect("served");
        });
        sites.push(Site {
            ocm,
            counted,
            serving,
            _folder: folder,
        });
    }
    sites.try_into().unwrap_or_else(|_| panic!("two"))
}

fn host(name: &str) -> PeerHost {
    PeerHost::parse(name).expect("a host")
}

#[tokio::test]
async fn messages_keys_and_files_come_from_a_server_whose_authority_is_trusted() {
    let (alice, bob) = (UserId::new("alice"), UserId::new("bob"));
    let [here, there] = two(&Authority::new(), [true, true], THERE.0).await;
    let invite = here.ocm.invite(&alice).await.expect("an invitation");
    let invite = InviteToken::parse(invite.text.expose_secret()).expect("an invitation");
    // Asks for the document, posts, and is asked for its keys.
    let taken = there.ocm.take_invite(&bob, invite).await;
    assert_eq!(taken.expect("taken").user, "alice");

    let wish = NewOutShare {
        sharer: alice,
        node: 42,
        kind: RemoteKind::User,
        share_with: "bob@there.example".to_owned(),
        permissions: SharePermissions::ALL_OF_A_FILE,
        expires_at: None,
        note: String::new(),
    };
    here.ocm.share(wish).await.expect("a share");
    let waiting = there.ocm.incoming(&bob, true).await.expect("listed");
    there.ocm.accept(&bob, waiting[0].number).await.expect("accepted");
    let mounts = there.ocm.mounts(&bob).await.expect("mounts");
    for (method, body) in [
        (http::Method::GET, RemoteBody::Empty),
        (http::Method::PUT, RemoteBody::Bytes(CONTENT.into())),
    ] {
        let request = RemoteRequest {
            method,
            path: DavPath::root(),
            destination: None,
            headers: http::HeaderMap::new(),
            body,
        };
        let answer = there.ocm.send(&mounts[0], request).await.expect("an answer");
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_server_whose_authority_nobody_named_is_not_reached() {
    let [here, there] = two(&Authority::new(), [false, true], THERE.0).await;
    let outcome = here.ocm.peer(&host(THERE.0), false, Freshness::Day).await;
    assert!(
        matches!(outcome, Err(NetError::Peer(PeerFault::Unreachable))),
        "{outcome:?}"
    );
    let (tried, made) = there.connections();
    assert!(tried > 0 && made == 0, "the handshake was begun and given up");
    // The other way round it works: trust is each server's own.
    there
        .ocm
        .peer(&host(HERE.0), false, Freshness::Day)
        .await
        .expect("a document");
}

#[tokio::test]
async fn a_trusted_authority_does_not_make_a_certificate_good_for_another_name() {
    let [here, there] = two(&Authority::new(), [true, true], "elsewhere.example").await;
    let outcome = here.ocm.peer(&host(THERE.0), false, Freshness::Day).await;
    assert!(
        matches!(outcome, Err(NetError::Peer(PeerFault::Unreachable))),
        "{outcome:?}"
    );
    let (tried, made) = there.connections();
    assert!(tried > 0 && made == 0, "the handshake was begun and given up");
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_at_the_start() {
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["nothing of the kind", no_certificate] {
        let (outcome, _folder) = open(HERE.0, &Names::default(), &clock(), pem.into()).await;
        let error = outcome.expect_err(pem).to_string();
        assert!(error.contains("certificate authorities cannot be read"), "{error}");
    }
}
