//! Where shares of other servers appear among a person's files.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use nc_auth::{
    UserId,
    federation::{FederationError, RemoteMount},
};
use nc_proto::dav::DavPath;
use nc_store::{FederationLookup, InShareMemberRecord, InShareState};

use super::{opened::Opened, probe};
use crate::{Ocm, OcmError};

/// How long what another process changed may go unseen, in seconds. What this process changes is seen at once.
const SEEN_S: i64 = 5;
/// How often a share is looked at of which it is not known whether it is a folder, in seconds.
const LOOK_S: i64 = 60;
/// More people than this are not kept; then all begin anew.
const MAX_PEOPLE: usize = 10_000;

type Mounts = Arc<[Arc<RemoteMount>]>;

/// What was found for each person.
#[derive(Default)]
pub(crate) struct MountCache(Mutex<Found>);

#[derive(Default)]
struct Found {
    /// Rises with each change, so that what was read before it is not kept after it.
    changes: u64,
    mounts: HashMap<UserId, (i64, Mounts)>,
    /// When a share was last looked at.
    looked: HashMap<String, i64>,
}

impl MountCache {
    fn inner(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something changed.
    pub(super) fn clear(&self) {
        let mut found = self.inner();
        found.changes += 1;
        found.mounts.clear();
    }

    fn find(&self, user: &UserId, now: i64) -> Result<Mounts, u64> {
        let found = self.inner();
        match found.mounts.get(user) {
            Some((at, mounts)) if (0..SEEN_S).contains(&(now - at)) => Ok(Arc::clone(mounts)),
            _ => Err(found.changes),
        }
    }

    fn keep(&self, user: &UserId, now: i64, changes: u64, mounts: &Mounts) {
        let mut found = self.inner();
        if found.changes != changes {
            return;
        }
        if found.mounts.len() >= MAX_PEOPLE {
            found.mounts.clear();
        }
        found.mounts.insert(user.clone(), (now, Arc::clone(mounts)));
    }

    /// Whether it is time to look at a share; then it was, as of now.
    fn may_look(&self, share: &str, now: i64) -> bool {
        let mut found = self.inner();
        found.looked.retain(|_, at| now - *at < LOOK_S);
        if found.looked.contains_key(share) {
            return false;
        }
        found.looked.insert(share.to_owned(), now);
        true
    }
}

/// Where shares appear among the files of `user`.
pub(crate) async fn mounts(ocm: &Ocm, user: &UserId) -> Result<Mounts, FederationError> {
    let cache = &ocm.0.receiver.mounts;
    let now = ocm.now();
    let changes = match cache.find(user, now) {
        Ok(mounts) => return Ok(mounts),
        Err(changes) => changes,
    };
    let mut mounts = Vec::new();
    for (share, member) in of_user(ocm, user).await? {
        let Some(mount) = mount(&share, &member) else {
            continue;
        };
        if share.document.is_folder.is_none() && !mount.is_refused && cache.may_look(&share.record.id, now) {
            look(ocm, share);
        }
        mounts.push(Arc::new(mount));
    }
    let mounts: Mounts = mounts.into();
    cache.keep(user, now, changes, &mounts);
    Ok(mounts)
}

/// The shares that are there for a person. Who left a group has no part in what is shared with it.
pub(super) async fn of_user(ocm: &Ocm, user: &UserId) -> Result<Vec<(Opened, InShareMemberRecord)>, OcmError> {
    let now = ocm.now();
    let mut shares = Vec::new();
    for (record, member) in ocm.0.store.list_in_shares_of(user.as_str()).await? {
        let share = Opened::of(record)?;
        if share.is_there(now) && is_for(ocm, &share, user).await? {
            shares.push((share, member));
        }
    }
    Ok(shares)
}

/// Whether a share is for a person now.
pub(super) async fn is_for(ocm: &Ocm, share: &Opened, user: &UserId) -> Result<bool, OcmError> {
    if share.record.share_type == "group" {
        let members = ocm.0.residents.group_members(&share.record.recipient).await?;
        Ok(members.contains(user))
    } else {
        Ok(share.record.recipient == user.as_str())
    }
}

/// A place as it is stored. Its names were checked when it was chosen, and a share must not vanish because of its name.
pub(super) fn stored_place(place: &str) -> DavPath {
    DavPath::from_names(place.split('/').filter(|name| !name.is_empty()))
}

/// Where the other shares of a person are to appear, also those that cannot be used now.
pub(super) async fn places<L: FederationLookup + ?Sized>(
    store: &L,
    user: &UserId,
    except: &str,
) -> Result<Vec<DavPath>, OcmError> {
    let mut places = Vec::new();
    for (record, member) in store.list_in_shares_of(user.as_str()).await? {
        let is_other = record.id != except && member.state == InShareState::Accepted;
        if is_other && record.state != InShareState::Dead {
            places.extend(member.mount_point.as_deref().map(stored_place));
        }
    }
    Ok(places)
}

/// Whether one share would hide the other, or a part of it.
pub(super) fn collide(one: &DavPath, other: &DavPath) -> bool {
    one.strip_prefix(other).is_some() || other.strip_prefix(one).is_some()
}

/// Where a share appears for somebody who took it.
fn mount(share: &Opened, member: &InShareMemberRecord) -> Option<RemoteMount> {
    if member.state != InShareState::Accepted {
        return None;
    }
    let at = stored_place(member.mount_point.as_deref()?);
    (!at.is_root()).then(|| RemoteMount {
        share_id: share.record.id.clone(),
        number: share.record.number,
        at,
        is_folder: share.document.is_folder(),
        permissions: share.document.permissions(),
        owner: share.document.owner.clone(),
        created_at: share.record.created_at,
        is_refused: share.record.state == InShareState::AuthFailed,
    })
}

/// Looks at a share while nobody waits for it.
fn look(ocm: &Ocm, share: Opened) {
    let ocm = ocm.clone();
    tokio::spawn(async move {
        if let Err(error) = probe::ask(&ocm, share).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a share cannot be looked at");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = MountCache::default();
        let bob = UserId::new("bob");
        let nothing: Mounts = Arc::from([]);
        let before = cache.find(&bob, 0).expect_err("nothing yet");
        cache.clear();
        cache.keep(&bob, 0, before, &nothing);
        let after = cache.find(&bob, 0).expect_err("still nothing");
        cache.keep(&bob, 0, after, &nothing);
        assert!(cache.find(&bob, 4).is_ok());
        assert!(cache.find(&bob, 5).is_err());
        assert!(cache.find(&UserId::new("carol"), 0).is_err());
    }

    #[test]
    fn a_share_is_looked_at_once_a_minute() {
        let cache = MountCache::default();
        assert!(cache.may_look("a", 0) && !cache.may_look("a", 59) && cache.may_look("b", 59));
        assert!(cache.may_look("a", 60));
    }
}
