"""The part of the walk that is about contacts."""

TOOLS = {
    "nc_contacts_create_addressbook",
    "nc_contacts_create_contact",
    "nc_contacts_delete_addressbook",
    "nc_contacts_delete_contact",
    "nc_contacts_list_addressbooks",
    "nc_contacts_list_contacts",
    "nc_contacts_search_contacts",
    "nc_contacts_update_contact",
}


async def contacts(walk):
    ok, fails, equal, check = walk.ok, walk.fails, walk.equal, walk.check
    book = f"walk-{walk.label.lower().replace(' ', '-').replace('/', '-')}"
    made = await ok("nc_contacts_create_addressbook", name=book, display_name=f"Walk & {walk.label}")
    equal("the book has its names", (made["addressbook"]["uri"], made["addressbook"]["displayname"]), (book, f"Walk & {walk.label}"))
    await fails("already_exists", "nc_contacts_create_addressbook", name=book, display_name="again")
    await fails("invalid_input", "nc_contacts_create_addressbook", name="a/b", display_name="no")
    books = (await ok("nc_contacts_list_addressbooks"))["addressbooks"]
    equal("the default book comes first", books[0]["uri"], "contacts")
    check("the book of all accounts is read-only", any(one["kind"] == "system" and one["read_only"] for one in books), books)

    data = {
        "fn": "Ada Lovelace 🚀",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "organization": "Engines, Ltd.",
        "emails": [{"value": "ada@example.org", "type": "home", "preferred": True, "label": "Club"}, "ada@engines.example"],
        "tel": "+49 170 1",
        "addresses": [{"components": ["", "", "12 St James's Square", "London", "", "SW1Y 4JH", "UK"], "type": "work"}],
        "birthday": "--12-10",
        "categories": ["Math", "a,b"],
        "note": "one\ntwo; three, four",
        "custom_fields": {"X-PET": "Puff"},
    }
    made = (await ok("nc_contacts_create_contact", addressbook=book, uid=f"ada-{book}", contact_data=data))["contact"]
    equal("mail addresses", [one["value"] for one in made["emails"]], ["ada@example.org", "ada@engines.example"])
    equal("a label", made["emails"][0]["label"], "Club")
    equal("a birthday without year", made["birthday"], "--12-10")
    equal("a note", made["note"], data["note"])
    await fails("already_exists", "nc_contacts_create_contact", addressbook=book, uid=f"ada-{book}", contact_data=data)
    await fails("invalid_argument", "nc_contacts_create_contact", addressbook=book, uid="x", contact_data={"note": "nameless"})
    await fails("invalid_argument", "nc_contacts_create_contact", addressbook=book, uid="x", contact_data={"fnn": "typo"})
    await fails("not_found", "nc_contacts_create_contact", addressbook="no such", uid="x", contact_data={"fn": "x"})

    for name in ("Bea", "Cid", "Dan"):
        await ok("nc_contacts_create_contact", addressbook=book, uid="", contact_data={"fn": name})
    part = await ok("nc_contacts_list_contacts", addressbook=book, limit=3)
    equal("the first part", [one["fn"] for one in part["contacts"]], ["Ada Lovelace 🚀", "Bea", "Cid"])
    equal("there is more", (part["total_count"], part["truncated"], part["next_offset"]), (4, True, 3))
    part = await ok("nc_contacts_list_contacts", addressbook=book, offset=3, include_photos=True)
    equal("the last part", ([one["fn"] for one in part["contacts"]], part["truncated"]), (["Dan"], False))

    found = await ok("nc_contacts_search_contacts", query="LOVELACE", addressbook=book)
    equal("by name in any case", [one["uid"] for one in found["contacts"]], [f"ada-{book}"])
    found = await ok("nc_contacts_search_contacts", query="engines.example")
    check("by mail address in all books", f"ada-{book}" in [one["uid"] for one in found["contacts"]], found)
    found = await ok("nc_contacts_search_contacts", query="no such person anywhere")
    equal("nobody", (found["contacts"], found["truncated"]), ([], False))

    change = {"emails": [{"value": "ada@example.org"}, {"value": "ada@new.example"}], "title": "Countess"}
    now = await ok("nc_contacts_update_contact", addressbook=book, uid=f"ada-{book}", contact_data=change, etag=made["etag"])
    now = now["contact"]
    equal("one address changed", [one["value"] for one in now["emails"]], ["ada@example.org", "ada@new.example"])
    equal("what was not named stays", (now["emails"][0]["label"], now["custom_fields"]["X-PET"], now["note"]), ("Club", "Puff", data["note"]))
    await fails("conflict", "nc_contacts_update_contact", addressbook=book, uid=f"ada-{book}", contact_data=change, etag=made["etag"])
    await fails("invalid_argument", "nc_contacts_update_contact", addressbook=book, uid=f"ada-{book}", contact_data={})
    await fails("not_found", "nc_contacts_update_contact", addressbook=book, uid="nobody", contact_data={"fn": "x"})

    await fails("conflict", "nc_contacts_delete_contact", addressbook=book, uid=f"ada-{book}", etag=made["etag"])
    await ok("nc_contacts_delete_contact", addressbook=book, uid=f"ada-{book}", etag=now["etag"])
    await fails("not_found", "nc_contacts_delete_contact", addressbook=book, uid=f"ada-{book}")
    await fails("forbidden", "nc_contacts_delete_addressbook", name="z-server-generated--system")
    await ok("nc_contacts_delete_addressbook", name=book)
    await fails("not_found", "nc_contacts_list_contacts", addressbook=book)
