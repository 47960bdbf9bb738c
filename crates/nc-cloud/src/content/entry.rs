use nc_proto::dav::{DavPath, ETag};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row, sqlite::SqliteRow};

/// Number of a file or folder; kept when it is moved, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileId(pub i64);

impl std::fmt::Display for FileId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What an [`Entry`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File {
        /// Media type, guessed from the name.
        mime: String,
    },
    /// A folder.
    Folder {
        /// Folders directly inside.
        folders: u64,
        /// Files directly inside.
        files: u64,
    },
}

/// Everything that is known about a file or folder, for one user. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The file id.
    pub id: FileId,
    /// The path in the user's tree.
    pub path: DavPath,
    /// File or folder.
    pub kind: Kind,
    /// Size; of everything inside for a folder.
    pub size_bytes: u64,
    /// Last change; uploaders may set it.
    pub modified_at: i64,
    /// Moves with every change of the content; of a folder with every change of anything inside.
    pub etag: ETag,
    /// Checksum that came with the content and was verified.
    pub checksums: Option<String>,
    /// Creation time that the uploader gave; 0 for none.
    pub created_at: i64,
    /// When the content arrived; 0 for folders.
    pub uploaded_at: i64,
    /// Whether this user marked it.
    pub favorite: bool,
}

impl Entry {
    /// Whether it is a folder.
    pub const fn is_folder(&self) -> bool {
        matches!(self.kind, Kind::Folder { .. })
    }

    /// The media type; folders have none.
    pub fn media_type(&self) -> Option<&str> {
        match &self.kind {
            Kind::File { mime } => Some(mime),
            Kind::Folder { .. } => None,
        }
    }

    /// The name; empty for the root.
    pub fn name(&self) -> &str {
        self.path.name().unwrap_or_default()
    }
}

/// The columns of an [`Entry`]; `?1` is the user.
macro_rules! select_entry {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.path, f.is_folder, f.mime, f.size, f.mtime, f.etag, f.checksums, f.creation_time, ",
            "f.upload_time, ",
            "EXISTS (SELECT 1 FROM favorites v WHERE v.user_id = ?1 AND v.file_id = f.id) AS favorite, ",
            "CASE WHEN f.is_folder THEN (SELECT count(*) FROM files c WHERE c.parent = f.id AND c.is_folder = 1) ",
            "ELSE 0 END AS folders, ",
            "CASE WHEN f.is_folder THEN (SELECT count(*) FROM files c WHERE c.parent = f.id AND c.is_folder = 0) ",
            "ELSE 0 END AS files ",
            "FROM files f WHERE f.owner = ?1 AND ",
            $rest
        )
    };
}
pub(super) use select_entry;

impl FromRow<'_, SqliteRow> for Entry {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let etag: String = row.try_get("etag")?;
        let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        let kind = if row.try_get::<bool, _>("is_folder")? {
            Kind::Folder {
                folders: count("folders")?,
                files: count("files")?,
            }
        } else {
            Kind::File {
                mime: row.try_get::<Option<String>, _>("mime")?.unwrap_or_default(),
            }
        };
        Ok(Self {
            id: FileId(row.try_get("id")?),
            path: stored_path(&row.try_get::<String, _>("path")?),
            kind,
            size_bytes: u64::try_from(row.try_get::<i64, _>("size")?).unwrap_or_default(),
            modified_at: row.try_get("mtime")?,
            etag: ETag::parse(&etag).ok_or_else(|| sqlx::Error::Decode("empty etag".into()))?,
            checksums: row.try_get("checksums")?,
            created_at: row.try_get("creation_time")?,
            uploaded_at: row.try_get("upload_time")?,
            favorite: row.try_get("favorite")?,
        })
    }
}

/// The form of a path in the database.
pub(super) fn path_key(path: &DavPath) -> String {
    path.names().join("/")
}

/// Reads [`path_key`].
pub(super) fn stored_path(key: &str) -> DavPath {
    DavPath::from_names(key.split('/').filter(|name| !name.is_empty()))
}

/// The paths above `path`, the root included, itself not.
pub(super) fn ancestor_keys(path: &DavPath) -> Vec<String> {
    let names = path.names();
    (0..names.len()).map(|count| names[..count].join("/")).collect()
}
