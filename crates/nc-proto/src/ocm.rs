//! Open Cloud Mesh: what servers say to each other about shares (IETF draft of `cs3org/OCM-API`, API 1.4.0, and what
//! Nextcloud 31 to 34 say instead).
//!
//! Nothing here fetches, signs or stores. What a stranger sent is read with bounds on size and depth, and refused as soon as a
//! field is not what it has to be; secrets are [`secrecy::SecretString`].
//!
//! * [`PeerHost`], [`OcmAddress`]: who.
//! * [`Discovery`]: what a server can do, and where.
//! * [`ShareMessage`], [`Notification`], [`InviteAccepted`]: what is posted.
//! * [`TokenForm`], [`TokenAnswer`]: the exchange of a secret for an access token.
//! * [`MessageFault`], [`ErrorBody`]: what is wrong with a message.

mod address;
mod discovery;
mod fault;
mod invite;
pub mod json;
mod members;
mod name;
mod notification;
mod permissions;
mod share;
mod token;
mod token_answer;

pub use address::{AddressError, OcmAddress, PeerHost};
pub use discovery::{Capability, Criterion, Discovery, DiscoveryError, PublicKey, ResourceType};
pub use fault::{ErrorBody, MessageFault, ValidationError};
pub use invite::{InviteAccepted, InviteAnswer, InviteToken, InviteTokenError};
pub use name::{NameError, clean_name, clean_text};
pub use notification::{Notification, NotificationKind, ReshareAnswer};
pub use permissions::{permission_words, permissions_of_words};
pub use share::{
    AccessType, OtherProtocols, Requirement, Requirements, ShareAccepted, ShareKind, ShareMessage, WebApp, Webdav,
    WebdavUri,
};
pub use token::{Grant, TokenErrorBody, TokenErrorCode, TokenForm};
pub use token_answer::{TokenAnswer, TokenAnswerError};

/// The largest message that is read, in bytes.
pub const MESSAGE_MAX_BYTES: usize = 64 << 10;
/// How deeply a message may be nested.
pub const MESSAGE_MAX_DEPTH: u8 = 16;
