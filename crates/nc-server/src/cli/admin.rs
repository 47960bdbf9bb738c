//! `admin`: the embedded cloud's accounts, and the authorization server's clients, resources, keys and settings. The commands are
//! called as in Nextcloud and its `oidc` app.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use secrecy::SecretString;

use super::accounts::AccountCommand;

/// `admin`.
#[derive(Debug, Args)]
pub struct AdminArguments {
    /// Folder of the database and the files; a server may be using it.
    #[arg(long, global = true, value_name = "DIR", default_value = "nextcloud-mcp-data")]
    pub data: PathBuf,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// What an administrator does.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// About the accounts of the embedded cloud.
    #[command(flatten)]
    Accounts(AccountCommand),
    /// Make a client and print its secret, which is shown only now.
    #[command(name = "oidc:create")]
    Create(CreateClient),
    /// Change a client.
    #[command(name = "oidc:change")]
    Change(ChangeClient),
    /// List the clients.
    #[command(name = "oidc:list")]
    List,
    /// Delete a client with its tokens and consents.
    #[command(name = "oidc:remove")]
    Remove {
        /// Its id.
        client_id: String,
    },
    /// Give a client a new secret and print it; the former one is no longer good.
    #[command(name = "oidc:renew-secret")]
    RenewSecret {
        /// Its id.
        client_id: String,
    },
    /// Add a place where browsers may be sent after logout.
    #[command(name = "oidc:create-logout-redirect-uri")]
    CreateLogoutUri(LogoutUriOf),
    /// List the places where browsers may be sent after logout.
    #[command(name = "oidc:list-logout-redirect-uri", alias = "oidc:list-logout-redirect-uris")]
    ListLogoutUris,
    /// Remove a place where browsers may be sent after logout.
    #[command(name = "oidc:remove-logout-redirect-uri")]
    RemoveLogoutUri(LogoutUriOf),
    /// Give a client a claim of its own; one with the same name is replaced.
    #[command(name = "oidc:create-claim")]
    CreateClaim(CreateClaim),
    /// List the claims of clients.
    #[command(name = "oidc:list-claim", alias = "oidc:list-claims")]
    ListClaims {
        /// Only of this client.
        client_id: Option<String>,
    },
    /// Take a claim away.
    #[command(name = "oidc:remove-claim")]
    RemoveClaim {
        /// Id of the client; or alone, the claim's number in the list.
        client_id: String,
        /// Name of the claim.
        name: Option<String>,
    },
    /// List where the values of claims may come from.
    #[command(name = "oidc:list-claim-functions")]
    ListClaimFunctions,
    /// Publish new signing keys; they sign when everybody knows them.
    #[command(name = "oidc:rotate-keys")]
    RotateKeys {
        /// A private key may be known: remove all keys at once. Everything signed before is refused.
        #[arg(long)]
        emergency: bool,
    },
    /// Resource servers: what tokens are for.
    #[command(subcommand, name = "oidc:resource")]
    Resource(ResourceCommand),
    /// Tokens that allow to register clients.
    #[command(subcommand, name = "oidc:initial-access-token")]
    InitialAccessToken(InitialAccessTokenCommand),
    /// Settings that apply while the server runs.
    #[command(subcommand, name = "oidc:config")]
    Config(SettingCommand),
    /// Show what happened, newest first.
    #[command(name = "oidc:audit")]
    Audit {
        /// How many entries.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// About the audit log.
    #[command(subcommand, name = "audit")]
    Audited(AuditCommand),
    /// App passwords that people gave when they signed in.
    #[command(subcommand)]
    Credentials(CredentialsCommand),
    /// The same as `credentials import`.
    #[command(hide = true)]
    ImportPeer(ImportArguments),
    /// Copy the database, also while the server uses it: an SQLite file, or a script for `psql` where it is PostgreSQL. The key
    /// that opens private keys (`cloud.key`, or `TOKEN_ENCRYPTION_KEY`) is not in it.
    #[command(name = "oidc:backup")]
    Backup {
        /// A file that is not there yet.
        file: PathBuf,
    },
}

/// `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Look for an entry that was changed, put in or taken out, and name the first one. Needs the sealing keys that were used
    /// since the oldest entry.
    Verify,
}

/// `credentials`.
#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// List whose there are, in which state and since when; never the secrets.
    List,
    /// Set a person's aside and end all that the person granted. The running server takes it back at the Nextcloud.
    Revoke {
        /// The person's subject identifier.
        #[arg(required_unless_present = "user", conflicts_with = "user")]
        subject: Option<String>,
        /// The account at the Nextcloud.
        #[arg(long, value_name = "UID")]
        user: Option<String>,
    },
    /// Seal with the first key what a former one sealed. A server does it at every start as well.
    Reseal,
    /// Take over the app passwords that people gave to nextcloud-mcp-server. The settings have to be those of `serve`; each app
    /// password is first confirmed by the Nextcloud, one a second. A second run does only what is left.
    #[command(visible_alias = "import-peer")]
    Import(ImportArguments),
}

/// `credentials import`.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// That server's SQLite database. It is only read.
    #[arg(long, value_name = "PATH")]
    pub db: PathBuf,
    /// File with that server's `TOKEN_ENCRYPTION_KEY`. Otherwise the environment variable of that name is used, which this
    /// server seals with as well.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Read and open everything, ask the Nextcloud nothing, keep nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Whether a client can keep a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClientType {
    /// It can.
    Confidential,
    /// It runs on people's devices.
    Public,
}

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum AuthMethodFlag {
    /// Secret by HTTP Basic.
    ClientSecretBasic,
    /// Secret in the body.
    ClientSecretPost,
    /// Signed assertion.
    PrivateKeyJwt,
}

/// Form of access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TokenTypeFlag {
    /// Only this server can read them.
    Opaque,
    /// Signed.
    Jwt,
}

/// `oidc:create`.
#[derive(Debug, Args)]
pub struct CreateClient {
    /// Name for people.
    pub name: String,
    /// Where answers may be sent.
    #[arg(required_unless_present = "service")]
    pub redirect_uris: Vec<String>,
    /// Whether it can keep a secret.
    #[arg(long = "type", short = 't', value_enum, default_value_t = ClientType::Confidential)]
    pub client_type: ClientType,
    /// How it proves who it is.
    #[arg(long, value_enum, default_value_t = AuthMethodFlag::ClientSecretPost)]
    pub auth_method: AuthMethodFlag,
    /// File with its public keys as a JWK set, for `private_key_jwt`.
    #[arg(long, value_name = "FILE")]
    pub jwks_file: Option<PathBuf>,
    /// Its id; made up otherwise.
    #[arg(long, alias = "client_id", value_name = "ID")]
    pub client_id: Option<String>,
    /// File with its secret, at least 32 characters; made up otherwise.
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// Its secret. Others may see it in the list of processes; a file is better.
    #[arg(
        long,
        alias = "client_secret",
        value_name = "SECRET",
        hide = true,
        conflicts_with = "client_secret_file"
    )]
    pub client_secret: Option<SecretString>,
    /// Signs its ID tokens: `RS256`, `ES256` or `EdDSA`.
    #[arg(long, short = 'a', alias = "signing_alg", value_name = "ALG")]
    pub algorithm: Option<String>,
    /// Whether it exchanges tokens follows from `--exchange-targets`.
    #[arg(long = "tex_enabled", hide = true, requires = "tex_target_resource")]
    pub tex_enabled: bool,
    /// One of `--exchange-targets`; repeatable.
    #[arg(
        long = "tex_target_resource",
        value_name = "URI",
        hide = true,
        requires = "tex_enabled",
        conflicts_with = "exchange_targets"
    )]
    pub tex_target_resource: Vec<String>,
    /// It acts for itself and has no users.
    #[arg(long, conflicts_with = "first_party")]
    pub service: bool,
    #[command(flatten)]
    pub(crate) properties: ClientProperties,
}

/// `oidc:change`.
#[derive(Debug, Args)]
pub struct ChangeClient {
    /// Its id.
    pub client_id: String,
    /// Name for people.
    #[arg(long)]
    pub name: Option<String>,
    /// Add a place where answers may be sent; repeatable.
    #[arg(long, value_name = "URI")]
    pub add_redirect_uri: Vec<String>,
    /// Remove one; repeatable.
    #[arg(long, value_name = "URI")]
    pub remove_redirect_uri: Vec<String>,
    /// Whether it is stopped.
    #[arg(long, value_name = "BOOL")]
    pub disabled: Option<bool>,
    #[command(flatten)]
    pub(crate) properties: ClientProperties,
}

/// What can be said of a client at any time. Empty texts take back what was said.
#[derive(Debug, Default, Args)]
pub(crate) struct ClientProperties {
    /// Form of its access tokens.
    #[arg(long, alias = "token_type", value_enum)]
    pub(crate) token_type: Option<TokenTypeFlag>,
    /// Scopes that it may ask for, separated by blanks; every public one otherwise.
    #[arg(long, alias = "allowed_scopes", value_name = "SCOPES")]
    pub(crate) allowed_scopes: Option<String>,
    /// Scopes when it asks for none.
    #[arg(long, value_name = "SCOPES")]
    pub(crate) default_scopes: Option<String>,
    /// Chooses among a person's mail addresses.
    #[arg(long, alias = "email_regex", value_name = "REGEX")]
    pub(crate) email_regex: Option<String>,
    /// The resource that it speaks for: it may introspect that resource's tokens.
    #[arg(long, alias = "resource_url", value_name = "URI")]
    pub(crate) resource_url: Option<String>,
    /// Resource when it names none.
    #[arg(long, value_name = "URI")]
    pub(crate) default_resource: Option<String>,
    /// Resources that it may ask tokens for, separated by blanks.
    #[arg(long, value_name = "URIS")]
    pub(crate) resources: Option<String>,
    /// Resources that it may exchange tokens for, separated by blanks.
    #[arg(long, value_name = "URIS")]
    pub(crate) exchange_targets: Option<String>,
    /// Only members of these groups may use it, separated by commas.
    #[arg(long, value_name = "GROUPS")]
    pub(crate) groups: Option<String>,
    /// Trust it like a part of this server.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) first_party: Option<bool>,
    /// Do not ask its users; only for first-party clients.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) auto_grant: Option<bool>,
    /// It has to push its authorization requests.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) require_par: Option<bool>,
    /// Its tokens have to be bound to a key.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) require_dpop: Option<bool>,
    /// It may ask for `admin:*`.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) admin_scopes: Option<bool>,
    /// What it may ask the authorization endpoint for: codes, or, for old clients, also ID tokens.
    #[arg(long, short = 'f', alias = "flow_type", value_name = "FLOW", value_parser = ["code", "code id_token"])]
    pub(crate) flow: Option<String>,
    /// Where it is told that a session ended, by back-channel logout.
    #[arg(long, value_name = "URI")]
    pub(crate) backchannel_logout_uri: Option<String>,
    /// It has to be told which session ended.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) backchannel_logout_session_required: Option<bool>,
}

/// `oidc:create-claim`. Formerly the client stood first, and the parameter last.
#[derive(Debug, Args)]
pub struct CreateClaim {
    /// Name of the claim.
    pub name: String,
    /// Scope that it is given with.
    pub scope: String,
    /// Id of the client.
    pub client_id: String,
    /// Where the value comes from; `oidc:list-claim-functions` lists them.
    pub function: String,
    /// The group, for functions about one.
    #[arg(long, short = 'p', value_name = "GROUP")]
    pub parameter: Option<String>,
    /// The group, in the former spelling.
    #[arg(hide = true, value_name = "GROUP", conflicts_with = "parameter")]
    pub former_parameter: Option<String>,
}

/// A place where browsers may be sent after logout.
#[derive(Debug, Args)]
pub struct LogoutUriOf {
    /// The place.
    pub uri: String,
    /// Only from this client, rather than from every one.
    #[arg(long, value_name = "ID")]
    pub client: Option<String>,
}

/// `oidc:resource`.
#[derive(Debug, Subcommand)]
pub enum ResourceCommand {
    /// Add a resource server, or replace it.
    Add(AddResource),
    /// List those that were added.
    List,
    /// Remove one.
    Remove {
        /// Its identifier.
        uri: String,
    },
}

/// `oidc:resource add`.
#[derive(Debug, Args)]
pub struct AddResource {
    /// Its identifier: the URL that it is reached by.
    pub uri: String,
    /// Scopes that it defines, separated by blanks.
    #[arg(long, default_value = "")]
    pub scopes: String,
    /// Id of the client that speaks for it.
    #[arg(long, value_name = "ID")]
    pub owner: Option<String>,
    /// Form of its tokens.
    #[arg(long, value_enum)]
    pub token_type: Option<TokenTypeFlag>,
    /// Signs its tokens: `RS256`, `ES256` or `EdDSA`.
    #[arg(long, value_name = "ALG")]
    pub algorithm: Option<String>,
    /// Its tokens tell the user's `groups` or `roles`; repeatable.
    #[arg(long, value_name = "CLAIM")]
    pub claim: Vec<String>,
    /// Also clients that registered themselves may ask for its tokens.
    #[arg(long)]
    pub open: bool,
    /// In exchanges, this scope of the subject token becomes that one here: `from=to`; repeatable.
    #[arg(long, value_name = "FROM=TO")]
    pub map_scope: Vec<String>,
}

/// `oidc:initial-access-token`.
#[derive(Debug, Subcommand)]
pub enum InitialAccessTokenCommand {
    /// Make one and print it; it is shown only now.
    Create {
        /// Resources that clients registered with it may ask tokens for, separated by blanks.
        #[arg(long, default_value = "", value_name = "URIS")]
        resources: String,
        /// How long it is good, in seconds.
        #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
        expires_in: u64,
    },
    /// End one before its time.
    Remove {
        /// File with the token.
        token_file: PathBuf,
    },
}

/// `oidc:config`.
#[derive(Debug, Subcommand)]
pub enum SettingCommand {
    /// Show what was set.
    Get {
        /// Only this one.
        key: Option<String>,
    },
    /// Set one.
    Set {
        /// Which.
        key: String,
        /// To what.
        value: String,
    },
    /// Go back to the built-in value.
    Unset {
        /// Which.
        key: String,
    },
}
