"""The part of the walk that is about sharing."""

TOOLS = {
    "nc_share_accept_remote",
    "nc_share_answer",
    "nc_share_create",
    "nc_share_create_public_link",
    "nc_share_decline_remote",
    "nc_share_delete",
    "nc_share_get",
    "nc_share_list",
    "nc_share_list_remote",
    "nc_share_remove_remote",
    "nc_share_search_sharees",
    "nc_share_update",
}


async def sharing(walk):
    ok, fails, equal, check = walk.ok, walk.fails, walk.equal, walk.check
    folder = f"Shared {walk.label}"
    path = f"{folder}/50% & #1 ümläut.txt"
    await ok("nc_webdav_create_directory", path=folder)
    await ok("nc_webdav_write_file", path=path, content="shared")

    found = await ok("nc_share_search_sharees", query="bob")
    people = [one for one in found["sharees"] if one["kind"] == "user"]
    equal("a person is found", [one["share_with"] for one in people], ["bob"])
    equal("nobody", (await ok("nc_share_search_sharees", query="no such person"))["sharees"], [])

    made = await ok("nc_share_create", path=path, share_with="bob")
    share = made["share"]
    equal("read is what is given", (share["kind"], share["allows"], share["permissions"]), ("user", ["read"], 1))
    again = await ok("nc_share_create", path=path, share_with="bob", permissions=19)
    check("twice changes nothing", again["already_shared"] and again["share"]["id"] == share["id"], again)
    now = await ok("nc_share_update", share_id=share["id"], allow=["read", "update"], expire_date="2099-12-31")
    equal("changed", (now["share"]["allows"], now["share"]["expires_on"]), (["read", "update"], "2099-12-31"))
    now = await ok("nc_share_update", share_id=share["id"], expire_date="")
    equal("the day is taken away", now["share"]["expires_on"], None)
    await fails("invalid_argument", "nc_share_update", share_id=share["id"], expire_date="2001-01-01")
    await fails("invalid_input", "nc_share_update", share_id=share["id"])

    await fails("invalid_argument", "nc_share_create", path=path, kind="link")
    link = await ok("nc_share_create", path=folder, kind="link", label="Partners", password="a-Long-passphrase-9", confirm_outside=True)
    check("a link has an address and a password", link["share"]["url"] and link["share"]["has_password"], link)
    check("the password is not shown", "passphrase" not in str(link), link)
    public = await ok("nc_share_create_public_link", path=path, expires_in_minutes=60)
    check("the download has an address", public["download_url"].endswith("/download"), public)

    listed = await ok("nc_share_list", path=path)
    equal("of this file", {one["id"] for one in listed["shares"]}, {share["id"], public["share_id"]})
    listed = await ok("nc_share_list", path=folder, members=True)
    equal("of what is in the folder", listed["total_count"], 2)
    await ok("nc_share_list", shared_with_me=True)
    equal("nothing waits", (await ok("nc_share_list", pending=True))["shares"], [])
    await fails("not_found", "nc_share_answer", share_id=99999999, accept=True)
    for pending in (True, False):
        equal("nothing from other servers", (await ok("nc_share_list_remote", pending=pending))["shares"], [])
    for tool in ("accept", "decline", "remove"):
        await fails("not_found", f"nc_share_{tool}_remote", share_id=99999999)
    await fails(("forbidden", "not_found"), "nc_share_create", path=path, share_with="alice")
    await fails("not_found", "nc_share_create", path=path, share_with="no such person")
    await fails("not_found", "nc_share_create", path="no such file", share_with="bob")

    for number in (share["id"], link["share"]["id"], public["share_id"]):
        equal("a share is read", (await ok("nc_share_get", share_id=number))["share"]["id"], number)
        await ok("nc_share_delete", share_id=number)
        await fails("not_found", "nc_share_get", share_id=number)
    await ok("nc_webdav_delete_resource", path=folder)
