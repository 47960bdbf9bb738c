//! What cards are connected with: labels, people, other cards.

use nc_auth::Scope::DeckWrite;
use nc_client::{CardId, LabelId};
use nc_mcp_kit::{Failure, Hints};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{CardRef, answers::CardDone};
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
            Hints::ADD.idempotent(),
            "deck_assign_label_to_card",
            "Assign Label to Deck Card",
            "Gives a card a label of its board.",
            assign_label,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD.idempotent(),
            "deck_remove_label_from_card",
            "Remove Label from Deck Card",
            "Takes a label from a card.",
            remove_label,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD.idempotent(),
            "deck_assign_user_to_card",
            "Assign User to Deck Card",
            "Assigns a member of the board to a card.",
            assign_user,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::DELETE,
            "deck_unassign_user_from_card",
            "Unassign User from Deck Card",
            "Takes somebody from a card.",
            unassign_user,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::ADD.idempotent(),
            "deck_assign_dependent_card",
            "Add Dependent Card to Deck Card",
            "Lets a card wait for another. Needs Deck 1.18.",
            assign_dependent,
        ),
        row(
            DECK,
            DeckWrite,
            Hints::DELETE,
            "deck_remove_dependent_card",
            "Remove Dependent Card from Deck Card",
            "Lets a card no longer wait for another. Needs Deck 1.18.",
            remove_dependent,
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct CardLabel {
    #[serde(flatten)]
    card: CardRef,
    /// Id of the label.
    label_id: i64,
}

#[derive(Deserialize, JsonSchema)]
struct CardUser {
    #[serde(flatten)]
    card: CardRef,
    /// Id of the user.
    user_id: String,
}

#[derive(Deserialize, JsonSchema)]
struct CardPair {
    #[serde(flatten)]
    card: CardRef,
    /// Card that it waits for.
    dependent_card_id: i64,
}

/// Reads the card once more, so that the answer shows its labels as they are.
async fn done(context: &Context, card: &CardRef, message: &str) -> Result<CardDone, Failure> {
    let place = card.place();
    let now = context.client.deck().card(place).await.or_fail()?;
    Ok(CardDone::new(context, place, message.to_owned()).with_card(&now))
}

async fn assign_label(context: Context, arguments: CardLabel) -> Result<CardDone, Failure> {
    let CardLabel { card, label_id } = arguments;
    let deck = context.client.deck();
    deck.assign_label(card.place(), LabelId(label_id)).await.or_fail()?;
    done(&context, &card, "the card has the label").await
}

async fn remove_label(context: Context, arguments: CardLabel) -> Result<CardDone, Failure> {
    let CardLabel { card, label_id } = arguments;
    let deck = context.client.deck();
    deck.remove_label(card.place(), LabelId(label_id)).await.or_fail()?;
    done(&context, &card, "the card does not have the label").await
}

async fn assign_user(context: Context, arguments: CardUser) -> Result<CardDone, Failure> {
    let CardUser { card, user_id } = arguments;
    context
        .client
        .deck()
        .assign_user(card.place(), &user_id)
        .await
        .or_fail()?;
    done(&context, &card, "the user is assigned").await
}

async fn unassign_user(context: Context, arguments: CardUser) -> Result<CardDone, Failure> {
    let CardUser { card, user_id } = arguments;
    let deck = context.client.deck();
    deck.unassign_user(card.place(), &user_id).await.or_fail()?;
    done(&context, &card, "the user is not assigned").await
}

async fn assign_dependent(context: Context, arguments: CardPair) -> Result<CardDone, Failure> {
    depend(&context, &arguments, true, "the card waits for the other one").await
}

async fn remove_dependent(context: Context, arguments: CardPair) -> Result<CardDone, Failure> {
    depend(&context, &arguments, false, "the card does not wait for the other one").await
}

async fn depend(context: &Context, arguments: &CardPair, depends: bool, message: &str) -> Result<CardDone, Failure> {
    let (card, other) = (&arguments.card, CardId(arguments.dependent_card_id));
    let deck = context.client.deck();
    deck.set_dependent(card.place(), other, depends).await.or_fail()?;
    done(context, card, message).await
}
