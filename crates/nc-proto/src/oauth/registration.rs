//! Clients that register themselves (RFC 7591) and manage that (RFC 7592): metadata, read strictly and echoed.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{error::RegistrationError, jose::strict_json};

pub use effective::{AllowedGrant, ClientMetadata, Keys, TokenFormat, check_name, check_notice_uri};
pub use requested::RequestedMetadata;

mod effective;
mod requested;

/// The largest registration.
pub const MAX_BYTES: usize = 32 * 1024;

/// Members of an answer that only the server sets; a replacement must not hold them (RFC 7592 §2.2).
const SERVER_OWNED: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

/// A request to replace a client's metadata as a whole.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The new metadata.
    pub metadata: RequestedMetadata,
    /// The client's secret, if it sent one; then it must be the right one.
    pub client_secret: Option<SecretString>,
}

impl RequestedMetadata {
    /// Reads the body of a registration.
    pub fn read(json: &[u8]) -> Result<Self, RegistrationError> {
        Self::from_members(read_object(json)?)
    }
}

impl Replacement {
    /// Reads the body of a replacement for this client.
    pub fn read(json: &[u8], client_id: &str) -> Result<Self, RegistrationError> {
        let mut members = read_object(json)?;
        if SERVER_OWNED.iter().any(|name| members.contains_key(*name)) {
            return Err(RegistrationError::ServerOwned);
        }
        if members.get("client_id").and_then(Value::as_str) != Some(client_id) {
            return Err(RegistrationError::ServerOwned);
        }
        let client_secret = match members.remove("client_secret") {
            None | Some(Value::Null) => None,
            Some(Value::String(secret)) => Some(secret.into()),
            Some(_) => return Err(RegistrationError::InvalidClientMetadata),
        };
        let metadata = RequestedMetadata::from_members(members)?;
        Ok(Self {
            metadata,
            client_secret,
        })
    }
}

fn read_object(json: &[u8]) -> Result<Map<String, Value>, RegistrationError> {
    if json.len() > MAX_BYTES {
        return Err(RegistrationError::InvalidClientMetadata);
    }
    strict_json::object(json).map_err(|_| RegistrationError::InvalidClientMetadata)
}

/// The answer to a registration, and to reading and replacing it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientInformation {
    /// The client's name.
    pub client_id: String,
    /// Its secret; shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// When the name was given, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id_issued_at: Option<i64>,
    /// When the secret ends; 0 means never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    /// For managing the registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_access_token: Option<String>,
    /// Where to manage it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_client_uri: Option<String>,
    /// All values that now hold.
    #[serde(flatten)]
    pub metadata: RequestedMetadata,
}

impl fmt::Debug for ClientInformation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientInformation")
            .field("client_id", &self.client_id)
            .field("client_secret_expires_at", &self.client_secret_expires_at)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
