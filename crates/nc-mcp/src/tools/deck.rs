//! Deck: boards, their stacks and cards, over the Deck app.

mod answers;
mod assign;
mod attachments;
mod boards;
mod card_changes;
mod cards;
mod comments;
mod labels;
mod places;
mod split;
mod stacks;
mod view;

use nc_client::{BoardId, CardId, CardPlace, ETag, StackId, WebPage};
use nc_mcp_kit::{Failure, ToolError};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use self::{
    boards::{all_boards, one_board},
    cards::one_card,
    labels::{board_labels, one_label},
    stacks::{board_stacks, one_stack, stack_cards},
    view::View,
};
use crate::{context::Context, row::Row};

pub(crate) fn rows() -> Vec<Row> {
    [
        boards::rows(),
        stacks::rows(),
        cards::rows(),
        card_changes::rows(),
        places::rows(),
        labels::rows(),
        assign::rows(),
        comments::rows(),
        attachments::rows(),
    ]
    .concat()
}

/// A board.
#[derive(Deserialize, JsonSchema)]
struct BoardRef {
    /// The board.
    board_id: i64,
}

/// A stack of a board.
#[derive(Deserialize, JsonSchema)]
struct StackRef {
    /// The board.
    board_id: i64,
    /// The stack.
    stack_id: i64,
}

/// A card of a stack.
#[derive(Deserialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the parameters")]
struct CardRef {
    /// The board.
    board_id: i64,
    /// The stack.
    stack_id: i64,
    /// The card.
    card_id: i64,
}

impl CardRef {
    const fn place(&self) -> CardPlace {
        CardPlace {
            board: BoardId(self.board_id),
            stack: StackId(self.stack_id),
            card: CardId(self.card_id),
        }
    }
}

/// A version as a caller gives it.
fn etag(text: Option<&str>) -> Result<Option<ETag>, Failure> {
    let read = |text| {
        ETag::parse(text)
            .ok_or_else(|| ToolError::invalid_argument("argument `etag` must be an ETag as a read returns it"))
    };
    Ok(text.map(read).transpose()?)
}

fn board_url(context: &Context, board: BoardId) -> String {
    context.client.web_url(WebPage::Board(board)).to_string()
}

fn card_url(context: &Context, board: BoardId, card: CardId) -> String {
    context.client.web_url(WebPage::Card(board, card)).to_string()
}
