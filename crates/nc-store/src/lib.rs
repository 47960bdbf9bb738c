//! What replicas of a server share: OAuth clients, grants, tokens, consents, keys, browser sessions. Traits and records;
//! the SQL is in the backends (`nc-store-sqlite`).
//!
//! * A [`Store`] answers questions ([`Lookup`]) and begins a [`Unit`] of work.
//! * A [`Unit`] answers the same questions inside its transaction, writes, and ends with [`Unit::commit`]. Dropped without
//!   it, it leaves nothing behind. Units are serialised: what one has read does not change until it ends.
//! * Keys, states and times are columns, so that a backend can find, expire and cascade. What only the owner of a record
//!   understands is its `document`, a JSON text; no backend looks into it, and no length limit cuts it.
//! * Entries of the audit log are chained ([`AuditChain`]): what is changed or taken out later is found.
//! * Tokens, codes and secrets are stored as [`Digest`] only. What must be read again is sealed by a [`Sealer`].
//!
//! All times are Unix seconds.

mod audit_chain;
#[cfg(feature = "conformance")]
pub mod conformance;
mod digest;
mod error;
mod federation;
mod records;
mod seal;
mod store;

pub use audit_chain::{AuditChain, AuditEnd, AuditReport, AuditWalk, BrokenEntry, ChainedEntry, WhichEnd};
pub use digest::Digest;
pub use error::StoreError;
pub use federation::{
    ContactRecord, FederationLookup, FederationUnit, InShareMemberRecord, InShareRecord, InShareState,
    IssuedTokenRecord, OutShareRecord, OutShareState, OutboxRecord, PeerRecord, ReshareRecord,
};
pub use records::{
    AccessTokenRecord, AuditEntry, AuditRecord, ClientKind, ClientRecord, CodeRecord, ConsentRecord, CredentialKind,
    CredentialRecord, CredentialState, GrantRecord, KeyRecord, KeyState, KnownToken, LogoutNoticeRecord, NewClient,
    RefreshState, RefreshTokenRecord, ResourceRecord, SessionRecord, SpentCode, TicketKind, TicketRecord,
};
pub use seal::{SealError, Sealer};
pub use store::{Lookup, Store, Unit};
