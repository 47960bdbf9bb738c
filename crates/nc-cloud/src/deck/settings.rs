//! What people set for themselves. Nothing here depends on it; clients keep their choices in it.

use axum::{extract::State, response::Response};
use serde_json::{Map, Value, json};

use super::{
    desk::Desk,
    error::DeckError,
    input::{self, Given, Ids, Input},
    rights::Right,
};
use crate::{Cloud, SignedIn, ocs::Ocs};

/// Settings for all boards, as they are until somebody changes them.
const GENERAL: [(&str, bool); 3] = [("calendar", true), ("cardDetailsInModal", true), ("cardIdBadge", false)];

/// When somebody wants to be told that a card is due, on one board.
const NOTIFY: [&str; 3] = ["off", "assigned", "all"];

/// `GET …/config`
pub(super) async fn show(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    let read = async {
        let mut desk = Desk::read(&cloud, &signed_in).await?;
        let mut all: Map<String, Value> = GENERAL
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).into()))
            .collect();
        all.extend(stored(&mut desk, 0).await?);
        desk.end().await?;
        Ok::<_, DeckError>(all.into())
    };
    match read.await {
        Ok(data) => ocs.ok(&data),
        Err(error) => error.in_envelope(ocs),
    }
}

/// `POST …/config/{key}` with `value`; keys of one board begin with `board:{id}:`. Answers the value.
pub(super) async fn change(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    ids: Ids,
    input: Given,
) -> Response {
    let change = async {
        let input = input?;
        let (board, key) = place(ids.text("key"))?;
        let value = value(board, key, &input)?;
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        if board != 0 {
            desk.board(board, Right::Read).await?;
            desk.touch_board(board).await?;
        }
        sqlx::query("INSERT OR REPLACE INTO deck_settings (user_id, board, key, value) VALUES (?, ?, ?, ?)")
            .bind(desk.user.as_str())
            .bind(board)
            .bind(key)
            .bind(value.to_string())
            .execute(&mut *desk.tx)
            .await?;
        desk.end().await?;
        Ok::<_, DeckError>(value)
    };
    match change.await {
        Ok(data) => ocs.ok(&data),
        Err(error) => error.in_envelope(ocs),
    }
}

/// What a person set for one board.
pub(super) async fn of_board(desk: &mut Desk, board: i64) -> Result<Value, DeckError> {
    let mut all = Map::new();
    all.insert("notify-due".to_owned(), json!("assigned"));
    all.insert("calendar".to_owned(), json!(true));
    all.extend(stored(desk, board).await?);
    Ok(all.into())
}

async fn stored(desk: &mut Desk, board: i64) -> Result<Map<String, Value>, DeckError> {
    let query = sqlx::query_as("SELECT key, value FROM deck_settings WHERE user_id = ? AND board = ?");
    let query = query.bind(desk.user.as_str()).bind(board);
    let rows: Vec<(String, String)> = query.fetch_all(&mut *desk.tx).await?;
    let rows = rows.into_iter();
    Ok(rows
        .filter_map(|(key, value)| Some((key, serde_json::from_str(&value).ok()?)))
        .collect())
}

/// The board (0 for none) and the setting that a key names.
fn place(key: &str) -> Result<(i64, &str), DeckError> {
    let unknown = || DeckError::NotFound("No such setting");
    let Some(rest) = key.strip_prefix("board:") else {
        let is_known = GENERAL.iter().any(|(known, _)| *known == key);
        return if is_known { Ok((0, key)) } else { Err(unknown()) };
    };
    let (board, key) = rest.split_once(':').ok_or_else(unknown)?;
    let board = input::id(board).filter(|board| *board > 0).ok_or_else(unknown)?;
    if matches!(key, "notify-due" | "calendar") {
        Ok((board, key))
    } else {
        Err(unknown())
    }
}

fn value(board: i64, key: &str, input: &Input) -> Result<Value, DeckError> {
    if board != 0 && key == "notify-due" {
        let value = input.text("value")?.filter(|value| NOTIFY.contains(&value.as_str()));
        return match value {
            Some(value) => Ok(value.into()),
            None => Err(DeckError::invalid("value must be off, assigned or all")),
        };
    }
    let value = input.boolean("value")?;
    value
        .map(Value::Bool)
        .ok_or_else(|| DeckError::invalid("value must be a boolean"))
}
