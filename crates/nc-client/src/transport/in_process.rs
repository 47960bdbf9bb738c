use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::Body as HttpBody;
use tower::{Service, ServiceExt};

use super::{Exchange, Transport, TransportError, TransportFailure};
use crate::body::{Body, BoxError};

/// Requests by a call into a service of this process, such as the embedded cloud's router. It authenticates them as
/// any other.
#[derive(Debug, Clone)]
pub struct InProcess<S>(S);

impl<S> InProcess<S> {
    /// Sends to `service`.
    pub const fn new(service: S) -> Self {
        Self(service)
    }
}

impl<S, B> Transport for InProcess<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn send(&self, mut request: Request<Body>) -> Exchange<'_> {
        let service = self.0.clone();
        Box::pin(async move {
            // What a server would see in the request: the host in its header, and only the path in its first line.
            if let Some(authority) = request.uri().authority()
                && let Ok(host) = HeaderValue::from_str(authority.as_str())
            {
                request.headers_mut().entry(header::HOST).or_insert(host);
            }
            if let Some(path) = request.uri().path_and_query() {
                *request.uri_mut() = path.clone().into();
            }
            if let Some(length) = request.body().length()
                && (length > 0 || matches!(request.method().as_str(), "PUT" | "POST"))
            {
                request.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            }
            let answer = service.oneshot(request).await;
            let interrupted = |error: S::Error| TransportError {
                kind: TransportFailure::Interrupted,
                source: error.into(),
            };
            Ok(answer.map_err(interrupted)?.map(Body::wrap))
        })
    }
}
