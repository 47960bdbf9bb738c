"""The part of the walk that is about boards."""

TOOLS = {
    "deck_archive_card",
    "deck_assign_dependent_card",
    "deck_assign_label_to_card",
    "deck_assign_user_to_card",
    "deck_attach_file",
    "deck_attach_note",
    "deck_create_board",
    "deck_create_card",
    "deck_create_card_comment",
    "deck_create_label",
    "deck_create_stack",
    "deck_delete_attachment",
    "deck_delete_board",
    "deck_delete_card",
    "deck_delete_card_comment",
    "deck_delete_label",
    "deck_delete_stack",
    "deck_get_archived_stacks",
    "deck_get_board",
    "deck_get_board_overview",
    "deck_get_boards",
    "deck_get_card",
    "deck_get_card_comments",
    "deck_get_cards",
    "deck_get_label",
    "deck_get_labels",
    "deck_get_stack",
    "deck_get_stacks",
    "deck_list_attachments",
    "deck_move_card_to_board",
    "deck_remove_dependent_card",
    "deck_remove_label_from_card",
    "deck_reorder_card",
    "deck_restore_board",
    "deck_unarchive_card",
    "deck_unassign_user_from_card",
    "deck_update_card",
    "deck_update_card_comment",
    "deck_update_label",
    "deck_update_stack",
}
BOARD = "nc://Deck/boards/{board_id}"
RESOURCES = {"nc://Deck/boards"}
TEMPLATES = {
    BOARD,
    f"{BOARD}/labels",
    f"{BOARD}/labels/{{label_id}}",
    f"{BOARD}/stacks",
    f"{BOARD}/stacks/{{stack_id}}",
    f"{BOARD}/stacks/{{stack_id}}/cards",
    f"{BOARD}/stacks/{{stack_id}}/cards/{{card_id}}",
}


async def deck(walk):
    ok, fails, equal, check = walk.ok, walk.fails, walk.equal, walk.check
    title = f"Walk & {walk.label} 🎯"
    board = (await ok("deck_create_board", title=title, color="#0082c9"))["id"]
    other = (await ok("deck_create_board", title=f"Other {title}", color="ff0000"))["id"]
    await fails("invalid_input", "deck_create_board", title="x", color="red")
    stacks = [(await ok("deck_create_stack", board_id=board, title=f"S{order}", order=order))["id"] for order in (0, 1)]
    there = (await ok("deck_create_stack", board_id=other, title="In", order=1))["id"]
    await ok("deck_update_stack", board_id=board, stack_id=stacks[0], title="To do")
    stack = {"board_id": board, "stack_id": stacks[0]}
    card = (await ok("deck_create_card", **stack, title="One", description="**text**", duedate="2027-12-24T18:00:00+00:00"))["id"]
    await fails("invalid_input", "deck_create_card", **stack, title="x", duedate="someday")
    place = {**stack, "card_id": card}

    await ok("deck_update_card", **place, title="Uno")
    now = await ok("deck_get_card", **place)
    equal("a change keeps the others", (now["title"], now["description"], now["duedate"]), ("Uno", "**text**", "2027-12-24T18:00:00+00:00"))
    equal("the owner of a card", now["owner"]["uid"], (await ok("deck_get_board", board_id=board))["owner"]["uid"])
    await fails("conflict", "deck_update_card", **place, title="x", etag="0123456789")
    await fails("invalid_input", "deck_update_card", board_id=board, stack_id=stacks[1], card_id=card, title="x")
    await fails("forbidden", "deck_get_card", board_id=board, stack_id=stacks[0], card_id=99999999)
    await ok("deck_update_card", **place, done="2026-11-21T00:00:00+00:00")
    equal("done cards are not open", (await ok("deck_get_cards", **stack))["total"], 0)
    equal("but done", (await ok("deck_get_cards", **stack, status="done"))["total"], 1)
    await ok("deck_update_card", **place, done="")

    label = (await ok("deck_create_label", board_id=board, title="urgent", color="ff00ff"))["id"]
    equal("no second label", (await ok("deck_create_label", board_id=board, title="urgent", color="000000"))["id"], label)
    await ok("deck_update_label", board_id=board, label_id=label, title="very urgent")
    equal("a label", (await ok("deck_get_label", board_id=board, label_id=label))["title"], "very urgent")
    check("labels", "very urgent" in [one["title"] for one in (await ok("deck_get_labels", board_id=board))["labels"]], label)
    for _ in range(2):
        done = await ok("deck_assign_label_to_card", **place, label_id=label)
        equal("labels of the card", done["labels"], ["very urgent"])
    equal("by label", (await ok("deck_get_cards", **stack, label="VERY urgent"))["total"], 1)
    user = now["owner"]["uid"]
    for _ in range(2):
        await ok("deck_assign_user_to_card", **place, user_id=user)
    equal("by person", (await ok("deck_get_board_overview", board_id=board, assigned_to=user))["total_cards"], 1)
    await fails("invalid_input", "deck_assign_user_to_card", **place, user_id="nobody-here")
    await ok("deck_unassign_user_from_card", **place, user_id=user)
    for tool in ("deck_assign_dependent_card", "deck_remove_dependent_card"):
        await fails("unsupported", tool, **place, dependent_card_id=card)

    made = await ok("deck_create_card_comment", card_id=card, message="first")
    comment = {"card_id": card, "comment_id": made["comment"]["id"]}
    await fails("invalid_input", "deck_create_card_comment", card_id=card, message="x" * 1001)
    split = await ok("deck_create_card_comment", card_id=card, message="word " * 500, overflow="split")
    equal("parts", split["part_count"], 3)
    await ok("deck_update_card_comment", **comment, message="edited")
    listed = await ok("deck_get_card_comments", card_id=card, order="oldest", limit=1)
    equal("the oldest comment", listed["results"][0]["message"], "edited")
    await ok("deck_delete_card_comment", **comment)

    path = f"at-card-{board}.txt"
    await ok("nc_webdav_write_file", path=path, content="at card")
    await ok("deck_attach_file", card_id=card, path=path)
    await fails("not_found", "deck_attach_file", card_id=card, path="no such file")
    note = await ok("nc_notes_create_note", title=f"At card {board}", content="x", category="")
    await ok("deck_attach_note", card_id=card, note_id=note["id"])
    attachments = await ok("deck_list_attachments", **place)
    equal("attachments", attachments["count"], 2)
    for one in attachments["results"]:
        await ok("deck_delete_attachment", **place, attachment_id=one["id"], attachment_type=one["type"])
    equal("the file stays", (await ok("nc_webdav_read_file", path=path))["content"], "at card")
    await ok("nc_webdav_delete_resource", path=path)
    await ok("nc_notes_delete_note", note_id=note["id"])

    await ok("deck_archive_card", **place)
    archived = await ok("deck_get_archived_stacks", board_id=board)
    check("archived", card in [one["id"] for shown in archived["stacks"] for one in shown["cards"]], archived)
    await ok("deck_unarchive_card", **place)
    await ok("deck_reorder_card", **place, order=0, target_stack_id=stacks[1])
    place["stack_id"] = stacks[1]
    equal("the other stack", (await ok("deck_get_stack", board_id=board, stack_id=stacks[1]))["cards"][0]["id"], card)
    await ok("deck_move_card_to_board", source_board_id=board, source_stack_id=stacks[1], card_id=card, target_board_id=other, target_stack_id=there)
    place = {"board_id": other, "stack_id": there, "card_id": card}
    now = await ok("deck_get_card", **place)
    equal("labels by title", [one["title"] for one in now["labels"]], ["very urgent"])
    label = now["labels"][0]["id"]
    await ok("deck_remove_label_from_card", **place, label_id=label)
    await ok("deck_delete_label", board_id=other, label_id=label)

    uri = f"nc://Deck/boards/{other}/stacks/{there}/cards/{card}"
    check("a card as resource", "Uno" in str(await walk.client.read(uri)), uri)
    await ok("deck_delete_card", **place)
    await fails(("not_found", "forbidden"), "deck_get_card", **place)
    await ok("deck_delete_stack", board_id=other, stack_id=there)
    equal("no stacks", (await ok("deck_get_stacks", board_id=other))["total"], 0)
    for one in (board, other):
        await ok("deck_delete_board", board_id=one)
    check("deleted boards", not {board, other} & {one["id"] for one in (await ok("deck_get_boards"))["boards"]}, other)
    await ok("deck_restore_board", board_id=board)
    await ok("deck_delete_board", board_id=board)
