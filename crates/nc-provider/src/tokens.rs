//! Making tokens.

mod access;
mod id;
mod issue;
mod opaque;
mod rules;

pub(crate) use access::{Access, Minted};
pub(crate) use id::{Beside, IdToken};
pub(crate) use issue::{Next, Order, client_end};
pub(crate) use opaque::Opaque;
