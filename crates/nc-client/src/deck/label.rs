use http::Method;
use nc_proto::{
    apps::deck::{BoardId, Label, LabelContent, LabelId},
    etag::ETag,
};

use super::{Deck, input, object, unchanged};
use crate::{Error, Subject};

impl Deck<'_> {
    /// One label.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if it is not there or its board not shared with the user; otherwise as for every call.
    pub async fn label(&self, board: BoardId, id: LabelId) -> Result<Label, Error> {
        let path = ["labels", &id.to_string()];
        let label: Label = object(self.board_request(Method::GET, board, &path, subject(id))).await?;
        match label.board_id {
            Some(found) if found != board => {
                let why = format!("label {id} is not on board {board}, it is on board {found}");
                Err(Error::invalid("board_id", why))
            }
            _ => Ok(label),
        }
    }

    /// The label of that title, made if the board has none; and whether it was made.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for an empty title or no colour; otherwise as for [`Self::board`].
    pub async fn create_label(&self, board: BoardId, title: &str, color: &str) -> Result<(Label, bool), Error> {
        input::check_title(title)?;
        let new = LabelContent {
            title: title.to_owned(),
            color: input::color(color)?,
        };
        // Titles are unique, and the app only says 400 to a second one.
        let labels = self.board(board).await?.labels;
        if let Some(known) = labels.into_iter().find(|label| label.title == title) {
            return Ok((known, false));
        }
        let subject = Subject::new(format!("a new label of board {board}"));
        let made = object(self.board_request(Method::POST, board, &["labels"], subject).json(&new)).await?;
        Ok((made, true))
    }

    /// Changes a label; what is not given stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it changed since `etag` was read; otherwise as for [`Self::create_label`].
    pub async fn update_label(
        &self,
        board: BoardId,
        id: LabelId,
        title: Option<&str>,
        color: Option<&str>,
        etag: Option<&ETag>,
    ) -> Result<Label, Error> {
        title.map_or(Ok(()), input::check_title)?;
        let color = color.map(input::color).transpose()?;
        let old = self.label(board, id).await?;
        unchanged(&subject(id), etag, old.etag.as_ref())?;
        let content = LabelContent {
            title: title.map_or(old.title, str::to_owned),
            color: color.unwrap_or(old.color),
        };
        let path = ["labels", &id.to_string()];
        object(
            self.board_request(Method::PUT, board, &path, subject(id))
                .json(&content),
        )
        .await
    }

    /// Deletes a label, also from the cards that have it.
    ///
    /// # Errors
    /// As for [`Self::label`].
    pub async fn delete_label(&self, board: BoardId, id: LabelId) -> Result<(), Error> {
        self.label(board, id).await?;
        let path = ["labels", &id.to_string()];
        super::done(self.board_request(Method::DELETE, board, &path, subject(id))).await
    }
}

fn subject(id: LabelId) -> Subject {
    Subject::new(format!("label {id}"))
}
