//! Events as answers tell them.

use nc_client::{Calendar, ETag, Principal};
use nc_proto::{
    content::Component,
    dav::DavPath,
    ical::{
        When,
        recurrence::Occurrence,
        zones::{Zone, Zones},
    },
};

use super::{
    answers::{ChangedOccurrence, FullEvent, ListedEvent},
    attendees,
    moving::span,
    patch::categories,
    reminders,
    times::{last_day, tell},
};

/// Longest description in a list, in characters.
const LISTED_DESCRIPTION: usize = 300;

/// What an event is read with.
pub(crate) struct View<'a> {
    pub(crate) calendar: &'a Calendar,
    pub(crate) path: &'a DavPath,
    pub(crate) etag: Option<&'a ETag>,
    pub(crate) zones: &'a Zones,
    pub(crate) floating: &'a Zone,
    pub(crate) me: Option<&'a Principal>,
}

impl View<'_> {
    /// One time of an event, for a list.
    pub(crate) fn listed(&self, event: &Component, occurrence: &Occurrence, is_series: bool) -> ListedEvent {
        let start = tell(&occurrence.start, self.zones, self.floating);
        let end = tell(&occurrence.end, self.zones, self.floating);
        let (description, description_truncated) = cut(event.text("DESCRIPTION").unwrap_or_default());
        let people = attendees::told(event, self.me);
        ListedEvent {
            uid: event.text("UID").unwrap_or_default(),
            summary: event.text("SUMMARY").unwrap_or_default(),
            start: start.local,
            end: end.local,
            start_tz: start.zone,
            end_tz: end.zone,
            start_utc: start.utc,
            end_utc: end.utc,
            last_day: last_day(&occurrence.start, &occurrence.end),
            all_day: occurrence.start.is_date(),
            location: event.text("LOCATION"),
            description,
            description_truncated,
            categories: categories(event),
            transp: word(event, "TRANSP", "OPAQUE"),
            status: word(event, "STATUS", "CONFIRMED"),
            recurring: is_series,
            recurrence_id: is_series.then(|| tell(&occurrence.id, self.zones, self.floating).local),
            my_reply: self.me.and_then(|me| attendees::own_status(event, me)),
            attendees_count: people.len(),
            calendar_name: self.calendar.name.clone(),
            calendar_display_name: self.calendar.display_name.clone(),
            href: self.path.encode(),
            etag: self.etag.map(ToString::to_string),
        }
    }

    /// An event whole. `event` is its master or one occurrence, `all` the object.
    pub(crate) fn full(&self, all: &Component, event: &Component) -> FullEvent {
        let told = span(event, "DTEND").map(|(start, end)| {
            let last = last_day(&start, &end);
            (
                tell(&start, self.zones, self.floating),
                tell(&end, self.zones, self.floating),
                last,
                start.is_date(),
            )
        });
        let people = attendees::told(event, self.me);
        let (start, end, last_day, all_day) = match told {
            Some((start, end, last, all_day)) => (Some(start), Some(end), last, all_day),
            None => (None, None, None, false),
        };
        FullEvent {
            uid: event.text("UID").unwrap_or_default(),
            title: event.text("SUMMARY").unwrap_or_default(),
            description: event.text("DESCRIPTION").unwrap_or_default(),
            location: event.text("LOCATION").unwrap_or_default(),
            status: word(event, "STATUS", "CONFIRMED"),
            transp: word(event, "TRANSP", "OPAQUE"),
            priority: event
                .property("PRIORITY")
                .and_then(|priority| priority.value().trim().parse().ok())
                .unwrap_or(0),
            privacy: word(event, "CLASS", "PUBLIC"),
            url: event
                .property("URL")
                .map(|url| url.value().to_owned())
                .unwrap_or_default(),
            color: event.text("COLOR"),
            start_datetime: start.as_ref().map(|start| start.local.clone()).unwrap_or_default(),
            end_datetime: end.as_ref().map(|end| end.local.clone()).unwrap_or_default(),
            timezone: start.as_ref().and_then(|start| start.zone.clone()),
            start_utc: start.and_then(|start| start.utc),
            end_utc: end.and_then(|end| end.utc),
            last_day,
            all_day,
            categories: categories(event).join(", "),
            attendees: people
                .iter()
                .map(|one| one.email.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            attendee_details: people,
            organizer: event
                .property("ORGANIZER")
                .map(|organizer| attendees::mail_of(organizer).to_owned()),
            my_reply: self.me.and_then(|me| attendees::own_status(event, me)),
            reminders: reminders::told(event),
            recurring: is_series(all),
            recurrence_rule: event.property("RRULE").map(|rule| rule.value().to_owned()),
            recurrence_id: event
                .property("RECURRENCE-ID")
                .and_then(|id| When::of(id).ok())
                .map(|id| tell(&id, self.zones, self.floating).local),
            excluded: self.times(event, "EXDATE"),
            added: self.times(event, "RDATE"),
            changed_occurrences: self.changed(all),
            sequence: event
                .property("SEQUENCE")
                .and_then(|number| number.value().trim().parse().ok())
                .unwrap_or(0),
            calendar_name: self.calendar.name.clone(),
            calendar_display_name: self.calendar.display_name.clone(),
            read_only: self.calendar.read_only,
            href: self.path.encode(),
            etag: self.etag.map(ToString::to_string).unwrap_or_default(),
        }
    }

    fn times(&self, event: &Component, name: &str) -> Vec<String> {
        let lists = event.properties_named(name).filter_map(|list| When::list(list).ok());
        lists
            .flatten()
            .map(|when| tell(&when, self.zones, self.floating).local)
            .collect()
    }

    fn changed(&self, all: &Component) -> Vec<ChangedOccurrence> {
        let overrides = all.components_named("VEVENT");
        overrides
            .filter_map(|event| {
                let id = When::of(event.property("RECURRENCE-ID")?).ok()?;
                let (start, _) = span(event, "DTEND")?;
                Some(ChangedOccurrence {
                    recurrence_id: tell(&id, self.zones, self.floating).local,
                    start: tell(&start, self.zones, self.floating).local,
                    title: event.text("SUMMARY").unwrap_or_default(),
                    status: word(event, "STATUS", "CONFIRMED"),
                })
            })
            .collect()
    }
}

/// The component that a series is made of; of an event that happens once, the event.
pub(crate) fn master<'a>(all: &'a Component, kind: &str) -> Option<&'a Component> {
    let mut components = all.components_named(kind).collect::<Vec<_>>().into_iter();
    let first = components.clone().next();
    components
        .find(|component| component.property("RECURRENCE-ID").is_none())
        .or(first)
}

/// The same, to be changed.
pub(crate) fn master_mut<'a>(all: &'a mut Component, kind: &str) -> Option<&'a mut Component> {
    let place = all
        .components_named(kind)
        .position(|component| component.property("RECURRENCE-ID").is_none())
        .unwrap_or(0);
    all.components_mut().filter(|component| component.is(kind)).nth(place)
}

/// Whether an object happens several times.
pub(crate) fn is_series(all: &Component) -> bool {
    ["VEVENT", "VTODO"].iter().any(|kind| {
        all.components_named(kind).any(|component| {
            ["RRULE", "RDATE", "RECURRENCE-ID"]
                .iter()
                .any(|name| component.property(name).is_some())
        })
    })
}

/// A word of a property in capitals, or what it means when it is not there.
pub(crate) fn word(component: &Component, name: &str, usual: &str) -> String {
    let word = component
        .property(name)
        .map(|property| property.value().trim().to_ascii_uppercase());
    word.filter(|word| !word.is_empty()).unwrap_or_else(|| usual.to_owned())
}

fn cut(text: String) -> (String, bool) {
    match text.char_indices().nth(LISTED_DESCRIPTION) {
        Some((place, _)) => (text[..place].to_owned(), true),
        None => (text, false),
    }
}
