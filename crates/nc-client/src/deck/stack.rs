use http::Method;
use nc_proto::{
    apps::deck::{BoardId, Card, Stack, StackContent, StackId},
    etag::ETag,
};

use super::{Deck, board_subject, input, list, object, stack_subject, unchanged};
use crate::{Error, Subject};

/// Which cards of stacks are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichCards {
    /// Those that are not put away.
    Current,
    /// Those that are put away.
    Archived,
    /// Both; two requests.
    All,
}

impl Deck<'_> {
    /// The stacks of a board with their cards, each in the order of their places; deleted ones are left out.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the board is not there or not shared with the user; otherwise as for every call.
    pub async fn stacks(&self, board: BoardId, which: WhichCards) -> Result<Vec<Stack>, Error> {
        let read = async |path: &[&str]| -> Result<Vec<Stack>, Error> {
            list(self.board_request(Method::GET, board, path, board_subject(board))).await
        };
        let mut stacks = match which {
            WhichCards::Current => read(&["stacks"]).await?,
            WhichCards::Archived => read(&["stacks", "archived"]).await?,
            WhichCards::All => {
                let mut stacks = read(&["stacks"]).await?;
                for archived in read(&["stacks", "archived"]).await? {
                    match stacks.iter_mut().find(|stack| stack.id == archived.id) {
                        Some(stack) => stack.cards.extend(archived.cards),
                        None => stacks.push(archived),
                    }
                }
                stacks
            }
        };
        stacks.retain(|stack| stack.deleted_at == 0);
        stacks.sort_by_key(|stack| (stack.order, stack.id));
        for stack in &mut stacks {
            arrange(&mut stack.cards);
        }
        Ok(stacks)
    }

    /// One stack with its cards that are not put away.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it is not there or not shared with the user; otherwise as for every call.
    pub async fn stack(&self, board: BoardId, id: StackId) -> Result<Stack, Error> {
        let path = ["stacks", &id.to_string()];
        let mut stack: Stack = object(self.board_request(Method::GET, board, &path, stack_subject(id))).await?;
        check_board(stack.id, stack.board_id, board)?;
        stack.cards.retain(|card| !card.archived);
        arrange(&mut stack.cards);
        Ok(stack)
    }

    /// Creates a stack.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty title; otherwise as for [`Self::stack`].
    pub async fn create_stack(&self, board: BoardId, title: &str, order: i64) -> Result<Stack, Error> {
        input::check_title(title)?;
        let new = StackContent {
            title: title.to_owned(),
            order,
        };
        let subject = Subject::new(format!("a new stack of board {board}"));
        object(self.board_request(Method::POST, board, &["stacks"], subject).json(&new)).await
    }

    /// Changes a stack; what is not given stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it changed since `etag` was read; otherwise as for [`Self::create_stack`].
    pub async fn update_stack(
        &self,
        board: BoardId,
        id: StackId,
        title: Option<&str>,
        order: Option<i64>,
        etag: Option<&ETag>,
    ) -> Result<Stack, Error> {
        title.map_or(Ok(()), input::check_title)?;
        let old = self.stack(board, id).await?;
        unchanged(&stack_subject(id), etag, old.etag.as_ref())?;
        let content = StackContent {
            title: title.map_or(old.title, str::to_owned),
            order: order.unwrap_or(old.order),
        };
        let path = ["stacks", &id.to_string()];
        object(
            self.board_request(Method::PUT, board, &path, stack_subject(id))
                .json(&content),
        )
        .await
    }

    /// Deletes a stack with its cards.
    ///
    /// # Errors
    /// As for [`Self::stack`].
    pub async fn delete_stack(&self, board: BoardId, id: StackId) -> Result<(), Error> {
        // The app looks at the stack's number only: a wrong board must not delete one of another.
        self.stack(board, id).await?;
        let path = ["stacks", &id.to_string()];
        super::done(self.board_request(Method::DELETE, board, &path, stack_subject(id))).await
    }
}

/// The app finds a stack by its number, whatever board the address names.
fn check_board(stack: StackId, found: BoardId, named: BoardId) -> Result<(), Error> {
    if found == named {
        return Ok(());
    }
    let why = format!("stack {stack} is not on board {named}, it is on board {found}");
    Err(Error::invalid("board_id", why))
}

/// Places are neither dense nor unique, so the number decides between equal ones.
pub(super) fn arrange(cards: &mut Vec<Card>) {
    cards.retain(|card| card.deleted_at == 0);
    cards.sort_by_key(|card| (card.order, card.id));
}
