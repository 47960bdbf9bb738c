"""The part of the walk that is about tables. No tool makes tables, so it uses the one that the demo has."""

TOOLS = {
    "nc_tables_delete_row",
    "nc_tables_get_schema",
    "nc_tables_insert_row",
    "nc_tables_list_tables",
    "nc_tables_read_table",
    "nc_tables_update_row",
}


def values(row):
    return {cell["title"]: cell["value"] for cell in row["data"]}


async def tables(walk):
    ok, fails, equal, check = walk.ok, walk.fails, walk.equal, walk.check
    listed = await ok("nc_tables_list_tables")
    equal("tables are counted", listed["total_count"], len(listed["tables"]))
    mine = [table for table in listed["tables"] if table["title"] == "Garden"]
    if not check("the sample table is there", len(mine) == 1, listed):
        return
    table = mine[0]["id"]
    equal("it is an own one", (mine[0]["is_shared"], mine[0]["on_share_permissions"]), (False, None))
    schema = await ok("nc_tables_get_schema", table_id=table)
    columns = {column["title"]: column for column in schema["columns"]}
    equal("its columns", list(columns), ["Plant", "Height", "State", "Planted", "Watered"])
    labels = [option["label"] for option in columns["State"]["selectionOptions"]]
    equal("its options", labels, ["seed", "growing", "in bloom"])
    await fails("not_found", "nc_tables_get_schema", table_id=99999999)

    before = await ok("nc_tables_read_table", table_id=table)
    check("there are rows", len(before["rows"]) >= 3, before)
    name = f"Snapdragon & <{walk.label}> 🌱"
    data = {"Plant": name, "Height": 12.5, "State": "growing", "Planted": "2026-05-03", "Watered": True}
    made = await ok("nc_tables_insert_row", table_id=table, data=data)
    equal("what was written", (values(made), made["message"]), (data, None))
    check("who and when", made["createdBy"] and made["createdAt"], made)
    by_id = {str(columns["Plant"]["id"]): "Twin", "State": 0}
    twin = await ok("nc_tables_insert_row", table_id=table, data=by_id)
    equal("by ids", values(twin), {"Plant": "Twin", "State": "seed"})

    for wrong, word in [
        ({}, "Plant"),
        ({"Plant": "x", "Height": "tall"}, "Height"),
        ({"Plant": "x", "Height": -1}, "from 0 to 1000"),
        ({"Plant": "x", "State": "wilted"}, "in bloom"),
        ({"Plant": "x", "Planted": "3 May"}, "YYYY-MM-DD"),
        ({"Plant": "x", "Watered": "rather"}, "true or false"),
        ({"plant": "x"}, "there is no column"),
    ]:
        text = await fails("invalid_input", "nc_tables_insert_row", table_id=table, data=wrong)
        check(f"{wrong} is refused with a word about it", word in text, text)
    await fails("not_found", "nc_tables_insert_row", table_id=99999999, data={"Plant": "x"})

    part = await ok("nc_tables_read_table", table_id=table, limit=1)
    equal("a part", (len(part["rows"]), part["truncated"], part["next_offset"]), (1, True, 1))
    rest = await ok("nc_tables_read_table", table_id=table, offset=1)
    ids = [row["id"] for row in part["rows"] + rest["rows"]]
    check("parts join, in order of ids", ids == sorted(ids) and made["id"] in ids and twin["id"] in ids, ids)

    now = await ok("nc_tables_update_row", row_id=made["id"], data={"State": "in bloom", "Height": None}, last_edit_at=made["lastEditAt"])
    equal("changed and cleared", (values(now)["State"], values(now)["Height"], values(now)["Plant"]), ("in bloom", None, name))
    await fails("conflict", "nc_tables_update_row", row_id=made["id"], data={"State": "seed"}, last_edit_at="2001-01-01 00:00:00")
    await fails("invalid_input", "nc_tables_update_row", row_id=made["id"], data={"Plant": ""})
    await fails("invalid_input", "nc_tables_update_row", row_id=made["id"], data={})
    await fails("not_found", "nc_tables_update_row", row_id=99999999, data={"Plant": "x"})

    view = mine[0]["views"][0]
    shown = await ok("nc_tables_read_table", table_id=view["id"], node_type="view")
    equal("the view shows what is in bloom", {row["id"] for row in shown["rows"]} >= {made["id"]}, True)
    check("and nothing else", twin["id"] not in {row["id"] for row in shown["rows"]}, shown)
    equal("with its own columns", [column["title"] for column in shown["columns"]], ["Plant", "Height"])
    await fails("not_found", "nc_tables_read_table", table_id=99999999, node_type="view")

    for row in (made, twin):
        gone = await ok("nc_tables_delete_row", row_id=row["id"])
        equal("what was deleted is told", values(gone)["Plant"], values(row)["Plant"])
        await fails("not_found", "nc_tables_delete_row", row_id=row["id"])
    after = await ok("nc_tables_read_table", table_id=table)
    equal("all as before", [row["id"] for row in after["rows"]], [row["id"] for row in before["rows"]])
