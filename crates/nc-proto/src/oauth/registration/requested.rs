//! Client metadata as it stands on the wire: nothing checked but the types of its members.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::oauth::error::RegistrationError;

/// Client metadata (RFC 7591 §2, `OpenID` Connect Registration §2). Unknown members are ignored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RequestedMetadata {
    /// Where answers may be sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// How it authenticates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// What it may ask the token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    /// What it may ask the authorization endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    /// `native` or `web`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    /// Scopes it may ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// How its ID tokens are signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// Its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where its keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Vec<String>>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Where it wants to be told that a session ended (`OpenID` Connect Back-Channel Logout §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it has to be told which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_session_required: Option<bool>,
    /// `jwt` or `opaque`; an extension of Nextcloud's `oidc` app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// The resource it would like its tokens for; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_url: Option<String>,
    /// Signed metadata, which is not offered here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_statement: Option<Value>,
}

impl RequestedMetadata {
    /// Takes it from a document. `null` counts as absent (RFC 7592 §2.2).
    pub(in crate::oauth) fn from_members(mut members: Map<String, Value>) -> Result<Self, RegistrationError> {
        members.retain(|_, value| !value.is_null());
        serde_json::from_value(Value::Object(members)).map_err(|_| RegistrationError::InvalidClientMetadata)
    }
}
