//! A load generator for HTTP/1.1 with kept connections: one request in flight on each, the next one at once.
//!
//! It knows just enough HTTP to tell where an answer ends, so that what is measured is the server.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

/// How a load was borne.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Half of the answers came within this time.
    pub p50: Duration,
    /// All but one in a hundred came within this time.
    pub p99: Duration,
    /// Answers in a second, over all connections.
    pub per_second: f64,
    /// Answers in all.
    pub answers: usize,
}

/// One kept connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// Status of the status line.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// Body, with the marks of chunks still in it when it came in chunks.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

impl Connection {
    /// Connects, with Nagle's algorithm off.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(address).await?)
    }

    /// The same from a given address of this machine, for servers that limit what comes from one.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn open_from(source: IpAddr, address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(source, 0))?;
        Self::over(socket.connect(address).await?)
    }

    fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends `request` and reads its answer.
    ///
    /// # Errors
    /// When the connection breaks or the answer is not HTTP.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let status = head
            .get(9..12)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| bad("no status"))?;
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
        };
        let length = answer
            .header("content-length")
            .and_then(|length| length.parse::<usize>().ok());
        let chunked = answer
            .header("transfer-encoding")
            .is_some_and(|encoding| encoding.contains("chunked"));
        match length {
            Some(length) => {
                while self.buffer.len() < head_end + length {
                    self.read_more().await?;
                }
            }
            // The chunk of length nothing ends the body; JSON and event streams never hold these bytes otherwise.
            None if chunked => {
                while !self.buffer[head_end..].ends_with(b"0\r\n\r\n") {
                    self.read_more().await?;
                }
            }
            None => {}
        }
        answer.body.extend_from_slice(&self.buffer[head_end..]);
        Ok(answer)
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(bad("the server closed the connection")),
            _ => Ok(()),
        }
    }
}

/// Keeps `connections` busy with `request` for `duration`, after a short warm-up.
///
/// # Errors
/// When a connection breaks, or an answer is not 200.
pub async fn run(address: SocketAddr, request: &[u8], connections: usize, duration: Duration) -> io::Result<Measured> {
    let request: Arc<[u8]> = request.into();
    let warm = Instant::now() + duration / 5;
    let end = warm + duration;
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let request = Arc::clone(&request);
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut times = Vec::new();
            loop {
                let sent = Instant::now();
                let answer = connection.exchange(&request).await?;
                if answer.status != 200 {
                    return Err(bad(&format!(
                        "{} {}",
                        answer.status,
                        String::from_utf8_lossy(&answer.body)
                    )));
                }
                let now = Instant::now();
                if sent >= warm {
                    times.push(now - sent);
                }
                if now >= end {
                    return Ok(times);
                }
            }
        });
    }
    let mut times = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        times.extend(ended.map_err(io::Error::other)??);
    }
    times.sort_unstable();
    let quantile = |hundredths: usize| times.get((times.len().saturating_sub(1)) * hundredths / 100).copied();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 answers")]
    let per_second = times.len() as f64 / duration.as_secs_f64();
    Ok(Measured {
        p50: quantile(50).unwrap_or_default(),
        p99: quantile(99).unwrap_or_default(),
        per_second,
        answers: times.len(),
    })
}

/// A POST of JSON-RPC in the stateless revision: the message's metadata and the headers that mirror it.
pub fn modern_request(address: SocketAddr, headers: &str, method: &str, mut params: serde_json::Value) -> Vec<u8> {
    let name = params["name"]
        .as_str()
        .map_or_else(String::new, |name| format!("Mcp-Name: {name}\r\n"));
    params["_meta"] = serde_json::json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "load", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let headers = format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}{headers}");
    post(address, &headers, method, &params)
}

/// A POST of JSON-RPC with `headers`, each ended by a line break.
pub fn post(address: SocketAddr, headers: &str, method: &str, params: &serde_json::Value) -> Vec<u8> {
    let body = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let length = body.len();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn bad(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn serve(answer: &'static [&'static [u8]]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = listener.local_addr().expect("address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                        for part in answer {
                            stream.write_all(part).await.expect("write");
                            stream.flush().await.expect("flush");
                        }
                    }
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn answers_end_where_they_say() {
        let address = serve(&[b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 5\r\n\r\nhel", b"lo"]).await;
        let mut connection = Connection::open(address).await.expect("open");
        for _ in 0..2 {
            let answer = connection.exchange(b"GET / HTTP/1.1\r\n\r\n").await.expect("answer");
            assert_eq!((answer.status, answer.body.as_slice()), (200, b"hello".as_slice()));
        }
    }

    #[tokio::test]
    async fn chunks_are_read_to_the_last() {
        let address = serve(&[
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"2\r\nhi\r\n",
            b"0\r\n\r\n",
        ])
        .await;
        let mut connection = Connection::open(address).await.expect("open");
        for _ in 0..2 {
            let answer = connection.exchange(b"GET / HTTP/1.1\r\n\r\n").await.expect("answer");
            assert!(answer.body.starts_with(b"2\r\nhi"));
        }
    }

    #[tokio::test]
    async fn an_error_answer_is_not_counted_as_speed() {
        let address = serve(&[b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"]).await;
        assert!(
            run(address, b"GET / HTTP/1.1\r\n\r\n", 2, Duration::from_millis(50))
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn a_load_is_measured() {
        let address = serve(&[b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]).await;
        let measured = run(address, b"GET / HTTP/1.1\r\n\r\n", 2, Duration::from_millis(100))
            .await
            .expect("load");
        assert!(
            measured.answers > 10 && measured.p50 > Duration::ZERO && measured.p50 <= measured.p99,
            "{measured:?}"
        );
    }
}
