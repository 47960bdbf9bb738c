use serde_json::{Value, json};

use super::{Home, Server};

/// Tools whose answer shows something of the person's own.
pub(super) const SHOWING: &[&str] = &[
    "deck_get_board",
    "deck_get_board_overview",
    "deck_get_boards",
    "deck_get_card",
    "deck_get_card_comments",
    "deck_get_cards",
    "deck_get_labels",
    "deck_get_stack",
    "deck_get_stacks",
];

/// Tools that name something by its id.
pub(super) fn is_of_one(tool: &str) -> bool {
    tool.starts_with("deck_") && !matches!(tool, "deck_get_boards" | "deck_create_board")
}

impl Home {
    /// Two boards of this person; all that is on them has the marker.
    pub(super) async fn furnish_boards(&self, server: &Server) -> Value {
        let (mut boards, mut stacks) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let board = json!({ "title": self.marker, "color": "0082c9" });
            let board = self.done(server, "deck_create_board", board).await["id"].clone();
            let stack = json!({ "board_id": board, "title": self.marker, "order": 1 });
            stacks.push(self.done(server, "deck_create_stack", stack).await["id"].clone());
            boards.push(board);
        }
        let mut cards = Vec::new();
        for _ in 0..4 {
            let card = json!({
                "board_id": boards[0], "stack_id": stacks[0], "title": self.marker, "description": self.marker,
            });
            cards.push(self.done(server, "deck_create_card", card).await["id"].clone());
        }
        let mut labels = Vec::new();
        for title in [self.marker.clone(), format!("{} spare", self.marker)] {
            let label = json!({ "board_id": boards[0], "title": title, "color": "0082c9" });
            labels.push(self.done(server, "deck_create_label", label).await["id"].clone());
        }
        let mut comments = Vec::new();
        for _ in 0..2 {
            let comment = json!({ "card_id": cards[0], "message": self.marker });
            let made = self.done(server, "deck_create_card_comment", comment).await;
            comments.push(made["comment"]["id"].clone());
        }
        let file = json!({ "card_id": cards[0], "path": "Here/spare.txt" });
        let attachment = self.done(server, "deck_attach_file", file).await["attachment_id"].clone();
        json!({
            "boards": boards, "stacks": [stacks[0], stacks[1], stacks[1]], "cards": cards, "labels": labels,
            "comments": comments, "attachment": attachment, "note": self.note["id"],
        })
    }

    pub(super) fn deck_arguments(&self, tool: &str) -> Value {
        let deck = &self.deck;
        match tool {
            // The second board is for what goes.
            "deck_delete_board" | "deck_restore_board" => json!({ "board_id": deck["boards"][1] }),
            "deck_delete_stack" => json!({ "board_id": deck["boards"][1], "stack_id": deck["stacks"][1] }),
            "deck_attach_file" => json!({ "card_id": deck["cards"][0], "path": "Here/same.txt" }),
            "deck_update_card" => json!({
                "board_id": deck["boards"][0], "stack_id": deck["stacks"][0], "card_id": deck["cards"][3],
                "description": "changed",
            }),
            "deck_assign_user_to_card" | "deck_unassign_user_from_card" => json!({
                "board_id": deck["boards"][0], "stack_id": deck["stacks"][0], "card_id": deck["cards"][0],
                "user_id": self.user.name,
            }),
            "deck_update_stack" => {
                json!({ "board_id": deck["boards"][0], "stack_id": deck["stacks"][0], "order": 2 })
            }
            tool => crate::promises::deck::arguments(tool, deck),
        }
    }
}
