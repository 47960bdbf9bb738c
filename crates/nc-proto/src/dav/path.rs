use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use thiserror::Error;

#[cfg(test)]
mod tests;

/// Everything but the unreserved characters of RFC 3986 §2.3 is encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longest name in bytes that Nextcloud stores.
pub const LONGEST_NAME_BYTES: usize = 250;

/// Why a text cannot be the name of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing is left of it.
    #[error("a name cannot be empty")]
    Empty,
    /// `.` and `..` mean places, not names.
    #[error("a name cannot be . or ..")]
    Dots,
    /// It has a slash.
    #[error("a name cannot contain a slash")]
    Slash,
    /// It has NUL or another control character.
    #[error("a name cannot contain control characters")]
    Control,
    /// It is longer than 250 bytes.
    #[error("a name cannot be longer than 250 bytes")]
    TooLong,
}

/// Why a path in an address could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// Behind the percent signs is no UTF-8.
    #[error("the path is not UTF-8")]
    NotUtf8,
    /// It has `.`, `..`, an encoded slash or NUL.
    #[error("the path leaves the folder it is in")]
    Traversal,
}

/// Checks the name of a file or folder before anything is sent or stored.
pub fn check_name(name: &str) -> Result<(), NameError> {
    match name {
        "" => Err(NameError::Empty),
        "." | ".." => Err(NameError::Dots),
        _ if name.contains('/') => Err(NameError::Slash),
        _ if name.chars().any(char::is_control) => Err(NameError::Control),
        _ if name.len() > LONGEST_NAME_BYTES => Err(NameError::TooLong),
        _ => Ok(()),
    }
}

/// Encodes one segment of a path, once.
pub fn encode_segment(segment: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(segment, SEGMENT)
}

/// Decodes one segment of a path, once.
pub fn decode_segment(segment: &str) -> Result<String, PathError> {
    let decoded = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| PathError::NotUtf8)?;
    match decoded.as_ref() {
        "." | ".." => Err(PathError::Traversal),
        name if name.contains(['/', '\0']) => Err(PathError::Traversal),
        _ => Ok(decoded.into_owned()),
    }
}

/// A path as a list of decoded names. Requests, `href`s and `Destination` use this one codec.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct DavPath(Vec<String>);

impl DavPath {
    /// The path without names.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// Reads the path of an address: `/remote.php/dav/files/carol/100%25.txt`, or a whole URL. Empty segments and a
    /// slash at the end are dropped; a query or fragment, which a sender failed to encode, is not part of the path.
    pub fn decode(address: &str) -> Result<Self, PathError> {
        let path = match address.split_once("://") {
            Some((scheme, rest)) if scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) => {
                rest.find('/').map_or("", |start| &rest[start..])
            }
            _ => address,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        segments.map(decode_segment).collect::<Result<_, _>>().map(Self)
    }

    /// Takes a path as people write it, `/Notes/100% sure.txt`: nothing is decoded, every name is checked.
    pub fn plain(path: &str) -> Result<Self, NameError> {
        Self::root().join_plain(path)
    }

    /// This path followed by one as people write it.
    pub fn join_plain(mut self, path: &str) -> Result<Self, NameError> {
        for name in path.split('/').filter(|name| !name.is_empty()) {
            check_name(name)?;
            self.0.push(name.to_owned());
        }
        Ok(self)
    }

    /// A path of names that were checked before or come from a decoded path.
    pub fn from_names<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// This path with one more name.
    #[must_use]
    pub fn child(&self, name: impl Into<String>) -> Self {
        let mut names = self.0.clone();
        names.push(name.into());
        Self(names)
    }

    /// This path followed by another.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        Self([self.0.as_slice(), other.0.as_slice()].concat())
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether there are no names.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last name.
    pub fn name(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// The path without its last name; none of the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_last().map(|(_, parent)| Self(parent.to_vec()))
    }

    /// What follows `base`, if this path lies in it or is it.
    pub fn strip_prefix(&self, base: &Self) -> Option<Self> {
        self.0.strip_prefix(base.0.as_slice()).map(|rest| Self(rest.to_vec()))
    }

    /// The form in addresses and headers, every segment encoded once: `/a%20b/c`; of the root `/`.
    pub fn encode(&self) -> String {
        if self.is_root() {
            return "/".to_owned();
        }
        self.0
            .iter()
            .fold(String::new(), |path, name| format!("{path}/{}", encode_segment(name)))
    }

    /// The form of a folder's address: with a slash at the end.
    pub fn encode_folder(&self) -> String {
        if self.is_root() {
            self.encode()
        } else {
            self.encode() + "/"
        }
    }
}

/// The form for people, not encoded: `/a b/c`.
impl fmt::Display for DavPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str("/");
        }
        self.0.iter().try_for_each(|name| write!(f, "/{name}"))
    }
}
