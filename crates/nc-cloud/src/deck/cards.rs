use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde_json::Value;

use super::{
    desk::Desk,
    done,
    error::DeckError,
    input::{Ids, Input},
    moves,
    rights::Right,
    rows::Card,
    shown::Form,
    tagged,
};
use crate::{Cloud, SignedIn};

/// Longest title, in characters.
const LONGEST_TITLE: usize = 255;

/// Longest word for the type.
const LONGEST_KIND: usize = 64;

/// Where a new card stands that nobody placed: behind the others.
const LAST: i64 = 999;

/// `GET …/cards/{card}`: with the attachments that are deck files.
pub(super) async fn show(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    headers: HeaderMap,
) -> Result<Response, DeckError> {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    let card = desk.card(ids.get("card")?).await?;
    let mut body = desk.show_card(&card, Form::Whole).await?;
    let attachments = desk.attachments(card.id).await?;
    body["attachments"] = desk.show_attachments(&attachments, ids.is_1_1()).await?;
    desk.end().await?;
    Ok(tagged(&headers, &card.etag(), &body))
}

/// `POST …/stacks/{stack}/cards` with `title`, and `type`, `order`, `description`, `duedate`.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let stack = ids.get("stack")?;
    let title = input.title("title", LONGEST_TITLE)?;
    let kind = kind(&input)?.unwrap_or_else(|| "plain".to_owned());
    let position = input.position()?.unwrap_or(LAST);
    let description = input.text("description")?.unwrap_or_default();
    let due = input.time("duedate")?.or(None);
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let stack = desk.open_stack(stack, Right::Edit).await?;
    let query = sqlx::query_scalar(
        "INSERT INTO deck_cards (stack, title, description, kind, owner, position, due_at, created_at, last_modified) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) RETURNING id",
    );
    let query = query
        .bind(stack.id)
        .bind(title)
        .bind(description)
        .bind(kind)
        .bind(desk.user.as_str())
        .bind(position)
        .bind(due)
        .bind(desk.now);
    let id: i64 = query.fetch_one(&mut *desk.tx).await?;
    desk.touch_stack(stack.id, stack.board).await?;
    answer(desk, id, Form::Whole).await
}

/// `PUT …/stacks/{stack}/cards/{card}`: the whole card (P114). What is not given becomes empty, but `done` and `archived`,
/// which stay. The stack of the path is where the card lies after that.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let (id, stack) = (ids.get("card")?, ids.get("stack")?);
    let title = input.title("title", LONGEST_TITLE)?;
    let kind = kind(&input)?.ok_or_else(|| DeckError::invalid("type must be provided and must be not empty"))?;
    let owner = input.user("owner")?;
    let owner = owner.ok_or_else(|| DeckError::invalid("owner must be provided and must be not empty"))?;
    let position = input.position()?.unwrap_or(0);
    let description = input.text("description")?.unwrap_or_default();
    let due = input.time("duedate")?.or(None);
    let done = input.time("done")?;
    let archived = input.boolean("archived")?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let mut card = desk.open_card(id).await?;
    if stack != card.stack {
        let target = desk.open_stack(stack, Right::Edit).await?;
        card = moves::carry(&mut desk, &card, &target).await?;
    }
    // Nobody puts a card into the name of somebody who has no part in the board.
    if owner != card.owner && !desk.is_on_board(card.board, 0, &owner).await? {
        return Err(DeckError::invalid("owner must be a user of the board"));
    }
    let before = if description == card.description {
        card.description_prev.clone()
    } else {
        Some(card.description.clone())
    };
    sqlx::query(
        "UPDATE deck_cards SET title = ?, description = ?, description_prev = ?, kind = ?, owner = ?, position = ?, \
         due_at = ?, done_at = ?, archived = ?, last_editor = ? WHERE id = ?",
    )
    .bind(title)
    .bind(description)
    .bind(before)
    .bind(kind)
    .bind(owner)
    .bind(position)
    .bind(due)
    .bind(done.or(card.done_at))
    .bind(archived.unwrap_or(card.archived))
    .bind(desk.user.as_str())
    .bind(card.id)
    .execute(&mut *desk.tx)
    .await?;
    desk.touch_card(&card).await?;
    answer(desk, id, Form::Whole).await
}

/// `DELETE …/cards/{card}`
pub(super) async fn delete(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let card = desk.open_card(ids.get("card")?).await?;
    sqlx::query("UPDATE deck_cards SET deleted_at = ? WHERE id = ?")
        .bind(desk.now)
        .bind(card.id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_card(&card).await?;
    answer(desk, card.id, Form::Row).await
}

/// `PUT …/cards/{card}/archive`
pub(super) async fn archive(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    set_archived(&cloud, &signed_in, &ids, true).await
}

/// `PUT …/cards/{card}/unarchive`
pub(super) async fn unarchive(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
) -> Result<Response, DeckError> {
    set_archived(&cloud, &signed_in, &ids, false).await
}

async fn set_archived(cloud: &Cloud, signed_in: &SignedIn, ids: &Ids, archived: bool) -> Result<Response, DeckError> {
    let mut desk = Desk::change(cloud, signed_in).await?;
    let card = desk.open_card(ids.get("card")?).await?;
    sqlx::query("UPDATE deck_cards SET archived = ? WHERE id = ?")
        .bind(archived)
        .bind(card.id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_card(&card).await?;
    answer(desk, card.id, Form::Row).await
}

fn kind(input: &Input) -> Result<Option<String>, DeckError> {
    match input.text("type")? {
        None => Ok(None),
        Some(_) => input.title("type", LONGEST_KIND).map(Some),
    }
}

async fn answer(mut desk: Desk, id: i64, form: Form) -> Result<Response, DeckError> {
    let card: Card = desk.card_again(id).await?;
    let body: Value = desk.show_card(&card, form).await?;
    desk.end().await?;
    Ok(done(&body))
}
