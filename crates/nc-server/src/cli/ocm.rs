//! `ocm`: what an operator does about shares with other servers (Open Cloud Mesh).

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `ocm`.
#[derive(Debug, Args)]
pub struct OcmArguments {
    /// Folder of the embedded cloud; a server may be using it.
    #[arg(long, global = true, value_name = "DIR", default_value = "nextcloud-mcp-data")]
    pub data: PathBuf,
    /// The server's address as others know it, where it had several.
    #[arg(long, global = true, value_name = "URL")]
    pub origin: Option<String>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: OcmCommand,
}

/// What an operator does.
#[derive(Debug, Subcommand)]
pub enum OcmCommand {
    /// The keys that sign messages and access tokens. A running server follows within seconds.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Other servers.
    #[command(subcommand)]
    Peers(PeersCommand),
    /// Invitations, by which people of two servers become known to each other.
    #[command(subcommand)]
    Invite(InviteCommand),
}

/// `ocm keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys: pending, active, retiring.
    List,
    /// Publish new keys, which do not sign yet.
    Stage,
    /// Let pending keys sign that have been published for an hour. Those that signed retire, and stay published.
    Activate {
        /// Also keys that other servers may not know yet.
        #[arg(long)]
        force: bool,
    },
    /// Remove retiring keys whose signatures are good no more. A running server does it by itself.
    Retire {
        /// Also those whose signatures may still be good: a private key may be known. Access tokens that they signed are
        /// refused from then on.
        #[arg(long)]
        force: bool,
    },
}

/// `ocm peers`.
#[derive(Debug, Subcommand)]
pub enum PeersCommand {
    /// List the servers that ever signed a message to this one.
    List,
    /// Forget the key by which a server's draft-cavage signatures are checked: the next good message brings another. For a
    /// Nextcloud that was set up anew.
    ResetKey {
        /// The server: `cloud.example.org`, with its port if that is unusual.
        host: String,
    },
}

/// `ocm invite`.
#[derive(Debug, Subcommand)]
pub enum InviteCommand {
    /// Make an invitation and print it, only now. Whoever takes it and this account become known to each other.
    Create {
        /// User id of the account that invites.
        user: String,
    },
    /// Take an invitation of somebody on another server.
    Accept {
        /// User id of the account that takes it.
        user: String,
        /// File with the invitation; `-` reads it from standard input.
        file: PathBuf,
        /// Name of the person, as the other one sees it; the user id otherwise.
        #[arg(long)]
        name: Option<String>,
        /// Mail address of the person, for the other one.
        #[arg(long)]
        email: Option<String>,
    },
    /// List the people on other servers whom an account knows by invitations.
    Contacts {
        /// User id of the account.
        user: String,
    },
}
