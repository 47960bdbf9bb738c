//! Whose session is whose, and how many there may be.
//!
//! The SDK neither binds a session to the user who opened it nor counts sessions; an id is not a credential, so a
//! session of somebody else does not exist for a caller.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use nc_auth::{Caller, UserId};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

type Owner = (UserId, Option<Arc<str>>);

pub(super) struct Sessions {
    manager: Arc<LocalSessionManager>,
    owners: Mutex<HashMap<Box<str>, Owner>>,
    limit: usize,
}

impl Sessions {
    pub(super) fn new(manager: Arc<LocalSessionManager>, limit: usize) -> Self {
        Self {
            manager,
            owners: Mutex::default(),
            limit,
        }
    }

    /// Whether `caller` may use the session `id`. Unknown ids are nobody's.
    pub(super) fn belongs_to(&self, id: &str, caller: &Caller) -> bool {
        self.owners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .is_some_and(|owner| owner.0 == caller.subject && owner.1 == caller.client)
    }

    /// Whether one more session may be opened.
    pub(super) async fn has_room(&self) -> bool {
        self.manager.sessions.read().await.len() < self.limit
    }

    /// Notes that `caller` opened the session `id`, and forgets those that ended by themselves.
    pub(super) async fn opened(&self, id: &str, caller: &Caller) {
        let alive = self.manager.sessions.read().await;
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.len() >= 2 * alive.len() + 16 {
            owners.retain(|id, _| alive.keys().any(|known| **known == **id));
        }
        owners.insert(id.into(), (caller.subject.clone(), caller.client.clone()));
    }
}
