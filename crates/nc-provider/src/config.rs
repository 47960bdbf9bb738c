use std::time::Duration;

use nc_proto::oauth::jose::Algorithm;

/// Which of the two servers this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The `oidc` app of the embedded cloud.
    Cloud,
    /// The authorization server of the MCP server.
    McpServer,
}

/// What the provider answers at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Authorization requests.
    Authorize,
    /// The sign-in pages.
    SignIn,
    /// The consent page.
    Consent,
    /// Tokens.
    Token,
    /// Who a token's user is.
    UserInfo,
    /// Public keys.
    Jwks,
    /// What a token is worth.
    Introspect,
    /// Giving up a token.
    Revoke,
    /// Pushed authorization requests.
    Par,
    /// Registration, and below it its management.
    Register,
    /// Signing out.
    Logout,
    /// The user's own consents.
    Consents,
    /// The page of the user's connected applications.
    ConnectedApps,
}

impl Role {
    /// Under which prefixes every endpoint is served; the first one is advertised.
    pub const fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Cloud => &["/apps/oidc", "/index.php/apps/oidc"],
            Self::McpServer => &["/oauth"],
        }
    }

    /// The path of an endpoint below the prefix.
    pub const fn path(self, endpoint: Endpoint) -> &'static str {
        match endpoint {
            Endpoint::Authorize => "/authorize",
            Endpoint::SignIn => "/signin",
            Endpoint::Consent => "/consent",
            Endpoint::Token => "/token",
            Endpoint::UserInfo => "/userinfo",
            Endpoint::Jwks => "/jwks",
            Endpoint::Introspect => "/introspect",
            Endpoint::Revoke => "/revoke",
            Endpoint::Par => "/par",
            Endpoint::Register => "/register",
            Endpoint::Logout => match self {
                Self::Cloud => "/logout",
                Self::McpServer => "/end-session",
            },
            Endpoint::Consents => "/api/consents",
            Endpoint::ConnectedApps => "/connected",
        }
    }
}

/// Who may register clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrationMode {
    /// Nobody but administrators.
    Off,
    /// Who has an initial access token (RFC 7591 §3).
    InitialAccessToken,
    /// Everybody, within the quotas.
    Open,
}

/// How long things last.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Authorization codes.
    pub code: Duration,
    /// An authorization request that waits for its user.
    pub request: Duration,
    /// A pushed request.
    pub pushed: Duration,
    /// ID tokens.
    pub id_token: Duration,
    /// Refresh tokens of confidential clients, since their last use.
    pub refresh_idle: Duration,
    /// Refresh tokens of public clients, since their last use.
    pub refresh_idle_public: Duration,
    /// Refresh tokens, since the first of their family.
    pub refresh_absolute: Duration,
    /// How long a spent refresh token may be replayed by its own client, for answers that got lost.
    pub refresh_grace: Duration,
    /// Consents.
    pub consent: Duration,
    /// Browser sessions.
    pub session: Duration,
    /// A client that registered itself and never got a token.
    pub unused_client: Duration,
    /// Such a client since its last token.
    pub used_client: Duration,
    /// Access tokens that come from an exchange, at most.
    pub exchanged: Duration,
    /// The pause before a client that did not answer is told again that a session ended; each further one is five times as
    /// long.
    pub notice_pause: Duration,
}

impl Lifetimes {
    /// The longest grace for spent refresh tokens.
    pub const REFRESH_GRACE_MAX: Duration = Duration::from_mins(1);
}

const DAY_S: u64 = 24 * 60 * 60;

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            code: Duration::from_mins(1),
            request: Duration::from_mins(15),
            pushed: Duration::from_mins(1),
            id_token: Duration::from_mins(5),
            refresh_idle: Duration::from_secs(30 * DAY_S),
            refresh_idle_public: Duration::from_secs(14 * DAY_S),
            refresh_absolute: Duration::from_secs(180 * DAY_S),
            refresh_grace: Duration::from_secs(10),
            consent: Duration::from_secs(90 * DAY_S),
            session: Duration::from_hours(8),
            unused_client: Duration::from_secs(DAY_S),
            used_client: Duration::from_secs(90 * DAY_S),
            exchanged: Duration::from_mins(5),
            notice_pause: Duration::from_secs(2),
        }
    }
}

/// What holds for as long as the process runs. What an administrator changes while it runs is in
/// [`crate::Settings`].
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Which server this is.
    pub role: Role,
    /// The issuer, to the byte, without a trailing slash; also the base of every advertised URL. Never taken from a
    /// request.
    pub issuer: String,
    /// What the server is called on its pages.
    pub name: String,
    /// Names the cloud in which the accounts are, for subject identifiers; changing it changes every `sub`.
    pub account_base: String,
    /// Scopes that discovery tells; every client may be allowed them.
    pub public_scopes: Vec<String>,
    /// Resources that are always there, beside those that an administrator adds: their URIs with the scopes that they
    /// define.
    pub resources: Vec<(String, Vec<String>)>,
    /// Which clients may be known by a metadata document: hosts, `.example.org` for all below one, either of them after `!`
    /// to refuse it. Empty for all public ones.
    pub document_hosts: Vec<String>,
    /// Which clients there may be, however they come to be known: client ids, and hosts, or `.example.org` for all below
    /// one, of clients whose metadata document is there, or who registered themselves and lead nowhere but there. Empty for
    /// all.
    pub allowed_clients: Vec<String>,
    /// Default of the registration mode, where no administrator set another.
    pub registration: RegistrationMode,
    /// Whether refresh tokens are also given to clients that registered that grant but did not ask for
    /// `offline_access`.
    pub refresh_by_registration: bool,
    /// Whether the scopes that a client registers itself with are only what it gets when it asks for none. MCP clients
    /// register with the scopes of the first challenge and ask for more when a tool needs more; a bound that they draw
    /// themselves protects nobody, since they may register anew.
    pub registered_scopes_are_a_default: bool,
    /// Most clients that registered themselves; more evict the oldest unused one.
    pub max_dynamic_clients: u64,
    /// Other pages about the own account, to which the page of connected apps leads: what they are called, and their paths.
    pub account_pages: Vec<(String, String)>,
    /// How access tokens are signed where neither client nor resource says.
    pub algorithm: Algorithm,
    /// Lifetimes.
    pub lifetimes: Lifetimes,
}

impl ProviderConfig {
    /// The advertised URL of an endpoint.
    pub fn url(&self, endpoint: Endpoint) -> String {
        let prefix = self.role.prefixes().first().copied().unwrap_or_default();
        format!("{}{prefix}{}", self.issuer, self.role.path(endpoint))
    }

    /// Whether browsers reach it encrypted, so cookies may be `Secure`.
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }

    /// Host and port of the issuer, for comparing with `Origin`.
    pub fn authority(&self) -> &str {
        let rest = self.issuer.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }
}
