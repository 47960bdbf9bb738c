//! Any request to addresses of strangers. The same guard as for documents; what is sent, and how much is read, is the caller's.

use std::{sync::Arc, time::Duration};

use http::Method;
use nc_proto::oauth::cimd::is_public;
use url::Url;

use super::{Network, Reach, classify, guarded_client, literal};
use crate::fetch::FetchError;

/// Whether connections without TLS are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Never.
    Refused,
    /// For trials on one machine.
    Allowed,
}

/// A client with a guard in front of every connection: names are resolved once, what they resolve to is checked, and the
/// connection goes there. It follows no redirect, uses no proxy, unpacks nothing and keeps no connection. Cheap to clone.
#[derive(Clone)]
pub struct GuardedClient {
    client: reqwest::Client,
    reach: Reach,
    plain_http: PlainHttp,
}

impl GuardedClient {
    /// `idle` is how long connecting, and each pause of an answer, may last. `extra_roots` are certificates to trust beside
    /// the system's.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn over(
        network: Arc<dyn Network>,
        reach: Reach,
        plain_http: PlainHttp,
        idle: Duration,
        extra_roots: Vec<reqwest::Certificate>,
    ) -> Result<Self, reqwest::Error> {
        let client = guarded_client(network, reach, extra_roots)
            .user_agent(concat!("nextcloud-mcp/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(idle)
            .read_timeout(idle)
            .https_only(plain_http == PlainHttp::Refused)
            // Signatures cover `content-length` and `host`, which HTTP/2 does without.
            .http1_only()
            .build()?;
        Ok(Self {
            client,
            reach,
            plain_http,
        })
    }

    /// The beginning of a request to an address that was checked. Whoever sends it limits what is read.
    ///
    /// # Errors
    /// [`FetchError::Forbidden`]
    pub fn request(&self, method: Method, url: &Url) -> Result<reqwest::RequestBuilder, FetchError> {
        let scheme = match url.scheme() {
            "https" => true,
            "http" => self.plain_http == PlainHttp::Allowed,
            _ => false,
        };
        let address = match self.reach {
            // A literal address never reaches the resolver.
            Reach::Public => literal(url)?.is_none_or(is_public),
            Reach::Anywhere => true,
        };
        let plain = url.username().is_empty() && url.password().is_none();
        if scheme && address && plain {
            Ok(self.client.request(method, url.clone()))
        } else {
            Err(FetchError::Forbidden)
        }
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        classify(&error)
    }
}

impl std::fmt::Debug for GuardedClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "GuardedClient({:?}, {:?})", self.reach, self.plain_http)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            SystemNetwork,
            tests::server::{Names, PUBLIC, Server, json},
        },
        *,
    };

    fn client(reach: Reach, plain_http: PlainHttp) -> GuardedClient {
        let network = Arc::new(SystemNetwork);
        GuardedClient::over(network, reach, plain_http, Duration::from_secs(5), Vec::new()).expect("a client")
    }

    #[test]
    fn addresses_that_are_not_public_are_refused_in_every_spelling() {
        let client = client(Reach::Public, PlainHttp::Refused);
        for address in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/",
            "https://0.0.0.0/",
            "https://user@cloud.example/",
            "https://:secret@cloud.example/",
            "http://cloud.example/",
            "ftp://cloud.example/",
            "file:///etc/passwd",
            "gopher://cloud.example/",
        ] {
            let url = Url::parse(address).expect("a URL");
            let outcome = client.request(Method::GET, &url);
            assert_eq!(outcome.err(), Some(FetchError::Forbidden), "{address}");
        }
        let good = Url::parse("https://cloud.example/").expect("a URL");
        assert!(client.request(Method::GET, &good).is_ok());
    }

    #[test]
    fn plain_http_is_a_switch_of_its_own() {
        let url = Url::parse("http://10.0.0.1/").expect("a URL");
        let ask = |reach, plain_http| client(reach, plain_http).request(Method::GET, &url).is_ok();
        assert!(ask(Reach::Anywhere, PlainHttp::Allowed));
        assert!(!ask(Reach::Anywhere, PlainHttp::Refused));
        assert!(!ask(Reach::Public, PlainHttp::Allowed));
    }

    #[tokio::test]
    async fn every_connection_goes_to_an_address_that_was_checked_for_it() {
        let server = Server::start("client.example", |_, _| json("{}", "")).await;
        let private = "10.0.0.1".parse().expect("an address");
        let names = Names::new(&[&[PUBLIC], &[private]], server.address);
        let network = Arc::clone(&names) as Arc<dyn Network>;
        let roots = vec![server.root.clone()];
        let client = GuardedClient::over(
            network,
            Reach::Public,
            PlainHttp::Refused,
            Duration::from_secs(5),
            roots,
        )
        .expect("a client");
        let url = Url::parse("https://client.example/").expect("a URL");
        let ask = async || {
            let request = client.request(Method::PUT, &url)?;
            Ok::<_, FetchError>(request.send().await?.status().as_u16())
        };
        assert_eq!(ask().await, Ok(200));
        assert_eq!(ask().await, Err(FetchError::Forbidden));
        assert_eq!((server.connections(), names.connected()), (1, vec![PUBLIC]));
    }
}
