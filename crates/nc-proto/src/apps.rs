//! Interfaces of single apps.
//!
//! * [`notes`]: the Notes app, version 1 of its interface.
//! * [`sharing`]: files shared with people, groups and by link.

pub mod notes;
pub mod sharing;
