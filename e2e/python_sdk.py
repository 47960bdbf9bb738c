"""The official Python client: every tool, in both protocol eras, over HTTP and stdio."""

import asyncio
import logging
import os
from tempfile import TemporaryDirectory
from pathlib import Path

from mcp.client.stdio import StdioServerParameters

from clients import PythonClient, Refused, stdio_command
from harness import Demo, Tally, basic
from stdio_lines import check_transcript, converse
from walk import Walk

MODES = {"modern": "2026-07-28", "legacy": "2025-11-25"}


def stdio_environment(demo):
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("NEXTCLOUD_")},
        "NEXTCLOUD_HOST": demo.cloud_url,
        "NEXTCLOUD_USERNAME": demo.user["name"],
        "NEXTCLOUD_PASSWORD": demo.user["app_password"],
    }


async def two_users(tally, demo):
    """With a credential on each request everybody has only what is theirs."""
    for mode in ["auto", "legacy"]:
        for user in demo.info["users"]:
            async with PythonClient.open(demo.mcp_url, mode, {"Authorization": basic(user)}) as client:
                about = await client.call("nc_get_capabilities", {})
                tally.equal(f"basic {mode}: who {user['name']} is", about["structured"]["user_id"], user["name"])
                secret = {"path": f"{user['name']} {mode}.txt", "content": user["name"]}
                written = await client.call("nc_webdav_write_file", secret)
                tally.check(f"basic {mode}: {user['name']} writes", not written["isError"], written["text"])
                listed = await client.call("nc_webdav_list_directory", {"path": ""})
                foreign = [name["name"] for name in demo.info["users"] if name != user]
                found = [file["name"] for file in listed["structured"]["files"]]
                tally.check(
                    f"basic {mode}: {user['name']} sees nothing of others",
                    not any(name.startswith(tuple(foreign)) for name in found),
                    found,
                )
        wrong = {"name": demo.user["name"], "app_password": "wrong"}
        for what, headers in [("no credential", {}), ("a wrong password", {"Authorization": basic(wrong)})]:
            try:
                async with PythonClient.open(demo.mcp_url, mode, headers) as client:
                    await client.tools()
                tally.check(f"basic {mode}: {what} is refused", False, "it was served")
            except (Refused, Exception) as error:  # the SDK raises its own kinds, in groups
                tally.check(f"basic {mode}: {what} is refused", True, error)


async def walks(tally, demo):
    for mode, version in MODES.items():
        async with PythonClient.open(demo.mcp_url, "auto" if mode == "modern" else mode) as client:
            tally.equal(f"http {mode} speaks", client.version, version)
            await Walk(tally, client, f"python http {mode}").all()
        with TemporaryDirectory() as folder:
            transcript = Path(folder) / "stdout"
            command, arguments = stdio_command(transcript)
            server = StdioServerParameters(command=command, args=arguments, env=stdio_environment(demo))
            async with PythonClient.open(server, "auto" if mode == "modern" else mode) as client:
                tally.equal(f"stdio {mode} speaks", client.version, version)
                await Walk(tally, client, f"python stdio {mode}").all()
            check_transcript(tally, f"stdio {mode}", transcript.read_text())


class Warnings(logging.Handler):
    """What the client finds odd about the server, but bears."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.heard = []
        logging.getLogger().addHandler(self)

    def emit(self, record):
        self.heard.append(record.getMessage())


def main():
    tally = Tally()
    warnings = Warnings()
    with Demo() as demo:
        with tally.part("walks"):
            asyncio.run(walks(tally, demo))
        with tally.part("stdio by hand"):
            converse(tally, stdio_environment(demo))
        tally.equal("the server ends when asked", demo.stop(), 0)
    with Demo(mode="basic") as demo:
        with tally.part("two users"):
            asyncio.run(two_users(tally, demo))
    tally.equal("no warning of the client", warnings.heard, [])
    tally.finish()


if __name__ == "__main__":
    main()
