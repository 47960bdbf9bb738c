//! How callers come in, and what that brings along.

use nc_auth::{Scope, ScopeKind, ScopeSet};
use nc_client::Nextcloud;
use nc_mcp_kit::Backend as _;
use nc_proto::{clock::Clock, oauth::allowed_client::AllowedClient};
use url::Url;

use crate::{
    app,
    authorization_server::ClientOptions,
    config::{Config, ConfigError, Mode},
    external_issuer::{ExternalIssuer, ExternalIssuerOptions},
    own_issuer::{OwnIssuer, OwnIssuerOptions},
    tool_audit::ToolAudit,
};

/// How callers come in.
#[derive(Clone)]
pub enum Entrance {
    /// As the one configured account.
    SingleUser,
    /// With their own app password.
    Basic,
    /// With a token of this server.
    OwnIssuer(OwnIssuer),
    /// With a token of an issuer elsewhere.
    ExternalIssuer(ExternalIssuer),
}

impl Entrance {
    /// Opens what `mode` needs. `url` is the address that this server listens at.
    ///
    /// # Errors
    /// When settings do not fit together, or the authorization server's database or keys cannot be used.
    pub async fn open(
        config: &Config,
        mode: Mode,
        cloud: &Nextcloud,
        url: &str,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        app::check_exposure(config, mode)?;
        Ok(match mode {
            Mode::SingleUser => Self::SingleUser,
            Mode::Basic => Self::Basic,
            Mode::OwnIssuer => {
                let scopes = scopes(config, cloud, clock);
                let options = OwnIssuerOptions {
                    data: config.oauth.data.clone(),
                    database: config.oauth.database.clone(),
                    sealing_keys: config.oauth.sealing_keys.clone(),
                    public_url: public_url(config, url)?,
                    path: config.server.path.clone(),
                    clients: clients(config),
                    scopes,
                    advertised: advertised(config, scopes),
                    audit_calls: config.audit_calls,
                    clock: clock.clone(),
                };
                Self::OwnIssuer(OwnIssuer::open(cloud, &options).await?)
            }
            Mode::ExternalIssuer => {
                let scopes = scopes(config, cloud, clock);
                let issuer = config.issuer.clone();
                let options = ExternalIssuerOptions {
                    data: config.oauth.data.clone(),
                    database: config.oauth.database.clone(),
                    sealing_keys: config.oauth.sealing_keys.clone(),
                    public_url: public_url(config, url)?,
                    path: config.server.path.clone(),
                    discovery_url: issuer.discovery_url,
                    issuer: issuer.url,
                    client: issuer.client,
                    initial_access_token: issuer.initial_access_token,
                    token_type: issuer.token_type,
                    requested: issuer.scopes,
                    cloud_resource: issuer.cloud_resource,
                    prefer_app_password: issuer.prefer_app_password,
                    cloud_access: issuer.cloud_access,
                    proxy: issuer.proxy.then(|| clients(config)),
                    scope_prefix: issuer.scope_prefix,
                    accept_typ_jwt: issuer.accept_typ_jwt,
                    allowed_clients: allowed_clients(config),
                    patience: issuer.patience,
                    scopes,
                    advertised: advertised(config, scopes),
                    audit_calls: config.audit_calls,
                    clock: clock.clone(),
                };
                Self::ExternalIssuer(ExternalIssuer::open(cloud, &options).await?)
            }
        })
    }

    /// The mode that it is for.
    pub const fn mode(&self) -> Mode {
        match self {
            Self::SingleUser => Mode::SingleUser,
            Self::Basic => Mode::Basic,
            Self::OwnIssuer(_) => Mode::OwnIssuer,
            Self::ExternalIssuer(_) => Mode::ExternalIssuer,
        }
    }

    /// What writes calls of tools to the audit log, where there is one.
    pub fn calls(&self) -> Option<ToolAudit> {
        match self {
            Self::OwnIssuer(issuer) => issuer.calls().cloned(),
            Self::ExternalIssuer(issuer) => issuer.calls().cloned(),
            Self::SingleUser | Self::Basic => None,
        }
    }

    /// What has to be done while the server runs; to be dropped when it ends.
    pub async fn keep_up(self) {
        match self {
            Self::OwnIssuer(issuer) => issuer.keep_up().await,
            Self::ExternalIssuer(issuer) => issuer.keep_up().await,
            Self::SingleUser | Self::Basic => {}
        }
    }
}

/// What holds for clients of this server's own authorization server.
fn clients(config: &Config) -> ClientOptions {
    ClientOptions {
        registration: config.oauth.registration,
        allowed: config.oauth.allowed_clients.clone(),
        documents: config.oauth.client_documents,
        refresh_grace: config.oauth.refresh_grace,
        document_hosts: config.oauth.client_document_hosts.clone(),
    }
}

/// The clients that the operator lists.
fn allowed_clients(config: &Config) -> Vec<AllowedClient> {
    let entries = config.oauth.allowed_clients.iter();
    // What cannot be read was refused with the settings.
    entries.filter_map(|entry| AllowedClient::parse(entry).ok()).collect()
}

/// The address of this server that clients know.
pub(crate) fn public_url(config: &Config, url: &str) -> Result<Url, url::ParseError> {
    match &config.server.public_url {
        Some(public) => Ok(public.clone()),
        None => Url::parse(url),
    }
}

/// The scopes that clients are told to ask for first.
fn advertised(config: &Config, scopes: ScopeSet) -> ScopeSet {
    let only_reads = |scope: &Scope| !scope.as_str().ends_with(":write");
    if config.oauth.advertises_all {
        scopes
    } else {
        scopes.iter().filter(only_reads).collect()
    }
}

/// The scopes of the tools and resources that are offered: the one source of what can be asked for.
fn scopes(config: &Config, cloud: &Nextcloud, clock: &Clock) -> ScopeSet {
    let assistant = app::assistant(config, cloud.clone(), clock.clone());
    let resources = assistant.resources().iter().map(|spec| spec.scopes);
    let all = resources.fold(assistant.tools().scopes(), ScopeSet::union);
    all.iter()
        .filter(|scope: &Scope| scope.kind() != ScopeKind::Admin)
        .collect()
}

/// Whether an address keeps what is sent to it from others: TLS, or only this machine.
///
/// # Errors
/// [`ConfigError::Conflict`] that says what to set.
pub(crate) fn check_public_url(config: &Config) -> Result<(), ConfigError> {
    let listening_here = app::is_loopback(&config.server.host);
    match &config.server.public_url {
        Some(url) if url.scheme() == "https" || url.host_str().is_some_and(app::is_loopback) => Ok(()),
        None if listening_here => Ok(()),
        Some(url) => Err(ConfigError::Conflict(format!(
            "mode `oauth` needs an https address, and {url} is none: put a TLS proxy in front, or use http://localhost"
        ))),
        None => Err(ConfigError::Conflict(format!(
            "mode `oauth` on {} needs the address that clients use: set NEXTCLOUD_MCP_SERVER_URL=https://mcp.example.org",
            config.server.host
        ))),
    }
}
