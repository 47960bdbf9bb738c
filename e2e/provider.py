"""What the scripts that need the OpenID provider share: a demo whose clients may register themselves."""

import urllib.parse

from harness import BINARIES, Demo, run

# Scopes of the standard and 18 of the apps: 247 characters.
APPS = ["notes", "calendar", "todo", "contacts", "cookbook", "deck", "tables", "files", "sharing"]
REFERENCE = " ".join(["openid", "profile", "email"] + [f"{app}:{verb}" for app in APPS for verb in ["read", "write"]])
assert len(REFERENCE) == 247


class Provider(Demo):
    """The demo with an OpenID provider that lets clients register themselves."""

    def __init__(self):
        super().__init__(environment={"EMBEDDED_CLOUD_REGISTRATION": "open"})
        self.issuer = self.cloud_url

    def admin(self, *arguments):
        """Runs an administrator's command on the demo's data, while the demo uses it."""
        ended = run(BINARIES / "nextcloud-mcp", "admin", *arguments, "--data", self.data, timeout=60)
        assert ended.returncode == 0, f"admin {arguments}: {ended.stdout}{ended.stderr}"
        return ended.stdout


def parameters(url):
    """The query of an address."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
