use http::StatusCode;
use nc_proto::dav::{Depth, MultistatusReader, Propfind, Response, XmlError};
use time::OffsetDateTime;

use super::{FileEntry, FilePath, Files, either_form, subject};
use crate::{
    Error, Subject,
    answer::Answer,
    error::{Condition, Context, Reason, content_type, from_answer},
};

/// Largest piece that the reader of answers gets at once; it drops what it has read per piece.
const PIECE: usize = 16 * 1024;

/// Which part of a folder to list.
#[derive(Debug, Clone, Copy)]
pub struct ListOptions {
    /// At most so many entries.
    pub limit: usize,
    /// So many entries are skipped.
    pub offset: usize,
}

impl Default for ListOptions {
    fn default() -> Self {
        Self {
            limit: 1_000,
            offset: 0,
        }
    }
}

/// A part of a folder's content.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The folder.
    pub folder: FileEntry,
    /// What is in it, in the server's order.
    pub entries: Vec<FileEntry>,
    /// How many entries the folder has.
    pub total: usize,
    /// Where the next part begins, if there is more.
    pub next_offset: Option<usize>,
}

impl Files<'_> {
    /// What is directly inside of a folder. However many entries there are, only those asked for are kept in memory.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] if the server shows nothing of it, [`Error::InvalidInput`] if it is a
    /// file; otherwise as for every call.
    pub async fn list(&self, path: &FilePath, options: &ListOptions) -> Result<Listing, Error> {
        either_form(path, |path| async move { self.list_form(&path, options).await }).await
    }

    async fn list_form(&self, path: &FilePath, options: &ListOptions) -> Result<Listing, Error> {
        let view = self.view().await?;
        let document = Propfind::Prop(FileEntry::PROPERTIES.to_vec()).to_document();
        let request = self
            .request("PROPFIND", path)
            .await?
            .depth(Depth::One)
            .xml(document)
            .slash();
        let mut folder = None;
        let mut entries = Vec::new();
        let mut total = 0;
        let limit = self.0.nextcloud.config().limits.listing_bytes;
        read_multistatus(request.send().await?, limit, |response| {
            let Some(entry) = FileEntry::read(&response, &view) else {
                tracing::debug!(
                    "an entry of a listing is hidden, or has an address that is not one of the user's files"
                );
                return;
            };
            // The folder itself is told by its path; some servers do not put it first.
            if folder.is_none() && entry.path == *path {
                folder = Some(entry);
                return;
            }
            if total >= options.offset && entries.len() < options.limit {
                entries.push(entry);
            }
            total += 1;
        })
        .await?;
        let folder = folder.ok_or_else(|| no_access(path))?;
        if !folder.is_accessible() {
            return Err(no_access(path));
        }
        if !folder.is_directory() {
            return Err(Error::invalid("path", format!("\"{path}\" is a file, not a folder")));
        }
        let next = options.offset.saturating_add(entries.len());
        Ok(Listing {
            folder,
            entries,
            total,
            next_offset: (next < total).then_some(next),
        })
    }

    /// What is known about a file or folder.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] if the server shows nothing of it; otherwise as for every call.
    pub async fn stat(&self, path: &FilePath) -> Result<FileEntry, Error> {
        either_form(path, |path| async move { self.stat_form(&path).await }).await
    }

    pub(super) async fn stat_form(&self, path: &FilePath) -> Result<FileEntry, Error> {
        let view = self.view().await?;
        let document = Propfind::Prop(FileEntry::PROPERTIES.to_vec()).to_document();
        let request = self.request("PROPFIND", path).await?.depth(Depth::Zero).xml(document);
        let responses = read_whole_multistatus(&request.read().await?)?;
        let entry = responses.iter().find_map(|response| FileEntry::read(response, &view));
        entry.filter(FileEntry::is_accessible).ok_or_else(|| no_access(path))
    }
}

fn no_access(path: &FilePath) -> Error {
    Error::Forbidden {
        subject: subject(path),
        reason: Reason::none(),
    }
}

/// Reads a 207 piece by piece.
pub(crate) async fn read_multistatus(
    mut answer: Answer,
    limit: u64,
    mut each: impl FnMut(Response),
) -> Result<(), Error> {
    check_kind(&answer.subject, answer.status, &content_type(&answer.headers))?;
    let (subject, status) = (answer.subject.clone(), answer.status);
    let mut body = answer.body.limited_to(limit);
    let mut reader = MultistatusReader::default();
    while let Some(piece) = body
        .next()
        .await
        .map_err(|broken| broken.into_error(subject.clone(), status))?
    {
        for part in piece.chunks(PIECE) {
            reader.feed(part);
            while let Some(response) = reader
                .next_response()
                .map_err(|error| unreadable(&answer.subject, status, &error))?
            {
                each(response);
            }
        }
    }
    reader
        .finish()
        .map_err(|error| unreadable(&answer.subject, status, &error))?;
    answer.subject = subject;
    Ok(())
}

pub(crate) fn read_whole_multistatus(whole: &crate::answer::Whole) -> Result<Vec<Response>, Error> {
    check_kind(&whole.subject, whole.status, &content_type(&whole.headers))?;
    match nc_proto::dav::Multistatus::parse(&whole.body) {
        Ok(multistatus) => Ok(multistatus.responses),
        Err(error) => Err(unreadable(&whole.subject, whole.status, &error)),
    }
}

/// A login page or a proxy's page can stand where a 207 is due.
fn check_kind(subject: &Subject, status: StatusCode, kind: &str) -> Result<(), Error> {
    let what = match kind {
        kind if kind.contains("html") => "HTML page instead of a listing",
        kind if kind.contains("json") => "JSON instead of a listing",
        _ if status != StatusCode::MULTI_STATUS => "no listing",
        _ => return Ok(()),
    };
    Err(Error::bad_answer(subject.clone(), status.as_u16(), what))
}

fn unreadable(subject: &Subject, status: StatusCode, error: &XmlError) -> Error {
    tracing::debug!(%error, "an answer is not the XML that is due");
    Error::bad_answer(
        subject.clone(),
        status.as_u16(),
        "a listing that breaks off or is not well-formed",
    )
}

/// The first failure that a 207 reports, for calls that are done with all or nothing.
pub(crate) fn first_failure(responses: &[Response], subject: &Subject) -> Option<Error> {
    let statuses = responses.iter().flat_map(|response| {
        response
            .status
            .into_iter()
            .chain(response.propstats.iter().map(|propstat| propstat.status))
    });
    let failed = statuses.into_iter().find(|status| !(200..300).contains(status))?;
    let context = Context {
        subject: subject.clone(),
        app: None,
        newer: false,
        condition: Condition::None,
        write: true,
    };
    let status = StatusCode::from_u16(failed).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Some(from_answer(
        &context,
        status,
        &http::HeaderMap::new(),
        b"",
        OffsetDateTime::UNIX_EPOCH,
    ))
}
