//! Comments on cards.

use nc_auth::Scope::{DeckRead, DeckWrite};
use nc_client::{CardComment, CardId, CommentId};
use nc_mcp_kit::{Failure, Hints, ToolError};
use nc_proto::apps::deck::{COMMENT_LIMIT, Mention};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    answers::Object,
    split::split,
    view::{Detail, cut},
};
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
    tools::DECK,
};

/// Most parts that one text is split into.
const MOST_PARTS: usize = 100;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            DECK,
            DeckRead,
            Hints::READ,
            "deck_get_card_comments",
            "List Deck Card Comments",
            "Lists the comments on a card.",
            list,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD,
            "deck_create_card_comment",
            "Create Deck Card Comment",
            "Comments on a card. More than 1000 characters fail, or become several comments.",
            create,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::REPLACE.idempotent(),
            "deck_update_card_comment",
            "Update Deck Card Comment",
            "Replaces the text of your own comment.",
            update,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::DELETE,
            "deck_delete_card_comment",
            "Delete Deck Card Comment",
            "Deletes your own comment.",
            delete,
        ),
    ]
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Newest,
    Oldest,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Overflow {
    #[default]
    Error,
    Split,
}

const fn default_limit() -> u32 {
    20
}

#[derive(Deserialize, JsonSchema)]
struct ListComments {
    /// The card.
    card_id: i64,
    /// Most to return.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = 200))]
    limit: u32,
    /// How many to skip.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100_000))]
    offset: u32,
    /// Full has mentions and replies.
    #[serde(default)]
    detail: Detail,
    /// Most characters of each.
    message_max_length: Option<u32>,
    /// Which come first.
    #[serde(default)]
    order: Order,
}

#[derive(Deserialize, JsonSchema)]
struct CreateComment {
    /// The card.
    card_id: i64,
    /// Text. Mention with @ and user id.
    message: String,
    /// Comment to reply to.
    parent_id: Option<i64>,
    /// For longer texts.
    #[serde(default)]
    overflow: Overflow,
}

#[derive(Deserialize, JsonSchema)]
struct UpdateComment {
    #[serde(flatten)]
    comment: CommentRef,
    /// New text.
    message: String,
}

#[derive(Deserialize, JsonSchema)]
struct CommentRef {
    /// The card.
    card_id: i64,
    /// Id of the comment.
    comment_id: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CommentView {
    id: i64,
    object_id: i64,
    message: String,
    actor_id: String,
    actor_type: String,
    actor_display_name: String,
    creation_date_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Object>>")]
    mentions: Option<Vec<Mention>>,
    /// Id of the comment, or the comment where details are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Value>,
}

impl CommentView {
    fn new(comment: CardComment, detail: Detail, most: Option<u32>) -> Self {
        let message = match most {
            Some(most) => cut(&comment.message, most as usize),
            None => comment.message,
        };
        let is_full = detail == Detail::Full;
        let reply_to = comment.reply_to.map(|parent| {
            if is_full {
                json!({ "id": parent.id, "actorId": parent.actor_id, "message": parent.message })
            } else {
                json!(parent.id)
            }
        });
        Self {
            id: comment.id.0,
            object_id: comment.object_id.0,
            message,
            actor_id: comment.actor_id,
            actor_type: comment.actor_type,
            actor_display_name: comment.actor_display_name,
            creation_date_time: comment.creation_date_time,
            mentions: is_full.then_some(comment.mentions),
            reply_to,
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct CommentList {
    success: bool,
    timestamp: String,
    results: Vec<CommentView>,
    count: usize,
}

#[derive(Serialize, JsonSchema)]
struct CommentStored {
    success: bool,
    timestamp: String,
    /// The first, where there are several.
    comment: CommentView,
    parts: Option<Vec<CommentView>>,
    part_count: usize,
}

#[derive(Serialize, JsonSchema)]
struct CommentDone {
    success: bool,
    timestamp: String,
    status_code: Option<u16>,
    message: Option<String>,
    card_id: i64,
    comment_id: i64,
}

async fn list(context: Context, arguments: ListComments) -> Result<CommentList, Failure> {
    let ListComments { limit, offset, .. } = arguments;
    let (deck, card) = (context.client.deck(), CardId(arguments.card_id));
    let comments = match arguments.order {
        Order::Newest => deck.comments(card, limit, offset).await.or_fail()?,
        Order::Oldest => {
            let mut all = deck.all_comments(card).await.or_fail()?;
            all.reverse();
            all.into_iter().skip(offset as usize).take(limit as usize).collect()
        }
    };
    let results: Vec<CommentView> = comments
        .into_iter()
        .map(|comment| CommentView::new(comment, arguments.detail, arguments.message_max_length))
        .collect();
    Ok(CommentList {
        success: true,
        timestamp: context.timestamp(),
        count: results.len(),
        results,
    })
}

fn stored(context: &Context, comment: CardComment) -> CommentStored {
    CommentStored {
        success: true,
        timestamp: context.timestamp(),
        comment: CommentView::new(comment, Detail::Full, None),
        parts: None,
        part_count: 1,
    }
}

async fn create(context: Context, arguments: CreateComment) -> Result<CommentStored, Failure> {
    let (deck, card) = (context.client.deck(), CardId(arguments.card_id));
    let parent = arguments.parent_id.map(CommentId);
    let is_long = arguments.message.chars().count() > COMMENT_LIMIT;
    if arguments.overflow == Overflow::Error || !is_long {
        let made = deck.comment(card, &arguments.message, parent).await;
        return Ok(stored(&context, made.or_fail()?));
    }
    let texts = split(&arguments.message, COMMENT_LIMIT);
    if texts.len() > MOST_PARTS {
        let words = format!(
            "argument `message` would become {} comments, at most {MOST_PARTS} are made",
            texts.len()
        );
        return Err(ToolError::invalid_argument(words).into());
    }
    let mut made: Vec<CardComment> = Vec::new();
    for text in &texts {
        match deck.comment(card, text, parent).await {
            Ok(comment) => made.push(comment),
            Err(error) if made.is_empty() => return Err(crate::errors::failure(&error)),
            Err(error) => {
                let ids: Vec<String> = made.iter().map(|comment| comment.id.to_string()).collect();
                let words = format!(
                    "{} of {} parts were written, as comments {}; then: {error}",
                    made.len(),
                    texts.len(),
                    ids.join(", ")
                );
                return Err(ToolError::new(error.code(), words).into());
            }
        }
    }
    let Some(first) = made.first().cloned() else {
        return Err(ToolError::invalid_argument("argument `message` must not be empty").into());
    };
    let parts = made
        .into_iter()
        .map(|comment| CommentView::new(comment, Detail::Full, None));
    let parts: Vec<CommentView> = parts.collect();
    Ok(CommentStored {
        part_count: parts.len(),
        parts: Some(parts),
        ..stored(&context, first)
    })
}

async fn update(context: Context, arguments: UpdateComment) -> Result<CommentStored, Failure> {
    let UpdateComment { comment, message } = arguments;
    let (card, id) = (CardId(comment.card_id), CommentId(comment.comment_id));
    let changed = context.client.deck().update_comment(card, id, &message).await;
    Ok(stored(&context, changed.or_fail()?))
}

async fn delete(context: Context, comment: CommentRef) -> Result<CommentDone, Failure> {
    let (card, id) = (CardId(comment.card_id), CommentId(comment.comment_id));
    context.client.deck().delete_comment(card, id).await.or_fail()?;
    Ok(CommentDone {
        success: true,
        timestamp: context.timestamp(),
        status_code: Some(200),
        message: Some("the comment was deleted".to_owned()),
        card_id: comment.card_id,
        comment_id: comment.comment_id,
    })
}
