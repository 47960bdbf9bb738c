"""The OpenID provider against the npm package oidc-provider: the same work on the same machine, row by row.

Ours keeps everything in SQLite on disk, and answers when it is synced there, with an entry of the audit log for everything
that is issued; the other keeps everything in the memory of one process, and nothing of it longer.
"""

import contextlib
import http.client
import json
import os
import random
import statistics
import string
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from harness import BINARIES, free_port, run
from person import Person
from provider import Provider, parameters

BACK = "http://127.0.0.1:45678/back"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"
SECONDS = float(next(iter(sys.argv[1:]), 4.0)) if "--refusals" not in sys.argv else 4.0
CONNECTIONS = 8
# Answers of each kind whose times are compared.
TIMED = 3000
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


def refusal_times(side):
    """T15: how long "wrong secret" and "unknown client" take, in microseconds; in one run, in an order by chance."""
    url = urllib.parse.urlsplit(side.server["token_endpoint"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    letters = string.ascii_letters + string.digits
    kinds = ["wrong secret", "unknown client"] * (TIMED + 100)
    random.shuffle(kinds)
    times, bodies = {kind: [] for kind in kinds}, set()
    for number, kind in enumerate(kinds):
        client = side.id if kind == "wrong secret" else "".join(random.choices(letters, k=len(side.id)))
        wrong = "".join(random.choices("0123456789abcdef", k=len(side.secret)))
        body = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": client, "client_secret": wrong})
        # Failures are counted by client and address, so each comes from one of its own.
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address}
        began = time.perf_counter_ns()
        connection.request("POST", url.path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        times[kind].append((time.perf_counter_ns() - began) / 1000)
        bodies.add((answer.status, text))
    assert len(bodies) == 1 and next(iter(bodies))[0] == 401, bodies
    # The first ones are slower, whatever they ask.
    return {kind: taken[-TIMED:] for kind, taken in times.items()}


def show_refusals(times):
    print(f"\nT15, {TIMED} answers of each kind, mixed: microseconds until the answer")
    for kind, taken in times.items():
        low, middle, high = statistics.quantiles(taken, n=4)
        print(f"{kind:<46} quartile {low:>7.1f}  median {middle:>7.1f}  quartile {high:>7.1f}")
    wrong, unknown = (sorted(times[kind]) for kind in ["wrong secret", "unknown client"])
    slower = at = 0
    for taken in wrong:
        while at < len(unknown) and unknown[at] < taken:
            at += 1
        slower += at
    # One half: nobody can tell them apart by time.
    print(f"{'share of pairs in which the wrong secret is slower':<51} {slower / len(wrong) / len(unknown):>6.3f}")


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


def settle(side):
    """Waits until the server has nothing to do any more: ours makes an RSA key after its first start."""
    for _ in range(120):
        before = side.processor_seconds()
        time.sleep(0.5)
        if side.processor_seconds() - before < 0.02:
            return


def main():
    if "--refusals" in sys.argv:
        with ours() as mine:
            settle(mine)
            return show_refusals(refusal_times(mine))
    rows = []
    with ours() as mine, other() as theirs:
        settle(mine)
        settle(theirs)
        # One after the other in each row: what else the machine does then touches both alike.
        for row, work in ROWS.items():
            rows.append((row, *zip(measure(mine, work), measure(theirs, work))))
        rows.append(("local verifications (ES256; the other is jose)", verifications(mine.signed_token()), None))
        refusals = refusal_times(mine)
    print(f"{f'{CONNECTIONS} connections':<46} {'per second':>31} {'per second of processor time':>32}")
    for row, rate, work in rows:
        shown = [f"{own:>9.0f} {foreign:>12.0f} {own / foreign:>8.2f}x" for own, foreign in filter(None, [rate, work])]
        print(f"{row:<46} {'  '.join(shown)}")
    print("Each column: ours, npm oidc-provider, ratio. Ours is on disk and synced, the other in memory.")
    show_refusals(refusals)


main()
