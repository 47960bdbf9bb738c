//! What nextcloud-mcp-server stored, read once to be kept here.
//!
//! * [`fernet`]: how it encrypted.
//! * [`PeerStore`]: its database. It is only read, and every row is judged on its own.

pub mod fernet;
mod peer_store;

pub use peer_store::{AppPasswordRow, BadRow, LeftBehind, PeerError, PeerStore, RefreshTokenRow};
