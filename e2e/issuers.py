"""What `mcp_issuers.py` boots: a cloud that is an issuer too, oidc-provider, and MCP servers that take their tokens."""

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import BINARIES, Server, free_port, run

SCOPES = [f"{app}:{verb}" for app in ["calendar", "contacts", "cookbook", "deck", "files", "notes", "sharing", "tables", "todo"] for verb in ["read", "write"]]
# Where programs listen for answers, at any port.
BACKS = ["http://127.0.0.1/callback", "http://127.0.0.1/back"]


class IssuingCloud(Server):
    """`nextcloud-mcp cloud` with three people; clients may register themselves."""

    def __init__(self, folder):
        self.data = folder / "cloud"
        self.data.mkdir()
        self.users = {name: self.account(name) for name in ["alice", "bob", "carol"]}
        environment = {"EMBEDDED_CLOUD_REGISTRATION": "open"}
        super().__init__("cloud", "--json", "--port", "0", "--data", self.data, environment=environment)
        self.url = self.info["cloud_url"].rstrip("/")
        # A program that an administrator made. One that registers gets no more than the scopes it registered with, which
        # are the first that SDKs hear of.
        self.program = self.admin("oidc:create", "Assistant", *BACKS, "--type", "public")["clientId"]

    def account(self, name):
        made = self.admin("user:add", name)
        return {"name": name, "password": made["password"], "subject": f"{name} at oidc-provider"}

    def admin(self, *arguments):
        """Runs an administrator's command on the cloud's data."""
        ended = run(BINARIES / "nextcloud-mcp", "admin", *arguments, "--data", self.data, "--json", timeout=60)
        assert ended.returncode == 0, f"admin {arguments}: {ended.stdout}{ended.stderr}"
        return json.loads(ended.stdout or "null")

    def client_of(self, server, token_type, *exchange):
        """What an administrator does for an MCP server: a client, and the resource that it speaks for."""
        made = self.admin("oidc:create", "Nextcloud MCP", f"{server.url}/oauth/callback", *exchange)
        owner = ["--owner", made["clientId"], "--token-type", token_type, "--open"]
        self.admin("oidc:resource", "add", server.mcp_url, "--scopes", " ".join(SCOPES), *owner)
        return {"id": made["clientId"], "secret": made["clientSecret"]}


class OidcProvider(Server):
    """The npm package oidc-provider."""

    def __init__(self, mcp_url):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.client = {"id": "nextcloud-mcp", "secret": secrets.token_urlsafe(32)}
        self.program = "assistant"
        back = mcp_url.removesuffix("/mcp") + "/oauth/callback"
        wanted = {"issuer": self.url, "resource": mcp_url, "scopes": SCOPES, "back": back, "program": self.program, "backs": BACKS, **self.client}
        script = Path(os.environ["E2E_NODE_FOLDER"]) / "oidc_issuer.mjs"
        super().__init__(script, json.dumps(wanted), program=os.environ["E2E_NODE"])


class McpServer:
    """The place of an MCP server: its addresses and its data, whether it runs or not."""

    def __init__(self, folder, cloud):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mcp_url = f"{self.url}/mcp"
        self.cloud = cloud
        self.data = folder

    def start(self, client, issuer, access, **settings):
        """`serve` with this client at this issuer, and this way to the cloud."""
        environment = {
            "MCP_DEPLOYMENT_MODE": "oauth",
            "NEXTCLOUD_HOST": self.cloud.url,
            "NEXTCLOUD_MCP_SERVER_URL": self.url,
            "NEXTCLOUD_MCP_DATA": str(self.data),
            "OIDC_DISCOVERY_URL": f"{issuer.url}/.well-known/openid-configuration",
            "NEXTCLOUD_OIDC_CLIENT_ID": client["id"],
            "NEXTCLOUD_OIDC_CLIENT_SECRET": client["secret"],
            "NEXTCLOUD_OIDC_CLOUD_ACCESS": access,
            **settings,
        }
        return Serving(self.url, "--port", self.port, environment=environment)


class Serving(Server):
    """A running `serve`, which is ready when it answers."""

    def __init__(self, url, *arguments, environment):
        self.url = url
        super().__init__("serve", *arguments, environment=environment)

    def wait_until_ready(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health/live", timeout=5) as answer:
                    return json.load(answer)
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise RuntimeError(f"{self.process.args} did not become ready; it said:\n{self.said()}")
