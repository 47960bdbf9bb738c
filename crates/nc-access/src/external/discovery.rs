//! What the issuer says about itself, read once before anything is served.

use std::time::Duration;

use nc_auth::fetch::{Fetch, FetchError};
use nc_proto::oauth::{
    metadata::{MAX_BYTES, MetadataError, ServerMetadata},
    token::EXCHANGE,
};
use url::Url;

use super::{Bases, Party, StartError, patiently, rewrite};

const SUFFIX: &str = "/.well-known/openid-configuration";

/// Where the document is, and whose it has to be.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its address.
    pub url: Url,
    /// The issuer, to the byte.
    pub issuer: String,
}

impl Place {
    /// The document at `url`. Without an `issuer` it has to be that of the issuer to whom the address belongs (Discovery
    /// §4.1); `None` when it belongs to none.
    pub fn new(url: Url, issuer: Option<String>) -> Option<Self> {
        let issuer = match issuer {
            Some(issuer) => issuer,
            None => url.as_str().strip_suffix(SUFFIX)?.to_owned(),
        };
        Some(Self { url, issuer })
    }

    /// The document of the Nextcloud at `base`.
    pub fn of_nextcloud(base: &Url, issuer: Option<String>) -> Option<Self> {
        let text = format!("{}{SUFFIX}", base.as_str().trim_end_matches('/'));
        Self::new(Url::parse(&text).ok()?, issuer)
    }
}

/// What is used of the document, with the addresses at which this server reaches it.
#[derive(Debug, Clone)]
pub struct Discovered {
    /// The issuer.
    pub issuer: String,
    /// Where browsers sign people in.
    pub authorization: Url,
    /// Its keys.
    pub keys: Url,
    /// Where tokens are got.
    pub token: Url,
    /// What a token is worth.
    pub introspection: Option<Url>,
    /// Where tokens are given up.
    pub revocation: Option<Url>,
    /// Where clients register.
    pub registration: Option<Url>,
    /// Whether tokens can be exchanged.
    pub exchanges: bool,
    /// Whether every answer of the sign-in names the issuer (RFC 9207).
    pub names_itself: bool,
    /// How clients may authenticate; empty when the document does not say.
    pub auth_methods: Vec<String>,
}

/// Fetches and checks the document. What may pass is waited for, what is wrong in it is not.
pub async fn discover(
    fetch: &dyn Fetch,
    place: &Place,
    bases: &Bases,
    patience: Duration,
) -> Result<Discovered, StartError> {
    let unfetched = |source| StartError::Unfetched {
        url: place.url.to_string(),
        source,
    };
    let body = patiently(
        patience,
        |error| may_pass(*error),
        async || ask(fetch, &place.url).await,
    );
    let body = body.await.map_err(unfetched)?;
    let metadata = ServerMetadata::read(&body, &place.issuer).map_err(|source| match source {
        MetadataError::Identifier => StartError::OtherIssuer {
            url: place.url.to_string(),
            expected: place.issuer.clone(),
        },
        source => StartError::Unusable {
            url: place.url.to_string(),
            source,
        },
    })?;
    let ours = |name, text: &str| {
        let url = Url::parse(text).map_err(|_| StartError::NoEndpoint(name))?;
        Ok(rewrite(&url, Party::Server, bases))
    };
    let optional = |name, text: Option<&String>| text.map(|text| ours(name, text)).transpose();
    let authorization = Url::parse(&metadata.authorization_endpoint);
    let authorization = authorization.map_err(|_| StartError::NoEndpoint("authorization_endpoint"))?;
    Ok(Discovered {
        authorization: rewrite(&authorization, Party::Browser, bases),
        keys: optional("jwks_uri", metadata.jwks_uri.as_ref())?.ok_or(StartError::NoEndpoint("jwks_uri"))?,
        token: ours("token_endpoint", &metadata.token_endpoint)?,
        introspection: optional("introspection_endpoint", metadata.introspection_endpoint.as_ref())?,
        revocation: optional("revocation_endpoint", metadata.revocation_endpoint.as_ref())?,
        registration: optional("registration_endpoint", metadata.registration_endpoint.as_ref())?,
        exchanges: metadata.grant_types_supported.iter().any(|grant| grant == EXCHANGE),
        names_itself: metadata.authorization_response_iss_parameter_supported,
        auth_methods: metadata.token_endpoint_auth_methods_supported,
        issuer: metadata.issuer,
    })
}

/// Nobody there yet, or not well yet.
fn may_pass(error: FetchError) -> bool {
    matches!(
        error,
        FetchError::Unreachable | FetchError::Status(429 | 500 | 502..=504)
    )
}

/// A Nextcloud without pretty addresses redirects the well-known ones to itself.
async fn ask(fetch: &dyn Fetch, url: &Url) -> Result<Vec<u8>, FetchError> {
    let answer = fetch.get(url, None, MAX_BYTES).await;
    let answer = match (answer, below_index_php(url)) {
        (Err(FetchError::Status(301 | 302 | 307 | 308)), Some(there)) => fetch.get(&there, None, MAX_BYTES).await,
        (answer, _) => answer,
    };
    answer.map(|fetched| fetched.body)
}

fn below_index_php(url: &Url) -> Option<Url> {
    let base = url.path().strip_suffix(SUFFIX)?;
    let mut there = url.clone();
    there.set_path(&format!("{base}/index.php{SUFFIX}"));
    (!base.ends_with("/index.php")).then_some(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_follows_from_the_address_unless_it_is_given() {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let at = url("https://sso.example/realms/x/.well-known/openid-configuration");
        let place = Place::new(at.clone(), None).expect("a place");
        assert_eq!(place.issuer, "https://sso.example/realms/x");
        let given = Some("https://other.example/".to_owned());
        assert_eq!(Place::new(at, given).expect("a place").issuer, "https://other.example/");
        assert!(Place::new(url("https://sso.example/discovery.json"), None).is_none());
        let cloud = Place::of_nextcloud(&url("https://cloud.example/sub/"), None).expect("a place");
        assert_eq!(cloud.url.path(), "/sub/.well-known/openid-configuration");
        assert_eq!(cloud.issuer, "https://cloud.example/sub");
        let there = below_index_php(&cloud.url).expect("a place");
        assert_eq!(there.path(), "/sub/index.php/.well-known/openid-configuration");
        assert!(below_index_php(&there).is_none());
    }
}
