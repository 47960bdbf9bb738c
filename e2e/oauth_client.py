"""An MCP client with the official Python SDK's own OAuth support, and people who sign in for it in a browser."""

import asyncio
import contextlib
import json
import os
import shutil
import urllib.parse
from pathlib import Path

from harness import BUILD
from clients import Refused, reply

NODE = os.environ.get("E2E_NODE", "node")


class People:
    """Browsers of people, behind `node/person_bridge.mjs`."""

    def __init__(self, process, always):
        self.process = process
        self.always = always
        self.number = 0
        self.waiting = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, **always):
        """`always` is said with every request."""
        bridge = Path(os.environ["E2E_NODE_FOLDER"]) / "person_bridge.mjs"
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            NODE, str(bridge), shutil.which("chromium"), stdin=pipe, stdout=pipe, limit=16 << 20
        )
        people = cls(process, always)
        reader = asyncio.create_task(people.read())
        try:
            yield people
        finally:
            process.stdin.close()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), 10)
            if process.returncode is None:
                process.kill()
            reader.cancel()

    async def read(self):
        while line := await self.process.stdout.readline():
            said = json.loads(line)
            waiting = self.waiting.pop(said["id"])
            if not waiting.done():
                waiting.set_result(said)

    async def connect(self, user, url, person=None, **choices):
        """What a person saw on the way from an authorization address to the client's own page."""
        self.number += 1
        number = self.number
        self.waiting[number] = asyncio.get_running_loop().create_future()
        request = {"id": number, "operation": "connect", "person": person or user["name"], "user": user, "url": url}
        self.process.stdin.write(json.dumps({**request, **self.always, **choices}).encode() + b"\n")
        await self.process.stdin.drain()
        said = await asyncio.wait_for(self.waiting[number], 120)
        if "error" in said:
            raise RuntimeError(said["error"])
        return said["result"]


class Denied(Exception):
    """The answer of the authorization server was an error."""


class Listener:
    """A program's own page on this machine, where the browser brings the answer."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls):
        listener = cls()
        listener.answers = asyncio.Queue()
        server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        listener.uri = f"http://127.0.0.1:{port}/callback"
        try:
            yield listener
        finally:
            server.close()

    async def serve(self, reader, writer):
        target = (await reader.readline()).split()[1].decode()
        while (await reader.readline()).strip():
            pass
        address = urllib.parse.urlsplit(target)
        if address.path == "/callback":
            await self.answers.put(dict(urllib.parse.parse_qsl(address.query)))
        text = b"<!DOCTYPE html><title>back</title><p>Back in the app"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(text) + text)
        await writer.drain()
        writer.close()


class Storage:
    """What the SDK keeps; the same object serves a program that starts anew."""

    def __init__(self):
        self.tokens = None
        self.client = None
        self.stored = 0

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens
        self.stored += 1

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class OAuthProgram:
    """A program that knows nothing but the address of the MCP server."""

    def __init__(self, people, user, mcp_url, storage=None, person=None, opens_pages=False):
        """`opens_pages`: it says that it can show the person a page when a tool asks for that."""
        self.opens_pages = opens_pages
        self.people = people
        self.user = user
        self.person = person
        self.mcp_url = mcp_url
        self.storage = storage or Storage()
        # What the person does, and what was seen each time.
        self.choices = {}
        self.seen = []
        # Pages that tools asked for, and those who look at them.
        self.asked = []
        self.visits = []

    async def open_page(self, _context, asked):
        """A tool wants the person to open a page: they do, and the program does not wait for the end of that."""
        from mcp_types import ElicitResult

        self.asked.append(asked)
        self.visits.append(asyncio.create_task(self.visit(asked.url)))
        return ElicitResult(action="accept")

    async def visit(self, url, **choices):
        """What the person sees on the page to which a link leads."""
        return await self.people.connect(self.user, url, person=self.person, **choices)

    @contextlib.asynccontextmanager
    async def connected(self, mode="auto"):
        import httpx2
        from mcp.client.auth import OAuthClientProvider
        from mcp.client.client import Client
        from mcp.client.streamable_http import streamable_http_client
        from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

        async with contextlib.AsyncExitStack() as stack:
            listener = await stack.enter_async_context(Listener.open())

            async def open_browser(url):
                seen = await self.people.connect(self.user, url, person=self.person, **self.choices)
                self.seen.append({**seen, "url": url})

            async def answer():
                answered = await asyncio.wait_for(listener.answers.get(), 20)
                if "error" in answered:
                    raise Denied(answered["error"])
                return AuthorizationCodeResult(**{key: answered.get(key) for key in ["code", "state", "iss"]})

            metadata = OAuthClientMetadata(client_name="Python Assistant", redirect_uris=[listener.uri])
            auth = OAuthClientProvider(self.mcp_url, metadata, self.storage, open_browser, answer)
            http = await stack.enter_async_context(httpx2.AsyncClient(auth=auth, timeout=120, follow_redirects=False))
            transport = streamable_http_client(self.mcp_url, http_client=http)
            callback = self.open_page if self.opens_pages else None
            client = Client(transport, mode=mode, read_timeout_seconds=120, elicitation_callback=callback)
            client = await stack.enter_async_context(client)
            yield Session(client)


class Session:
    """A connected client."""

    def __init__(self, client):
        self.client = client

    async def tools(self):
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, name, **arguments):
        from mcp.shared.exceptions import MCPError

        try:
            result = await self.client.call_tool(name, arguments)
        except MCPError as error:
            raise Refused(error.error.code, error.error.message) from error
        return reply(result.model_dump(mode="json", by_alias=True))
