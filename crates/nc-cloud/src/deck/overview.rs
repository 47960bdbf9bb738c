use axum::{extract::State, response::Response};
use serde_json::{Map, Value, json};

use super::{
    desk::Desk,
    error::DeckError,
    rows::{Card, select_card},
    shown::Form,
    times,
};
use crate::{Cloud, SignedIn, ocs::Ocs};

/// `GET …/overview/upcoming`: open cards by when they are due. On boards that the person has alone, all; on others those that
/// the person works on, or nobody.
pub(super) async fn upcoming(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn) -> Response {
    match find(&cloud, &signed_in).await {
        Ok(data) => ocs.ok(&data),
        Err(error) => error.in_envelope(ocs),
    }
}

async fn find(cloud: &Cloud, signed_in: &SignedIn) -> Result<Value, DeckError> {
    let mut desk = Desk::read(cloud, signed_in).await?;
    let mut groups = Map::new();
    for board in desk.boards().await? {
        if board.deleted_at > 0 || board.archived {
            continue;
        }
        let query = sqlx::query_as(select_card!(
            "s.board = ?1 AND s.deleted_at = 0 AND c.deleted_at = 0 AND c.archived = 0 AND c.done_at IS NULL \
             AND (NOT EXISTS (SELECT 1 FROM deck_acl WHERE board = ?1) \
             OR NOT EXISTS (SELECT 1 FROM deck_assignments WHERE card = c.id) \
             OR EXISTS (SELECT 1 FROM deck_assignments WHERE card = c.id AND ((kind = 0 AND participant = ?2) \
             OR (kind = 1 AND participant IN (SELECT group_id FROM group_members WHERE user_id = ?2))))) \
             ORDER BY c.due_at, c.last_modified DESC, c.id DESC"
        ));
        let query = query.bind(board.id).bind(desk.user.as_str());
        let cards: Vec<Card> = query.fetch_all(&mut *desk.tx).await?;
        let shown = desk.show_cards(&cards, Form::Whole).await?;
        for (card, mut value) in cards.iter().zip(shown) {
            value["boardId"] = board.id.into();
            value["board"] = json!({ "id": board.id, "title": board.title });
            let group = groups.entry(group(card.due_at, desk.now)).or_insert_with(|| json!([]));
            group.as_array_mut().map(|group| group.push(value)).unwrap_or_default();
        }
    }
    desk.end().await?;
    // PHP's form of no groups at all.
    Ok(if groups.is_empty() { json!([]) } else { groups.into() })
}

fn group(due: Option<i64>, now: i64) -> &'static str {
    match due.map(|due| times::days_until(due, now)) {
        None => "nodue",
        Some(i64::MIN..=-1) => "overdue",
        Some(0) => "today",
        Some(1) => "tomorrow",
        Some(2..=7) => "nextSevenDays",
        Some(_) => "later",
    }
}
