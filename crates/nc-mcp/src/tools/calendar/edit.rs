//! Reading, changing and writing one object, so that nobody's change is lost.

use chrono::{DateTime, Utc};
use nc_client::{CalendarObject, ComponentKind, Error, StoredObject};
use nc_mcp_kit::{Failure, ToolError};
use nc_proto::{
    content::{Component, Document, Property},
    dav::{DavPath, ETag},
    ical::When,
};

use super::{
    patch::set_raw,
    place::{Place, fail, subject},
};
use crate::{context::Context, errors::OrFail};

/// How often a change is tried when the object changes meanwhile. Each time it is made anew on what is there.
const TRIES: u32 = 6;

/// What is to become of an object that was changed.
#[derive(Debug)]
pub(crate) enum Step {
    /// It is written.
    Write,
    /// It is written, and so is a new object: the rest of a series.
    WriteAnd(Box<Document>),
    /// It is deleted.
    Delete,
    /// There was nothing to change.
    Leave,
}

/// What became of an object.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) path: DavPath,
    pub(crate) etag: ETag,
    pub(crate) status: u16,
}

/// Which object, and which version of it.
#[derive(Debug, Clone)]
pub(crate) struct Target<'a> {
    pub(crate) place: &'a Place,
    pub(crate) kind: ComponentKind,
    pub(crate) uid: &'a str,
    pub(crate) etag: Option<ETag>,
}

/// Reads the object, lets `change` work on it and writes it if it is still the version that was read.
///
/// With an etag from the caller another version is a conflict. Without, the change is made anew on the newer version.
pub(crate) async fn edit<T>(
    context: &Context,
    target: &Target<'_>,
    mut change: impl FnMut(&mut CalendarObject) -> Result<(Step, T), Failure>,
) -> Result<(Edited, T), Failure> {
    let calendars = context.client.calendars();
    let subject = subject(target.kind, target.uid);
    let calendar = &target.place.calendar;
    let path = calendars
        .find_path(calendar, target.kind, target.uid, &subject)
        .await
        .or_fail()?;
    let _turn = calendars.turn(&path, &subject).await.or_fail()?;
    let mut tries = 0;
    loop {
        tries += 1;
        let mut object = calendars.get(&path, &subject).await.or_fail()?;
        if let Some(etag) = &target.etag
            && *etag != object.etag
        {
            return fail(&Error::conflict(subject, object.etag));
        }
        let (step, told) = change(&mut object)?;
        match write(context, target, &object, step).await {
            Err(Error::Conflict { .. }) if target.etag.is_none() && tries < TRIES => {}
            Err(error) => return fail(&error),
            Ok(edited) => return Ok((edited, told)),
        }
    }
}

async fn write(context: &Context, target: &Target<'_>, object: &CalendarObject, step: Step) -> Result<Edited, Error> {
    let calendars = context.client.calendars();
    let subject = subject(target.kind, target.uid);
    let calendar = &target.place.calendar;
    let edited = |stored: StoredObject| Edited {
        path: stored.path,
        etag: stored.etag,
        status: stored.status,
    };
    match step {
        Step::Write => {
            let stored = calendars.update(calendar, object, &subject).await?;
            Ok(edited(stored))
        }
        Step::WriteAnd(document) => {
            // The rest of the series first: what fails in between leaves too much, never too little.
            let rest = calendars.create(calendar, target.kind, &document, &subject).await?;
            match calendars.update(calendar, object, &subject).await {
                Ok(stored) => Ok(edited(stored)),
                Err(error) => {
                    if let Err(left) = calendars.delete(calendar, &rest.path, &rest.etag, &subject).await {
                        tracing::warn!(
                            code = left.code(),
                            "the copy of the rest of a series could not be taken back"
                        );
                    }
                    Err(error)
                }
            }
        }
        Step::Delete => {
            let status = calendars.delete(calendar, &object.path, &object.etag, &subject).await?;
            Ok(Edited {
                path: object.path.clone(),
                etag: object.etag.clone(),
                status,
            })
        }
        Step::Leave => Ok(Edited {
            path: object.path.clone(),
            etag: object.etag.clone(),
            status: 200,
        }),
    }
}

/// The calendar of an object.
pub(crate) fn root(document: &mut Document) -> Result<&mut Component, ToolError> {
    document
        .root_mut()
        .ok_or_else(|| ToolError::new("unreadable", "the object has no calendar in it"))
}

/// The failure of an object without its component.
pub(crate) fn no_component() -> ToolError {
    ToolError::new(
        "unreadable",
        "the object cannot be read; change it in the program that wrote it",
    )
}

/// Notes that a component was changed: RFC 5545 §3.8.7. `is_news` for what everybody who is invited has to know.
pub(crate) fn stamp(component: &mut Component, now: DateTime<Utc>, is_news: bool) {
    let now = When::Utc(now.naive_utc()).to_string();
    set_raw(component, "DTSTAMP", Some(&now));
    set_raw(component, "LAST-MODIFIED", Some(&now));
    if is_news {
        let number = component
            .property("SEQUENCE")
            .and_then(|number| number.value().trim().parse::<u32>().ok());
        let next = number.unwrap_or(0).saturating_add(1).to_string();
        set_raw(component, "SEQUENCE", Some(&next));
    }
}

/// An empty calendar object.
pub(crate) fn new_calendar() -> Component {
    let mut calendar = Component::new("VCALENDAR");
    calendar.add(Property::new("VERSION", "2.0"));
    calendar.add(Property::new("PRODID", "-//nextcloud-mcp//EN"));
    calendar.add(Property::new("CALSCALE", "GREGORIAN"));
    calendar
}
