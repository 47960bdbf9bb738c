use nc_proto::{
    content::{Component, Document},
    ical::itip,
};

use super::{super::super::DavError, DELIVERED, Scheduled, Turn, UNKNOWN, is_ours, organizer::uid, read, tag};
use crate::collections::Object;

impl Turn<'_> {
    /// Somebody stores an object of another's: what they answer goes to the organizer.
    pub(super) async fn put_attended(
        &mut self,
        current: Option<&Object>,
        old: Option<&Component>,
        new: &Component,
        document: &Document,
    ) -> Result<Option<Scheduled>, DavError> {
        let Some(address) = self.own_address(new) else {
            return Ok(None);
        };
        // RFC 6638 §3.2.10: an attendee's own change leaves the tag alone.
        let tag = match current.and_then(|current| current.schedule_tag.clone()) {
            Some(tag) => tag,
            None => tag()?,
        };
        let answers = itip::organizer(new).is_some_and(is_ours) && itip::is_answer(old, new, &address);
        if !answers {
            return Ok(Some(Scheduled { data: None, tag }));
        }
        let status = self.answer(new, &address, false).await?;
        let mut noted = document.clone();
        if let Some(root) = noted.root_mut() {
            itip::note_organizer_status(root, status);
        }
        Ok(Some(Scheduled {
            data: Some(noted.to_bytes()),
            tag,
        }))
    }

    /// Somebody deletes their copy: they will not come.
    pub(super) async fn decline(&mut self, old: &Component) -> Result<(), DavError> {
        let Some(address) = self.own_address(old) else {
            return Ok(());
        };
        let is_over = old
            .components()
            .any(|part| part.text("STATUS").is_some_and(|status| status == "CANCELLED"));
        if is_over || !itip::organizer(old).is_some_and(is_ours) {
            return Ok(());
        }
        self.answer(old, &address, true).await.map(|_| ())
    }

    /// The address under which the owner of the calendar is invited.
    fn own_address(&self, calendar: &Component) -> Option<String> {
        let attendees = itip::attendees(calendar);
        let mut own = attendees
            .into_iter()
            .filter(|attendee| is_ours(attendee) && self.is_own(attendee.value()));
        own.next().map(|attendee| attendee.value().to_owned())
    }

    async fn answer(&mut self, calendar: &Component, address: &str, declines: bool) -> Result<&'static str, DavError> {
        let organizer = itip::organizer(calendar).map(|organizer| organizer.value().to_owned());
        let organizer = organizer.unwrap_or_default();
        let Some(user) = self.find_user(&organizer).await? else {
            return Ok(UNKNOWN);
        };
        let uid = uid(calendar);
        let Some((found, object)) = self.find_copy(&user, &uid).await? else {
            return Ok(UNKNOWN);
        };
        let Some(mut theirs) = read(&object) else {
            return Ok(UNKNOWN);
        };
        // Only who is invited by that object can answer it, and only if it is the organizer's.
        let is_organizers =
            itip::organizer(&theirs).is_some_and(|known| itip::is_same_address(known.value(), &organizer));
        if !is_organizers || !itip::is_invited(&theirs, address) {
            return Ok(UNKNOWN);
        }
        let reply = itip::reply(calendar, address, declines, self.now());
        if itip::apply_reply(&mut theirs, &reply, address) {
            self.store(&found, object.uri, theirs.clone(), &uid, object.schedule_tag)
                .await?;
            self.notify(&user, &reply, "").await?;
            self.spread(&user, &theirs, address).await?;
        }
        Ok(DELIVERED)
    }
}
