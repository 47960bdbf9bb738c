//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document-00): a client's id is the URL of its
//! metadata.
//!
//! Whoever fetches one resolves the host once, connects only to an address that [`is_public`] accepts, follows no
//! redirect and reads no more than [`MAX_BYTES`].

use serde_json::Value;
use url::{Host, Url};

use super::{
    client_auth::AuthMethod,
    error::RegistrationError,
    jose::strict_json,
    registration::{ClientMetadata, RequestedMetadata},
};

pub use address::is_public;

mod address;

/// The largest document.
pub const MAX_BYTES: usize = 5 * 1024;
/// The longest URL.
pub const URL_MAX_BYTES: usize = 2000;
/// The shortest time that a document is kept, in seconds.
pub const CACHE_MIN_S: u64 = 5 * 60;
/// The longest.
pub const CACHE_MAX_S: u64 = 24 * 60 * 60;

/// A client id that is a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientIdUrl(Url);

impl ClientIdUrl {
    /// Reads a client id; `None` if it is none of this kind: https, a path, no fragment, user name or dot segments.
    ///
    /// Only the normal form is taken, so two spellings cannot pass for two clients, nor one for another.
    pub fn parse(client_id: &str) -> Option<Self> {
        if client_id.len() > URL_MAX_BYTES {
            return None;
        }
        let url = Url::parse(client_id).ok()?;
        let plain = url.scheme() == "https"
            && url.as_str() == client_id
            && url.path() != "/"
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let reachable = match url.host()? {
            Host::Domain(name) => name.contains('.') && !name.ends_with('.') && !name.ends_with(".localhost"),
            Host::Ipv4(address) => is_public(address.into()),
            Host::Ipv6(address) => is_public(address.into()),
        };
        (plain && reachable).then_some(Self(url))
    }

    /// The id, as the client wrote it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, which is shown to people and compared with allow and deny lists.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Where to fetch the document.
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// Reads the document that was fetched from there.
    pub fn read_document(&self, json: &[u8]) -> Result<ClientMetadata, RegistrationError> {
        if json.len() > MAX_BYTES {
            return Err(RegistrationError::InvalidClientMetadata);
        }
        let mut members = strict_json::object(json).map_err(|_| RegistrationError::InvalidClientMetadata)?;
        if members.remove("client_id").as_ref().and_then(Value::as_str) != Some(self.as_str()) {
            return Err(RegistrationError::InvalidClientMetadata);
        }
        // A document that everybody can read holds no secret.
        if ["client_secret", "client_secret_expires_at"]
            .iter()
            .any(|name| members.contains_key(*name))
        {
            return Err(RegistrationError::InvalidClientMetadata);
        }
        let mut requested = RequestedMetadata::from_members(members)?;
        if requested.client_name.is_none() {
            return Err(RegistrationError::ClientName);
        }
        // Without a secret there is nothing else to default to.
        requested
            .token_endpoint_auth_method
            .get_or_insert_with(|| AuthMethod::None.name().to_owned());
        let metadata = ClientMetadata::check(&requested)?;
        match metadata.auth_method {
            AuthMethod::None | AuthMethod::PrivateKeyJwt => Ok(metadata),
            AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => Err(RegistrationError::AuthMethod),
        }
    }
}

/// How long a document is kept, by the lifetime that its answer gave.
pub fn cache_seconds(max_age_s: Option<u64>) -> u64 {
    max_age_s.unwrap_or(CACHE_MIN_S).clamp(CACHE_MIN_S, CACHE_MAX_S)
}

#[cfg(test)]
mod tests;
