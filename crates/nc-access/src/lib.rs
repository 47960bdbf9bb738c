//! The MCP server as an OAuth resource server.
//!
//! * [`Resource`]: what the endpoint says about itself (RFC 9728) and how it asks for a token (RFC 6750).
//! * [`BearerTokens`]: one access token per request becomes a [`nc_auth::Caller`].
//! * [`CloudAccess`]: which credential reaches the cloud for that person. Never the client's token.
//! * [`external`]: tokens of an issuer elsewhere.
//! * [`Vault`]: what people gave for that, sealed.
//! * [`ClientRules`]: what people decided about the clients that act for them.

mod bearer;
mod client_rules;
pub mod external;
mod random;
mod resource;
mod vault;

pub use bearer::{Access, BearerTokens, CloudAccess, NoAccess};
pub use client_rules::{ClientRule, ClientRules, Decision, PersonRules, RulesError};
pub use random::{NoRandomness, secret};
pub use resource::Resource;
pub use vault::{
    AppPassword, Discarded, DiscardedRefresh, Kept, KeptRefresh, NewRefresh, Profile, TakenOver, Vault, VaultError,
};
