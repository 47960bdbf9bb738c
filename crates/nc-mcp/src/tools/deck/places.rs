//! Cards that go elsewhere, on their board or on another.

use nc_auth::Scope::DeckWrite;
use nc_client::{BoardId, CardId, CardPlace, Moved, StackId};
use nc_mcp_kit::{Failure, Hints};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{CardRef, answers::CardDone};
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
            DeckWrite,
            Hints::ADD.idempotent(),
            "deck_reorder_card",
            "Reorder Deck Card",
            "Moves a card within its board.",
            reorder,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD,
            "deck_move_card_to_board",
            "Move Deck Card to Another Board",
            "Moves a card to another board, with comments and attachments. Labels go by title. The message names what is lost.",
            move_to_board,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct Reorder {
    #[serde(flatten)]
    card: CardRef,
    /// Position in the stack, from 0.
    #[schemars(range(min = 0))]
    order: u32,
    /// Stack to move to.
    target_stack_id: i64,
}

#[derive(Deserialize, JsonSchema)]
struct MoveCard {
    /// Id of its board.
    source_board_id: i64,
    /// Id of its stack.
    source_stack_id: i64,
    /// The card.
    card_id: i64,
    /// Board to move to.
    target_board_id: i64,
    /// Stack to move to.
    target_stack_id: i64,
    /// Position in the stack, from 0.
    #[serde(default)]
    #[schemars(range(min = 0))]
    order: u32,
}

async fn reorder(context: Context, arguments: Reorder) -> Result<CardDone, Failure> {
    let to = StackId(arguments.target_stack_id);
    put(&context, arguments.card.place(), to, arguments.order).await
}

async fn put(context: &Context, from: CardPlace, to: StackId, order: u32) -> Result<CardDone, Failure> {
    let deck = context.client.deck();
    let position = usize::try_from(order).unwrap_or(usize::MAX);
    let placed = deck.reorder_card(from, to, position).await.or_fail()?;
    let message = format!("the card is at position {} of stack {to}", placed.position);
    Ok(CardDone::new(context, placed.place, message))
}

async fn move_to_board(context: Context, arguments: MoveCard) -> Result<CardDone, Failure> {
    let from = CardPlace {
        board: BoardId(arguments.source_board_id),
        stack: StackId(arguments.source_stack_id),
        card: CardId(arguments.card_id),
    };
    let (board, stack) = (BoardId(arguments.target_board_id), StackId(arguments.target_stack_id));
    if board == from.board {
        return put(&context, from, stack, arguments.order).await;
    }
    let position = usize::try_from(arguments.order).unwrap_or(usize::MAX);
    let deck = context.client.deck();
    let moved = deck.move_card(from, board, stack, position).await.or_fail()?;
    let to = CardPlace {
        board,
        stack,
        card: from.card,
    };
    Ok(CardDone::new(&context, to, told(&moved)).with_card(&moved.card))
}

/// What was moved, and what was not.
fn told(moved: &Moved) -> String {
    let labels = moved.lost_labels.join(", ");
    let people = moved.lost_people.join(", ");
    let comments = moved.lost_comments;
    let parts = [
        Some("the card was moved with its comments and attachments".to_owned()),
        (!labels.is_empty()).then(|| format!("labels that the board does not have are lost: {labels}")),
        (!people.is_empty()).then(|| format!("these people do not see the board: {people}")),
        (comments > 0).then(|| format!("{comments} comments are no longer there")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(". ")
}
