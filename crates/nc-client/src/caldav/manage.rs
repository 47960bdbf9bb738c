use nc_proto::dav::{
    CALDAV, Element, Name, PropPatch, PropUpdate,
    calendar::{MakeCalendar, props as cal},
    check_name, props,
};

use super::{Calendar, Calendars, ComponentKind, query::subject_of};
use crate::{
    Error, Subject,
    error::Current,
    files::{first_failure, read_whole_multistatus},
};

const COMP: Name = Name::constant(CALDAV, "comp");
const TRANSPARENT: Name = Name::constant(CALDAV, "transparent");
const OPAQUE: Name = Name::constant(CALDAV, "opaque");

/// What is to change of a calendar; what is [`None`] stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarPatch {
    /// How people call it.
    pub display_name: Option<String>,
    /// What people wrote about it.
    pub description: Option<String>,
    /// `#RRGGBB` or `#RRGGBBAA`.
    pub color: Option<String>,
    /// Whether what is in it leaves the person free.
    pub transparent: Option<bool>,
    /// Whether the person wants to see it.
    pub enabled: Option<bool>,
}

impl CalendarPatch {
    /// Whether nothing is to change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn properties(&self) -> Vec<Element> {
        let text = |name: Name, value: &Option<String>| value.as_ref().map(|value| Element::text(name, &**value));
        let transparent = self.transparent.map(|transparent| {
            let value = if transparent { TRANSPARENT } else { OPAQUE };
            Element::new(cal::SCHEDULE_CALENDAR_TRANSP).with(Element::new(value))
        });
        let enabled = self
            .enabled
            .map(|enabled| Element::text(cal::CALENDAR_ENABLED, if enabled { "1" } else { "0" }));
        [
            text(props::DISPLAYNAME, &self.display_name),
            text(cal::CALENDAR_DESCRIPTION, &self.description),
            text(cal::CALENDAR_COLOR, &self.color),
            transparent,
            enabled,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Calendars<'_> {
    /// Makes a calendar for objects of these kinds.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] if the name is taken, also by a calendar in the trash; otherwise as for every call.
    pub async fn create_calendar(
        &self,
        name: &str,
        patch: &CalendarPatch,
        kinds: &[ComponentKind],
    ) -> Result<Calendar, Error> {
        check_name(name).map_err(|why| Error::invalid("calendar_name", why.to_string()))?;
        let principal = self.0.principal().await?;
        let path = principal.calendar_home().child(name);
        let subject = Subject::new(format!("the calendar \"{name}\""));
        let mut make = MakeCalendar {
            set: patch.properties(),
        };
        if !kinds.is_empty() {
            let comps = kinds.iter().map(|kind| {
                let mut comp = Element::new(COMP);
                comp.attributes
                    .push((Name::constant("", "name"), kind.as_str().to_owned()));
                comp
            });
            make.set
                .push(Element::new(cal::SUPPORTED_CALENDAR_COMPONENT_SET).with_all(comps));
        }
        let request = self.request("MKCALENDAR", &path, subject.clone())?.xml(make.to_xml());
        request.read().await.map_err(|error| match error {
            Error::Refused { status: 405, .. } => Error::AlreadyExists {
                subject: subject.clone(),
                current: Box::new(Current::default()),
            },
            error => error,
        })?;
        let made = self.list().await?.into_iter().find(|calendar| calendar.path == path);
        made.ok_or(Error::OutcomeUnknown { subject })
    }

    /// Changes properties of a calendar; all or none.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it can only be read; otherwise as for every call.
    pub async fn change_calendar(&self, calendar: &Calendar, patch: &CalendarPatch) -> Result<Calendar, Error> {
        if patch.is_empty() {
            return Err(Error::invalid("fields", "give at least one thing to change"));
        }
        let change = PropPatch {
            updates: patch.properties().into_iter().map(PropUpdate::Set).collect(),
        };
        let request = self
            .request("PROPPATCH", &calendar.path, subject_of(calendar))?
            .slash()
            .xml(change.to_document());
        let responses = read_whole_multistatus(&request.read().await?)?;
        if let Some(failure) = first_failure(&responses, &subject_of(calendar)) {
            return Err(failure);
        }
        let mut calendars = self.list().await?.into_iter();
        let changed = calendars.find(|other| other.path == calendar.path);
        changed.ok_or_else(|| Error::not_found(subject_of(calendar)))
    }

    /// Deletes a calendar with all that is in it; Nextcloud keeps it in the trash. Of a shared one only the share ends.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn delete_calendar(&self, calendar: &Calendar) -> Result<u16, Error> {
        let request = self.request("DELETE", &calendar.path, subject_of(calendar))?.slash();
        let whole = request.read().await?;
        if whole.status == http::StatusCode::MULTI_STATUS
            && let Some(failure) = first_failure(&read_whole_multistatus(&whole)?, &subject_of(calendar))
        {
            return Err(failure);
        }
        Ok(whole.status.as_u16())
    }
}
