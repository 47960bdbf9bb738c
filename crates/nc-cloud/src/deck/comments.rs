//! Comments on cards, through OCS. Whoever sees the card writes; what is written belongs to its author (P124).

use std::collections::{BTreeSet, HashMap};

use axum::{extract::State, response::Response};
use nc_proto::apps::deck::{self as wire, COMMENT_LIMIT, CardId, CommentId, Mention, Participant};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::FromRow;

use super::{
    desk::Desk,
    error::DeckError,
    input::{Given, Ids, Input},
    rows::{Card, members},
    shown::value,
    times,
};
use crate::{Cloud, SignedIn, address::Query, ocs::Ocs};

/// Most comments in one answer.
const MOST: u32 = 200;

#[derive(Debug, Clone, FromRow)]
struct Comment {
    id: i64,
    card: i64,
    parent: Option<i64>,
    actor: String,
    message: String,
    created_at: i64,
}

/// Which part of the list is wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    limit: Option<String>,
    offset: Option<String>,
}

impl Page {
    fn numbers(&self) -> Result<(u32, u32), DeckError> {
        let number = |given: &Option<String>, default| match given.as_deref() {
            None | Some("") => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| DeckError::invalid("limit and offset must be numbers, not negative")),
        };
        Ok((number(&self.limit, 20)?.min(MOST), number(&self.offset, 0)?))
    }
}

/// `GET …/cards/{card}/comments`: the newest first.
pub(super) async fn list(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    ids: Ids,
    Query(page): Query<Page>,
) -> Response {
    let list = async {
        let (limit, offset) = page.numbers()?;
        let mut desk = Desk::read(&cloud, &signed_in).await?;
        let card = desk.card(ids.get("card")?).await?;
        let query = sqlx::query_as(
            "SELECT id, card, parent, actor, message, created_at FROM deck_comments WHERE card = ? \
             ORDER BY id DESC LIMIT ? OFFSET ?",
        );
        let query = query.bind(card.id).bind(limit).bind(offset);
        let comments: Vec<Comment> = query.fetch_all(&mut *desk.tx).await?;
        let shown = desk.show_comments(&card, &comments).await?;
        let newest = comments.first().map(|comment| comment.id);
        let is_news = match newest {
            Some(newest) => read_up_to(&mut desk, card.id).await? < newest,
            None => false,
        };
        desk.end().await?;
        if let (true, Some(newest)) = (is_news, newest) {
            let mut desk = Desk::change(&cloud, &signed_in).await?;
            note_read(&mut desk, card.id, newest).await?;
            desk.end().await?;
        }
        Ok(shown)
    };
    answer(ocs, list.await)
}

/// `POST …/cards/{card}/comments` with `message`, and `parentId` for a reply.
pub(super) async fn create(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    ids: Ids,
    input: Given,
) -> Response {
    let create = async {
        let (input, id) = (input?, ids.get("card")?);
        let message = message(&input)?;
        let parent = input.number("parentId")?.filter(|parent| *parent != 0);
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let card = desk.card(id).await?;
        if let Some(parent) = parent
            && desk.comment(card.id, parent).await?.is_none()
        {
            return Err(DeckError::invalid(
                "Invalid parent id: The parent comment was not found or belongs to a different card",
            ));
        }
        let query = sqlx::query_as(
            "INSERT INTO deck_comments (card, parent, actor, message, created_at) VALUES (?, ?, ?, ?, ?) \
             RETURNING id, card, parent, actor, message, created_at",
        );
        let query = query
            .bind(card.id)
            .bind(parent)
            .bind(desk.user.as_str())
            .bind(message)
            .bind(desk.now);
        let comment: Comment = query.fetch_one(&mut *desk.tx).await?;
        desk.touch_card(&card).await?;
        finish(desk, &card, comment).await
    };
    answer(ocs, create.await)
}

/// `PUT …/cards/{card}/comments/{comment}` with `message`.
pub(super) async fn update(
    State(cloud): State<Cloud>,
    ocs: Ocs,
    signed_in: SignedIn,
    ids: Ids,
    input: Given,
) -> Response {
    let update = async {
        let message = message(&input?)?;
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let (card, mut comment) = own(&mut desk, &ids, "Only authors are allowed to edit their comment.").await?;
        sqlx::query("UPDATE deck_comments SET message = ? WHERE id = ?")
            .bind(&message)
            .bind(comment.id)
            .execute(&mut *desk.tx)
            .await?;
        comment.message = message;
        finish(desk, &card, comment).await
    };
    answer(ocs, update.await)
}

/// `DELETE …/cards/{card}/comments/{comment}`: for good. Replies stay.
pub(super) async fn delete(State(cloud): State<Cloud>, ocs: Ocs, signed_in: SignedIn, ids: Ids) -> Response {
    let delete = async {
        let mut desk = Desk::change(&cloud, &signed_in).await?;
        let (card, comment) = own(&mut desk, &ids, "Only authors are allowed to delete their comment.").await?;
        sqlx::query("DELETE FROM deck_comments WHERE id = ?")
            .bind(comment.id)
            .execute(&mut *desk.tx)
            .await?;
        desk.touch_card(&card).await?;
        desk.end().await?;
        Ok(json!([]))
    };
    answer(ocs, delete.await)
}

fn answer(ocs: Ocs, result: Result<Value, DeckError>) -> Response {
    match result {
        Ok(data) => ocs.ok(&data),
        Err(error) => error.in_envelope(ocs),
    }
}

async fn finish(mut desk: Desk, card: &Card, comment: Comment) -> Result<Value, DeckError> {
    let shown = desk.show_comments(card, &[comment]).await?;
    desk.end().await?;
    Ok(shown[0].clone())
}

fn message(input: &Input) -> Result<String, DeckError> {
    let message = input.text("message")?.filter(|message| !message.trim().is_empty());
    let message = message.ok_or_else(|| DeckError::invalid("message must be provided and must be not empty"))?;
    if message.chars().count() > COMMENT_LIMIT {
        return Err(DeckError::invalid(format!(
            "Message exceeds allowed character limit of {COMMENT_LIMIT}"
        )));
    }
    Ok(message)
}

/// A comment of the person's on a card that the person sees.
async fn own(desk: &mut Desk, ids: &Ids, otherwise: &'static str) -> Result<(Card, Comment), DeckError> {
    let card = desk.card(ids.get("card")?).await?;
    let comment = desk.comment(card.id, ids.get("comment")?).await?;
    let comment = comment.ok_or(DeckError::NotFound("No comment found."))?;
    if comment.actor == desk.user.as_str() {
        Ok((card, comment))
    } else {
        Err(DeckError::Forbidden(otherwise))
    }
}

async fn read_up_to(desk: &mut Desk, card: i64) -> Result<i64, DeckError> {
    let query = sqlx::query_scalar("SELECT comment FROM deck_comments_read WHERE card = ? AND user_id = ?");
    let query = query.bind(card).bind(desk.user.as_str());
    Ok(query.fetch_optional(&mut *desk.tx).await?.unwrap_or(0))
}

async fn note_read(desk: &mut Desk, card: i64, comment: i64) -> Result<(), DeckError> {
    // The card may be gone since it was read.
    sqlx::query(
        "INSERT INTO deck_comments_read (card, user_id, comment) SELECT id, ?2, ?3 FROM deck_cards WHERE id = ?1 \
         ON CONFLICT DO UPDATE SET comment = max(comment, excluded.comment)",
    )
    .bind(card)
    .bind(desk.user.as_str())
    .bind(comment)
    .execute(&mut *desk.tx)
    .await?;
    Ok(())
}

impl Desk {
    async fn comment(&mut self, card: i64, id: i64) -> Result<Option<Comment>, DeckError> {
        let query = sqlx::query_as(
            "SELECT id, card, parent, actor, message, created_at FROM deck_comments WHERE card = ? AND id = ?",
        );
        Ok(query.bind(card).bind(id).fetch_optional(&mut *self.tx).await?)
    }

    /// Comments with what they answer. That is shown by itself, without what it answers in turn.
    async fn show_comments(&mut self, card: &Card, comments: &[Comment]) -> Result<Value, DeckError> {
        let query = sqlx::query_as(concat!(
            "SELECT id, display_name FROM accounts WHERE id IN (",
            members!(),
            ")"
        ));
        let people: Vec<(String, String)> = query.bind(card.board).fetch_all(&mut *self.tx).await?;
        let people = people.into_iter().collect();
        let mut shown = Vec::with_capacity(comments.len());
        for comment in comments {
            let mut shown_one = self.show_comment(comment, &people).await?;
            if let Some(parent) = comment.parent
                && let Some(parent) = self.comment(card.id, parent).await?
            {
                shown_one.reply_to = Some(Box::new(self.show_comment(&parent, &people).await?));
            }
            shown.push(shown_one);
        }
        Ok(value(&shown))
    }

    async fn show_comment(
        &mut self,
        comment: &Comment,
        people: &HashMap<String, String>,
    ) -> Result<wire::Comment, DeckError> {
        let (actor_type, actor_display_name) = match self.show_person(&comment.actor).await? {
            Participant::Person(person) => ("users", person.displayname),
            Participant::Id(id) => ("deleted_users", id),
        };
        // Only people of the board: nobody learns by mentioning whether somebody has an account.
        let mentions = mentioned(&comment.message, people).into_iter().map(|id| Mention {
            mention_id: id.to_owned(),
            mention_type: "user".to_owned(),
            mention_display_name: people[id].clone(),
        });
        Ok(wire::Comment {
            id: CommentId(comment.id),
            object_id: CardId(comment.card),
            message: comment.message.clone(),
            actor_id: comment.actor.clone(),
            actor_type: actor_type.to_owned(),
            actor_display_name,
            creation_date_time: times::write(comment.created_at),
            mentions: mentions.collect(),
            reply_to: None,
        })
    }
}

/// Who is mentioned in a text: `@id`, or `@"id with spaces"`, after a space or at the beginning.
fn mentioned<'t>(text: &'t str, people: &HashMap<String, String>) -> BTreeSet<&'t str> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('@') {
        let is_begin = text[..at].chars().next_back().is_none_or(char::is_whitespace);
        if !is_begin {
            continue;
        }
        let rest = &text[at + 1..];
        let name = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => rest.split(char::is_whitespace).next().unwrap_or_default(),
        };
        // "@alice, @bob." end in what belongs to the sentence.
        let bare = name.trim_end_matches(|c: char| !c.is_alphanumeric());
        let known = [name, bare].into_iter().find(|name| people.contains_key(*name));
        found.extend(known);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_those_of_people_of_the_board() {
        let people: HashMap<_, _> = ["alice", "bob", "anna lena", "a.b@c"]
            .map(|id| (id.to_owned(), String::new()))
            .into();
        let cases: [(&str, &[&str]); 6] = [
            ("Looks good @alice", &["alice"]),
            ("@bob, @alice: see @\"anna lena\".", &["alice", "anna lena", "bob"]),
            ("@alice @alice", &["alice"]),
            ("mail alice@bob and @mallory", &[]),
            ("@a.b@c!", &["a.b@c"]),
            ("@ @\" @é", &[]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = mentioned(text, &people).into_iter().collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
