//! Boards.

use nc_auth::Scope::{DeckRead, DeckWrite};
use nc_client::{Board, BoardId, WhichCards};
use nc_mcp_kit::{Failure, Hints};
use nc_proto::apps::deck::{Acl, BoardRights, Person};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    BoardRef,
    answers::{BoardDone, Made, Object, titles},
    board_url,
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
            "deck_get_boards",
            "List Deck Boards",
            "Lists the boards that you see.",
            list,
        ),
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_get_board",
            "Get Deck Board",
            "Reads a board with labels, shares and members.",
            get,
        ),
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_get_board_overview",
            "Get Deck Board Overview",
            "Shows a whole board in short: stacks, and cards with labels and people. Begin here.",
            overview,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD,
            "deck_create_board",
            "Create Deck Board",
            "Creates a board. It gets four labels.",
            create,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::DELETE,
            "deck_delete_board",
            "Delete Board",
            "Deletes a board.",
            delete,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD.idempotent(),
            "deck_restore_board",
            "Restore Board",
            "Undeletes a board.",
            restore,
        ),
    ]
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct GetBoard {
    /// The board.
    board_id: i64,
    /// With whom it is shared.
    #[serde(default = "yes")]
    include_acl: bool,
    /// Who sees it.
    #[serde(default = "yes")]
    include_users: bool,
    /// Its labels.
    #[serde(default = "yes")]
    include_labels: bool,
}

#[derive(Deserialize, JsonSchema)]
struct GetOverview {
    /// The board.
    board_id: i64,
    /// Which cards.
    #[serde(default)]
    status: Status,
    /// With this label.
    label: Option<String>,
    /// Of this user id.
    assigned_to: Option<String>,
    /// Characters of descriptions, 0 for none.
    #[serde(default = "default_preview")]
    description_preview_length: u32,
}

#[derive(Deserialize, JsonSchema)]
struct CreateBoard {
    /// Its title.
    title: String,
    /// Such as 0082c9.
    color: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct BoardView {
    id: i64,
    title: String,
    #[schemars(with = "Object")]
    owner: Person,
    color: String,
    archived: bool,
    #[schemars(with = "Vec<Object>")]
    labels: Vec<nc_client::Label>,
    #[schemars(with = "Vec<Object>")]
    acl: Vec<Acl>,
    /// What you may do.
    #[schemars(with = "Object")]
    permissions: BoardRights,
    #[schemars(with = "Vec<Object>")]
    users: Vec<Person>,
    #[serde(rename = "deletedAt")]
    deleted_at: i64,
    #[serde(rename = "lastModified")]
    last_modified: Option<i64>,
    url: Option<String>,
    settings: Option<Object>,
    #[serde(rename = "ETag")]
    etag: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct BoardList {
    success: bool,
    timestamp: String,
    boards: Vec<BoardView>,
    total: usize,
}

#[derive(Serialize, JsonSchema)]
struct Overview {
    success: bool,
    timestamp: String,
    board_id: i64,
    title: String,
    labels: Vec<String>,
    stacks: Vec<OverviewStack>,
    total_cards: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct OverviewStack {
    id: i64,
    title: String,
    order: i64,
    card_count: usize,
    cards: Vec<CardView>,
}

fn shown(context: &Context, board: Board) -> BoardView {
    let settings = board.settings.0.into_iter().collect::<serde_json::Map<String, Value>>();
    BoardView {
        id: board.id.0,
        url: Some(board_url(context, board.id)),
        title: board.title,
        owner: board.owner.into_person(),
        color: board.color,
        archived: board.archived,
        labels: board.labels,
        acl: board.acl,
        permissions: board.permissions,
        users: board.users,
        deleted_at: board.deleted_at,
        last_modified: Some(board.last_modified),
        settings: (!settings.is_empty()).then_some(settings),
        etag: board.etag.as_ref().map(ToString::to_string),
    }
}

async fn list(context: Context, _: Nothing) -> Result<BoardList, Failure> {
    all_boards(&context).await
}

pub(crate) async fn all_boards(context: &Context) -> Result<BoardList, Failure> {
    let boards = context.client.deck().boards().await.or_fail()?;
    Ok(BoardList {
        success: true,
        timestamp: context.timestamp(),
        total: boards.len(),
        boards: boards.into_iter().map(|board| shown(context, board)).collect(),
    })
}

async fn get(context: Context, arguments: GetBoard) -> Result<BoardView, Failure> {
    let mut board = one_board(&context, BoardId(arguments.board_id)).await?;
    if !arguments.include_acl {
        board.acl.clear();
    }
    if !arguments.include_users {
        board.users.clear();
    }
    if !arguments.include_labels {
        board.labels.clear();
    }
    Ok(board)
}

pub(crate) async fn one_board(context: &Context, id: BoardId) -> Result<BoardView, Failure> {
    let board = context.client.deck().board(id).await.or_fail()?;
    Ok(shown(context, board))
}

async fn overview(context: Context, arguments: GetOverview) -> Result<Overview, Failure> {
    let id = BoardId(arguments.board_id);
    let deck = context.client.deck();
    let board = deck.board(id).await.or_fail()?;
    let stacks = deck.stacks(id, WhichCards::from(arguments.status)).await.or_fail()?;
    let view = View {
        detail: Detail::Summary,
        status: arguments.status,
        label: arguments.label,
        assigned_to: arguments.assigned_to,
        description_max_length: None,
        description_preview_length: arguments.description_preview_length,
    };
    let mut filter = Filter::new(&view);
    let stacks: Vec<OverviewStack> = stacks
        .into_iter()
        .map(|stack| {
            let cards = filter.cards(&context, id, stack.cards);
            OverviewStack {
                id: stack.id.0,
                title: stack.title,
                order: stack.order,
                card_count: cards.len(),
                cards,
            }
        })
        .collect();
    Ok(Overview {
        success: true,
        timestamp: context.timestamp(),
        board_id: id.0,
        title: board.title,
        labels: titles(&board.labels),
        total_cards: stacks.iter().map(|stack| stack.card_count).sum(),
        stacks,
        message: filter.message(),
    })
}

async fn create(context: Context, arguments: CreateBoard) -> Result<Made, Failure> {
    let CreateBoard { title, color } = arguments;
    let board = context.client.deck().create_board(&title, &color).await.or_fail()?;
    Ok(Made {
        success: true,
        timestamp: context.timestamp(),
        id: board.id.0,
        title: board.title,
        color: board.color,
        message: None,
    })
}

async fn delete(context: Context, arguments: BoardRef) -> Result<BoardDone, Failure> {
    let id = BoardId(arguments.board_id);
    context.client.deck().delete_board(id).await.or_fail()?;
    Ok(BoardDone::new(&context, id, "the board was deleted"))
}

async fn restore(context: Context, arguments: BoardRef) -> Result<BoardDone, Failure> {
    let id = BoardId(arguments.board_id);
    context.client.deck().restore_board(id).await.or_fail()?;
    Ok(BoardDone::new(&context, id, "the board is back"))
}
