//! Who calls, and what they may do.
//!
//! * [`Scope`] and [`ScopeSet`]: the permissions of this product, one spelling each.
//! * [`Grants`]: what a credential allows; absent and empty are different things.
//! * [`Caller`]: the identity that every call carries as a parameter.
//! * [`assertion`] and [`dpop`]: clients that prove that they have a key.
//! * [`basic`]: reading an HTTP `Authorization: Basic` header.
//! * [`external`]: tokens of issuers that an administrator trusts, with the accounts that they lead to.
//! * [`federation`]: shares with people on other servers, and what a credential of theirs stands for.
//! * [`fetch`]: documents of others, with a guard in front of every connection.
//! * [`jws`]: signatures of tokens.
//! * [`token`]: what is asked of a verifier of access tokens, and what it learns.
//! * [`verifier`]: tokens of other issuers.

pub mod assertion;
pub mod basic;
mod caller;
pub mod dpop;
pub mod external;
pub mod federation;
pub mod fetch;
mod grants;
pub mod jws;
mod scope;
mod seen;
#[cfg(test)]
mod signer;
#[cfg(test)]
mod testing;
pub mod token;
pub mod verifier;

pub use caller::{Caller, Credential, LoginName, UserId};
pub use grants::Grants;
pub use scope::{Scope, ScopeKind, ScopeSet, UnknownScope};
pub use seen::{MemoryFailed, SeenBefore};
