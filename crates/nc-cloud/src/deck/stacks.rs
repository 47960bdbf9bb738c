use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde_json::Value;

use super::{
    desk::Desk,
    done,
    error::DeckError,
    input::{Ids, Input, Since},
    rights::Right,
    rows::{Card, Stack, select_card, select_stack},
    shown::{self, Form},
    tagged,
};
use crate::{Cloud, SignedIn};

/// Longest title, in characters.
const LONGEST_TITLE: usize = 100;

/// `GET …/boards/{board}/stacks`: in their order, with the cards that are not archived.
pub(super) async fn list(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    since: Since,
) -> Result<Response, DeckError> {
    list_with(&cloud, &signed_in, &ids, since, false).await
}

/// `GET …/boards/{board}/stacks/archived`: the same stacks with the cards that are archived (P119).
pub(super) async fn list_archived(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    since: Since,
) -> Result<Response, DeckError> {
    list_with(&cloud, &signed_in, &ids, since, true).await
}

async fn list_with(
    cloud: &Cloud,
    signed_in: &SignedIn,
    ids: &Ids,
    Since(since): Since,
    archived: bool,
) -> Result<Response, DeckError> {
    let mut desk = Desk::read(cloud, signed_in).await?;
    let (board, _) = desk.board(ids.get("board")?, Right::Read).await?;
    let query = sqlx::query_as(select_stack!("deleted_at = 0 AND board = ? ORDER BY position, id"));
    let stacks: Vec<Stack> = query.bind(board.id).fetch_all(&mut *desk.tx).await?;
    let query = sqlx::query_as(select_card!(
        "c.deleted_at = 0 AND s.deleted_at = 0 AND s.board = ?1 AND c.archived = ?2 AND c.last_modified > ?3 \
         ORDER BY c.position, c.id"
    ));
    let cards: Vec<Card> = query
        .bind(board.id)
        .bind(archived)
        .bind(since.unwrap_or(i64::MIN))
        .fetch_all(&mut *desk.tx)
        .await?;
    let form = if archived { Form::ArchivedRow } else { Form::Whole };
    let shown = desk.show_cards(&cards, form).await?;
    desk.end().await?;
    let mut by_stack = std::collections::HashMap::<i64, Vec<Value>>::new();
    for (card, shown) in cards.iter().zip(shown) {
        by_stack.entry(card.stack).or_default().push(shown);
    }
    let stacks = stacks
        .iter()
        .filter(|stack| since.is_none_or(|since| stack.last_modified > since));
    let stacks = stacks.map(|stack| shown::stack(stack, by_stack.remove(&stack.id).unwrap_or_default()));
    Ok(done(&Value::Array(stacks.collect())))
}

/// `GET …/boards/{board}/stacks/{stack}`
pub(super) async fn show(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    headers: HeaderMap,
) -> Result<Response, DeckError> {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    let stack = desk.stack(ids.get("stack")?).await?;
    let cards = desk.cards_of(stack.id).await?;
    let cards = desk.show_cards(&cards, Form::Whole).await?;
    desk.end().await?;
    Ok(tagged(&headers, &stack.etag(), &shown::stack(&stack, cards)))
}

/// `POST …/boards/{board}/stacks` with `title` and `order`.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = ids.get("board")?;
    let (title, position) = fields(&input)?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let (board, _) = desk.open_board(id, Right::Manage).await?;
    let query = sqlx::query_scalar(
        "INSERT INTO deck_stacks (board, title, position, last_modified) VALUES (?, ?, ?, ?) RETURNING id",
    );
    let query = query.bind(board.id).bind(title).bind(position).bind(desk.now);
    let id: i64 = query.fetch_one(&mut *desk.tx).await?;
    desk.touch_board(board.id).await?;
    let stack = desk.stack(id).await?;
    desk.end().await?;
    Ok(done(&shown::stack(&stack, Vec::new())))
}

/// `PUT …/boards/{board}/stacks/{stack}` with `title` and `order`.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = ids.get("stack")?;
    let (title, position) = fields(&input)?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let stack = desk.open_stack(id, Right::Manage).await?;
    sqlx::query("UPDATE deck_stacks SET title = ?, position = ? WHERE id = ?")
        .bind(title)
        .bind(position)
        .bind(id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_stack(stack.id, stack.board).await?;
    let stack = desk.stack(id).await?;
    desk.end().await?;
    Ok(done(&shown::stack(&stack, Vec::new())))
}

/// `DELETE …/boards/{board}/stacks/{stack}`: out of sight, with its cards.
pub(super) async fn delete(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let mut stack = desk.open_stack(ids.get("stack")?, Right::Manage).await?;
    let cards = desk.cards_of(stack.id).await?;
    let cards = desk.show_cards(&cards, Form::Whole).await?;
    stack.deleted_at = desk.now;
    sqlx::query("UPDATE deck_stacks SET deleted_at = ? WHERE id = ?")
        .bind(stack.deleted_at)
        .bind(stack.id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_stack(stack.id, stack.board).await?;
    desk.end().await?;
    Ok(done(&shown::stack(&stack, cards)))
}

fn fields(input: &Input) -> Result<(String, i64), DeckError> {
    let title = input.title("title", LONGEST_TITLE)?;
    let refused = || DeckError::invalid("order must be provided and must be numeric");
    Ok((title, input.position()?.ok_or_else(refused)?))
}

impl Desk {
    /// The cards of a stack that are neither deleted nor archived, in their order (P118).
    pub(super) async fn cards_of(&mut self, stack: i64) -> Result<Vec<Card>, DeckError> {
        let query = sqlx::query_as(select_card!(
            "c.deleted_at = 0 AND c.archived = 0 AND c.stack = ? ORDER BY c.position, c.id"
        ));
        Ok(query.bind(stack).fetch_all(&mut *self.tx).await?)
    }
}
