"""kill -9 during a stream of writes, again and again, on one data folder.

After each restart every acknowledged change is there, a change that was under way has happened wholly or not at all,
and ETag, size and content agree.
"""

import hashlib
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import BINARIES, Cloud, Demo, Tally

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
WRITERS = 4
FILES_EACH = 8
SIZES = [0, 1, 5_000, 70_000, 300_000, 1_500_000]
GONE = None
PROPERTIES = b"""<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">
<d:prop><d:getetag/><d:getcontentlength/><oc:size/><d:resourcetype/></d:prop></d:propfind>"""
NAMES = {"d": "DAV:", "oc": "http://owncloud.org/ns"}


class Known:
    """What one path may hold: the last acknowledged state, and while a change is under way also the next one."""

    def __init__(self):
        self.states = {GONE}

    def begin(self, state):
        self.states.add(state)

    def acknowledge(self, state):
        self.states = {state}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def trickle(content):
    for start in range(0, max(len(content), 1), 50_000):
        time.sleep(0.01)
        yield content[start : start + 50_000]


class Writer(threading.Thread):
    """Changes its own files, one after the other, until the server is gone."""

    def __init__(self, demo, number, round_number, known, notes):
        super().__init__(daemon=True)
        self.cloud = Cloud(demo.cloud_url, demo.user, timeout=10)
        self.number = number
        self.chance = random.Random(round_number * 100 + number)
        self.known = known
        self.notes = notes
        self.acknowledged = 0
        self.surprises = []

    def run(self):
        try:
            while True:
                if self.number == 0:
                    self.write_note()
                else:
                    self.change_file()
        except (OSError, http.client.HTTPException):
            return  # the server is gone

    def path(self, name):
        return f"{self.cloud.files}/stream/{name}"

    def change_file(self):
        name = f"w{self.number}-{self.chance.randrange(FILES_EACH)}.bin"
        known = self.known.setdefault(name, Known())
        kind = self.chance.random()
        if kind < 0.8:
            content = self.chance.randbytes(self.chance.choice(SIZES))
            known.begin(digest(content))
            # The last one is slow, so that most rounds end in the middle of a body.
            body = trickle(content) if self.number == WRITERS - 1 else content
            self.expect(self.cloud.send("PUT", self.path(name), body), (201, 204), name)
            known.acknowledge(digest(content))
        elif kind < 0.9 and known.states != {GONE}:
            known.begin(GONE)
            self.expect(self.cloud.send("DELETE", self.path(name)), (204,), name)
            known.acknowledge(GONE)
        elif known.states != {GONE}:
            target = f"w{self.number}-moved.bin"
            moved = self.known.setdefault(target, Known())
            (state,) = known.states
            known.begin(GONE)
            moved.begin(state)
            destination = {"Destination": self.cloud.base + self.path(target), "Overwrite": "T"}
            self.expect(self.cloud.send("MOVE", self.path(name), headers=destination), (201, 204), name)
            known.acknowledge(GONE)
            moved.acknowledge(state)
        self.acknowledged += 1

    def write_note(self):
        text = f"# Note\n\n{self.chance.random()}\n" * self.chance.choice([1, 100, 3000])
        body = json.dumps({"title": "Stream", "content": text, "category": "Stream"}).encode()
        headers = {"Content-Type": "application/json"}
        answer = self.cloud.send("POST", "/index.php/apps/notes/api/v1/notes", body, headers)
        self.expect(answer, (200,), "note")
        self.notes[json.loads(answer[2])["id"]] = text
        self.acknowledged += 1

    def expect(self, answer, statuses, what):
        if answer[0] not in statuses:
            self.surprises.append(f"{what} was answered {answer[0]} {answer[2][:200]}")


def listing(cloud):
    """ETag and size of each file of the folder, and the size of the folder itself."""
    status, _, body = cloud.send("PROPFIND", f"{cloud.files}/stream/", PROPERTIES, {"Depth": "1"})
    assert status == 207, f"PROPFIND was answered {status}"
    files, folder_size = {}, None
    for response in ElementTree.fromstring(body).findall("d:response", NAMES):
        href = urllib.parse.unquote(response.findtext("d:href", namespaces=NAMES))
        prop = response.find("d:propstat/d:prop", NAMES)
        if prop.find("d:resourcetype/d:collection", NAMES) is not None:
            folder_size = int(prop.findtext("oc:size", namespaces=NAMES))
        else:
            size = int(prop.findtext("d:getcontentlength", namespaces=NAMES))
            files[href.rsplit("/", 1)[1]] = (prop.findtext("d:getetag", namespaces=NAMES), size)
    return files, folder_size


def verify(tally, what, cloud, known, notes, new_notes):
    files, folder_size = listing(cloud)
    wrong = [name for name in files if name not in known]
    tally.check(f"{what}: nothing that nobody wrote", not wrong, wrong)
    tally.equal(f"{what}: size of the folder", folder_size, sum(size for _, size in files.values()))
    for name, state in known.items():
        status, headers, body = cloud.send("GET", f"{cloud.files}/stream/{name}")
        found = digest(body) if status == 200 else GONE
        good = found in state.states and status in (200, 404)
        tally.check(f"{what}: {name} is as acknowledged", good, f"{status}, {len(body)} bytes, one of {len(state.states)} states")
        tally.equal(f"{what}: {name} is listed", name in files, status == 200)
        if status == 200 and name in files:
            listed = (files[name][0], files[name][1], files[name][1])
            tally.equal(f"{what}: {name} agrees", (headers["ETag"], int(headers["Content-Length"]), len(body)), listed)
        state.acknowledge(found)
    for number in new_notes:
        status, _, body = cloud.send("GET", f"/index.php/apps/notes/api/v1/notes/{number}")
        good = status == 200 and json.loads(body)["content"] == notes[number]
        tally.check(f"{what}: note {number} is there", good, f"{status} {body[:100]}")


def left_over(data, user, known):
    """What broken writes could leave on the disk: files that no listing shows."""
    begun = [str(path) for path in (data / "data" / ".tmp").rglob("*") if path.is_file()]
    stored = {path.name for path in (data / "data" / user / "files" / "stream").iterdir()}
    return begun + sorted(stored - {name for name, state in known.items() if state.states != {GONE}})


def break_off(data, seconds):
    """Starts a demo and kills it so soon that it may not be ready."""
    command = [BINARIES / "nextcloud-mcp", "demo", "--json", "--port", "0", "--data", data]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.kill()
    process.wait()


def first_starts(tally, folder):
    """A first start that was broken off, wherever it was, does not spoil the folder."""
    for turn in range(15):
        data = Path(folder) / f"first-{turn}"
        break_off(data, 0.02 + 0.03 * turn)
        with Demo(data=data) as demo:
            cloud = Cloud(demo.cloud_url, demo.user)
            status, _, _ = cloud.send("GET", f"{cloud.files}/Documents/Welcome.md")
            tally.equal(f"first start {turn} broken off: the sample data is there", status, 200)


def main():
    tally = Tally()
    known, notes, acknowledged = {}, {}, 0
    chance = random.Random(7)
    new_notes = []
    with TemporaryDirectory(prefix="nextcloud-mcp-") as folder:
        with tally.part("first starts"):
            first_starts(tally, folder)
        data = Path(folder) / "data"
        for turn in range(ROUNDS + 1):
            if turn % 3 == 1:
                # What a start mends must also survive.
                break_off(data, chance.uniform(0.0, 0.15))
            with Demo(data=data) as demo, tally.part(f"round {turn}"):
                cloud = Cloud(demo.cloud_url, demo.user)
                if turn == 0:
                    tally.equal("the folder is made", cloud.send("MKCOL", f"{cloud.files}/stream")[0], 201)
                verify(tally, f"round {turn}", cloud, known, notes, new_notes)
                cloud.close()
                if turn == ROUNDS:
                    break
                before = set(notes)
                writers = [Writer(demo, number, turn, known, notes) for number in range(WRITERS)]
                for writer in writers:
                    writer.start()
                time.sleep(chance.uniform(0.02, 0.5))
                demo.kill()
                for writer in writers:
                    writer.join(15)
                    tally.check(f"round {turn}: no surprises", not writer.surprises, writer.surprises[:2])
                    acknowledged += writer.acknowledged
                new_notes = sorted(set(notes) - before)
        # All of them once more, not only those of the last round.
        with Demo(data=data) as demo, tally.part("the end"):
            cloud = Cloud(demo.cloud_url, demo.user)
            verify(tally, "the end", cloud, known, notes, list(notes))
            tally.equal("no leftovers of broken writes", left_over(data, demo.user["name"], known), [])
            tally.equal("an orderly end", demo.stop(), 0)
    print(f"{acknowledged} changes were acknowledged in {ROUNDS} rounds, {len(notes)} of them notes")
    tally.check("enough was written to mean something", acknowledged > ROUNDS * 5, acknowledged)
    tally.finish()


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "warn")
    main()
