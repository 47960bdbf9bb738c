//! Writes down what passes at a server's door, in both directions.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};

/// Longest body.
const MAX_BYTES: usize = 1 << 20;

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Path and query.
    pub uri: Uri,
    /// Headers of the request.
    pub request_headers: HeaderMap,
    /// Its body.
    pub request_body: Bytes,
    /// Status of the answer.
    pub status: StatusCode,
    /// Headers of the answer.
    pub response_headers: HeaderMap,
    /// Its body.
    pub response_body: Bytes,
}

/// Everything that passed. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct WireRecord(Arc<Mutex<Vec<Passed>>>);

impl WireRecord {
    /// A router whose requests and answers are written down.
    pub fn over(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), write_down))
    }

    /// What passed so far.
    pub fn all(&self) -> Vec<Passed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn write_down(State(record): State<WireRecord>, request: Request, next: Next) -> Response {
    let (request, body) = request.into_parts();
    let request_body = whole(body).await;
    let asked: (Uri, HeaderMap) = (request.uri.clone(), request.headers.clone());
    let answer = next
        .run(Request::from_parts(request, request_body.clone().into()))
        .await;
    let (answer, body) = answer.into_parts();
    let response_body = whole(body).await;
    let passed = Passed {
        uri: asked.0,
        request_headers: asked.1,
        request_body,
        status: answer.status,
        response_headers: answer.headers.clone(),
        response_body: response_body.clone(),
    };
    record.0.lock().unwrap_or_else(PoisonError::into_inner).push(passed);
    Response::from_parts(answer, response_body.into())
}

async fn whole(body: Body) -> Bytes {
    to_bytes(body, MAX_BYTES).await.unwrap_or_default()
}
