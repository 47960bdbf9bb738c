use http::Method;
use nc_proto::{
    apps::deck::{BoardId, Card, CardContent, CardId, NewCard, StackId},
    dav::DavPath,
    etag::ETag,
};

use super::{Deck, card_subject, input, object, unchanged};
use crate::{Error, Subject, WriterTurn, request::Request};

/// Where a card is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardPlace {
    /// Its board.
    pub board: BoardId,
    /// Its stack.
    pub stack: StackId,
    /// The card.
    pub card: CardId,
}

/// The fields of a card to change; the others stay. An empty text takes a date, the colour or the description away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CardPatch {
    /// New title.
    pub title: Option<String>,
    /// New Markdown text.
    pub description: Option<String>,
    /// Always `plain`.
    pub kind: Option<String>,
    /// Id of the owner.
    pub owner: Option<String>,
    /// New place in the stack.
    pub order: Option<i64>,
    /// When it is due, RFC 3339.
    pub duedate: Option<String>,
    /// Whether it is put away.
    pub archived: Option<bool>,
    /// When it was done, RFC 3339.
    pub done: Option<String>,
    /// When work begins, RFC 3339; Deck 1.18 and newer.
    pub startdate: Option<String>,
    /// Six hexadecimal digits; Deck 1.18 and newer.
    pub color: Option<String>,
}

impl CardPatch {
    /// Puts the new fields into `content`.
    fn apply(&self, old: &Card) -> Result<CardContent, Error> {
        let mut content = old.content();
        let set = |field: &mut String, new: &Option<String>| {
            if let Some(new) = new {
                field.clone_from(new);
            }
        };
        set(&mut content.title, &self.title);
        set(&mut content.description, &self.description);
        set(&mut content.kind, &self.kind);
        set(&mut content.owner, &self.owner);
        input::check_title(&content.title)?;
        if let Some(order) = self.order {
            content.order = order;
        }
        for (argument, field, new) in [
            ("duedate", &mut content.duedate, &self.duedate),
            ("done", &mut content.done, &self.done),
            ("startdate", &mut content.startdate, &self.startdate),
        ] {
            if let Some(new) = new {
                *field = input::date(argument, new)?;
            }
        }
        // To put a card away that is put away already is refused.
        content.archived = self.archived.filter(|archived| *archived != old.archived);
        content.color = match self.color.as_deref() {
            None => None,
            Some("") => Some(String::new()),
            Some(color) => Some(input::color(color)?),
        };
        Ok(content)
    }
}

impl<'a> Deck<'a> {
    /// One card.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it is not there or its board not shared with the user; [`Error::InvalidInput`] if it is in
    /// another stack; otherwise as for every call.
    pub async fn card(&self, place: CardPlace) -> Result<Card, Error> {
        let mut card: Card = object(self.card_request(Method::GET, place, &[])).await?;
        if card.deleted_at != 0 {
            return Err(Error::not_found(card_subject(place.card)));
        }
        // The app finds a card by its number, whatever the address names, and a change would move it to the stack
        // that is named.
        if card.stack_id != place.stack {
            let why = format!(
                "card {} is not in stack {}, it is in stack {}",
                place.card, place.stack, card.stack_id
            );
            return Err(Error::invalid("stack_id", why));
        }
        self.hide_attachments(&mut card).await?;
        Ok(card)
    }

    /// Creates a card.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty title or a wrong date; [`Error::Forbidden`] if the stack is not there or may
    /// not be changed; otherwise as for every call.
    pub async fn create_card(&self, board: BoardId, stack: StackId, new: &NewCard) -> Result<Card, Error> {
        input::check_title(&new.title)?;
        let mut new = new.clone();
        new.duedate = date(&mut new.duedate, "duedate")?;
        new.startdate = date(&mut new.startdate, "startdate")?;
        new.color = new.color.as_deref().map(input::color).transpose()?;
        let subject = Subject::new(format!("a new card in stack {stack} of board {board}"));
        let path = ["stacks", &stack.to_string(), "cards"];
        object(self.board_request(Method::POST, board, &path, subject).json(&new)).await
    }

    /// Changes fields of a card. The app replaces cards whole, so it is read before, and all that stays is sent along.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it changed since `etag` was read; [`Error::InvalidInput`] if nothing is to be changed, or a
    /// date is none; otherwise as for [`Self::card`].
    pub async fn update_card(&self, place: CardPlace, patch: &CardPatch, etag: Option<&ETag>) -> Result<Card, Error> {
        if *patch == CardPatch::default() {
            return Err(Error::invalid("fields", "give at least one field to change"));
        }
        let _turn = self.card_turn(place.card).await?;
        let old = self.card(place).await?;
        unchanged(&card_subject(place.card), etag, old.etag.as_ref())?;
        let content = patch.apply(&old)?;
        object(self.card_request(Method::PUT, place, &[]).json(&content)).await
    }

    /// Deletes a card.
    ///
    /// # Errors
    /// As for [`Self::card`].
    pub async fn delete_card(&self, place: CardPlace) -> Result<(), Error> {
        self.card(place).await?;
        super::done(self.card_request(Method::DELETE, place, &[])).await
    }

    /// Puts a card away, or takes it out again.
    ///
    /// # Errors
    /// As for [`Self::card`].
    pub async fn archive_card(&self, place: CardPlace, archived: bool) -> Result<Card, Error> {
        let _turn = self.card_turn(place.card).await?;
        let card = self.card(place).await?;
        if card.archived == archived {
            return Ok(card);
        }
        let verb = if archived { "archive" } else { "unarchive" };
        super::done(self.card_request(Method::PUT, place, &[verb])).await?;
        Ok(Card { archived, ..card })
    }

    /// The turn to change a card: changes through one server do not overtake each other.
    pub(super) async fn card_turn(&self, id: CardId) -> Result<WriterTurn, Error> {
        let object = DavPath::from_names(["deck".to_owned(), id.to_string()]);
        self.0.account.writers.turn(&object, &card_subject(id)).await
    }

    pub(super) fn card_request(self, method: Method, place: CardPlace, path: &[&str]) -> Request<'a> {
        let (stack, card) = (place.stack.to_string(), place.card.to_string());
        let path = [&["stacks", &stack, "cards", &card], path].concat();
        self.board_request(method, place.board, &path, card_subject(place.card))
    }
}

fn date(given: &mut Option<String>, argument: &'static str) -> Result<Option<String>, Error> {
    given.take().map_or(Ok(None), |text| input::date(argument, &text))
}
