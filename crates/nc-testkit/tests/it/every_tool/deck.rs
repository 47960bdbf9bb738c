use serde_json::{Value, json};

use super::{Assembly, Walk};

impl<A: Assembly> Walk<'_, A> {
    pub(super) async fn deck(&mut self) {
        let board = json!({ "title": "Walk", "color": "0082c9" });
        let board = self.call("deck_create_board", board).await["id"].clone();
        let on_board = json!({ "board_id": board });
        let mut stacks = Vec::new();
        for (order, title) in ["To do", "Done"].iter().enumerate() {
            let stack = json!({ "board_id": board, "title": title, "order": order });
            stacks.push(self.call("deck_create_stack", stack).await["id"].clone());
        }
        let stack = json!({ "board_id": board, "stack_id": stacks[0] });
        self.call("deck_update_stack", with(&stack, json!({ "title": "Doing" })))
            .await;
        let card = self
            .call("deck_create_card", with(&stack, json!({ "title": "Walk" })))
            .await["id"]
            .clone();
        let place = with(&stack, json!({ "card_id": card }));
        self.call("deck_update_card", with(&place, json!({ "description": "far" })))
            .await;
        let read = self.call("deck_get_card", place.clone()).await;
        assert_eq!((&read["title"], &read["description"]), (&json!("Walk"), &json!("far")));
        self.labels(&board, &place).await;
        let alice = with(&place, json!({ "user_id": "alice" }));
        self.call("deck_assign_user_to_card", alice.clone()).await;
        self.call("deck_unassign_user_from_card", alice).await;
        for tool in ["deck_assign_dependent_card", "deck_remove_dependent_card"] {
            // The embedded cloud is as Deck 1.16.
            self.ask(tool, with(&place, json!({ "dependent_card_id": card }))).await;
        }
        self.comments(&card).await;
        self.attachments(&place).await;
        self.call("deck_archive_card", place.clone()).await;
        let archived = self.call("deck_get_archived_stacks", on_board.clone()).await;
        assert!(archived.to_string().contains("Walk"), "{archived}");
        self.call("deck_unarchive_card", place.clone()).await;
        let to = with(&place, json!({ "target_stack_id": stacks[1], "order": 0 }));
        self.call("deck_reorder_card", to).await;
        for tool in [
            "deck_get_boards",
            "deck_get_board",
            "deck_get_stacks",
            "deck_get_board_overview",
        ] {
            let arguments = if tool == "deck_get_boards" {
                json!({})
            } else {
                on_board.clone()
            };
            let seen = self.call(tool, arguments).await;
            assert!(seen.to_string().contains("Walk"), "{tool}: {seen}");
        }
        let second = json!({ "board_id": board, "stack_id": stacks[1] });
        for tool in ["deck_get_stack", "deck_get_cards"] {
            let seen = self.call(tool, second.clone()).await;
            assert!(seen.to_string().contains("Walk"), "{tool}: {seen}");
        }
        let elsewhere = json!({
            "source_board_id": board, "source_stack_id": stacks[1], "card_id": card,
            "target_board_id": board, "target_stack_id": stacks[0],
        });
        self.call("deck_move_card_to_board", elsewhere).await;
        self.call("deck_delete_card", place).await;
        self.call("deck_delete_stack", second).await;
        self.call("deck_delete_board", on_board.clone()).await;
        self.call("deck_restore_board", on_board.clone()).await;
        self.call("deck_delete_board", on_board).await;
    }

    async fn labels(&mut self, board: &Value, place: &Value) {
        let label = json!({ "board_id": board, "title": "urgent", "color": "ff0000" });
        let label = self.call("deck_create_label", label).await["id"].clone();
        let label = json!({ "board_id": board, "label_id": label });
        self.call("deck_update_label", with(&label, json!({ "color": "00ff00" })))
            .await;
        self.call("deck_get_label", label.clone()).await;
        self.call("deck_get_labels", json!({ "board_id": board })).await;
        let on_card = with(place, json!({ "label_id": label["label_id"] }));
        let done = self.call("deck_assign_label_to_card", on_card.clone()).await;
        assert_eq!(done["labels"], json!(["urgent"]));
        self.call("deck_remove_label_from_card", on_card).await;
        self.call("deck_delete_label", label).await;
    }

    async fn comments(&mut self, card: &Value) {
        let comment = json!({ "card_id": card, "message": "seen" });
        let made = self.call("deck_create_card_comment", comment).await;
        let comment = json!({ "card_id": card, "comment_id": made["comment"]["id"] });
        self.call("deck_update_card_comment", with(&comment, json!({ "message": "read" })))
            .await;
        let listed = self.call("deck_get_card_comments", json!({ "card_id": card })).await;
        assert_eq!(listed["results"][0]["message"], "read");
        self.call("deck_delete_card_comment", comment).await;
    }

    async fn attachments(&mut self, place: &Value) {
        let file = json!({ "path": "at-card.txt", "content": "x", "if_match": "*" });
        self.call("nc_webdav_write_file", file).await;
        let file = json!({ "card_id": place["card_id"], "path": "at-card.txt" });
        self.call("deck_attach_file", file).await;
        let note = json!({ "title": "At card", "content": "x", "category": "" });
        let note = self.call("nc_notes_create_note", note).await["id"].clone();
        let note = json!({ "card_id": place["card_id"], "note_id": note });
        self.call("deck_attach_note", note).await;
        let listed = self.call("deck_list_attachments", place.clone()).await;
        assert_eq!(listed["count"], 2, "{listed}");
        for one in listed["results"].as_array().expect("attachments") {
            let one = json!({ "attachment_id": one["id"], "attachment_type": one["type"] });
            self.call("deck_delete_attachment", with(place, one)).await;
        }
    }
}

/// Both objects in one.
fn with(one: &Value, more: Value) -> Value {
    let mut one = one.clone();
    if let (Some(one), Value::Object(more)) = (one.as_object_mut(), more) {
        one.extend(more);
    }
    one
}
