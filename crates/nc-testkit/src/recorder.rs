//! A transport that writes down what passes, and passes it on.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, Method, Request};
use nc_client::{Body, PendingAnswer, Transport};

/// One request of the client.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
}

/// Writes down every request.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<dyn Transport>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Recorder {
    /// Passes everything on to `inner`.
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self {
            inner,
            sent: Arc::default(),
        }
    }

    /// What was sent since the last time.
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request<Body>) -> PendingAnswer<'_> {
        let sent = Sent {
            method: request.method().clone(),
            path: request
                .uri()
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            headers: request.headers().clone(),
        };
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        self.inner.send(request)
    }
}
