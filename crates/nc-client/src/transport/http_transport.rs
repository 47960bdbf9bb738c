use http::{Request, Response, header};

use super::{Exchange, Transport, TransportError, TransportFailure};
use crate::{ClientConfig, Error, Verification, body::Body};

/// Requests over HTTP/1.1 and HTTP/2, with one pool of connections.
#[derive(Debug, Clone)]
pub struct HttpTransport(reqwest::Client);

impl HttpTransport {
    /// Makes the pool.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when the extra certificates cannot be read, [`Error::Unreachable`] when the system has
    /// no certificates and the address needs them.
    pub fn new(config: &ClientConfig) -> Result<Self, Error> {
        let https = config.base_url.as_url().scheme() == "https";
        let client = match builder(config)?.build() {
            // Small containers have no system certificates; plain HTTP needs none.
            Err(_) if !https && config.tls.extra_roots_pem.is_empty() => builder(config)?.tls_certs_only([]).build(),
            built => built,
        };
        let client = client.map_err(|error| match certificates(config) {
            // Certificates are only read in full when the pool is made, together with the system's.
            Ok(extra) if !extra.is_empty() && !can_trust(&extra) => unreadable(),
            _ => Error::unreachable(TransportError {
                kind: TransportFailure::Tls,
                source: error.into(),
            }),
        })?;
        if config.tls.verification == Verification::DangerouslyOff {
            tracing::warn!(
                server.address = config.base_url.as_url().host_str(),
                "TLS CERTIFICATES ARE NOT CHECKED: anybody on the way to Nextcloud can read passwords and files"
            );
        }
        Ok(Self(client))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that builds HTTP clients")]
fn builder(config: &ClientConfig) -> Result<reqwest::ClientBuilder, Error> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(config.timeouts.connect)
        .pool_max_idle_per_host(if config.keepalive { 64 } else { 0 })
        .http2_adaptive_window(true);
    let extra = certificates(config)?;
    if !extra.is_empty() {
        builder = builder.tls_certs_merge(extra);
    }
    if config.tls.verification == Verification::DangerouslyOff {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if !config.proxy_from_environment {
        builder = builder.no_proxy();
    }
    Ok(builder)
}

fn certificates(config: &ClientConfig) -> Result<Vec<reqwest::Certificate>, Error> {
    let pem = &config.tls.extra_roots_pem;
    if pem.is_empty() {
        return Ok(Vec::new());
    }
    let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| unreadable())?;
    if certificates.is_empty() {
        Err(unreadable())
    } else {
        Ok(certificates)
    }
}

#[expect(clippy::disallowed_methods, reason = "only tried, never used")]
fn can_trust(certificates: &[reqwest::Certificate]) -> bool {
    reqwest::Client::builder()
        .tls_certs_only(certificates.iter().cloned())
        .build()
        .is_ok()
}

fn unreadable() -> Error {
    Error::invalid("extra CA file", "it holds no readable certificate in PEM form")
}

impl Transport for HttpTransport {
    fn send(&self, request: Request<Body>) -> Exchange<'_> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let length = body.length();
            let mut request = Request::from_parts(parts, ());
            if let Some(length) = length.filter(|length| *length > 0) {
                // A stream has no length of its own in the library's eyes, and PHP behind FastCGI needs one.
                request.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            }
            let body = match body.as_bytes() {
                Some(bytes) => reqwest::Body::from(bytes),
                None => reqwest::Body::wrap_stream(body.into_pieces()),
            };
            let request = reqwest::Request::try_from(request.map(|()| body)).map_err(classify)?;
            let answer = self.0.execute(request).await.map_err(classify)?;
            Ok(Response::from(answer).map(Body::wrap))
        })
    }
}

fn classify(error: reqwest::Error) -> TransportError {
    let kind = match () {
        () if is_tls(&error) => TransportFailure::Tls,
        () if error.is_connect() && error.is_timeout() => TransportFailure::ConnectTimeout,
        () if error.is_connect() || error.is_builder() => TransportFailure::Connect,
        () => TransportFailure::Interrupted,
    };
    TransportError {
        kind,
        source: error.without_url().into(),
    }
}

/// Whether an error comes from the handshake. An I/O error hides what it was made from, so its inside is looked at too.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || inside.is_some_and(|inside| is_tls(inside)) || error.source().is_some_and(is_tls)
}
