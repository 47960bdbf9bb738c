use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use nc_auth::fetch::{GuardedClient, Network};
use tokio::sync::Mutex as AsyncMutex;

use super::{mounts::MountCache, tokens::Token};
use crate::{OcmConfig, OcmError, net};

/// The longest pause in what is downloaded.
const PAUSE: Duration = Duration::from_mins(1);
/// The longest upload: its answer begins only at its end.
const UPLOAD: Duration = Duration::from_hours(6);

/// More shares than this are not kept in memory; then all begin anew.
const MAX_TOKENS: usize = 10_000;

type Flight = Arc<AsyncMutex<()>>;

/// What the receiving side remembers. All of it may be lost: the database knows.
pub(crate) struct State {
    /// For requests to files.
    pub(super) files: GuardedClient,
    /// For those with a body that comes from somewhere else, as fast as it comes.
    pub(super) uploads: GuardedClient,
    tokens: Mutex<HashMap<String, Token>>,
    flights: Mutex<HashMap<String, Flight>>,
    pub(super) mounts: MountCache,
}

impl State {
    pub(crate) fn new(config: &OcmConfig, network: &Arc<dyn Network>) -> Result<Self, OcmError> {
        Ok(Self {
            files: net::client(config, Arc::clone(network), PAUSE)?,
            uploads: net::client(config, Arc::clone(network), UPLOAD)?,
            tokens: Mutex::default(),
            flights: Mutex::default(),
            mounts: MountCache::default(),
        })
    }

    /// The token of a share that was used last.
    pub(super) fn token(&self, share: &str) -> Option<Token> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(share).cloned()
    }

    pub(super) fn remember(&self, share: &str, token: &Token) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MAX_TOKENS {
            tokens.clear();
        }
        tokens.insert(share.to_owned(), token.clone());
    }

    /// Forgets what is known about a share that ended or moved.
    pub(super) fn forget(&self, share: &str) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.remove(share);
        self.mounts.clear();
    }

    /// The queue of those in this process who need a new token for a share.
    pub(super) fn flight(&self, share: &str) -> Flight {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.retain(|_, flight| Arc::strong_count(flight) > 1);
        Arc::clone(flights.entry(share.to_owned()).or_default())
    }
}
