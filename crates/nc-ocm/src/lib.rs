//! Open Cloud Mesh: shares with people on other servers.
//!
//! * [`Ocm`]: opened once, cloned cheaply. It answers the cloud as [`nc_auth::federation::ShareAuth`] and
//!   [`nc_auth::federation::Federation`], and other servers by its router.
//! * [`OcmConfig`]: what an operator decides.
//! * [`Random`]: where unguessable bytes come from.
//!
//! Everything that another server sends is a stranger's text: bounded in size, depth and time, and never a credential of a user.

mod config;
mod error;
mod federation;
mod ocm;
mod provider;
mod random;
mod receiver;
mod routes;

pub use config::{InboundSignatures, OcmConfig, Offer, OutboundSignatures};
pub use error::OcmError;
pub use ocm::{Ocm, OcmParts};
pub use random::Random;
