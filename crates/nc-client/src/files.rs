//! Files, over WebDAV (source: Nextcloud developer manual, "WebDAV").

use http::Method;
use nc_proto::dav::{DavPath, Search, decode_segment};
use unicode_normalization::UnicodeNormalization;

use crate::{Client, Error, Subject, request::Request};

mod change;
mod comments;
mod entry;
mod explain;
pub(crate) mod hidden;
mod listing;
mod path;
mod read;
mod search;
mod system_tags;
mod text;
mod trash;
mod upload;
mod versions;
mod write;

pub use change::{Made, Overwrite, Placed};
pub use comments::{Comment, CommentPage, Commented, LONGEST_COMMENT};
pub use entry::{FileEntry, FileId, FileKind};
pub use listing::{ListOptions, Listing};
pub(crate) use listing::{first_failure, read_multistatus, read_whole_multistatus};
pub use path::FilePath;
pub use read::{Download, FileSlice, ReadOptions};
pub use search::{FileOrder, FileQuery, Found, NamePattern, SortKey};
pub use system_tags::{SystemTag, Tagging};
pub use text::{Decoded, Encoding, decode_text};
pub use trash::{Restored, TrashEntry};
pub use versions::Version;
pub use write::{WriteMode, WriteOptions, Written};

/// The files of one user.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a>(pub(crate) &'a Client);

impl Client {
    /// The user's files.
    pub const fn files(&self) -> Files<'_> {
        Files(self)
    }
}

/// Where a user's files lie below the server's address.
const ROOT: [&str; 3] = ["remote.php", "dav", "files"];

impl Files<'_> {
    /// Id of the user, as in DAV paths.
    async fn user_id(&self) -> Result<String, Error> {
        Ok(self.0.user().await?.id.clone())
    }

    /// A request about a file or folder, unless it is hidden.
    async fn request(&self, method: &str, path: &FilePath) -> Result<Request<'_>, Error> {
        let view = self.view().await?;
        view.check(path)?;
        if matches!(method, "DELETE" | "MOVE" | "COPY") {
            view.check_whole(path)?;
        }
        self.dav(method, &ROOT, &view.user, path.as_dav(), subject(path))
    }

    /// A search, wherever it looks.
    fn search_request(&self, search: &Search, subject: Subject) -> Result<Request<'_>, Error> {
        let segments = ["remote.php", "dav"].map(str::to_owned).to_vec();
        let method = Method::from_bytes(b"SEARCH").map_err(|_| Error::invalid("method", "it is unknown"))?;
        let request = self.0.request(method, segments, subject).slash();
        // The server reads the body only with this media type.
        Ok(request.xml(search.to_document()).header("content-type", "text/xml"))
    }

    fn dav(
        &self,
        method: &str,
        root: &[&str],
        user: &str,
        path: &DavPath,
        subject: Subject,
    ) -> Result<Request<'_>, Error> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| Error::invalid("method", "it is unknown"))?;
        let names = path.names().iter().map(String::as_str);
        let segments = root
            .iter()
            .copied()
            .chain([user])
            .chain(names)
            .map(str::to_owned)
            .collect();
        let request = self.0.request(method, segments, subject);
        Ok(if path.is_root() { request.slash() } else { request })
    }

    /// The value for `Destination`: an absolute path with the subpath, encoded as request paths are. A path, because
    /// behind a proxy the server may not know the scheme and host that we use.
    async fn destination(&self, path: &FilePath) -> Result<String, Error> {
        let view = self.view().await?;
        view.check(path)?;
        view.check_whole(path)?;
        self.dav("GET", &ROOT, &view.user, path.as_dav(), subject(path))?.path()
    }
}

/// Calls once more with the name's other Unicode form if nothing is found: file systems and clients differ in whether
/// they store `ü` as one character or two.
async fn either_form<T, F>(path: &FilePath, call: impl Fn(FilePath) -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    match call(path.clone()).await {
        Err(error @ Error::NotFound { .. }) => match other_form(path) {
            Some(other) => call(other).await.map_err(|second| match second {
                Error::NotFound { .. } => error,
                second => second,
            }),
            None => Err(error),
        },
        result => result,
    }
}

fn other_form(path: &FilePath) -> Option<FilePath> {
    let names = path.as_dav().names();
    let composed: Vec<String> = names.iter().map(|name| name.nfc().collect()).collect();
    let other = if composed == names {
        names.iter().map(|name| name.nfd().collect()).collect()
    } else {
        composed
    };
    (other != names).then(|| FilePath::from(DavPath::from_names(other)))
}

/// What is below the user's root in an address that the server sent. A proxy may have added or taken a subpath, so
/// the place is found by the part that cannot change.
fn path_of(href: &str, user: &str) -> Option<FilePath> {
    let address = href
        .split_once("://")
        .map_or(href, |(_, rest)| rest.find('/').map_or("", |start| &rest[start..]));
    let names: Vec<String> = address
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .split('/')
        .filter(|name| !name.is_empty())
        .map(|name| decode_segment(name).ok())
        .collect::<Option<_>>()?;
    let start = names.windows(4).position(|part| part[..3] == ROOT && part[3] == user)?;
    Some(FilePath::from(DavPath::from_names(names[start + 4..].iter().cloned())))
}

fn subject(path: &FilePath) -> Subject {
    Subject::new(format!("\"{path}\""))
}

/// The folder that something should have been put in is not there.
fn parent_missing(path: &FilePath) -> Error {
    let parent = path.parent().unwrap_or_default();
    Error::not_found(Subject::new(format!("the folder \"{parent}\"")))
}

#[cfg(test)]
mod tests;
