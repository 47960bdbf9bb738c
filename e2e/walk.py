"""A walk over every tool, resource and completion, on real data, through whatever client is handed in.

A client is an object with `tools()`, `call(name, arguments, progress)`, `resources()`, `templates()`, `read(uri)` and
`complete(template, name, value)`; see `clients.py`. Errors of the protocol arrive as `clients.Refused`.
"""

import base64
import json
import urllib.parse
from pathlib import Path

import walk_contacts
import walk_cookbook
import walk_deck
import walk_sharing
import walk_tables
from clients import Refused

HINTS = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
TOOLS = {
    "nc_calendar_bulk_operations",
    "nc_calendar_complete_todo",
    "nc_calendar_create_event",
    "nc_calendar_create_meeting",
    "nc_calendar_create_todo",
    "nc_calendar_delete_event",
    "nc_calendar_delete_todo",
    "nc_calendar_find_availability",
    "nc_calendar_get_event",
    "nc_calendar_get_upcoming_events",
    "nc_calendar_list_calendars",
    "nc_calendar_list_events",
    "nc_calendar_list_todos",
    "nc_calendar_manage_calendar",
    "nc_calendar_search_todos",
    "nc_calendar_update_event",
    "nc_calendar_update_todo",
    "nc_get_capabilities",
    "nc_notes_append_content",
    "nc_notes_create_note",
    "nc_notes_delete_note",
    "nc_notes_get_attachment",
    "nc_notes_get_note",
    "nc_notes_get_settings",
    "nc_notes_list_notes",
    "nc_notes_search_notes",
    "nc_notes_update_note",
    "nc_webdav_copy_resource",
    "nc_webdav_create_comment",
    "nc_webdav_create_directory",
    "nc_webdav_delete_resource",
    "nc_webdav_find_by_name",
    "nc_webdav_find_by_tag_name",
    "nc_webdav_find_by_type",
    "nc_webdav_get_file_tags",
    "nc_webdav_list_comments",
    "nc_webdav_list_directory",
    "nc_webdav_list_favorites",
    "nc_webdav_list_tags",
    "nc_webdav_list_trash",
    "nc_webdav_list_versions",
    "nc_webdav_move_resource",
    "nc_webdav_read_file",
    "nc_webdav_restore_from_trash",
    "nc_webdav_restore_version",
    "nc_webdav_search_files",
    "nc_webdav_set_favorite",
    "nc_webdav_tag_file",
    "nc_webdav_untag_file",
    "nc_webdav_write_file",
} | walk_contacts.TOOLS | walk_cookbook.TOOLS | walk_deck.TOOLS | walk_sharing.TOOLS | walk_tables.TOOLS
# Each has broken a client or a server somewhere: signs of URLs, of templates, of patterns, other scripts, both forms of ü.
NAMES = [
    "100% #1?.txt",
    "%41.txt",
    "a&b+c.txt",
    "a;b,c=d@e$f!.txt",
    "it's (a) [b] {c}.txt",
    "naïve 日本語 🚀.txt",
    "u\u0308 decomposed.txt",
    " leading space.txt",
    "_under_score%like.txt",
    "x" * 246 + ".txt",  # 250 bytes: what Nextcloud's database holds
]


class Walk:
    def __init__(self, tally, client, label):
        self.tally = tally
        self.client = client
        self.label = label
        self.folder = f"Walk {label}"
        self.used = set()

    def check(self, what, good, detail=""):
        return self.tally.check(f"{self.label}: {what}", good, detail)

    def equal(self, what, actual, expected):
        return self.tally.equal(f"{self.label}: {what}", actual, expected)

    async def ok(self, tool, **arguments):
        """A call that must succeed; its structured result, which the text must repeat."""
        self.used.add(tool)
        reply = await self.client.call(tool, arguments)
        if not self.check(f"{tool} {short(arguments)} succeeds", not reply["isError"], reply["text"]):
            raise RuntimeError(f"{tool} failed: {reply['text']}")
        self.check(f"{tool} text is the structured result", json.loads(reply["text"]) == reply["structured"], reply["text"])
        return reply["structured"]

    async def fails(self, code, tool, **arguments):
        """A call that must fail with one of the codes, as text only."""
        self.used.add(tool)
        codes = (code,) if isinstance(code, str) else code
        reply = await self.client.call(tool, arguments)
        good = reply["isError"] and reply["text"].startswith(tuple(f"{one}: " for one in codes))
        self.check(f"{tool} {short(arguments)} fails with {codes}", good, reply["text"])
        self.check(f"{tool} error has no structured content", reply["structured"] is None)
        return reply["text"]

    async def refused(self, what, awaitable, codes):
        """Something that the protocol itself refuses."""
        try:
            answer = await awaitable
        except Refused as refusal:
            self.check(f"{what} is refused with {codes}", refusal.code in codes, f"{refusal.code} {refusal}")
        else:
            self.check(f"{what} is refused", False, f"got {answer}")

    async def all(self):
        for part in [self.lists, self.notes, self.resources, self.files, self.searches, self.traces, self.calendars, self.tasks, self.bad_arguments]:
            with self.tally.part(f"{self.label} {part.__name__}"):
                await part()
        with self.tally.part(f"{self.label} contacts"):
            await walk_contacts.contacts(self)
        with self.tally.part(f"{self.label} recipes"):
            await walk_cookbook.recipes(self)
        with self.tally.part(f"{self.label} deck"):
            await walk_deck.deck(self)
        with self.tally.part(f"{self.label} sharing"):
            await walk_sharing.sharing(self)
        with self.tally.part(f"{self.label} tables"):
            await walk_tables.tables(self)
        self.equal("every tool was called", TOOLS - self.used, set())

    async def lists(self):
        tools = await self.client.tools()
        names = [tool["name"] for tool in tools]
        self.equal("tools", set(names), TOOLS)
        self.equal("tools are in order", names, sorted(names))
        for tool in tools:
            name = tool["name"]
            self.check(f"{name} has a title and a description", tool.get("title") and tool.get("description"))
            self.check(f"{name} has all hints", set(tool["annotations"]) >= HINTS, tool["annotations"])
            self.check(f"{name} refuses unknown arguments", tool["inputSchema"].get("additionalProperties") is False)
            self.check(f"{name} has an output schema", (tool.get("outputSchema") or {}).get("type") == "object")
        for tool in tools:
            hints = tool["annotations"]
            self.check(f"{tool['name']} is not both", not (hints["readOnlyHint"] and hints["destructiveHint"]))

    async def notes(self):
        about = await self.ok("nc_get_capabilities")
        self.check("capabilities name the notes app", "notes" in about["capabilities"], about)
        settings = await self.ok("nc_notes_get_settings")
        self.check("settings have a folder", settings["notes_path"], settings)

        category, title = f"Walk/{self.label}", f"Milk & 50% ümläut 🚀 {self.label}"
        text = "# One\n\nmilk and a snark\u00e9\n"
        note = await self.ok("nc_notes_create_note", title=title, content=text, category=category)
        number = note["id"]
        self.check("the title is kept but for signs that files cannot have", "ümläut 🚀" in note["title"], note)
        twin = await self.ok("nc_notes_create_note", title=title, content="twin", category=category)
        self.check("a taken title gets a number", twin["title"] != note["title"] and twin["id"] != number, twin)

        read = await self.ok("nc_notes_get_note", note_id=number)
        self.equal("text", read["content"], text)
        self.equal("etag", read["etag"], note["etag"])
        self.equal("category", read["category"], category)
        self.check("no favourite, not read-only", read["favorite"] is False and read["readonly"] is False, read)
        self.equal("a number given as text", (await self.ok("nc_notes_get_note", note_id=str(number)))["id"], number)

        listed = await self.ok("nc_notes_list_notes", category=category)
        self.equal("list", {hit["id"] for hit in listed["results"]}, {number, twin["id"]})
        self.equal("list counts", listed["total_found"], 2)
        listed = await self.ok("nc_notes_list_notes", category=category, limit=1)
        self.check("a limit cuts and says so", len(listed["results"]) == 1 and listed["truncated"], listed)
        listed = await self.ok("nc_notes_list_notes", category="Walk")
        self.check("subcategories are in a category", number in [hit["id"] for hit in listed["results"]], listed)
        found = await self.ok("nc_notes_search_notes", query=f"snarké {self.label}")
        self.equal("search", [hit["id"] for hit in found["results"]], [number])

        steps = []
        # A client that reads the note and the answer in one piece forgets whom to tell before it gets to the note.
        for _ in range(5):
            await self.client.call("nc_notes_search_notes", {"query": "snark"}, progress=steps)
            if steps:
                break
        self.check("progress is told, and only grows", steps and steps == sorted(set(steps)), steps)

        changed = await self.ok(
            "nc_notes_update_note", note_id=number, etag=read["etag"], title=None, content="two\n", category=None
        )
        self.check("an update moves the etag", changed["etag"] != read["etag"], changed)
        self.equal("an update keeps the category", changed["category"], category)
        await self.fails("conflict", "nc_notes_update_note", note_id=number, etag=read["etag"], content="lost")
        read = await self.ok("nc_notes_get_note", note_id=number)
        self.equal("a conflict changes nothing", (read["content"], read["etag"]), ("two\n", changed["etag"]))
        renamed = await self.ok(
            "nc_notes_update_note", note_id=number, etag=read["etag"], title=f"Renamed {self.label}", category=f"{category}/Deep"
        )
        self.equal("renamed and moved", (renamed["title"], renamed["category"]), (f"Renamed {self.label}", f"{category}/Deep"))
        await self.ok("nc_notes_append_content", note_id=number, content="three")
        read = await self.ok("nc_notes_get_note", note_id=number)
        self.check("appended at the end", read["content"].startswith("two\n") and read["content"].rstrip().endswith("three"), read)
        self.equal("id is kept", read["id"], number)

        self.note = (number, settings["notes_path"], read["category"])
        gone = await self.ok("nc_notes_delete_note", note_id=twin["id"])
        self.equal("deleted", gone["deleted_id"], twin["id"])
        await self.fails("not_found", "nc_notes_get_note", note_id=twin["id"])
        await self.fails("not_found", "nc_notes_append_content", note_id=twin["id"], content="x")
        await self.fails("not_found", "nc_notes_update_note", note_id=twin["id"], etag="x", content="x")

    async def resources(self):
        number, folder, category = self.note
        listed = {resource["uri"] for resource in await self.client.resources()}
        self.equal("resources", listed, {"nc://capabilities", "notes://settings"} | walk_cookbook.RESOURCES | walk_deck.RESOURCES)
        templates = {template["uriTemplate"] for template in await self.client.templates()}
        expected = {"nc://Notes/{note_id}", "nc://Notes/{note_id}/attachments/{attachment_filename}"}
        expected |= walk_cookbook.TEMPLATES | walk_deck.TEMPLATES
        self.equal("templates", templates, expected)
        for uri in ["nc://capabilities", "notes://settings", f"nc://Notes/{number}"]:
            [content] = await self.client.read(uri)
            self.check(f"{uri} is JSON", isinstance(json.loads(content["text"]), dict))
            self.equal(f"{uri} names itself", content["uri"], uri)
        [content] = await self.client.read(f"nc://Notes/{number}")
        self.equal("the note as a resource", json.loads(content["text"])["id"], number)
        for uri in ["nc://Notes/99999999", "nc://Notes/abc", "nc://nothing", f"nc://Notes/{number}/attachments/no.png"]:
            await self.refused(uri, self.client.read(uri), (-32602, -32002))
        values = await self.client.complete("nc://Notes/{note_id}", "note_id", str(number)[:1])
        self.check("completion of ids", str(number) in values, values)
        values = await self.client.complete("nc://Notes/{note_id}", "note_id", "no such id")
        self.equal("completion without a match", values, [])

        name = "pic & ü.png"
        attachments = f"{folder}/{category}/.attachments.{number}"
        await self.ok("nc_webdav_create_directory", path=attachments)
        picture = bytes(range(256))
        await self.ok(
            "nc_webdav_write_file",
            path=f"{attachments}/{name}",
            content=base64.b64encode(picture).decode(),
            content_type="image/png;base64",
        )
        for link in [f".attachments.{number}/{name}", name]:
            attached = await self.ok("nc_notes_get_attachment", note_id=number, attachment_filename=link)
            self.equal(f"attachment {link}", base64.b64decode(attached["content"]), picture)
        self.equal("attachment type", (attached["content_type"], attached["encoding"]), ("image/png", "base64"))
        uri = f"nc://Notes/{number}/attachments/{urllib.parse.quote(name, safe='')}"
        [content] = await self.client.read(uri)
        self.equal("attachment as a resource", base64.b64decode(content["blob"]), picture)
        await self.fails("not_found", "nc_notes_get_attachment", note_id=number, attachment_filename="no.png")

    async def files(self):
        folder = f"{self.folder}/a b/ü"
        made = await self.ok("nc_webdav_create_directory", path=folder)
        self.equal("made with its parents", made["status_code"], 201)
        await self.ok("nc_webdav_create_directory", path=folder)
        self.equal("an empty folder", (await self.ok("nc_webdav_list_directory", path=folder))["files"], [])

        for name in NAMES:
            path, text = f"{folder}/{name}", f"content of {name}"
            written = await self.ok("nc_webdav_write_file", path=path, content=text)
            read = await self.ok("nc_webdav_read_file", path=path)
            self.equal(f"{name} content", (read["content"], read["size"]), (text, len(text.encode())))
            self.equal(f"{name} etag", read["etag"], written["etag"])
        listed = await self.ok("nc_webdav_list_directory", path=folder)
        self.equal("all names", sorted(file["name"] for file in listed["files"]), sorted(NAMES))
        self.equal("counts", (listed["files_count"], listed["directories_count"]), (len(NAMES), 0))

        path = f"{self.folder}/one.txt"
        first = await self.ok("nc_webdav_write_file", path=path, content="one")
        self.check("created", first["created"] is True, first)
        await self.fails("already_exists", "nc_webdav_write_file", path=path, content="lost")
        second = await self.ok("nc_webdav_write_file", path=path, content="two", if_match=first["etag"])
        self.check("replaced", second["created"] is False and second["etag"] != first["etag"], second)
        await self.fails("conflict", "nc_webdav_write_file", path=path, content="lost", if_match=first["etag"])
        self.equal("nothing lost", (await self.ok("nc_webdav_read_file", path=path))["content"], "two")
        await self.ok("nc_webdav_write_file", path=path, content="three", if_match="*")

        text = "".join(f"line {index} ü🚀\n" for index in range(900))
        await self.ok("nc_webdav_write_file", path=f"{self.folder}/long.md", content=text)
        pieces, offset = [], 0
        while offset is not None and len(pieces) < 50:
            piece = await self.ok("nc_webdav_read_file", path=f"{self.folder}/long.md", offset=offset, max_bytes=1001)
            self.equal("a piece says whether it is the last", piece["truncated"], piece["next_offset"] is not None)
            pieces.append(piece["content"])
            offset = piece["next_offset"]
        self.equal("pieces join to the whole", "".join(pieces) == text and len(pieces) > 10, True)

        await self.ok("nc_webdav_write_file", path=f"{self.folder}/empty.txt", content="")
        empty = await self.ok("nc_webdav_read_file", path=f"{self.folder}/empty.txt")
        self.equal("an empty file", (empty["content"], empty["size"]), ("", 0))
        data = bytes(range(256)) * 8
        await self.ok(
            "nc_webdav_write_file",
            path=f"{self.folder}/data.bin",
            content=base64.b64encode(data).decode(),
            content_type="application/octet-stream;base64",
        )
        binary = await self.ok("nc_webdav_read_file", path=f"{self.folder}/data.bin")
        self.equal("binary", (binary["encoding"], base64.b64decode(binary["content"]) == data), ("base64", True))

        document = Path(__file__).parent.parent / "fixtures" / "documents" / "report.pdf"
        await self.ok(
            "nc_webdav_write_file",
            path=f"{self.folder}/report.pdf",
            content=base64.b64encode(document.read_bytes()).decode(),
            content_type="application/pdf;base64",
        )
        read = await self.ok("nc_webdav_read_file", path=f"{self.folder}/report.pdf", page_start=2, page_end=2)
        self.check("the text of a document", "Forty kilos of tomatoes." in read["content"], read["content"])
        self.equal("its pages", (read["parsed"], read["page_count"], read["page_end"]), (True, 3, 2))

        await self.ok("nc_webdav_copy_resource", source_path=path, destination_path=f"{self.folder}/copy.txt")
        both = {"source_path": path, "destination_path": f"{self.folder}/copy.txt"}
        await self.fails("already_exists", "nc_webdav_copy_resource", **both)
        await self.fails("already_exists", "nc_webdav_move_resource", **both)
        await self.ok("nc_webdav_move_resource", **both, overwrite=True)
        await self.fails("not_found", "nc_webdav_read_file", path=path)
        self.equal("moved", (await self.ok("nc_webdav_read_file", path=f"{self.folder}/copy.txt"))["content"], "three")
        await self.ok("nc_webdav_copy_resource", source_path=folder, destination_path=f"{self.folder}/tree")
        listed = await self.ok("nc_webdav_list_directory", path=f"{self.folder}/tree")
        self.equal("a copied folder has everything", sorted(file["name"] for file in listed["files"]), sorted(NAMES))
        await self.ok("nc_webdav_move_resource", source_path=f"{self.folder}/tree", destination_path=f"{self.folder}/tree 2")
        await self.fails("not_found", "nc_webdav_list_directory", path=f"{self.folder}/tree")
        await self.fails("not_found", "nc_webdav_move_resource", source_path=f"{self.folder}/no", destination_path="x")

        for name in NAMES:
            await self.ok("nc_webdav_delete_resource", path=f"{self.folder}/tree 2/{name}")
        self.equal("emptied", (await self.ok("nc_webdav_list_directory", path=f"{self.folder}/tree 2"))["total_count"], 0)
        await self.ok("nc_webdav_delete_resource", path=f"{self.folder}/tree 2")
        await self.fails("not_found", "nc_webdav_delete_resource", path=f"{self.folder}/tree 2")

        await self.fails(("not_found", "conflict"), "nc_webdav_write_file", path=f"{self.folder}/no/x.txt", content="x")
        reply = await self.client.call("nc_webdav_read_file", {"path": self.folder})
        self.check("a folder is no file", reply["isError"], reply["text"])
        reply = await self.client.call("nc_webdav_list_directory", {"path": f"{self.folder}/copy.txt"})
        self.check("a file is no folder", reply["isError"], reply["text"])
        reply = await self.client.call("nc_webdav_write_file", {"path": f"{self.folder}/{'y' * 251}", "content": "x"})
        self.check("a name that is too long is refused", reply["isError"], reply["text"])
        for bad in ["../escape.txt", f"{self.folder}/../../x", "a\0b"]:
            await self.fails("invalid_argument", "nc_webdav_write_file", path=bad, content="x")
        for root in ["/", "."]:
            reply = await self.client.call("nc_webdav_delete_resource", {"path": root})
            self.check(f"the root {root} is not deleted", reply["isError"], reply["text"])

    async def searches(self):
        def names(found):
            return sorted(file["name"] for file in found["results"])

        folder = self.folder
        found = await self.ok("nc_webdav_find_by_name", pattern="long", scope=folder)
        self.equal("by part of the name", names(found), ["long.md"])
        found = await self.ok("nc_webdav_find_by_name", pattern="*.MD", scope=folder)
        self.equal("by pattern, in any case", names(found), ["long.md"])
        found = await self.ok("nc_webdav_find_by_name", pattern="_under_score%like", scope=folder)
        self.equal("signs of patterns are letters", names(found), ["_under_score%like.txt"])
        found = await self.ok("nc_webdav_find_by_type", mime_type="text/plain", scope=folder)
        self.check("by type", set(NAMES) <= set(names(found)) and "data.bin" not in names(found), names(found))
        found = await self.ok("nc_webdav_find_by_type", mime_type="text", scope=folder, limit=3)
        self.equal("a limit", len(found["results"]), 3)
        found = await self.ok("nc_webdav_search_files", scope=folder, name_pattern="copy", mime_type="text")
        self.equal("by both", names(found), ["copy.txt"])
        found = await self.ok("nc_webdav_search_files", scope=folder, name_pattern="no such file")
        self.equal("nothing", (found["results"], found["total_found"]), ([], 0))
        found = await self.ok("nc_webdav_search_files", scope="", only_favorites=True)
        self.check("favourites by search", "Welcome.md" in names(found), names(found))
        found = await self.ok("nc_webdav_list_favorites")
        self.check("favourites", "Welcome.md" in names(found), names(found))
        found = await self.ok("nc_webdav_list_favorites", scope=folder)
        self.equal("no favourites here", names(found), [])

    async def traces(self):
        path = f"{self.folder}/traces & co.txt"
        # Tags are everybody's, so each walk has its own.
        tag_name = f"walk & {self.label}"
        first = await self.ok("nc_webdav_write_file", path=path, content="first")
        second = await self.ok("nc_webdav_write_file", path=path, content="second!", if_match=first["etag"])
        listed = await self.ok("nc_webdav_list_versions", path=path)
        former = [version for version in listed["versions"] if not version["is_current"]]
        self.equal("a former state", [version["size"] for version in former], [5])
        restored = await self.ok("nc_webdav_restore_version", path=path, version_id=former[0]["version_id"])
        self.check("restoring is a change", restored["etag"] != second["etag"], restored)
        self.equal("restored", (await self.ok("nc_webdav_read_file", path=path))["content"], "first")
        await self.fails("not_found", "nc_webdav_restore_version", path=path, version_id="1")
        await self.fails("not_found", "nc_webdav_tag_file", path=path, tag=tag_name)
        tagged = await self.ok("nc_webdav_tag_file", path=path, tag=tag_name, create_tag=True)
        again = await self.ok("nc_webdav_tag_file", path=path, tag=tag_name)
        self.equal("tagged twice", (again["tag_id"], again["assigned"]), (tagged["tag_id"], True))
        tags = await self.ok("nc_webdav_list_tags")
        self.check("the tag is listed", tag_name in [tag["name"] for tag in tags["tags"]], tags)
        tags = await self.ok("nc_webdav_get_file_tags", path=path)
        self.equal("its tags", [tag["name"] for tag in tags["tags"]], [tag_name])
        found = await self.ok("nc_webdav_find_by_tag_name", tag=tag_name)
        self.check("found by tag", path.strip("/") in [file["path"].strip("/") for file in found["files"]], found)
        await self.ok("nc_webdav_untag_file", path=path, tag=tag_name)
        await self.fails("not_found", "nc_webdav_untag_file", path=path, tag=tag_name)
        for favorite in (True, False):
            await self.ok("nc_webdav_set_favorite", path=path, favorite=favorite)
            found = await self.ok("nc_webdav_list_favorites", scope=self.folder)
            self.equal(f"favourite {favorite}", len(found["results"]), int(favorite))
        for text in ("Zeile 1 ü\nline 2 🎉 <b>&amp;</b>", "z" * 1000):
            said = await self.ok("nc_webdav_create_comment", path=path, message=text)
            listed = await self.ok("nc_webdav_list_comments", path=path, limit=1)
            self.equal("a comment", listed["results"][0]["message"], text)
            self.equal("its number", listed["results"][0]["id"], said["comment_id"])
        self.equal("more comments", listed["next_offset"], 1)
        for text in (" ", "z" * 1001):
            await self.fails(("invalid_argument", "invalid_input"), "nc_webdav_create_comment", path=path, message=text)
        await self.ok("nc_webdav_delete_resource", path=path)
        await self.ok("nc_webdav_write_file", path=path, content="in the way")
        trash = await self.ok("nc_webdav_list_trash")
        mine = [item for item in trash["items"] if item["name"] == "traces & co.txt"]
        self.equal("in the trash", [item["size"] for item in mine], [5])
        back = await self.ok("nc_webdav_restore_from_trash", entry_id=mine[0]["id"])
        self.check("under another name", "(restored)" in back["path"] and not back["at_original_location"], back)
        self.equal("it is back", (await self.ok("nc_webdav_read_file", path=back["path"]))["content"], "first")
        listed = await self.ok("nc_webdav_list_comments", path=back["path"])
        self.equal("with its comments", listed["count"], 2)
        await self.fails("not_found", "nc_webdav_restore_from_trash", entry_id=mine[0]["id"])

    async def calendars(self):
        made = await self.ok("nc_calendar_manage_calendar", action="create", display_name=f"Walk {self.label}")
        self.calendar = made["name"]
        listed = await self.ok("nc_calendar_list_calendars")
        self.check("the new calendar is listed", self.calendar in [one["name"] for one in listed["calendars"]], listed)
        event = await self.ok(
            "nc_calendar_create_event",
            calendar_name=self.calendar,
            title="Milk; snark, ümläut 🚀",
            start_datetime="2027-05-03T10:00:00",
            timezone="Europe/Berlin",
            recurrence_rule="FREQ=DAILY;COUNT=5",
        )
        self.equal("the start is told in UTC", event["start_utc"], "2027-05-03T08:00:00Z")
        one = {"calendar_name": self.calendar, "event_uid": event["uid"]}
        read = await self.ok("nc_calendar_get_event", **one)
        self.equal("title", read["title"], "Milk; snark, ümläut 🚀")
        range_ = {"start_date": "2027-05-01", "end_date": "2027-05-31"}
        events = await self.ok("nc_calendar_list_events", calendar_name=self.calendar, **range_)
        self.equal("each time of the series", events["total_found"], 5)
        second = events["events"][1]["recurrence_id"]
        await self.fails("recurrence_scope_required", "nc_calendar_delete_event", **one)
        await self.ok("nc_calendar_update_event", **one, recurrence_scope="this", recurrence_id=second, title="Other")
        await self.fails("conflict", "nc_calendar_update_event", **one, title="lost", etag=read["etag"])
        third = events["events"][2]["recurrence_id"]
        await self.ok("nc_calendar_delete_event", **one, recurrence_scope="following", recurrence_id=third)
        events = await self.ok("nc_calendar_list_events", calendar_name=self.calendar, **range_)
        self.equal("what is left", [one["summary"] for one in events["events"]], ["Milk; snark, ümläut 🚀", "Other"])
        meeting = {"title": "Talk", "date": "2027-05-04", "time": "10:00", "calendar_name": self.calendar}
        await self.fails("invalid_argument", "nc_calendar_create_meeting", **meeting)
        await self.ok("nc_calendar_create_meeting", **meeting, timezone="Europe/Berlin")
        await self.ok("nc_calendar_get_upcoming_events", calendar_name=self.calendar)
        free = await self.ok("nc_calendar_find_availability", duration_minutes=30, timezone="Europe/Berlin")
        self.check("free times", free["available_slots"], free)
        many = {"operation": "delete", "calendar_name": self.calendar, "apply_to_series": True, **range_}
        shown = await self.ok("nc_calendar_bulk_operations", **many)
        self.equal("nothing is done yet", (shown["dry_run"], shown["deleted_count"]), (True, 0))
        done = await self.ok("nc_calendar_bulk_operations", **many, dry_run=False)
        self.equal("then it is", done["deleted_count"], 2)

    async def tasks(self):
        task = await self.ok("nc_calendar_create_todo", calendar_name=self.calendar, summary="Buy milk", due="2027-05-03")
        self.equal("a day stays a day", task["due"], "2027-05-03")
        one = {"calendar_name": self.calendar, "todo_uid": task["uid"]}
        await self.ok("nc_calendar_update_todo", **one, priority=1)
        listed = await self.ok("nc_calendar_list_todos", calendar_name=self.calendar, status="OPEN")
        self.equal("priority", [one["priority"] for one in listed["todos"]], [1])
        done = await self.ok("nc_calendar_complete_todo", **one)
        self.equal("done", (done["status"], done["percent_complete"]), ("COMPLETED", 100))
        found = await self.ok("nc_calendar_search_todos", summary_contains="MILK", status="COMPLETED")
        self.check("found", task["uid"] in [one["uid"] for one in found["todos"]], found)
        await self.ok("nc_calendar_delete_todo", **one)
        await self.fails("not_found", "nc_calendar_delete_todo", **one)
        await self.ok("nc_calendar_manage_calendar", action="delete", calendar_name=self.calendar)

    async def bad_arguments(self):
        text = await self.fails("invalid_argument", "nc_notes_get_note", noteid=1)
        self.check("the nearest name is told", "note_id" in text, text)
        await self.fails("invalid_argument", "nc_notes_get_note")
        await self.fails("invalid_argument", "nc_notes_get_note", note_id="twelve")
        await self.fails("invalid_argument", "nc_notes_search_notes", query="")
        await self.fails("invalid_argument", "nc_webdav_read_file", path="x", parse_document="guess")
        await self.fails("invalid_argument", "nc_webdav_find_by_type", mime_type="a/b/c")
        await self.fails("invalid_argument", "nc_webdav_search_files", limit=0)
        await self.refused("an unknown tool", self.client.call("nc_no_such_tool", {}), (-32602,))


def short(arguments):
    text = json.dumps(arguments, ensure_ascii=False)
    return text if len(text) < 100 else text[:100] + "…"
