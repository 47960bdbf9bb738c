"""MCP clients whose tokens come from an issuer elsewhere, and people who give the MCP server access to the Nextcloud.

Three MCP servers stand in front of one embedded cloud. Two take the tokens of the cloud's own provider: one exchanges them,
one keeps a refresh token of each person. The third takes those of oidc-provider, and keeps app passwords. The clients are
the official Python SDK here, and both official TypeScript SDKs in `node/mcp_issuers.mjs`. Pictures are in `build/screens`.
"""

import asyncio
import json
import os
import shutil
import tempfile
from pathlib import Path

from harness import BUILD, Tally, run
from issuers import BACKS, SCOPES, IssuingCloud, McpServer, OidcProvider
from oauth_client import OAuthProgram, People, Storage

NEW = {"title": "Written by an assistant", "category": ""}
DONE = "Nextcloud access provisioned"


def made(people, user, server, issuer, **options):
    """A program that an administrator of the issuer made."""
    from mcp.shared.auth import OAuthClientInformationFull

    storage = Storage()
    storage.client = OAuthClientInformationFull(
        client_id=issuer.program, redirect_uris=BACKS, token_endpoint_auth_method="none", issuer=issuer.url
    )
    return OAuthProgram(people, user, server.mcp_url, storage, **options)


async def reads(tally, session):
    found = await session.call("nc_notes_search_notes", query="assistant")
    return tally.check("it reads", not found["isError"], found)


async def writes(tally, session, content):
    written = await session.call("nc_notes_create_note", content=content, **NEW)
    return tally.check("it writes", not written["isError"], written)


async def needs_access(tally, session):
    refused = await session.call("nc_notes_search_notes", query="assistant")
    good = refused["isError"] and refused["text"].startswith("provisioning_required")
    tally.check("without access it is told what to do", good and "provision_nextcloud_access" in refused["text"], refused)


async def exchanges(tally, program):
    """Each token is exchanged: nobody is asked for anything but the client's own consent."""
    async with program.connected() as session:
        tools = await session.tools()
        tally.equal("the way of a first sign-in", program.seen[0]["pages"], ["sign-in", "consent", "back"])
        tally.check("it may read", "nc_notes_get_note" in tools, tools)
        tally.check("it may not write", "nc_notes_create_note" not in tools, tools)
        await reads(tally, session)
        status = await session.call("check_provisioning_status")
        tally.equal("there is access", status["structured"]["status"], "active")
        await writes(tally, session, "by exchange")
        tally.equal("after one more consent", [seen["pages"] for seen in program.seen[1:]], [["consent", "back"]])
        await reads(tally, session)
    tally.equal("nothing is wrong with the pages", program.seen[-1]["complaints"], [])


async def gives(tally, program, session, tool="provision_nextcloud_access", **arguments):
    """The person gives access on the page that the tool opens, or to which it links; what they saw."""
    asked = await session.call(tool, **arguments)
    tally.check("the tool asks", not asked["isError"], asked)
    if not program.opens_pages:
        return await program.visit(asked["structured"]["provisioning_url"])
    tally.equal("by URL", program.asked[-1].mode, "url")
    tally.check("and not in words", "http" not in asked["text"], asked)
    return await program.visits[-1]


async def agrees(tally, program, mode):
    """The person agrees once that the server keeps a refresh token."""
    async with program.connected(mode) as session:
        await needs_access(tally, session)
        seen = await gives(tally, program, session)
        tally.equal("the person agrees at the issuer", seen["pages"], ["give", "consent", DONE])
        scopes = [scope for scope in seen["scopes"] if ":" in scope]
        tally.equal("to what the client may do", scopes, [scope for scope in SCOPES if scope.endswith(":read")])
        tally.equal("nothing is wrong with the pages", seen["complaints"], [])
        await reads(tally, session)
        written = await session.call("nc_notes_create_note", content="too early", **NEW)
        tally.check("the access is not for writing", written["isError"], written)
        seen = await gives(tally, program, session, "nc_auth_update_scopes", add_scopes=["notes:write"])
        tally.equal("the person agrees to more", seen["pages"], ["give", "consent", DONE])
        await writes(tally, session, "by refresh token")
        status = (await session.call("check_provisioning_status"))["structured"]
        tally.equal("that is how", [status["status"], status["credential_type"]], ["active", "refresh_token"])


async def takes_back(tally, program):
    """Access that is taken back is gone, and can be given again."""
    async with program.connected() as session:
        taken = await session.call("revoke_nextcloud_access")
        tally.check("it is taken back", not taken["isError"], taken)
        await needs_access(tally, session)
        seen = await gives(tally, program, session)
        tally.equal("and given again", seen["pages"], ["give", "consent", DONE])
        await reads(tally, session)


async def signs_in_twice(tally, program, mode):
    """The person shows who they are at the issuer, and then gives an app password at the Nextcloud."""
    async with program.connected(mode) as session:
        tally.equal("first at the issuer", program.seen[0]["pages"], ["oidc-provider", "oidc-provider agrees", "back"])
        await needs_access(tally, session)
        seen = await gives(tally, program, session)
        tally.equal("then at both", seen["pages"], ["give", "oidc-provider agrees", "waiting", DONE])
        tally.equal("nothing is wrong with the pages", seen["complaints"], [])
        await reads(tally, session)
        await writes(tally, session, "by app password")
        status = (await session.call("check_provisioning_status"))["structured"]
        tally.equal("that is how", [status["status"], status["credential_type"]], ["active", "app_password"])


async def survives(tally, program):
    """What the person gave is there after a restart of the server."""
    visits = len(program.seen)
    async with program.connected() as session:
        await reads(tally, session)
        await writes(tally, session, "after the restart")
    tally.equal("without a browser", len(program.seen), visits)


def node(tally, server, issuer, state, phase):
    """The clients in Node."""
    wanted = {
        "chromium": shutil.which("chromium"),
        "mcp_url": server.mcp_url,
        "issuer": issuer.url,
        "program": issuer.program,
        "users": server.cloud.users,
        "screens": str(BUILD / "screens"),
        "state": str(state),
        "phase": phase,
    }
    script = Path(os.environ["E2E_NODE_FOLDER"]) / "mcp_issuers.mjs"
    ended = run(os.environ["E2E_NODE"], script, json.dumps(wanted), timeout=300)
    text = (ended.stdout + ended.stderr).strip().splitlines()
    totals = [line for line in text if line.startswith("total: ")]
    print("\n".join(line for line in text if line not in totals), flush=True)
    words = totals[-1].replace(",", "").split() if totals else []
    passed, failed = (int(words[1]), int(words[3])) if words else (0, 1)
    tally.passed += passed
    tally.failed += failed


async def all_parts(tally, people, folder):
    (BUILD / "screens").mkdir(parents=True, exist_ok=True)
    with IssuingCloud(folder) as cloud:
        alice = cloud.users["alice"]
        exchanging, refreshing, keeping = (McpServer(folder / name, cloud) for name in ["b", "c", "d"])
        client = cloud.client_of(exchanging, "opaque", "--exchange-targets", cloud.url)
        with exchanging.start(client, cloud, "token_exchange"):
            with tally.part("token exchange, opaque tokens: the Python SDK"):
                await exchanges(tally, made(people, alice, exchanging, cloud))
            node(tally, exchanging, cloud, folder, "exchange")
        with exchanging.start(client, cloud, "token_exchange", MCP_ADVERTISED_SCOPES="all"):
            node(tally, exchanging, cloud, folder, "registered")

        client = cloud.client_of(refreshing, "jwt")
        program = made(people, alice, refreshing, cloud, opens_pages=True)
        with refreshing.start(client, cloud, "refresh_token"):
            with tally.part("a refresh token, signed tokens: the Python SDK opens the page, older revision"):
                await agrees(tally, program, "legacy")
            node(tally, refreshing, cloud, folder, "agree")
        with refreshing.start(client, cloud, "refresh_token"):
            with tally.part("the server starts anew, and access is taken back"):
                await survives(tally, program)
                await takes_back(tally, program)
            node(tally, refreshing, cloud, folder, "agreed")

        with OidcProvider(keeping.mcp_url) as issuer:
            program = made(people, alice, keeping, issuer, opens_pages=True)
            with keeping.start(issuer.client, issuer, "app_password"):
                with tally.part("oidc-provider and an app password: the Python SDK opens the page, newer revision"):
                    await signs_in_twice(tally, program, "auto")
                node(tally, keeping, issuer, folder, "password")
            with keeping.start(issuer.client, issuer, "app_password"):
                with tally.part("the server starts anew"):
                    await survives(tally, program)


async def main():
    tally = Tally()
    folder = Path(tempfile.mkdtemp(prefix="nextcloud-mcp-"))
    try:
        async with People.open(elsewhere=True) as people:
            await all_parts(tally, people, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tally.finish()


asyncio.run(main())
