//! What the tools of Deck answer. Fields of the app keep the names that the app gives them.

use nc_client::{CardPlace, Label};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{board_url, card_url};
use crate::context::Context;

/// Anything with fields; told in full it would cost each list of tools more than it helps.
pub(super) type Object = Map<String, Value>;

/// What was done to something, and to what.
#[derive(Serialize, JsonSchema)]
pub(super) struct CardDone {
    success: bool,
    timestamp: String,
    status_code: Option<u16>,
    message: Option<String>,
    card_id: i64,
    stack_id: i64,
    board_id: i64,
    /// Titles, where they are known.
    labels: Option<Vec<String>>,
    url: Option<String>,
    /// Needed for the next change, where it is known.
    #[serde(rename = "ETag", skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

impl CardDone {
    pub(super) fn new(context: &Context, place: CardPlace, message: String) -> Self {
        Self {
            success: true,
            timestamp: context.timestamp(),
            status_code: Some(200),
            message: Some(message),
            card_id: place.card.0,
            stack_id: place.stack.0,
            board_id: place.board.0,
            labels: None,
            url: Some(card_url(context, place.board, place.card)),
            etag: None,
        }
    }

    /// With what was read of the card afterwards.
    pub(super) fn with_card(mut self, card: &nc_client::Card) -> Self {
        self.labels = card.labels.as_deref().map(titles);
        self.etag = card.etag.as_ref().map(ToString::to_string);
        self
    }

    /// The card changed after it was read.
    pub(super) fn without_etag(mut self) -> Self {
        self.etag = None;
        self
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct StackDone {
    pub(super) success: bool,
    pub(super) timestamp: String,
    pub(super) status_code: Option<u16>,
    pub(super) message: Option<String>,
    pub(super) stack_id: i64,
    pub(super) board_id: i64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct LabelDone {
    pub(super) success: bool,
    pub(super) timestamp: String,
    pub(super) status_code: Option<u16>,
    pub(super) message: Option<String>,
    pub(super) label_id: i64,
    pub(super) board_id: i64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct BoardDone {
    success: bool,
    timestamp: String,
    message: String,
    board_id: i64,
    url: String,
}

impl BoardDone {
    pub(super) fn new(context: &Context, board: nc_client::BoardId, message: &str) -> Self {
        Self {
            success: true,
            timestamp: context.timestamp(),
            message: message.to_owned(),
            board_id: board.0,
            url: board_url(context, board),
        }
    }
}

/// A new board or label.
#[derive(Serialize, JsonSchema)]
pub(super) struct Made {
    pub(super) success: bool,
    pub(super) timestamp: String,
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) color: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

pub(super) fn titles(labels: &[Label]) -> Vec<String> {
    labels.iter().map(|label| label.title.clone()).collect()
}
