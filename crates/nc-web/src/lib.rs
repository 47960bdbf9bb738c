//! The axum kit shared by every HTTP surface, and all HTML pages.
//!
//! * [`Kit`]: what every router is wrapped in: request id, log line, metrics, panic catcher, security headers.
//! * [`ClientAddress`], [`ClientOrigin`], [`TrustedProxies`]: who is at the other end, and by which URL it came.
//! * [`Identified`]: who a request turned out to be, for the log line.
//! * [`cookies`], [`csrf`]: for forms.
//! * [`pages`]: the HTML pages; plain, light and dark, no script.
//! * [`PathName`]: what a path names, of which nothing is refused before its handler.
//! * [`RateLimit`]: so many per minute and address.
//! * [`serve()`]: listens, until told to stop.

mod client_address;
pub mod cookies;
pub mod csrf;
mod identified;
mod kit;
pub mod pages;
mod path_name;
mod proxies;
mod rate_limit;
mod serve;

pub use client_address::ClientAddress;
pub use identified::Identified;
pub use kit::{Kit, RequestId};
pub use path_name::PathName;
pub use proxies::{ClientOrigin, NotAProxy, TrustedProxies};
pub use rate_limit::RateLimit;
pub use serve::{GRACE, serve};
