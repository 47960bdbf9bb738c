use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use nc_auth::{
    UserId,
    federation::{Person, Reached, Residents, ResidentsError},
};
use nc_proto::{apps::sharing::SharePermissions, dav::DavPath};

/// The people and files of a server, kept in memory: alice, bob and carol, all of them in the group `team`. Alice has the folder
/// `Plans` (41) and the file `plan.odt` (42).
#[derive(Clone)]
pub(crate) struct Town(Arc<Mutex<Inner>>);

struct Inner {
    disabled: BTreeSet<String>,
    groups: BTreeMap<String, Vec<UserId>>,
    nodes: BTreeMap<(UserId, i64), Reached>,
}

impl Default for Town {
    fn default() -> Self {
        let team = ["alice", "bob", "carol"].map(UserId::new).to_vec();
        let town = Self(Arc::new(Mutex::new(Inner {
            disabled: BTreeSet::new(),
            groups: BTreeMap::from([("team".to_owned(), team)]),
            nodes: BTreeMap::new(),
        })));
        town.put("alice", 41, "Plans", true, SharePermissions::ALL);
        town.put("alice", 42, "plan.odt", false, SharePermissions::ALL_OF_A_FILE);
        town
    }
}

impl Town {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("a lock")
    }

    /// Gives somebody a file or folder.
    pub(crate) fn put(&self, user: &str, node: i64, name: &str, is_folder: bool, permissions: SharePermissions) {
        let reached = Reached {
            name: name.to_owned(),
            file_owner: UserId::new(user),
            is_folder,
            permissions,
            size: (!is_folder).then_some(100),
        };
        self.inner().nodes.insert((UserId::new(user), node), reached);
    }

    /// Takes it away.
    pub(crate) fn remove(&self, user: &str, node: i64) {
        self.inner().nodes.remove(&(UserId::new(user), node));
    }

    /// Shuts somebody out, or lets them in again.
    pub(crate) fn set_enabled(&self, user: &str, enabled: bool) {
        let mut inner = self.inner();
        if enabled {
            inner.disabled.remove(user);
        } else {
            inner.disabled.insert(user.to_owned());
        }
    }
}

#[async_trait]
impl Residents for Town {
    async fn person(&self, id: &str) -> Result<Option<Person>, ResidentsError> {
        let known = ["alice", "bob", "carol"].contains(&id) && !self.inner().disabled.contains(id);
        Ok(known.then(|| Person {
            id: UserId::new(id),
            display_name: format!("{}{}", id[..1].to_uppercase(), &id[1..]),
            email: Some(format!("{id}@example.org")),
        }))
    }

    async fn group_members(&self, group: &str) -> Result<Vec<UserId>, ResidentsError> {
        Ok(self.inner().groups.get(group).cloned().unwrap_or_default())
    }

    async fn reach(&self, user: &UserId, node: i64) -> Result<Option<Reached>, ResidentsError> {
        let inner = self.inner();
        if inner.disabled.contains(user.as_str()) {
            return Ok(None);
        }
        Ok(inner.nodes.get(&(user.clone(), node)).cloned())
    }

    async fn free_place(&self, _: &UserId, wanted: &str, taken: &[DavPath]) -> Result<DavPath, ResidentsError> {
        let mut number = 1;
        loop {
            let name = if number == 1 {
                wanted.to_owned()
            } else {
                format!("{wanted} ({number})")
            };
            let place = DavPath::from_names([name.as_str()]);
            if !taken.contains(&place) {
                return Ok(place);
            }
            number += 1;
        }
    }
}
