use std::{collections::HashMap, sync::Arc};

use nc_proto::dav::{ActiveLock, Element, Name, Permissions, PropStat, Propfind, Response, date, props};

use super::{DavError, answer, locks, system_tags, visit::Visit};
use crate::content::{CommentCounts, Entry, FileId, Home, Kind, SystemTag};

/// Nextcloud's number for "no limit".
const UNLIMITED: i64 = -3;

/// Permissions bits of the sharing interface: everything on a folder; on a file there is nothing to create or delete.
const SHARE_ALL: u8 = 31;
const SHARE_FILE: u8 = 19;

/// What an `allprop` gives: what Nextcloud gives, and the properties that clients made up.
static USUAL: [Name; 7] = [
    props::GETLASTMODIFIED,
    props::GETCONTENTLENGTH,
    props::RESOURCETYPE,
    props::QUOTA_USED_BYTES,
    props::QUOTA_AVAILABLE_BYTES,
    props::GETETAG,
    props::GETCONTENTTYPE,
];

/// Every property that the cloud itself gives to files or folders.
static LIVE: [Name; 34] = [
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

/// Gives the properties of entries, for one question.
pub(super) struct Describer<'a> {
    visit: &'a Visit,
    home: &'a Home,
    question: &'a Propfind,
    owner_name: Arc<str>,
    available_bytes: i64,
    /// Whether made-up properties have to be looked up for each entry.
    looks_up: bool,
    /// Of the files that have any, where that was asked.
    tags: HashMap<FileId, Vec<SystemTag>>,
    comments: HashMap<FileId, CommentCounts>,
}

impl<'a> Describer<'a> {
    pub(super) async fn new(visit: &'a Visit, home: &'a Home, question: &'a Propfind) -> Result<Self, DavError> {
        // Clients ask for these two rarely, and for listings often.
        let asks_for = |name: &Name| match question {
            Propfind::Prop(names) => names.contains(name),
            Propfind::AllProp { .. } | Propfind::PropName => true,
        };
        let owner_name = if asks_for(&props::OWNER_DISPLAY_NAME) {
            visit.cloud.display_name(&visit.signed_in.user).await?
        } else {
            Arc::from("")
        };
        let available = if asks_for(&props::QUOTA_AVAILABLE_BYTES) {
            home.available_bytes().await.map_err(|error| visit.refuse(error))?
        } else {
            None
        };
        let wanted = match question {
            Propfind::Prop(names) => names.iter().any(|name| !LIVE.contains(name)),
            Propfind::AllProp { .. } | Propfind::PropName => true,
        };
        let tags = if asks_for(&props::SYSTEM_TAGS) {
            home.tags_by_file().await.map_err(|error| visit.refuse(error))?
        } else {
            HashMap::new()
        };
        let comments = if asks_for(&props::COMMENTS_COUNT) || asks_for(&props::COMMENTS_UNREAD) {
            home.comments_by_file().await.map_err(|error| visit.refuse(error))?
        } else {
            HashMap::new()
        };
        let looks_up = wanted && home.has_properties().await.map_err(|error| visit.refuse(error))?;
        Ok(Self {
            visit,
            home,
            question,
            owner_name,
            available_bytes: available.map_or(UNLIMITED, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            looks_up,
            tags,
            comments,
        })
    }

    /// The answer about one entry.
    pub(super) async fn describe(&self, entry: &Entry) -> Result<Response, DavError> {
        let refuse = |error| self.visit.refuse(error);
        let made_up = if self.looks_up {
            self.home.list_properties(entry.id).await.map_err(refuse)?
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
                let held = self.home.list_locks(&entry.path).await.map_err(refuse)?;
                Some(locks::discovery(self.visit, &held))
            } else {
                self.live(name, entry)
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

    /// A property that the cloud itself gives; `None` if this entry does not have it.
    fn live(&self, name: &Name, entry: &Entry) -> Option<Element> {
        let text = |value: String| Some(Element::text(name.clone(), value));
        let empty = || Some(Element::new(name.clone()));
        let folder = entry.is_folder();
        if *name == props::SUPPORTEDLOCK {
            return Some(ActiveLock::supported());
        }
        if *name == props::RESOURCETYPE {
            let collection = folder.then(|| Element::new(Name::dav("collection")));
            return Some(Element::new(name.clone()).with_all(collection));
        }
        if *name == props::CHECKSUMS {
            let checksum = Element::text(props::CHECKSUM, entry.checksums.clone()?);
            return Some(Element::new(name.clone()).with(checksum));
        }
        if *name == props::OCS_SHARE_PERMISSIONS {
            return text(if folder { SHARE_ALL } else { SHARE_FILE }.to_string());
        }
        if *name == props::OCM_SHARE_PERMISSIONS {
            return text(serde_json::json!(["share", "read", "write"]).to_string());
        }
        if *name == props::SYSTEM_TAGS {
            let tags = self.tags.get(&entry.id).map_or(&[][..], Vec::as_slice);
            return Some(system_tags::property(tags));
        }
        match (name.namespace(), name.local()) {
            (nc_proto::dav::DAV, local) => self.dav(local, entry).and_then(text),
            (nc_proto::dav::OWNCLOUD, "share-types" | "tags") | (nc_proto::dav::NEXTCLOUD, "sharees") => empty(),
            (nc_proto::dav::OWNCLOUD, local) => self.oc(local, entry).and_then(text),
            (nc_proto::dav::NEXTCLOUD, local) => nc(local, entry).and_then(text),
            _ => None,
        }
    }

    fn dav(&self, local: &str, entry: &Entry) -> Option<String> {
        let folder = entry.is_folder();
        Some(match (local, &entry.kind) {
            ("getlastmodified", _) => answer::http_date(entry.modified_at),
            ("getetag", _) => entry.etag.header_value(),
            ("getcontenttype", Kind::File { mime }) => mime.clone(),
            ("getcontentlength", Kind::File { .. }) => entry.size_bytes.to_string(),
            ("displayname", _) if entry.path.is_root() => self.home.user().to_string(),
            ("displayname", _) => entry.name().to_owned(),
            ("creationdate", _) => date::format_creation(answer::time(entry.created_at)),
            ("quota-available-bytes", _) if folder => self.available_bytes.to_string(),
            ("quota-used-bytes", _) if folder => entry.size_bytes.to_string(),
            _ => return None,
        })
    }

    fn oc(&self, local: &str, entry: &Entry) -> Option<String> {
        Some(match local {
            "id" => answer::padded_id(self.visit.cloud.instance_id(), entry),
            "fileid" => entry.id.to_string(),
            "permissions" if entry.is_folder() => Permissions::OWN_FOLDER.to_string(),
            "permissions" => Permissions::OWN_FILE.to_string(),
            "size" => entry.size_bytes.to_string(),
            "favorite" => u8::from(entry.favorite).to_string(),
            "owner-id" => self.home.user().to_string(),
            "owner-display-name" => self.owner_name.to_string(),
            "comments-unread" => self
                .comments
                .get(&entry.id)
                .map_or(0, |counts| counts.unread)
                .to_string(),
            "comments-count" => self.comments.get(&entry.id).map_or(0, |counts| counts.all).to_string(),
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
        ("mount-type", _) => String::new(),
        ("contained-folder-count", Kind::Folder { folders, .. }) => folders.to_string(),
        ("contained-file-count", Kind::Folder { files, .. }) => files.to_string(),
        ("creation_time", _) => entry.created_at.to_string(),
        ("upload_time", Kind::File { .. }) => entry.uploaded_at.to_string(),
        _ => return None,
    })
}
