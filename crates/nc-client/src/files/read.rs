use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use nc_proto::{dav::date::parse_http, etag::ETag};
use time::OffsetDateTime;

use super::{FileEntry, FilePath, Files, either_form, subject};
use crate::{
    Error,
    answer::{Answer, Broken},
};

/// Which part of a file to read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// First byte.
    pub offset: u64,
    /// At most so many bytes.
    pub max_bytes: u64,
    /// The version that earlier parts were read from; another one is a conflict, so parts of two versions never mix.
    pub etag: Option<ETag>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            offset: 0,
            max_bytes: 1024 * 1024,
            etag: None,
        }
    }
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSlice {
    /// The file, as it is stored.
    pub path: FilePath,
    /// The bytes.
    pub bytes: Bytes,
    /// Where they begin in the file.
    pub offset: u64,
    /// The file's size.
    pub total_size: u64,
    /// Where the next part begins, if there is more.
    pub next_offset: Option<u64>,
    /// The file's version.
    pub etag: Option<ETag>,
    /// The media type that the server guessed from the name.
    pub content_type: Option<String>,
    /// Time of the last change.
    pub last_modified: Option<OffsetDateTime>,
}

/// A file on its way.
pub struct Download {
    /// The file, as it is stored.
    pub path: FilePath,
    /// Its size, if it is known.
    pub size: Option<u64>,
    /// Its version.
    pub etag: Option<ETag>,
    /// The media type that the server guessed from the name.
    pub content_type: Option<String>,
    /// Time of the last change.
    pub last_modified: Option<OffsetDateTime>,
    answer: Answer,
}

impl Download {
    /// The next piece; `None` at the end. A file that breaks off is an error, never an end.
    ///
    /// # Errors
    /// [`Error::BadAnswer`] if it breaks off, [`Error::Timeout`] if nothing comes for too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = self.answer.body.next().await;
        piece.map_err(|broken| broken.into_error(self.answer.subject.clone(), self.answer.status))
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Download")
            .field("path", &self.path)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Files<'_> {
    /// Reads a part of a file.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InvalidInput`] for a folder, or an offset behind the end; [`Error::Conflict`] if
    /// it is not the version asked for; otherwise as for every call.
    pub async fn read(&self, path: &FilePath, options: &ReadOptions) -> Result<FileSlice, Error> {
        either_form(path, |path| async move {
            match self.read_form(&path, options).await {
                // A kept connection can deliver a short body; a fresh one is worth one try.
                Err((error, Some(Broken::Short))) => {
                    tracing::debug!(%error, "reading once more");
                    self.read_form(&path, options).await.map_err(|(error, _)| error)
                }
                result => result.map_err(|(error, _)| error),
            }
        })
        .await
    }

    async fn read_form(&self, path: &FilePath, options: &ReadOptions) -> Result<FileSlice, (Error, Option<Broken>)> {
        let plain = |error| (error, None);
        let last = options.offset.saturating_add(options.max_bytes.max(1)) - 1;
        let mut request = self.request("GET", path).await.map_err(plain)?;
        request = request.header("range", format!("bytes={}-{last}", options.offset));
        // Ranges and lengths are those of the file only without compression.
        request = request.header("accept-encoding", "identity");
        if let Some(etag) = &options.etag {
            request = request.if_match(etag);
        }
        let mut answer = match request.send().await {
            Err(Error::Refused { status: 416, .. }) => return self.nothing_there(path, options).await.map_err(plain),
            answer => answer.map_err(plain)?,
        };
        self.check_file(path, &answer.headers).await.map_err(plain)?;
        let (offset, total) = match answer.status {
            StatusCode::PARTIAL_CONTENT => match content_range(&answer.headers) {
                Some((start, total)) if start == options.offset => (start, total),
                _ => return Err(plain(bad(&answer, "another part of the file than was asked for"))),
            },
            _ => (0, length(&answer.headers)),
        };
        let skip = options.offset - offset;
        let broken = |broken: Broken, answer: &Answer| {
            let short = matches!(broken, Broken::Short).then_some(Broken::Short);
            (broken.into_error(answer.subject.clone(), answer.status), short)
        };
        // A server may ignore the range and send everything; what is not needed is not kept.
        let (bytes, received, ended) = match take(&mut answer, skip, options.max_bytes).await {
            Ok(taken) => taken,
            Err(error) => return Err(broken(error, &answer)),
        };
        let total = match total {
            Some(total) => total,
            None if ended => received,
            None => self.stat_form(path).await.map_err(plain)?.size.unwrap_or(received),
        };
        if options.offset > total {
            return Err(plain(behind_the_end(total)));
        }
        let next = options.offset + bytes.len() as u64;
        Ok(FileSlice {
            path: path.clone(),
            offset: options.offset,
            total_size: total,
            next_offset: (next < total).then_some(next),
            bytes,
            etag: crate::answer::etag(&answer.headers),
            content_type: text(&answer.headers, &header::CONTENT_TYPE),
            last_modified: text(&answer.headers, &header::LAST_MODIFIED).and_then(|date| parse_http(&date)),
        })
    }

    /// Reads a whole file of any size, piece by piece.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InvalidInput`] for a folder; otherwise as for every call.
    pub async fn download(&self, path: &FilePath) -> Result<Download, Error> {
        either_form(path, |path| async move {
            let request = self.request("GET", &path).await?.header("accept-encoding", "identity");
            let mut answer = request.send().await?;
            self.check_file(&path, &answer.headers).await?;
            answer.body = answer.body.limited_to(u64::MAX);
            Ok(Download {
                path,
                size: length(&answer.headers),
                etag: crate::answer::etag(&answer.headers),
                content_type: text(&answer.headers, &header::CONTENT_TYPE),
                last_modified: text(&answer.headers, &header::LAST_MODIFIED).and_then(|date| parse_http(&date)),
                answer,
            })
        })
        .await
    }

    /// A folder answers GET with 200 and nothing, so what has no version must be looked at.
    async fn check_file(&self, path: &FilePath, headers: &HeaderMap) -> Result<(), Error> {
        if headers.contains_key(header::ETAG) || headers.contains_key("oc-etag") {
            return Ok(());
        }
        let entry = self.stat_form(path).await?;
        if entry.is_directory() {
            return Err(Error::invalid("path", format!("\"{path}\" is a folder, not a file")));
        }
        if text(headers, &header::CONTENT_TYPE).is_some_and(|kind| kind.contains("html")) {
            // Files have a version, pages have not.
            return Err(Error::bad_answer(subject(path), 200, "HTML page instead of the file"));
        }
        Ok(())
    }

    /// The answer to 416: an empty file has no first byte, and nothing lies behind the end.
    async fn nothing_there(&self, path: &FilePath, options: &ReadOptions) -> Result<FileSlice, Error> {
        let FileEntry {
            path,
            size,
            etag,
            content_type,
            last_modified,
            ..
        } = self.stat_form(path).await?;
        let total_size = size.unwrap_or(0);
        if options.offset > total_size {
            return Err(behind_the_end(total_size));
        }
        Ok(FileSlice {
            path,
            bytes: Bytes::new(),
            offset: options.offset,
            total_size,
            next_offset: None,
            etag,
            content_type,
            last_modified,
        })
    }
}

/// Skips, then takes at most `most` bytes. Also gives how many came in all, and whether that was the end.
async fn take(answer: &mut Answer, skip: u64, most: u64) -> Result<(Bytes, u64, bool), Broken> {
    answer.body.allow(u64::MAX);
    let mut taken = BytesMut::new();
    let mut received = 0_u64;
    while let Some(mut piece) = answer.body.next().await? {
        let before = received;
        received += piece.len() as u64;
        if before < skip {
            let cut = usize::try_from(skip - before).unwrap_or(usize::MAX).min(piece.len());
            piece = piece.slice(cut..);
        }
        let room = usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(taken.len());
        if piece.len() > room {
            taken.extend_from_slice(&piece[..room]);
            return Ok((taken.freeze(), received, false));
        }
        taken.extend_from_slice(&piece);
    }
    Ok((taken.freeze(), received, true))
}

fn behind_the_end(total: u64) -> Error {
    Error::invalid("offset", format!("it is behind the end; the file has {total} bytes"))
}

fn bad(answer: &Answer, what: &'static str) -> Error {
    Error::bad_answer(answer.subject.clone(), answer.status.as_u16(), what)
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    let plain = !headers.contains_key(header::CONTENT_ENCODING);
    headers
        .get(header::CONTENT_LENGTH)
        .filter(|_| plain)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// `Content-Range: bytes 0-3/27`, RFC 9110 §14.4; the size may be unknown.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let (range, total) = headers
        .get(header::CONTENT_RANGE)?
        .to_str()
        .ok()?
        .strip_prefix("bytes ")?
        .split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}
