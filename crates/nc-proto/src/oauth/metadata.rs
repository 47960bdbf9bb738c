//! How servers describe themselves: authorization servers (RFC 8414, `OpenID` Connect Discovery) and protected
//! resources (RFC 9728).

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;

pub use server::ServerMetadata;

mod server;

/// The largest document that is read.
pub const MAX_BYTES: usize = 256 * 1024;

/// Where a document is found below the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WellKnown {
    /// An authorization server: the name comes before the issuer's path (RFC 8414 §3.1).
    AuthorizationServer,
    /// An `OpenID` provider: the name comes after the issuer's path (Discovery §4).
    OpenidConfiguration,
    /// A protected resource: the name comes before the resource's path (RFC 9728 §3.1).
    ProtectedResource,
}

impl WellKnown {
    /// The document's URL for an issuer or resource; `None` if that is no URL with a host.
    pub fn url(self, identifier: &str) -> Option<String> {
        let url = Url::parse(identifier).ok().filter(Url::has_host)?;
        let path = url.path().trim_end_matches('/');
        let path = match self {
            Self::AuthorizationServer => format!("/.well-known/oauth-authorization-server{path}"),
            Self::OpenidConfiguration => format!("{path}/.well-known/openid-configuration"),
            Self::ProtectedResource => format!("/.well-known/oauth-protected-resource{path}"),
        };
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(format!("{}{path}{query}", url.origin().ascii_serialization()))
    }
}

/// Why a document is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// More than [`MAX_BYTES`].
    #[error("the metadata document is too large")]
    TooLarge,
    /// Not the JSON it should be.
    #[error("the metadata document cannot be read")]
    Json,
    /// It describes somebody else.
    #[error("the metadata document is for another issuer or resource")]
    Identifier,
    /// PKCE with S256 is not announced.
    #[error("the authorization server does not announce PKCE with S256")]
    Pkce,
    /// An endpoint that is neither https nor on this machine.
    #[error("an endpoint is not protected by TLS")]
    Insecure,
}

/// What a protected resource says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ResourceMetadata {
    /// Its identifier: the audience of its tokens.
    pub resource: String,
    /// The issuers whose tokens it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<String>,
    /// Scopes worth asking for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// How tokens are presented.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bearer_methods_supported: Vec<String>,
    /// Algorithms of its signed answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_signing_alg_values_supported: Vec<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// Algorithms for proofs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
}

impl ResourceMetadata {
    /// Reads the document of the resource with this identifier (RFC 9728 §3.3).
    pub fn read(json: &[u8], resource: &str) -> Result<Self, MetadataError> {
        let read: Self = read(json)?;
        if read.resource == resource {
            Ok(read)
        } else {
            Err(MetadataError::Identifier)
        }
    }
}

/// Derived readers take an array for a struct too, so the first character is looked at.
fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, MetadataError> {
    if json.len() > MAX_BYTES {
        return Err(MetadataError::TooLarge);
    }
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(MetadataError::Json);
    }
    serde_json::from_slice(json).map_err(|_| MetadataError::Json)
}

#[cfg(test)]
mod tests;
