//! What tests put around the code under test.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use nc_proto::{clock::Clock, oauth::jose::JwkSet};
use time::OffsetDateTime;
use url::Url;

use crate::{
    MemoryFailed, SeenBefore,
    fetch::{Fetch, FetchError, Fetched},
    signer::Signer,
};

pub(crate) const NOW: i64 = 1_700_000_000;

pub(crate) fn clock() -> Clock {
    Clock::manual(OffsetDateTime::from_unix_timestamp(NOW).expect("a time"))
}

pub(crate) fn set(signers: &[&Signer]) -> JwkSet {
    JwkSet(signers.iter().map(|signer| signer.jwk()).collect())
}

/// A server of documents that can go down, and counts how often it is asked.
#[derive(Default)]
pub(crate) struct Documents {
    pub(crate) body: Mutex<Option<String>>,
    pub(crate) asked: AtomicUsize,
    pub(crate) bearer: Mutex<Option<String>>,
}

impl Documents {
    pub(crate) fn serve(&self, body: Option<String>) {
        *self.body.lock().expect("not poisoned") = body;
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Fetch for Documents {
    async fn get(&self, _: &Url, bearer: Option<&str>, _: usize) -> Result<Fetched, FetchError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        *self.bearer.lock().expect("not poisoned") = bearer.map(str::to_owned);
        // Others that want the same document get a chance to ask for it too.
        tokio::task::yield_now().await;
        let body = self.body.lock().expect("not poisoned").clone();
        let body = body.ok_or(FetchError::Unreachable)?.into_bytes();
        Ok(Fetched { body, max_age_s: None })
    }
}

/// A memory of what was seen.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) Mutex<HashMap<String, i64>>);

#[async_trait]
impl SeenBefore for Memory {
    async fn see_once(&self, name: &str, expires_at: i64, now: i64) -> Result<bool, MemoryFailed> {
        let mut known = self.0.lock().expect("not poisoned");
        known.retain(|_, until| *until > now);
        Ok(known.insert(name.to_owned(), expires_at).is_none())
    }
}

/// A memory that is down.
pub(crate) struct Amnesia;

#[async_trait]
impl SeenBefore for Amnesia {
    async fn see_once(&self, _: &str, _: i64, _: i64) -> Result<bool, MemoryFailed> {
        Err(MemoryFailed)
    }
}
