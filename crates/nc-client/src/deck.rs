//! The Deck app, API versions 1.0 and 1.1 (source: nextcloud/deck, `docs/API.md`).

use http::Method;
use nc_proto::{
    apps::deck::{BoardId, CardId, StackId},
    etag::ETag,
};
use serde::de::DeserializeOwned;

use crate::{Client, Error, Subject, request::Request};

mod assign;
mod attachment;
mod board;
mod card;
mod comment;
mod dependent;
mod input;
mod label;
mod refusal;
mod relocate;
mod stack;

pub use attachment::Attached;
pub use card::{CardPatch, CardPlace};
pub use relocate::{Moved, Reordered};
pub use stack::WhichCards;

use self::refusal::{absent_or_refused, check_unchanged};

/// The Deck app.
#[derive(Debug, Clone, Copy)]
pub struct Deck<'a>(pub(crate) &'a Client);

impl Client {
    /// The Deck app.
    pub const fn deck(&self) -> Deck<'_> {
        Deck(self)
    }
}

impl<'a> Deck<'a> {
    fn request(self, method: Method, path: &[&str], subject: Subject) -> Request<'a> {
        self.0.app("deck", method, &[&["api", "v1.0"], path].concat(), subject)
    }

    /// A request of the later version, which knows both kinds of attachments.
    fn later(self, method: Method, path: &[&str], subject: Subject) -> Request<'a> {
        self.0
            .app("deck", method, &[&["api", "v1.1"], path].concat(), subject)
            .newer()
    }

    fn board_request(self, method: Method, board: BoardId, path: &[&str], subject: Subject) -> Request<'a> {
        self.request(method, &[&["boards", &board.to_string()], path].concat(), subject)
    }
}

/// Reads an object; a missing one and a missing right are told alike.
async fn object<T: DeserializeOwned>(request: Request<'_>) -> Result<T, Error> {
    let write = request.context.write;
    request.read_object().await.map_err(|error| match error {
        // The change was made; only the object that would prove it is missing.
        Error::BadAnswer { subject, .. } if write => Error::OutcomeUnknown { subject },
        error => absent_or_refused(error),
    })
}

async fn list<T: DeserializeOwned>(request: Request<'_>) -> Result<Vec<T>, Error> {
    let (items, _) = request.read_json().await.map_err(absent_or_refused)?;
    Ok(items)
}

/// For changes whose answer says nothing.
async fn done(request: Request<'_>) -> Result<(), Error> {
    request.read().await.map(drop).map_err(absent_or_refused)
}

fn board_subject(id: BoardId) -> Subject {
    Subject::new(format!("board {id}"))
}

fn stack_subject(id: StackId) -> Subject {
    Subject::new(format!("stack {id}"))
}

fn card_subject(id: CardId) -> Subject {
    Subject::new(format!("card {id}"))
}

/// The versions must agree, where the caller names one.
fn unchanged(subject: &Subject, read: Option<&ETag>, now: Option<&ETag>) -> Result<(), Error> {
    read.map_or(Ok(()), |read| check_unchanged(subject, read, now))
}
