//! What people on other servers share with the user.

use http::Method;
use nc_proto::apps::sharing::{RemoteShare, ShareId};

use super::{FromData, Sharing, read, read_done};
use crate::{Error, FilePath, Subject, files::hidden::View, request::Request};

impl<'a> Sharing<'a> {
    /// Shares from other servers: those that wait for an answer, or those that were accepted.
    ///
    /// # Errors
    /// As for every call.
    pub async fn list_remote(&self, pending: bool) -> Result<Vec<RemoteShare>, Error> {
        let view = self.0.files().view().await?;
        let path: &[&str] = if pending { &["pending"] } else { &[] };
        let subject = Subject::named("the shares from other servers");
        let shares: Vec<RemoteShare> = read(self.remote(Method::GET, path, subject)).await?;
        Ok(shares.into_iter().filter(|share| shows(&view, share)).collect())
    }

    /// One share from another server.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none that the user may see; otherwise as for every call.
    pub async fn get_remote(&self, id: ShareId) -> Result<RemoteShare, Error> {
        let view = self.0.files().view().await?;
        let shares: Vec<RemoteShare> = read(self.remote(Method::GET, &[&id.to_string()], subject(id))).await?;
        let share = shares.into_iter().next().filter(|share| shows(&view, share));
        share.ok_or_else(|| Error::not_found(subject(id)))
    }

    /// Takes a share from another server that waits for an answer: it appears in the user's files.
    ///
    /// # Errors
    /// [`Error::NotFound`] if none of that number waits; otherwise as for every call.
    pub async fn accept_remote(&self, id: ShareId) -> Result<(), Error> {
        read_done(self.remote(Method::POST, &["pending", &id.to_string()], subject(id))).await
    }

    /// Refuses a share from another server that waits for an answer.
    ///
    /// # Errors
    /// [`Error::NotFound`] if none of that number waits; otherwise as for every call.
    pub async fn decline_remote(&self, id: ShareId) -> Result<(), Error> {
        read_done(self.remote(Method::DELETE, &["pending", &id.to_string()], subject(id))).await
    }

    /// Takes a share from another server out of the user's files, and gives it as it was.
    ///
    /// # Errors
    /// [`Error::NotFound`] if none of that number was accepted; otherwise as for every call.
    pub async fn remove_remote(&self, id: ShareId) -> Result<RemoteShare, Error> {
        let share = self.get_remote(id).await?;
        read_done(self.remote(Method::DELETE, &[&id.to_string()], subject(id))).await?;
        Ok(share)
    }

    fn remote(self, method: Method, path: &[&str], subject: Subject) -> Request<'a> {
        self.request(method, &[&["remote_shares"], path].concat(), subject)
    }
}

impl FromData for Vec<RemoteShare> {
    fn from_data(data: serde_json::Value) -> Result<Self, serde_json::Error> {
        // One share is an object, several are a list.
        if data.get("id").is_some() {
            return Ok(vec![serde_json::from_value(data)?]);
        }
        serde_json::from_value(data)
    }
}

/// Whether nothing hides the place of a share.
fn shows(view: &View, share: &RemoteShare) -> bool {
    match share.place().map(FilePath::parse) {
        Some(Ok(path)) => view.shows(&path, None),
        Some(Err(_)) => view.hides_nothing(),
        // It lies nowhere yet.
        None => true,
    }
}

fn subject(id: ShareId) -> Subject {
    Subject::new(format!("share {id} from another server"))
}
