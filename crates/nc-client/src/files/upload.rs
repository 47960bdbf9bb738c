use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nc_proto::dav::DavPath;

use super::{
    FilePath, Files, WriteMode, WriteOptions, Written, parent_missing, subject,
    write::{conflict, exists, with_mtime, written},
};
use crate::{
    Error, Subject,
    body::Body,
    error::{Condition, Current},
    random,
};

/// Where parts of uploads lie below the server's address.
const UPLOADS: [&str; 3] = ["remote.php", "dav", "uploads"];

/// Slowest storage that is waited for while it puts the parts together, in bytes per second.
const SLOWEST_STORAGE: u64 = 10 * 1024 * 1024;

/// Smallest and largest part that Nextcloud takes, except the last.
const PART_BYTES: std::ops::RangeInclusive<u64> = 5 * 1024 * 1024..=5 * 1024 * 1024 * 1024;

impl Files<'_> {
    /// Uploads in parts: a folder for them, the parts by number, then a move to the real name (developer manual,
    /// "Chunked file upload", version 2). Only one part is in memory at a time.
    pub(super) async fn write_parts(
        &self,
        path: &FilePath,
        mut content: Body,
        mode: &WriteMode,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        // The condition is checked at the end; to know now saves the way there.
        self.check_target(path, mode).await?;
        if options.create_parents {
            self.make_parents(path).await?;
        }
        let user = self.user_id().await?;
        let folder = DavPath::from_names([format!("nextcloud-mcp-{}", random::unique_name())]);
        let destination = self.destination(path).await?;
        let upload = Upload {
            files: *self,
            user,
            folder,
            destination,
            path,
        };
        upload.request("MKCOL", None)?.read().await?;
        let result = upload.fill(&mut content, mode, options).await;
        if let Err(error) = &result
            && !matches!(error, Error::OutcomeUnknown { .. })
        {
            upload.abort().await;
        }
        result
    }

    async fn check_target(&self, path: &FilePath, mode: &WriteMode) -> Result<(), Error> {
        if *mode == WriteMode::Overwrite {
            return Ok(());
        }
        let entry = match self.stat_form(path).await {
            Err(Error::NotFound { .. }) => None,
            entry => Some(entry?),
        };
        match (mode, entry) {
            (WriteMode::CreateNew, Some(entry)) => Err(exists(
                path,
                Current {
                    etag: entry.etag,
                    modified: entry.last_modified,
                    content_head: None,
                },
            )),
            (WriteMode::Replace(etag), Some(entry)) if entry.etag.as_ref() != Some(etag) => Err(conflict(
                path,
                Current {
                    etag: entry.etag,
                    modified: entry.last_modified,
                    content_head: None,
                },
            )),
            (WriteMode::Replace(_), None) => Err(conflict(path, Current::default())),
            _ => Ok(()),
        }
    }
}

struct Upload<'a> {
    files: Files<'a>,
    user: String,
    folder: DavPath,
    destination: String,
    path: &'a FilePath,
}

impl Upload<'_> {
    fn request(&self, method: &str, part: Option<&str>) -> Result<crate::request::Request<'_>, Error> {
        let path = part.map_or_else(|| self.folder.clone(), |part| self.folder.child(part));
        let subject = match part {
            Some(".file") => subject(self.path),
            _ => Subject::new(format!("the upload of \"{}\"", self.path)),
        };
        let request = self.files.dav(method, &UPLOADS, &self.user, &path, subject)?;
        Ok(request.header("destination", self.destination.as_str()))
    }

    async fn fill(&self, content: &mut Body, mode: &WriteMode, options: &WriteOptions) -> Result<Written, Error> {
        let part_bytes = self.part_bytes().await;
        let announced = content.length();
        let mut rest = Bytes::new();
        let mut total = 0_u64;
        for number in 1_u32.. {
            let part = next_part(content, &mut rest, part_bytes).await?;
            if part.is_empty() && number > 1 {
                break;
            }
            total += part.len() as u64;
            // Parts are sorted by name, so all names have the same length.
            let mut request = self.request("PUT", Some(&format!("{number:05}")))?.body(part.into());
            if let Some(announced) = announced {
                request = request.header("oc-total-length", announced.to_string());
            }
            request.read().await?;
        }
        if announced.is_some_and(|announced| announced != total) {
            let why = format!("it ended after {total} of {} bytes", announced.unwrap_or_default());
            return Err(Error::invalid("content", why));
        }
        self.finish(total, mode, options).await
    }

    async fn finish(&self, total: u64, mode: &WriteMode, options: &WriteOptions) -> Result<Written, Error> {
        let mut request = self
            .request("MOVE", Some(".file"))?
            .header("oc-total-length", total.to_string());
        request = match mode {
            WriteMode::CreateNew => {
                request.context.condition = Condition::Absent;
                request.header("overwrite", "F")
            }
            WriteMode::Replace(etag) => {
                request.context.condition = Condition::Unchanged;
                // The condition is about the target, not about the upload: RFC 4918 §10.4, a tagged list.
                let condition = format!("<{}> ([{}])", self.destination, etag.header_value());
                request.header("overwrite", "T").header("if", condition)
            }
            WriteMode::Overwrite => request.header("overwrite", "T"),
        };
        request.patience = Duration::from_secs(total / SLOWEST_STORAGE);
        let answer = with_mtime(request, options).send().await.map_err(|error| match error {
            Error::Refused { status: 409, .. } => parent_missing(self.path),
            error => error,
        })?;
        Ok(written(self.path, &answer, total, options))
    }

    /// What we would like, within what the server allows.
    async fn part_bytes(&self) -> usize {
        let client = self.files.0;
        let wish = client.nextcloud.config().upload.part_bytes;
        let allowed = client
            .capabilities()
            .await
            .ok()
            .and_then(|capabilities| capabilities.chunked_upload().max_size);
        let allowed = allowed
            .and_then(|size| u64::try_from(size).ok())
            .filter(|size| *size > 0)
            .unwrap_or(u64::MAX);
        let part = wish
            .clamp(*PART_BYTES.start(), *PART_BYTES.end())
            .min(allowed.max(*PART_BYTES.start()));
        usize::try_from(part).unwrap_or(usize::MAX)
    }

    /// Takes the parts away; the server would do so itself after a day.
    async fn abort(&self) {
        if let Ok(request) = self.request("DELETE", None)
            && let Err(error) = request.read().await
        {
            tracing::debug!(
                error.code = error.code(),
                "the parts of an upload stay until the server removes them"
            );
        }
    }
}

async fn next_part(content: &mut Body, rest: &mut Bytes, size: usize) -> Result<Bytes, Error> {
    let mut part = BytesMut::new();
    loop {
        let take = rest.len().min(size - part.len());
        part.extend_from_slice(&rest.split_to(take));
        if part.len() == size {
            return Ok(part.freeze());
        }
        match content.next().await {
            Some(Ok(piece)) => *rest = piece,
            Some(Err(error)) => return Err(Error::invalid("content", format!("it could not be read: {error}"))),
            None => return Ok(part.freeze()),
        }
    }
}
