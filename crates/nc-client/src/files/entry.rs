use std::fmt;

use nc_proto::{
    dav::{Name, Permissions, Response, props},
    etag::ETag,
};
use serde::Serialize;
use time::OffsetDateTime;

use super::{FilePath, hidden::View, path_of};

/// Number of a file or folder; stays when it is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FileId(pub i64);

impl fmt::Display for FileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FileId {
    /// Reads the header `OC-FileId`: the number, padded, with the instance's name behind.
    pub(crate) fn from_header(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..digits].parse().ok().map(Self)
    }
}

/// A file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A file.
    File,
    /// A folder.
    Directory,
}

/// What is known about a file or folder. What the server did not tell is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct FileEntry {
    /// Where it is, as it is stored.
    pub path: FilePath,
    /// Its last name; empty for the root.
    pub name: String,
    /// File or folder.
    pub kind: FileKind,
    /// Size in bytes; of a folder, of all that is in it.
    pub size: Option<u64>,
    /// Media type that the server guessed from the name; none of folders.
    pub content_type: Option<String>,
    /// Time of the last change.
    pub last_modified: Option<OffsetDateTime>,
    /// Its version.
    pub etag: Option<ETag>,
    /// Its number.
    pub file_id: Option<FileId>,
    /// Whether this user marked it.
    pub favorite: Option<bool>,
    /// What this user may do with it.
    pub permissions: Option<Permissions>,
    /// Id of its owner.
    pub owner_id: Option<String>,
    /// Name of its owner.
    pub owner_display_name: Option<String>,
    /// Whether the server can make a picture of it.
    pub has_preview: Option<bool>,
}

impl FileEntry {
    /// The properties that it is made of.
    pub(super) const PROPERTIES: [Name; 12] = [
        props::RESOURCETYPE,
        props::GETLASTMODIFIED,
        props::GETETAG,
        props::GETCONTENTTYPE,
        props::GETCONTENTLENGTH,
        props::FILEID,
        props::PERMISSIONS,
        props::SIZE,
        props::FAVORITE,
        props::OWNER_ID,
        props::OWNER_DISPLAY_NAME,
        props::HAS_PREVIEW,
    ];

    /// Whether it is a folder.
    pub fn is_directory(&self) -> bool {
        self.kind == FileKind::Directory
    }

    /// Reads one entry of an answer. `None` if its address is not one of this user's files, or if it is hidden.
    pub(super) fn read(response: &Response, view: &View) -> Option<Self> {
        Self::read_any(response, &view.user).filter(|entry| view.shows(&entry.path, entry.file_id))
    }

    /// Reads one entry of an answer, hidden or not: for finding out what is hidden.
    pub(super) fn read_any(response: &Response, user: &str) -> Option<Self> {
        let path = path_of(&response.href, user)?;
        let kind = if response.is_collection() {
            FileKind::Directory
        } else {
            FileKind::File
        };
        let flag = |name: &Name| {
            response
                .prop_text(name)
                .map(|text| matches!(text.as_str(), "1" | "true"))
        };
        // Sizes are negative while the server has not looked; folders have only the one of Nextcloud.
        let size = |name: &Name| {
            response
                .prop_number::<i64>(name)
                .and_then(|size| u64::try_from(size).ok())
        };
        Some(Self {
            name: path.name().unwrap_or_default().to_owned(),
            path,
            kind,
            size: size(&props::SIZE).or_else(|| size(&props::GETCONTENTLENGTH)),
            content_type: response
                .prop_text(&props::GETCONTENTTYPE)
                .filter(|_| kind == FileKind::File),
            last_modified: response.last_modified(),
            etag: response.prop_text(&props::GETETAG).and_then(|text| ETag::parse(&text)),
            file_id: response.prop_number(&props::FILEID).map(FileId),
            favorite: flag(&props::FAVORITE),
            permissions: response
                .prop_text(&props::PERMISSIONS)
                .map(|letters| Permissions::parse(&letters)),
            owner_id: response.prop_text(&props::OWNER_ID),
            owner_display_name: response.prop_text(&props::OWNER_DISPLAY_NAME),
            has_preview: flag(&props::HAS_PREVIEW),
        })
    }

    /// Whether the server showed anything of it. It answers 207 for the root of a stranger too, with nothing inside.
    pub(super) const fn is_accessible(&self) -> bool {
        self.file_id.is_some() || self.permissions.is_some() || self.etag.is_some()
    }
}
