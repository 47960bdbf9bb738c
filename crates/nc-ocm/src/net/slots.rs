//! What is remembered of other servers.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use moka::sync::Cache;
use nc_proto::ocm::PeerHost;
use tokio::sync::Mutex;

use super::{Peer, PeerFault};

/// Servers that are remembered at a time. Each may hold two documents.
const MAX_SERVERS: u64 = 512;

/// By server.
pub(super) struct Slots(Cache<PeerHost, Arc<Slot>>);

impl Slots {
    pub(super) fn new() -> Self {
        Self(Cache::new(MAX_SERVERS))
    }

    pub(super) fn of(&self, host: &PeerHost) -> Arc<Slot> {
        self.0.get_with_by_ref(host, Arc::default)
    }
}

/// One server. Who holds a lock may ask it; others wait, and then know what was answered.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) discovery: Mutex<DiscoverySlot>,
    pub(super) keys: Mutex<KeySlot>,
}

#[derive(Default)]
pub(super) struct DiscoverySlot {
    /// Whether the database was asked.
    pub(super) is_loaded: bool,
    pub(super) good: Option<Arc<Peer>>,
    /// What went wrong, and when.
    pub(super) failed: Option<(i64, PeerFault)>,
    /// When it was last fetched, well or not.
    pub(super) asked_at: Option<i64>,
}

#[derive(Default)]
pub(super) struct KeySlot {
    /// Whether the database was asked.
    pub(super) is_loaded: bool,
    /// The set, and when it was fetched.
    pub(super) set: Option<(i64, Bytes)>,
    /// What went wrong, and when.
    pub(super) failed: Option<(i64, PeerFault)>,
    /// When the set was last fetched, well or not.
    pub(super) asked_at: Option<i64>,
    /// Names that are not in the set, and when they were looked for.
    pub(super) missing: BTreeMap<String, i64>,
}

/// Whether something at `at` is less than `seconds` ago. What lies in the future is not, in case the clock was put back.
pub(super) fn is_within(at: i64, now: i64, seconds: i64) -> bool {
    (0..seconds).contains(&(now - at))
}
