use axum::extract::FromRequestParts;
use http::{header, request::Parts, uri::Authority};
use nc_web::ClientOrigin;

use crate::Cloud;

/// The URL by which the client of this request knows the cloud, without a trailing slash.
///
/// The configured public URL where there is one, else what a trusted proxy or the request's `Host` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// As far as the request and the settings tell.
    pub(crate) fn of(cloud: &Cloud, request: &Parts) -> Self {
        if let Some(url) = &cloud.config().public_url {
            return Self(url.as_str().trim_end_matches('/').to_owned());
        }
        let origin = request.extensions.get::<ClientOrigin>().cloned().unwrap_or_default();
        let host = origin.host.or_else(|| request.uri.authority().cloned()).or_else(|| {
            let value = request.headers.get(header::HOST)?.to_str().ok()?;
            // Parsed, so that nothing but a host and a port gets into our answers.
            let authority = value.parse::<Authority>().ok()?;
            (!authority.as_str().contains('@')).then_some(authority)
        });
        let scheme = if origin.https { "https" } else { "http" };
        Self(format!(
            "{scheme}://{}",
            host.as_ref().map_or("localhost", Authority::as_str)
        ))
    }

    /// The URL of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The URL itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host, and port where it is not the scheme's own.
    pub fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// Whether the client's side of the connection is encrypted, so cookies may be marked `Secure`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromRequestParts<Cloud> for BaseUrl {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, cloud: &Cloud) -> Result<Self, Self::Rejection> {
        Ok(Self::of(cloud, parts))
    }
}
