//! Settings of a client. Plain values: files, environment and flags are read elsewhere.

use std::{sync::Arc, time::Duration};

use crate::{BaseUrl, observe::Observer};

/// Settings of the client for one Nextcloud.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Where requests go.
    pub base_url: BaseUrl,
    /// How people's browsers reach it, where that differs (a container network, a proxy).
    pub public_url: Option<BaseUrl>,
    /// Sent with each request; also the name of app passwords that Login Flow makes.
    pub user_agent: String,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// Whom to believe to be that Nextcloud.
    pub tls: Tls,
    /// How much to read at most.
    pub limits: Limits,
    /// When to try again.
    pub retry: RetryPolicy,
    /// When to upload in parts.
    pub upload: UploadPolicy,
    /// Whether connections are kept for further requests.
    pub keepalive: bool,
    /// Whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are heeded.
    pub proxy_from_environment: bool,
    /// Files and folders with one of these tags are hidden from every call about files, with all that is in them.
    pub excluded_tags: Vec<String>,
    /// Told about each exchange, for metrics.
    pub observer: Option<Arc<dyn Observer>>,
}

impl ClientConfig {
    /// Usual settings for the Nextcloud at `base_url`.
    pub fn new(base_url: BaseUrl) -> Self {
        Self {
            base_url,
            public_url: None,
            user_agent: concat!("nextcloud-mcp/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts::default(),
            tls: Tls::default(),
            limits: Limits::default(),
            retry: RetryPolicy::default(),
            upload: UploadPolicy::default(),
            keepalive: true,
            proxy_from_environment: true,
            excluded_tags: Vec::new(),
            observer: None,
        }
    }
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the head of an answer, once the request was sent.
    pub response: Duration,
    /// For the next piece of an answer.
    pub idle: Duration,
    /// For a whole call with all its repetitions, transfers of files excepted. MCP clients give up after 60 s or
    /// less, so it ends before.
    pub call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            response: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            call: Duration::from_secs(45),
        }
    }
}

/// Whom to believe to be that Nextcloud.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Certificates in PEM form that are trusted besides the system's.
    pub extra_roots_pem: Vec<u8>,
    /// Whether certificates are checked.
    pub verification: Verification,
}

/// Whether certificates are checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verification {
    /// As it should be.
    #[default]
    Full,
    /// Not at all: anybody on the way can read passwords. Warned about at each start.
    DangerouslyOff,
}

/// How much to read at most, in bytes after decompression.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// One JSON or XML answer that is held in memory.
    pub answer_bytes: usize,
    /// One listing, which is read piece by piece.
    pub listing_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer_bytes: 64 * 1024 * 1024,
            listing_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// When to try again. Writes are only repeated when it is certain that nothing was stored.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Tries in all, for reads answered with 429 or 503.
    pub tries: u32,
    /// First wait where the server names none; doubles with each try.
    pub first_wait: Duration,
    /// Longest time spent waiting, over all tries of one call.
    pub budget: Duration,
    /// Tries in all, for whatever is answered with 423.
    pub locked_tries: u32,
    /// Longest time spent waiting for a lock.
    pub locked_budget: Duration,
    /// Start of the sequence that spreads the waits; chosen by the operating system where it is not set.
    pub jitter_seed: Option<u64>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 3,
            first_wait: Duration::from_secs(1),
            budget: Duration::from_secs(30),
            locked_tries: 4,
            locked_budget: Duration::from_secs(2),
            jitter_seed: None,
        }
    }
}

/// When to upload in parts.
#[derive(Debug, Clone, Copy)]
pub struct UploadPolicy {
    /// Largest file that goes in one request, in bytes.
    pub whole_up_to_bytes: u64,
    /// Size of a part, in bytes; between 5 MB and what the server allows.
    pub part_bytes: u64,
}

impl Default for UploadPolicy {
    fn default() -> Self {
        Self {
            whole_up_to_bytes: 20 * 1024 * 1024,
            part_bytes: 10 * 1024 * 1024,
        }
    }
}
