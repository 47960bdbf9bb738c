"""The OpenID provider against the npm package oidc-provider: the same work on the same machine, row by row.

Ours keeps everything in SQLite on disk; the other keeps it in the memory of one process.
"""

import contextlib
import json
import os
import subprocess
import sys
import urllib.parse
from pathlib import Path

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from harness import BINARIES, free_port, run
from person import Person
from provider import Provider, parameters

BACK = "http://127.0.0.1:45678/back"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
CONNECTIONS = 8
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


class Side:
    """One server, with a client and a person who is signed in and has agreed."""

    def __init__(self, process, issuer, client, service, resource, person, most_introspections):
        self.process = process.pid
        self.issuer = issuer
        self.service = service
        self.resource = resource
        self.clients = client if isinstance(client, list) else [client]
        self.id, self.secret = self.clients[0]
        self.person = person
        self.most_introspections = most_introspections
        self.server = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=20).json()

    def path(self, endpoint):
        return urllib.parse.urlsplit(self.server[endpoint]).path

    def who(self, client=None):
        name, secret = client or self.clients[0]
        return {"client_id": name, "client_secret": secret}

    def authorization(self, scope, client=None, **more):
        return f"{self.server['authorization_endpoint']}?" + urllib.parse.urlencode(
            {
                "client_id": (client or self.clients[0])[0],
                "redirect_uri": BACK,
                "response_type": "code",
                "scope": scope,
                "state": "s",
                "code_challenge": create_s256_code_challenge(VERIFIER),
                "code_challenge_method": "S256",
                **more,
            }
        )

    def redemption(self, client=None):
        return {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER, **self.who(client)}

    def tokens(self, scope, client=None, **more):
        back = self.person.answer(self.authorization(scope, client, **more), BACK)
        assert "code" in parameters(back), back
        data = {**self.redemption(client), "code": parameters(back)["code"]}
        answer = requests.post(self.server["token_endpoint"], data=data, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def load(self, work, connections=CONNECTIONS, **limits):
        address = urllib.parse.urlsplit(self.issuer).netloc
        plan = {"address": address, "host": address, "connections": connections, "seconds": SECONDS, "work": work, **limits}
        ended = run(BINARIES / "provider_load", json.dumps(plan), timeout=120)
        assert ended.returncode == 0, ended.stderr[-2000:]
        ended = json.loads(ended.stdout)
        return ended["per_second"], ended["answers"]

    def processor_seconds(self):
        """What the server's process has used so far (utime and stime of proc(5))."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def credentials(self):
        more = {"resource": self.resource, **self.who(self.service)}
        body = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "notes:read", **more})
        return self.load({"same": [["POST", self.path("token_endpoint"), FORM, body]]})

    def signed_token(self):
        """A signed access token of a program that acts for itself, with what one needs to verify it."""
        data = {"grant_type": "client_credentials", "scope": "notes:read", "resource": self.resource, **self.who(self.service)}
        answer = requests.post(self.server["token_endpoint"], data=data, timeout=20)
        assert answer.status_code == 200, answer.text
        keys = requests.get(self.server["jwks_uri"], timeout=20).json()
        return {"token": answer.json()["access_token"], "keys": keys, "issuer": self.issuer, "audience": self.resource}

    def refreshes(self, scope):
        tokens = [self.tokens(scope, prompt="consent")["refresh_token"] for _ in range(CONNECTIONS)]
        body = urllib.parse.urlencode({"grant_type": "refresh_token", **self.who()}) + "&refresh_token="
        return self.load({"refresh": {"request": ["POST", self.path("token_endpoint"), FORM, body], "tokens": tokens}})

    def flows(self):
        scope = "openid profile"
        self.tokens(scope)
        url = urllib.parse.urlsplit(self.authorization(scope))
        sent = [cookie for cookie in self.person.session.cookies if url.path.startswith(cookie.path)]
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent)
        authorize = ["GET", f"{url.path}?{url.query}", f"Cookie: {cookies}\r\n", ""]
        token = ["POST", self.path("token_endpoint"), FORM, urllib.parse.urlencode(self.redemption())]
        return self.load({"flow": {"authorize": authorize, "token": token}})

    def introspections(self):
        wanted = []
        for client in self.clients:
            token = self.tokens("openid profile", client)["access_token"]
            body = urllib.parse.urlencode({"token": token, **self.who(client)})
            wanted.append(["POST", self.path("introspection_endpoint"), FORM, body])
        return self.load({"same": wanted}, most=self.most_introspections * len(wanted))

    def userinfo(self):
        token = self.tokens("openid profile")["access_token"]
        return self.load({"same": [["GET", self.path("userinfo_endpoint"), f"Authorization: Bearer {token}\r\n", ""]]})


@contextlib.contextmanager
def other():
    script = Path(os.environ["E2E_NODE_FOLDER"]) / "oidc_provider.mjs"
    client = ("bench", "a-secret-of-the-bench-a-secret-of-the-bench")
    wanted = {"port": free_port(), "id": client[0], "secret": client[1], "back": BACK}
    command = [os.environ["E2E_NODE"], script, json.dumps(wanted)]
    environment = {**os.environ, "NODE_ENV": "production"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as running:
        try:
            issuer = json.loads(running.stdout.readline())["issuer"]
            yield Side(running, issuer, client, client, f"{issuer}/api", Person("alice", ""), 10**9)
        finally:
            running.terminate()


@contextlib.contextmanager
def ours():
    with Provider() as provider:
        server = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=20).json()
        metadata = {
            "client_name": "Bench",
            "redirect_uris": [BACK],
            "application_type": "native",
            "token_endpoint_auth_method": "client_secret_post",
            "id_token_signed_response_alg": "ES256",
            "grant_types": ["authorization_code", "refresh_token"],
        }
        clients = []
        # Introspections are limited per client, so there are several.
        for _ in range(8):
            answer = requests.post(server["registration_endpoint"], json=metadata, timeout=20)
            assert answer.status_code == 201, answer.text
            clients.append((answer.json()["client_id"], answer.json()["client_secret"]))
        made = provider.admin("oidc:create", "Bench", "--service", "--token_type", "jwt", "--allowed_scopes", "notes:read")
        service = (made["clientId"], made["clientSecret"])
        person = Person(provider.user["name"], provider.user["password"])
        yield Side(provider.process, provider.issuer, clients, service, provider.issuer, person, 550)


def verifications(signed):
    """The same token verified without asking anybody: by our code, and by the npm package jose."""
    plan = json.dumps({**signed, "seconds": SECONDS})
    script = Path(os.environ["E2E_NODE_FOLDER"]) / "verify_load.mjs"
    measured = []
    for command in [[BINARIES / "verify_load"], [os.environ["E2E_NODE"], script]]:
        ended = run(*command, plan, timeout=120)
        assert ended.returncode == 0, ended.stderr[-2000:]
        measured.append(json.loads(ended.stdout)["per_second"])
    return measured


ROWS = {
    "client credentials (a signed access token)": Side.credentials,
    "refreshes (new access and refresh token)": lambda side: side.refreshes("notes:read offline_access"),
    "refreshes (with a signed ID token)": lambda side: side.refreshes("openid notes:read offline_access"),
    "code flows (signed in, agreed; two requests)": Side.flows,
    "introspections": Side.introspections,
    "userinfo": Side.userinfo,
}


def measure(side, work):
    """Answers in a second, and in a second of the server's processor time."""
    before = side.processor_seconds()
    per_second, answers = work(side)
    return per_second, answers / max(side.processor_seconds() - before, 0.01)


def main():
    rows = []
    with ours() as mine, other() as theirs:
        # One after the other in each row: what else the machine does then touches both alike.
        for row, work in ROWS.items():
            rows.append((row, *zip(measure(mine, work), measure(theirs, work))))
        rows.append(("local verifications (ES256; the other is jose)", verifications(mine.signed_token()), None))
    print(f"{f'{CONNECTIONS} connections':<46} {'per second':>31} {'per second of processor time':>32}")
    for row, rate, work in rows:
        shown = [f"{own:>9.0f} {foreign:>12.0f} {own / foreign:>8.2f}x" for own, foreign in filter(None, [rate, work])]
        print(f"{row:<46} {'  '.join(shown)}")


main()
