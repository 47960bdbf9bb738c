//! Counts tokens that were not believed, by address, so that somebody who tries many is told to wait.

use std::net::IpAddr;

use nc_proto::clock::Clock;
use nc_web::ClientAddress;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

const WINDOW_S: i64 = 60;
/// Failures from one address in a window. Tokens that are good are believed beyond it: nobody is locked out by others.
const MOST: u32 = 30;
/// Addresses that are counted at a time; then the oldest windows go, and if none has ended, all.
const MOST_ADDRESSES: usize = 50_000;

pub(crate) struct Failures {
    clock: Clock,
    windows: Mutex<HashMap<Option<IpAddr>, (i64, u32)>>,
}

impl Failures {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            windows: Mutex::default(),
        }
    }

    /// Counts one. The seconds to wait, when there were too many.
    pub(crate) fn count(&self, address: Option<ClientAddress>) -> Option<u64> {
        let now = self.clock.now().unix_timestamp();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MOST_ADDRESSES {
            windows.retain(|_, (began_at, _)| now < *began_at + WINDOW_S);
            if windows.len() >= MOST_ADDRESSES {
                windows.clear();
            }
        }
        let (began_at, failures) = windows
            .entry(address.map(ClientAddress::subscriber))
            .or_insert((now, 0));
        if now >= *began_at + WINDOW_S {
            (*began_at, *failures) = (now, 0);
        }
        *failures += 1;
        (*failures > MOST).then(|| u64::try_from(*began_at + WINDOW_S - now).unwrap_or(1).max(1))
    }
}
