//! Who calls, and what they may do.
//!
//! * [`Scope`] and [`ScopeSet`]: the permissions of this product, one spelling each.
//! * [`Grants`]: what a credential allows; absent and empty are different things.
//! * [`Caller`]: the identity that every call carries as a parameter.
//! * [`basic`]: reading an HTTP `Authorization: Basic` header.
//! * [`jws`]: signatures of tokens.
//! * [`token`]: what is asked of a verifier of access tokens, and what it learns.

pub mod basic;
mod caller;
mod grants;
pub mod jws;
mod scope;
#[cfg(test)]
mod signer;
pub mod token;

pub use caller::{Caller, Credential, LoginName, UserId};
pub use grants::Grants;
pub use scope::{Scope, ScopeSet, UnknownScope};
