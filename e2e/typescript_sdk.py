"""Both official TypeScript clients: every tool, in both protocol eras, over HTTP and stdio."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from clients import NodeClient, stdio_command
from harness import Demo, Tally, basic
from python_sdk import stdio_environment
from stdio_lines import check_transcript
from walk import Walk

# Package, how it negotiates, what must come of it.
CASES = [
    ("v1", "legacy", "2025-11-25"),
    ("v2", "legacy", "2025-11-25"),
    ("v2", "auto", "2026-07-28"),
]


async def walks(tally, demo):
    for sdk, mode, version in CASES:
        label = f"typescript {sdk} {mode}"
        with tally.part(f"{label} http"):
            async with NodeClient.open(sdk, demo.mcp_url, mode) as client:
                tally.equal(f"{label} http speaks", client.version, version)
                await Walk(tally, client, f"{label} http").all()
        with tally.part(f"{label} stdio"), TemporaryDirectory() as folder:
            transcript = Path(folder) / "stdout"
            command, arguments = stdio_command(transcript)
            target = {"command": command, "args": arguments, "env": stdio_environment(demo), "stderr": "ignore"}
            async with NodeClient.open(sdk, target, mode) as client:
                # The first version does not say what it speaks over stdio; there is only one thing that it can.
                tally.check(f"{label} stdio speaks", client.version in (version, None if sdk == "v1" else version))
                await Walk(tally, client, f"{label} stdio").all()
            check_transcript(tally, f"{label} stdio", transcript.read_text())


async def with_credential(tally, demo):
    for sdk, mode, _ in CASES:
        for user in demo.info["users"]:
            async with NodeClient.open(sdk, demo.mcp_url, mode, {"Authorization": basic(user)}) as client:
                about = await client.call("nc_get_capabilities", {})
                tally.equal(f"{sdk} {mode}: who {user['name']} is", about["structured"]["user_id"], user["name"])


def main():
    tally = Tally()
    with Demo() as demo:
        asyncio.run(walks(tally, demo))
    with Demo(mode="basic") as demo, tally.part("basic"):
        asyncio.run(with_credential(tally, demo))
    tally.finish()


main()
