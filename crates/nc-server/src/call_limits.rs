//! So many calls of tools a minute: of one person through one client, and of everybody together.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use nc_auth::Caller;
use nc_mcp_kit::Limit;
use nc_proto::clock::Clock;

/// Callers that are counted at a time; then all begin anew, which errs on the side of the clients.
const MOST_CALLERS: usize = 50_000;

/// The limits; 0 stands for none.
#[derive(Debug)]
pub(crate) struct CallLimits {
    of_client: u32,
    of_all: u32,
    clock: Clock,
    minute: Mutex<Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    all: u32,
    /// By person and client: a client that many people use is not stopped by one of them.
    callers: HashMap<(String, Option<String>), u32>,
}

impl CallLimits {
    /// At most so many a minute of one person through one client, and of everybody.
    pub(crate) fn new(of_client: u32, of_all: u32, clock: Clock) -> Self {
        Self {
            of_client,
            of_all,
            clock,
            minute: Mutex::default(),
        }
    }
}

impl Limit for CallLimits {
    fn count(&self, caller: &Caller) -> Result<(), u64> {
        let now = self.clock.now().unix_timestamp();
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.number != now.div_euclid(60) {
            *minute = Minute {
                number: now.div_euclid(60),
                ..Minute::default()
            };
        }
        if minute.callers.len() >= MOST_CALLERS {
            minute.callers.clear();
        }
        let wait_s = u64::try_from(60 - now.rem_euclid(60)).unwrap_or(60);
        if self.of_all > 0 && minute.all >= self.of_all {
            return Err(wait_s);
        }
        let key = (
            caller.subject.as_str().to_owned(),
            caller.client.as_deref().map(str::to_owned),
        );
        let calls = minute.callers.entry(key).or_default();
        if self.of_client > 0 && *calls >= self.of_client {
            return Err(wait_s);
        }
        *calls = calls.saturating_add(1);
        minute.all = minute.all.saturating_add(1);
        Ok(())
    }
}
