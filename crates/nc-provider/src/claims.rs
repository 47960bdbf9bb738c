//! What tokens and the user info tell about a person.

mod about;
mod custom;
mod email;

pub(crate) use about::{about, groups};
pub use custom::{CUSTOM_CLAIM_FUNCTIONS, is_custom_claim_name};
