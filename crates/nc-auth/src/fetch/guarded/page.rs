//! Pages and pictures that people name, fetched from the public web. The same guard as for documents, in front of every hop.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, header};
use nc_proto::public_url::{self, Hosts, Refused};
use url::Url;

use super::{Network, Reach, SystemNetwork, classify, guarded_client};
use crate::fetch::FetchError;

/// Redirects that are followed for one page.
const MAX_REDIRECTS: usize = 5;

/// A page that takes longer, redirects included, is not waited for.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A page of HTML.
    Page,
    /// A picture: JPEG, PNG, WebP, GIF or AVIF. No SVG, which is a page that can hold scripts.
    Image,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it was in the end.
    pub url: Url,
    /// Its media type, with parameters.
    pub content_type: String,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Why nothing was fetched. The texts are for people, and say nothing about what lies in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The address, or one that it leads to, is not one to be fetched.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// The name leads to an address that is not public.
    #[error("the host is not on the public internet")]
    Private,
    /// Nobody answered in time, or not in a way that can be trusted.
    #[error("the server did not answer")]
    Unreachable,
    /// Another status than 200.
    #[error("the server answered {0}")]
    Status(u16),
    /// More redirects than are followed, or one to nowhere.
    #[error("the address redirects too often")]
    Redirects,
    /// Neither a page nor a picture, or a compressed one although none was asked for.
    #[error("the answer is of another kind")]
    Kind,
    /// More bytes than allowed.
    #[error("the answer is too large")]
    TooLarge,
}

impl From<FetchError> for PageError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Forbidden => Self::Private,
            FetchError::Status(status) => Self::Status(status),
            FetchError::ContentType => Self::Kind,
            FetchError::TooLarge => Self::TooLarge,
            FetchError::Unreachable => Self::Unreachable,
        }
    }
}

/// Fetches pages, with a guard in front of every connection. Sends no credential, keeps no cookie, follows a few redirects, each of
/// which is checked as the first address was. Cheap to clone.
#[derive(Clone)]
pub struct PageFetch {
    client: reqwest::Client,
    hosts: Hosts,
    time_limit: Duration,
}

impl PageFetch {
    /// With the resolver of the operating system.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(hosts: Hosts) -> Result<Self, reqwest::Error> {
        Self::over(Arc::new(SystemNetwork), hosts, Vec::new())
    }

    /// With another resolver, and certificates to trust beside the system's.
    ///
    /// # Errors
    /// As for [`PageFetch::new`].
    pub fn over(
        network: Arc<dyn Network>,
        hosts: Hosts,
        extra_roots: Vec<reqwest::Certificate>,
    ) -> Result<Self, reqwest::Error> {
        let reach = match hosts {
            Hosts::Public => Reach::Public,
            Hosts::Any => Reach::Anywhere,
        };
        let client = guarded_client(network, reach, extra_roots)
            .user_agent("Mozilla/5.0 (compatible; nextcloud-mcp)")
            .timeout(TIME_LIMIT)
            .build()?;
        Ok(Self {
            client,
            hosts,
            time_limit: TIME_LIMIT,
        })
    }

    /// The same, with another limit for all hops together.
    #[must_use]
    pub const fn within(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Which hosts it fetches from.
    pub const fn hosts(&self) -> Hosts {
        self.hosts
    }

    /// What is at `url`, if it is of the wanted kind and has no more than `max_bytes`.
    ///
    /// # Errors
    /// [`PageError`]
    pub async fn get(&self, url: &Url, wanted: Wanted, max_bytes: usize) -> Result<Page, PageError> {
        tokio::time::timeout(self.time_limit, self.follow(url.clone(), wanted, max_bytes))
            .await
            .unwrap_or(Err(PageError::Unreachable))
    }

    async fn follow(&self, mut url: Url, wanted: Wanted, max_bytes: usize) -> Result<Page, PageError> {
        let accept = match wanted {
            Wanted::Page => "text/html, application/xhtml+xml",
            Wanted::Image => "image/jpeg, image/png, image/webp, image/gif, image/avif",
        };
        for _ in 0..=MAX_REDIRECTS {
            public_url::check(&url, self.hosts)?;
            let request = self
                .client
                .get(url.clone())
                .header(header::ACCEPT, accept)
                // What is limited is what was sent, not what it unpacks to.
                .header(header::ACCEPT_ENCODING, "identity");
            let answer = request.send().await.map_err(|error| classify(&error))?;
            let status = answer.status();
            if status.is_redirection() {
                let target = answer
                    .headers()
                    .get(header::LOCATION)
                    .and_then(|value| value.to_str().ok());
                url = target
                    .and_then(|target| url.join(target).ok())
                    .ok_or(PageError::Redirects)?;
                continue;
            }
            if status != http::StatusCode::OK {
                return Err(PageError::Status(status.as_u16()));
            }
            return read(answer, url, wanted, max_bytes).await;
        }
        Err(PageError::Redirects)
    }
}

async fn read(mut answer: reqwest::Response, url: Url, wanted: Wanted, max_bytes: usize) -> Result<Page, PageError> {
    let content_type = text(answer.headers(), header::CONTENT_TYPE).to_owned();
    let packed = text(answer.headers(), header::CONTENT_ENCODING);
    if !is_wanted(&content_type, wanted) || !(packed.is_empty() || packed.eq_ignore_ascii_case("identity")) {
        return Err(PageError::Kind);
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| classify(&error))? {
        if body.len() + piece.len() > max_bytes {
            return Err(PageError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Page {
        url,
        content_type,
        body,
    })
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .trim()
}

fn is_wanted(content_type: &str, wanted: Wanted) -> bool {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match wanted {
        Wanted::Page => matches!(kind.as_str(), "text/html" | "application/xhtml+xml"),
        Wanted::Image => matches!(
            kind.as_str(),
            "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "image/avif"
        ),
    }
}

impl std::fmt::Debug for PageFetch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PageFetch({:?})", self.hosts)
    }
}

#[cfg(test)]
mod tests;
