//! How the common clients sign in: facts of their public documentation, source code and bug reports, as of November 2026.
//!
//! What is written here decides what is sent, and nothing else does: a client that changes needs a change here only.

use crate::commands::Trouble;

/// One client.
#[derive(Debug)]
pub(super) struct Profile {
    /// For `--client`, and in reports.
    pub(super) name: &'static str,
    /// Other names of it.
    pub(super) aliases: &'static [&'static str],
    /// Its name for people.
    pub(super) title: &'static str,
    /// From where it asks.
    pub(super) runs: Runs,
    /// Its first message.
    pub(super) opening: Opening,
    /// `User-Agent` of its requests; firewalls look at it.
    pub(super) user_agent: &'static str,
    /// `Origin` of its requests, where they come from a page.
    pub(super) origin: Option<&'static str>,
    /// Whether it reads the address of the metadata in the challenge; otherwise it only looks in the well-known places.
    pub(super) reads_challenge: bool,
    /// Where it looks for the issuer's metadata, in this order.
    pub(super) issuer_places: &'static [IssuerPlace],
    /// The metadata document that is its client id where the issuer takes one.
    pub(super) document: Option<Document>,
    /// How it registers itself otherwise.
    pub(super) registration: Registration,
    /// Which scopes it asks for.
    pub(super) scopes: Scopes,
    /// Whether it names the resource (RFC 8707).
    pub(super) sends_resource: bool,
}

/// From where a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// From its maker's servers: needs an address that all the world can reach.
    InTheCloud,
    /// On a person's device.
    OnADevice,
    /// On a server of one's own.
    OnAServer,
}

/// The first message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// `initialize`, with this revision.
    Initialize(&'static str),
    /// `server/discover`, of revision 2026-07-28.
    Discover,
}

/// Where an issuer's metadata may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IssuerPlace {
    /// RFC 8414: the name before the issuer's path.
    OAuth,
    /// The `OpenID` document's name before the issuer's path.
    OpenidBefore,
    /// `OpenID` Connect Discovery: the name after the issuer's path.
    OpenidAfter,
    /// RFC 8414, without the issuer's path.
    OAuthAtRoot,
}

/// A client id metadata document.
#[derive(Debug)]
pub(super) struct Document {
    /// Its address.
    pub(super) url: &'static str,
    /// The redirect URI that is asked with.
    pub(super) redirect_uri: &'static str,
    /// Whether the client signs with a key at the token endpoint, which cannot be played.
    pub(super) signs: bool,
}

/// What a client registers (RFC 7591).
#[derive(Debug)]
pub(super) struct Registration {
    pub(super) client_name: &'static str,
    /// [`OWN_CLIENT`] stands for the address of a server of one's own.
    pub(super) redirect_uris: &'static [&'static str],
    /// The redirect URI that is asked with.
    pub(super) redirect_uri: &'static str,
    pub(super) auth_method: Option<&'static str>,
    /// The ways to authenticate that it knows.
    pub(super) takes: &'static [&'static str],
    pub(super) application_type: Option<&'static str>,
    pub(super) client_uri: Option<&'static str>,
    pub(super) grant_types: &'static [&'static str],
    /// The scopes that it registers.
    pub(super) scope: RegisteredScope,
}

/// Scopes in a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RegisteredScope {
    /// The member is absent.
    Absent,
    /// The member is there, and empty.
    Empty,
    /// Those that it will ask for.
    Asked,
}

/// Scopes in an authorization request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scopes {
    /// Those of the challenge, else those of the metadata.
    Challenge,
    /// Those of the resource's metadata.
    Supported,
}

/// Stands for the address of one's own LibreChat or Open WebUI.
pub(super) const OWN_CLIENT: &str = "{base}";

const BOTH_GRANTS: &[&str] = &["authorization_code", "refresh_token"];
const EVERY_METHOD: &[&str] = &["none", "client_secret_post", "client_secret_basic"];
/// As the MCP specification lists them, and as its SDKs look.
const PLACES: &[IssuerPlace] = &[IssuerPlace::OAuth, IssuerPlace::OpenidBefore, IssuerPlace::OpenidAfter];

impl Profile {
    /// Whether private addresses are out of its reach.
    pub(super) fn is_in_the_cloud(&self) -> bool {
        self.runs == Runs::InTheCloud
    }
}

/// The clients of these names; all when there is none.
pub(super) fn chosen(names: &[String]) -> Result<Vec<&'static Profile>, Trouble> {
    if names.is_empty() {
        return Ok(PROFILES.iter().collect());
    }
    let find = |name: &String| {
        let found = PROFILES
            .iter()
            .find(|profile| profile.name == name || profile.aliases.contains(&name.as_str()));
        found.ok_or_else(|| {
            let known: Vec<&str> = PROFILES.iter().map(|profile| profile.name).collect();
            Trouble::Usage(format!("no client is called `{name}`; there are {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

/// The clients.
pub(super) static PROFILES: &[Profile] = &[
    Profile {
        name: "claude",
        aliases: &["claude-web", "claude-desktop", "claude-mobile"],
        title: "Claude (web, desktop, mobile)",
        runs: Runs::InTheCloud,
        opening: Opening::Initialize("2025-11-25"),
        user_agent: "Claude-User",
        origin: None,
        reads_challenge: true,
        issuer_places: PLACES,
        document: Some(Document {
            url: "https://claude.ai/oauth/mcp-oauth-client-metadata",
            redirect_uri: "https://claude.ai/api/mcp/auth_callback",
            signs: false,
        }),
        registration: Registration {
            client_name: "Claude",
            redirect_uris: &[
                "https://claude.ai/api/mcp/auth_callback",
                "https://claude.com/api/mcp/auth_callback",
            ],
            redirect_uri: "https://claude.ai/api/mcp/auth_callback",
            auth_method: Some("none"),
            takes: EVERY_METHOD,
            application_type: None,
            client_uri: Some("https://claude.ai"),
            grant_types: BOTH_GRANTS,
            scope: RegisteredScope::Asked,
        },
        scopes: Scopes::Challenge,
        sends_resource: true,
    },
    Profile {
        name: "claude-code",
        aliases: &[],
        title: "Claude Code",
        runs: Runs::OnADevice,
        opening: Opening::Discover,
        user_agent: "claude-code/2.1.329 (cli)",
        origin: None,
        reads_challenge: true,
        issuer_places: PLACES,
        document: Some(Document {
            url: "https://claude.ai/oauth/claude-code-client-metadata",
            // The document names no port; the program listens on one that is free.
            redirect_uri: "http://localhost:54321/callback",
            signs: false,
        }),
        registration: Registration {
            client_name: "Claude Code (nextcloud)",
            redirect_uris: &["http://localhost:3118/callback"],
            redirect_uri: "http://localhost:3118/callback",
            auth_method: Some("none"),
            takes: EVERY_METHOD,
            application_type: Some("native"),
            client_uri: None,
            grant_types: BOTH_GRANTS,
            scope: RegisteredScope::Asked,
        },
        // Measured: all of the metadata, whatever the challenge names.
        scopes: Scopes::Supported,
        sends_resource: true,
    },
    Profile {
        name: "chatgpt",
        aliases: &["openai"],
        title: "ChatGPT",
        runs: Runs::InTheCloud,
        opening: Opening::Discover,
        user_agent: "openai-mcp/1.0.0",
        origin: None,
        reads_challenge: true,
        issuer_places: PLACES,
        document: Some(Document {
            url: "https://chatgpt.com/oauth/client.json",
            redirect_uri: "https://chatgpt.com/connector_platform_oauth_redirect",
            signs: true,
        }),
        registration: Registration {
            client_name: "ChatGPT",
            redirect_uris: &[
                "https://chatgpt.com/connector_platform_oauth_redirect",
                "https://chatgpt.com/connector/oauth/doctor",
            ],
            redirect_uri: "https://chatgpt.com/connector/oauth/doctor",
            auth_method: Some("none"),
            takes: EVERY_METHOD,
            application_type: None,
            client_uri: Some("https://chatgpt.com/"),
            grant_types: BOTH_GRANTS,
            scope: RegisteredScope::Absent,
        },
        scopes: Scopes::Supported,
        sends_resource: true,
    },
    Profile {
        name: "vscode",
        aliases: &["vs-code"],
        title: "Visual Studio Code",
        runs: Runs::OnADevice,
        opening: Opening::Initialize("2025-11-25"),
        user_agent: "node",
        origin: None,
        reads_challenge: true,
        issuer_places: PLACES,
        document: Some(Document {
            url: "https://vscode.dev/oauth/client-metadata.json",
            redirect_uri: "http://127.0.0.1:33418/",
            signs: false,
        }),
        registration: Registration {
            client_name: "Visual Studio Code",
            redirect_uris: &[
                "https://insiders.vscode.dev/redirect",
                "https://vscode.dev/redirect",
                "http://127.0.0.1/",
                "http://127.0.0.1:33418/",
            ],
            // When its usual port is taken it listens on another.
            redirect_uri: "http://127.0.0.1:59656/",
            auth_method: Some("none"),
            takes: &["none"],
            application_type: Some("native"),
            client_uri: Some("https://code.visualstudio.com"),
            grant_types: BOTH_GRANTS,
            scope: RegisteredScope::Asked,
        },
        scopes: Scopes::Challenge,
        sends_resource: true,
    },
    Profile {
        name: "cursor",
        aliases: &[],
        title: "Cursor",
        runs: Runs::OnADevice,
        opening: Opening::Initialize("2025-11-25"),
        user_agent: "Cursor/3.14",
        origin: None,
        reads_challenge: true,
        issuer_places: PLACES,
        document: None,
        registration: Registration {
            client_name: "Cursor",
            // One registration for all its kinds; a server that refuses one of them refuses Cursor.
            redirect_uris: &[
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
            redirect_uri: "http://localhost:8787/callback",
            auth_method: Some("none"),
            takes: EVERY_METHOD,
            application_type: None,
            client_uri: None,
            grant_types: BOTH_GRANTS,
            scope: RegisteredScope::Absent,
        },
        scopes: Scopes::Supported,
        sends_resource: true,
    },
    Profile {
        name: "open-webui",
        aliases: &["openwebui"],
        title: "Open WebUI",
        runs: Runs::OnAServer,
        opening: Opening::Initialize("2025-11-25"),
        user_agent: "Python/3.11 aiohttp/3.12.15",
        origin: None,
        reads_challenge: true,
        issuer_places: &[
            IssuerPlace::OAuth,
            IssuerPlace::OpenidBefore,
            IssuerPlace::OpenidAfter,
            IssuerPlace::OAuthAtRoot,
        ],
        document: None,
        registration: Registration {
            client_name: "Open WebUI",
            redirect_uris: &["{base}/oauth/clients/mcp:nextcloud/callback"],
            redirect_uri: "{base}/oauth/clients/mcp:nextcloud/callback",
            auth_method: None,
            // Its reader of the answer knows no other (reported 2025-11).
            takes: &["none", "client_secret_post"],
            application_type: None,
            client_uri: None,
            grant_types: BOTH_GRANTS,
            scope: RegisteredScope::Asked,
        },
        scopes: Scopes::Supported,
        sends_resource: true,
    },
    Profile {
        name: "librechat",
        aliases: &[],
        title: "LibreChat",
        runs: Runs::OnAServer,
        opening: Opening::Initialize("2025-11-25"),
        user_agent: "node",
        origin: None,
        // Older releases do not.
        reads_challenge: false,
        issuer_places: PLACES,
        document: None,
        registration: Registration {
            client_name: "LibreChat MCP Client",
            redirect_uris: &["{base}/api/mcp/nextcloud/oauth/callback"],
            redirect_uri: "{base}/api/mcp/nextcloud/oauth/callback",
            auth_method: Some("client_secret_basic"),
            takes: EVERY_METHOD,
            application_type: None,
            client_uri: None,
            grant_types: BOTH_GRANTS,
            scope: RegisteredScope::Asked,
        },
        scopes: Scopes::Supported,
        sends_resource: true,
    },
    Profile {
        name: "inspector",
        aliases: &["mcp-inspector"],
        title: "MCP Inspector",
        runs: Runs::OnADevice,
        opening: Opening::Initialize("2025-11-25"),
        user_agent: "node",
        origin: Some("http://localhost:6274"),
        reads_challenge: true,
        issuer_places: PLACES,
        document: None,
        registration: Registration {
            client_name: "MCP Inspector",
            redirect_uris: &["http://localhost:6274/oauth/callback"],
            redirect_uri: "http://localhost:6274/oauth/callback",
            auth_method: Some("none"),
            takes: EVERY_METHOD,
            application_type: None,
            client_uri: Some("https://github.com/modelcontextprotocol/inspector"),
            grant_types: BOTH_GRANTS,
            scope: RegisteredScope::Empty,
        },
        scopes: Scopes::Supported,
        sends_resource: true,
    },
];
