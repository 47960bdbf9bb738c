use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    serve::Listener,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Another server that answers to an invitation what a test wants, and counts who comes.
pub(super) struct Other {
    /// `127.0.0.1:…`.
    pub(super) host: String,
    inner: Arc<Inner>,
    serving: JoinHandle<()>,
}

struct Inner {
    /// What it says that it can do; none for a server of another kind.
    document: Option<Value>,
    status: StatusCode,
    name: String,
    connections: AtomicUsize,
    requests: AtomicUsize,
    accepted: Mutex<Vec<Value>>,
}

struct Counted(TcpListener, Arc<Inner>);

impl Listener for Counted {
    type Io = TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let accepted = self.0.accept().await.expect("a connection");
        self.1.connections.fetch_add(1, Ordering::SeqCst);
        accepted
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Other {
    /// One whose person has this name, and who answers with this status.
    pub(super) async fn start(status: StatusCode, name: &str) -> Self {
        Self::boot(status, name, true).await
    }

    /// One that knows nothing of this.
    pub(super) async fn silent() -> Self {
        Self::boot(StatusCode::OK, "", false).await
    }

    async fn boot(status: StatusCode, name: &str, speaks: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let inner = Arc::new(Inner {
            document: speaks.then(|| document(&format!("http://{host}"))),
            status,
            name: name.to_owned(),
            connections: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            accepted: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        let door = Counted(listener, Arc::clone(&inner));
        let serving = tokio::spawn(async move {
            axum::serve(door, router).await.expect("served");
        });
        Self { host, inner, serving }
    }

    pub(super) fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }

    pub(super) fn requests(&self) -> usize {
        self.inner.requests.load(Ordering::SeqCst)
    }

    /// The invitations that it was told of.
    pub(super) fn accepted(&self) -> Vec<Value> {
        self.inner.accepted.lock().expect("a lock").clone()
    }
}

fn document(url: &str) -> Value {
    json!({
        "enabled": true, "apiVersion": "1.4.0", "version": "1.4.0", "endPoint": format!("{url}/ocm"), "provider": "Other",
        "resourceTypes": [{
            "name": "file", "shareTypes": ["user"],
            "protocols": {"webdav": "/webdav/", "webdav-receive": {"uri": "relative"}},
        }],
        "capabilities": ["exchange-token", "http-sig", "invites"], "criteria": [],
        "tokenEndPoint": format!("{url}/ocm/token"), "jwksUri": format!("{url}/ocm/jwks"),
    })
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    inner.requests.fetch_add(1, Ordering::SeqCst);
    let path = request.uri().path().to_owned();
    match (path.as_str(), &inner.document) {
        ("/.well-known/ocm", Some(document)) => Json(document.clone()).into_response(),
        ("/ocm/invite-accepted", Some(_)) => {
            assert!(request.headers().contains_key("signature"), "it is signed");
            let body: Bytes = to_bytes(request.into_body(), 64 << 10).await.expect("a body");
            let message = serde_json::from_slice(&body).expect("JSON");
            inner.accepted.lock().expect("a lock").push(message);
            let person = json!({"userID": inner.name, "email": "eve@other.example", "name": inner.name});
            (inner.status, Json(person)).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
