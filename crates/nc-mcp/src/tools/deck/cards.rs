//! One card, whole.

use nc_auth::Scope::DeckRead;
use nc_client::{Card, CardPlace, Label};
use nc_mcp_kit::{Failure, Hints};
use nc_proto::apps::deck::{Assignment, Person};
use schemars::JsonSchema;
use serde::Serialize;

use super::{CardRef, answers::Object, attachments::AttachmentView, card_url};
use crate::{
    context::Context,
    errors::OrFail,
    row::{Row, row},
    tools::DECK,
};

pub(super) fn rows() -> Vec<Row> {
    vec![row(
        DECK,
        DeckRead,
        Hints::READ,
        "deck_get_card",
        "Get Deck Card",
        "Reads a card whole, with its ETag.",
        get,
    )]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FullCard {
    id: i64,
    title: String,
    stack_id: i64,
    #[serde(rename = "type")]
    kind: String,
    order: i64,
    archived: bool,
    #[schemars(with = "Object")]
    owner: Person,
    /// Markdown.
    description: Option<String>,
    duedate: Option<String>,
    startdate: Option<String>,
    done: Option<String>,
    color: Option<String>,
    last_modified: Option<i64>,
    created_at: Option<i64>,
    #[schemars(with = "Option<Vec<Object>>")]
    labels: Option<Vec<Label>>,
    #[schemars(with = "Option<Vec<Object>>")]
    assigned_users: Option<Vec<AssignedUser>>,
    dependent_cards: Option<Vec<i64>>,
    attachments: Option<Vec<AttachmentView>>,
    attachment_count: Option<i64>,
    deleted_at: Option<i64>,
    comments_unread: Option<i64>,
    comments_count: Option<i64>,
    last_editor: Option<String>,
    overdue: Option<i64>,
    /// Needed to change it safely.
    #[serde(rename = "ETag")]
    etag: Option<String>,
    url: Option<String>,
}

/// Who is assigned, with id and name at hand.
#[derive(Serialize)]
struct AssignedUser {
    #[serde(rename = "primaryKey")]
    primary_key: String,
    uid: String,
    displayname: String,
    #[serde(flatten)]
    assignment: Assignment,
}

impl From<Assignment> for AssignedUser {
    fn from(assignment: Assignment) -> Self {
        let person = assignment.participant.clone().into_person();
        Self {
            primary_key: person.primary_key,
            uid: person.uid,
            displayname: person.displayname,
            assignment,
        }
    }
}

fn shown(context: &Context, place: CardPlace, card: Card) -> FullCard {
    let attachments = card.attachments.map(|attachments| {
        let shown = attachments.into_iter().filter(|attachment| attachment.deleted_at == 0);
        shown
            .map(|attachment| AttachmentView::new(context, attachment))
            .collect()
    });
    FullCard {
        id: card.id.0,
        title: card.title,
        stack_id: card.stack_id.0,
        kind: card.kind,
        order: card.order,
        archived: card.archived,
        owner: card.owner.into_person(),
        description: Some(card.description),
        duedate: card.duedate,
        startdate: card.startdate,
        done: card.done,
        color: card.color,
        last_modified: Some(card.last_modified),
        created_at: Some(card.created_at),
        labels: card.labels,
        assigned_users: card
            .assigned_users
            .map(|users| users.into_iter().map(AssignedUser::from).collect()),
        dependent_cards: card
            .dependent_cards
            .map(|cards| cards.into_iter().map(|card| card.0).collect()),
        attachments,
        attachment_count: card.attachment_count,
        deleted_at: Some(card.deleted_at),
        comments_unread: Some(card.comments_unread),
        comments_count: Some(card.comments_count),
        last_editor: card.last_editor,
        overdue: card.overdue,
        etag: card.etag.as_ref().map(ToString::to_string),
        url: Some(card_url(context, place.board, place.card)),
    }
}

async fn get(context: Context, arguments: CardRef) -> Result<FullCard, Failure> {
    one_card(&context, arguments.place()).await
}

pub(crate) async fn one_card(context: &Context, place: CardPlace) -> Result<FullCard, Failure> {
    let card = context.client.deck().card(place).await.or_fail()?;
    Ok(shown(context, place, card))
}
