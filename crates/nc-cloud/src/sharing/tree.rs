//! Everything that somebody reaches by a path: the own files, and what others share, at its places among them.
//!
//! This is the one seam through which files of others are used. A path leads to a [`Spot`]: whose tree, which path there,
//! and what may be done. Nothing outside of what is shared has a path here.

use std::{collections::BTreeMap, sync::Arc};

use nc_auth::UserId;
use nc_proto::{
    apps::sharing::SharePermissions,
    dav::{DavPath, ETag},
};
use sha2::{Digest, Sha256};

use super::{Elsewhere, Mount, ShareType, Shares, access::Effective};
use crate::content::{Content, ContentError, Entry, FileId, Home, Kind};

/// Something of another person's at its place.
pub(crate) struct Mounted {
    /// The owner's tree, as the one uses it with whom it is shared.
    pub(crate) home: Home,
    /// What is shared, as it lies in the owner's tree.
    pub(crate) root: Entry,
    /// Where it appears.
    pub(crate) at: DavPath,
    pub(crate) permissions: SharePermissions,
    pub(crate) may_download: bool,
    /// `None` for a link, which has no receiver.
    pub(crate) mount: Option<Arc<Mount>>,
}

/// What somebody reaches. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tree {
    /// The own files; a link has none.
    own: Option<Home>,
    mounted: Arc<[Arc<Mounted>]>,
    /// What other servers share; only where somebody looks for it.
    elsewhere: Arc<[Arc<Elsewhere>]>,
}

/// One place in a [`Tree`].
#[derive(Clone)]
pub(crate) struct Spot {
    /// In whose tree it lies.
    pub(crate) home: Home,
    /// Where it lies there.
    pub(crate) path: DavPath,
    pub(crate) permissions: SharePermissions,
    pub(crate) may_download: bool,
    /// `None`: among the own files.
    pub(crate) mounted: Option<Arc<Mounted>>,
}

/// What is at a place.
pub(crate) struct Found {
    pub(crate) spot: Spot,
    /// As the store knows it.
    pub(crate) stored: Option<Entry>,
    /// As the one who asks sees it.
    pub(crate) shown: Option<Entry>,
}

impl Tree {
    /// What a user reaches.
    pub(crate) async fn of_user(content: &Content, shares: &Shares, user: &UserId) -> Result<Self, ContentError> {
        let own = content.home(user).await?;
        let mounts = shares.mounts(&own).await?;
        let mut mounted = Vec::with_capacity(mounts.len());
        for mount in mounts.iter() {
            let home = content.home(&mount.file_owner).await?;
            // By its number: it may have been moved, and in the trash it is nobody's.
            let Some(root) = home.find_by_id(mount.file).await? else {
                continue;
            };
            mounted.push(Arc::new(Mounted {
                home: home.shared(user, &root),
                at: mount.at.clone(),
                permissions: mount.effective.permissions,
                may_download: mount.effective.may_download,
                mount: Some(Arc::clone(mount)),
                root,
            }));
        }
        Ok(Self {
            own: Some(own),
            mounted: mounted.into(),
            elsewhere: Arc::default(),
        })
    }

    /// What `root`, as `actor` uses it, opens by itself: the tree behind a link.
    pub(crate) fn of_link(home: &Home, actor: &UserId, root: Entry, effective: Effective) -> Self {
        let mounted = Mounted {
            home: home.shared(actor, &root),
            at: DavPath::root(),
            permissions: effective.permissions,
            may_download: effective.may_download,
            mount: None,
            root,
        };
        Self {
            own: None,
            mounted: [Arc::new(mounted)].into(),
            elsewhere: Arc::default(),
        }
    }

    /// What a share with somebody on another server opens: `root`, which the one who shares it reaches at `spot`.
    pub(crate) fn of_guest(spot: &Spot, root: Entry, guest: &UserId, permissions: SharePermissions) -> Self {
        let effective = Effective {
            permissions,
            may_download: spot.may_download,
            until: None,
        };
        Self::of_link(&spot.home, guest, root, effective)
    }

    /// The own files.
    pub(crate) const fn own(&self) -> Option<&Home> {
        self.own.as_ref()
    }

    /// What other servers share, in no order.
    pub(super) fn elsewhere(&self) -> &[Arc<Elsewhere>] {
        &self.elsewhere
    }

    pub(super) fn set_elsewhere(&mut self, elsewhere: Arc<[Arc<Elsewhere>]>) {
        self.elsewhere = elsewhere;
    }

    /// What others share, in no order.
    pub(crate) fn mounted(&self) -> &[Arc<Mounted>] {
        &self.mounted
    }

    /// Where a path leads.
    pub(crate) fn spot(&self, path: &DavPath) -> Result<Spot, ContentError> {
        let covering = self.mounted.iter().filter_map(|mounted| {
            let below = path.strip_prefix(&mounted.at)?;
            Some((mounted, below))
        });
        if let Some((mounted, below)) = covering.max_by_key(|(mounted, _)| mounted.at.names().len()) {
            return Ok(mounted.spot(&below));
        }
        let own = self.own.as_ref();
        let home = own.ok_or_else(|| ContentError::NotFound(path.clone()))?.clone();
        Ok(Spot {
            home,
            path: path.clone(),
            permissions: SharePermissions::ALL,
            may_download: true,
            mounted: None,
        })
    }

    /// What is at a path, if anything.
    pub(crate) async fn find(&self, path: &DavPath) -> Result<Found, ContentError> {
        let spot = self.spot(path)?;
        let stored = spot.home.find(&spot.path).await?;
        let shown = stored.clone().map(|entry| self.show(&spot, entry));
        Ok(Found { spot, stored, shown })
    }

    /// The file or folder with that number, wherever it is reached; by the way that allows most.
    pub(crate) async fn locate(&self, id: FileId) -> Result<Option<(Spot, Entry)>, ContentError> {
        if let Some(own) = &self.own
            && let Some(entry) = own.find_by_id(id).await?
        {
            let spot = self.spot(&entry.path)?;
            // What others share never hides it: a name that is taken is given to nobody else.
            return Ok(Some((spot, entry)));
        }
        let mut best: Option<(Spot, Entry)> = None;
        for mounted in self.mounted.iter() {
            let Some(entry) = mounted.home.find_by_id(id).await? else {
                continue;
            };
            let Some(below) = entry.path.strip_prefix(&mounted.root.path) else {
                continue;
            };
            let spot = mounted.spot(&below);
            match &mut best {
                Some((known, _)) => {
                    let all = known.permissions.with(spot.permissions);
                    let may_download = known.may_download || spot.may_download;
                    if spot.permissions.bits().count_ones() > known.permissions.bits().count_ones() {
                        *known = spot;
                    }
                    known.permissions = all;
                    known.may_download = may_download;
                }
                None => best = Some((spot, entry)),
            }
        }
        Ok(best)
    }

    /// What a share shows.
    pub(crate) fn mount_of(&self, share: i64) -> Option<&Arc<Mounted>> {
        let shows = |mounted: &&Arc<Mounted>| {
            let mount = mounted.mount.as_ref();
            mount.is_some_and(|mount| mount.shares.contains(&share))
        };
        self.mounted.iter().find(shows)
    }

    /// What others share directly in a folder.
    pub(crate) fn mounted_in<'a>(&'a self, folder: &'a DavPath) -> impl Iterator<Item = &'a Arc<Mounted>> {
        let inside = move |mounted: &&Arc<Mounted>| mounted.at.parent().as_ref() == Some(folder);
        self.mounted.iter().filter(inside)
    }

    /// What others share anywhere below a folder.
    pub(crate) fn mounted_below<'a>(&'a self, folder: &'a DavPath) -> impl Iterator<Item = &'a Arc<Mounted>> {
        let below = move |mounted: &&Arc<Mounted>| mounted.at != *folder && mounted.at.strip_prefix(folder).is_some();
        self.mounted.iter().filter(below)
    }

    /// An entry of the tree that a spot lies in, as the one who asks sees it. The tag of an own folder moves with what others
    /// share inside.
    pub(crate) fn show(&self, spot: &Spot, mut entry: Entry) -> Entry {
        if spot.mounted.is_some() {
            entry.path = spot.shown_path(&entry.path);
            return entry;
        }
        let Kind::Folder { folders, files } = &mut entry.kind else {
            return entry;
        };
        let here = self.mounted_below(&entry.path).map(|mounted| {
            let tag = mounted.root.etag.header_value();
            (&mounted.at, (tag, mounted.root.is_folder()))
        });
        let elsewhere = self.elsewhere_below(&entry.path).map(|elsewhere| {
            let tag = elsewhere.tag.clone().unwrap_or_default();
            (&elsewhere.at, (tag, elsewhere.mount.is_folder))
        });
        let inside: BTreeMap<&DavPath, (String, bool)> = here.chain(elsewhere).collect();
        if inside.is_empty() {
            return entry;
        }
        let mut hash = Sha256::new();
        hash.update(entry.etag.header_value());
        for (at, (tag, is_folder)) in inside {
            hash.update(at.encode());
            hash.update(tag);
            if at.parent().as_ref() == Some(&entry.path) {
                *if is_folder { &mut *folders } else { &mut *files } += 1;
            }
        }
        if let Some(etag) = ETag::parse(&hex::encode(&hash.finalize()[..16])) {
            entry.etag = etag;
        }
        entry
    }
}

impl Mounted {
    /// A place below what is shared.
    pub(crate) fn spot(self: &Arc<Self>, below: &DavPath) -> Spot {
        Spot {
            home: self.home.clone(),
            path: self.root.path.join(below),
            permissions: self.permissions,
            may_download: self.may_download,
            mounted: Some(Arc::clone(self)),
        }
    }

    /// What is shared, at its place.
    pub(crate) fn shown_root(&self) -> Entry {
        let mut entry = self.root.clone();
        entry.path = self.at.clone();
        entry
    }

    /// With whom the one who asks shares it: as one, or as a member of a group.
    pub(crate) fn share_types(&self) -> &[ShareType] {
        self.mount.as_ref().map_or(&[], |mount| &mount.share_types)
    }
}

impl Spot {
    /// Whether all of that may be done here.
    pub(crate) const fn allows(&self, wanted: SharePermissions) -> bool {
        self.permissions.allows(wanted)
    }

    /// Whether it is the very thing that is shared, and not something in it.
    pub(crate) fn is_mount_point(&self) -> bool {
        self.mounted
            .as_ref()
            .is_some_and(|mounted| mounted.root.path == self.path)
    }

    /// A path of the tree that this lies in, as the one who asks sees it. What is not shared looks like what is: its path is
    /// nobody else's business.
    pub(crate) fn shown_path(&self, path: &DavPath) -> DavPath {
        match &self.mounted {
            None => path.clone(),
            Some(mounted) => path
                .strip_prefix(&mounted.root.path)
                .map_or_else(|| mounted.at.clone(), |below| mounted.at.join(&below)),
        }
    }

    /// An error of the store with the paths as the one who asks sees them.
    pub(crate) fn own_words(&self, error: ContentError) -> ContentError {
        match error {
            ContentError::NotFound(path) => ContentError::NotFound(self.shown_path(&path)),
            ContentError::ParentMissing(path) => ContentError::ParentMissing(self.shown_path(&path)),
            ContentError::Exists(path) => ContentError::Exists(self.shown_path(&path)),
            ContentError::WrongKind(path) => ContentError::WrongKind(self.shown_path(&path)),
            ContentError::Locked(path) => ContentError::Locked(self.shown_path(&path)),
            ContentError::Impossible(path) => ContentError::Impossible(self.shown_path(&path)),
            error => error,
        }
    }
}
