use http::Method;
use nc_proto::apps::deck::{COMMENT_LIMIT, CardId, Comment, CommentId, NewComment};
use serde::de::DeserializeOwned;

use super::{Deck, card_subject, refusal::absent_or_refused};
use crate::{Error, Reason, Subject, nextcloud::read_ocs, request::Request};

/// Most comments that the app gives at once.
const MOST_AT_ONCE: u32 = 200;
/// Most answers that are asked for when all comments of a card are wanted.
const MOST_ANSWERS: u32 = 50;

impl<'a> Deck<'a> {
    /// Comments on a card, the latest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the card is not there or not shared with the user; otherwise as for every call.
    pub async fn comments(&self, card: CardId, limit: u32, offset: u32) -> Result<Vec<Comment>, Error> {
        let subject = Subject::new(format!("the comments on card {card}"));
        let request = self
            .comment_request(Method::GET, card, None, subject)
            .query("limit", limit.min(MOST_AT_ONCE).to_string())
            .query("offset", offset.to_string());
        data(request).await.map_err(absent_or_refused)
    }

    /// All comments on a card, the latest first; at most ten thousand.
    ///
    /// # Errors
    /// As for [`Self::comments`].
    pub async fn all_comments(&self, card: CardId) -> Result<Vec<Comment>, Error> {
        let mut all: Vec<Comment> = Vec::new();
        for answer in 0..MOST_ANSWERS {
            let piece = self.comments(card, MOST_AT_ONCE, answer * MOST_AT_ONCE).await?;
            let is_last = piece.len() < MOST_AT_ONCE as usize;
            // A comment that is made meanwhile shifts the others.
            all.extend(
                piece
                    .into_iter()
                    .filter(|new| all.iter().all(|old| old.id != new.id))
                    .collect::<Vec<_>>(),
            );
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Writes a comment on a card, perhaps as a reply.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty text, or one of more than 1000 characters; otherwise as for
    /// [`Self::comments`].
    pub async fn comment(&self, card: CardId, message: &str, parent: Option<CommentId>) -> Result<Comment, Error> {
        check_message(message)?;
        let new = NewComment {
            message: message.to_owned(),
            parent_id: parent,
        };
        let subject = Subject::new(format!("a new comment on card {card}"));
        let request = self.comment_request(Method::POST, card, None, subject).json(&new);
        data(request).await.map_err(absent_or_refused)
    }

    /// Changes an own comment.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for the comment of somebody else; otherwise as for [`Self::comment`].
    pub async fn update_comment(&self, card: CardId, id: CommentId, message: &str) -> Result<Comment, Error> {
        check_message(message)?;
        let new = NewComment {
            message: message.to_owned(),
            parent_id: None,
        };
        let request = self
            .comment_request(Method::PUT, card, Some(id), subject(card, id))
            .json(&new);
        data(request).await.map_err(only_own)
    }

    /// Deletes an own comment.
    ///
    /// # Errors
    /// As for [`Self::update_comment`].
    pub async fn delete_comment(&self, card: CardId, id: CommentId) -> Result<(), Error> {
        let request = self.comment_request(Method::DELETE, card, Some(id), subject(card, id));
        data::<serde_json::Value>(request).await.map(drop).map_err(only_own)
    }

    fn comment_request(self, method: Method, card: CardId, id: Option<CommentId>, subject: Subject) -> Request<'a> {
        let (card, id) = (card.to_string(), id.map(|id| id.to_string()));
        let mut path = vec!["apps", "deck", "api", "v1.0", "cards", &card, "comments"];
        path.extend(id.as_deref());
        self.0.ocs(method, &path, subject).of_app("deck")
    }
}

async fn data<T: DeserializeOwned>(request: Request<'_>) -> Result<T, Error> {
    Ok(read_ocs(request).await?.0)
}

fn subject(card: CardId, id: CommentId) -> Subject {
    Subject::new(format!("comment {id} on {}", card_subject(card)))
}

/// The app counts characters.
fn check_message(message: &str) -> Result<(), Error> {
    let count = message.chars().count();
    if message.trim().is_empty() {
        return Err(Error::invalid("message", "it must not be empty"));
    }
    if count > COMMENT_LIMIT {
        let why = format!("it has {count} characters, and a comment can have at most {COMMENT_LIMIT}");
        return Err(Error::invalid("message", why));
    }
    Ok(())
}

fn only_own(error: Error) -> Error {
    match error {
        Error::Forbidden { subject, .. } => Error::Forbidden {
            subject,
            reason: Reason::ours("it was not found, or it is not yours"),
        },
        error => error,
    }
}
