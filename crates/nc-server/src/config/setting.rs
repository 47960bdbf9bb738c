//! The one table of settings: it feeds the file parser, the environment, `config show`, the schema and the docs.

mod federation;

use federation::FEDERATION;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these.
    Choice(&'static [&'static str]),
    /// An `http` or `https` address.
    Url,
    /// `true`, `false`, `1`, `0`, `yes`, `no`, `on`, `off`, in any case.
    Bool,
    /// A whole number between these, inclusive.
    Integer(u64, u64),
    /// Seconds; fractions are allowed.
    Seconds,
    /// Mebibytes; fractions are allowed; 0 means no limit where the text says so.
    Megabytes,
    /// A list: comma-separated in the environment, an array in the file.
    List,
    /// A secret; also from `NAME_FILE` or `key_file`. Never shown.
    Secret,
    /// A file or directory.
    Path,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Key in the file: `section.name`.
    pub key: &'static str,
    /// Names in the environment, the preferred one first. `NEXTCLOUD_MCP__SECTION__NAME` always works as well.
    pub env: &'static [&'static str],
    /// What values it takes.
    pub kind: Kind,
    /// Default as text; empty for none.
    pub default: &'static str,
    /// What it does, for people.
    pub doc: &'static str,
}

const fn setting(
    key: &'static str,
    env: &'static [&'static str],
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Setting {
    Setting {
        key,
        env,
        kind,
        default,
        doc,
    }
}

/// Every setting, in the order in which docs show them.
pub const SETTINGS: &[Setting] = &joined();

const fn joined() -> [Setting; GENERAL.len() + FEDERATION.len()] {
    let mut all = [GENERAL[0]; GENERAL.len() + FEDERATION.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < GENERAL.len() {
            GENERAL[at]
        } else {
            FEDERATION[at - GENERAL.len()]
        };
        at += 1;
    }
    all
}

const GENERAL: &[Setting] = &[
    setting(
        "cloud.url",
        &["NEXTCLOUD_HOST"],
        Kind::Url,
        "",
        "Address of the Nextcloud as this server reaches it, with its subpath if it has one. Required.",
    ),
    setting(
        "cloud.username",
        &["NEXTCLOUD_USERNAME"],
        Kind::Text,
        "",
        "Login name, in single-user mode only. Refused in the other modes.",
    ),
    setting(
        "cloud.password",
        &["NEXTCLOUD_PASSWORD"],
        Kind::Secret,
        "",
        "App password (Nextcloud: Settings, Security, Devices and sessions), in single-user mode only.",
    ),
    setting(
        "cloud.public_url",
        &["NEXTCLOUD_PUBLIC_URL"],
        Kind::Url,
        "",
        "Address of the Nextcloud as browsers reach it, for links in results. Default: `issuer.url`, else `cloud.url`.",
    ),
    setting(
        "cloud.verify_tls",
        &["NEXTCLOUD_VERIFY_SSL"],
        Kind::Bool,
        "true",
        "`false` switches certificate checks towards the Nextcloud off. Anybody on the way can then read everything.",
    ),
    setting(
        "cloud.ca_file",
        &["NEXTCLOUD_CA_BUNDLE"],
        Kind::Path,
        "",
        "PEM file of private certificate authorities, trusted beside the system's: for the Nextcloud, the issuer, and the servers that the \
         embedded cloud shares with.",
    ),
    setting(
        "cloud.keepalive",
        &["NEXTCLOUD_HTTP_KEEPALIVE"],
        Kind::Bool,
        "true",
        "`false` opens a new connection for each request to the Nextcloud.",
    ),
    setting(
        "cloud.timeout_s",
        &["NEXTCLOUD_TIMEOUT"],
        Kind::Seconds,
        "30",
        "Longest wait for an answer of the Nextcloud, in seconds.",
    ),
    setting(
        "server.mode",
        &["MCP_DEPLOYMENT_MODE"],
        Kind::Choice(&[
            "single-user",
            "basic",
            "oauth",
            "single_user_basic",
            "multi_user_basic",
            "login_flow",
        ]),
        "",
        "Who signs in where. `single-user`: one account from these settings. `basic`: each request brings its own app \
         password. `oauth` or `login_flow`: each person signs in at the Nextcloud, and clients get tokens of this server; \
         `oauth` with `issuer.discovery_url` or `issuer.client_id`: clients bring tokens of that issuer. \
         Default: `single-user` when a user name and a password are set, else `oauth`.",
    ),
    setting(
        "server.host",
        &["MCP_HOST"],
        Kind::Text,
        "127.0.0.1",
        "Address to listen on.",
    ),
    setting(
        "server.port",
        &["PORT"],
        Kind::Integer(0, 65535),
        "8000",
        "Port to listen on; 0 picks a free one.",
    ),
    setting(
        "server.path",
        &["MCP_PATH"],
        Kind::Text,
        "/mcp",
        "Path of the MCP endpoint; also served with a trailing slash.",
    ),
    setting(
        "server.public_url",
        &["NEXTCLOUD_MCP_SERVER_URL"],
        Kind::Url,
        "",
        "Address of this server as clients reach it. Its host and origin are allowed. Default: the address listened on.",
    ),
    setting(
        "server.token",
        &["NEXTCLOUD_MCP_TOKEN"],
        Kind::Secret,
        "",
        "Bearer token that clients must send in single-user mode. Required to listen beyond loopback in that mode; at least \
         16 characters.",
    ),
    setting(
        "server.check_host",
        &["MCP_DNS_REBINDING_PROTECTION"],
        Kind::Bool,
        "true",
        "Refuses requests whose Host or Origin is not allowed. `false` opens the door to any web page.",
    ),
    setting(
        "server.allowed_hosts",
        &["MCP_ALLOWED_HOSTS"],
        Kind::List,
        "",
        "Further hosts that requests may name, with or without a port; the public URL's and loopback always may.",
    ),
    setting(
        "server.allowed_origins",
        &["MCP_ALLOWED_ORIGINS", "CORS_ALLOW_ORIGINS"],
        Kind::List,
        "",
        "Further origins that browsers may come from, as `https://host:port`. `*` is not accepted.",
    ),
    setting(
        "server.trusted_proxies",
        &["FORWARDED_ALLOW_IPS"],
        Kind::List,
        "127.0.0.1",
        "Proxies whose `X-Forwarded-*` headers count: addresses, networks, or `*`.",
    ),
    setting(
        "server.max_request_mb",
        &["MCP_MAX_REQUEST_MB"],
        Kind::Megabytes,
        "60",
        "Longest request body. Larger ones are answered with 413.",
    ),
    setting(
        "server.max_sessions",
        &["MCP_MAX_SESSIONS"],
        Kind::Integer(1, 1_000_000),
        "1000",
        "Most sessions of the session-based protocol revisions at a time.",
    ),
    setting(
        "tools.apps",
        &["MCP_ENABLED_APPS"],
        Kind::List,
        "",
        "App families whose tools are offered. Default: all.",
    ),
    setting(
        "tools.read_only",
        &["MCP_READ_ONLY"],
        Kind::Bool,
        "false",
        "Offers only tools that change nothing.",
    ),
    setting(
        "tools.hide_missing_apps",
        &[],
        Kind::Bool,
        "true",
        "Hides tools of apps that the Nextcloud lacks. `MCP_DISABLE_CAPABILITY_GATING=true` means `false` here.",
    ),
    setting(
        "tools.cookbook_allow_private_urls",
        &["COOKBOOK_ALLOW_PRIVATE_URLS"],
        Kind::Bool,
        "false",
        "Lets people import recipes, and name pictures of them, from private networks and by IP address. The embedded cloud then \
         fetches from there as well.",
    ),
    setting(
        "tools.list_all",
        &["MCP_LIST_ALL_TOOLS"],
        Kind::Bool,
        "false",
        "Lists also the tools and resources that a token's scopes do not allow. Calling them still needs the scope; some \
         clients call nothing that is not listed, and so could never ask their person for more.",
    ),
    setting(
        "tools.write_max_mb",
        &["WEBDAV_WRITE_MAX_MB"],
        Kind::Megabytes,
        "50",
        "Largest content of one write; 0 means no limit of its own.",
    ),
    setting(
        "tools.share_outside",
        &[],
        Kind::Bool,
        "true",
        "Whether tools can make links, and shares with mail addresses and people of other servers. Shares with people and groups of the \
         same Nextcloud are not concerned.",
    ),
    setting(
        "tools.excluded_tags",
        &["EXCLUDED_TAGS"],
        Kind::List,
        "",
        "Names of tags, separated by commas: files and folders with one of them, and all that is in such folders, are hidden from \
         every tool for files. A folder that holds something hidden can be neither moved, copied, shared nor deleted. While the tags \
         cannot be read, no files are shown. A change of tags takes up to ten seconds. Notes and recipes are not concerned.",
    ),
    setting(
        "documents.enabled",
        &["NEXTCLOUD_MCP_DOCUMENTS"],
        Kind::Bool,
        "true",
        "Whether text of documents (PDF, office files, web pages, letters, tables, pictures) is read. Each is read in a process \
         of its own, with the limits below.",
    ),
    setting(
        "documents.max_mb",
        &["DOCUMENT_MAX_PDF_SIZE_MB"],
        Kind::Megabytes,
        "50",
        "Largest document that is read; 0 for what `documents.memory_mb` allows.",
    ),
    setting(
        "documents.memory_mb",
        &["DOCUMENT_PARSE_MEM_LIMIT_MB"],
        Kind::Integer(256, 65536),
        "768",
        "Memory (address space) of one process that reads a document, in MiB.",
    ),
    setting(
        "documents.timeout_s",
        &["DOCUMENT_READ_TIMEOUT_SECONDS", "DOCUMENT_PARSE_TIMEOUT_SECONDS"],
        Kind::Seconds,
        "40",
        "Longest time for one document, in seconds, its download included. More than 44 counts as 44: clients give up after that.",
    ),
    setting(
        "documents.processes",
        &["DOCUMENT_PARSE_PROCESS_SLOTS"],
        Kind::Integer(1, 64),
        "2",
        "Documents that are read at the same time; others wait for a few seconds.",
    ),
    setting(
        "documents.max_pages",
        &["DOCUMENT_MARKDOWN_MAX_PAGES"],
        Kind::Integer(1, 10000),
        "150",
        "Most pages that one call reads.",
    ),
    setting(
        "documents.tesseract",
        &["TESSERACT_CMD"],
        Kind::Path,
        "",
        "The program Tesseract, which reads text in pictures. Default: `tesseract` of the `PATH`, if it is there.",
    ),
    setting(
        "documents.languages",
        &["TESSERACT_LANG"],
        Kind::Text,
        "eng",
        "Languages of pictures, as Tesseract names them: `eng+deu`.",
    ),
    setting(
        "oauth.data",
        &["NEXTCLOUD_MCP_DATA"],
        Kind::Path,
        "nextcloud-mcp-data",
        "Folder of the authorization server's database `provider.db` and of the key that seals what people give, `cloud.key`, \
         both readable by their owner only. `nextcloud-mcp admin --data` works on it.",
    ),
    setting(
        "oauth.database",
        &["TOKEN_STORAGE_DB"],
        Kind::Secret,
        "",
        "The authorization server's database: the path of an SQLite file, in a folder that is not open to everybody, or \
         `postgres://user:password@host/database` for several servers at once, which then need `oauth.sealing_key`. Beyond this \
         machine `sslmode` is `verify-full` unless the address says otherwise. Default: `provider.db` in the data folder.",
    ),
    setting(
        "oauth.sealing_key",
        &["TOKEN_ENCRYPTION_KEY"],
        Kind::Secret,
        "",
        "Keys that seal app passwords and signing keys: 32 bytes as base64url each, separated by commas; the first one seals, \
         the others only open what was sealed before. Default: the file `cloud.key` in the data folder, made at the first start.",
    ),
    setting(
        "oauth.registration",
        &["MCP_CLIENT_REGISTRATION"],
        Kind::Choice(&["off", "initial-access-token", "open"]),
        "open",
        "Who may register clients at this server (RFC 7591). Clients with a metadata document need no registration.",
    ),
    setting(
        "oauth.allowed_clients",
        &["ALLOWED_MCP_CLIENTS"],
        Kind::List,
        "",
        "Ids of the clients, or hosts of the clients' metadata documents, that may be used. `id|https://app.example/cb` allows that redirect URI only. Default: all.",
    ),
    setting(
        "oauth.client_documents",
        &["MCP_CLIENT_DOCUMENTS"],
        Kind::Bool,
        "true",
        "Takes clients that are known by a metadata document, which this server fetches from the client's maker. `false` lets them register \
         instead: for servers without a way out, or where a maker's site answers programs with a check for browsers. Keys that clients publish are not fetched then, \
         either.",
    ),
    setting(
        "oauth.refresh_grace_s",
        &["MCP_REFRESH_GRACE"],
        Kind::Integer(0, 60),
        "10",
        "For how many seconds a refresh token that was used may be used once more by its own client, whose answer may have got \
         lost. After that a second use ends all that came from the same sign-in. `0`: at once.",
    ),
    setting(
        "oauth.client_document_hosts",
        &["MCP_CLIENT_DOCUMENT_HOSTS"],
        Kind::List,
        "",
        "Hosts whose metadata documents are fetched: `app.example`, `.example` for all below one, either after `!` to refuse it. \
         Where only such refusals stand, all others are taken. Default: all. Which clients there may be at all says `oauth.allowed_clients`.",
    ),
    setting(
        "oauth.advertised_scopes",
        &["MCP_ADVERTISED_SCOPES"],
        Kind::Choice(&["read", "all"]),
        "read",
        "Scopes that clients are told to ask for first. Others are asked for when a call needs them.",
    ),
    setting(
        "issuer.discovery_url",
        &["OIDC_DISCOVERY_URL"],
        Kind::Url,
        "",
        "Discovery document of the issuer whose tokens are taken in mode `oauth`. Default, when only `issuer.client_id` is set: \
         the Nextcloud's, at `/.well-known/openid-configuration`.",
    ),
    setting(
        "issuer.url",
        &["NEXTCLOUD_PUBLIC_ISSUER_URL"],
        Kind::Url,
        "",
        "The issuer, to the letter as its tokens name it; also the Nextcloud's address for browsers where `cloud.public_url` is \
         not set. Default: the address of the discovery document without `/.well-known/openid-configuration`.",
    ),
    setting(
        "issuer.client_id",
        &["NEXTCLOUD_OIDC_CLIENT_ID", "MCP_SERVER_CLIENT_ID"],
        Kind::Text,
        "",
        "This server's client at the issuer. Default: it registers itself, and keeps the client in `.nextcloud_oauth_client.json` \
         in `oauth.data`.",
    ),
    setting(
        "issuer.client_secret",
        &["NEXTCLOUD_OIDC_CLIENT_SECRET", "MCP_SERVER_CLIENT_SECRET"],
        Kind::Secret,
        "",
        "The secret of that client.",
    ),
    setting(
        "issuer.initial_access_token",
        &["NEXTCLOUD_OIDC_INITIAL_ACCESS_TOKEN"],
        Kind::Secret,
        "",
        "Token of the issuer's administrator with which this server may register.",
    ),
    setting(
        "issuer.scopes",
        &["NEXTCLOUD_OIDC_SCOPES"],
        Kind::Text,
        "",
        "Scopes that this server registers for, separated by spaces. Default: those of its tools and of OpenID Connect.",
    ),
    setting(
        "issuer.token_type",
        &["NEXTCLOUD_OIDC_TOKEN_TYPE"],
        Kind::Choice(&["bearer", "jwt"]),
        "bearer",
        "Format of access tokens that this server registers for: `bearer` for opaque ones.",
    ),
    setting(
        "issuer.cloud_resource",
        &["NEXTCLOUD_RESOURCE_URI"],
        Kind::Text,
        "",
        "Audience of the Nextcloud's interfaces, for which tokens are exchanged. Default: the Nextcloud's address for browsers.",
    ),
    setting(
        "issuer.prefer_app_password",
        &["MCP_PREFER_APP_PASSWORD"],
        Kind::Bool,
        "false",
        "Uses the app password that is kept for a person, where one is, before an exchanged token. It costs the Nextcloud less \
         than tokens do, but can do all that the person can: only this server's scopes limit it.",
    ),
    setting(
        "issuer.proxy",
        &["NEXTCLOUD_OIDC_PROXY"],
        Kind::Bool,
        "false",
        "People sign in at that issuer, and clients get tokens of this server: for issuers that cannot make tokens for \
         `NEXTCLOUD_MCP_SERVER_URL` + `/mcp` (resource indicators, RFC 8707).",
    ),
    setting(
        "issuer.cloud_access",
        &["NEXTCLOUD_OIDC_CLOUD_ACCESS"],
        Kind::Choice(&["auto", "token_exchange", "refresh_token", "app_password"]),
        "auto",
        "How the Nextcloud is reached for a person with a token of that issuer: the token is exchanged; or the person agrees once \
         and this server keeps a refresh token; or the person gives an app password. `auto`: exchange where the issuer offers it; \
         else a refresh token where the issuer is the Nextcloud or `issuer.cloud_resource` is set; else an app password.",
    ),
    setting(
        "issuer.scope_prefix",
        &["OIDC_RESOURCE_SERVER_ID"],
        Kind::Text,
        "",
        "`ID` where the issuer writes scopes as `ID/notes:read`.",
    ),
    setting(
        "issuer.accept_typ_jwt",
        &[],
        Kind::Bool,
        "false",
        "Also takes signed access tokens of the type `JWT`, for issuers from before RFC 9068, if nothing in them says that they \
         are ID tokens.",
    ),
    setting(
        "issuer.patience_s",
        &[],
        Kind::Seconds,
        "60",
        "How long the start waits for an issuer or a Nextcloud that cannot be reached.",
    ),
    setting(
        "limits.calls_per_minute_per_client",
        &["MCP_CALLS_PER_MINUTE_PER_CLIENT"],
        Kind::Integer(0, 1_000_000),
        "0",
        "Most calls of tools a minute of one person through one client; 0 for no limit. Beyond it the answer is 429 with \
         `Retry-After`.",
    ),
    setting(
        "limits.calls_per_minute",
        &["MCP_CALLS_PER_MINUTE"],
        Kind::Integer(0, 1_000_000),
        "0",
        "Most calls of tools a minute of everybody together; 0 for no limit.",
    ),
    setting(
        "audit.tool_calls",
        &["MCP_AUDIT_TOOL_CALLS"],
        Kind::Bool,
        "true",
        "In mode `oauth`: write each call of a tool to the audit log, with person, client, tool, names of the arguments, \
         outcome and duration, never with values. `nextcloud-mcp admin oidc:audit` shows it, `admin audit verify` checks it.",
    ),
    setting(
        "embedded.sealing_key",
        &["EMBEDDED_CLOUD_KEY"],
        Kind::Secret,
        "",
        "Keys of the embedded cloud for what it must read again (second factors, signing keys): 32 bytes as base64url each, \
         separated by commas; the first one seals. Default: the file `cloud.key` in the data folder, made at the first start.",
    ),
    setting(
        "embedded.registration",
        &["EMBEDDED_CLOUD_REGISTRATION"],
        Kind::Choice(&["off", "initial-access-token", "open"]),
        "off",
        "Who may register OAuth clients at the embedded cloud. Clients with a metadata document need no registration.",
    ),
    setting(
        "embedded.refresh_grace_s",
        &["EMBEDDED_CLOUD_REFRESH_GRACE"],
        Kind::Integer(0, 60),
        "10",
        "The same as `oauth.refresh_grace_s`, for clients of the embedded cloud.",
    ),
    setting(
        "embedded.client_documents",
        &["EMBEDDED_CLOUD_CLIENT_DOCUMENTS"],
        Kind::Bool,
        "true",
        "Whether the embedded cloud's provider takes clients that are known by a metadata document. With `false` it fetches nothing \
         that clients publish, their keys included.",
    ),
    setting(
        "embedded.client_document_hosts",
        &["EMBEDDED_CLOUD_CLIENT_DOCUMENT_HOSTS"],
        Kind::List,
        "",
        "The same as `oauth.client_document_hosts`, at the embedded cloud's provider.",
    ),
    setting(
        "embedded.believe_own_tokens",
        &["EMBEDDED_CLOUD_BEARER_VALIDATION"],
        Kind::Bool,
        "true",
        "Whether the embedded cloud's interfaces take the access tokens of its own provider \
         (`user_oidc.oidc_provider_bearer_validation`).",
    ),
    setting(
        "embedded.external_issuers",
        &["EMBEDDED_CLOUD_EXTERNAL_ISSUERS"],
        Kind::Path,
        "",
        "TOML file of other issuers whose access tokens the embedded cloud's interfaces take, with the names of Nextcloud's \
         app `user_oidc`; see the page about the embedded cloud.",
    ),
    setting(
        "embedded.admin_acr",
        &["EMBEDDED_CLOUD_ADMIN_ACR"],
        Kind::List,
        "2",
        "How strongly an administrator must have signed in for an access token to administer the embedded cloud: the token's \
         `acr`. `1`: by password, `2`: also with a second factor; other issuers have their own values.",
    ),
    setting(
        "embedded.trash_days",
        &["EMBEDDED_CLOUD_TRASH_DAYS"],
        Kind::Integer(0, 36500),
        "30",
        "After how many days the embedded cloud deletes for good what lies in the trash.",
    ),
    setting(
        "embedded.login_flow_user_agents",
        &["EMBEDDED_CLOUD_LOGIN_FLOW_USER_AGENTS"],
        Kind::List,
        "",
        "Regular expressions of the `User-Agent` of programs that may use Login Flow v2 at the embedded cloud \
         (`core.login_flow_v2.allowed_user_agents`). Default: all.",
    ),
    setting(
        "embedded.emulate_stock_cors",
        &["EMBEDDED_CLOUD_EMULATE_STOCK_CORS"],
        Kind::Choice(&["off", "header", "always"]),
        "off",
        "For trials of clients: the embedded cloud refuses Bearer tokens as a stock Nextcloud does at controllers that are \
         marked `@CORS` (Notes). `header`: requests without `OCS-APIRequest: true`, as Nextcloud 32.0.1 does; `always`: all \
         requests, as servers do that know no such exception.",
    ),
    setting(
        "log.level",
        &["LOG_LEVEL"],
        Kind::Choice(&["critical", "error", "warning", "warn", "info", "debug", "trace"]),
        "info",
        "What is logged, on standard error.",
    ),
    setting(
        "log.format",
        &["LOG_FORMAT"],
        Kind::Choice(&["text", "json"]),
        "text",
        "`json` writes one object a line.",
    ),
    setting(
        "metrics.enabled",
        &["METRICS_ENABLED"],
        Kind::Bool,
        "true",
        "Serves Prometheus metrics: `serve` on a port of their own, every command on the main port while that is loopback and no public URL is set.",
    ),
    setting(
        "metrics.port",
        &["METRICS_PORT"],
        Kind::Integer(0, 65535),
        "9090",
        "Port of the metrics; path `/metrics`.",
    ),
    setting(
        "health.refresh_s",
        &["HEALTH_READY_REFRESH_INTERVAL"],
        Kind::Seconds,
        "15",
        "How often `/health/ready` asks whether the Nextcloud answers, in seconds.",
    ),
];

/// The setting `key`.
pub(super) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

impl Setting {
    /// The name in the environment that follows from the key.
    pub fn own_env(&self) -> String {
        format!("NEXTCLOUD_MCP__{}", self.key.to_uppercase().replace('.', "__"))
    }

    /// Checks `text`, or says what is allowed.
    ///
    /// # Errors
    /// What is allowed, for people.
    pub fn check(&self, text: &str) -> Result<(), String> {
        let ok = match self.kind {
            Kind::Text | Kind::Secret | Kind::Path | Kind::List => true,
            Kind::Choice(choices) => {
                if choices.iter().any(|choice| choice.eq_ignore_ascii_case(text)) {
                    return Ok(());
                }
                return Err(format!("must be one of {}", choices.join(", ")));
            }
            Kind::Url => {
                if parse_url(text).is_some() {
                    return Ok(());
                }
                return Err("must be an http or https address, such as https://cloud.example.org".to_owned());
            }
            Kind::Bool => {
                if parse_bool(text).is_some() {
                    return Ok(());
                }
                return Err("must be true or false".to_owned());
            }
            Kind::Integer(low, high) => {
                if text
                    .trim()
                    .parse::<u64>()
                    .is_ok_and(|number| (low..=high).contains(&number))
                {
                    return Ok(());
                }
                return Err(format!("must be a whole number from {low} to {high}"));
            }
            Kind::Seconds | Kind::Megabytes => text
                .trim()
                .parse::<f64>()
                .is_ok_and(|number| number.is_finite() && (0.0..=1e9).contains(&number)),
        };
        if ok {
            Ok(())
        } else {
            Err("must be a number that is not negative".to_owned())
        }
    }
}

/// Reads a switch as people write it.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Reads an address. One without a scheme is refused: guessing `http` would send passwords in the clear.
pub(super) fn parse_url(text: &str) -> Option<url::Url> {
    let url = url::Url::parse(text.trim()).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.host().is_some() && plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_passes_its_own_check() {
        for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
            assert_eq!(setting.check(setting.default), Ok(()), "{}", setting.key);
        }
    }

    #[test]
    fn keys_and_names_are_unique() {
        let mut names: Vec<String> = SETTINGS
            .iter()
            .flat_map(|setting| {
                setting
                    .env
                    .iter()
                    .map(ToString::to_string)
                    .chain([setting.own_env(), setting.key.into()])
            })
            .collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
