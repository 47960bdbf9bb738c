//! The statements, one file for each kind of record. They take a connection: a reader's or a unit's.

pub(crate) mod access_tokens;
pub(crate) mod audit;
pub(crate) mod audit_ends;
pub(crate) mod clients;
pub(crate) mod codes;
pub(crate) mod consents;
pub(crate) mod contacts;
pub(crate) mod credentials;
pub(crate) mod federation_sweep;
pub(crate) mod grants;
pub(crate) mod in_share_members;
pub(crate) mod in_shares;
pub(crate) mod issued_tokens;
pub(crate) mod keys;
pub(crate) mod logout_notices;
pub(crate) mod out_shares;
pub(crate) mod outbox;
pub(crate) mod peers;
pub(crate) mod refresh_tokens;
pub(crate) mod reshares;
pub(crate) mod resources;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod subjects;
pub(crate) mod sweep;
pub(crate) mod tickets;
