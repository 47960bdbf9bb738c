"""The MCP conformance suite's scenarios for authorization servers, with a person who answers the pages."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import requests

from harness import BUILD, Tally, free_port
from person import Person
from provider import Provider


def register(provider, back):
    server = requests.get(f"{provider.issuer}/.well-known/oauth-authorization-server", timeout=20).json()
    metadata = {
        "client_name": "Conformance",
        "redirect_uris": [back],
        "application_type": "native",
        # Where the server knows public clients, the suite never sends a secret.
        "token_endpoint_auth_method": "none",
        "scope": "openid notes:read",
    }
    answer = requests.post(server["registration_endpoint"], json=metadata, timeout=20)
    assert answer.status_code == 201, answer.text
    return answer.json()


def suite(provider, name, arguments):
    """The checks of one run, by id: status and what was wrong."""
    port = free_port()
    back = f"http://127.0.0.1:{port}/callback"
    client = register(provider, back)
    output = BUILD / "conformance" / f"authorization-{name}"
    shutil.rmtree(output, ignore_errors=True)
    program = Path(os.environ["E2E_NODE_FOLDER"]) / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    command = [os.environ["E2E_NODE"], program, "authorization", "--url", provider.issuer, "--port", port, "-o", output]
    command += ["--client-id", client["client_id"], *arguments]
    said = []
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        for line in running.stdout:
            said.append(line)
            if re.match(r"https?://\S+code_challenge=", line):
                person = Person(provider.user["name"], provider.user["password"])
                requests.get(person.answer(line.strip(), back), timeout=20)
    output.mkdir(parents=True, exist_ok=True)
    (output / "said.log").write_text("".join(said))
    found = {}
    for file in sorted(output.rglob("checks.json")):
        for check in json.loads(file.read_text()):
            found[check["id"]] = (check["status"], check.get("errorMessage", ""))
    return found


def main():
    tally = Tally()
    with Provider() as provider:
        for name, arguments in {"plain": [], "resource": ["--resource", provider.cloud_url]}.items():
            with tally.part(name):
                found = suite(provider, name, arguments)
                for wanted in ["authorization-server-metadata", "authorization-server-metadata-cimd", "authorization-code-grant"]:
                    tally.check(f"{wanted} ran", wanted in found, sorted(found))
                for check, (status, detail) in found.items():
                    tally.equal(check, (status, detail), ("SUCCESS", ""))
    tally.finish()


main()
