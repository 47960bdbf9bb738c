use nc_proto::{
    content::Document,
    dav::{DavPath, ETag},
};

use super::{Calendar, Calendars, ComponentKind};
use crate::{
    Error, Subject,
    error::{Reason, explain_write},
    random::unique_name,
    writers::WriterTurn,
};

const ICALENDAR: &str = "text/calendar; charset=utf-8";

/// An object of a calendar: all components of one UID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarObject {
    /// Its place.
    pub path: DavPath,
    /// Its version.
    pub etag: ETag,
    /// Its text, as the server keeps it.
    pub document: Document,
}

/// What a write left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its place.
    pub path: DavPath,
    /// Its version.
    pub etag: ETag,
    /// The answer's status: 201 for a new object, 204 for one that was replaced.
    pub status: u16,
    /// Its text, where the server changed what was sent.
    pub changed: Option<Document>,
}

impl Calendars<'_> {
    /// The turn to read, change and write an object; others of the same person wait for it. What is written is safe
    /// without: it only saves those who come at the same time from conflicts.
    ///
    /// # Errors
    /// [`Error::Locked`] after five seconds.
    pub async fn turn(&self, path: &DavPath, subject: &Subject) -> Result<WriterTurn, Error> {
        self.0.account.writers.turn(path, subject).await
    }

    /// Reads an object.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::BadAnswer`] if it is no calendar object; otherwise as for every call.
    pub async fn get(&self, path: &DavPath, subject: &Subject) -> Result<CalendarObject, Error> {
        let whole = self.request("GET", path, subject.clone())?.read().await?;
        let etag = whole.etag().ok_or_else(|| whole.bad("an object without etag"))?;
        let document = Document::parse(&whole.body).map_err(|error| {
            tracing::debug!(%error, "an object of a calendar is no iCalendar text");
            whole.bad("it is no calendar object")
        })?;
        Ok(CalendarObject {
            path: path.clone(),
            etag,
            document,
        })
    }

    /// Puts a new object into a calendar, under a name that nobody else has.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the calendar can only be read, [`Error::InvalidInput`] if it takes no such objects;
    /// otherwise as for every call.
    pub async fn create(
        &self,
        calendar: &Calendar,
        kind: ComponentKind,
        document: &Document,
        subject: &Subject,
    ) -> Result<StoredObject, Error> {
        check_writable(calendar)?;
        check_takes(calendar, kind)?;
        let path = calendar.path.child(format!("{}.ics", unique_name()));
        let request = self.request("PUT", &path, subject.clone())?.if_absent();
        self.put(request, path, document, subject)
            .await
            .map_err(|error| match error {
                // A calendar that can only be read is not found when it is written to.
                Error::NotFound { .. } => read_only(calendar),
                error => error,
            })
    }

    /// Replaces an object, unless it changed since `object.etag` was read.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the version now if it changed, [`Error::Forbidden`] if the calendar can only be read;
    /// otherwise as for every call.
    pub async fn update(
        &self,
        calendar: &Calendar,
        object: &CalendarObject,
        subject: &Subject,
    ) -> Result<StoredObject, Error> {
        check_writable(calendar)?;
        let request = self
            .request("PUT", &object.path, subject.clone())?
            .if_match(&object.etag);
        match self.put(request, object.path.clone(), &object.document, subject).await {
            Err(error) => Err(self.explain(calendar, &object.path, subject, error).await),
            stored => stored,
        }
    }

    /// Deletes an object, unless it changed since `etag` was read.
    ///
    /// # Errors
    /// As for [`Self::update`]; [`Error::NotFound`] if it is not there, also if it was deleted before.
    pub async fn delete(
        &self,
        calendar: &Calendar,
        path: &DavPath,
        etag: &ETag,
        subject: &Subject,
    ) -> Result<u16, Error> {
        check_writable(calendar)?;
        let request = self.request("DELETE", path, subject.clone())?.if_match(etag);
        match request.read().await {
            Ok(whole) => Ok(whole.status.as_u16()),
            Err(error) => Err(self.explain(calendar, path, subject, error).await),
        }
    }

    /// Moves an object to another calendar, where its name must be free.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], [`Error::Forbidden`] if one of the calendars can only be read; otherwise as for every
    /// call.
    pub async fn move_to(
        &self,
        from: &Calendar,
        path: &DavPath,
        to: &Calendar,
        kind: ComponentKind,
        subject: &Subject,
    ) -> Result<DavPath, Error> {
        check_writable(from)?;
        check_writable(to)?;
        check_takes(to, kind)?;
        let name = path.name().unwrap_or_default();
        let target = to.path.child(name);
        // A path, because behind a proxy the server may not know the scheme and host that we use.
        let destination = self.request("GET", &target, subject.clone())?.path()?;
        let mut request = self
            .request("MOVE", path, subject.clone())?
            .header("destination", destination)
            .header("overwrite", "F");
        request.context.condition = crate::error::Condition::Absent;
        match request.read().await {
            Ok(_) => Ok(target),
            Err(error) => Err(self.explain(from, path, subject, error).await),
        }
    }

    async fn put(
        &self,
        request: crate::request::Request<'_>,
        path: DavPath,
        document: &Document,
        subject: &Subject,
    ) -> Result<StoredObject, Error> {
        let whole = request
            .header("content-type", ICALENDAR)
            .body(document.to_bytes().into())
            .read()
            .await
            .map_err(|error| match error {
                Error::Refused {
                    status: 415, reason, ..
                } => {
                    let words = reason.as_deref().unwrap_or("it is no calendar object");
                    Error::invalid("object", format!("Nextcloud does not take it: {words}"))
                }
                error => error,
            })?;
        let status = whole.status.as_u16();
        if let Some(etag) = whole.etag() {
            return Ok(StoredObject {
                path,
                etag,
                status,
                changed: None,
            });
        }
        // No version is told where the server changed the object: RFC 4791 §5.3.4.
        let object = self.get(&path, subject).await.map_err(|error| match error {
            Error::Unauthorized => error,
            _ => Error::OutcomeUnknown {
                subject: subject.clone(),
            },
        })?;
        Ok(StoredObject {
            path,
            etag: object.etag,
            status,
            changed: Some(object.document),
        })
    }

    /// Adds to the failure of a write the version that is there, and tells one that is missing from one that can only
    /// be read: Nextcloud says 404 to both.
    async fn explain(&self, calendar: &Calendar, path: &DavPath, subject: &Subject, error: Error) -> Error {
        let now = async { self.get(path, subject).await.map(|object| Some(object.etag)) };
        explain_write(error, now, || read_only(calendar)).await
    }
}

fn check_writable(calendar: &Calendar) -> Result<(), Error> {
    if calendar.read_only {
        return Err(read_only(calendar));
    }
    Ok(())
}

fn check_takes(calendar: &Calendar, kind: ComponentKind) -> Result<(), Error> {
    if calendar.takes(kind) {
        return Ok(());
    }
    let what = kind.plural();
    Err(Error::invalid(
        "calendar_name",
        format!("the calendar \"{}\" takes no {what}", calendar.name),
    ))
}

fn read_only(calendar: &Calendar) -> Error {
    Error::Forbidden {
        subject: Subject::new(format!("the calendar \"{}\"", calendar.name)),
        reason: Reason::ours("it is read-only for you"),
    }
}
