//! The issuer whose tokens are taken, where it is not this server.

use std::{fmt, time::Duration};

use nc_proto::oauth::scope_list::ScopeList;
use secrecy::SecretString;
use url::Url;

use super::{
    layers::{ConfigError, Layers},
    resolve::{Reader, conflict},
};

/// Without certificate checks, whoever is on the way could put keys in the place of the issuer's, and be anybody.
pub(crate) const UNVERIFIED: &str = "NEXTCLOUD_VERIFY_SSL=false does not hold for the issuer, whose keys decide who is who; name the authority of its certificate in NEXTCLOUD_CA_BUNDLE if the system does not know it";

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

/// How the Nextcloud is reached for a person whose token is of an issuer elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudAccessKind {
    /// The issuer exchanges the client's token for one for the Nextcloud (RFC 8693).
    TokenExchange,
    /// With tokens from a refresh token that the person gave.
    RefreshToken,
    /// With an app password that the person gave.
    AppPassword,
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
    /// Whether an app password that is kept comes before an exchanged token.
    pub prefer_app_password: bool,
    /// Whether people only sign in there, and clients get tokens of this server.
    pub proxy: bool,
    /// How the Nextcloud is reached; `None` for what the issuer offers.
    pub cloud_access: Option<CloudAccessKind>,
    /// Prefix of scopes.
    pub scope_prefix: Option<String>,
    /// Whether signed tokens of the type `JWT` are taken.
    pub accept_typ_jwt: bool,
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
        prefer_app_password: reader.bool("issuer.prefer_app_password"),
        proxy: reader.bool("issuer.proxy"),
        cloud_access: match reader.text("issuer.cloud_access").to_ascii_lowercase().as_str() {
            "token_exchange" => Some(CloudAccessKind::TokenExchange),
            "refresh_token" => Some(CloudAccessKind::RefreshToken),
            "app_password" => Some(CloudAccessKind::AppPassword),
            _ => None,
        },
        scope_prefix: text("issuer.scope_prefix"),
        accept_typ_jwt: reader.bool("issuer.accept_typ_jwt"),
        patience: reader.seconds("issuer.patience_s"),
    })
}

/// What an operator should know about settings that mean less with an issuer elsewhere.
pub(super) fn notices(reader: &Reader<'_>, verify_tls: bool) -> Vec<String> {
    let mut notices = Vec::new();
    if !verify_tls {
        notices.push(UNVERIFIED.to_owned());
    }
    let entries = reader.list("oauth.allowed_clients");
    if entries.iter().any(|entry| entry.contains('|')) {
        notices.push(
            "redirect URIs in ALLOWED_MCP_CLIENTS are looked at where clients ask this server, at /oauth/authorize; about those that ask the issuer itself, the issuer decides"
                .to_owned(),
        );
    }
    notices
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Environment, Layers, Mode};

    fn resolve(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let environment: Environment = pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let layers = Layers::read(None, &environment, &[]).map_err(|error| error.to_string())?;
        Config::resolve(&layers).map_err(|error| error.to_string())
    }

    #[test]
    fn the_mode_oauth_is_for_another_issuer_when_one_is_named_and_login_flow_never_is() {
        let discovery = (
            "OIDC_DISCOVERY_URL",
            "https://sso.example/.well-known/openid-configuration",
        );
        let client = [("MCP_SERVER_CLIENT_ID", "mcp"), ("MCP_SERVER_CLIENT_SECRET", "secret")];
        let mode = |pairs: &[(&str, &str)]| resolve(pairs).expect("settings").mode;
        let (oauth, login_flow) = (("MCP_DEPLOYMENT_MODE", "oauth"), ("MCP_DEPLOYMENT_MODE", "login_flow"));
        assert_eq!(mode(&[oauth]), Some(Mode::OwnIssuer));
        assert_eq!(mode(&[oauth, discovery]), Some(Mode::ExternalIssuer));
        assert_eq!(mode(&[&[oauth], &client[..]].concat()), Some(Mode::ExternalIssuer));
        assert_eq!(mode(&[login_flow, discovery]), Some(Mode::OwnIssuer));
        assert_eq!(mode(&[discovery]), None);
    }

    #[test]
    fn half_a_client_is_refused_and_its_secret_is_not_printed() {
        for (name, value) in [
            ("NEXTCLOUD_OIDC_CLIENT_ID", "mcp"),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", "hush"),
        ] {
            let text = resolve(&[(name, value)]).expect_err("refused");
            assert!(text.contains("set both") && !text.contains("hush"), "{text}");
        }
        let both = [
            ("NEXTCLOUD_OIDC_CLIENT_ID", "mcp"),
            ("NEXTCLOUD_OIDC_CLIENT_SECRET", "hush"),
        ];
        let config = resolve(&both).expect("settings");
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn the_issuer_is_kept_to_the_letter_and_is_the_clouds_address_for_browsers() {
        let config = resolve(&[("NEXTCLOUD_PUBLIC_ISSUER_URL", "https://cloud.example")]).expect("settings");
        assert_eq!(config.issuer.url.as_deref(), Some("https://cloud.example"));
        assert_eq!(
            config.cloud.public_url.map(|url| url.to_string()).as_deref(),
            Some("https://cloud.example/")
        );
    }
}
