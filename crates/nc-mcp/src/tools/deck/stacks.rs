//! Stacks, and the cards in them.

use nc_auth::Scope::{DeckRead, DeckWrite};
use nc_client::{BoardId, Stack, StackId, WhichCards};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    StackRef,
    answers::StackDone,
    board_url, etag,
    view::{CardView, Detail, Filter, Status, View, default_preview},
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
            "deck_get_stacks",
            "List Deck Stacks",
            "Lists the stacks of a board with their cards.",
            list,
        ),
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_get_stack",
            "Get Deck Stack",
            "Reads a stack with its cards.",
            get,
        ),
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_get_archived_stacks",
            "List Archived Deck Stacks",
            "Lists the stacks of a board with their archived cards.",
            archived,
        ),
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_get_cards",
            "List Deck Cards",
            "Lists the cards of a stack.",
            cards,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD,
            "deck_create_stack",
            "Create Deck Stack",
            "Adds a stack to a board.",
            create,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::REPLACE.idempotent(),
            "deck_update_stack",
            "Update Deck Stack",
            "Changes a stack. What is not given stays.",
            update,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::DELETE,
            "deck_delete_stack",
            "Delete Deck Stack",
            "Deletes a stack with all its cards.",
            delete,
        ),
    ]
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize, JsonSchema)]
struct ListStacks {
    /// The board.
    board_id: i64,
    /// Whether cards are shown.
    #[serde(default = "yes")]
    include_cards: bool,
    #[serde(flatten)]
    view: View,
}

#[derive(Deserialize, JsonSchema)]
struct GetStack {
    #[serde(flatten)]
    stack: StackRef,
    /// Whether cards are shown.
    #[serde(default = "yes")]
    include_cards: bool,
    #[serde(flatten)]
    view: View,
}

#[derive(Deserialize, JsonSchema)]
struct ListCards {
    #[serde(flatten)]
    stack: StackRef,
    #[serde(flatten)]
    view: View,
}

#[derive(Deserialize, JsonSchema)]
struct ListArchived {
    /// The board.
    board_id: i64,
    /// Full has descriptions.
    #[serde(default)]
    detail: Detail,
    /// With this label.
    label: Option<String>,
    /// Of this user id.
    assigned_to: Option<String>,
    /// Most characters of descriptions.
    description_max_length: Option<u32>,
    /// Characters in summaries, 0 for none.
    #[serde(default = "default_preview")]
    description_preview_length: u32,
}

#[derive(Deserialize, JsonSchema)]
struct CreateStack {
    /// The board.
    board_id: i64,
    /// Its title.
    title: String,
    /// Its place, lowest first.
    order: i64,
}

#[derive(Deserialize, JsonSchema)]
struct UpdateStack {
    #[serde(flatten)]
    stack: StackRef,
    /// New title.
    title: Option<String>,
    /// New place, lowest first.
    order: Option<i64>,
    /// From the last read.
    etag: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct StackView {
    id: i64,
    title: String,
    #[serde(rename = "boardId")]
    board_id: i64,
    order: i64,
    #[serde(rename = "deletedAt")]
    deleted_at: i64,
    #[serde(rename = "lastModified")]
    last_modified: Option<i64>,
    cards: Option<Vec<CardView>>,
    #[serde(rename = "ETag")]
    etag: Option<String>,
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct StackList {
    success: bool,
    timestamp: String,
    stacks: Vec<StackView>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct CardList {
    success: bool,
    timestamp: String,
    cards: Vec<CardView>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct MadeStack {
    success: bool,
    timestamp: String,
    id: i64,
    title: String,
    order: i64,
}

fn shown(context: &Context, stack: Stack, cards: Option<Vec<CardView>>) -> StackView {
    StackView {
        id: stack.id.0,
        title: stack.title,
        board_id: stack.board_id.0,
        order: stack.order,
        deleted_at: stack.deleted_at,
        last_modified: Some(stack.last_modified),
        cards,
        etag: stack.etag.as_ref().map(ToString::to_string),
        url: Some(board_url(context, stack.board_id)),
        message: None,
    }
}

/// The stacks of a board, each with the cards that `view` wants.
pub(crate) async fn board_stacks(
    context: &Context,
    board: BoardId,
    view: &View,
    with_cards: bool,
) -> Result<StackList, Failure> {
    let stacks = context
        .client
        .deck()
        .stacks(board, view.status.into())
        .await
        .or_fail()?;
    let mut filter = Filter::new(view);
    let stacks: Vec<StackView> = stacks
        .into_iter()
        .map(|mut stack| {
            let cards = std::mem::take(&mut stack.cards);
            let cards = with_cards.then(|| filter.cards(context, board, cards));
            shown(context, stack, cards)
        })
        .collect();
    Ok(StackList {
        success: true,
        timestamp: context.timestamp(),
        total: stacks.len(),
        stacks,
        message: filter.message(),
    })
}

/// A stack with the cards that `view` wants.
async fn read(context: &Context, board: BoardId, id: StackId, view: &View) -> Result<Stack, Failure> {
    let deck = context.client.deck();
    if WhichCards::from(view.status) == WhichCards::Current {
        return deck.stack(board, id).await.or_fail();
    }
    let stacks = deck.stacks(board, view.status.into()).await.or_fail()?;
    let found = stacks.into_iter().find(|stack| stack.id == id);
    found.ok_or_else(|| ToolError::new("not_found", format!("board {board} has no stack {id}")).into())
}

pub(crate) async fn one_stack(
    context: &Context,
    board: BoardId,
    id: StackId,
    view: &View,
    with_cards: bool,
) -> Result<StackView, Failure> {
    let mut stack = read(context, board, id, view).await?;
    let mut filter = Filter::new(view);
    let cards = std::mem::take(&mut stack.cards);
    let cards = with_cards.then(|| filter.cards(context, board, cards));
    let mut shown = shown(context, stack, cards);
    shown.message = filter.message();
    Ok(shown)
}

pub(crate) async fn stack_cards(
    context: &Context,
    board: BoardId,
    id: StackId,
    view: &View,
) -> Result<CardList, Failure> {
    let stack = read(context, board, id, view).await?;
    let mut filter = Filter::new(view);
    let cards = filter.cards(context, board, stack.cards);
    Ok(CardList {
        success: true,
        timestamp: context.timestamp(),
        total: cards.len(),
        cards,
        message: filter.message(),
    })
}

async fn list(context: Context, arguments: ListStacks) -> Result<StackList, Failure> {
    let board = BoardId(arguments.board_id);
    board_stacks(&context, board, &arguments.view, arguments.include_cards).await
}

async fn get(context: Context, arguments: GetStack) -> Result<StackView, Failure> {
    let (board, stack) = (BoardId(arguments.stack.board_id), StackId(arguments.stack.stack_id));
    one_stack(&context, board, stack, &arguments.view, arguments.include_cards).await
}

async fn archived(context: Context, arguments: ListArchived) -> Result<StackList, Failure> {
    let view = View {
        detail: arguments.detail,
        status: Status::Archived,
        label: arguments.label,
        assigned_to: arguments.assigned_to,
        description_max_length: arguments.description_max_length,
        description_preview_length: arguments.description_preview_length,
    };
    board_stacks(&context, BoardId(arguments.board_id), &view, true).await
}

async fn cards(context: Context, arguments: ListCards) -> Result<CardList, Failure> {
    let (board, stack) = (BoardId(arguments.stack.board_id), StackId(arguments.stack.stack_id));
    stack_cards(&context, board, stack, &arguments.view).await
}

async fn create(context: Context, arguments: CreateStack) -> Result<MadeStack, Failure> {
    let (board, title) = (BoardId(arguments.board_id), &arguments.title);
    let deck = context.client.deck();
    let stack = deck.create_stack(board, title, arguments.order).await.or_fail()?;
    Ok(MadeStack {
        success: true,
        timestamp: context.timestamp(),
        id: stack.id.0,
        title: stack.title,
        order: stack.order,
    })
}

fn done(context: &Context, stack: &StackRef, message: &str) -> StackDone {
    StackDone {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(200),
        message: Some(message.to_owned()),
        stack_id: stack.stack_id,
        board_id: stack.board_id,
    }
}

async fn update(context: Context, arguments: UpdateStack) -> Result<StackDone, Failure> {
    let UpdateStack {
        stack, title, order, ..
    } = &arguments;
    if title.is_none() && order.is_none() {
        return Err(ToolError::invalid_argument("give at least one of `title` and `order`").into());
    }
    let etag = etag(arguments.etag.as_deref())?;
    let (board, id) = (BoardId(stack.board_id), StackId(stack.stack_id));
    let deck = context.client.deck();
    deck.update_stack(board, id, title.as_deref(), *order, etag.as_ref())
        .await
        .or_fail()?;
    Ok(done(&context, stack, "the stack was changed"))
}

async fn delete(context: Context, stack: StackRef) -> Result<StackDone, Failure> {
    let (board, id) = (BoardId(stack.board_id), StackId(stack.stack_id));
    context.client.deck().delete_stack(board, id).await.or_fail()?;
    Ok(done(&context, &stack, "the stack was deleted with its cards"))
}
