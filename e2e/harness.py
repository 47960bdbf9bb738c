"""What the scripts beside this file share: the booted binary, and a tally of what was checked.

`cargo xtask test` sets where the binaries, Node and the build folder are.
"""

import base64
import contextlib
import http.client
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("E2E_BUILD", ROOT / "build"))
BINARIES = Path(os.environ.get("E2E_BINARIES", ROOT / "target" / "debug"))
NAME = Path(sys.argv[0]).stem
LOGS = BUILD / "logs"
LOGS.mkdir(parents=True, exist_ok=True)
for old in LOGS.glob(f"{NAME}-*.log"):
    old.unlink()


class Tally:
    """Counts checks; says at once what failed, and at the end how many there were."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, what, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}{': ' if detail else ''}{str(detail)[:1500]}")
        return bool(good)

    def equal(self, what, actual, expected):
        return self.check(what, actual == expected, f"got {actual!r}, expected {expected!r}")

    @contextlib.contextmanager
    def part(self, what):
        """A part whose unexpected end is one failure and not the end of everything."""
        before = (self.passed, self.failed)
        started = time.monotonic()
        try:
            yield
        except Exception as error:  # the script goes on with the next part
            self.check(what, False, f"{type(error).__name__}: {flat(error)}")
        passed, failed = self.passed - before[0], self.failed - before[1]
        print(f"{what}: {passed} passed, {failed} failed ({time.monotonic() - started:.1f} s)")

    def finish(self):
        print(f"total: {self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def flat(error):
    """The text of an error, also of those that are groups of others."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(flat(inner) for inner in error.exceptions)
    return str(error)


class Server:
    """One running binary that says in one line of JSON when it is ready."""

    def __init__(self, *arguments, program="nextcloud-mcp", environment=None, **options):
        self.log = LOGS / f"{NAME}-{len(list(LOGS.glob(NAME + '-*.log'))):03}.log"
        self.stderr = open(self.log, "wb")
        self.process = subprocess.Popen(
            [str(BINARIES / program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            env={**os.environ, **(environment or {})},
            **options,
        )
        try:
            self.info = self.wait_until_ready(60)
        except BaseException:
            self.kill()
            raise

    def wait_until_ready(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            readable, _, _ = select.select([self.process.stdout], [], [], 0.2)
            if readable:
                line = self.process.stdout.readline()
                if line.strip():
                    return json.loads(line)
            if self.process.poll() is not None:
                break
        raise RuntimeError(f"{self.process.args} did not become ready; it said:\n{self.said()}")

    def said(self):
        self.stderr.flush()
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self):
        """Asks it to end; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            return "did not end within 20 seconds"

    def kill(self):
        """Ends it as a power cut would."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.stderr.close()


class Demo(Server):
    """`nextcloud-mcp demo`: a cloud with users and data, and an MCP server in front of it."""

    def __init__(self, data=None, mode="single-user", arguments=(), port=0, environment=None):
        self.temporary = None
        if data is None:
            self.temporary = tempfile.mkdtemp(prefix="nextcloud-mcp-")
            data = Path(self.temporary) / "data"
        self.data = Path(data)
        command = ("demo", "--json", "--port", port, "--data", self.data, "--mode", mode, *arguments)
        super().__init__(*command, environment=environment)
        self.mcp_url = self.info["mcp_url"]
        self.cloud_url = self.info["cloud_url"].rstrip("/")
        self.users = {user["name"]: user for user in self.info["users"]}
        self.user = self.info["users"][0]

    def __exit__(self, *details):
        super().__exit__(*details)
        if self.temporary:
            shutil.rmtree(self.temporary, ignore_errors=True)


def free_port():
    """A port at which nobody listens now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def basic(user, secret="app_password"):
    """The Authorization header of a user."""
    pair = f"{user['name']}:{user[secret]}".encode()
    return "Basic " + base64.b64encode(pair).decode()


class Cloud:
    """Plain HTTP to the cloud as one user, over one connection."""

    def __init__(self, url, user, timeout=30):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        self.base = parts.path.rstrip("/")
        self.headers = {"Authorization": basic(user), "OCS-APIRequest": "true", "Accept": "application/json"}
        self.files = f"/remote.php/dav/files/{urllib.parse.quote(user['name'])}"

    def send(self, method, path, body=None, headers=None):
        """Status, headers and body of the answer."""
        self.connection.request(method, self.base + path, body, {**self.headers, **(headers or {})})
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def close(self):
        self.connection.close()


def run(*command, environment=None, timeout=600, **options):
    """Runs a program to its end with its output as text."""
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        env={**os.environ, **(environment or {})},
        **options,
    )
