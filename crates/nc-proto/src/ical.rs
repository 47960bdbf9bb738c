//! Calendar objects: iCalendar (RFC 5545), read and changed in place over [`content`](crate::content).

pub mod recurrence;
pub mod rule;
mod when;
pub mod zones;

pub use when::{Duration, ValueError, When};
