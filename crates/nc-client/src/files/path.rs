use std::{fmt, str::FromStr};

use nc_proto::dav::{DavPath, NameError};
use serde::{Serialize, Serializer};

use crate::Error;

/// A file or folder of a user, from the root of the user's files: `/Docs/100% sure.txt`.
///
/// Nothing is ever decoded in it: a `%20` is part of a name. A slash at the beginning or end does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FilePath(DavPath);

impl FilePath {
    /// The root of the user's files.
    pub const fn root() -> Self {
        Self(DavPath::root())
    }

    /// Reads a path as people write it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for names that cannot exist: `.` and `..`, control characters, more than 250 bytes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        DavPath::plain(text).map(Self).map_err(|why| {
            let hint = match why {
                NameError::Dots => "; give the path from the root of the files, such as /Documents/plan.md",
                _ => "",
            };
            Error::invalid("path", format!("{why}{hint}"))
        })
    }

    /// A file or folder inside of this folder.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for names that cannot exist.
    pub fn join(&self, name: &str) -> Result<Self, Error> {
        self.0
            .clone()
            .join_plain(name)
            .map(Self)
            .map_err(|why| Error::invalid("name", why.to_string()))
    }

    /// Its last name; none of the root.
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// The folder that it is in; none of the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.parent().map(Self)
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_root()
    }

    /// Whether it is `folder`, or lies in it at any depth.
    pub fn is_in(&self, folder: &Self) -> bool {
        self.0.strip_prefix(&folder.0).is_some()
    }

    pub(crate) const fn as_dav(&self) -> &DavPath {
        &self.0
    }
}

/// A path that comes from the server.
impl From<DavPath> for FilePath {
    fn from(path: DavPath) -> Self {
        Self(path)
    }
}

impl FromStr for FilePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for FilePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
