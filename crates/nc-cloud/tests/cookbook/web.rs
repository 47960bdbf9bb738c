//! A piece of the web for tests: one server on this machine behind every public-looking name, and the names that lead to it.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use nc_auth::fetch::{Network, PageFetch};
use nc_proto::public_url::Hosts;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// An address on the public internet, as far as the guard can tell.
pub(crate) const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

/// What the server sends.
pub(crate) enum Reply {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// Nothing, and the connection stays open.
    Silence,
}

impl Reply {
    pub(crate) fn of(kind: &str, body: &[u8]) -> Self {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        Self::Bytes([head.as_bytes(), body].concat())
    }

    pub(crate) fn html(body: &str) -> Self {
        Self::of("text/html; charset=utf-8", body.as_bytes())
    }

    pub(crate) fn redirect(to: &str) -> Self {
        let text = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        Self::Bytes(text.into_bytes())
    }

    pub(crate) fn status(status: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes())
    }
}

/// The server and its names.
#[derive(Clone)]
pub(crate) struct Web(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    names: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    requests: Mutex<Vec<String>>,
}

impl Web {
    /// `answer` decides by the path.
    pub(crate) async fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = Self(Arc::new(Inner {
            address: listener.local_addr().unwrap(),
            names: Mutex::default(),
            requests: Mutex::default(),
        }));
        let (served, answer) = (web.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (web, answer) = (served.clone(), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    web.0.requests.lock().unwrap().push(path.clone());
                    match answer(&path) {
                        Reply::Bytes(bytes) => drop(stream.write_all(&bytes).await),
                        Reply::Endless(head, piece) => {
                            let mut sent = stream.write_all(&head).await;
                            while sent.is_ok() {
                                sent = stream.write_all(&piece).await;
                            }
                        }
                        Reply::Silence => drop(stream.read_u8().await),
                    }
                });
            }
        });
        web
    }

    /// What a name resolves to, one answer after the other, the last one for ever. Names that are not told are public.
    pub(crate) fn name(&self, host: &str, answers: &[&[IpAddr]]) {
        let mut answers: Vec<_> = answers.iter().map(|answer| answer.to_vec()).collect();
        answers.reverse();
        self.0.names.lock().unwrap().insert(host.to_owned(), answers);
    }

    /// The paths that were asked for so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.0.requests.lock().unwrap().clone()
    }

    /// The address of the server itself, which is private.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address
    }

    pub(crate) fn fetch(&self, hosts: Hosts) -> PageFetch {
        PageFetch::over(Arc::new(self.clone()), hosts, Vec::new()).unwrap()
    }
}

#[async_trait]
impl Network for Web {
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let mut names = self.0.names.lock().unwrap();
        Ok(match names.get_mut(host) {
            Some(answers) if answers.len() > 1 => answers.pop().unwrap(),
            Some(answers) => answers[0].clone(),
            None => vec![PUBLIC],
        })
    }

    fn endpoint(&self, checked: IpAddr) -> SocketAddr {
        // What is connected to without a check would not get here.
        assert!(checked == PUBLIC || checked.is_loopback(), "{checked}");
        self.0.address
    }
}
