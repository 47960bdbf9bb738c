"""Assistants connect to `nextcloud-mcp demo --mode oauth` with nothing but its address; people sign in in a browser.

The clients are real ones with their own OAuth support: the official Python SDK here, both official TypeScript SDKs,
`mcp-remote` and the MCP Inspector in `node/mcp_oauth.mjs`. Pictures of every page are in `build/screens`.
"""

import asyncio
import json
import os
import shutil
import tempfile
import urllib.parse
from pathlib import Path

from harness import BINARIES, BUILD, Demo, Tally, flat, free_port, run
from oauth_client import OAuthProgram, People, Storage

FIRST = ["start", "waiting", "consent"]
NEW = {"title": "Written by an assistant", "category": ""}


class Cloud:
    """The demo on one data folder and always at the same ports."""

    def __init__(self, data):
        self.data = data
        self.ports = [0, 0]

    def start(self):
        port, cloud_port = self.ports
        more = ["--cloud-port", cloud_port] if cloud_port else []
        demo = Demo(self.data, mode="oauth", arguments=more, port=port)
        self.ports = [urllib.parse.urlsplit(url).port for url in [demo.mcp_url, demo.cloud_url]]
        return demo

    def admin(self, *arguments):
        folder = ["--data", self.data / "mcp", "--json"]
        ended = run(BINARIES / "nextcloud-mcp", "admin", *arguments, *folder, timeout=60)
        assert ended.returncode == 0, f"admin {arguments}: {ended.stdout}{ended.stderr}"


async def connects(tally, program, mode):
    """One person connects, reads, writes after having been asked once more."""
    async with program.connected(mode) as session:
        tools = await session.tools()
        seen = program.seen[0]
        tally.equal("the way of a first sign-in", seen["pages"], FIRST)
        tally.equal("nothing is wrong with the pages", seen["complaints"], [])
        tally.check("the client is named", "Python Assistant" in seen["text"]["consent"], seen["text"]["consent"])
        tally.check("it may read", "nc_notes_get_note" in tools, tools)
        tally.check("it may not write", not [name for name in tools if "create" in name or "delete" in name], tools)
        found = await session.call("nc_notes_search_notes", query="Shopping")
        tally.check("it reads", not found["isError"] and "Shopping" in found["text"], found)
        written = await session.call("nc_notes_create_note", content=f"of {program.user['name']}", **NEW)
        tally.check("it asks for more by itself and writes", not written["isError"], written)
        tally.equal("which took one more consent, and no sign-in", program.seen[-1]["pages"], ["consent"])
        tally.equal("in two visits", len(program.seen), 2)
        scopes = program.seen[-1]["scopes"]
        tally.check("more and what there was", {"notes:read", "notes:write", "files:read"} <= set(scopes), scopes)
    async with program.connected(mode) as session:
        tally.check("now it may write", "nc_notes_create_note" in await session.tools())


async def refreshes(tally, cloud, program):
    """An access token that ended is followed by another without the person."""
    cloud.admin("oidc:config", "set", "expire_time", "2")
    # The server looks once a second what was set.
    await asyncio.sleep(1.1)
    async with program.connected() as session:
        await session.tools()
        before = (program.storage.tokens, len(program.seen))
        await asyncio.sleep(2.5)
        found = await session.call("nc_notes_search_notes", query="Shopping")
        tally.check("it goes on", not found["isError"], found)
        after = (program.storage.tokens, len(program.seen))
        tally.check("with another access token", before[0].access_token != after[0].access_token)
        tally.check("and another refresh token", before[0].refresh_token != after[0].refresh_token)
        tally.equal("and no browser", after[1], before[1])
    cloud.admin("oidc:config", "unset", "expire_time")


async def survives(tally, program):
    """After a restart of the server the same tokens are good."""
    visits = len(program.seen)
    async with program.connected() as session:
        found = await session.call("nc_notes_search_notes", query="Shopping")
        tally.check("it reads", not found["isError"], found)
        written = await session.call("nc_notes_create_note", content="after the restart", **NEW)
        tally.check("and writes", not written["isError"], written)
    tally.equal("without a browser", len(program.seen), visits)


async def is_told(tally, program):
    """What the person refuses is an error for the client, and no wait."""
    program.choices = {"deny": True}
    error = None
    try:
        async with asyncio.timeout(60), program.connected() as session:
            await session.tools()
    except Exception as raised:
        error = flat(raised)
    tally.equal("the pages", program.seen[0]["pages"], FIRST)
    tally.check("nothing was given", program.storage.tokens is None)
    tally.check("the client is told so", "access_denied" in (error or ""), error)


async def own(tally, programs):
    """Two people at once, each with an own client: nobody sees anything of the other."""

    async def work(program):
        user = program.user["name"]
        other = {"alice": "bob", "bob": "alice"}[user]
        async with program.connected() as session:
            note = {"title": f"Secret of {user}", "content": f"only {user} knows", "category": ""}
            written = await session.call("nc_notes_create_note", **note)
            tally.check(f"{user} writes", not written["isError"], written)
            for _ in range(15):
                found = await session.call("nc_notes_search_notes", query="Secret")
                good = f"Secret of {user}" in found["text"] and f"of {other}" not in found["text"]
                tally.check(f"{user} sees the own note and no other", good, found)

    async with asyncio.TaskGroup() as group:
        for program in programs:
            group.create_task(work(program))


def node(demo, phase, state):
    """The clients in Node; whether everything with them was well."""
    wanted = {
        "chromium": shutil.which("chromium"),
        "mcp_url": demo.mcp_url,
        "cloud_url": demo.cloud_url,
        "users": demo.users,
        "screens": str(BUILD / "screens"),
        "state": str(state),
        "phase": phase,
        "port": free_port(),
    }
    script = Path(os.environ["E2E_NODE_FOLDER"]) / "mcp_oauth.mjs"
    ended = run(os.environ["E2E_NODE"], script, json.dumps(wanted), timeout=600)
    text = (ended.stdout + ended.stderr).strip().splitlines()
    totals = [line for line in text if line.startswith("total: ")]
    print("\n".join(line for line in text if line not in totals), flush=True)
    words = totals[-1].replace(",", "").split() if totals else []
    return (int(words[1]), int(words[3])) if words else (0, 1)


async def all_parts(tally, people, folder):
    (BUILD / "screens").mkdir(parents=True, exist_ok=True)
    cloud, state = Cloud(folder / "data"), folder / "clients"
    state.mkdir()
    with cloud.start() as demo:
        alice, bob = demo.users["alice"], demo.users["bob"]
        programs = [OAuthProgram(people, user, demo.mcp_url) for user in [alice, bob]]

        def registered():
            """What a fresh program keeps that was registered before: ten registrations a minute are taken."""
            storage = Storage()
            storage.client = programs[0].storage.client
            return storage

        for program, mode in zip(programs, ["auto", "legacy"], strict=True):
            with tally.part(f"the Python SDK, {mode}: {program.user['name']} connects, and consents to more"):
                await connects(tally, program, mode)
        with tally.part("two people at once"):
            await own(tally, programs)
        with tally.part("the person denies"):
            await is_told(tally, OAuthProgram(people, alice, demo.mcp_url, registered(), person="alice elsewhere"))
        with tally.part("an access token ends"):
            await refreshes(tally, cloud, OAuthProgram(people, alice, demo.mcp_url, registered()))
        counts = [node(demo, "before", state)]
    with cloud.start() as demo, tally.part("the server starts anew"):
        for program in programs:
            await survives(tally, program)
        counts.append(node(demo, "after", state))
    for passed, failed in counts:
        tally.passed += passed
        tally.failed += failed


async def main():
    tally = Tally()
    folder = Path(tempfile.mkdtemp(prefix="nextcloud-mcp-"))
    try:
        async with People.open() as people:
            await all_parts(tally, people, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tally.finish()


asyncio.run(main())
