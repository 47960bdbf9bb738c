//! What other servers share with somebody, at its places among the own files.

use std::{collections::HashSet, sync::Arc};

use nc_auth::federation::RemoteMount;
use nc_proto::dav::DavPath;

use super::{Tree, mounts::free_name};
use crate::content::{ContentError, Entry, Home};

/// A share of another server at its place.
pub(crate) struct Elsewhere {
    pub(crate) mount: Arc<RemoteMount>,
    /// Where it appears. Not always where it was put: what lies among the own files, or is shared by people of this server,
    /// comes first.
    pub(crate) at: DavPath,
    /// The tag of what is shared, as it was when last asked.
    pub(crate) tag: Option<String>,
}

impl Tree {
    /// This tree with what other servers share.
    pub(crate) async fn with_elsewhere(
        mut self,
        mounts: &[Arc<RemoteMount>],
        tag: impl Fn(&RemoteMount) -> Option<String>,
    ) -> Result<Self, ContentError> {
        let Some(own) = self.own().cloned() else {
            return Ok(self);
        };
        let mut taken: HashSet<DavPath> = self.mounted().iter().map(|mounted| mounted.at.clone()).collect();
        let mut all = Vec::with_capacity(mounts.len());
        for mount in mounts {
            let at = place(&own, &mount.at, &taken).await?;
            taken.insert(at.clone());
            all.push(Arc::new(Elsewhere {
                tag: tag(mount),
                mount: Arc::clone(mount),
                at,
            }));
        }
        self.set_elsewhere(all.into());
        Ok(self)
    }

    /// What of another server a path leads to, and where in it.
    pub(crate) fn find_elsewhere(&self, path: &DavPath) -> Option<(&Arc<Elsewhere>, DavPath)> {
        let mut all = self.elsewhere().iter();
        all.find_map(|elsewhere| Some((elsewhere, path.strip_prefix(&elsewhere.at)?)))
    }

    /// What other servers share directly in an own folder.
    pub(crate) fn elsewhere_in<'a>(&'a self, folder: &'a DavPath) -> impl Iterator<Item = &'a Arc<Elsewhere>> {
        let inside = move |elsewhere: &&Arc<Elsewhere>| elsewhere.at.parent().as_ref() == Some(folder);
        self.elsewhere().iter().filter(inside)
    }

    /// What other servers share anywhere below an own folder.
    pub(crate) fn elsewhere_below<'a>(&'a self, folder: &'a DavPath) -> impl Iterator<Item = &'a Arc<Elsewhere>> {
        let below =
            move |elsewhere: &&Arc<Elsewhere>| elsewhere.at != *folder && elsewhere.at.strip_prefix(folder).is_some();
        self.elsewhere().iter().filter(below)
    }
}

/// Where something appears: where it was put, or in the root if that folder is gone; with a number if the name is taken.
async fn place(own: &Home, wish: &DavPath, taken: &HashSet<DavPath>) -> Result<DavPath, ContentError> {
    let mut folder = wish.parent().unwrap_or_default();
    if !own.find(&folder).await?.as_ref().is_some_and(Entry::is_folder) {
        folder = DavPath::root();
    }
    let name = wish.name().unwrap_or("remote share");
    free_name(own, &folder, name, taken).await
}
