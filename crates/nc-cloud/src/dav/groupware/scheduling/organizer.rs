use nc_auth::UserId;
use nc_proto::{
    content::{Component, Document},
    ical::itip,
};

use super::{super::super::DavError, Scheduled, Turn, UNKNOWN, is_ours, read, tag};

impl Turn<'_> {
    /// The organizer stores an object: everybody gets their copy, and who is out gets a cancellation.
    pub(super) async fn put_organized(
        &mut self,
        old: Option<&Component>,
        new: &Component,
        document: &Document,
    ) -> Result<Scheduled, DavError> {
        let is_silent = itip::organizer(new).is_some_and(|organizer| !is_ours(organizer));
        if is_silent {
            return Ok(Scheduled {
                data: None,
                tag: tag()?,
            });
        }
        let uid = uid(new);
        let mut noted = document.clone();
        let mut is_noted = false;
        for attendee in itip::attendees(new) {
            let address = attendee.value();
            if self.is_own(address) || !is_ours(attendee) {
                continue;
            }
            let status = match (self.find_user(address).await?, itip::request(new, address)) {
                (Some(user), Some(sent)) => self.deliver(&user, &sent, &uid).await?,
                _ => UNKNOWN,
            };
            if let Some(root) = noted.root_mut() {
                itip::note_status(root, address, status);
                is_noted = true;
            }
        }
        if let Some(old) = old {
            self.cancel_missing(old, new, &uid).await?;
        }
        Ok(Scheduled {
            data: is_noted.then(|| noted.to_bytes()),
            tag: tag()?,
        })
    }

    /// Cancels for those who were invited and are not any more.
    async fn cancel_missing(&mut self, old: &Component, new: &Component, uid: &str) -> Result<(), DavError> {
        for attendee in itip::attendees(old) {
            if is_ours(attendee) && !self.is_own(attendee.value()) && !itip::is_invited(new, attendee.value()) {
                self.cancel(attendee.value(), uid).await?;
            }
        }
        Ok(())
    }

    /// Cancels for everybody.
    pub(super) async fn cancel_all(&mut self, old: &Component) -> Result<(), DavError> {
        if itip::organizer(old).is_some_and(|organizer| !is_ours(organizer)) {
            return Ok(());
        }
        let uid = uid(old);
        for attendee in itip::attendees(old) {
            if is_ours(attendee) && !self.is_own(attendee.value()) {
                self.cancel(attendee.value(), &uid).await?;
            }
        }
        Ok(())
    }

    async fn cancel(&mut self, address: &str, uid: &str) -> Result<(), DavError> {
        let Some(user) = self.find_user(address).await? else {
            return Ok(());
        };
        let Some((calendar, object)) = self.find_copy(&user, uid).await? else {
            return Ok(());
        };
        // Somebody else may have an object of that UID that this organizer has no say in.
        let Some(known) = read(&object).filter(|known| self.organizes(known)) else {
            return Ok(());
        };
        let cancelled = itip::cancelled(&known, self.now());
        let message = itip::message(&cancelled, "CANCEL");
        self.store(&calendar, object.uri, cancelled, uid, None).await?;
        self.notify(&user, &message, "").await
    }

    /// The organizer's object after an answer: the others see it, too.
    pub(super) async fn spread(
        &mut self,
        organizer: &UserId,
        calendar: &Component,
        except: &str,
    ) -> Result<(), DavError> {
        let uid = uid(calendar);
        for attendee in itip::attendees(calendar) {
            let address = attendee.value();
            if itip::is_same_address(address, except) || !is_ours(attendee) {
                continue;
            }
            let user = self
                .find_user(address)
                .await?
                .filter(|user| user != organizer && *user != self.owner);
            if let (Some(user), Some(sent)) = (user, itip::request(calendar, address))
                && self.find_copy(&user, &uid).await?.is_some()
            {
                self.deliver(&user, &sent, &uid).await?;
            }
        }
        Ok(())
    }
}

/// The UID of an object.
pub(super) fn uid(calendar: &Component) -> String {
    let mut parts = calendar.components().filter(|part| !part.is("VTIMEZONE"));
    let uid = parts.find_map(|part| part.text("UID"));
    uid.unwrap_or_default().trim().to_owned()
}
