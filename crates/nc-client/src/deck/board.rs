use http::Method;
use nc_proto::{
    apps::deck::{Board, BoardId, BoardPatch, NewBoard},
    etag::ETag,
};

use super::{Deck, board_subject, input, list, object, unchanged};
use crate::{Error, Subject};

impl Deck<'_> {
    /// The boards that the user sees, with labels, shares and members; not those that were deleted.
    ///
    /// # Errors
    /// [`Error::AppMissing`] if the app is not there; otherwise as for every call.
    pub async fn boards(&self) -> Result<Vec<Board>, Error> {
        let subject = Subject::named("the list of boards");
        let request = self.request(Method::GET, &["boards"], subject).query("details", "true");
        let mut boards: Vec<Board> = list(request).await?;
        boards.retain(|board| board.deleted_at == 0);
        Ok(boards)
    }

    /// One board.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it is not there or not shared with the user; otherwise as for every call.
    pub async fn board(&self, id: BoardId) -> Result<Board, Error> {
        object(self.board_request(Method::GET, id, &[], board_subject(id))).await
    }

    /// Creates a board. It begins with four labels.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty title or no colour; otherwise as for every call.
    pub async fn create_board(&self, title: &str, color: &str) -> Result<Board, Error> {
        input::check_title(title)?;
        let new = NewBoard {
            title: title.to_owned(),
            color: input::color(color)?,
        };
        let subject = Subject::named("the new board");
        object(self.request(Method::POST, &["boards"], subject).json(&new)).await
    }

    /// Changes a board; what is not given stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it changed since `etag` was read; otherwise as for [`Self::create_board`].
    pub async fn update_board(
        &self,
        id: BoardId,
        title: Option<&str>,
        color: Option<&str>,
        archived: Option<bool>,
        etag: Option<&ETag>,
    ) -> Result<Board, Error> {
        title.map_or(Ok(()), input::check_title)?;
        let color = color.map(input::color).transpose()?;
        let old = self.board(id).await?;
        unchanged(&board_subject(id), etag, old.etag.as_ref())?;
        let patch = BoardPatch {
            title: title.map_or(old.title, str::to_owned),
            color: color.unwrap_or(old.color),
            archived: archived.unwrap_or(old.archived),
        };
        object(self.board_request(Method::PUT, id, &[], board_subject(id)).json(&patch)).await
    }

    /// Deletes a board, so that [`Self::restore_board`] can bring it back.
    ///
    /// # Errors
    /// As for [`Self::board`].
    pub async fn delete_board(&self, id: BoardId) -> Result<(), Error> {
        super::done(self.board_request(Method::DELETE, id, &[], board_subject(id))).await
    }

    /// Brings a deleted board back.
    ///
    /// # Errors
    /// As for [`Self::board`].
    pub async fn restore_board(&self, id: BoardId) -> Result<(), Error> {
        super::done(self.board_request(Method::POST, id, &["undo_delete"], board_subject(id))).await
    }
}
