//! A transport that writes down what passes, and passes it on, slowly if asked.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt;
use nc_client::{Body, PendingAnswer, Transport};
use serde_json::Value;

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

impl Sent {
    /// What is wrong with it: each request to a cloud says that it is a program's, and none carries a cookie.
    pub fn breach(&self) -> Option<String> {
        let says_so = self.headers.get("ocs-apirequest").is_some_and(|value| value == "true");
        let breaks = !says_so || self.headers.contains_key(header::COOKIE);
        breaks.then(|| format!("{} {}", self.method, self.path))
    }
}

/// Writes down every request. Each answer sets a cookie, as a Nextcloud's do, for the client to drop.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<dyn Transport>,
    sent: Arc<Mutex<Vec<Sent>>>,
    delay_ms: Arc<AtomicU64>,
    hidden: Arc<Mutex<Option<&'static str>>>,
}

impl Recorder {
    /// Passes everything on to `inner`.
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self {
            inner,
            sent: Arc::default(),
            delay_ms: Arc::default(),
            hidden: Arc::default(),
        }
    }

    /// Lets every answer wait, as a busy cloud does.
    pub fn slow_down(&self, delay: Duration) {
        self.delay_ms
            .store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Takes an app out of the capabilities, as if the cloud did not have it.
    pub fn hide_capability(&self, key: &'static str) {
        *self.hidden.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
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
        let hidden = *self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        let hidden = hidden.filter(|_| request.uri().path().ends_with("/cloud/capabilities"));
        let delay = Duration::from_millis(self.delay_ms.load(Ordering::SeqCst));
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            let mut answer = self.inner.send(request).await?;
            let cookie = HeaderValue::from_static("nc_session_id=somebody; Path=/; HttpOnly");
            answer.headers_mut().append(header::SET_COOKIE, cookie);
            match hidden {
                Some(key) => Ok(without(answer, key).await),
                None => Ok(answer),
            }
        })
    }
}

async fn without(answer: Response<Body>, key: &str) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    let bytes = body.collect().await.expect("a whole answer").to_bytes();
    let mut data: Value = serde_json::from_slice(&bytes).expect("JSON");
    data["ocs"]["data"]["capabilities"]
        .as_object_mut()
        .expect("capabilities")
        .remove(key);
    head.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(data.to_string().into_bytes()))
}
