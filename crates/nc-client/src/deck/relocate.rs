//! Cards that go to another place: in their board, or on another.

use http::Method;
use nc_proto::apps::deck::{Board, BoardId, Card, CardId, Label, Placement, Stack, StackId};

use super::{CardPlace, Deck, WhichCards, board_subject, card_subject, object};
use crate::{Error, Reason};

/// A card at its new place.
#[derive(Debug, Clone, PartialEq)]
pub struct Reordered {
    /// Where it is.
    pub place: CardPlace,
    /// How many cards are before it.
    pub position: usize,
}

/// A card on another board, and what did not come along.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The card as it is now.
    pub card: Card,
    /// Titles of labels that it lost, since the board has none of that title and the user may not make it.
    pub lost_labels: Vec<String>,
    /// Ids of people that were assigned and do not see the new board.
    pub lost_people: Vec<String>,
    /// How many comments are no longer told.
    pub lost_comments: i64,
}

impl Deck<'_> {
    /// Puts a card to a place of its board; `position` counts cards from 0, and one behind the end is the end. The
    /// result is what was read afterwards.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the stack is not on the board or the card not in its stack; [`Error::Refused`] if the
    /// card is elsewhere afterwards; otherwise as for every call.
    pub async fn reorder_card(&self, from: CardPlace, to: StackId, position: usize) -> Result<Reordered, Error> {
        let _turn = self.card_turn(from.card).await?;
        let stacks = self.stacks(from.board, WhichCards::Current).await?;
        let source = stack_of(&stacks, from.stack, from.board)?;
        if !source.cards.iter().any(|card| card.id == from.card) {
            // Says why: elsewhere, gone, or put away.
            self.card(from).await?;
            let why = format!("card {} is archived; unarchive it first", from.card);
            return Err(Error::invalid("card_id", why));
        }
        let target = stack_of(&stacks, to, from.board)?;
        let others = target.cards.iter().filter(|card| card.id != from.card).count();
        self.put_place(from.card, to, position.min(others)).await?;
        self.placed(CardPlace { stack: to, ..from }).await
    }

    /// The version 1.0 of this call takes the stack from the address and not from the body, and says success either
    /// way; this is the one that the app's own page uses.
    async fn put_place(&self, card: CardId, stack_id: StackId, position: usize) -> Result<(), Error> {
        let body = Placement {
            order: i64::try_from(position).unwrap_or(i64::MAX),
            stack_id,
        };
        let path = ["cards", &card.to_string(), "reorder"];
        let request = self.0.app("deck", Method::PUT, &path, card_subject(card));
        super::done(request.json(&body)).await
    }

    /// Success is only what can be read.
    async fn placed(&self, place: CardPlace) -> Result<Reordered, Error> {
        let stack = self.stack(place.board, place.stack).await?;
        match stack.cards.iter().position(|card| card.id == place.card) {
            Some(position) => Ok(Reordered { place, position }),
            None => Err(not_moved(place)),
        }
    }

    /// Moves a card to another board. It keeps its number, text, dates, comments and attachments; labels are looked up
    /// by title, and made where the user may. Nothing is copied or deleted, so nothing can be lost halfway.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if either board may not be changed; otherwise as for [`Self::reorder_card`].
    pub async fn move_card(
        &self,
        from: CardPlace,
        to_board: BoardId,
        to_stack: StackId,
        position: usize,
    ) -> Result<Moved, Error> {
        let _turn = self.card_turn(from.card).await?;
        let before = self.card(from).await?;
        let board = self.board(to_board).await?;
        if !board.permissions.permission_edit {
            return Err(Error::Forbidden {
                subject: board_subject(to_board),
                reason: Reason::ours("you may only read it"),
            });
        }
        let stacks = self.stacks(to_board, WhichCards::Current).await?;
        let others = stack_of(&stacks, to_stack, to_board)?.cards.len();
        let to = CardPlace {
            board: to_board,
            stack: to_stack,
            card: from.card,
        };
        let position = position.min(others);
        self.put_elsewhere(&before, to, position).await?;
        let now = self.card(to).await.map_err(|error| match error {
            Error::InvalidInput { .. } => not_moved(to),
            error => error,
        })?;
        let lost_labels = self.mend_labels(to, &before, &now, &board).await?;
        let card = self.card(to).await?;
        let seen_by = |id: &str| board.users.iter().any(|person| person.uid == id) || board.owner.id() == id;
        let people = before.assigned_users.iter().flatten();
        let lost_people = people
            .map(|assigned| assigned.participant.id().to_owned())
            .filter(|id| !seen_by(id))
            .collect();
        Ok(Moved {
            lost_labels,
            lost_people,
            lost_comments: (before.comments_count - card.comments_count).max(0),
            card,
        })
    }

    /// A change with the address of the new stack moves the card, archived or not; the place is then set apart. A server
    /// that does not move it so is asked as the app's own page does.
    async fn put_elsewhere(&self, card: &Card, to: CardPlace, position: usize) -> Result<(), Error> {
        let request = self.card_request(Method::PUT, to, &[]).json(&card.content());
        let moved = match object::<Card>(request).await {
            Ok(now) => now.stack_id == to.stack,
            Err(Error::Forbidden { .. } | Error::NotFound { .. } | Error::Refused { .. }) => false,
            Err(error) => return Err(error),
        };
        match self.put_place(to.card, to.stack, position).await {
            // Archived cards have no place.
            Err(_) if moved => Ok(()),
            result => result,
        }
    }

    /// Gives the moved card the labels of its new board that are called as its old ones. Titles that are missing.
    async fn mend_labels(
        &self,
        place: CardPlace,
        before: &Card,
        now: &Card,
        board: &Board,
    ) -> Result<Vec<String>, Error> {
        let is_here = |label: &&Label| {
            label.board_id.map_or_else(
                || board.labels.iter().any(|known| known.id == label.id),
                |id| id == place.board,
            )
        };
        let kept: Vec<&Label> = now.labels.iter().flatten().filter(is_here).collect();
        for foreign in now.labels.iter().flatten().filter(|label| !is_here(label)) {
            self.put_label(place, foreign.id, "removeLabel").await?;
        }
        let mut lost = Vec::new();
        for wanted in before.labels.iter().flatten() {
            if kept.iter().any(|label| label.title == wanted.title) {
                continue;
            }
            let known = board.labels.iter().find(|label| label.title == wanted.title);
            let label = match known {
                Some(label) => Some(label.id),
                None if board.permissions.permission_manage => {
                    let made = self.create_label(place.board, &wanted.title, &wanted.color).await;
                    made.ok().map(|(label, _)| label.id)
                }
                None => None,
            };
            let assigned = match label {
                Some(label) => self.put_label(place, label, "assignLabel").await.is_ok(),
                None => false,
            };
            if !assigned {
                lost.push(wanted.title.clone());
            }
        }
        Ok(lost)
    }
}

fn stack_of(stacks: &[Stack], id: StackId, board: BoardId) -> Result<&Stack, Error> {
    stacks.iter().find(|stack| stack.id == id).ok_or_else(|| {
        let known: Vec<String> = stacks.iter().map(|stack| stack.id.to_string()).collect();
        let why = format!("board {board} has no stack {id}; it has {}", known.join(", "));
        Error::invalid("stack_id", why)
    })
}

fn not_moved(to: CardPlace) -> Error {
    Error::Refused {
        subject: card_subject(to.card),
        status: 200,
        reason: Reason::ours("the answer was success, but the card is not in the stack that was asked for"),
    }
}
