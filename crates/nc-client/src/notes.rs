//! The Notes app, API version 1 (source: nextcloud/notes, `docs/api/v1.md`).

use http::Method;
use nc_proto::{
    apps::notes::{NewNote, Note, NoteEntry, NoteId, NotePatch, NotesSettings, SettingsPatch},
    dav::ETag,
};
use serde::Deserialize;

use crate::{Client, Error, Subject, request::Request};

mod attachment;
mod list;

pub use attachment::FileContent;
pub use list::{CategoryFilter, NotePages, NotesFilter};

/// How often an append is tried when the note changes meanwhile.
const APPEND_TRIES: u32 = 3;

/// The Notes app.
#[derive(Debug, Clone, Copy)]
pub struct Notes<'a>(pub(crate) &'a Client);

impl Client {
    /// The Notes app.
    pub const fn notes(&self) -> Notes<'_> {
        Notes(self)
    }
}

/// A note as an answer; some answers of Notes 5 are lists of one.
#[derive(Deserialize)]
struct Answer(#[serde(deserialize_with = "nc_proto::tolerant::one")] NoteEntry);

impl<'a> Notes<'a> {
    /// The notes, in the server's order.
    ///
    /// # Errors
    /// [`Error::AppMissing`] if the app is not there; otherwise as for every call.
    pub async fn list(&self, filter: &NotesFilter) -> Result<Vec<NoteEntry>, Error> {
        list::list(self, filter).await
    }

    /// The notes in pieces, for those who want only some of many.
    pub const fn pages<'f>(&'f self, filter: &'f NotesFilter) -> NotePages<'f> {
        NotePages::new(*self, filter)
    }

    /// A note with its text.
    ///
    /// # Errors
    /// [`Error::NotFound`]; otherwise as for every call.
    pub async fn get(&self, id: NoteId) -> Result<Note, Error> {
        note(self.one(Method::GET, id)).await
    }

    /// Creates a note. The server may choose another title than the one wished for: the answer has the real one.
    ///
    /// # Errors
    /// As for every call; after [`Error::OutcomeUnknown`] look at the list before trying again.
    pub async fn create(&self, new: &NewNote) -> Result<Note, Error> {
        check_category(new.category.as_deref())?;
        note(
            self.request(Method::POST, &["notes"], Subject::named("the new note"))
                .json(new),
        )
        .await
    }

    /// Changes fields of a note, unless it changed since `etag` was read. Fields that are not given stay.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the version now if it changed, [`Error::Forbidden`] for a read-only share,
    /// [`Error::InvalidInput`] if nothing is to be changed; otherwise as for every call.
    pub async fn update(&self, id: NoteId, patch: &NotePatch, etag: &ETag) -> Result<Note, Error> {
        if patch.is_empty() {
            return Err(Error::invalid(
                "fields",
                "give at least one of title, content, category, favorite, modified",
            ));
        }
        check_category(patch.category.as_deref())?;
        note(self.one(Method::PUT, id).if_match(etag).json(patch))
            .await
            .map_err(read_only)
    }

    /// Adds text at the end of a note, on a line of its own. If it changes meanwhile, it is read and tried again, so
    /// nothing is lost.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it changed three times; otherwise as for [`Self::update`].
    pub async fn append(&self, id: NoteId, text: &str) -> Result<Note, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let old = self.get(id).await?;
            let etag = old
                .etag
                .ok_or_else(|| Error::bad_answer(subject(id), 200, "a note without etag"))?;
            let patch = NotePatch {
                content: Some(joined(old.content, text)),
                ..NotePatch::default()
            };
            match self.update(id, &patch, &etag).await {
                Err(Error::Conflict { .. }) if tries < APPEND_TRIES => {}
                result => return result,
            }
        }
    }

    /// Deletes a note.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there, also if it was deleted before; otherwise as for every call.
    pub async fn delete(&self, id: NoteId) -> Result<(), Error> {
        self.one(Method::DELETE, id).read().await.map_err(read_only)?;
        Ok(())
    }

    /// The user's settings of the app.
    ///
    /// # Errors
    /// As for every call.
    pub async fn settings(&self) -> Result<NotesSettings, Error> {
        let request = self.request(Method::GET, &["settings"], Subject::named("the settings of Notes"));
        request.read_object().await
    }

    /// Changes the user's settings of the app and gives all of them.
    ///
    /// # Errors
    /// As for every call.
    pub async fn change_settings(&self, patch: &SettingsPatch) -> Result<NotesSettings, Error> {
        let request = self
            .request(Method::PUT, &["settings"], Subject::named("the settings of Notes"))
            .json(patch);
        request.read_object().await
    }

    fn one(&self, method: Method, id: NoteId) -> Request<'_> {
        self.request(method, &["notes", &id.to_string()], subject(id))
    }

    fn request(self, method: Method, path: &[&str], subject: Subject) -> Request<'a> {
        self.0.app("notes", method, &[&["api", "v1"], path].concat(), subject)
    }
}

async fn note(request: Request<'_>) -> Result<Note, Error> {
    let subject = request.context.subject.clone();
    let write = request.context.write;
    let (Answer(entry), headers) = request.read_json().await.map_err(|error| match error {
        // The change was made; only the note that would prove it is missing.
        Error::BadAnswer { subject, .. } if write => Error::OutcomeUnknown { subject },
        error => error,
    })?;
    if entry.error {
        let reason = crate::error::Reason::ours("it could not be read");
        return Err(Error::ServerError {
            subject,
            status: 200,
            reason,
        });
    }
    let mut note = Note::from(entry);
    if note.etag.is_none() {
        note.etag = headers
            .get(http::header::ETAG)
            .and_then(|value| ETag::parse(value.to_str().ok()?));
    }
    Ok(note)
}

fn subject(id: NoteId) -> Subject {
    Subject::new(format!("note {id}"))
}

/// `text` below `old`.
fn joined(mut old: String, text: &str) -> String {
    if !old.is_empty() && !old.ends_with('\n') {
        old.push('\n');
    }
    old + text
}

/// Says what 403 means here.
fn read_only(error: Error) -> Error {
    match error {
        Error::Forbidden { subject, .. } => {
            let reason = crate::error::Reason::ours("it is a read-only share");
            Error::Forbidden { subject, reason }
        }
        error => error,
    }
}

/// A category is a folder, so its parts are names.
fn check_category(category: Option<&str>) -> Result<(), Error> {
    match category {
        None | Some("") => Ok(()),
        Some(category) => nc_proto::dav::DavPath::plain(category)
            .map(|_| ())
            .map_err(|why| Error::invalid("category", why.to_string())),
    }
}
