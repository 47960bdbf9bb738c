//! Boots the shipped assembly for tests.
//!
//! * [`app`]: the MCP server over the embedded cloud, as `demo` assembles them, on real sockets.
//! * [`cloud_app`]: the embedded cloud with its provider, and [`browser`] to sign in there.
//! * [`recorder`]: what the client sends to the cloud; [`wire_record`]: what passes at the cloud's door.
//! * [`own_issuer_app`]: the MCP server with its own authorization server over that cloud.
//! * [`external_app`]: the same for the tokens of an issuer elsewhere; [`provisioning`]: people who give it access.
//! * [`conformance`]: a backend with everything that the MCP conformance suite asks for.
//! * [`site`]: a cloud that shares with other servers.
//! * [`tab`]: a browser that visits any server.
//! * [`totp`]: the codes of an authenticator app; [`authenticator`]: a passkey.
//! * [`documents`]: documents that are made to do harm.
//! * [`load`] and [`mod@bench`]: what `cargo xtask bench` measures with.

pub mod app;
pub mod authenticator;
pub mod bench;
pub mod browser;
pub mod cloud_app;
pub mod conformance;
pub mod documents;
pub mod external_app;
pub mod load;
pub mod own_issuer_app;
pub mod provisioning;
pub mod recorder;
pub mod site;
pub mod tab;
pub mod totp;
pub mod wire_record;
