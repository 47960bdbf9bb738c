use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use nc_auth::UserId;
use tokio::sync::{self, OwnedMutexGuard};

/// One change of a user's notes, or recipes, at a time. A change of a note is several changes of files (text, name, mark, time), which
/// must not mix with another's; among those with the same `If-Match`, one wins.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<UserId, Arc<sync::Mutex<()>>>>);

impl Turns {
    /// Waits for the turn.
    pub(crate) async fn take(&self, user: &UserId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(user.clone()).or_default())
        };
        turn.lock_owned().await
    }
}
