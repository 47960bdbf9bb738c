//! Registering this server as a client of the issuer (RFC 7591).

use nc_auth::fetch::{Body, GuardedFetch, Posted};
use nc_proto::oauth::registration::ClientInformation;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{
    CALLBACK, Discovered, StartError, StoredClient,
    client::{error_code, ways},
    is_protected,
};

const MAX_BYTES: usize = 64 * 1024;

/// What this server registers as.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its public address, without a slash at the end.
    pub url: String,
    /// What its tokens are for.
    pub resource: String,
    /// Scopes that it may ask for.
    pub scopes: String,
    /// `jwt` or `bearer`.
    pub token_type: String,
    /// What an administrator of the issuer gave for it.
    pub initial_access_token: Option<SecretString>,
}

impl Registration {
    /// Registers. The members that only Nextcloud's `oidc` app knows are left out when they are refused.
    pub async fn register(&self, fetch: &GuardedFetch, issuer: &Discovered) -> Result<StoredClient, StartError> {
        let at = issuer.registration.as_ref().ok_or(StartError::NoRegistration)?;
        let mut body = self.body(issuer);
        body["token_type"] = json!(self.token_type);
        body["resource_url"] = json!(self.resource);
        let mut posted = self.send(fetch, at, &body).await?;
        if posted.status == 400 && error_code(&posted).as_deref() == Some("invalid_client_metadata") {
            posted = self.send(fetch, at, &self.body(issuer)).await?;
        }
        if !matches!(posted.status, 200 | 201) {
            return Err(StartError::RegistrationRefused(posted.status));
        }
        let information: ClientInformation =
            serde_json::from_slice(&posted.body).map_err(|_| StartError::RegistrationAnswer)?;
        Ok(StoredClient {
            client_id: information.client_id,
            client_secret: information.client_secret.ok_or(StartError::RegistrationAnswer)?.into(),
            client_id_issued_at: information.client_id_issued_at.unwrap_or_default(),
            client_secret_expires_at: information.client_secret_expires_at.unwrap_or_default(),
            redirect_uris: information.metadata.redirect_uris,
            registration_access_token: information.registration_access_token.map(Into::into),
            registration_client_uri: information.registration_client_uri,
            issuer: issuer.issuer.clone(),
        })
    }

    /// Where answers come to.
    pub(super) fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.url)
    }

    fn body(&self, issuer: &Discovered) -> Value {
        let is_here = Url::parse(&self.url).is_ok_and(|url| url.scheme() == "http" && is_protected(&url));
        let way = ways(&issuer.auth_methods);
        json!({
            "client_name": "Nextcloud MCP server",
            "redirect_uris": [self.redirect_uri()],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": way.first().map(|way| way.name()),
            "scope": self.scopes,
            "application_type": if is_here { "native" } else { "web" },
        })
    }

    async fn send(&self, fetch: &GuardedFetch, at: &Url, body: &Value) -> Result<Posted, StartError> {
        let token = self.initial_access_token.as_ref();
        let header = token.map(|token| SecretString::from(format!("Bearer {}", token.expose_secret())));
        let header = header.as_ref().map(ExposeSecret::expose_secret);
        let text = body.to_string();
        fetch
            .post(at, Body::Json(&text), header, MAX_BYTES)
            .await
            .map_err(StartError::Unregistered)
    }
}
