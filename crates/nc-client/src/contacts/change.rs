use nc_proto::{
    dav::{DavPath, check_name},
    etag::ETag,
    vcard::Card,
};

use super::{AddressBook, Contacts, StoredCard};
use crate::{
    Error, Reason, Subject, WriterTurn,
    error::{Current, explain_write},
    random::unique_name,
};

const VCARD: &str = "text/vcard; charset=utf-8";

impl Contacts<'_> {
    /// A UID that nothing else has.
    pub fn new_uid() -> String {
        unique_name()
    }

    /// Waits until nobody else writes this card with the same credential, so that two changes of one contact both land.
    ///
    /// # Errors
    /// [`Error::Locked`] if it takes too long.
    pub async fn turn(&self, path: &DavPath) -> Result<WriterTurn, Error> {
        self.0.account.writers.turn(path, &Subject::named("the contact")).await
    }

    /// Stores a new card. Its UID must be free in the address book.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`]; [`Error::Forbidden`] if the book is read-only; otherwise as for every call.
    pub async fn create(&self, book: &AddressBook, card: &Card) -> Result<StoredCard, Error> {
        book.check_writable()?;
        let uid = card.uid().unwrap_or_default();
        let subject = Subject::new(format!("contact {uid:?}"));
        let taken = |etag| Error::AlreadyExists {
            subject: subject.clone(),
            current: Box::new(Current {
                etag,
                ..Current::default()
            }),
        };
        if self.find_place(book, &uid).await?.is_some() {
            return Err(taken(None));
        }
        let name = format!("{uid}.vcf");
        let name = match check_name(&name) {
            Ok(()) => name,
            Err(_) => format!("{}.vcf", unique_name()),
        };
        let path = book.path.child(name);
        let request = self
            .request("PUT", &path, subject.clone())?
            .if_absent()
            .header("content-type", VCARD)
            .body(card.to_bytes().into());
        let answer = request.read().await.map_err(|error| match error {
            // Nextcloud answers 404 to a write into what it only lets read.
            Error::NotFound { .. } => refused(book, "it is read-only, or gone"),
            error => error,
        })?;
        self.stored(path, answer.etag(), card, subject).await
    }

    /// Replaces a card, unless it changed since it was read.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the version that is there; [`Error::Forbidden`] if the book is read-only; otherwise as
    /// for every call.
    pub async fn replace(&self, book: &AddressBook, read: &StoredCard, card: &Card) -> Result<StoredCard, Error> {
        book.check_writable()?;
        let subject = Subject::new(format!("contact {:?}", read.card.uid().unwrap_or_default()));
        let Some(etag) = &read.etag else {
            return Err(Error::invalid("etag", "the server told no version of this contact"));
        };
        let request = self
            .request("PUT", &read.path, subject.clone())?
            .if_match(etag)
            .header("content-type", VCARD)
            .body(card.to_bytes().into());
        match request.read().await {
            Ok(answer) => self.stored(read.path.clone(), answer.etag(), card, subject).await,
            Err(error) => Err(self.explain(book, &read.path, &subject, error).await),
        }
    }

    /// Deletes a card, unless it changed since it was read.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`]; [`Error::Forbidden`] if the book is read-only; otherwise as for every
    /// call.
    pub async fn delete(&self, book: &AddressBook, read: &StoredCard) -> Result<(), Error> {
        book.check_writable()?;
        let subject = Subject::new(format!("contact {:?}", read.card.uid().unwrap_or_default()));
        let mut request = self.request("DELETE", &read.path, subject.clone())?;
        if let Some(etag) = &read.etag {
            request = request.if_match(etag);
        }
        match request.read().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain(book, &read.path, &subject, error).await),
        }
    }

    /// The card as it is stored: servers leave the version out of the answer when they changed what was sent.
    async fn stored(
        &self,
        path: DavPath,
        etag: Option<ETag>,
        card: &Card,
        subject: Subject,
    ) -> Result<StoredCard, Error> {
        match etag {
            Some(etag) => Ok(StoredCard {
                path,
                etag: Some(etag),
                card: card.clone(),
            }),
            // The card was stored. Only what would prove it is missing.
            None => self.get(&path, subject.clone()).await.map_err(|error| match error {
                Error::Unauthorized => error,
                _ => Error::OutcomeUnknown { subject },
            }),
        }
    }

    /// Adds to the failure of a write what is there now.
    async fn explain(&self, book: &AddressBook, path: &DavPath, subject: &Subject, error: Error) -> Error {
        let now = async { self.get(path, subject.clone()).await.map(|stored| stored.etag) };
        explain_write(error, now, || refused(book, "it is read-only for you")).await
    }
}

fn refused(book: &AddressBook, words: &'static str) -> Error {
    Error::Forbidden {
        subject: super::subject(book),
        reason: Reason::ours(words),
    }
}
