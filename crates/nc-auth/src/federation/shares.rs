use std::sync::Arc;

use async_trait::async_trait;
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};

use super::{RemoteAnswer, RemoteError, RemoteMount, RemoteRequest};
use crate::UserId;

/// Whom a share with another server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RemoteKind {
    /// One person; share type 6.
    User,
    /// A group; share type 9.
    Group,
}

/// A share to be made.
#[derive(Debug, Clone)]
pub struct NewOutShare {
    /// Who shares.
    pub sharer: UserId,
    /// The number of the file or folder, which the sharer reaches and may share.
    pub node: i64,
    /// Person or group.
    pub kind: RemoteKind,
    /// Their address: `bob@cloud.example.org`.
    pub share_with: String,
    /// What they may do.
    pub permissions: SharePermissions,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// A word to them; may be empty.
    pub note: String,
}

/// A share with somebody on another server, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutShare {
    /// Its number in the sharing API. The same sequence as of no other kind of share.
    pub number: i64,
    /// Its stable public id (`providerId`).
    pub id: String,
    /// Who shared it.
    pub sharer: UserId,
    /// The file or folder.
    pub node: i64,
    /// Person or group.
    pub kind: RemoteKind,
    /// The address.
    pub share_with: String,
    /// What they may do.
    pub permissions: SharePermissions,
    /// When it was shared.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// A word to them.
    pub note: String,
}

/// Which shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutShareFilter {
    /// With this number.
    Number(i64),
    /// Shared by this person.
    Sharer(UserId),
    /// Of this file or folder.
    Node(i64),
}

/// What is changed; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutShareChange {
    /// What they may do.
    pub permissions: Option<SharePermissions>,
    /// When it ends; `Some(None)`: never.
    pub expires_at: Option<Option<i64>>,
    /// A word to them.
    pub note: Option<String>,
}

/// Where an incoming share is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InShareState {
    /// Waits for an answer.
    Pending,
    /// Among the files.
    Accepted,
    /// Declined or removed.
    Declined,
    /// The other server takes its secret no more.
    AuthFailed,
    /// Ended by the other server.
    Dead,
}

/// A share from another server, as the one sees it with whom it is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InShare {
    /// Its number in the sharing API, of a sequence of its own.
    pub number: i64,
    /// Person or group that it is for.
    pub kind: RemoteKind,
    /// The other server: `https://cloud.example.org/`.
    pub remote: String,
    /// The share's id there.
    pub remote_id: String,
    /// What it is called there.
    pub name: String,
    /// Who owns it there: `alice@cloud.example.org`. Text of a stranger.
    pub owner: String,
    /// The one here.
    pub user: UserId,
    /// Where it appears, once accepted.
    pub mount_point: Option<DavPath>,
    /// Whether it is a folder, if the other server said so.
    pub is_folder: bool,
    /// What it allows, as the other server said.
    pub permissions: SharePermissions,
    /// Where it is in its life.
    pub state: InShareState,
    /// When it came.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: Option<i64>,
}

/// Why nothing was done with a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FederationError {
    /// The request is wrong, or the other server does not want it; the text says what to do, and holds nothing of strangers.
    #[error("{0}")]
    Refused(String),
    /// There is no such share for this person.
    #[error("there is no such share")]
    NotFound,
    /// The other server does not answer.
    #[error("the other server cannot be reached")]
    Unavailable {
        /// Seconds until it is worth another try, if that is known.
        retry_after_s: Option<u32>,
    },
    /// The cause is on this side.
    #[error("{0}")]
    Failed(String),
}

/// Shares to and from other servers.
#[async_trait]
pub trait Federation: Send + Sync {
    /// Makes a share and tells the other server. An error leaves nothing behind.
    async fn share(&self, new: NewOutShare) -> Result<OutShare, FederationError>;

    /// Live shares that others have of files here, oldest first.
    async fn outgoing(&self, filter: &OutShareFilter) -> Result<Vec<OutShare>, FederationError>;

    /// Changes a share. Less permissions count at the next request.
    async fn change(&self, number: i64, change: OutShareChange) -> Result<OutShare, FederationError>;

    /// Ends a share: at once here, and the other server is told.
    async fn revoke(&self, number: i64) -> Result<(), FederationError>;

    /// Ends every share of a file or folder that is gone for good.
    async fn node_deleted(&self, node: i64) -> Result<(), FederationError>;

    /// Takes back what opens the shares of somebody who was shut out. The shares wait: when their owner is back, they are opened
    /// by new tokens.
    async fn owner_disabled(&self, owner: &UserId) -> Result<(), FederationError>;

    /// Whether a share that others have of files here has neither ended nor lost its owner.
    async fn is_live(&self, share_id: &str) -> Result<bool, FederationError>;

    /// What others share with a person: what waits for an answer, or what was accepted; oldest first.
    async fn incoming(&self, user: &UserId, pending: bool) -> Result<Vec<InShare>, FederationError>;

    /// One share that is or was offered to a person.
    async fn incoming_one(&self, user: &UserId, number: i64) -> Result<InShare, FederationError>;

    /// Takes a share: it appears among the files. Taken already: nothing changes.
    async fn accept(&self, user: &UserId, number: i64) -> Result<InShare, FederationError>;

    /// Declines a share, or removes one that was accepted; the other server is told.
    async fn decline(&self, user: &UserId, number: i64) -> Result<(), FederationError>;

    /// Moves or renames the place where a share appears, which must be free.
    async fn move_mount(&self, user: &UserId, number: i64, to: &DavPath) -> Result<(), FederationError>;

    /// Where shares of other servers appear among a person's files. Answered from memory where nothing changed.
    async fn mounts(&self, user: &UserId) -> Result<Arc<[Arc<RemoteMount>]>, FederationError>;

    /// Sends a request about something in a mount to the other server, with the credential of the share.
    async fn send(&self, mount: &RemoteMount, request: RemoteRequest) -> Result<RemoteAnswer, RemoteError>;
}
