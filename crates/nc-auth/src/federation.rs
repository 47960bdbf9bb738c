//! Shares with people on other servers (Open Cloud Mesh): what the cloud that holds the files, and the part that speaks with
//! other servers, ask of each other. Neither depends on the other; the server joins them.
//!
//! * [`SharePrincipal`]: what a credential of another server stands for. It is never a user: nothing turns it into a
//!   [`crate::Caller`] or a [`crate::UserId`] that signed in, so a handler for users cannot be called with it.
//! * [`ShareAuth`]: who may use the mounts of shares. Asked by the cloud.
//! * [`Federation`]: shares to and from other servers. Asked by the cloud.
//! * [`Residents`]: people and files of this server. Asked by the part that speaks with other servers.
//!
//! All times are Unix seconds.

mod headers;
mod principal;
mod remote;
mod residents;
mod shares;

pub use headers::{passed_back, passed_on};
pub use principal::{ShareAuth, ShareCredential, SharePrincipal, ShareRefusal, ShareRequest};
pub use remote::{BodyStream, RemoteAnswer, RemoteBody, RemoteError, RemoteMount, RemoteRequest};
pub use residents::{Person, Reached, Residents, ResidentsError};
pub use shares::{
    Federation, FederationError, InShare, InShareState, NewOutShare, OutShare, OutShareChange, OutShareFilter,
    RemoteKind,
};
