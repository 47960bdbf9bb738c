use http::StatusCode;
use nc_proto::{
    dav::{PropPatch, props},
    etag::ETag,
};

use super::{
    FileId, FilePath, Files, either_form,
    listing::{first_failure, read_whole_multistatus},
    parent_missing, subject,
};
use crate::{
    Error,
    error::{Condition, Current},
};

/// Whether a folder was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is new.
    New,
    /// It was there.
    Existed,
}

/// What may happen to a target that is there already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// Nothing: the name must be free.
    #[default]
    Never,
    /// It is replaced.
    Replace,
    /// It is replaced if it is still this version.
    ReplaceVersion(ETag),
}

/// Where something was moved or copied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its path now.
    pub path: FilePath,
    /// Whether it replaced something.
    pub replaced: bool,
    /// Its version, if the server told; of folders it does not.
    pub etag: Option<ETag>,
    /// Its number, if the server told.
    pub file_id: Option<FileId>,
}

impl Files<'_> {
    /// Makes a folder; with `parents`, also those that it lies in.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the folder that it is to lie in is missing, [`Error::AlreadyExists`] if a file has the
    /// name; otherwise as for every call.
    pub async fn create_directory(&self, path: &FilePath, parents: bool) -> Result<Made, Error> {
        if path.is_root() {
            return Ok(Made::Existed);
        }
        match self.make_one(path).await {
            Err(Error::NotFound { .. }) if parents => {
                self.make_parents(path).await?;
                self.make_one(path).await
            }
            result => result,
        }
    }

    /// Makes the folders that `path` lies in, from the outermost that is missing.
    pub(super) async fn make_parents(&self, path: &FilePath) -> Result<(), Error> {
        let mut missing = Vec::new();
        let mut next = path.parent();
        while let Some(folder) = next.filter(|folder| !folder.is_root()) {
            match self.make_one(&folder).await {
                Ok(_) => break,
                Err(Error::NotFound { .. }) => {
                    next = folder.parent();
                    missing.push(folder);
                }
                Err(error) => return Err(error),
            }
        }
        for folder in missing.iter().rev() {
            self.make_one(folder).await?;
        }
        Ok(())
    }

    async fn make_one(&self, path: &FilePath) -> Result<Made, Error> {
        match self.request("MKCOL", path).await?.read().await {
            Ok(_) => Ok(Made::New),
            // It says that something is there, not that it is a folder.
            Err(Error::Refused { status: 405, .. }) => {
                let entry = self.stat_form(path).await?;
                if entry.is_directory() {
                    return Ok(Made::Existed);
                }
                let current = Current {
                    etag: entry.etag,
                    modified: entry.last_modified,
                    content_head: None,
                };
                Err(Error::AlreadyExists {
                    subject: subject(path),
                    current: Box::new(current),
                })
            }
            Err(Error::Refused { status: 409, .. } | Error::NotFound { .. }) => Err(parent_missing(path)),
            Err(error) => Err(error),
        }
    }

    /// Deletes a file, or a folder with all that is in it; with `etag`, only if it is that version. Nextcloud keeps
    /// deleted things in the trash, if that app is there.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there, also if it was deleted before; [`Error::Conflict`] if it is another
    /// version; otherwise as for every call.
    pub async fn delete(&self, path: &FilePath, etag: Option<&ETag>) -> Result<(), Error> {
        if path.is_root() {
            return Err(Error::invalid(
                "path",
                "it is the root of the files, which cannot be deleted",
            ));
        }
        let deleted = either_form(path, |path| async move {
            let request = self.request("DELETE", &path).await?;
            let request = if let Some(etag) = etag {
                request.if_match(etag)
            } else {
                request
            };
            let whole = request.read().await?;
            if whole.status == StatusCode::MULTI_STATUS
                && let Some(failure) = first_failure(&read_whole_multistatus(&whole)?, &subject(&path))
            {
                return Err(failure);
            }
            Ok(())
        });
        match deleted.await {
            Err(error) => Err(self.explain(path, error).await),
            Ok(()) => Ok(()),
        }
    }

    /// Moves or renames.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] if something has the new name and may not be replaced; [`Error::NotFound`] if there is
    /// nothing to move, or no folder to move it to; otherwise as for every call.
    pub async fn move_to(&self, from: &FilePath, to: &FilePath, overwrite: Overwrite) -> Result<Placed, Error> {
        self.place_explained("MOVE", from, to, overwrite).await
    }

    /// Copies, folders with all that is in them.
    ///
    /// # Errors
    /// As for [`Self::move_to`].
    pub async fn copy_to(&self, from: &FilePath, to: &FilePath, overwrite: Overwrite) -> Result<Placed, Error> {
        self.place_explained("COPY", from, to, overwrite).await
    }

    async fn place_explained(
        &self,
        method: &str,
        from: &FilePath,
        to: &FilePath,
        overwrite: Overwrite,
    ) -> Result<Placed, Error> {
        match self.place(method, from, to, overwrite).await {
            Err(error @ (Error::Quota { .. } | Error::Locked { .. })) => Err(self.explain(from, error).await),
            result => result,
        }
    }

    async fn place(&self, method: &str, from: &FilePath, to: &FilePath, overwrite: Overwrite) -> Result<Placed, Error> {
        if from.is_root() {
            return Err(Error::invalid("source", "it is the root of the files"));
        }
        if to.is_root() {
            return Err(Error::invalid(
                "destination",
                "give the whole new path, with the name at its end",
            ));
        }
        if to.is_in(from) {
            return Err(Error::invalid(
                "destination",
                "it is the source itself, or lies inside of it",
            ));
        }
        if from.is_in(to) && overwrite != Overwrite::Never {
            return Err(Error::invalid("destination", "it is a folder that the source lies in"));
        }
        let destination = self.destination(to).await?;
        either_form(from, async |from| {
            let mut request = self
                .request(method, &from)
                .await?
                .header("destination", destination.as_str());
            request = match &overwrite {
                Overwrite::Never => {
                    request.context.condition = Condition::Absent;
                    request.header("overwrite", "F")
                }
                Overwrite::Replace => request.header("overwrite", "T"),
                Overwrite::ReplaceVersion(etag) => {
                    // RFC 4918 §10.4: a tagged list speaks of another resource than the request's.
                    let condition = format!("<{destination}> ([{}])", etag.header_value());
                    request.context.condition = Condition::Unchanged;
                    request.header("overwrite", "T").header("if", condition)
                }
            };
            let answer = request.send().await.map_err(|error| match error {
                Error::AlreadyExists { current, .. } => Error::AlreadyExists {
                    subject: subject(to),
                    current,
                },
                Error::Conflict { current, .. } => Error::Conflict {
                    subject: subject(to),
                    current,
                },
                Error::Refused { status: 409, .. } => parent_missing(to),
                Error::Quota { free_bytes, .. } => Error::Quota {
                    subject: subject(to),
                    free_bytes,
                },
                error => error,
            })?;
            let status = answer.status;
            let file_id = answer
                .headers
                .get("oc-fileid")
                .and_then(|value| FileId::from_header(value.to_str().ok()?));
            let etag = crate::answer::etag(&answer.headers);
            if status == StatusCode::MULTI_STATUS
                && let Some(failure) =
                    first_failure(&read_whole_multistatus(&answer.into_whole().await?)?, &subject(&from))
            {
                return Err(failure);
            }
            Ok(Placed {
                path: to.clone(),
                replaced: status == StatusCode::NO_CONTENT,
                etag,
                file_id,
            })
        })
        .await
    }

    /// Marks a file or folder as favourite of this user, or takes the mark away.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn set_favorite(&self, path: &FilePath, favorite: bool) -> Result<(), Error> {
        either_form(path, |path| async move {
            let change = PropPatch::default().set(props::FAVORITE, if favorite { "1" } else { "0" });
            let request = self.request("PROPPATCH", &path).await?.xml(change.to_document());
            match first_failure(&read_whole_multistatus(&request.read().await?)?, &subject(&path)) {
                Some(failure) => Err(failure),
                None => Ok(()),
            }
        })
        .await
    }
}
