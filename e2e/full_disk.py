"""Writes while the disk is full, again and again: no file of the server may become longer than it happens to be allowed.

Every request is answered. What was acknowledged is there, at once and after a restart; files hold what was sent as a whole or
what they held before; and the server works again as soon as there is room.
"""

import hashlib
import itertools
import json
import random
import resource
import sqlite3
import sys
import threading
import time

import requests

from harness import Server, Tally
from provider import Provider

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 12
SECONDS = 1.0
SIZES = [10, 3_000, 40_000, 400_000]
addresses = itertools.count(1)


def limit(server, size):
    """The longest that a file may become; `None` for any length. A write beyond it fails, as on a full disk."""
    endless = resource.RLIM_INFINITY
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (endless if size is None else size, endless))


class Writer(threading.Thread):
    """Writes files, notes or clients until it is told to stop."""

    def __init__(self, provider, what, number, seen):
        super().__init__(daemon=True)
        self.provider, self.what, self.seen = provider, what, seen
        self.chance = random.Random(number)
        self.session = requests.Session()
        self.session.auth = (provider.user["name"], provider.user["password"])
        self.session.headers["OCS-APIRequest"] = "true"
        self.number = number
        self.ended = False
        self.answers = {}
        self.surprises = []

    def run(self):
        while not self.ended:
            try:
                getattr(self, self.what)()
            except Exception as error:  # told at the end of the round
                self.surprises.append(f"{self.what}: {type(error).__name__}: {error}")
                return

    def send(self, method, path, good, **options):
        url = self.provider.issuer + path
        answer = self.session.request(method, url, timeout=40, allow_redirects=False, **options)
        self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
        if answer.status_code not in good and answer.status_code < 500:
            self.surprises.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer if answer.status_code in good else None

    def file(self):
        name = f"{self.number}-{self.chance.randrange(6)}.bin"
        content = self.chance.randbytes(self.chance.choice(SIZES))
        state = hashlib.sha256(content).hexdigest()
        before = self.seen["file"].get(name, {None})
        # What is not acknowledged may have happened, or not; but not by half.
        self.seen["file"][name] = before | {state}
        if self.send("PUT", f"/remote.php/dav/files/alice/{name}", [201, 204], data=content):
            self.seen["file"][name] = {state}

    def note(self):
        content = f"{self.chance.random()}\n" * self.chance.choice([1, 2000])
        sent = {"title": "A note", "content": content, "category": ""}
        if answer := self.send("POST", "/index.php/apps/notes/api/v1/notes", [200], json=sent):
            self.seen["note"][answer.json()["id"]] = content

    def client(self):
        number = next(addresses)
        metadata = {"redirect_uris": ["https://app.example/cb"], "client_name": f"Client {number}" + "x" * self.chance.randrange(100)}
        headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
        self.session.auth = None
        if answer := self.send("POST", "/apps/oidc/register", [201], json=metadata, headers=headers):
            client = answer.json()
            self.seen["client"][client["client_id"]] = (client["registration_access_token"], metadata["client_name"])


def verify(tally, what, provider, seen, fresh):
    """What was acknowledged is there."""
    session = requests.Session()
    session.auth = (provider.user["name"], provider.user["password"])
    session.headers["OCS-APIRequest"] = "true"
    for name, states in seen["file"].items():
        answer = session.get(f"{provider.issuer}/remote.php/dav/files/alice/{name}", timeout=20)
        found = hashlib.sha256(answer.content).hexdigest() if answer.status_code == 200 else None
        good = found in states and answer.status_code in [200, 404]
        tally.check(f"{what}: {name} is as acknowledged", good, f"{answer.status_code}, {len(answer.content)} bytes, {len(states)} states")
        seen["file"][name] = {found}
    for number in fresh["note"]:
        answer = session.get(f"{provider.issuer}/index.php/apps/notes/api/v1/notes/{number}", timeout=20)
        good = answer.status_code == 200 and answer.json()["content"] == seen["note"][number]
        tally.check(f"{what}: note {number} is there", good, answer.status_code)
    for client in fresh["client"]:
        token, name = seen["client"][client]
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"{provider.issuer}/apps/oidc/register/{client}", headers=headers, timeout=20)
        good = answer.status_code == 200 and answer.json()["client_name"] == name
        tally.check(f"{what}: client {client[:8]} is there", good, f"{answer.status_code} {answer.text[:100]}")


def longest(provider):
    """The size of the longest file that the databases consist of."""
    return max(path.stat().st_size for path in provider.data.glob("*.db*"))


def fill(tally, turn, provider, seen, chance):
    """One time without room; how many requests failed, and how many did not."""
    before = {kind: set(seen[kind]) for kind in ["note", "client"]}
    kinds = ["file", "note", "client", "client", "file", "client"]
    writers = [Writer(provider, kind, turn * 100 + number, seen) for number, kind in enumerate(kinds)]
    limit(provider, chance.randrange(4096, longest(provider) + 100_000))
    for writer in writers:
        writer.start()
    time.sleep(SECONDS)
    limit(provider, None)
    time.sleep(0.2)
    for writer in writers:
        writer.ended = True
    for writer in writers:
        writer.join(60)
        tally.check(f"round {turn}: every {writer.what} was answered", not writer.is_alive())
        tally.check(f"round {turn}: no surprises", not writer.surprises, writer.surprises[:2])
    tally.check(f"round {turn}: it still runs", provider.process.poll() is None, provider.process.poll())
    # There is room again: everything works.
    for kind in ["file", "note", "client"]:
        after = Writer(provider, kind, turn * 100 + 50, seen)
        getattr(after, kind)()
        tally.check(f"round {turn}: a {kind} is written again", all(status < 300 for status in after.answers), after.answers)
    verify(tally, f"round {turn}", provider, seen, {kind: set(seen[kind]) - before[kind] for kind in before})
    answers = {}
    for writer in writers:
        for status, count in writer.answers.items():
            answers[status] = answers.get(status, 0) + count
    print(f"round {turn}: answers {dict(sorted(answers.items()))}")
    return sum(count for status, count in answers.items() if status >= 500), sum(count for status, count in answers.items() if status < 300)


def is_whole(path):
    with sqlite3.connect(path) as database:
        return database.execute("PRAGMA integrity_check").fetchone()[0]


def main():
    tally = Tally()
    seen = {"file": {}, "note": {}, "client": {}}
    chance = random.Random(11)
    refused = kept = 0
    # Python does not want to be ended by a write that is too long, and neither does the server: it has to be told that by an error.
    with Provider(restore_signals=False) as provider:
        for turn in range(ROUNDS):
            with tally.part(f"round {turn}"):
                failed, passed = fill(tally, turn, provider, seen, chance)
                refused, kept = refused + failed, kept + passed
        provider.kill()
        for path in sorted(provider.data.glob("*.db")):
            tally.equal(f"{path.name} is whole", is_whole(path), "ok")
        again = Server("cloud", "--json", "--port", 0, "--data", provider.data, environment={"EMBEDDED_CLOUD_REGISTRATION": "open"})
        with again, tally.part("after a restart"):
            provider.issuer = again.info["cloud_url"].rstrip("/")
            verify(tally, "after a restart", provider, seen, seen)
            tally.equal("an orderly end", again.stop(), 0)
    print(f"{refused} requests failed for want of room, {kept} were acknowledged; {json.dumps({kind: len(of) for kind, of in seen.items()})}")
    tally.check("enough was written and refused to mean something", refused > ROUNDS and kept > ROUNDS * 5, (refused, kept))
    tally.finish()


if __name__ == "__main__":
    main()
