//! Labels of boards.

use nc_auth::Scope::{DeckRead, DeckWrite};
use nc_client::{BoardId, Label, LabelId};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BoardRef,
    answers::{LabelDone, Made},
    etag,
};
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
    tools::DECK,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_get_labels",
            "List Deck Labels",
            "Lists the labels of a board.",
            list,
        ),
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_get_label",
            "Get Deck Label",
            "Reads a label.",
            get,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD.idempotent(),
            "deck_create_label",
            "Create Deck Label",
            "Adds a label to a board, or returns the one that has this title.",
            create,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::REPLACE.idempotent(),
            "deck_update_label",
            "Update Deck Label",
            "Changes a label. What is not given stays.",
            update,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::DELETE,
            "deck_delete_label",
            "Delete Deck Label",
            "Deletes a label, also from cards.",
            delete,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct LabelRef {
    /// The board.
    board_id: i64,
    /// Id of the label.
    label_id: i64,
}

#[derive(Deserialize, JsonSchema)]
struct CreateLabel {
    /// The board.
    board_id: i64,
    /// Its title.
    title: String,
    /// Such as 0082c9.
    color: String,
}

#[derive(Deserialize, JsonSchema)]
struct UpdateLabel {
    #[serde(flatten)]
    label: LabelRef,
    /// New title.
    title: Option<String>,
    /// Such as 0082c9.
    color: Option<String>,
    /// From the last read.
    etag: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LabelView {
    id: i64,
    title: String,
    color: String,
    board_id: Option<i64>,
    card_id: Option<i64>,
    #[serde(rename = "ETag")]
    etag: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct LabelList {
    success: bool,
    timestamp: String,
    labels: Vec<LabelView>,
    total: usize,
}

impl From<Label> for LabelView {
    fn from(label: Label) -> Self {
        Self {
            id: label.id.0,
            title: label.title,
            color: label.color,
            board_id: label.board_id.map(|id| id.0),
            card_id: label.card_id.map(|id| id.0),
            etag: label.etag.as_ref().map(ToString::to_string),
        }
    }
}

pub(crate) async fn board_labels(context: &Context, board: BoardId) -> Result<LabelList, Failure> {
    let board = context.client.deck().board(board).await.or_fail()?;
    let labels: Vec<LabelView> = board.labels.into_iter().map(LabelView::from).collect();
    Ok(LabelList {
        success: true,
        timestamp: context.timestamp(),
        total: labels.len(),
        labels,
    })
}

pub(crate) async fn one_label(context: &Context, board: BoardId, id: LabelId) -> Result<LabelView, Failure> {
    Ok(context.client.deck().label(board, id).await.or_fail()?.into())
}

async fn list(context: Context, board: BoardRef) -> Result<LabelList, Failure> {
    board_labels(&context, BoardId(board.board_id)).await
}

async fn get(context: Context, label: LabelRef) -> Result<LabelView, Failure> {
    one_label(&context, BoardId(label.board_id), LabelId(label.label_id)).await
}

async fn create(context: Context, arguments: CreateLabel) -> Result<Made, Failure> {
    let CreateLabel { board_id, title, color } = arguments;
    let deck = context.client.deck();
    let (label, is_new) = deck.create_label(BoardId(board_id), &title, &color).await.or_fail()?;
    Ok(Made {
        success: true,
        timestamp: context.timestamp(),
        id: label.id.0,
        title: label.title,
        color: label.color,
        message: (!is_new).then(|| "the board has a label of this title already, it was not changed".to_owned()),
    })
}

fn done(context: &Context, label: &LabelRef, message: &str) -> LabelDone {
    LabelDone {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(200),
        message: Some(message.to_owned()),
        label_id: label.label_id,
        board_id: label.board_id,
    }
}

async fn update(context: Context, arguments: UpdateLabel) -> Result<LabelDone, Failure> {
    let UpdateLabel {
        label, title, color, ..
    } = &arguments;
    if title.is_none() && color.is_none() {
        return Err(ToolError::invalid_argument("give at least one of `title` and `color`").into());
    }
    let etag = etag(arguments.etag.as_deref())?;
    let (board, id) = (BoardId(label.board_id), LabelId(label.label_id));
    let deck = context.client.deck();
    deck.update_label(board, id, title.as_deref(), color.as_deref(), etag.as_ref())
        .await
        .or_fail()?;
    Ok(done(&context, label, "the label was changed"))
}

async fn delete(context: Context, label: LabelRef) -> Result<LabelDone, Failure> {
    let (board, id) = (BoardId(label.board_id), LabelId(label.label_id));
    context.client.deck().delete_label(board, id).await.or_fail()?;
    Ok(done(&context, &label, "the label was deleted"))
}
