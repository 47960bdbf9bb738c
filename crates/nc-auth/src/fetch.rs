//! Fetching documents of others: keys, client metadata, discovery.
//!
//! The addresses come from strangers or from configuration, so [`GuardedFetch`] follows no redirect, reads a bounded answer in
//! a bounded time, and connects only to the address that it checked. [`PageFetch`] does the same for pages of the web, and checks each
//! redirect as well. [`GuardedClient`] makes any other request behind the same guard.

use async_trait::async_trait;
use url::Url;

mod guarded;

pub use guarded::{
    Body, GuardedClient, GuardedFetch, Network, Page, PageError, PageFetch, PlainHttp, Posted, Reach, SystemNetwork,
    Wanted,
};

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The document.
    pub body: Vec<u8>,
    /// How long it may be kept, by its `Cache-Control`.
    pub max_age_s: Option<u64>,
}

/// Why nothing was fetched. For logs; a stranger is told no more than that it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address is not one that may be connected to.
    #[error("the address may not be fetched from")]
    Forbidden,
    /// Nobody answered in time, or not in a way that can be trusted.
    #[error("the server cannot be reached")]
    Unreachable,
    /// Another status than 200; also a redirect.
    #[error("the server answered {0}")]
    Status(u16),
    /// Not JSON.
    #[error("the answer is not JSON")]
    ContentType,
    /// More bytes than allowed.
    #[error("the answer is too large")]
    TooLarge,
}

/// Fetches JSON documents.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// The document at `url`, if it has no more than `max_bytes`. A `bearer` is sent along where given.
    async fn get(&self, url: &Url, bearer: Option<&str>, max_bytes: usize) -> Result<Fetched, FetchError>;
}

/// Tells other servers something.
#[async_trait]
pub trait PostForm: Send + Sync {
    /// Posts an encoded form. The status of the answer, which is not looked at otherwise.
    async fn post_form(&self, url: &Url, form: &str) -> Result<u16, FetchError>;
}
