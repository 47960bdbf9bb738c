use std::ops::Range;

use chrono::{DateTime, NaiveDateTime, Utc};
use nc_proto::{
    content::{Component, Document, Property},
    dav::{CALDAV, Element, Name},
    ical,
};

use super::Calendars;
use crate::{Error, Subject, error::Reason, random::unique_name};

const SCHEDULE_RESPONSE: Name = Name::constant(CALDAV, "schedule-response");
const RESPONSE: Name = Name::constant(CALDAV, "response");
const RECIPIENT: Name = Name::constant(CALDAV, "recipient");
const REQUEST_STATUS: Name = Name::constant(CALDAV, "request-status");
const CALENDAR_DATA: Name = Name::constant(CALDAV, "calendar-data");
const HREF: Name = Name::dav("href");
const FORM: &str = "%Y%m%dT%H%M%SZ";

/// When somebody is busy, as far as the server tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendeeBusy {
    /// The address that was asked about.
    pub attendee: String,
    /// The times; what the server said instead, if it knows nothing of the person.
    pub busy: Result<Vec<BusyTime>, String>,
}

/// A time at which somebody is not free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusyTime {
    /// From when until when.
    pub range: Range<DateTime<Utc>>,
    /// How busy.
    pub kind: BusyKind,
}

/// How busy: `FBTYPE`, RFC 5545 §3.2.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusyKind {
    /// Busy.
    Busy,
    /// Busy, perhaps.
    Tentative,
    /// Not there.
    Unavailable,
}

impl Calendars<'_> {
    /// When people are busy: RFC 6638 §5. `attendees` are mail addresses.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the server does not tell such things, or the person has no mail address; otherwise as
    /// for every call.
    pub async fn busy(&self, attendees: &[String], range: Range<DateTime<Utc>>) -> Result<Vec<AttendeeBusy>, Error> {
        let principal = self.0.principal().await?;
        let subject = Subject::named("when people are busy");
        let missing = |words| Error::NotFound {
            subject: subject.clone(),
            reason: Reason::ours(words),
        };
        let outbox = principal.outbox().ok_or_else(|| missing("it keeps no record of it"))?;
        let organizer = principal
            .email()
            .ok_or_else(|| missing("your account has no mail address to ask with"))?;
        let now = DateTime::from_timestamp(self.0.nextcloud().clock().now().unix_timestamp(), 0).unwrap_or_default();
        let question = question(organizer, attendees, &range, now);
        let mut request = self
            .request("POST", outbox, subject.clone())?
            .slash()
            .header("content-type", "text/calendar; charset=utf-8")
            .body(question.to_bytes().into());
        // It is a question, only asked with POST.
        request.context.write = false;
        let whole = request.read().await?;
        let root =
            Element::parse_as(&whole.body, &SCHEDULE_RESPONSE).map_err(|_| whole.bad("no list of busy times"))?;
        let responses = root.elements().filter(|child| child.name == RESPONSE);
        Ok(responses.filter_map(read).collect())
    }
}

fn question(organizer: &str, attendees: &[String], range: &Range<DateTime<Utc>>, now: DateTime<Utc>) -> Document {
    let mut freebusy = Component::new("VFREEBUSY");
    freebusy.add(Property::new("UID", unique_name()));
    freebusy.add(Property::new("DTSTAMP", now.format(FORM).to_string()));
    freebusy.add(Property::new("DTSTART", range.start.format(FORM).to_string()));
    freebusy.add(Property::new("DTEND", range.end.format(FORM).to_string()));
    freebusy.add(Property::new("ORGANIZER", format!("mailto:{organizer}")));
    for attendee in attendees {
        freebusy.add(Property::new("ATTENDEE", format!("mailto:{attendee}")));
    }
    let mut calendar = Component::new("VCALENDAR");
    calendar.add(Property::new("VERSION", "2.0"));
    calendar.add(Property::new("PRODID", "-//nextcloud-mcp//EN"));
    calendar.add(Property::new("METHOD", "REQUEST"));
    calendar.add_component(freebusy);
    Document::of(calendar)
}

fn read(response: &Element) -> Option<AttendeeBusy> {
    let recipient = response.find(&RECIPIENT)?.find_text(&HREF)?;
    let attendee = recipient
        .split_at_checked(7)
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:"))
        .map_or(recipient.as_str(), |(_, mail)| mail)
        .to_owned();
    let status = response.find_text(&REQUEST_STATUS).unwrap_or_default();
    let busy = match response.find_text(&CALENDAR_DATA) {
        Some(text) if status.starts_with('2') => times(&text).ok_or_else(|| "its answer cannot be read".to_owned()),
        _ => {
            let words = status.split_once(';').map_or(status.as_str(), |(_, words)| words);
            Err(words.trim().to_owned())
        }
    };
    Some(AttendeeBusy { attendee, busy })
}

fn times(text: &str) -> Option<Vec<BusyTime>> {
    let document = Document::parse(text.as_bytes()).ok()?;
    let mut times = Vec::new();
    for freebusy in document.root()?.components_named("VFREEBUSY") {
        for property in freebusy.properties_named("FREEBUSY") {
            let kind = match property.parameter("FBTYPE") {
                Some(kind) if kind.eq_ignore_ascii_case("FREE") => continue,
                Some(kind) if kind.eq_ignore_ascii_case("BUSY-TENTATIVE") => BusyKind::Tentative,
                Some(kind) if kind.eq_ignore_ascii_case("BUSY-UNAVAILABLE") => BusyKind::Unavailable,
                _ => BusyKind::Busy,
            };
            for period in property.value().split(',') {
                let (start, end) = period.trim().split_once('/')?;
                let start = utc(start)?;
                let end = match utc(end) {
                    Some(end) => end,
                    None => start.checked_add_signed(ical::Duration::parse(end)?.nominal())?,
                };
                let range = start..end;
                times.push(BusyTime { range, kind });
            }
        }
    }
    times.sort_by_key(|time| time.range.start);
    Some(times)
}

fn utc(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text.trim(), FORM)
        .ok()
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_with_an_end_or_a_duration() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\n\
                    FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261124T140000Z/PT30M\n\
                    FREEBUSY:20261124T100000Z/20261124T110000Z,20261124T120000Z/PT1H\n\
                    FREEBUSY;FBTYPE=FREE:20261124T150000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR\n";
        let times = times(text).expect("times");
        let read: Vec<_> = times
            .iter()
            .map(|time| {
                (
                    time.range.start.format("%H%M").to_string(),
                    time.range.end.format("%H%M").to_string(),
                    time.kind,
                )
            })
            .collect();
        let expected = [
            ("1000".to_owned(), "1100".to_owned(), BusyKind::Busy),
            ("1200".to_owned(), "1300".to_owned(), BusyKind::Busy),
            ("1400".to_owned(), "1430".to_owned(), BusyKind::Tentative),
        ];
        assert_eq!(read, expected);
    }
}
