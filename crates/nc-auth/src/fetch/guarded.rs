mod client;
mod page;
mod post;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use http::{HeaderMap, StatusCode, header};
use nc_proto::oauth::cimd::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::{Fetch, FetchError, Fetched};

pub use client::{GuardedClient, PlainHttp};
pub use page::{Page, PageError, PageFetch, Wanted};
pub use post::{Body, Posted};

/// A document that takes longer is not waited for.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Where documents may be fetched from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only the public internet: for addresses that strangers name.
    Public,
    /// Also private networks, and this machine without encryption: for addresses that the operator names.
    Anywhere,
}

/// How names become addresses.
#[async_trait]
pub trait Network: Send + Sync + 'static {
    /// Every address of a host.
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;

    /// Where a checked address is connected to: there. Port 0 stands for the port of the URL.
    fn endpoint(&self, checked: IpAddr) -> SocketAddr {
        SocketAddr::new(checked, 0)
    }
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

#[async_trait]
impl Network for SystemNetwork {
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let addresses = tokio::net::lookup_host((host, 0)).await?;
        Ok(addresses.map(|address| address.ip()).collect())
    }
}

/// Fetches with a guard in front of every connection.
#[derive(Clone)]
pub struct GuardedFetch {
    client: reqwest::Client,
    reach: Reach,
}

impl GuardedFetch {
    /// With the resolver of the operating system. `extra_roots` are certificates to trust beside the system's.
    ///
    /// # Errors
    /// When TLS cannot be set up, or a certificate cannot be read.
    pub fn new(reach: Reach, extra_roots: Vec<reqwest::Certificate>) -> Result<Self, reqwest::Error> {
        Self::over(Arc::new(SystemNetwork), reach, extra_roots)
    }

    /// The same, with the certificates of a PEM file.
    ///
    /// # Errors
    /// As for [`GuardedFetch::new`].
    pub fn trusting(reach: Reach, extra_roots_pem: &[u8]) -> Result<Self, reqwest::Error> {
        let roots = if extra_roots_pem.is_empty() {
            Vec::new()
        } else {
            reqwest::Certificate::from_pem_bundle(extra_roots_pem)?
        };
        Self::new(reach, roots)
    }

    /// With another resolver.
    ///
    /// # Errors
    /// As for [`GuardedFetch::new`].
    pub fn over(
        network: Arc<dyn Network>,
        reach: Reach,
        extra_roots: Vec<reqwest::Certificate>,
    ) -> Result<Self, reqwest::Error> {
        let client = guarded_client(network, reach, extra_roots)
            .timeout(TIME_LIMIT)
            .connect_timeout(TIME_LIMIT)
            .https_only(reach == Reach::Public)
            .build()?;
        Ok(Self { client, reach })
    }

    /// Addresses in the URL itself never reach the resolver, so they are checked here.
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        let literal = literal(url)?;
        let allowed = match self.reach {
            Reach::Public => url.scheme() == "https" && literal.is_none_or(is_public),
            Reach::Anywhere => match url.scheme() {
                "https" => true,
                "http" => literal.is_some_and(|address| address.is_loopback()) || url.host_str() == Some("localhost"),
                _ => false,
            },
        };
        let plain = url.username().is_empty() && url.password().is_none();
        if allowed && plain {
            Ok(())
        } else {
            Err(FetchError::Forbidden)
        }
    }
}

#[async_trait]
impl Fetch for GuardedFetch {
    async fn get(&self, url: &Url, bearer: Option<&str>, max_bytes: usize) -> Result<Fetched, FetchError> {
        self.check(url)?;
        let mut request = self.client.get(url.clone()).header(header::ACCEPT, "application/json");
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        let mut answer = request.send().await.map_err(|error| classify(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        if !is_json(answer.headers()) {
            return Err(FetchError::ContentType);
        }
        let max_age_s = max_age(answer.headers());
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| classify(&error))? {
            if body.len() + piece.len() > max_bytes {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Fetched { body, max_age_s })
    }
}

impl std::fmt::Debug for GuardedFetch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "GuardedFetch({:?})", self.reach)
    }
}

/// The address that stands in a URL in place of a name.
fn literal(url: &Url) -> Result<Option<IpAddr>, FetchError> {
    Ok(match url.host().ok_or(FetchError::Forbidden)? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    })
}

/// What every client for addresses of strangers has: it connects only to addresses that were checked, follows nothing, sends
/// nothing along, and what is limited is what was sent, not what it unpacks to.
#[expect(
    clippy::disallowed_methods,
    reason = "the client for addresses of strangers, with a resolver of its own"
)]
fn guarded_client(
    network: Arc<dyn Network>,
    reach: Reach,
    extra_roots: Vec<reqwest::Certificate>,
) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        // A kept connection would outlive the check of its address.
        .pool_max_idle_per_host(0)
        .dns_resolver(Guard { network, reach });
    if extra_roots.is_empty() {
        builder
    } else {
        builder.tls_certs_merge(extra_roots)
    }
}

/// Resolves once and gives out only what was checked; the connection goes to one of these addresses and nowhere else.
struct Guard {
    network: Arc<dyn Network>,
    reach: Reach,
}

/// None of a host's addresses may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("no address of this host may be connected to")]
struct NoAddress;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (network, reach) = (Arc::clone(&self.network), self.reach);
        Box::pin(async move {
            let addresses = network.lookup(name.as_str()).await?;
            // One private address among public ones is no mistake but an attempt.
            let allowed = match reach {
                Reach::Public => addresses.iter().all(|address| is_public(*address)),
                Reach::Anywhere => true,
            };
            if !allowed || addresses.is_empty() {
                return Err(NoAddress.into());
            }
            let endpoints: Vec<SocketAddr> = addresses.into_iter().map(|address| network.endpoint(address)).collect();
            Ok(Box::new(endpoints.into_iter()) as Addrs)
        })
    }
}

fn classify(error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<NoAddress>() {
            return FetchError::Forbidden;
        }
        cause = inner.source();
    }
    FetchError::Unreachable
}

/// `application/json`, or a type built on it such as `application/jwk-set+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.unwrap_or_default().split(';').next().unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// `max-age` of RFC 9111 §5.2.2.1; zero when the answer is not to be kept.
fn max_age(headers: &HeaderMap) -> Option<u64> {
    let mut found = None;
    for value in headers.get_all(header::CACHE_CONTROL) {
        for directive in value.to_str().unwrap_or_default().split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            match directive.split_once('=') {
                None if directive == "no-store" || directive == "no-cache" => return Some(0),
                Some(("max-age", seconds)) => found = seconds.trim_matches('"').parse().ok().or(found),
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
