//! The issuer whose tokens are taken, where it is not this server.

use std::{fmt, time::Duration};

use nc_proto::oauth::scope_list::ScopeList;
use secrecy::SecretString;
use url::Url;

use super::{
    layers::{ConfigError, Layers},
    resolve::{Reader, conflict},
};

/// A client that somebody made at the issuer for this server.
#[derive(Clone)]
pub struct ExternalClient {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
}

impl fmt::Debug for ExternalClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ExternalClient({})", self.id)
    }
}

/// What holds for an issuer elsewhere.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// Its discovery document; `None` for the Nextcloud's.
    pub discovery_url: Option<Url>,
    /// The issuer, to the byte.
    pub url: Option<String>,
    /// This server's client there.
    pub client: Option<ExternalClient>,
    /// For registering.
    pub initial_access_token: Option<SecretString>,
    /// Scopes to register for.
    pub scopes: Option<String>,
    /// `jwt` or `bearer`.
    pub token_type: String,
    /// Audience of the Nextcloud's interfaces.
    pub cloud_resource: Option<String>,
    /// Prefix of scopes.
    pub scope_prefix: Option<String>,
    /// How long the start waits.
    pub patience: Duration,
}

/// Whether the settings name an issuer.
pub(super) fn is_elsewhere(layers: &Layers) -> bool {
    layers.given("issuer.discovery_url").is_some() || layers.given("issuer.client_id").is_some()
}

pub(super) fn settings(layers: &Layers, reader: &Reader<'_>) -> Result<IssuerSettings, ConfigError> {
    let text = |key| layers.given(key).map(|text| text.trim().to_owned());
    let secret = |key| layers.given(key).map(SecretString::from);
    let client = match (text("issuer.client_id"), secret("issuer.client_secret")) {
        (Some(id), Some(secret)) => Some(ExternalClient { id, secret }),
        (None, None) => None,
        (Some(_), None) => {
            return Err(conflict(
                "NEXTCLOUD_OIDC_CLIENT_ID is set, NEXTCLOUD_OIDC_CLIENT_SECRET is not; set both, or none to register",
            ));
        }
        (None, Some(_)) => {
            return Err(conflict(
                "NEXTCLOUD_OIDC_CLIENT_SECRET is set, NEXTCLOUD_OIDC_CLIENT_ID is not; set both, or none to register",
            ));
        }
    };
    let scopes = text("issuer.scopes");
    if let Some(Err(error)) = scopes.as_deref().map(ScopeList::parse) {
        return Err(conflict(&format!("issuer.scopes: {error}")));
    }
    Ok(IssuerSettings {
        discovery_url: reader.url("issuer.discovery_url"),
        url: text("issuer.url"),
        client,
        initial_access_token: secret("issuer.initial_access_token"),
        scopes,
        token_type: reader.text("issuer.token_type").to_ascii_lowercase(),
        cloud_resource: text("issuer.cloud_resource"),
        scope_prefix: text("issuer.scope_prefix"),
        patience: reader.seconds("issuer.patience_s"),
    })
}
