//! What the tests share: [`Server`], a server that speaks Open Cloud Mesh; [`Town`], the people and files of one; and
//! [`Peer`], another server that answers what a test tells it to.

// Each test file needs a part of it.
#![allow(dead_code, unused_imports, clippy::allow_attributes)]

pub(crate) mod nextcloud;
mod peer;
mod server;
pub(crate) mod shelf;
mod town;

pub(crate) use peer::{Peer, Seen, reply};
pub(crate) use server::{Options, Server, clock, http, open_ocm, open_store};
pub(crate) use town::Town;
