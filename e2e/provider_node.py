"""openid-client, oauth4webapi and jose, with a person in headless Chromium, against the OpenID provider."""

import json
import os
import shutil
from pathlib import Path

from harness import free_port, run
from provider import Provider


def main():
    script = Path(os.environ["E2E_NODE_FOLDER"]) / "provider.mjs"
    with Provider() as provider:
        port = free_port()
        provider.admin("oidc:create-logout-redirect-uri", f"http://127.0.0.1:{port}/back")
        wanted = {
            "chromium": shutil.which("chromium"),
            "issuer": provider.issuer,
            "resource": provider.cloud_url,
            "person": provider.user,
            "port": port,
        }
        ended = run(os.environ["E2E_NODE"], script, json.dumps(wanted), timeout=900)
        print(ended.stdout + ended.stderr)
        raise SystemExit(ended.returncode)


main()
