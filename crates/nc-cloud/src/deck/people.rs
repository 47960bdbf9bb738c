//! Who works on a card.

use axum::{extract::State, response::Response};

use super::{
    desk::Desk,
    done,
    error::DeckError,
    input::{Ids, Input},
    rows::{Assignment, members},
};
use crate::{Cloud, SignedIn};

/// Whom to assign or not: id, and whether it is a user or a group.
fn participant(input: &Input) -> Result<(String, i64), DeckError> {
    let user = input.user("userId")?;
    let user = user.ok_or_else(|| DeckError::invalid("userId must be provided and must be not empty"))?;
    match input.number("type")?.unwrap_or(0) {
        kind @ (0 | 1) => Ok((user, kind)),
        _ => Err(DeckError::invalid("type must be 0 for a user or 1 for a group")),
    }
}

/// `PUT …/cards/{card}/assignUser` with `userId`, and `type` for a group.
pub(super) async fn assign(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let (user, kind) = participant(&input)?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let card = desk.open_card(ids.get("card")?).await?;
    if !desk.is_on_board(card.board, kind, &user).await? {
        return Err(DeckError::invalid("The user is not part of the board"));
    }
    let query = sqlx::query_as(
        "INSERT OR IGNORE INTO deck_assignments (card, kind, participant) VALUES (?, ?, ?) \
         RETURNING id, card, kind, participant",
    );
    let query = query.bind(card.id).bind(kind).bind(user);
    let assignment: Option<Assignment> = query.fetch_optional(&mut *desk.tx).await?;
    let assignment = assignment.ok_or_else(|| DeckError::invalid("The user is already assigned to the card"))?;
    desk.touch_card(&card).await?;
    let body = desk.show_assignment(&assignment).await?;
    desk.end().await?;
    Ok(done(&body))
}

/// `PUT …/cards/{card}/unassignUser` with `userId`, and `type` for a group.
pub(super) async fn unassign(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let (user, kind) = participant(&input)?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let card = desk.open_card(ids.get("card")?).await?;
    let query = sqlx::query_as(
        "DELETE FROM deck_assignments WHERE card = ? AND kind = ? AND participant = ? \
         RETURNING id, card, kind, participant",
    );
    let query = query.bind(card.id).bind(kind).bind(user);
    let assignment: Option<Assignment> = query.fetch_optional(&mut *desk.tx).await?;
    let assignment = assignment.ok_or(DeckError::NotFound("The user is not assigned to the card"))?;
    desk.touch_card(&card).await?;
    let body = desk.show_assignment(&assignment).await?;
    desk.end().await?;
    Ok(done(&body))
}

/// Takes those who have no part in a board any more off its cards.
pub(super) async fn unassign_strangers(desk: &mut Desk, board: i64) -> Result<(), DeckError> {
    sqlx::query(concat!(
        "DELETE FROM deck_assignments WHERE card IN (SELECT c.id FROM deck_cards c JOIN deck_stacks s ON s.id = c.stack ",
        "WHERE s.board = ?1) AND CASE kind WHEN 0 THEN participant NOT IN (",
        members!(),
        ") ELSE participant NOT IN (SELECT participant FROM deck_acl WHERE board = ?1 AND kind = 1) END"
    ))
    .bind(board)
    .execute(&mut *desk.tx)
    .await?;
    Ok(())
}

impl Desk {
    /// Whether a user or group has a part in a board.
    pub(super) async fn is_on_board(&mut self, board: i64, kind: i64, id: &str) -> Result<bool, DeckError> {
        let query = if kind == 0 {
            sqlx::query_scalar(concat!("SELECT id IN (", members!(), ") FROM accounts WHERE id = ?2"))
        } else {
            sqlx::query_scalar("SELECT 1 FROM deck_acl WHERE board = ?1 AND kind = 1 AND participant = ?2")
        };
        let found: Option<bool> = query.bind(board).bind(id).fetch_optional(&mut *self.tx).await?;
        Ok(found.unwrap_or(false))
    }
}
