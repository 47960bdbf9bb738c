use http::StatusCode;
use nc_proto::etag::ETag;
use time::OffsetDateTime;

use super::{FileId, FilePath, Files, parent_missing, subject};
use crate::{Error, answer::Answer, body::Body, error::Current, request::Request};

/// What may happen to a file that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteMode {
    /// Nothing: the name must be free.
    CreateNew,
    /// It is replaced if it is still this version.
    Replace(ETag),
    /// It is replaced, whatever it is.
    Overwrite,
}

/// More about a write.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// Media type of the content.
    pub content_type: Option<String>,
    /// Time of the last change, in whole seconds.
    pub mtime: Option<OffsetDateTime>,
    /// Whether missing folders are made.
    pub create_parents: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub path: FilePath,
    /// Its version now.
    pub etag: Option<ETag>,
    /// Whether it is new.
    pub created: bool,
    /// Its size in bytes.
    pub size: u64,
    /// Its number.
    pub file_id: Option<FileId>,
    /// Whether the server took the time of last change; `None` if none was given.
    pub mtime_accepted: Option<bool>,
}

impl Files<'_> {
    /// Writes a file. Large ones, and streams of unknown length, go in parts.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] or [`Error::Conflict`] as `mode` demands, each with the version that is there;
    /// [`Error::NotFound`] if the folder is missing; [`Error::Quota`] with the free bytes; otherwise as for every call.
    pub async fn write(
        &self,
        path: &FilePath,
        content: impl Into<Body>,
        mode: &WriteMode,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let content = content.into();
        if path.is_root() {
            return Err(Error::invalid(
                "path",
                "it is the root of the files; give the path of a file",
            ));
        }
        let whole = self.0.nextcloud.config().upload.whole_up_to_bytes;
        let result = match content.length() {
            Some(length) if length <= whole => self.write_whole(path, content, length, mode, options).await,
            _ => self.write_parts(path, content, mode, options).await,
        };
        match result {
            Err(error) => Err(self.explain(path, error).await),
            Ok(written) => self.complete(written).await,
        }
    }

    async fn write_whole(
        &self,
        path: &FilePath,
        content: Body,
        length: u64,
        mode: &WriteMode,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let again = content.as_bytes();
        let sent = self.put(path, content, mode, options).await?.send().await;
        let answer = match sent {
            Err(Error::NotFound { .. } | Error::Refused { status: 409, .. }) if options.create_parents => {
                // An older server does not know the header that makes folders.
                self.make_parents(path).await?;
                let Some(bytes) = again else {
                    return Err(parent_missing(path));
                };
                self.put(path, bytes.into(), mode, options).await?.send().await
            }
            sent => sent,
        };
        let answer = answer.map_err(|error| match error {
            Error::NotFound { .. } => parent_missing(path),
            Error::Refused {
                status: 409, reason, ..
            } => {
                let hint = reason.as_deref().map(|words| format!(" ({words})")).unwrap_or_default();
                Error::invalid(
                    "path",
                    format!("\"{path}\" is a folder, or its folder is missing{hint}"),
                )
            }
            error => error,
        })?;
        Ok(written(path, &answer, length, options))
    }

    async fn put(
        &self,
        path: &FilePath,
        content: Body,
        mode: &WriteMode,
        options: &WriteOptions,
    ) -> Result<Request<'_>, Error> {
        let mut request = self.request("PUT", path).await?.body(content);
        request = match mode {
            WriteMode::CreateNew => request.if_absent(),
            WriteMode::Replace(etag) => request.if_match(etag),
            WriteMode::Overwrite => request,
        };
        let kind = options.content_type.as_deref().unwrap_or("application/octet-stream");
        request = request.header("content-type", kind);
        if options.create_parents {
            request = request.header("x-nc-webdav-auto-mkcol", "1");
        }
        Ok(with_mtime(request, options))
    }

    /// Asks for what the answer did not tell.
    async fn complete(&self, mut written: Written) -> Result<Written, Error> {
        if written.etag.is_none() || written.file_id.is_none() {
            // The file is stored; that a look at it fails does not change that.
            if let Ok(entry) = self.stat_form(&written.path).await {
                written.etag = written.etag.or(entry.etag);
                written.file_id = written.file_id.or(entry.file_id);
            }
        }
        Ok(written)
    }
}

pub(super) fn with_mtime<'a>(request: Request<'a>, options: &WriteOptions) -> Request<'a> {
    match options.mtime {
        Some(mtime) => request.header("x-oc-mtime", mtime.unix_timestamp().to_string()),
        None => request,
    }
}

pub(super) fn written(path: &FilePath, answer: &Answer, size: u64, options: &WriteOptions) -> Written {
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    Written {
        path: path.clone(),
        etag: crate::answer::etag(&answer.headers),
        created: answer.status == StatusCode::CREATED,
        size,
        file_id: header("oc-fileid").and_then(FileId::from_header),
        mtime_accepted: options.mtime.map(|_| header("x-oc-mtime") == Some("accepted")),
    }
}

/// The conflict of a file that is not the version it should be.
pub(super) fn conflict(path: &FilePath, current: Current) -> Error {
    Error::Conflict {
        subject: subject(path),
        current: Box::new(current),
    }
}

/// The conflict of a name that should be free.
pub(super) fn exists(path: &FilePath, current: Current) -> Error {
    Error::AlreadyExists {
        subject: subject(path),
        current: Box::new(current),
    }
}
