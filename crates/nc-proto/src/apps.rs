//! Interfaces of single apps.
//!
//! * [`cookbook`]: the Cookbook app, version 1 of its interface.
//! * [`deck`]: the Deck app, versions 1.0 and 1.1 of its interface.
//! * [`notes`]: the Notes app, version 1 of its interface.
//! * [`sharing`]: files shared with people, groups and by link.
//! * [`tables`]: the Tables app, versions 1 and 2 of its interface.

pub mod cookbook;
pub mod deck;
mod ids;
pub mod notes;
pub mod sharing;
pub mod tables;
