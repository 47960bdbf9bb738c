"""openid-client, oauth4webapi and jose, with a person in headless Chromium, against the OpenID provider.

Afterwards the pages themselves: answered with the keyboard alone, in light and dark, wide and as a phone; pictures of
every page in `build/screens`. And passkeys, with a virtual authenticator in the browser.
"""

import json
import os
import shutil
from pathlib import Path

from harness import BUILD, free_port, run
from provider import Provider


def node(script, provider, **more):
    """Runs a script; whether everything in it was well."""
    port = free_port()
    provider.admin("oidc:create-logout-redirect-uri", f"http://127.0.0.1:{port}/back")
    wanted = {
        "chromium": shutil.which("chromium"),
        "issuer": provider.issuer,
        "resource": provider.cloud_url,
        "person": provider.user,
        "guarded": provider.guarded,
        "port": port,
        **more,
    }
    ended = run(os.environ["E2E_NODE"], Path(os.environ["E2E_NODE_FOLDER"]) / script, json.dumps(wanted), timeout=900)
    print(ended.stdout + ended.stderr, flush=True)
    return ended.returncode == 0


def main():
    with Provider() as provider:
        service = ["--service", "--token_type", "jwt", "--allowed_scopes", "notes:read"]
        created = provider.admin("oidc:create", "Reporter", *service)
        good = node("provider.mjs", provider, service={"id": created["clientId"], "secret": created["clientSecret"]})
    # Another cloud, where no other app is connected.
    with Provider() as provider:
        screens = BUILD / "screens"
        screens.mkdir(parents=True, exist_ok=True)
        good = node("provider_pages.mjs", provider, screens=str(screens)) and good
    # One with a host name, which passkeys need.
    with Provider(host="localhost") as provider:
        good = node("provider_passkeys.mjs", provider, screens=str(screens)) and good
    raise SystemExit(0 if good else 1)


main()
