//! What an authorization server says about itself.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{MetadataError, read};

/// Metadata of an authorization server and `OpenID` provider. Members are written in this order, so equal values give
/// equal bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServerMetadata {
    /// Its identifier, to the byte.
    pub issuer: String,
    /// Where users are sent.
    pub authorization_endpoint: String,
    /// Where tokens are got.
    pub token_endpoint: String,
    /// Who a token's user is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<String>,
    /// Its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Where clients register themselves; only when they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// What a token is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    /// How callers authenticate there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<String>,
    /// Where tokens are given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    /// Where requests are pushed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request_endpoint: Option<String>,
    /// Where users sign out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<String>,
    /// Whether clients are told from server to server that a session ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_supported: Option<bool>,
    /// Whether they are told which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_session_supported: Option<bool>,
    /// Public scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// `code`; for some clients also ID tokens.
    #[serde(default)]
    pub response_types_supported: Vec<String>,
    /// `query`, `form_post`; for ID tokens `fragment`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_modes_supported: Vec<String>,
    /// Grants of the token endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_types_supported: Vec<String>,
    /// `public`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subject_types_supported: Vec<String>,
    /// How well users can sign in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values_supported: Vec<String>,
    /// Algorithms of ID tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// How clients authenticate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Algorithms of their assertions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// `page`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display_values_supported: Vec<String>,
    /// `normal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claim_types_supported: Vec<String>,
    /// Claims it can tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims_supported: Vec<String>,
    /// Whether `claims` is understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims_parameter_supported: Option<bool>,
    /// Whether `request` is understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_parameter_supported: Option<bool>,
    /// Whether `request_uri` is understood; a missing value means yes in Discovery §3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_uri_parameter_supported: Option<bool>,
    /// PKCE methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// Whether every answer carries `iss` (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    /// Whether a client's id may be the URL of its metadata.
    #[serde(default)]
    pub client_id_metadata_document_supported: bool,
    /// Algorithms for proofs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
}

impl ServerMetadata {
    /// Reads the document of the server with this issuer: compared to the byte, PKCE announced, endpoints protected.
    pub fn read(json: &[u8], issuer: &str) -> Result<Self, MetadataError> {
        let read: Self = read(json)?;
        if read.issuer != issuer {
            return Err(MetadataError::Identifier);
        }
        if !read
            .code_challenge_methods_supported
            .iter()
            .any(|method| method == "S256")
        {
            return Err(MetadataError::Pkce);
        }
        if read.endpoints().all(is_protected) {
            Ok(read)
        } else {
            Err(MetadataError::Insecure)
        }
    }

    fn endpoints(&self) -> impl Iterator<Item = &str> {
        let optional = [
            &self.userinfo_endpoint,
            &self.jwks_uri,
            &self.registration_endpoint,
            &self.introspection_endpoint,
            &self.revocation_endpoint,
            &self.pushed_authorization_request_endpoint,
            &self.end_session_endpoint,
        ];
        [self.authorization_endpoint.as_str(), &self.token_endpoint]
            .into_iter()
            .chain(optional.into_iter().filter_map(Option::as_deref))
    }
}

/// TLS, or this machine.
fn is_protected(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else {
        return false;
    };
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    }
}
