//! Requests to a deployment as a client sends them: over HTTP, from outside, without following redirects.

use std::{error::Error as _, fmt::Write as _, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use nc_client::{BaseUrl, Body, ClientConfig, HttpTransport, Transport as _, TransportError, TransportFailure};
use nc_proto::oauth::challenge::Received;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::report::Fault;
use crate::commands::Trouble;

/// How long one answer may take. Clients wait for about half a minute.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most that is read of an answer, in bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// The way to the deployment.
pub(super) struct Outside(HttpTransport);

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Outside {
    /// Believes whom clients believe: the authorities of the system, and no others.
    pub(super) fn new(endpoint: &Url) -> Result<Self, Trouble> {
        let usage = |error: nc_client::Error| Trouble::Usage(error.to_string());
        let mut base = endpoint.clone();
        base.set_path("");
        base.set_query(None);
        base.set_fragment(None);
        let config = ClientConfig::new(BaseUrl::from_url(base).map_err(usage)?);
        HttpTransport::new(&config).map(Self).map_err(|_| {
            Trouble::Usage(
                "TLS cannot be set up here: this system knows no certificate authorities (package ca-certificates, or SSL_CERT_FILE)"
                    .to_owned(),
            )
        })
    }

    /// Sends one request. The headers are written as they are given.
    pub(super) async fn ask(
        &self,
        method: &str,
        url: &Url,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, Fault> {
        let mut request = Request::builder().method(method).uri(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.into())).map_err(|_| {
            Fault::new(
                format!("{url} cannot be asked"),
                "it is no address that a client can use",
            )
        })?;
        let slow = || {
            Fault::new(
                format!("{} did not answer within {} s", place(url), PATIENCE.as_secs()),
                "look at the log of the proxy and of this server; a proxy that buffers, or a firewall that drops silently, looks like this",
            )
        };
        let exchange = async {
            let answer = self.0.send(request).await.map_err(|error| unreachable(url, &error))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, LONGEST_ANSWER).collect().await;
            // What is longer, or breaks off, is no answer that a client could read; its head says enough.
            let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            Ok(Answer {
                url: url.clone(),
                status: parts.status,
                headers: parts.headers,
                body,
            })
        };
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(slow()))
    }
}

impl Answer {
    /// A header, if it is text.
    pub(super) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A page for people.
    pub(super) fn is_html(&self) -> bool {
        self.header(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
    }

    /// The body, if it is a JSON object.
    pub(super) fn json(&self) -> Option<Value> {
        let value: Value = serde_json::from_slice(&self.body).ok()?;
        value.is_object().then_some(value)
    }

    /// A member of the body that is text.
    pub(super) fn member(&self, name: &str) -> Option<String> {
        Some(self.json()?.get(name)?.as_str()?.to_owned())
    }

    /// Where a redirect leads.
    pub(super) fn location(&self) -> Option<Url> {
        let there = self.header(header::LOCATION).filter(|_| self.status.is_redirection())?;
        self.url.join(there).ok()
    }

    /// All challenges.
    pub(super) fn challenges(&self) -> Vec<Received> {
        let values = self.headers.get_all(header::WWW_AUTHENTICATE).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        values.filter_map(Received::read).flatten().collect()
    }

    /// The challenge that asks for a token.
    pub(super) fn bearer_challenge(&self) -> Option<Received> {
        let is_bearer = |challenge: &Received| challenge.scheme.eq_ignore_ascii_case("bearer");
        self.challenges().into_iter().find(is_bearer)
    }

    /// Status and kind, for messages.
    pub(super) fn summary(&self) -> String {
        let kind = match self.header(header::CONTENT_TYPE) {
            Some(kind) => kind.split(';').next().unwrap_or(kind).trim().to_owned(),
            None => "without a body type".to_owned(),
        };
        format!("{} answered {} ({kind})", place(&self.url), self.status.as_u16())
    }
}

/// An address without its query, which may hold what is nobody's business.
pub(super) fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

fn unreachable(url: &Url, error: &TransportError) -> Fault {
    let mut reasons = String::new();
    let mut cause = error.source();
    while let Some(reason) = cause {
        let _ = write!(reasons, "{}{reason}", if reasons.is_empty() { "" } else { ": " });
        cause = reason.source();
    }
    let host = url.host_str().unwrap_or_default();
    let text = format!("{} cannot be reached: {}", place(url), error.kind);
    match error.kind {
        TransportFailure::Tls => tls_fault(host, &reasons),
        TransportFailure::Connect if reasons.contains("dns") || reasons.contains("lookup") => Fault::new(
            format!("{text} (the name {host} is not known)"),
            "give the name an A or AAAA record, or correct the address",
        ),
        TransportFailure::Connect | TransportFailure::ConnectTimeout => Fault::new(
            text,
            format!(
                "start the server and its proxy, and let port {} through the firewall; then run `nextcloud-mcp doctor` again",
                url.port_or_known_default().unwrap_or(443)
            ),
        ),
        TransportFailure::Interrupted => Fault::new(
            text,
            "the proxy closed the connection: look at its log, and at whether this address speaks HTTP or HTTPS",
        ),
    }
}

/// What the handshake says, in words that lead somewhere.
fn tls_fault(host: &str, reasons: &str) -> Fault {
    let (what, mend) = match reasons {
        text if text.contains("UnknownIssuer") || text.contains("unknown issuer") => (
            "nobody whom clients trust signed the certificate: it is self-signed, or the chain is incomplete",
            "let the proxy send the whole chain (nginx: `ssl_certificate` with fullchain.pem, Apache: `SSLCertificateFile` with \
             fullchain.pem), from an authority that every system trusts, such as Let's Encrypt",
        ),
        text if text.contains("CaUsedAsEndEntity") => (
            "the certificate is self-signed",
            "use one from an authority that every system trusts, such as Let's Encrypt",
        ),
        text if text.contains("Expired") || text.contains("expired") => {
            ("the certificate has ended", "renew it, and reload the proxy afterwards")
        }
        text if text.contains("NotValidForName") || text.contains("not valid for name") => (
            "the certificate is for another name",
            "get one for this name, and look at whether the proxy has a virtual host for it",
        ),
        text if text.contains("NotValidYet") || text.contains("not valid yet") => {
            ("the certificate is not valid yet", "set the clock here and there")
        }
        _ => (
            "no trusted connection",
            "look at the certificate and the protocol versions of the proxy: clients need TLS 1.2 or 1.3",
        ),
    };
    Fault::new(format!("TLS with {host}: {what} ({reasons})"), mend)
}
