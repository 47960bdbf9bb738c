"""Standard output of `nextcloud-mcp stdio`: JSON-RPC, one message a line, and nothing else."""

import json
import subprocess

from harness import BINARIES

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "lines", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def check_transcript(tally, what, text):
    """Every line is one message of JSON-RPC."""
    lines = text.splitlines()
    tally.check(f"{what} wrote something", len(lines) > 0)
    for line in lines:
        try:
            message = json.loads(line)
            good = isinstance(message, dict) and message.get("jsonrpc") == "2.0"
        except ValueError:
            good = False
        if not good:
            tally.check(f"{what} writes only JSON-RPC", False, line[:300])
            return
    tally.check(f"{what} writes only JSON-RPC", True)


def converse(tally, environment):
    """Bad input and an early end, in both eras, by hand."""
    modern = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": MODERN}}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "lines", "version": "1"}}
    initialize = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    call = {"name": "nc_webdav_list_directory", "arguments": {"path": ""}}
    conversations = {
        "modern": ([modern, {**modern, "id": 2, "method": "tools/call", "params": {**call, "_meta": MODERN}}], {1, 2}),
        "2025-06-18": ([initialize, initialized, ping, {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": call}], {1, 2, 3}),
        "nothing": ([], set()),
    }
    for name, (messages, ids) in conversations.items():
        text = "".join(json.dumps(message) + "\n" for message in messages)
        ended, answers = run(text, environment)
        tally.equal(f"stdio {name} ends well when its input does", ended.returncode, 0)
        tally.equal(f"stdio {name} answers all", {answer.get("id") for answer in answers}, ids)
        tally.check(f"stdio {name} succeeds", all("result" in answer for answer in answers), answers)
    ended, answers = run(json.dumps(initialize) + "\n" + json.dumps(initialized) + "\nnot JSON\n" + json.dumps(ping) + "\n", environment)
    tally.check("stdio survives a line that is no JSON", any(answer.get("id") == 2 for answer in answers), ended.stdout + ended.stderr[-500:])


def run(text, environment):
    """What it answers to `text`; its input stays open until all is answered or it has had time enough."""
    process = subprocess.Popen(
        [BINARIES / "nextcloud-mcp", "stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    wanted = sum('"id"' in line for line in text.splitlines())
    process.stdin.write(text)
    process.stdin.flush()
    lines = []
    while len(lines) < wanted and (line := process.stdout.readline()):
        lines.append(line)
    rest, stderr = process.communicate(timeout=30)
    out = "".join(lines) + rest
    ended = subprocess.CompletedProcess(process.args, process.returncode, out, stderr)
    return ended, [json.loads(line) for line in out.splitlines()]
