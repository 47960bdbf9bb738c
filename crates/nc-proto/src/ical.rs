//! Calendar objects: iCalendar (RFC 5545), read and changed in place over [`content`](crate::content).

pub mod busy;
pub mod event;
pub mod item;
pub mod itip;
pub mod recurrence;
pub mod rule;
pub mod series;
pub mod todo;
pub mod validate;
mod when;
pub mod zones;

pub use when::{Duration, ValueError, When};
