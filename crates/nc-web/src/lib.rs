//! The axum kit shared by every HTTP surface: request log, error answers, security headers, pages.
//!
//! * [`ClientAddress`]: who is at the other end, past trusted proxies.

mod client_address;

pub use client_address::ClientAddress;
