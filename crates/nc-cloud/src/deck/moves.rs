//! Putting cards in another order, and into other stacks.

use axum::{extract::State, response::Response};
use serde_json::Value;

use super::{
    desk::Desk,
    done,
    error::DeckError,
    input::{Ids, Input},
    people,
    rights::Right,
    rows::{Card, Stack},
    shown::Form,
};
use crate::{Cloud, SignedIn};

/// `PUT …/stacks/{stack}/cards/{card}/reorder` with `order`. The stack is that of the path; a `stackId` in the body says
/// nothing (P117).
pub(super) async fn reorder(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let stack = ids.get("stack")?;
    reorder_into(&cloud, &signed_in, &ids, &input, stack).await
}

/// `PUT /apps/deck/cards/{card}/reorder` with `order` and `stackId`.
pub(super) async fn reorder_freely(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let stack = input.required_number("stackId")?;
    reorder_into(&cloud, &signed_in, &ids, &input, stack).await
}

async fn reorder_into(
    cloud: &Cloud,
    signed_in: &SignedIn,
    ids: &Ids,
    input: &Input,
    stack: i64,
) -> Result<Response, DeckError> {
    let refused = || DeckError::invalid("order must be provided and must be numeric");
    let position = input.position()?.ok_or_else(refused)?;
    let mut desk = Desk::change(cloud, signed_in).await?;
    let mut card = desk.open_card(ids.get("card")?).await?;
    let target = desk.open_stack(stack, Right::Edit).await?;
    if card.archived {
        return Err(DeckError::Forbidden("Operation not allowed. This card is archived."));
    }
    if target.id != card.stack {
        card = carry(&mut desk, &card, &target).await?;
    }
    let cards = place(&mut desk, &card, position).await?;
    let body = desk.show_cards(&cards, Form::BareRow).await?;
    desk.end().await?;
    Ok(done(&Value::Array(body)))
}

/// Lays a card into another stack. On another board it has no labels, and nobody who has no part there works on it.
pub(super) async fn carry(desk: &mut Desk, card: &Card, target: &Stack) -> Result<Card, DeckError> {
    desk.touch_card(card).await?;
    sqlx::query("UPDATE deck_cards SET stack = ? WHERE id = ?")
        .bind(target.id)
        .bind(card.id)
        .execute(&mut *desk.tx)
        .await?;
    if target.board != card.board {
        sqlx::query("DELETE FROM deck_card_labels WHERE card = ?")
            .bind(card.id)
            .execute(&mut *desk.tx)
            .await?;
        people::unassign_strangers(desk, target.board).await?;
    }
    desk.touch_stack(target.id, target.board).await?;
    desk.card_again(card.id).await
}

/// Gives a card its position and the others of its stack those around it, in the order in which they were. The cards as they
/// lie in the answer: in their former order.
async fn place(desk: &mut Desk, card: &Card, position: i64) -> Result<Vec<Card>, DeckError> {
    let cards = desk.cards_of(card.stack).await?;
    let mut free = (0_i64..).filter(|free| *free != position);
    for other in &cards {
        let new = if other.id == card.id {
            position
        } else {
            free.next().unwrap_or(other.position)
        };
        if new != other.position {
            sqlx::query("UPDATE deck_cards SET position = ?, last_modified = ?, revision = revision + 1 WHERE id = ?")
                .bind(new)
                .bind(desk.now)
                .bind(other.id)
                .execute(&mut *desk.tx)
                .await?;
        }
    }
    desk.touch_stack(card.stack, card.board).await?;
    let mut placed = Vec::with_capacity(cards.len());
    for before in cards {
        placed.push(desk.card_again(before.id).await?);
    }
    Ok(placed)
}
