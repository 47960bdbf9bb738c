//! People of other servers, who come with a share and go with it.

use std::{future::Future, pin::Pin};

use nc_auth::UserId;

use super::Content;

/// What the ids of guests begin with. A slash is in no account's id: locks, marks and properties of a share are nobody else's.
const GUEST: &str = "ocm/";

/// Tells whether a share has not ended.
pub(super) type IsGuest = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// Who comes with a share.
pub(crate) fn guest_of(share_id: &str) -> UserId {
    UserId::new(format!("{GUEST}{share_id}"))
}

/// Whether somebody came with a share.
pub(super) fn is_guest(user: &str) -> bool {
    user.starts_with(GUEST)
}

impl Content {
    /// Has it asked from now on whether a share with another server has not ended. The first one who answers is asked.
    pub(crate) fn ask_guests(
        &self,
        is_guest: impl Fn(String) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync + 'static,
    ) {
        // As in `tell_gone`.
        drop(self.0.guests.set(Box::new(is_guest)));
    }

    /// Whether somebody came with a share that has ended. Where nobody shares with other servers, every one has.
    pub(super) async fn has_left(&self, user: &str) -> bool {
        match (user.strip_prefix(GUEST), self.0.guests.get()) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(share), Some(is_guest)) => !is_guest(share.to_owned()).await,
        }
    }
}
