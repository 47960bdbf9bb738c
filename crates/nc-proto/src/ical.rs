//! Calendar objects: iCalendar (RFC 5545), read and changed in place over [`content`](crate::content).

mod when;
pub mod zones;

pub use when::{Duration, ValueError, When};
