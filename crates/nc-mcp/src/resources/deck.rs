//! Boards, stacks, cards and labels.

use nc_auth::{Scope, ScopeSet};
use nc_client::{BoardId, CardId, CardPlace, LabelId, StackId, WhichCards};
use nc_mcp_kit::{Failure, ResourceSpec};
use rmcp::model::{CompleteRequestParams, ErrorData, ResourceContents};

use super::{Asked, no_such};
use crate::{
    context::Context,
    errors::OrFail,
    tools::{
        DECK,
        deck::{self, View},
    },
};

const BOARDS: &str = "nc://Deck/boards";
const BOARD: &str = "nc://Deck/boards/{board_id}";
const STACKS: &str = "nc://Deck/boards/{board_id}/stacks";
const STACK: &str = "nc://Deck/boards/{board_id}/stacks/{stack_id}";
const CARDS: &str = "nc://Deck/boards/{board_id}/stacks/{stack_id}/cards";
const CARD: &str = "nc://Deck/boards/{board_id}/stacks/{stack_id}/cards/{card_id}";
const LABELS: &str = "nc://Deck/boards/{board_id}/labels";
const LABEL: &str = "nc://Deck/boards/{board_id}/labels/{label_id}";

pub(super) fn specs() -> Vec<ResourceSpec> {
    let deck = |uri, name, title, description| ResourceSpec {
        uri,
        name,
        title,
        description,
        mime_type: "application/json",
        app: DECK.name,
        capability: DECK.capability,
        scopes: ScopeSet::EMPTY.with(Scope::DeckRead),
    };
    vec![
        deck(
            BOARDS,
            "deck_boards_resource",
            "Deck Boards",
            "The boards that you see.",
        ),
        deck(
            BOARD,
            "deck_board_resource",
            "Deck Board",
            "A board with labels, shares and members.",
        ),
        deck(
            STACKS,
            "deck_stacks_resource",
            "Deck Stacks",
            "The stacks of a board with open cards in short.",
        ),
        deck(
            STACK,
            "deck_stack_resource",
            "Deck Stack",
            "A stack with its open cards in short.",
        ),
        deck(
            CARDS,
            "deck_cards_resource",
            "Deck Cards",
            "The open cards of a stack in short.",
        ),
        deck(CARD, "deck_card_resource", "Deck Card", "A card whole, with its ETag."),
        deck(LABELS, "deck_labels_resource", "Deck Labels", "The labels of a board."),
        deck(LABEL, "deck_label_resource", "Deck Label", "A label of a board."),
    ]
}

pub(super) async fn read(asked: Asked<'_>) -> Result<ResourceContents, ErrorData> {
    let context = asked.context;
    let view = View::default();
    let ids = asked.values.iter().map(|text| asked.number(text));
    let ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
    match (asked.template, ids.as_slice()) {
        (BOARDS, []) => asked.json(deck::all_boards(context).await),
        (BOARD, [board]) => asked.json(deck::one_board(context, BoardId(*board)).await),
        (STACKS, [board]) => asked.json(deck::board_stacks(context, BoardId(*board), &view, true).await),
        (STACK, [board, stack]) => {
            asked.json(deck::one_stack(context, BoardId(*board), StackId(*stack), &view, true).await)
        }
        (CARDS, [board, stack]) => {
            asked.json(deck::stack_cards(context, BoardId(*board), StackId(*stack), &view).await)
        }
        (CARD, [board, stack, card]) => {
            let place = CardPlace {
                board: BoardId(*board),
                stack: StackId(*stack),
                card: CardId(*card),
            };
            asked.json(deck::one_card(context, place).await)
        }
        (LABELS, [board]) => asked.json(deck::board_labels(context, BoardId(*board)).await),
        (LABEL, [board, label]) => asked.json(deck::one_label(context, BoardId(*board), LabelId(*label)).await),
        _ => Err(no_such(asked.uri)),
    }
}

/// Ids of things whose id or title begins with what was typed; of a board, once that is chosen.
pub(super) async fn complete(context: &Context, request: &CompleteRequestParams) -> Result<Vec<String>, Failure> {
    let typed = request.argument.value.to_lowercase();
    let fits = |id: i64, title: &str| id.to_string().starts_with(&typed) || title.to_lowercase().starts_with(&typed);
    let chosen = |name: &str| -> Option<i64> {
        let arguments = request.context.as_ref()?.arguments.as_ref()?;
        arguments.get(name)?.parse().ok()
    };
    let client = context.client.deck();
    let found: Vec<(i64, String)> = match (request.argument.name.as_str(), chosen("board_id").map(BoardId)) {
        ("board_id", _) => {
            let boards = client.boards().await.or_fail()?;
            boards.into_iter().map(|board| (board.id.0, board.title)).collect()
        }
        ("stack_id", Some(board)) => {
            let stacks = client.stacks(board, WhichCards::Current).await.or_fail()?;
            stacks.into_iter().map(|stack| (stack.id.0, stack.title)).collect()
        }
        ("card_id", Some(board)) => {
            let stacks = client.stacks(board, WhichCards::Current).await.or_fail()?;
            let stack = chosen("stack_id");
            let wanted = stacks.into_iter().filter(|one| stack.is_none_or(|id| one.id.0 == id));
            wanted
                .flat_map(|stack| stack.cards)
                .map(|card| (card.id.0, card.title))
                .collect()
        }
        ("label_id", Some(board)) => {
            let board = client.board(board).await.or_fail()?;
            board
                .labels
                .into_iter()
                .map(|label| (label.id.0, label.title))
                .collect()
        }
        _ => Vec::new(),
    };
    let fitting = found.into_iter().filter(|(id, title)| fits(*id, title));
    Ok(fitting.map(|(id, _)| id.to_string()).collect())
}
