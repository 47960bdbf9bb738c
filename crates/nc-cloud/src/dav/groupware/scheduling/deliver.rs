use nc_auth::UserId;
use nc_proto::{
    content::{Component, Document},
    ical::itip,
};

use super::{
    super::{super::DavError, wire::make_home_within},
    DELIVERED, REJECTED, Turn, read, tag,
};
use crate::{
    collections::{Collection, Condition, HomeKind, NewObject, Object, span},
    random,
};

impl Turn<'_> {
    /// The object with a UID in the calendars of a person.
    pub(super) async fn find_copy(
        &mut self,
        user: &UserId,
        uid: &str,
    ) -> Result<Option<(Collection, Object)>, DavError> {
        for calendar in self.change.list_calendars(user).await? {
            if let Some(object) = self.change.find_by_uid(calendar.id, uid).await? {
                return Ok(Some((calendar, object)));
            }
        }
        Ok(None)
    }

    /// Puts a person's copy of an invitation into their calendar, and tells what became of it.
    pub(super) async fn deliver(
        &mut self,
        user: &UserId,
        sent: &Component,
        uid: &str,
    ) -> Result<&'static str, DavError> {
        make_home_within(self.change, user).await?;
        let existing = self.find_copy(user, uid).await?;
        let (calendar, uri, known) = if let Some((calendar, object)) = existing {
            (calendar, object.uri.clone(), read(&object))
        } else {
            let component = kind(sent);
            let calendars = self.change.list_calendars(user).await?;
            let Some(calendar) = calendars.into_iter().find(|calendar| calendar.takes(&component)) else {
                return Ok(REJECTED);
            };
            (calendar, format!("sabredav-{}.ics", random::uuid()?), None)
        };
        // Whoever knows a UID could otherwise write into another person's event.
        if known.as_ref().is_some_and(|known| !has_same_organizer(known, sent)) {
            return Ok(REJECTED);
        }
        let copy = itip::copy(sent, known.as_ref());
        if known.as_ref() == Some(&copy) {
            return Ok(DELIVERED);
        }
        self.store(&calendar, uri.clone(), copy, uid, None).await?;
        if known.is_none_or(|known| itip::is_news(&known, sent)) {
            self.notify(user, &itip::message(sent, "REQUEST"), &uri).await?;
        }
        Ok(DELIVERED)
    }

    /// Stores what the server made of somebody's object. It gets a new scheduling tag unless it keeps one.
    pub(super) async fn store(
        &mut self,
        calendar: &Collection,
        uri: String,
        content: Component,
        uid: &str,
        keeps: Option<String>,
    ) -> Result<(), DavError> {
        let object = NewObject {
            uri,
            uid: Some(uid.to_owned()),
            component: kind(&content),
            span: span(&content),
            data: Document::of(content).to_bytes(),
            schedule_tag: Some(match keeps {
                Some(tag) => tag,
                None => tag()?,
            }),
        };
        self.change.put(calendar.id, &object, &Condition::default()).await?;
        Ok(())
    }

    /// Puts a message into a person's inbox, where programs look for what is new. The name is the copy's where it is free.
    pub(super) async fn notify(&mut self, user: &UserId, message: &Component, uri: &str) -> Result<(), DavError> {
        make_home_within(self.change, user).await?;
        let Some(inbox) = self.change.find(HomeKind::Calendars, user, "inbox").await? else {
            return Ok(());
        };
        let uri = match self.change.find_object(inbox.id, uri).await? {
            None if uri.starts_with("sabredav-") => uri.to_owned(),
            _ => format!("sabredav-{}.ics", random::uuid()?),
        };
        let object = NewObject {
            uri,
            uid: None,
            component: kind(message),
            span: span(message),
            data: Document::of(message.clone()).to_bytes(),
            schedule_tag: None,
        };
        self.change.put(inbox.id, &object, &Condition::default()).await?;
        Ok(())
    }
}

fn has_same_organizer(one: &Component, other: &Component) -> bool {
    let (one, other) = (itip::organizer(one), itip::organizer(other));
    one.zip(other)
        .is_some_and(|(one, other)| itip::is_same_address(one.value(), other.value()))
}

/// What kind of object it is.
fn kind(calendar: &Component) -> String {
    let mut parts = calendar.components().filter(|part| !part.is("VTIMEZONE"));
    parts
        .next()
        .map_or("VEVENT".to_owned(), |part| part.name().to_ascii_uppercase())
}
