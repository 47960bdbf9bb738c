"""The official clients behind one face, so that one walk fits all."""

import asyncio
import contextlib
import json
import os
from pathlib import Path

from harness import BINARIES


class Refused(Exception):
    """An error of the protocol."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def stdio_command(transcript):
    """`nextcloud-mcp stdio` as a command, with everything that it writes to standard output kept in a file."""
    binary = BINARIES / "nextcloud-mcp"
    return "bash", ["-c", 'exec "$0" stdio > >(tee -a "$1")', str(binary), str(transcript)]


class PythonClient:
    """The Python SDK, of version 2."""

    def __init__(self, client):
        self.client = client

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, target, mode, headers=None):
        import httpx2
        from mcp.client.client import Client
        from mcp.client.streamable_http import streamable_http_client

        async with contextlib.AsyncExitStack() as stack:
            if isinstance(target, str):
                http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers or {}, timeout=60))
                target = streamable_http_client(target, http_client=http)
            client = await stack.enter_async_context(Client(target, mode=mode, read_timeout_seconds=60))
            yield cls(client)

    @property
    def version(self):
        return self.client.protocol_version

    async def guarded(self, awaitable):
        from mcp.shared.exceptions import MCPError

        try:
            return (await awaitable).model_dump(mode="json", by_alias=True)
        except MCPError as error:
            raise Refused(error.error.code, error.error.message) from error

    async def tools(self):
        return (await self.guarded(self.client.list_tools()))["tools"]

    async def call(self, name, arguments, progress=None):
        async def note(done, _total, _message):
            progress.append(done)

        callback = None if progress is None else note
        result = await self.guarded(self.client.call_tool(name, arguments, progress_callback=callback))
        return reply(result)

    async def resources(self):
        return (await self.guarded(self.client.list_resources()))["resources"]

    async def templates(self):
        return (await self.guarded(self.client.list_resource_templates()))["resourceTemplates"]

    async def read(self, uri):
        return (await self.guarded(self.client.read_resource(uri)))["contents"]

    async def complete(self, template, name, value):
        from mcp_types import ResourceTemplateReference

        reference = ResourceTemplateReference(type="ref/resource", uri=template)
        result = await self.guarded(self.client.complete(reference, {"name": name, "value": value}))
        return result["completion"]["values"]


class NodeClient:
    """A TypeScript SDK, behind `node/bridge.mjs`: one request and one answer a line."""

    def __init__(self, process):
        self.process = process
        self.number = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, sdk, target, mode, headers=None):
        bridge = Path(os.environ["E2E_NODE_FOLDER"]) / "bridge.mjs"
        process = await asyncio.create_subprocess_exec(
            os.environ["E2E_NODE"],
            str(bridge),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=64 << 20,
        )
        client = cls(process)
        try:
            opened = await client.ask("open", sdk=sdk, target=target, mode=mode, headers=headers or {})
            client.version = opened["version"]
            yield client
            await client.ask("close")
        finally:
            process.stdin.close()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), 10)
            if process.returncode is None:
                process.kill()

    async def ask(self, operation, **arguments):
        self.number += 1
        line = json.dumps({"id": self.number, "operation": operation, **arguments})
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()
        answer = await asyncio.wait_for(self.process.stdout.readline(), 90)
        if not answer:
            raise RuntimeError("the Node client ended")
        answer = json.loads(answer)
        if "error" in answer:
            raise Refused(answer["error"].get("code"), answer["error"]["message"])
        return answer["result"]

    async def tools(self):
        return (await self.ask("tools"))["tools"]

    async def call(self, name, arguments, progress=None):
        result = await self.ask("call", name=name, arguments=arguments, progress=progress is not None)
        if progress is not None:
            progress.extend(result["progress"])
        return reply(result)

    async def resources(self):
        return (await self.ask("resources"))["resources"]

    async def templates(self):
        return (await self.ask("templates"))["resourceTemplates"]

    async def read(self, uri):
        return (await self.ask("read", uri=uri))["contents"]

    async def complete(self, template, name, value):
        result = await self.ask("complete", template=template, name=name, value=value)
        return result["completion"]["values"]


def reply(result):
    texts = [block["text"] for block in result["content"] if block["type"] == "text"]
    return {
        "isError": bool(result.get("isError")),
        "text": texts[0] if texts else "",
        "structured": result.get("structuredContent"),
    }
