//! Invitations between people of the cloud, RFC 6638. Nobody else is written to.
//!
//! What an organizer or attendee stores and what it makes of the others' objects is one transaction.

mod attendee;
mod deliver;
mod organizer;

use chrono::{DateTime, Utc};
use nc_auth::UserId;
use nc_proto::{
    content::{Component, Document, Property},
    dav::DavPath,
    ical::itip::{self, Agent},
};

use super::{super::DavError, view::View, wire::Session};
use crate::{
    collections::{Change, Kind, Object},
    random,
};

/// Most people whom one object invites.
const MOST_ATTENDEES: usize = 200;

/// It lies where the other one finds it.
const DELIVERED: &str = "1.2";

/// Nobody of the cloud has that address (RFC 6638 §3.2.9).
const UNKNOWN: &str = "3.7";

/// There is no calendar for it, or something of somebody else's has its UID.
const REJECTED: &str = "5.3";

/// What becomes of an object that is scheduled.
pub(super) struct Scheduled {
    /// Its text with what became of each invitation; `None`: as it was sent.
    pub(super) data: Option<Vec<u8>>,
    /// Its tag as a scheduling object.
    pub(super) tag: String,
}

/// One change, and the person whose calendar it begins in.
struct Turn<'a> {
    session: &'a Session,
    change: &'a mut Change,
    /// The owner of the calendar, whoever writes into it.
    owner: UserId,
    /// The owner's addresses.
    addresses: Vec<String>,
}

/// Tells the people of an object that is about to be stored.
pub(super) async fn put(
    session: &Session,
    change: &mut Change,
    view: &View,
    current: Option<&Object>,
    document: &Document,
) -> Result<Option<Scheduled>, DavError> {
    let Some(new) = document.root().filter(|_| view.collection.kind == Kind::Calendar) else {
        return Ok(None);
    };
    let old = current.and_then(read);
    if itip::organizer(new).is_none() && old.as_ref().is_none_or(|old| itip::organizer(old).is_none()) {
        return Ok(None);
    }
    if itip::attendees(new).len() > MOST_ATTENDEES {
        return Err(DavError::forbidden(format!(
            "An object invites at most {MOST_ATTENDEES} people"
        )));
    }
    let mut turn = Turn::of(session, change, view).await?;
    if let Some(old) = &old
        && turn.organizes(old)
        && !turn.organizes(new)
    {
        turn.cancel_all(old).await?;
    }
    if turn.organizes(new) {
        return turn.put_organized(old.as_ref(), new, document).await.map(Some);
    }
    turn.put_attended(current, old.as_ref(), new, document).await
}

/// Tells the people of an object that was deleted.
pub(super) async fn delete(
    session: &Session,
    change: &mut Change,
    view: &View,
    deleted: &Object,
) -> Result<(), DavError> {
    let Some(old) = read(deleted).filter(|_| view.collection.kind == Kind::Calendar) else {
        return Ok(());
    };
    if itip::organizer(&old).is_none() {
        return Ok(());
    }
    let mut turn = Turn::of(session, change, view).await?;
    if turn.organizes(&old) {
        return turn.cancel_all(&old).await;
    }
    // RFC 6638 §8.1.
    let silent = session
        .header("schedule-reply")?
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("f"));
    if silent {
        return Ok(());
    }
    turn.decline(&old).await
}

/// The calendar of an object.
fn read(object: &Object) -> Option<Component> {
    Document::parse(&object.data).ok()?.root().cloned()
}

impl<'a> Turn<'a> {
    async fn of(session: &'a Session, change: &'a mut Change, view: &View) -> Result<Self, DavError> {
        let owner = view.collection.owner.clone();
        Ok(Self {
            addresses: addresses(session, &owner).await?,
            session,
            change,
            owner,
        })
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.change.now, 0).unwrap_or_default()
    }

    fn is_own(&self, address: &str) -> bool {
        self.addresses
            .iter()
            .any(|own| itip::is_same_address(own, address.trim_end_matches('/')))
    }

    /// Whether the owner of the calendar invites others with an object.
    fn organizes(&self, calendar: &Component) -> bool {
        itip::organizer(calendar).is_some_and(|organizer| self.is_own(organizer.value()))
    }

    /// The person of the cloud who has an address.
    async fn find_user(&self, address: &str) -> Result<Option<UserId>, DavError> {
        let principal = super::sharing::find_principal(self.session, address).await?;
        let user = principal
            .as_deref()
            .and_then(|principal| principal.strip_prefix("users/"));
        Ok(user.map(UserId::new))
    }
}

/// The addresses under which a person is invited.
async fn addresses(session: &Session, user: &UserId) -> Result<Vec<String>, DavError> {
    let mut addresses = Vec::new();
    if let Some(email) = session.cloud.find_user(user).await?.and_then(|account| account.email) {
        addresses.push(format!("mailto:{email}"));
    }
    addresses.push(session.href(&["principals", "users", user.as_str()], false));
    addresses.push(DavPath::from_names(["principals", "users", user.as_str()]).encode());
    Ok(addresses)
}

/// Whether the server shall tell somebody.
fn is_ours(property: &Property) -> bool {
    Agent::of(property) == Agent::Server
}

fn tag() -> Result<String, DavError> {
    Ok(random::uuid()?.simple().to_string())
}
