use axum::{extract::State, response::Response};
use http::HeaderMap;
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::Value;

use super::{
    desk::Desk,
    done,
    error::DeckError,
    input::{Ids, Input, Since},
    rights::Right,
    rows::{Board, select_board},
    shown, tagged,
};
use crate::{Cloud, SignedIn, address::Query};

/// Longest title, in characters.
const LONGEST_TITLE: usize = 100;

/// Labels that every new board has.
const LABELS: [(&str, &str); 4] = [
    ("Finished", "31CC7C"),
    ("To review", "317CCC"),
    ("Action needed", "FF7A66"),
    ("Later", "F1DB50"),
];

/// How much of each board is wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    details: String,
}

/// `GET …/boards`: those that the person owns or has a part in, by id. Deleted ones are among them, with the time, for those
/// who can bring them back.
pub(super) async fn list(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    _: Ids,
    Query(wanted): Query<Wanted>,
    Since(since): Since,
    headers: HeaderMap,
) -> Result<Response, DeckError> {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    let mut boards = Vec::new();
    for board in desk.boards().await? {
        let rights = desk.rights(&board).await?;
        let is_hidden = board.deleted_at > 0 && !rights.allow(Right::Manage);
        if is_hidden || since.is_some_and(|since| board.last_modified <= since) {
            continue;
        }
        let mut shown = if matches!(wanted.details.as_str(), "" | "0" | "false") {
            desk.show_bare_board(&board, rights).await?
        } else {
            desk.show_board(&board, rights).await?
        };
        shown.insert("shared".to_owned(), rights.shared.into());
        boards.push(Value::Object(shown));
    }
    desk.end().await?;
    let body = Value::Array(boards);
    let etag = hex::encode(Md5::digest(body.to_string()));
    Ok(tagged(&headers, &etag, &body))
}

/// `GET …/boards/{board}`
pub(super) async fn show(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    headers: HeaderMap,
) -> Result<Response, DeckError> {
    let mut desk = Desk::read(&cloud, &signed_in).await?;
    let (board, rights) = desk.board(ids.get("board")?, Right::Read).await?;
    let body = desk.show_board(&board, rights).await?;
    desk.end().await?;
    Ok(tagged(&headers, &board.etag(), &body.into()))
}

/// `POST …/boards` with `title` and `color`.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    _: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let title = input.title("title", LONGEST_TITLE)?;
    let color = input.color()?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let query = sqlx::query_scalar(
        "INSERT INTO deck_boards (owner, title, color, last_modified) VALUES (?, ?, ?, ?) RETURNING id",
    );
    let query = query.bind(desk.user.as_str()).bind(title).bind(color).bind(desk.now);
    let id: i64 = query.fetch_one(&mut *desk.tx).await?;
    for (title, color) in LABELS {
        sqlx::query("INSERT INTO deck_labels (board, title, color) VALUES (?, ?, ?)")
            .bind(id)
            .bind(title)
            .bind(color)
            .execute(&mut *desk.tx)
            .await?;
    }
    let (board, rights) = desk.board(id, Right::Read).await?;
    let mut body = desk.show_bare_board(&board, rights).await?;
    let labels = desk.labels(id).await?;
    let labels: Vec<_> = labels.iter().map(shown::new_label).collect();
    body.insert("labels".to_owned(), shown::value(&labels));
    desk.end().await?;
    Ok(done(&body))
}

/// `PUT …/boards/{board}` with `title`, `color`, `archived`.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
    input: Input,
) -> Result<Response, DeckError> {
    let id = ids.get("board")?;
    let title = input.title("title", LONGEST_TITLE)?;
    let color = input.color()?;
    let archived = input.boolean("archived")?;
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    desk.board(id, Right::Manage).await?;
    sqlx::query("UPDATE deck_boards SET title = ?, color = ?, archived = coalesce(?, archived) WHERE id = ?")
        .bind(title)
        .bind(color)
        .bind(archived)
        .bind(id)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_board(id).await?;
    answer(desk, id).await
}

/// `DELETE …/boards/{board}`: out of sight, until it is brought back or purged.
pub(super) async fn delete(State(cloud): State<Cloud>, signed_in: SignedIn, ids: Ids) -> Result<Response, DeckError> {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let (board, _) = desk.board(ids.get("board")?, Right::Manage).await?;
    let now = desk.now;
    set_deleted(&mut desk, board.id, now).await?;
    answer(desk, board.id).await
}

/// `POST …/boards/{board}/undo_delete`
pub(super) async fn undo_delete(
    State(cloud): State<Cloud>,
    signed_in: SignedIn,
    ids: Ids,
) -> Result<Response, DeckError> {
    let mut desk = Desk::change(&cloud, &signed_in).await?;
    let (board, _) = desk.any_board(ids.get("board")?, Right::Manage).await?;
    if board.deleted_at > 0 {
        set_deleted(&mut desk, board.id, 0).await?;
    }
    answer(desk, board.id).await
}

async fn set_deleted(desk: &mut Desk, board: i64, at: i64) -> Result<(), DeckError> {
    sqlx::query("UPDATE deck_boards SET deleted_at = ? WHERE id = ?")
        .bind(at)
        .bind(board)
        .execute(&mut *desk.tx)
        .await?;
    desk.touch_board(board).await
}

async fn answer(mut desk: Desk, board: i64) -> Result<Response, DeckError> {
    let (board, rights) = desk.any_board(board, Right::Read).await?;
    let body = desk.show_board(&board, rights).await?;
    desk.end().await?;
    Ok(done(&body))
}

impl Desk {
    /// Every board in which the person has a part, also those that were deleted.
    pub(super) async fn boards(&mut self) -> Result<Vec<Board>, DeckError> {
        let query = sqlx::query_as(select_board!(
            "owner = ?1 OR id IN (SELECT board FROM deck_acl WHERE (kind = 0 AND participant = ?1) OR (kind = 1 \
             AND participant IN (SELECT group_id FROM group_members WHERE user_id = ?1))) ORDER BY id"
        ));
        Ok(query.bind(self.user.as_str()).fetch_all(&mut *self.tx).await?)
    }
}
