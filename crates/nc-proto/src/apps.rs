//! Interfaces of single apps.
//!
//! * [`notes`]: the Notes app, version 1 of its interface.

pub mod notes;
