//! A transport that writes down what passes, and passes it on, slowly if asked.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

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
    delay_ms: Arc<AtomicU64>,
}

impl Recorder {
    /// Passes everything on to `inner`.
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self {
            inner,
            sent: Arc::default(),
            delay_ms: Arc::default(),
        }
    }

    /// Lets every answer wait, as a busy cloud does.
    pub fn slow_down(&self, delay: Duration) {
        self.delay_ms
            .store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
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
        let delay = Duration::from_millis(self.delay_ms.load(Ordering::SeqCst));
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            self.inner.send(request).await
        })
    }
}
