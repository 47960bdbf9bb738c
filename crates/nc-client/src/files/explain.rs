use nc_proto::dav::{Depth, Name, Propfind, props};

use super::{FilePath, Files, listing::read_whole_multistatus};
use crate::{Error, error::Current};

/// Who holds a lock, in properties of the app that makes locks for people (`files_lock`).
const LOCK_OWNER_DISPLAY_NAME: Name = Name::nc("lock-owner-displayname");
const LOCK_OWNER: Name = Name::nc("lock-owner");

impl Files<'_> {
    /// Adds to the failure of a write what the caller needs to go on: the version that is there, the bytes that are
    /// free, who holds the lock. What cannot be found out is left out.
    pub(super) async fn explain(&self, path: &FilePath, error: Error) -> Error {
        match error {
            Error::Conflict { subject, current } => Error::Conflict {
                subject,
                current: self.current(path, *current).await,
            },
            Error::AlreadyExists { subject, current } => Error::AlreadyExists {
                subject,
                current: self.current(path, *current).await,
            },
            Error::Quota {
                subject,
                free_bytes: None,
            } => Error::Quota {
                subject,
                free_bytes: self.free_bytes().await.unwrap_or_default(),
            },
            Error::Locked { subject, owner: None } => Error::Locked {
                subject,
                owner: self.lock_owner(path).await.unwrap_or_default(),
            },
            error => error,
        }
    }

    async fn current(&self, path: &FilePath, known: Current) -> Box<Current> {
        Box::new(match self.stat_form(path).await {
            Ok(entry) => Current {
                etag: entry.etag,
                modified: entry.last_modified,
                ..known
            },
            Err(_) => known,
        })
    }

    async fn lock_owner(&self, path: &FilePath) -> Result<Option<String>, Error> {
        let document = Propfind::Prop(vec![LOCK_OWNER_DISPLAY_NAME, LOCK_OWNER]).to_document();
        let request = self.request("PROPFIND", path).await?.depth(Depth::Zero).xml(document);
        let responses = read_whole_multistatus(&request.read().await?)?;
        let owner = |name: &Name| responses.iter().find_map(|response| response.prop_text(name));
        Ok(owner(&LOCK_OWNER_DISPLAY_NAME).or_else(|| owner(&LOCK_OWNER)))
    }

    /// Bytes left for this user; `None` if there is no limit or it is not known.
    ///
    /// # Errors
    /// As for every call.
    pub async fn free_bytes(&self) -> Result<Option<u64>, Error> {
        let document = Propfind::Prop(vec![props::QUOTA_AVAILABLE_BYTES]).to_document();
        let request = self
            .request("PROPFIND", &FilePath::root())
            .await?
            .depth(Depth::Zero)
            .xml(document);
        let responses = read_whole_multistatus(&request.read().await?)?;
        let free = responses
            .iter()
            .find_map(|response| response.prop_number::<i64>(&props::QUOTA_AVAILABLE_BYTES));
        Ok(free.and_then(|free| u64::try_from(free).ok()))
    }
}
