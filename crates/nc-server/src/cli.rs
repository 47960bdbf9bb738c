//! The command line.

pub mod accounts;
pub mod admin;
pub mod ocm;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Lets AI assistants work in a Nextcloud, over the Model Context Protocol.
#[derive(Debug, Parser)]
#[command(name = "nextcloud-mcp", version, max_term_width = 100)]
pub struct Cli {
    /// TOML file with settings; docs/configuration.md lists them.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What is logged, on standard error: error, warn, info, debug or trace.
    #[arg(long, short = 'l', global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// `json` writes one object a line.
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try it: an embedded cloud with two users and sample data, and the MCP server in front of it.
    Demo(Demo),
    /// MCP server over streamable HTTP, for one user or many.
    Serve(Serve),
    /// The same tools over standard input and output, for one user.
    Stdio(CloudFlags),
    /// The embedded cloud alone: a small server that speaks the Nextcloud interfaces.
    Cloud(CloudCommand),
    /// Sign in at a Nextcloud and keep the app password for `stdio`, `serve` and `call`.
    Login(Login),
    /// Revoke the app password that `login` got, and forget it.
    Logout,
    /// List the tools.
    Tools(Tools),
    /// Run one tool and print its result.
    Call(CallTool),
    /// Administer the authorization server (clients, resources, keys, settings) and the accounts of the embedded cloud.
    Admin(Box<admin::AdminArguments>),
    /// Look after shares of the embedded cloud with other servers: keys, other servers, invitations.
    Ocm(ocm::OcmArguments),
    /// Look at the settings, offline.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check the Nextcloud, the settings and the running deployment as real clients use them, and say what to mend.
    Doctor(Doctor),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the reference page of the command line.
    #[command(hide = true)]
    Manual,
    /// The peer's name for `serve`, with its flags.
    #[command(hide = true, disable_help_flag = true)]
    Run(Run),
}

/// Where to listen.
#[derive(Debug, Clone, Default, Args)]
pub struct Listen {
    /// Address to listen on [default: 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,
    /// Port to listen on; 0 picks a free one [default: 8000].
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Path of the MCP endpoint [default: /mcp].
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
}

/// Which Nextcloud, and as whom. The password comes from the environment or a file, never from the command line.
#[derive(Debug, Clone, Default, Args)]
pub struct CloudFlags {
    /// Address of the Nextcloud [env: `NEXTCLOUD_HOST`].
    #[arg(long, value_name = "URL")]
    pub nextcloud_host: Option<String>,
    /// Login name [env: `NEXTCLOUD_USERNAME`].
    #[arg(long, value_name = "NAME")]
    pub nextcloud_username: Option<String>,
    /// Offer only these app families; repeatable.
    #[arg(long, short = 'e', value_name = "APP")]
    pub enable_app: Vec<String>,
    /// Offer only tools that change nothing.
    #[arg(long)]
    pub read_only: bool,
}

/// Who signs in where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeFlag {
    /// One account, from the settings.
    SingleUser,
    /// Each request brings its own app password.
    Basic,
    /// Sign-in with OAuth.
    Oauth,
}

impl ModeFlag {
    /// As the setting spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SingleUser => "single-user",
            Self::Basic => "basic",
            Self::Oauth => "oauth",
        }
    }
}

/// Which requests with a Bearer the embedded cloud refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StockCorsFlag {
    /// None.
    Off,
    /// Those without `OCS-APIRequest: true`, as Nextcloud 32 does.
    Header,
    /// All.
    Always,
}

impl StockCorsFlag {
    /// As the setting spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Header => "header",
            Self::Always => "always",
        }
    }
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Port of the embedded cloud; 0 picks a free one [default: 8080, or free when that is taken].
    #[arg(long, value_name = "PORT")]
    pub cloud_port: Option<u16>,
    /// Keep the data in this folder; otherwise it is gone at the end.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How clients sign in.
    #[arg(long, value_enum, default_value_t = ModeFlag::SingleUser)]
    pub mode: ModeFlag,
    /// Refuse Bearer tokens as a stock Nextcloud does at controllers marked `@CORS`: without the header `OCS-APIRequest`, or always. For trials of clients.
    #[arg(long, value_enum, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "header")]
    pub emulate_stock_cors: Option<StockCorsFlag>,
    /// Print one JSON object when ready, instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `serve`.
#[derive(Debug, Default, Args)]
pub struct Serve {
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) cloud: CloudFlags,
    /// How clients sign in [default: single-user when an account is set].
    #[arg(long, value_enum)]
    pub mode: Option<ModeFlag>,
    /// Address of this server as clients reach it.
    #[arg(long, alias = "mcp-server-url", value_name = "URL")]
    pub public_url: Option<String>,
    /// Do not serve: delete the client that this server registered at an issuer elsewhere.
    #[arg(long)]
    pub unregister: bool,
}

/// `cloud`.
#[derive(Debug, Args)]
pub struct CloudCommand {
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: String,
    /// Port to listen on; 0 picks a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// Accepted so that scripts can start every server alike; the cloud has no MCP endpoint.
    #[arg(long, value_name = "PATH", hide = true)]
    pub path: Option<String>,
    /// Folder of the database and the files.
    #[arg(long, value_name = "DIR", default_value = "nextcloud-mcp-data")]
    pub data: PathBuf,
    /// Address of this cloud as clients reach it.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Make this account when it is not there, and print its password once; repeatable.
    #[arg(long, value_name = "NAME")]
    pub user: Vec<String>,
    /// Refuse Bearer tokens as a stock Nextcloud does at controllers marked `@CORS`: without the header `OCS-APIRequest`, or always. For trials of clients.
    #[arg(long, value_enum, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "header")]
    pub emulate_stock_cors: Option<StockCorsFlag>,
    /// Print one JSON object when ready, instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `login`.
#[derive(Debug, Args)]
pub struct Login {
    /// Address of the Nextcloud.
    #[arg(value_name = "URL")]
    pub url: Option<String>,
}

/// `tools`.
#[derive(Debug, Args)]
pub struct Tools {
    #[command(flatten)]
    pub(crate) cloud: CloudFlags,
    /// Print a JSON array of tools as in `tools/list`, with `app` and `scopes`.
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print the reference page.
    #[arg(long)]
    pub markdown: bool,
    /// Also tools of apps that the Nextcloud lacks.
    #[arg(long)]
    pub all: bool,
}

/// `call`.
#[derive(Debug, Args)]
pub struct CallTool {
    /// Name of the tool.
    pub tool: String,
    /// Arguments as a JSON object; `-` reads them from standard input.
    #[arg(default_value = "{}")]
    pub arguments: String,
    #[command(flatten)]
    pub(crate) cloud: CloudFlags,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    pub(crate) cloud: CloudFlags,
    /// Address of the MCP endpoint as it is entered in clients; plays their sign-in up to where a person is needed.
    /// Default in mode `oauth`: the public address of the settings.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Play only this client: claude, claude-code, chatgpt, vscode, cursor, open-webui, librechat or inspector; repeatable.
    #[arg(long, value_name = "NAME")]
    pub client: Vec<String>,
    /// Address of your own LibreChat or Open WebUI, for the redirect URI that it registers.
    #[arg(long, value_name = "URL")]
    pub client_url: Option<String>,
    /// Do not register clients. Otherwise each one is deleted again.
    #[arg(long)]
    pub no_register: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Resolve everything and say what is wrong.
    Check,
    /// Show every value and where it comes from; secrets are masked.
    Show,
    /// Print the JSON Schema of the file.
    Schema,
    /// Print the reference page of the settings.
    Reference,
}

/// `run`: the peer's flags, for deployments that carry them.
#[derive(Debug, Args)]
pub struct Run {
    /// Address to listen on.
    #[arg(long, short = 'h')]
    pub host: Option<String>,
    /// Port to listen on.
    #[arg(long, short = 'p')]
    pub port: Option<u16>,
    /// Transport.
    #[arg(long, short = 't', default_value = "streamable-http")]
    pub transport: String,
    /// Address of this server as clients reach it.
    #[arg(long)]
    pub mcp_server_url: Option<String>,
    /// The issuer, and the Nextcloud's address for browsers.
    #[arg(long)]
    pub public_issuer_url: Option<String>,
    /// This server's client at the issuer.
    #[arg(long)]
    pub oauth_client_id: Option<String>,
    /// Scopes to register for.
    #[arg(long)]
    pub oauth_scopes: Option<String>,
    /// Format of access tokens to register for.
    #[arg(long)]
    pub oauth_token_type: Option<String>,
    #[command(flatten)]
    pub(crate) cloud: CloudFlags,
}
