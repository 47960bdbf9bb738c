use std::collections::HashMap;

use nc_auth::UserId;
use sqlx::{Sqlite, Transaction};

use super::{
    error::DeckError,
    rights::{Right, Rights},
    rows::{Board, Card, Label, Stack, select_board, select_card, select_stack},
};
use crate::{Cloud, SignedIn};

/// One request: who asks, when, and the one state of the database that it sees or changes. Nothing is given out by a
/// number alone; every look-up names the right that is needed.
pub(super) struct Desk {
    pub(super) user: UserId,
    /// Unix seconds.
    pub(super) now: i64,
    pub(super) tx: Transaction<'static, Sqlite>,
    /// Display names that were looked up.
    pub(super) names: HashMap<String, Option<String>>,
}

impl Desk {
    /// For reading.
    pub(super) async fn read(cloud: &Cloud, signed_in: &SignedIn) -> Result<Self, DeckError> {
        Ok(Self::at(cloud, signed_in, cloud.db().reader().begin().await?))
    }

    /// For a change; there is one at a time in the whole cloud.
    pub(super) async fn change(cloud: &Cloud, signed_in: &SignedIn) -> Result<Self, DeckError> {
        Ok(Self::at(cloud, signed_in, cloud.db().write().await?))
    }

    fn at(cloud: &Cloud, signed_in: &SignedIn, tx: Transaction<'static, Sqlite>) -> Self {
        Self {
            user: signed_in.user.clone(),
            now: cloud.now(),
            tx,
            names: HashMap::new(),
        }
    }

    /// Ends it, and makes its changes last. Dropped without, it leaves nothing behind.
    pub(super) async fn end(self) -> Result<(), DeckError> {
        Ok(self.tx.commit().await?)
    }

    /// A board that was not deleted.
    pub(super) async fn board(&mut self, id: i64, need: Right) -> Result<(Board, Rights), DeckError> {
        match self.any_board(id, need).await? {
            (board, _) if board.deleted_at > 0 => Err(DeckError::Denied),
            found => Ok(found),
        }
    }

    /// A board, also one that was deleted.
    pub(super) async fn any_board(&mut self, id: i64, need: Right) -> Result<(Board, Rights), DeckError> {
        let query = sqlx::query_as::<_, Board>(select_board!("id = ?")).bind(id);
        let board = query.fetch_optional(&mut *self.tx).await?.ok_or(DeckError::Denied)?;
        let rights = self.rights(&board).await?;
        if rights.allow(need) {
            Ok((board, rights))
        } else {
            Err(DeckError::Denied)
        }
    }

    /// A board on which things are to be changed: also not an archived one.
    pub(super) async fn open_board(&mut self, id: i64, need: Right) -> Result<(Board, Rights), DeckError> {
        match self.board(id, need).await? {
            (board, _) if board.archived => Err(DeckError::Forbidden("Operation not allowed. This board is archived.")),
            found => Ok(found),
        }
    }

    /// A stack to be read.
    pub(super) async fn stack(&mut self, id: i64) -> Result<Stack, DeckError> {
        let stack = self.any_stack(id).await?;
        self.board(stack.board, Right::Read).await?;
        Ok(stack)
    }

    /// A stack to be changed, or to get other cards.
    pub(super) async fn open_stack(&mut self, id: i64, need: Right) -> Result<Stack, DeckError> {
        let stack = self.any_stack(id).await?;
        self.open_board(stack.board, need).await?;
        Ok(stack)
    }

    async fn any_stack(&mut self, id: i64) -> Result<Stack, DeckError> {
        let query = sqlx::query_as::<_, Stack>(select_stack!("deleted_at = 0 AND id = ?")).bind(id);
        query.fetch_optional(&mut *self.tx).await?.ok_or(DeckError::Denied)
    }

    /// A card to be read. Whoever may read comments and files, may also write comments.
    pub(super) async fn card(&mut self, id: i64) -> Result<Card, DeckError> {
        let card = self.any_card(id).await?;
        self.board(card.board, Right::Read).await?;
        Self::not_deleted(card)
    }

    /// A card to be changed.
    pub(super) async fn open_card(&mut self, id: i64) -> Result<Card, DeckError> {
        let card = self.any_card(id).await?;
        self.open_board(card.board, Right::Edit).await?;
        Self::not_deleted(card)
    }

    /// A card as it is after a change.
    pub(super) async fn card_again(&mut self, id: i64) -> Result<Card, DeckError> {
        self.any_card(id).await
    }

    async fn any_card(&mut self, id: i64) -> Result<Card, DeckError> {
        let query = sqlx::query_as::<_, Card>(select_card!("s.deleted_at = 0 AND c.id = ?")).bind(id);
        query.fetch_optional(&mut *self.tx).await?.ok_or(DeckError::Denied)
    }

    /// Only those who may use the card get as far as to learn that it was deleted.
    fn not_deleted(card: Card) -> Result<Card, DeckError> {
        match card.deleted_at {
            0 => Ok(card),
            _ => Err(DeckError::Forbidden("Card is deleted")),
        }
    }

    /// A label to be read.
    pub(super) async fn label(&mut self, id: i64) -> Result<Label, DeckError> {
        let label = self.any_label(id).await?;
        self.board(label.board, Right::Read).await?;
        Ok(label)
    }

    /// A label to be changed.
    pub(super) async fn open_label(&mut self, id: i64) -> Result<Label, DeckError> {
        let label = self.any_label(id).await?;
        self.open_board(label.board, Right::Manage).await?;
        Ok(label)
    }

    async fn any_label(&mut self, id: i64) -> Result<Label, DeckError> {
        let query = sqlx::query_as("SELECT id, board, title, color, last_modified FROM deck_labels WHERE id = ?");
        let label = query.bind(id).fetch_optional(&mut *self.tx).await?;
        label.ok_or(DeckError::Denied)
    }

    /// Notes that a board, or something on it, changed.
    pub(super) async fn touch_board(&mut self, board: i64) -> Result<(), DeckError> {
        sqlx::query("UPDATE deck_boards SET last_modified = ?, revision = revision + 1 WHERE id = ?")
            .bind(self.now)
            .bind(board)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Notes that a stack, or a card in it, changed.
    pub(super) async fn touch_stack(&mut self, stack: i64, board: i64) -> Result<(), DeckError> {
        sqlx::query("UPDATE deck_stacks SET last_modified = ?, revision = revision + 1 WHERE id = ?")
            .bind(self.now)
            .bind(stack)
            .execute(&mut *self.tx)
            .await?;
        self.touch_board(board).await
    }

    /// Notes that a card, or something on it, changed.
    pub(super) async fn touch_card(&mut self, card: &Card) -> Result<(), DeckError> {
        sqlx::query("UPDATE deck_cards SET last_modified = ?, revision = revision + 1 WHERE id = ?")
            .bind(self.now)
            .bind(card.id)
            .execute(&mut *self.tx)
            .await?;
        self.touch_stack(card.stack, card.board).await
    }
}
