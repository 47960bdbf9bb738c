//! How requests reach a Nextcloud: over HTTP, or by a call into a service in the same process.

use std::{future::Future, pin::Pin};

use http::{Request, Response};

use crate::body::{Body, BoxError};

mod http_transport;
mod in_process;

pub use http_transport::HttpTransport;
pub use in_process::InProcess;

/// The answer that is still to come.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Response<Body>, TransportError>> + Send + 'a>>;

/// Sends one request and gives the answer. It follows no redirects, keeps no cookies and tries nothing twice.
pub trait Transport: Send + Sync {
    /// Sends `request`, whose address is absolute.
    fn send(&self, request: Request<Body>) -> Exchange<'_>;
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct TransportError {
    /// How far it went.
    pub kind: TransportFailure,
    /// What the library below says.
    #[source]
    pub source: BoxError,
}

/// How far a request without answer went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportFailure {
    /// No connection; nothing was sent.
    #[error("no connection")]
    Connect,
    /// No connection in time; nothing was sent.
    #[error("no connection in time")]
    ConnectTimeout,
    /// The certificate is not believed, or no common way of encryption; nothing was sent.
    #[error("no trusted connection")]
    Tls,
    /// It broke off; how much arrived is not known.
    #[error("the connection broke off")]
    Interrupted,
}
