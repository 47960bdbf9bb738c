"""What the scripts that need the OpenID provider share: an embedded cloud whose clients may register themselves."""

import base64
import hashlib
import hmac
import json
import shutil
import struct
import tempfile
import time
import urllib.parse
from pathlib import Path

from harness import BINARIES, Server, free_port, run

# Scopes of the standard and 18 of the apps: 247 characters.
APPS = ["notes", "calendar", "todo", "contacts", "cookbook", "deck", "tables", "files", "sharing"]
REFERENCE = " ".join(["openid", "profile", "email"] + [f"{app}:{verb}" for app in APPS for verb in ["read", "write"]])
assert len(REFERENCE) == 247


class Provider(Server):
    """`nextcloud-mcp cloud`: alice, who has a password and an address, and carol, who has a second factor too.

    It is known by its address, or by `host`, as passkeys need it. There is an administrator if one is named.
    """

    def __init__(self, host=None, administrator=None, **options):
        self.temporary = tempfile.mkdtemp(prefix="nextcloud-mcp-")
        self.data = Path(self.temporary) / "data"
        self.data.mkdir()
        self.user, self.guarded = (self.account(name) for name in ["alice", "carol"])
        self.guarded["second_factor"] = self.admin("twofactorauth:enable", "carol")["uri"]
        self.administrator = self.account(administrator, "--group", "admin") if administrator else None
        environment = {"EMBEDDED_CLOUD_REGISTRATION": "open"}
        port = free_port() if host else 0
        public = ["--public-url", f"http://{host}:{port}"] if host else []
        super().__init__("cloud", "--json", "--port", port, "--data", self.data, *public, environment=environment, **options)
        self.cloud_url = self.issuer = public[1] if public else self.info["cloud_url"].rstrip("/")

    def account(self, name, *options):
        made = self.admin("user:add", name, "--email", f"{name}@example.org", *options)
        return {"name": name, "password": made["password"]}

    def code(self):
        """What the guarded account's authenticator app shows."""
        secret = parameters(self.guarded["second_factor"])["secret"]
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        digest = hmac.digest(key, struct.pack(">Q", int(time.time() // 30)), hashlib.sha1)
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"

    def admin(self, *arguments):
        """Runs an administrator's command on the cloud's data. Those about accounts want that no cloud uses it."""
        ended = run(BINARIES / "nextcloud-mcp", "admin", *arguments, "--data", self.data, "--json", timeout=60)
        assert ended.returncode == 0, f"admin {arguments}: {ended.stdout}{ended.stderr}"
        return json.loads(ended.stdout or "null")

    def __exit__(self, *details):
        super().__exit__(*details)
        shutil.rmtree(self.temporary, ignore_errors=True)


def parameters(url):
    """The query of an address."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
