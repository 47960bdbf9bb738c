use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, Method};
use tokio::{net::TcpListener, task::JoinHandle};

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    /// Path with query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

type Answer = dyn Fn(&Seen) -> Response + Send + Sync;

/// Another server that answers what a test tells it to, and remembers what it was asked.
pub(crate) struct Peer {
    pub(crate) url: String,
    pub(crate) host: String,
    inner: Arc<Inner>,
    serving: JoinHandle<()>,
}

struct Inner {
    answer: Mutex<Arc<Answer>>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Peer {
    /// Answers by a function, which may depend on its own address only after [`Peer::answer_with`].
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let inner = Arc::new(Inner {
            answer: Mutex::new(Arc::new(answer)),
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(serve).with_state(Arc::clone(&inner));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("served");
        });
        Self {
            url: format!("http://{address}"),
            host: address.to_string(),
            inner,
            serving,
        }
    }

    /// Answers differently from now on.
    pub(crate) fn answer_with(&self, answer: impl Fn(&Seen) -> Response + Send + Sync + 'static) {
        *self.inner.answer.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(answer);
    }

    /// What it was asked since the last time.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many requests came in all.
    pub(crate) fn requests(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }
}

async fn serve(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    inner.connections.fetch_add(1, Ordering::SeqCst);
    let (parts, body) = request.into_parts();
    let seen = Seen {
        method: parts.method,
        target: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: parts.headers,
        body: to_bytes(body, 128 << 20).await.unwrap_or_default(),
    };
    let answer = Arc::clone(&inner.answer.lock().unwrap_or_else(PoisonError::into_inner));
    let response = answer(&seen);
    inner.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    response
}

/// An answer.
pub(crate) fn reply(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    let response = Response::builder().status(status).header("content-type", content_type);
    response.body(body.into()).expect("a response")
}
