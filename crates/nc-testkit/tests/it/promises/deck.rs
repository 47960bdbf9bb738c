use nc_testkit::app::TestApp;
use serde_json::{Value, json};

/// What the embedded cloud cannot do: it is as Deck 1.16.
pub(super) const NOT_HERE: &[&str] = &["deck_assign_dependent_card", "deck_remove_dependent_card"];

/// Boards, stacks, cards, labels and comments: the first of each is kept, the others are deleted or moved.
pub(super) async fn prepare(app: &TestApp) -> Value {
    let done = async |tool: &str, arguments: Value| app.call(tool, &arguments).await.structured();
    let mut boards = Vec::new();
    for title in ["Kept", "Target", "Spare"] {
        let board = json!({ "title": title, "color": "0082c9" });
        boards.push(done("deck_create_board", board).await["id"].clone());
    }
    let mut stacks = Vec::new();
    for board in [&boards[0], &boards[1], &boards[0]] {
        let stack = json!({ "board_id": board, "title": "Stack", "order": 1 });
        stacks.push(done("deck_create_stack", stack).await["id"].clone());
    }
    let mut cards = Vec::new();
    for title in ["Kept", "Spare", "Moved", "Archived"] {
        let card = json!({ "board_id": boards[0], "stack_id": stacks[0], "title": title });
        cards.push(done("deck_create_card", card).await["id"].clone());
    }
    let mut labels = Vec::new();
    for title in ["kept", "spare"] {
        let label = json!({ "board_id": boards[0], "title": title, "color": "0082c9" });
        labels.push(done("deck_create_label", label).await["id"].clone());
    }
    let mut comments = Vec::new();
    for message in ["kept", "spare"] {
        let comment = json!({ "card_id": cards[0], "message": message });
        comments.push(done("deck_create_card_comment", comment).await["comment"]["id"].clone());
    }
    let file = json!({ "card_id": cards[0], "path": "b.txt" });
    let attachment = done("deck_attach_file", file).await["attachment_id"].clone();
    let note = json!({ "title": "At card", "content": "x", "category": "" });
    let note = done("nc_notes_create_note", note).await["id"].clone();
    json!({
        "boards": boards, "stacks": stacks, "cards": cards, "labels": labels, "comments": comments,
        "attachment": attachment, "note": note,
    })
}

pub(crate) fn arguments(tool: &str, deck: &Value) -> Value {
    let (boards, stacks, cards) = (&deck["boards"], &deck["stacks"], &deck["cards"]);
    let board = json!({ "board_id": boards[0] });
    let stack = with(&board, json!({ "stack_id": stacks[0] }));
    let card = with(&stack, json!({ "card_id": cards[0] }));
    let label = with(&board, json!({ "label_id": deck["labels"][0] }));
    match tool {
        "deck_get_boards" => json!({}),
        "deck_create_board" => json!({ "title": "New", "color": "0082c9" }),
        "deck_delete_board" | "deck_restore_board" => json!({ "board_id": boards[2] }),
        "deck_create_stack" => with(&board, json!({ "title": "New", "order": 2 })),
        "deck_get_stack" | "deck_get_cards" => stack,
        "deck_update_stack" => with(&stack, json!({ "title": "Changed" })),
        "deck_delete_stack" => with(&board, json!({ "stack_id": stacks[2] })),
        "deck_create_card" => with(&stack, json!({ "title": "New" })),
        "deck_get_card" | "deck_list_attachments" => card,
        "deck_update_card" => with(&card, json!({ "title": "Changed" })),
        "deck_delete_card" => with(&stack, json!({ "card_id": cards[1] })),
        "deck_archive_card" | "deck_unarchive_card" => with(&stack, json!({ "card_id": cards[3] })),
        "deck_reorder_card" => with(&card, json!({ "order": 0, "target_stack_id": stacks[0] })),
        "deck_move_card_to_board" => json!({
            "source_board_id": boards[0], "source_stack_id": stacks[0], "card_id": cards[2],
            "target_board_id": boards[1], "target_stack_id": stacks[1],
        }),
        "deck_get_label" => label,
        "deck_create_label" => with(&board, json!({ "title": "new", "color": "0082c9" })),
        "deck_update_label" => with(&label, json!({ "color": "00ff00" })),
        "deck_delete_label" => with(&board, json!({ "label_id": deck["labels"][1] })),
        "deck_assign_label_to_card" | "deck_remove_label_from_card" => {
            with(&card, json!({ "label_id": deck["labels"][0] }))
        }
        "deck_assign_user_to_card" | "deck_unassign_user_from_card" => with(&card, json!({ "user_id": "alice" })),
        "deck_assign_dependent_card" | "deck_remove_dependent_card" => {
            with(&card, json!({ "dependent_card_id": cards[3] }))
        }
        "deck_get_card_comments" => json!({ "card_id": cards[0] }),
        "deck_create_card_comment" => json!({ "card_id": cards[0], "message": "new" }),
        "deck_update_card_comment" => {
            json!({ "card_id": cards[0], "comment_id": deck["comments"][0], "message": "changed" })
        }
        "deck_delete_card_comment" => json!({ "card_id": cards[0], "comment_id": deck["comments"][1] }),
        "deck_attach_file" => json!({ "card_id": cards[0], "path": "a.txt" }),
        "deck_attach_note" => json!({ "card_id": cards[0], "note_id": deck["note"] }),
        "deck_delete_attachment" => with(
            &card,
            json!({ "attachment_id": deck["attachment"], "attachment_type": "file" }),
        ),
        _ => board,
    }
}

/// Both objects in one.
pub(super) fn with(one: &Value, more: Value) -> Value {
    let mut one = one.clone();
    if let (Some(one), Value::Object(more)) = (one.as_object_mut(), more) {
        one.extend(more);
    }
    one
}
