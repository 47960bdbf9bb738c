//! Sharing: who may use whose files, and how they appear at those with whom they are shared.
//!
//! * [`Shares`]: the shares, and who made what of them.
//! * `access`: whether one who shares something on still may.
//! * [`Mount`]: something that others share with a user, at its place in the user's tree.
//! * [`Elsewhere`]: something that people on other servers share, at its place in the user's tree.
//! * [`Tree`]: everything that somebody reaches by a path; [`Spot`] is one place in it, with what may be done there.
//! * `federated`: shares with people on other servers, which are kept elsewhere.
//! * [`routes`]: the interface `files_sharing`.

mod access;
mod api;
mod dates;
mod elsewhere;
mod ending;
mod expose;
mod federated;
mod input;
mod links;
mod mask;
mod mounts;
mod pages;
mod record;
mod sharees;
mod store;
mod tree;

pub(crate) use api::routes;
pub(crate) use elsewhere::Elsewhere;
pub(crate) use federated::end_federated;
pub(crate) use links::{Link, nobody};
pub(crate) use mask::{for_kind, letters};
pub(crate) use mounts::{Mount, fitting, numbered};
pub(crate) use pages::OpenedLinks;
pub(crate) use record::{Brief, Share, ShareType};
pub(crate) use store::Shares;
pub(crate) use tree::{Found, Mounted, Spot, Tree};
