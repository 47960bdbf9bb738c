//! Open Cloud Mesh: shares with people on other servers.
//!
//! * [`Ocm`]: opened once, cloned cheaply. It answers the cloud as [`nc_auth::federation::ShareAuth`] and
//!   [`nc_auth::federation::Federation`], and other servers by its router.
//! * [`OcmConfig`]: what an operator decides.
//! * [`net`]: other servers, and messages to them.
//! * [`inbound`]: messages of other servers, and who signed them.
//! * [`Random`]: where unguessable bytes come from.
//! * [`signature`]: signatures of messages, without I/O.
//!
//! Everything that another server sends is a stranger's text: bounded in size, depth and time, and never a credential of a user.

mod config;
mod error;
mod federation;
pub mod inbound;
mod invites;
mod keys;
mod limits;
mod measures;
pub mod net;
mod ocm;
mod outbox;
mod provider;
mod random;
mod receiver;
mod routes;
pub mod signature;
mod upkeep;

pub use config::{InboundSignatures, OcmConfig, Offer, OutboundSignatures};
pub use error::OcmError;
pub use invites::{Contact, Invite};
pub use keys::{
    KEY_SET_REMEMBERED_S, KeyChange, KeyInfo, KeyKind, KeyParts, KeySlot, Keys, OwnCavageKey, OwnKey, origins,
};
pub use ocm::{Ocm, OcmParts};
pub use outbox::{MessageKind, Outgoing, Sent};
pub use provider::take_back_tokens;
pub use random::Random;
