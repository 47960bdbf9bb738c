//! A server with TLS behind a public-looking name, and the names that lead to it. Also used by the provider's tests.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// An address on the public internet, as far as the guard can tell.
pub(crate) const PUBLIC: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(93, 184, 215, 14));

/// A server on this machine that answers by the path of the request.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) root: reqwest::Certificate,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// `answer` makes the whole answer of HTTP from the path and the text of the request: its headers, and what was posted.
    pub(crate) async fn start(host: &str, answer: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &authority).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a configuration");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let (counted, answer) = (Arc::clone(&connections), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let (acceptor, answer) = (acceptor.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let length = String::from_utf8_lossy(&head).to_ascii_lowercase();
                    let length = length.split("content-length: ").nth(1);
                    let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
                    let mut body = vec![0; length.unwrap_or(0)];
                    if stream.read_exact(&mut body).await.is_err() {
                        return;
                    }
                    head.extend(body);
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let path = head.split(' ').nth(1).unwrap_or_default();
                    let _ = stream.write_all(answer(path, &head).as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        let root = reqwest::Certificate::from_pem(authority.pem().as_bytes()).expect("a certificate");
        Self {
            address,
            root,
            connections,
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A good answer with this body.
pub(crate) fn json(body: &str, more: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n{body}",
        body.len()
    )
}

/// A resolver that gives one answer after the other, the last one for ever, and leads every checked address to one server.
pub(crate) struct Names {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    endpoint: SocketAddr,
    lookups: AtomicUsize,
    connected: Mutex<Vec<IpAddr>>,
}

impl Names {
    pub(crate) fn new(answers: &[&[IpAddr]], endpoint: SocketAddr) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect()),
            endpoint,
            lookups: AtomicUsize::new(0),
            connected: Mutex::default(),
        })
    }

    pub(crate) fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }

    /// The checked addresses that were given out to be connected to.
    pub(crate) fn connected(&self) -> Vec<IpAddr> {
        self.connected.lock().expect("not poisoned").clone()
    }
}

#[async_trait]
impl super::Network for Names {
    async fn lookup(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().expect("not poisoned");
        if answers.len() > 1 {
            return Ok(answers.remove(0));
        }
        Ok(answers.first().cloned().unwrap_or_default())
    }

    fn endpoint(&self, checked: IpAddr) -> SocketAddr {
        self.connected.lock().expect("not poisoned").push(checked);
        self.endpoint
    }
}
