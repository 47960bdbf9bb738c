//! What metrics and logs may know of an exchange: status, length and time, never content.

use std::{fmt, time::Duration};

use http::Method;

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Method of the request.
    pub method: Method,
    /// Part of Nextcloud that was asked: `ocs`, `dav`, `status`, `login`, or an app's name.
    pub area: &'static str,
    /// Status of the answer; `None` if none came.
    pub status: Option<u16>,
    /// Time until the answer's head.
    pub elapsed: Duration,
}

/// Told about each exchange.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Takes note of one.
    fn exchanged(&self, exchange: &Exchange);
}
