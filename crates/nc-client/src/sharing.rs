//! Sharing of files, OCS interface `files_sharing` (source: Nextcloud's developer manual, "OCS Share API").
//!
//! What tags hide (`EXCLUDED_TAGS`) can be neither seen nor shared here: see [`View`].

use http::Method;
use nc_proto::apps::sharing::{Share, ShareId, ShareType, Sharees};
use serde::de::DeserializeOwned;

use crate::{Client, Error, FileId, FilePath, Subject, files::hidden::View, nextcloud::read_ocs, request::Request};

mod change;
mod query;
mod remote;

pub use change::{ChangedShare, NewShare, SharePatch};
pub use query::{ShareQuery, ShareeQuery};

/// Sharing of files.
#[derive(Debug, Clone, Copy)]
pub struct Sharing<'a>(&'a Client);

impl Client {
    /// Sharing of files.
    pub const fn sharing(&self) -> Sharing<'_> {
        Sharing(self)
    }
}

impl<'a> Sharing<'a> {
    /// Shares that the user made, or that were made with the user.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a path where nothing is, [`Error::InvalidInput`] for members of something that is no folder;
    /// otherwise as for every call.
    pub async fn list(&self, query: &ShareQuery) -> Result<Vec<Share>, Error> {
        let view = self.0.files().view().await?;
        if let Some(path) = &query.path {
            view.check(path)?;
        }
        let shares: Vec<Share> = read(query.request(*self)).await?;
        Ok(shares.into_iter().filter(|share| shows(&view, share)).collect())
    }

    /// One share.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the user may see; otherwise as for every call.
    pub async fn get(&self, id: ShareId) -> Result<Share, Error> {
        let view = self.0.files().view().await?;
        let request = self.request(Method::GET, &["shares", &id.to_string()], subject(id));
        let shares: Vec<Share> = read(request).await?;
        let share = shares.into_iter().next().filter(|share| shows(&view, share));
        share.ok_or_else(|| Error::not_found(subject(id)))
    }

    /// Ends a share. A receiver leaves it: it stays for the others.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the user may see; otherwise as for every call.
    pub async fn delete(&self, id: ShareId) -> Result<Share, Error> {
        let share = self.get(id).await?;
        let request = self.request(Method::DELETE, &["shares", &id.to_string()], subject(id));
        read_done(request).await?;
        Ok(share)
    }

    /// Takes a share that waits for an answer: it appears in the user's files.
    ///
    /// # Errors
    /// [`Error::NotFound`] if none of that number waits; otherwise as for every call.
    pub async fn accept(&self, id: ShareId) -> Result<(), Error> {
        self.answer(Method::POST, id).await
    }

    /// Refuses a share that waits for an answer.
    ///
    /// # Errors
    /// [`Error::NotFound`] if none of that number waits; otherwise as for every call.
    pub async fn decline(&self, id: ShareId) -> Result<(), Error> {
        self.answer(Method::DELETE, id).await
    }

    /// Whom something can be shared with, as far as the administrator lets people be found (P30, P156).
    ///
    /// # Errors
    /// As for every call.
    pub async fn sharees(&self, query: &ShareeQuery) -> Result<Sharees, Error> {
        read(query.request(*self)).await
    }

    async fn answer(&self, method: Method, id: ShareId) -> Result<(), Error> {
        read_done(self.request(method, &["shares", "pending", &id.to_string()], subject(id))).await
    }

    fn request(self, method: Method, path: &[&str], subject: Subject) -> Request<'a> {
        let path = [&["apps", "files_sharing", "api", "v1"], path].concat();
        self.0.ocs(method, &path, subject).of_app("files_sharing")
    }
}

/// The data of an answer, which is a list of one for some calls and the thing itself for others.
async fn read<T: DeserializeOwned + FromData>(request: Request<'_>) -> Result<T, Error> {
    let subject = request.context.subject.clone();
    let write = request.context.write;
    let answer = async {
        let (data, _): (serde_json::Value, _) = read_ocs(request).await?;
        T::from_data(data).map_err(|error| {
            tracing::debug!(%error, "the data of an answer about shares has another form than is due");
            Error::bad_answer(subject, 200, "shares of another form than is due")
        })
    };
    answer.await.map_err(|error| match error {
        // The change was made; only what would prove it is missing.
        Error::BadAnswer { subject, .. } if write => Error::OutcomeUnknown { subject },
        error => error,
    })
}

/// An answer without data.
async fn read_done(request: Request<'_>) -> Result<(), Error> {
    read::<serde_json::Value>(request).await?;
    Ok(())
}

/// What can be taken out of an answer.
trait FromData: Sized {
    fn from_data(data: serde_json::Value) -> Result<Self, serde_json::Error>;
}

impl FromData for Vec<Share> {
    fn from_data(data: serde_json::Value) -> Result<Self, serde_json::Error> {
        // One share is an object in some answers and a list of one in others.
        let list = if data.get("id").is_some() {
            serde_json::Value::Array(vec![data])
        } else {
            data
        };
        let mut shares: Vec<Share> = serde_json::from_value(list)?;
        for share in shares.iter_mut().filter(|share| share.share_type == ShareType::Link) {
            // Servers put the hash of the password here.
            share.share_with = None;
        }
        Ok(shares)
    }
}

impl FromData for Sharees {
    fn from_data(data: serde_json::Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(data)
    }
}

impl FromData for serde_json::Value {
    fn from_data(data: serde_json::Value) -> Result<Self, serde_json::Error> {
        Ok(data)
    }
}

/// Where the file of a share is for the user: of one that came to the user, where it was put (P154).
pub fn own_path(share: &Share, user: &str) -> Option<String> {
    let is_own = share.uid_owner == user || share.uid_file_owner == user;
    let place = if is_own { &share.path } else { &share.file_target };
    place.clone().or_else(|| share.path.clone())
}

/// Whether nothing hides the file of a share. One whose path cannot be read is not shown where anything is hidden.
fn shows(view: &View, share: &Share) -> bool {
    let id = Some(FileId(share.file_source));
    match own_path(share, view.user()).map(|path| FilePath::parse(&path)) {
        Some(Ok(path)) => view.shows(&path, id),
        Some(Err(_)) | None => view.hides_nothing(),
    }
}

fn subject(id: ShareId) -> Subject {
    Subject::new(format!("share {id}"))
}
