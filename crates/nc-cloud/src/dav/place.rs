use nc_proto::dav::{DavPath, PathError};

use super::DavError;
use crate::{Cloud, SignedIn};

/// Which part of the DAV tree an address lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Area {
    /// `/remote.php/dav/`
    Root,
    /// `/remote.php/dav/files/` and others where each user has a folder.
    Homes,
    /// Somebody else's files or uploads, whether that user exists or not.
    Foreign,
    /// The user's own files.
    Files,
    /// The user's own uploads.
    Uploads,
    /// What the user deleted.
    Trashbin,
    /// Former content of the user's files.
    Versions,
    /// The tags that all users share.
    SystemTags,
    /// Which of the user's files carry them.
    SystemTagRelations,
    /// Comments on the user's files.
    Comments,
    /// What somebody else deleted or replaced, whether that user exists or not.
    Closed,
}

/// An address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) area: Area,
    /// The path of the public URL, under which clients see the cloud.
    pub(super) prefix: DavPath,
    /// The address of the area's root, with the prefix under which clients see the cloud.
    pub(super) base: DavPath,
    /// What follows the base.
    pub(super) path: DavPath,
}

impl Place {
    /// The place that a request is for.
    pub(super) fn of_request(cloud: &Cloud, signed_in: &SignedIn, path: &str) -> Result<Self, DavError> {
        let path = decode(path)?;
        Self::find(&prefix(cloud), signed_in.user.as_str(), &path)
    }

    /// The place that a `Destination`, or an address inside of `If`, names: a URL or an absolute path, as the client sees
    /// it. The host is not looked at, as behind a proxy it may differ from ours.
    pub(super) fn of_header(cloud: &Cloud, signed_in: &SignedIn, address: &str) -> Result<Self, DavError> {
        let prefix = prefix(cloud);
        let path = decode(address)?;
        let path = path.strip_prefix(&prefix).unwrap_or(path);
        Self::find(&prefix, signed_in.user.as_str(), &path)
    }

    fn find(prefix: &DavPath, user: &str, path: &DavPath) -> Result<Self, DavError> {
        let names: Vec<&str> = path.names().iter().map(String::as_str).collect();
        let (area, base) = match names.as_slice() {
            ["remote.php", "webdav", ..] => (Area::Files, 2),
            ["remote.php", "dav"] => (Area::Root, 2),
            ["remote.php", "dav", "files" | "uploads" | "trashbin" | "versions"] => (Area::Homes, 3),
            ["remote.php", "dav", "files", owner, ..] if *owner == user => (Area::Files, 4),
            ["remote.php", "dav", "uploads", owner, ..] if *owner == user => (Area::Uploads, 4),
            ["remote.php", "dav", "trashbin", owner, ..] if *owner == user => (Area::Trashbin, 4),
            ["remote.php", "dav", "files" | "uploads", ..] => (Area::Foreign, 4),
            ["remote.php", "dav", "versions", owner, ..] if *owner == user => (Area::Versions, 4),
            ["remote.php", "dav", "trashbin" | "versions", ..] => (Area::Closed, 4),
            ["remote.php", "dav", "systemtags", ..] => (Area::SystemTags, 3),
            ["remote.php", "dav", "systemtags-relations", ..] => (Area::SystemTagRelations, 3),
            ["remote.php", "dav", "comments", ..] => (Area::Comments, 3),
            ["remote.php", "dav", name, ..] => return Err(DavError::not_found_in(name, "root")),
            _ => {
                return Err(DavError::forbidden(format!(
                    "Requested uri ({path}) is out of base uri"
                )));
            }
        };
        Ok(Self {
            area,
            prefix: prefix.clone(),
            base: prefix.join(&DavPath::from_names(&path.names()[..base])),
            path: DavPath::from_names(&path.names()[base..]),
        })
    }

    /// The address of something in this area.
    pub(super) fn href(&self, path: &DavPath, is_folder: bool) -> String {
        let address = self.base.join(path);
        if is_folder {
            address.encode_folder()
        } else {
            address.encode()
        }
    }
}

/// The path of the public URL: what a proxy in front of us takes away.
pub(super) fn prefix(cloud: &Cloud) -> DavPath {
    let url = cloud.config().public_url.as_ref();
    url.and_then(|url| DavPath::decode(url.path()).ok()).unwrap_or_default()
}

pub(super) fn decode(path: &str) -> Result<DavPath, DavError> {
    DavPath::decode(path).map_err(|error| match error {
        PathError::NotUtf8 => DavError::bad_request("The path is not UTF-8"),
        PathError::Traversal => DavError::not_found(&DavPath::from_names([".."])),
    })
}
