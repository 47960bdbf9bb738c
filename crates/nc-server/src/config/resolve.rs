//! From text to checked values: after this stage nothing can be wrong with a setting by itself.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use nc_cloud::{SealingKey, StockCors};
use nc_proto::{oauth::allowed_client::AllowedClient, public_url::Hosts};
use nc_provider::RegistrationMode;
use regex::Regex;
use secrecy::SecretString;
use url::Url;

use super::{
    database::{self, Database},
    document_hosts,
    documents::{self, DocumentSettings},
    external_issuers::ExternalIssuersConfig,
    federation::{self, FederationSettings},
    issuer::{self, IssuerSettings},
    layers::{ConfigError, Layers},
    setting::{parse_bool, parse_url},
};

/// Shortest static token that is accepted; anything shorter can be guessed.
const MIN_TOKEN_LENGTH: usize = 16;

/// Who signs in where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One account, from the settings.
    SingleUser,
    /// Each request brings its own app password.
    Basic,
    /// Each request brings a token of this server's authorization server, at which people sign in with their Nextcloud.
    OwnIssuer,
    /// Each request brings a token of an issuer elsewhere.
    ExternalIssuer,
}

/// The one account of single-user mode.
#[derive(Debug, Clone)]
pub struct Account {
    /// Login name.
    pub login: String,
    /// App password.
    pub password: SecretString,
}

/// How the Nextcloud is reached.
#[derive(Debug, Clone)]
pub struct CloudSettings {
    /// Its address, without a trailing slash or `index.php`.
    pub url: Option<Url>,
    /// Its address for browsers.
    pub public_url: Option<Url>,
    /// Tags that hide files.
    pub excluded_tags: Vec<String>,
    /// The configured account.
    pub account: Option<Account>,
    /// Whether its certificate is checked.
    pub verify_tls: bool,
    /// Further certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// Whether connections are kept.
    pub keepalive: bool,
    /// Longest wait for an answer.
    pub timeout: Duration,
}

/// How this server listens.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address to listen on.
    pub host: String,
    /// Port; 0 for a free one.
    pub port: u16,
    /// Path of the endpoint.
    pub path: String,
    /// Address for clients.
    pub public_url: Option<Url>,
    /// Static bearer token of single-user mode.
    pub token: Option<SecretString>,
    /// Whether Host and Origin are checked.
    pub check_host: bool,
    /// Further hosts.
    pub allowed_hosts: Vec<String>,
    /// Further origins.
    pub allowed_origins: Vec<String>,
    /// Proxies whose forwarded headers count.
    pub trusted_proxies: Vec<String>,
    /// Longest request body.
    pub max_body_bytes: usize,
    /// Most sessions.
    pub max_sessions: usize,
}

/// Which tools are offered.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct ToolSettings {
    /// App families; `None` for all.
    pub apps: Option<Vec<String>>,
    /// Only tools that change nothing.
    pub read_only: bool,
    /// Whether tools of missing apps are hidden.
    pub hide_missing_apps: bool,
    /// Whether lists show also what the caller's scopes do not allow.
    pub list_all: bool,
    /// Largest content of one write; `None` for no limit.
    pub write_max_bytes: Option<u64>,
    /// Which hosts recipes may come from.
    pub recipe_hosts: Hosts,
    /// Whether tools can make links, and shares with mail addresses and other servers.
    pub share_outside: bool,
}

/// What holds for the embedded cloud.
#[derive(Clone)]
pub struct EmbeddedSettings {
    /// Keys that seal; empty for the one in the data folder.
    pub sealing_keys: Vec<SealingKey>,
    /// Who may register clients.
    pub registration: RegistrationMode,
    /// Whether clients may be known by their metadata document.
    pub client_documents: bool,
    /// Hosts of such documents, as [`nc_provider::ProviderConfig::document_hosts`] has them.
    pub client_document_hosts: Vec<String>,
    /// Whether its interfaces take its own tokens.
    pub believe_own_tokens: bool,
    /// Issuers whose tokens they take beside those.
    pub external_issuers: ExternalIssuersConfig,
    /// Values of `acr` with which a token administers.
    pub admin_acr: Vec<String>,
    /// Programs that may use Login Flow v2; empty for all.
    pub login_flow_user_agents: Vec<Regex>,
    /// Which tokens are refused as a stock Nextcloud refuses them.
    pub stock_cors: StockCors,
    /// How long a spent refresh token may be used once more.
    pub refresh_grace: Duration,
    /// How long deleted files stay in the trash.
    pub trash_kept: Duration,
    /// Shares with other servers.
    pub federation: FederationSettings,
}

impl fmt::Debug for EmbeddedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedSettings")
            .field("sealing_keys", &self.sealing_keys.len())
            .field("registration", &self.registration)
            .field("client_documents", &self.client_documents)
            .field("client_document_hosts", &self.client_document_hosts)
            .field("believe_own_tokens", &self.believe_own_tokens)
            .field("external_issuers", &self.external_issuers)
            .field("admin_acr", &self.admin_acr)
            .field("login_flow_user_agents", &self.login_flow_user_agents)
            .field("stock_cors", &self.stock_cors)
            .field("refresh_grace", &self.refresh_grace)
            .field("trash_kept", &self.trash_kept)
            .field("federation", &self.federation)
            .finish()
    }
}

/// What holds for the authorization server.
#[derive(Clone)]
pub struct OAuthSettings {
    /// Folder of its database, its key and its client.
    pub data: PathBuf,
    /// Which database.
    pub database: Database,
    /// Keys that seal; empty for the one in the folder.
    pub sealing_keys: Vec<SealingKey>,
    /// Who may register clients.
    pub registration: RegistrationMode,
    /// Clients that may be used; empty for all.
    pub allowed_clients: Vec<String>,
    /// Whether clients may be known by a metadata document of theirs.
    pub client_documents: bool,
    /// How long a spent refresh token may be used once more.
    pub refresh_grace: Duration,
    /// Hosts of such documents, as [`nc_provider::ProviderConfig::document_hosts`] has them.
    pub client_document_hosts: Vec<String>,
    /// Whether clients are told to ask for everything at once, not for reading only.
    pub advertises_all: bool,
}

impl fmt::Debug for OAuthSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthSettings")
            .field("data", &self.data)
            .field("database", &self.database)
            .field("sealing_keys", &self.sealing_keys.len())
            .field("registration", &self.registration)
            .field("allowed_clients", &self.allowed_clients)
            .field("client_documents", &self.client_documents)
            .field("refresh_grace", &self.refresh_grace)
            .field("client_document_hosts", &self.client_document_hosts)
            .field("advertises_all", &self.advertises_all)
            .finish()
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Everything, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The Nextcloud.
    pub cloud: CloudSettings,
    /// This server.
    pub server: ServerSettings,
    /// The mode that was asked for, or that follows from the account.
    pub mode: Option<Mode>,
    /// The tools.
    pub tools: ToolSettings,
    /// Documents.
    pub documents: DocumentSettings,
    /// The authorization server.
    pub oauth: OAuthSettings,
    /// The issuer elsewhere.
    pub issuer: IssuerSettings,
    /// Most calls of tools a minute: of one person through one client, and of everybody; 0 for no limit.
    pub calls_per_minute: (u32, u32),
    /// Whether calls of tools are written to the audit log, where there is one.
    pub audit_calls: bool,
    /// The embedded cloud.
    pub embedded: EmbeddedSettings,
    /// Level for `tracing`.
    pub log_level: String,
    /// Format of the log.
    pub log_format: LogFormat,
    /// Port of the metrics listener; `None` when metrics are off.
    pub metrics_port: Option<u16>,
    /// How often readiness is refreshed.
    pub health_refresh: Duration,
    /// What the operator should know.
    pub notices: Vec<String>,
}

impl Config {
    /// Checks and types the values.
    ///
    /// # Errors
    /// [`ConfigError`] when settings do not fit together.
    pub fn resolve(layers: &Layers) -> Result<Self, ConfigError> {
        let reader = Reader(layers);
        let account = account(layers)?;
        let mode = mode(layers, account.is_some())?;
        let mut notices = layers.notices.clone();
        let needless = match mode {
            Some(Mode::Basic) => Some("mode `basic` takes each user's own app password from the request"),
            Some(Mode::OwnIssuer | Mode::ExternalIssuer) => {
                Some("in mode `oauth` each person signs in at the Nextcloud")
            }
            _ => None,
        };
        if let Some(why) = needless.filter(|_| account.is_some()) {
            return Err(conflict(&format!(
                "{why}; unset NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD"
            )));
        }
        let token = layers
            .given("server.token")
            .map(|token| SecretString::from(token.to_owned()));
        if layers
            .given("server.token")
            .is_some_and(|token| token.chars().count() < MIN_TOKEN_LENGTH)
        {
            return Err(conflict("server.token must have at least 16 characters"));
        }
        let verify_tls = reader.bool("cloud.verify_tls");
        if !verify_tls {
            notices.push(
                "certificate checks towards the Nextcloud are OFF: anybody on the way can read and change everything"
                    .to_owned(),
            );
        }
        if mode == Some(Mode::ExternalIssuer) {
            notices.extend(issuer::notices(&reader, verify_tls));
        }
        let check_host = reader.bool("server.check_host");
        if !check_host {
            notices.push(
                "Host and Origin checks are OFF: any web page that a user opens can reach this server".to_owned(),
            );
        }
        let origins = reader.list("server.allowed_origins");
        let (stars, allowed_origins): (Vec<_>, Vec<_>) = origins.into_iter().partition(|origin| origin == "*");
        if !stars.is_empty() {
            notices.push("the origin `*` is not accepted; name the origins".to_owned());
        }
        for origin in &allowed_origins {
            check_origin(origin)?;
        }
        let ca_file = layers.given("cloud.ca_file").map(PathBuf::from);
        if let Some(path) = &ca_file
            && !path.is_file()
        {
            return Err(conflict(&format!("cloud.ca_file: {} is not a file", path.display())));
        }
        let path = reader.text("server.path");
        if !path.starts_with('/') || path.contains(['?', '#', '{', '}', '*']) || path.chars().any(char::is_whitespace) {
            return Err(conflict(
                "server.path must start with `/` and be a plain path, such as /mcp",
            ));
        }
        Ok(Self {
            cloud: CloudSettings {
                url: reader.url("cloud.url"),
                public_url: reader.url("cloud.public_url").or_else(|| reader.url("issuer.url")),
                excluded_tags: reader.list("tools.excluded_tags"),
                account,
                verify_tls,
                ca_file,
                keepalive: reader.bool("cloud.keepalive"),
                timeout: reader.seconds("cloud.timeout_s"),
            },
            server: ServerSettings {
                host: reader.text("server.host"),
                port: reader.port("server.port"),
                path,
                public_url: reader.url("server.public_url"),
                token,
                check_host,
                allowed_hosts: reader.list("server.allowed_hosts"),
                allowed_origins,
                trusted_proxies: reader.list("server.trusted_proxies"),
                max_body_bytes: usize::try_from(reader.bytes("server.max_request_mb")).unwrap_or(usize::MAX),
                max_sessions: reader.text("server.max_sessions").parse().unwrap_or(usize::MAX),
            },
            mode,
            tools: ToolSettings {
                apps: Some(reader.list("tools.apps")).filter(|apps| !apps.is_empty()),
                read_only: reader.bool("tools.read_only"),
                hide_missing_apps: reader.bool("tools.hide_missing_apps"),
                list_all: reader.bool("tools.list_all"),
                share_outside: reader.bool("tools.share_outside"),
                write_max_bytes: Some(reader.bytes("tools.write_max_mb")).filter(|bytes| *bytes > 0),
                recipe_hosts: if reader.bool("tools.cookbook_allow_private_urls") {
                    Hosts::Any
                } else {
                    Hosts::Public
                },
            },
            documents: documents::settings(layers, &reader)?,
            oauth: oauth(layers, &reader)?,
            issuer: issuer::settings(layers, &reader)?,
            calls_per_minute: (
                reader.count("limits.calls_per_minute_per_client"),
                reader.count("limits.calls_per_minute"),
            ),
            audit_calls: reader.bool("audit.tool_calls"),
            embedded: embedded(layers, &reader)?,
            log_level: match reader.text("log.level").to_ascii_lowercase().as_str() {
                "critical" => "error".to_owned(),
                "warning" => "warn".to_owned(),
                level => level.to_owned(),
            },
            log_format: if reader.text("log.format").eq_ignore_ascii_case("json") {
                LogFormat::Json
            } else {
                LogFormat::Text
            },
            metrics_port: reader.bool("metrics.enabled").then(|| reader.port("metrics.port")),
            health_refresh: reader.seconds("health.refresh_s"),
            notices,
        })
    }
}

fn oauth(layers: &Layers, reader: &Reader<'_>) -> Result<OAuthSettings, ConfigError> {
    let sealing_keys = sealing_keys(layers, "oauth.sealing_key")?;
    Ok(OAuthSettings {
        data: PathBuf::from(reader.text("oauth.data")),
        database: database::read(layers, !sealing_keys.is_empty())?,
        sealing_keys,
        registration: registration(reader, "oauth.registration"),
        allowed_clients: allowed_clients(reader)?,
        client_documents: reader.bool("oauth.client_documents"),
        refresh_grace: reader.seconds("oauth.refresh_grace_s"),
        client_document_hosts: document_hosts::read(reader, "oauth.client_document_hosts")?,
        advertises_all: reader.text("oauth.advertised_scopes").eq_ignore_ascii_case("all"),
    })
}

/// The list as written, after a look at what stands behind each `|`.
fn allowed_clients(reader: &Reader<'_>) -> Result<Vec<String>, ConfigError> {
    let entries = reader.list("oauth.allowed_clients");
    for entry in &entries {
        AllowedClient::parse(entry).map_err(|error| {
            conflict(&format!(
                "oauth.allowed_clients (ALLOWED_MCP_CLIENTS): what stands behind `|` in `{entry}` is no redirect URI: {error}"
            ))
        })?;
    }
    Ok(entries)
}

fn sealing_keys(layers: &Layers, setting: &str) -> Result<Vec<SealingKey>, ConfigError> {
    let keys = layers.given(setting).unwrap_or_default();
    let keys = keys.split(',').map(str::trim).filter(|key| !key.is_empty());
    keys.map(nc_cloud::parse_sealing_key)
        .collect::<Result<_, _>>()
        .map_err(|_| {
            conflict(&format!(
                "{setting} must be 32 bytes as base64url, or several separated by commas"
            ))
        })
}

fn registration(reader: &Reader<'_>, setting: &'static str) -> RegistrationMode {
    match reader.text(setting).to_ascii_lowercase().as_str() {
        "open" => RegistrationMode::Open,
        "initial-access-token" => RegistrationMode::InitialAccessToken,
        _ => RegistrationMode::Off,
    }
}

fn embedded(layers: &Layers, reader: &Reader<'_>) -> Result<EmbeddedSettings, ConfigError> {
    let sealing_keys = sealing_keys(layers, "embedded.sealing_key")?;
    let patterns = reader.list("embedded.login_flow_user_agents");
    let login_flow_user_agents = patterns
        .iter()
        .map(|pattern| Regex::new(pattern))
        .collect::<Result<_, _>>()
        .map_err(|error| conflict(&format!("embedded.login_flow_user_agents: {error}")))?;
    let registration = registration(reader, "embedded.registration");
    let external_issuers = match layers.given("embedded.external_issuers") {
        Some(path) => ExternalIssuersConfig::read(Path::new(path))?,
        None => ExternalIssuersConfig::default(),
    };
    Ok(EmbeddedSettings {
        sealing_keys,
        registration,
        refresh_grace: reader.seconds("embedded.refresh_grace_s"),
        external_issuers,
        admin_acr: reader.list("embedded.admin_acr"),
        client_documents: reader.bool("embedded.client_documents"),
        client_document_hosts: document_hosts::read(reader, "embedded.client_document_hosts")?,
        believe_own_tokens: reader.bool("embedded.believe_own_tokens"),
        login_flow_user_agents,
        federation: federation::settings(layers, reader)?,
        trash_kept: Duration::from_secs(u64::from(reader.count("embedded.trash_days")) * 24 * 60 * 60),
        stock_cors: match reader.text("embedded.emulate_stock_cors").to_ascii_lowercase().as_str() {
            "header" => StockCors::Header,
            "always" => StockCors::Always,
            _ => StockCors::Off,
        },
    })
}

fn account(layers: &Layers) -> Result<Option<Account>, ConfigError> {
    match (layers.given("cloud.username"), layers.given("cloud.password")) {
        (Some(login), Some(password)) => Ok(Some(Account {
            login: login.to_owned(),
            password: SecretString::from(password.to_owned()),
        })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(conflict(
            "NEXTCLOUD_USERNAME is set, NEXTCLOUD_PASSWORD is not; set both (an app password is best)",
        )),
        (None, Some(_)) => Err(conflict(
            "NEXTCLOUD_PASSWORD is set, NEXTCLOUD_USERNAME is not; set both",
        )),
    }
}

fn mode(layers: &Layers, has_account: bool) -> Result<Option<Mode>, ConfigError> {
    match layers.given("server.mode").map(str::to_ascii_lowercase).as_deref() {
        None => Ok(has_account.then_some(Mode::SingleUser)),
        Some("single-user" | "single_user_basic") => Ok(Some(Mode::SingleUser)),
        Some("basic" | "multi_user_basic") => Ok(Some(Mode::Basic)),
        Some("oauth") if issuer::is_elsewhere(layers) => Ok(Some(Mode::ExternalIssuer)),
        Some("oauth" | "login_flow") => Ok(Some(Mode::OwnIssuer)),
        Some(other) => Err(conflict(&format!(
            "there is no mode `{other}`; use `single-user`, `basic` or `oauth`"
        ))),
    }
}

/// The SDK takes `scheme://host:port`; an entry without a port would match every port.
fn check_origin(origin: &str) -> Result<(), ConfigError> {
    let bare = origin.strip_suffix(":*").unwrap_or(origin);
    let fits = parse_url(bare).is_some_and(|url| url.path() == "/" && !bare.ends_with('/') && url.query().is_none());
    if fits {
        Ok(())
    } else {
        Err(conflict(&format!(
            "`{origin}` is not an origin; write it as https://app.example.org"
        )))
    }
}

pub(super) fn conflict(text: &str) -> ConfigError {
    ConfigError::Conflict(text.to_owned())
}

/// Reads values that [`Layers`] has checked. The defaults pass the same checks.
pub(super) struct Reader<'a>(&'a Layers);

impl Reader<'_> {
    pub(super) fn text(&self, key: &str) -> String {
        self.0
            .get(key)
            .map(|(text, _)| text.trim().to_owned())
            .unwrap_or_default()
    }

    pub(super) fn bool(&self, key: &str) -> bool {
        parse_bool(&self.text(key)).unwrap_or_default()
    }

    pub(super) fn count(&self, key: &str) -> u32 {
        self.text(key).trim().parse().unwrap_or_default()
    }

    fn port(&self, key: &str) -> u16 {
        self.text(key).parse().unwrap_or_default()
    }

    pub(super) fn seconds(&self, key: &str) -> Duration {
        Duration::try_from_secs_f64(self.text(key).parse().unwrap_or_default()).unwrap_or_default()
    }

    pub(super) fn bytes(&self, key: &str) -> u64 {
        let megabytes: f64 = self.text(key).parse().unwrap_or_default();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be between 0 and 1e9"
        )]
        let bytes = (megabytes * 1_048_576.0) as u64;
        bytes
    }

    pub(super) fn url(&self, key: &str) -> Option<Url> {
        parse_url(&self.text(key))
    }

    pub(super) fn list(&self, key: &str) -> Vec<String> {
        self.text(key)
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use nc_provider::Lifetimes;

    use super::*;
    use crate::config::Environment;

    fn resolve(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let environment: Environment = pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let layers = Layers::read(None, &environment, &[]).map_err(|error| error.to_string())?;
        Config::resolve(&layers).map_err(|error| error.to_string())
    }

    const ACCOUNT: [(&str, &str); 3] = [
        ("NEXTCLOUD_HOST", "https://c.example/sub"),
        ("NEXTCLOUD_USERNAME", "alice"),
        ("NEXTCLOUD_PASSWORD", "pw"),
    ];

    #[test]
    fn three_variables_are_enough() {
        let config = resolve(&ACCOUNT).expect("config");
        assert_eq!(config.mode, Some(Mode::SingleUser));
        assert_eq!(
            config.cloud.url.map(|url| url.to_string()).as_deref(),
            Some("https://c.example/sub")
        );
        assert_eq!(config.server.path, "/mcp");
        assert_eq!(config.tools.write_max_bytes, Some(50 * 1024 * 1024));
    }

    #[test]
    fn the_grace_of_refresh_tokens_is_at_most_a_minute() {
        for (variable, setting) in [
            ("MCP_REFRESH_GRACE", "oauth.refresh_grace_s"),
            ("EMBEDDED_CLOUD_REFRESH_GRACE", "embedded.refresh_grace_s"),
        ] {
            let grace = |config: &Config| match setting {
                "oauth.refresh_grace_s" => config.oauth.refresh_grace,
                _ => config.embedded.refresh_grace,
            };
            assert_eq!(grace(&resolve(&[]).expect("config")), Duration::from_secs(10));
            for seconds in [0, 60] {
                let config = resolve(&[(variable, &seconds.to_string())]).expect("config");
                assert_eq!(grace(&config), Duration::from_secs(seconds));
            }
            assert_eq!(Lifetimes::REFRESH_GRACE_MAX, Duration::from_mins(1));
            for wrong in ["61", "-1", "1.5", "ten"] {
                let error = resolve(&[(variable, wrong)]).expect_err("refused");
                assert!(error.starts_with(setting) && error.contains("0 to 60"), "{error}");
            }
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let config = resolve(&ACCOUNT).expect("config");
        assert!(!format!("{config:?}").contains("pw\""), "{config:?}");
    }

    #[test]
    fn settings_that_do_not_fit_are_refused() {
        let with = |extra: &[(&str, &str)]| resolve(&[&ACCOUNT[..], extra].concat()).expect_err("refused");
        insta::assert_snapshot!(with(&[("MCP_DEPLOYMENT_MODE", "multi_user_basic")]), @"mode `basic` takes each user's own app password from the request; unset NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD");
        insta::assert_snapshot!(with(&[("NEXTCLOUD_MCP_TOKEN", "short")]), @"server.token must have at least 16 characters");
        insta::assert_snapshot!(with(&[("MCP_ALLOWED_ORIGINS", "app.example.org")]), @"`app.example.org` is not an origin; write it as https://app.example.org");
        insta::assert_snapshot!(with(&[("MCP_DEPLOYMENT_MODE", "login_flow")]), @"in mode `oauth` each person signs in at the Nextcloud; unset NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD");
        insta::assert_snapshot!(resolve(&ACCOUNT[..2]).expect_err("refused"), @"NEXTCLOUD_USERNAME is set, NEXTCLOUD_PASSWORD is not; set both (an app password is best)");
    }

    #[test]
    fn weakened_checks_are_announced() {
        let config = resolve(&[
            ("NEXTCLOUD_VERIFY_SSL", "False"),
            ("MCP_DNS_REBINDING_PROTECTION", "off"),
        ])
        .expect("config");
        assert_eq!(config.notices.len(), 2, "{:?}", config.notices);
    }
}
