//! An HTTP server over real sockets that answers as a test says, down to the last byte, and remembers what it was sent.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use nc_client::{BaseUrl, Client, ClientConfig, Credential, HttpTransport, Nextcloud};
use nc_proto::clock::Clock;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// What came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Number of the connection, from 0.
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Method and target.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What goes out.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    close: bool,
    pause: Option<Duration>,
}

impl Reply {
    /// A whole answer with its right length.
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len().to_string();
        Self::head(status, &[headers, &[("content-length", &length)]].concat()).then(body)
    }

    /// Only the first line and headers; the length is up to the test.
    pub(crate) fn head(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut text = format!("HTTP/1.1 {status} Reason\r\n");
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        Self {
            bytes: (text + "\r\n").into_bytes(),
            close: false,
            pause: None,
        }
    }

    pub(crate) fn json(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::new(status, &[("content-type", "application/json; charset=utf-8")], body)
    }

    pub(crate) fn xml(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::new(status, &[("content-type", "application/xml; charset=utf-8")], body)
    }

    pub(crate) fn html(status: u16) -> Self {
        let page = "<!DOCTYPE html><html><head><title>Login</title></head><body>secret page</body></html>";
        Self::new(status, &[("content-type", "text/html; charset=UTF-8")], page)
    }

    /// The connection ends without an answer.
    pub(crate) fn hang_up() -> Self {
        Self {
            bytes: Vec::new(),
            close: true,
            pause: None,
        }
    }

    /// Nothing comes, and the connection stays.
    pub(crate) fn silence() -> Self {
        Self {
            bytes: Vec::new(),
            close: false,
            pause: Some(Duration::from_hours(1)),
        }
    }

    pub(crate) fn then(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.bytes.extend_from_slice(bytes.as_ref());
        self
    }

    /// The connection ends after it.
    pub(crate) fn closing(mut self) -> Self {
        self.close = true;
        self
    }
}

type Script = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

/// A server that answers as its script says.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers with `script`, which gets the request and how many came before it. Questions about the account are
    /// answered for it.
    pub(crate) async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_raw(move |seen, number| {
            if seen.target.starts_with("/ocs/v2.php/cloud/user?") {
                account("carol")
            } else {
                script(seen, number)
            }
        })
        .await
    }

    /// Answers with `script`, also the questions about the account.
    pub(crate) async fn start_raw(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = listener.local_addr().expect("address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                tokio::spawn(serve(stream, connection, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self { address, seen, task }
    }

    /// All that came in, but for questions about the account.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let all = self.all_seen();
        all.into_iter()
            .filter(|seen| !seen.target.contains("/cloud/user"))
            .collect()
    }

    /// All that came in.
    pub(crate) fn all_seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new(BaseUrl::parse(&format!("http://{}", self.address)).expect("address"));
        config.proxy_from_environment = false;
        config.retry.jitter_seed = Some(1);
        config
    }

    pub(crate) fn nextcloud(&self) -> Nextcloud {
        nextcloud(self.config())
    }

    /// A handle for carol.
    pub(crate) fn client(&self) -> Client {
        self.nextcloud().client(credential("carol"))
    }
}

pub(crate) fn nextcloud(config: ClientConfig) -> Nextcloud {
    let transport = Arc::new(HttpTransport::new(&config).expect("transport"));
    Nextcloud::new(config, transport, Clock::system())
}

pub(crate) fn credential(login: &str) -> Credential {
    Credential::Basic {
        login: login.to_owned(),
        password: format!("{login}-password").into(),
    }
}

/// The answer to "who am I".
pub(crate) fn account(id: &str) -> Reply {
    let text =
        r#"{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":{"id":"ID","displayname":"D"}}}"#;
    Reply::json(200, text.replace("ID", id))
}

pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    connection: usize,
    script: Arc<Script>,
    log: Arc<Mutex<Vec<Seen>>>,
) {
    let mut buffer = Vec::new();
    while let Some(seen) = read_request(&mut stream, &mut buffer, connection).await {
        let number = {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push(seen.clone());
            log.iter()
                .filter(|seen| !seen.target.contains("/cloud/user"))
                .count()
                .saturating_sub(1)
        };
        let reply = script(&seen, number);
        if let Some(pause) = reply.pause {
            tokio::time::sleep(pause).await;
        }
        if stream.write_all(&reply.bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if reply.close {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>, connection: usize) -> Option<Seen> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |length| length.parse().expect("length"));
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    let body = buffer.drain(..length).collect();
    Some(Seen {
        method,
        target,
        headers,
        body,
        connection,
    })
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Option<()> {
    let mut piece = vec![0; 64 * 1024];
    let count = stream.read(&mut piece).await.ok()?;
    buffer.extend_from_slice(&piece[..count]);
    (count > 0).then_some(())
}
