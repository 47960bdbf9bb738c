use axum::{extract::State, response::Response};
use serde_json::Value;

use super::{
    desk::Desk,
    done,
    error::DeckError,
    input::{Ids, Input},
    rights::Right,
    rows::Label,
    shown,
};
use crate::{Cloud, SignedIn};

/// Longest title, in characters.
const LONGEST_TITLE: usize = 100;

/// `GET …/boards/{board}/labels/{label}`
pub(super) async fn show(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    let label = desk.label(ids.get("label")?).await?;
    desk.end().await?;
    Ok(done(&shown::label(&label, None)))
}

/// `POST …/boards/{board}/labels` with `title` and `color`.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = ids.get("board")?;
    let (title, color) = (input.title("title", LONGEST_TITLE)?, input.color()?);
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let (board, _) = desk.open_board(id, Right::Manage).await?;
    let query = sqlx::query_as(
        "INSERT OR IGNORE INTO deck_labels (board, title, color) VALUES (?, ?, ?) \
         RETURNING id, board, title, color, last_modified",
    );
    let query = query.bind(board.id).bind(title).bind(color);
    let label: Option<Label> = query.fetch_optional(&mut *desk.tx).await?;
    let label = label.ok_or_else(|| DeckError::invalid("title must be unique"))?;
    desk.touch_board(board.id).await?;
    desk.end().await?;
    Ok(done(&shown::new_label(&label)))
}

/// `PUT …/boards/{board}/labels/{label}` with `title` and `color`.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = ids.get("label")?;
    let (title, color) = (input.title("title", LONGEST_TITLE)?, input.color()?);
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let label = desk.open_label(id).await?;
    let changed = sqlx::query("UPDATE OR IGNORE deck_labels SET title = ?, color = ?, last_modified = ? WHERE id = ?")
        .bind(title)
        .bind(color)
        .bind(desk.now)
        .bind(id)
        .execute(&mut *desk.tx)
        .await?;
    if changed.rows_affected() == 0 {
        return Err(DeckError::invalid("title must be unique"));
    }
    touch_bearers(&mut desk, label.id).await?;
    desk.touch_board(label.board).await?;
    let label = desk.label(id).await?;
    desk.end().await?;
    Ok(done(&shown::label(&label, None)))
}

/// `DELETE …/boards/{board}/labels/{label}`: from all cards, for good.
pub(super) async fn delete(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let label = desk.open_label(ids.get("label")?).await?;
    touch_bearers(&mut desk, label.id).await?;
    sqlx::query("DELETE FROM deck_labels WHERE id = ?")
        .bind(label.id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_board(label.board).await?;
    desk.end().await?;
    Ok(done(&shown::label(&label, None)))
}

/// `PUT …/cards/{card}/assignLabel` with `labelId`. A second time is as good as the first (P122).
pub(super) async fn assign(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = input.required_number("labelId")?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let card = desk.open_card(ids.get("card")?).await?;
    let label = desk.label(id).await?;
    if label.board != card.board {
        return Err(DeckError::invalid("The label belongs to another board than the card"));
    }
    sqlx::query("INSERT OR IGNORE INTO deck_card_labels (card, label) VALUES (?, ?)")
        .bind(card.id)
        .bind(label.id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_card(&card).await?;
    desk.end().await?;
    Ok(done(&Value::Null))
}

/// `PUT …/cards/{card}/removeLabel` with `labelId`. Fine if the card does not have it.
pub(super) async fn remove(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = input.required_number("labelId")?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let card = desk.open_card(ids.get("card")?).await?;
    let label = desk.label(id).await?;
    sqlx::query("DELETE FROM deck_card_labels WHERE card = ? AND label = ?")
        .bind(card.id)
        .bind(label.id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_card(&card).await?;
    desk.end().await?;
    Ok(done(&Value::Null))
}

/// Notes that cards changed which have this label, and so their stacks.
async fn touch_bearers(desk: &mut Desk, label: i64) -> Result<(), DeckError> {
    for statement in [
        "UPDATE deck_cards SET last_modified = ?, revision = revision + 1 \
         WHERE id IN (SELECT card FROM deck_card_labels WHERE label = ?)",
        "UPDATE deck_stacks SET last_modified = ?, revision = revision + 1 WHERE id IN \
         (SELECT c.stack FROM deck_cards c JOIN deck_card_labels l ON l.card = c.id WHERE l.label = ?)",
    ] {
        let query = sqlx::query(statement).bind(desk.now).bind(label);
        query.execute(&mut *desk.tx).await?;
    }
    Ok(())
}
