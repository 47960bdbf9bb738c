use std::{collections::HashMap, sync::Arc};

use nc_auth::UserId;
use nc_proto::dav::{ActiveLock, DavPath, Element, Name, PropStat, Propfind, Response, date, props};
use tokio::sync::OnceCell;

use super::{DavError, answer, locks, system_tags, visit::Visit};
use crate::{
    content::{CommentCounts, Entry, FileId, Home, Kind, SystemTag},
    sharing::{Brief, Found, Mounted, Spot, Tree, letters},
};

mod shared;

/// Nextcloud's number for "no limit".
const UNLIMITED: i64 = -3;

/// What an `allprop` gives: what Nextcloud gives, and the properties that clients made up.
pub(super) static USUAL: [Name; 7] = [
    props::GETLASTMODIFIED,
    props::GETCONTENTLENGTH,
    props::RESOURCETYPE,
    props::QUOTA_USED_BYTES,
    props::QUOTA_AVAILABLE_BYTES,
    props::GETETAG,
    props::GETCONTENTTYPE,
];

/// Every property that the cloud itself gives to files or folders.
pub(super) static LIVE: [Name; 34] = [
    props::GETLASTMODIFIED,
    props::GETETAG,
    props::GETCONTENTTYPE,
    props::GETCONTENTLENGTH,
    props::RESOURCETYPE,
    props::DISPLAYNAME,
    props::CREATIONDATE,
    props::QUOTA_AVAILABLE_BYTES,
    props::QUOTA_USED_BYTES,
    props::LOCKDISCOVERY,
    props::SUPPORTEDLOCK,
    props::ID,
    props::FILEID,
    props::PERMISSIONS,
    props::SIZE,
    props::FAVORITE,
    props::CHECKSUMS,
    props::SHARE_TYPES,
    props::OWNER_ID,
    props::OWNER_DISPLAY_NAME,
    props::COMMENTS_UNREAD,
    props::COMMENTS_COUNT,
    props::COMMENTS_HREF,
    props::TAGS,
    props::SYSTEM_TAGS,
    props::HAS_PREVIEW,
    props::MOUNT_TYPE,
    props::CONTAINED_FOLDER_COUNT,
    props::CONTAINED_FILE_COUNT,
    props::CREATION_TIME,
    props::UPLOAD_TIME,
    props::HIDDEN,
    props::OCS_SHARE_PERMISSIONS,
    props::OCM_SHARE_PERMISSIONS,
];

/// Something to be described.
pub(super) struct Item {
    /// Where it lies.
    pub(super) spot: Spot,
    /// As the one who asks sees it.
    pub(super) entry: Entry,
}

impl Item {
    /// What was found, if anything was.
    pub(super) fn found(found: Found) -> Option<Self> {
        let entry = found.shown?;
        Some(Self {
            spot: found.spot,
            entry,
        })
    }

    /// An entry of the same tree as another place.
    pub(super) fn beside(tree: &Tree, spot: &Spot, entry: Entry) -> Self {
        let spot = Spot {
            path: entry.path.clone(),
            ..spot.clone()
        };
        let entry = tree.show(&spot, entry);
        Self { spot, entry }
    }

    /// Something that others share, at its place.
    pub(super) fn mounted(mounted: &Arc<Mounted>) -> Self {
        Self {
            spot: mounted.spot(&DavPath::root()),
            entry: mounted.shown_root(),
        }
    }
}

/// What a description needs of one person's tree.
struct Context {
    owner_name: Arc<str>,
    available_bytes: i64,
    /// Whether made-up properties have to be looked up for each entry.
    looks_up: bool,
    /// Of the files that have any, where that was asked.
    tags: HashMap<FileId, Vec<SystemTag>>,
    comments: HashMap<FileId, CommentCounts>,
}

impl Context {
    async fn new(visit: &Visit, home: &Home, question: &Propfind) -> Result<Self, DavError> {
        // Clients ask for these rarely, and for listings often.
        let owner_name = if asks_for(question, &props::OWNER_DISPLAY_NAME) {
            visit.cloud.display_name(home.user()).await?
        } else {
            Arc::from("")
        };
        let available = if asks_for(question, &props::QUOTA_AVAILABLE_BYTES) {
            home.available_bytes().await.map_err(|error| visit.refuse(error))?
        } else {
            None
        };
        let wanted = match question {
            Propfind::Prop(names) => names.iter().any(|name| !LIVE.contains(name)),
            Propfind::AllProp { .. } | Propfind::PropName => true,
        };
        let tags = if asks_for(question, &props::SYSTEM_TAGS) {
            home.tags_by_file().await.map_err(|error| visit.refuse(error))?
        } else {
            HashMap::new()
        };
        let comments = if asks_for(question, &props::COMMENTS_COUNT) || asks_for(question, &props::COMMENTS_UNREAD) {
            home.comments_by_file().await.map_err(|error| visit.refuse(error))?
        } else {
            HashMap::new()
        };
        let looks_up = wanted && home.has_properties().await.map_err(|error| visit.refuse(error))?;
        Ok(Self {
            owner_name,
            available_bytes: available.map_or(UNLIMITED, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            looks_up,
            tags,
            comments,
        })
    }
}

fn asks_for(question: &Propfind, name: &Name) -> bool {
    match question {
        Propfind::Prop(names) => names.contains(name),
        Propfind::AllProp { .. } | Propfind::PropName => true,
    }
}

/// Gives the properties of entries, for one question.
pub(super) struct Describer<'a> {
    visit: &'a Visit,
    question: &'a Propfind,
    /// By whose tree it is; filled when the first entry of it comes.
    contexts: HashMap<UserId, OnceCell<Context>>,
    /// With whom the one who asks shares what, where that was asked.
    shares: HashMap<FileId, Vec<Brief>>,
}

impl<'a> Describer<'a> {
    pub(super) async fn new(visit: &'a Visit, tree: &'a Tree, question: &'a Propfind) -> Result<Self, DavError> {
        let homes = tree
            .own()
            .into_iter()
            .chain(tree.mounted().iter().map(|mounted| &mounted.home));
        let contexts = homes.map(|home| (home.user().clone(), OnceCell::new())).collect();
        let explicitly = |name: Name| matches!(question, Propfind::Prop(names) if names.contains(&name));
        let shares = if visit.link.is_none() && (explicitly(props::SHARE_TYPES) || explicitly(props::SHAREES)) {
            visit.cloud.share_briefs(&visit.signed_in.user).await?
        } else {
            HashMap::new()
        };
        Ok(Self {
            visit,
            question,
            contexts,
            shares,
        })
    }

    /// The answer about one entry.
    pub(super) async fn describe(&self, item: &Item) -> Result<Response, DavError> {
        let Item { spot, entry } = item;
        let refuse = |error| self.visit.refuse_at(spot, error);
        let home = &spot.home;
        let unknown = || DavError::from(crate::Error::Internal("a tree without a context"));
        let context = self.contexts.get(home.user()).ok_or_else(unknown)?;
        let context = context
            .get_or_try_init(|| Context::new(self.visit, home, self.question))
            .await?;
        let made_up = if context.looks_up {
            home.list_properties(entry.id).await.map_err(refuse)?
        } else {
            Vec::new()
        };
        let href = self.visit.href(entry);
        let names: Vec<&Name> = match self.question {
            Propfind::Prop(names) => names.iter().collect(),
            Propfind::AllProp { include } => {
                let extra = include.iter().filter(|name| !USUAL.contains(name));
                USUAL.iter().chain(extra).collect()
            }
            Propfind::PropName => LIVE.iter().collect(),
        };
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for name in names {
            let value = if *name == props::LOCKDISCOVERY {
                let held = home.list_locks(&spot.path).await.map_err(refuse)?;
                Some(locks::discovery(self.visit, spot, &held))
            } else if *name == props::SHAREES {
                Some(shared::sharees(self.visit, self.shared_with(entry)).await?)
            } else {
                self.live(name, context, item)
                    .or_else(|| made_up.iter().find(|element| element.name == *name).cloned())
            };
            match value {
                Some(value) => found.push(value),
                None => missing.push(Element::new(name.clone())),
            }
        }
        match self.question {
            Propfind::Prop(_) => {}
            Propfind::AllProp { .. } => {
                found.extend(made_up);
                missing.clear();
            }
            Propfind::PropName => {
                found.extend(made_up);
                found = found.into_iter().map(|element| Element::new(element.name)).collect();
                missing.clear();
            }
        }
        Ok(Response::of_props(
            href,
            vec![PropStat::new(200, found), PropStat::new(404, missing)],
        ))
    }

    fn shared_with(&self, entry: &Entry) -> &[Brief] {
        self.shares.get(&entry.id).map_or(&[], Vec::as_slice)
    }

    /// A property that the cloud itself gives; `None` if this entry does not have it.
    fn live(&self, name: &Name, context: &Context, item: &Item) -> Option<Element> {
        let Item { spot, entry } = item;
        let text = |value: String| Some(Element::text(name.clone(), value));
        let empty = || Some(Element::new(name.clone()));
        if *name == props::SUPPORTEDLOCK {
            return Some(ActiveLock::supported());
        }
        if *name == props::RESOURCETYPE {
            let collection = entry.is_folder().then(|| Element::new(Name::dav("collection")));
            return Some(Element::new(name.clone()).with_all(collection));
        }
        if *name == props::CHECKSUMS {
            let checksum = Element::text(props::CHECKSUM, entry.checksums.clone()?);
            return Some(Element::new(name.clone()).with(checksum));
        }
        if *name == Name::nc("hide-download") && self.visit.link.is_some() {
            return text((!spot.may_download).to_string());
        }
        if let Some(element) = shared::property(name, spot, entry, self.shared_with(entry)) {
            return Some(element);
        }
        if *name == props::SYSTEM_TAGS && self.visit.link.is_some() {
            return None;
        }
        if *name == props::SYSTEM_TAGS {
            let tags = context.tags.get(&entry.id).map_or(&[][..], Vec::as_slice);
            return Some(system_tags::property(tags));
        }
        match (name.namespace(), name.local()) {
            (nc_proto::dav::DAV, local) => self.dav(local, context, item).and_then(text),
            (nc_proto::dav::OWNCLOUD, "tags") => empty(),
            (nc_proto::dav::OWNCLOUD, local) => self.oc(local, context, item).and_then(text),
            (nc_proto::dav::NEXTCLOUD, local) => nc(local, entry).and_then(text),
            _ => None,
        }
    }

    fn dav(&self, local: &str, context: &Context, item: &Item) -> Option<String> {
        let entry = &item.entry;
        let folder = entry.is_folder();
        Some(match (local, &entry.kind) {
            ("getlastmodified", _) => answer::http_date(entry.modified_at),
            ("getetag", _) => entry.etag.header_value(),
            ("getcontenttype", Kind::File { mime }) => mime.clone(),
            ("getcontentlength", Kind::File { .. }) => entry.size_bytes.to_string(),
            ("displayname", _) if entry.path.is_root() && self.visit.link.is_none() => {
                item.spot.home.user().to_string()
            }
            ("displayname", _) => entry.name().to_owned(),
            ("creationdate", _) => date::format_creation(answer::time(entry.created_at)),
            ("quota-available-bytes", _) if folder => context.available_bytes.to_string(),
            ("quota-used-bytes", _) if folder => entry.size_bytes.to_string(),
            _ => return None,
        })
    }

    fn oc(&self, local: &str, context: &Context, item: &Item) -> Option<String> {
        let Item { spot, entry } = item;
        Some(match local {
            "id" => answer::padded_id(self.visit.cloud.instance_id(), entry),
            "fileid" => entry.id.to_string(),
            "permissions" => {
                let is_shared = spot.mounted.as_ref().is_some_and(|mounted| mounted.mount.is_some());
                let is_mount_point = is_shared && spot.is_mount_point();
                letters(spot.permissions, entry.is_folder(), is_shared, is_mount_point).to_string()
            }
            "size" => entry.size_bytes.to_string(),
            // Who has a link learns nothing of who made it, nor of what is said among people with accounts.
            "owner-id" | "owner-display-name" | "favorite" | "comments-unread" | "comments-count" | "comments-href"
                if self.visit.link.is_some() =>
            {
                return None;
            }
            "favorite" => u8::from(entry.favorite).to_string(),
            "owner-id" => spot.home.user().to_string(),
            "owner-display-name" => context.owner_name.to_string(),
            "comments-unread" => context
                .comments
                .get(&entry.id)
                .map_or(0, |counts| counts.unread)
                .to_string(),
            "comments-count" => context
                .comments
                .get(&entry.id)
                .map_or(0, |counts| counts.all)
                .to_string(),
            "comments-href" => self
                .visit
                .beside(&["comments", "files", &entry.id.to_string()])
                .encode(),
            _ => return None,
        })
    }
}

fn nc(local: &str, entry: &Entry) -> Option<String> {
    Some(match (local, &entry.kind) {
        // The cloud makes no previews.
        ("has-preview" | "hidden", _) => "false".to_owned(),
        ("contained-folder-count", Kind::Folder { folders, .. }) => folders.to_string(),
        ("contained-file-count", Kind::Folder { files, .. }) => files.to_string(),
        ("creation_time", _) => entry.created_at.to_string(),
        ("upload_time", Kind::File { .. }) => entry.uploaded_at.to_string(),
        _ => return None,
    })
}
