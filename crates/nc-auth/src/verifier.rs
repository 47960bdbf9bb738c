//! Tokens of other issuers, verified by their published keys.
//!
//! Access tokens and ID tokens have a verifier each, which share no constructor: neither can be taken for the other.

mod access;
mod cache;
mod discovery;
mod id;
mod source;

pub use access::{AccessTokenVerifier, LegacyTyp, Revocations, Verified};
pub use discovery::Discovery;
pub use id::{IdTokenRefusal, IdTokenVerifier};
pub use source::{JwkSource, JwkSources, SourceError};
