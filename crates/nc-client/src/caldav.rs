//! Calendars and what is in them, over `CalDAV` (RFC 4791, RFC 6638) as Nextcloud speaks it.

use http::Method;
use nc_proto::dav::{DavPath, Depth, Propfind};

use crate::{Client, Error, Subject, error::Reason, files::read_whole_multistatus, request::Request};

mod busy;
mod calendar;
mod manage;
mod object;
mod query;
mod sync;

pub use busy::{AttendeeBusy, BusyKind, BusyTime};
pub use calendar::{Calendar, CalendarKind, ComponentKind};
pub use manage::CalendarPatch;
pub use object::{CalendarObject, StoredObject};
pub use query::{FoundObject, ObjectFilter};
pub use sync::{CalendarChanges, SyncedObject};

/// Shows subscriptions that Nextcloud keeps a copy of as calendars that can be asked (source: nextcloud/server,
/// `apps/dav/lib/CalDAV/WebcalCaching/Plugin.php`).
const WEBCAL_CACHING: (&str, &str) = ("x-nc-caldav-webcal-caching", "On");

/// The calendars of one person.
#[derive(Debug, Clone, Copy)]
pub struct Calendars<'a>(pub(crate) &'a Client);

impl Client {
    /// The person's calendars.
    pub const fn calendars(&self) -> Calendars<'_> {
        Calendars(self)
    }
}

impl Calendars<'_> {
    /// The calendars that hold something: those that can be written to first, the default one at the top. Not the
    /// scheduling collections, nor what is in the trash.
    ///
    /// # Errors
    /// As for every call.
    pub async fn list(&self) -> Result<Vec<Calendar>, Error> {
        let principal = self.0.principal().await?;
        let request = self
            .request("PROPFIND", principal.calendar_home(), Subject::named("the calendars"))?
            .slash()
            .depth(Depth::One)
            .xml(Propfind::Prop(Calendar::properties()).to_document());
        let whole = request.read().await?;
        let responses = read_whole_multistatus(&whole)?;
        // Another person's home answers 207 with nothing but its type; our own always tells who we are.
        let mut calendars: Vec<Calendar> = responses
            .iter()
            .filter_map(|response| Calendar::read(response, &principal))
            .collect();
        calendars.sort_by_cached_key(Calendar::rank);
        Ok(calendars)
    }

    /// The calendar that is called `name`: by the last part of its address or, if none has that, by its name for
    /// people.
    ///
    /// # Errors
    /// [`Error::NotFound`] with the names that there are; [`Error::InvalidInput`] if several have the name; otherwise
    /// as for every call.
    pub async fn find(&self, name: &str) -> Result<Calendar, Error> {
        find_calendar(self.list().await?, name)
    }

    fn request(&self, method: &str, path: &DavPath, subject: Subject) -> Result<Request<'_>, Error> {
        let (header, value) = WEBCAL_CACHING;
        Ok(self
            .0
            .dav(Method::from_bytes(method.as_bytes()), path, subject)?
            .header(header, value))
    }
}

/// The calendar of `calendars` that is called `name`, as [`Calendars::find`] says.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::InvalidInput`].
pub fn find_calendar(mut calendars: Vec<Calendar>, name: &str) -> Result<Calendar, Error> {
    let name = name.trim().trim_matches('/');
    let by_address = calendars.iter().position(|calendar| calendar.name == name);
    if let Some(place) = by_address {
        return Ok(calendars.swap_remove(place));
    }
    let is_called = |calendar: &Calendar| calendar.display_name.to_lowercase() == name.to_lowercase();
    let mut called: Vec<usize> = Vec::new();
    called.extend((0..calendars.len()).filter(|place| is_called(&calendars[*place])));
    match called.as_slice() {
        [place] => Ok(calendars.swap_remove(*place)),
        [] => {
            let known: Vec<&str> = calendars.iter().map(|calendar| calendar.name.as_str()).collect();
            Err(Error::NotFound {
                subject: Subject::new(format!(
                    "the calendar \"{name}\" (there are: {})",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                )),
                reason: Reason::none(),
            })
        }
        several => {
            let names: Vec<&str> = several.iter().map(|place| calendars[*place].name.as_str()).collect();
            Err(Error::invalid(
                "calendar_name",
                format!("several calendars are called that; give one of {}", names.join(", ")),
            ))
        }
    }
}
