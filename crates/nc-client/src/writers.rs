//! One writer per object: those who come at the same time wait for their turn.

use std::{fmt, sync::Arc, time::Duration};

use moka::sync::Cache;
use nc_proto::dav::DavPath;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{Error, Subject};

/// How long a turn is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The objects that are being written with one credential.
pub(crate) struct Writers(Cache<DavPath, Arc<Mutex<()>>>);

/// The turn to write an object; lets the next one in when it is dropped.
#[derive(Debug)]
pub struct WriterTurn {
    _guard: OwnedMutexGuard<()>,
}

impl Default for Writers {
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(1_000)
            .time_to_idle(Duration::from_mins(1));
        Self(cache.build())
    }
}

impl Writers {
    pub(crate) async fn turn(&self, path: &DavPath, subject: &Subject) -> Result<WriterTurn, Error> {
        let lock = self.0.get_with_by_ref(path, Arc::default);
        match tokio::time::timeout(LONGEST_WAIT, lock.lock_owned()).await {
            Ok(guard) => Ok(WriterTurn { _guard: guard }),
            Err(_) => Err(Error::Locked {
                subject: subject.clone(),
                owner: None,
            }),
        }
    }
}

impl fmt::Debug for Writers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Writers")
    }
}
