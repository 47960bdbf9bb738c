//! Making, changing and deleting cards.

use nc_auth::Scope::DeckWrite;
use nc_client::{BoardId, Card, CardPatch, NewCard, StackId};
use nc_mcp_kit::{Failure, Hints, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CardRef, StackRef, answers::CardDone, card_url, etag};
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
    tools::DECK,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            DECK,
            DeckWrite,
            Hints::ADD,
            "deck_create_card",
            "Create Deck Card",
            "Adds a card to a stack.",
            create,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::REPLACE.idempotent(),
            "deck_update_card",
            "Update Deck Card",
            "Changes fields of a card. What is not given stays. Empty text takes a date or the description away.",
            update,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::DELETE,
            "deck_delete_card",
            "Delete Deck Card",
            "Deletes a card.",
            delete,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD.idempotent(),
            "deck_archive_card",
            "Archive Deck Card",
            "Puts a card away.",
            archive,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD.idempotent(),
            "deck_unarchive_card",
            "Unarchive Deck Card",
            "Takes an archived card out again.",
            unarchive,
        ),
    ]
}

fn plain() -> String {
    "plain".to_owned()
}

const fn at_the_end() -> i64 {
    999
}

#[derive(Deserialize, JsonSchema)]
struct CreateCard {
    #[serde(flatten)]
    stack: StackRef,
    /// Its title.
    title: String,
    /// Always plain.
    #[serde(default = "plain", rename = "type")]
    kind: String,
    /// Its place, lowest first.
    #[serde(default = "at_the_end")]
    order: i64,
    /// Markdown.
    description: Option<String>,
    /// RFC 3339.
    duedate: Option<String>,
    /// RFC 3339.
    startdate: Option<String>,
    /// Such as 0082c9.
    color: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct UpdateCard {
    #[serde(flatten)]
    card: CardRef,
    /// New title.
    title: Option<String>,
    /// Markdown, replaces the old.
    description: Option<String>,
    /// Always plain.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Id of the owner.
    owner: Option<String>,
    /// New place, lowest first.
    order: Option<i64>,
    /// RFC 3339.
    duedate: Option<String>,
    /// Whether it is put away.
    archived: Option<bool>,
    /// When, RFC 3339. Empty reopens.
    done: Option<String>,
    /// RFC 3339.
    startdate: Option<String>,
    /// Such as 0082c9.
    color: Option<String>,
    /// From the last read.
    etag: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct MadeCard {
    success: bool,
    timestamp: String,
    id: i64,
    title: String,
    #[serde(rename = "stackId")]
    stack_id: i64,
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Older apps drop what they do not know without a word.
fn dropped(startdate: Option<&str>, color: Option<&str>, stored: &Card) -> Option<String> {
    let is_set = |given: Option<&str>| given.is_some_and(|given| !given.is_empty());
    let lost: Vec<&str> = [
        ("startdate", is_set(startdate) && stored.startdate.is_none()),
        ("color", is_set(color) && stored.color.is_none()),
    ]
    .into_iter()
    .filter_map(|(name, lost)| lost.then_some(name))
    .collect();
    (!lost.is_empty()).then(|| format!("this version of Deck does not keep {}", lost.join(" and ")))
}

async fn create(context: Context, arguments: CreateCard) -> Result<MadeCard, Failure> {
    let new = NewCard {
        title: arguments.title,
        kind: Some(arguments.kind),
        order: Some(arguments.order),
        description: arguments.description,
        duedate: arguments.duedate,
        startdate: arguments.startdate,
        color: arguments.color,
    };
    let (board, stack) = (BoardId(arguments.stack.board_id), StackId(arguments.stack.stack_id));
    let card = context.client.deck().create_card(board, stack, &new).await.or_fail()?;
    Ok(MadeCard {
        success: true,
        timestamp: context.timestamp(),
        id: card.id.0,
        stack_id: card.stack_id.0,
        url: Some(card_url(&context, board, card.id)),
        message: dropped(new.startdate.as_deref(), new.color.as_deref(), &card),
        title: card.title,
    })
}

async fn update(context: Context, arguments: UpdateCard) -> Result<CardDone, Failure> {
    let place = arguments.card.place();
    let etag = etag(arguments.etag.as_deref())?;
    let patch = CardPatch {
        title: arguments.title,
        description: arguments.description,
        kind: arguments.kind,
        owner: arguments.owner,
        order: arguments.order,
        duedate: arguments.duedate,
        archived: arguments.archived,
        done: arguments.done,
        startdate: arguments.startdate,
        color: arguments.color,
    };
    if patch == CardPatch::default() {
        return Err(ToolError::invalid_argument("give at least one field to change").into());
    }
    let deck = context.client.deck();
    let card = deck.update_card(place, &patch, etag.as_ref()).await.or_fail()?;
    let message = dropped(patch.startdate.as_deref(), patch.color.as_deref(), &card);
    let message = message.unwrap_or_else(|| "the card was changed".to_owned());
    Ok(CardDone::new(&context, place, message).with_card(&card))
}

async fn delete(context: Context, card: CardRef) -> Result<CardDone, Failure> {
    let place = card.place();
    context.client.deck().delete_card(place).await.or_fail()?;
    Ok(CardDone::new(&context, place, "the card was deleted".to_owned()))
}

async fn archive(context: Context, card: CardRef) -> Result<CardDone, Failure> {
    put_away(&context, &card, true, "the card is archived").await
}

async fn unarchive(context: Context, card: CardRef) -> Result<CardDone, Failure> {
    put_away(&context, &card, false, "the card is no longer archived").await
}

async fn put_away(context: &Context, card: &CardRef, archived: bool, message: &str) -> Result<CardDone, Failure> {
    let place = card.place();
    let card = context.client.deck().archive_card(place, archived).await.or_fail()?;
    Ok(CardDone::new(context, place, message.to_owned())
        .with_card(&card)
        .without_etag())
}
