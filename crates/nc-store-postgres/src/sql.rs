//! The statements, one file for each kind of record. They take a connection: a reader's or a unit's.

pub(crate) mod access_tokens;
pub(crate) mod audit;
pub(crate) mod audit_ends;
pub(crate) mod clients;
pub(crate) mod codes;
pub(crate) mod consents;
pub(crate) mod credentials;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod refresh_tokens;
pub(crate) mod resources;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod subjects;
pub(crate) mod sweep;
pub(crate) mod tickets;
