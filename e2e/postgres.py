"""The store on PostgreSQL: its own tests on a throw-away server, then two servers that share one database.

A person signs in at one `serve --mode oauth`; the other believes the token, a restart changes nothing, and what is taken back at
one is gone at the other. Afterwards nothing that was secret on the wire is in a table, in the copy or in a log; the database's own log has
every statement with its parameters.
"""

import contextlib
import html
import json
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

import requests

from harness import BINARIES, BUILD, LOGS, ROOT, Demo, Tally, free_port, run
from person import Page, Person, values
from secrets_walk import Record, Search, values_in

KEYS = [secrets.token_urlsafe(32) + "=" for _ in range(2)]
REDIRECT = "http://127.0.0.1/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
MODERN = "2026-07-28"
# Schemas that the tests of the store leave behind: one for each check that every backend must pass, and some more.
LEAST_SCHEMAS = 60


class Cluster:
    """A PostgreSQL server of its own. It does not run as root, so then its folder belongs to the package's account."""

    def __init__(self):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        self.programs = found[-1].parent if found else Path(shutil.which("initdb")).parent
        (BUILD / "postgres").mkdir(parents=True, exist_ok=True)
        self.account = "postgres" if os.geteuid() == 0 else None
        self.folder = self.make_folder(BUILD / "postgres")
        self.password = secrets.token_hex(16)
        self.port = free_port()
        (self.folder / "password").write_text(self.password)
        self.give(self.folder / "password")
        self.run("initdb", "-D", self.folder / "data", "-U", "tester", "-A", "scram-sha-256", "-E", "UTF8",
                 "--locale=C.UTF-8", "--no-sync", "--pwfile", self.folder / "password")
        # Nothing has to survive a power cut here.
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c log_statement=all"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")

    def make_folder(self, below):
        """Below the build folder, unless the package's account cannot get there."""
        for parent in [below, None]:
            folder = Path(tempfile.mkdtemp(prefix="cluster-", dir=parent))
            self.give(folder)
            if self.account is None or run(*self.prefix(), "test", "-w", folder, cwd="/").returncode == 0:
                return folder
            folder.rmdir()
        raise RuntimeError("no folder for a PostgreSQL cluster")

    def give(self, path):
        if self.account:
            account = pwd.getpwnam(self.account)
            os.chown(path, account.pw_uid, account.pw_gid)

    def prefix(self):
        return ["runuser", "-u", self.account, "--"] if self.account else []

    def run(self, program, *arguments):
        # What the server writes later must not be waited for.
        with open(LOGS / "postgres-cluster.log", "ab") as said:
            command = [*self.prefix(), self.programs / program, *arguments]
            ended = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/")
        assert ended.returncode == 0, f"{program} failed"

    def url(self, database):
        return f"postgres://tester:{self.password}@127.0.0.1:{self.port}/{database}"

    def ask(self, statement, database="postgres"):
        ended = run("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement, self.url(database))
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def logged(self):
        return (self.folder / "log").read_bytes()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(AssertionError):
            self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


class Serve:
    """One `serve --mode oauth`, at a port of its own but with the address that all have."""

    number = 0

    def __init__(self, cloud_url, data, port, public_url, environment):
        Serve.number += 1
        self.log = LOGS / f"postgres-serve-{Serve.number}.log"
        self.url = f"http://127.0.0.1:{port}"
        self.resource = f"{public_url}/mcp"
        self.said = []
        command = [BINARIES / "nextcloud-mcp", "serve", "--mode", "oauth", "--port", str(port)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **environment, "NEXTCLOUD_HOST": cloud_url, "NEXTCLOUD_MCP_DATA": str(data),
                 "NEXTCLOUD_MCP_SERVER_URL": public_url, "METRICS_ENABLED": "false"},
        )
        self.is_ready = threading.Event()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with open(self.log, "w") as log:
            for line in self.process.stderr:
                self.said.append(line)
                log.write(line)
                log.flush()
                if line.startswith("MCP server:"):
                    self.is_ready.set()
        self.is_ready.set()

    def wait(self):
        """Until it is ready or has ended."""
        assert self.is_ready.wait(30), "neither ready nor ended"
        return self

    def ended(self):
        """Exit code and what it said, of one that refuses to start."""
        code = self.process.wait(30)
        self.is_ready.wait(5)
        return code, "".join(self.said)

    def stop(self, kill=False):
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(20)


def message(url, token, method, **params):
    """A request of the stateless revision."""
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    return requests.post(f"{url}/mcp", json=body, headers=headers, timeout=30)


def reads(url, token):
    """Whether the token gets as far as the person's notes."""
    answer = message(url, token, "tools/call", name="nc_notes_search_notes", arguments={"query": "Shopping"})
    if answer.status_code != 401 and not (answer.status_code == 200 and "Shopping" in answer.text):
        raise RuntimeError(f"neither read nor refused: {answer.status_code} {answer.text[:500]}")
    return answer.status_code == 200


def authorization(server, client):
    query = {"response_type": "code", "client_id": client, "redirect_uri": REDIRECT, "state": "s",
             "code_challenge": CHALLENGE, "code_challenge_method": "S256", "scope": "openid offline_access notes:read",
             "resource": server.resource}
    return f"{server.url}/oauth/authorize?{urllib.parse.urlencode(query)}"


class Visitor(Person):
    """A browser that knows Login Flow v2."""

    def submit(self, page, **more):
        fields = [*values(page.forms[0], {"user": self.name, "password": self.password}), *more.items()]
        return self.follow(self.send(page, page.forms[0], fields), REDIRECT)

    def grant_at_nextcloud(self, waiting):
        link = html.unescape(re.search(r'class="button" href="([^"]+)"', waiting.text).group(1))
        page = self.follow(self.session.get(link, allow_redirects=False, timeout=20), REDIRECT)
        for _ in range(4):
            if not page.forms:
                return
            page = self.submit(page, **({"decision": "grant"} if 'value="grant"' in page.text else {}))
        raise RuntimeError("the sign-in at the Nextcloud does not end")

    def sign_in(self, server, client):
        """From the authorization request to the page that asks for consent, or past it; whether the person had to sign in."""
        page = self.follow(self.session.get(authorization(server, client), allow_redirects=False, timeout=20), REDIRECT)
        if not isinstance(page, Page) or "/oauth/signin" not in page.url:
            return page, False
        waiting = self.submit(page)
        self.grant_at_nextcloud(waiting)
        page = waiting
        for _ in range(20):
            again = re.search(r'href="([^"]+)">Look again', page.text)
            if not again:
                return page, True
            time.sleep(1)
            url = urllib.parse.urljoin(page.url, html.unescape(again.group(1)))
            page = self.follow(self.session.get(url, allow_redirects=False, timeout=20), REDIRECT)
        raise RuntimeError(f"the waiting page does not go on: {page.url}")

    def tokens(self, server, client):
        page, had_to = self.sign_in(server, client)
        back = page if isinstance(page, str) else self.submit(page, decision="grant")
        code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "client_id": client,
                "code_verifier": VERIFIER, "resource": server.resource}
        answer = requests.post(f"{server.url}/oauth/token", data=form, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json(), had_to


def store_tests(tally, cluster):
    nextest = shutil.which("cargo-nextest")
    command = ["nextest", "run", "--no-fail-fast"] if nextest else ["test", "--no-fail-fast", "--lib", "--tests"]
    environment = {**os.environ, "TEST_POSTGRES_URL": cluster.url("postgres"), "CARGO_TERM_COLOR": "never"}
    cargo = [os.environ.get("CARGO", "cargo"), *command, "--locked", "--package", "nc-store-postgres"]
    ended = subprocess.run(cargo, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    tally.equal("the tests of the store pass", ended.returncode, 0)
    schemas = int(cluster.ask("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'store\\_%'"))
    tally.check("they ran on this server", schemas >= LEAST_SCHEMAS, f"{schemas} schemas")


def refused_starts(tally, start, environment):
    code, said = start(environment | {"TOKEN_ENCRYPTION_KEY": ""}).ended()
    tally.equal("without a key that others can have it does not start", code, 2)
    tally.check("and says what to set", "TOKEN_ENCRYPTION_KEY" in said, said)
    wrong = environment["TOKEN_STORAGE_DB"].replace("tester:", "tester:wrong")
    code, said = start(environment | {"TOKEN_STORAGE_DB": wrong}).ended()
    tally.equal("with a wrong password it does not start", code, 1)
    tally.check("and says which database", "PostgreSQL" in said and "password" in said, said)


def walk(tally, cluster, record, known, folder):
    """Every value of every table, the copy and all logs. `known` is no secret: a client, a subject and a person, found where they belong."""
    for kind in ["code at", "code_verifier at", "access_token at", "refresh_token at", "id_token at", "csrf at", "rid at", "cookie ",
                 "registration_access_token at", "segment at a path", "beside the wire"]:
        tally.check(f"the run made {kind}", any(place.startswith(kind) for place in record.secrets.values()), set(record.secrets.values()))
    # As bytes, which is how sealed values lie there: what is found must not be for want of looking.
    planted = max(record.secrets, key=len)
    cluster.ask("CREATE TABLE planted (content BYTEA)", "mcp")
    cluster.ask(f"INSERT INTO planted VALUES (convert_to('{planted}', 'UTF8'))", "mcp")
    places = {path.name: path.read_bytes() for path in LOGS.glob("postgres-*.log")} | {"the copy": (folder / "copy.sql").read_bytes()}
    for database in ["mcp", "restored"]:
        columns = values_in(lambda statement, database=database: cluster.ask(statement, database).splitlines())
        seen = sum(map(len, columns.values()))
        tally.check(f"{database} has tables and values", len(columns) > 150 and seen > 150, f"{len(columns)} columns, {seen} values")
        places |= {f"{database}.{column}": b"\n".join(contents) for column, contents in columns.items()}
    lines = cluster.logged().split(b"\n")
    places["PostgreSQL"] = b"\n".join(line for line in lines if b"INSERT INTO planted" not in line)

    def search(secrets):
        search = Search(secrets)
        return [found for place, content in places.items() for found in search.in_bytes(place, content)]

    for what, value in known.items():
        found = search({value: what})
        for place in ["mcp.", "restored.", "the copy", "PostgreSQL"]:
            tally.check(f"{what} is found in {place}", any(one.startswith(place) for one in found), found)
    paths = search({"/oauth/token": "a path"})
    tally.check("and in the logs of the servers what was asked", any(one.startswith("postgres-serve-") for one in paths), paths)
    found = search(record.secrets)
    in_place, strays = [[one for one in found if one.startswith("mcp.planted.content") == wanted] for wanted in [True, False]]
    tally.check("a planted secret is found", in_place != [])
    tally.check(f"none of {len(record.secrets)} secrets is found elsewhere", strays == [], "\n".join(strays))


def shared(tally, cluster, demo, folder):
    """Two servers behind one address, on one database. What is no secret and must be found there."""
    cluster.ask("CREATE DATABASE mcp")
    ports = [free_port(), free_port()]
    public_url = f"http://127.0.0.1:{ports[0]}"
    environment = {"TOKEN_STORAGE_DB": cluster.url("mcp"), "TOKEN_ENCRYPTION_KEY": KEYS[0], "LOG_LEVEL": "trace"}

    def start(environment, number=0):
        return Serve(demo.cloud_url, folder / str(number), ports[number], public_url, environment)

    def admin(*arguments):
        ended = run(BINARIES / "nextcloud-mcp", "admin", "--json", *arguments, environment=environment, cwd=folder)
        assert ended.returncode == 0, f"admin {arguments}: {ended.stdout}{ended.stderr}"
        return json.loads(ended.stdout)

    with contextlib.ExitStack() as stack:
        def run_server(number):
            server = start(environment, number)
            stack.callback(server.stop, kill=True)
            return server

        with tally.part("refused starts"):
            refused_starts(tally, start, environment)
        # Both at once, on an empty database.
        one, other = [server.wait() for server in [run_server(0), run_server(1)]]
        registration = {"client_name": "Test", "redirect_uris": [REDIRECT], "application_type": "native",
                        "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"]}
        client = requests.post(f"{one.url}/oauth/register", json=registration, timeout=20).json()["client_id"]
        alice = Visitor(demo.user["name"], demo.user["password"])
        with tally.part("two servers"):
            tokens, had_to = alice.tokens(one, client)
            token = tokens["access_token"]
            tally.check("the person signed in at the Nextcloud", had_to)
            tally.check("the server that gave the token takes it", reads(one.url, token))
            tally.check("and so does the other", reads(other.url, token))
        with tally.part("a restart"):
            one.stop()
            one = run_server(0).wait()
            tally.check("the token is still good", reads(one.url, token))
            tokens, had_to = alice.tokens(one, client)
            tally.check("the browser is still signed in", not had_to)
            other.stop(kill=True)
            other = run_server(1).wait()
            tally.check("kill -9 changes nothing either", reads(other.url, tokens["access_token"]))
        with tally.part("the command line"):
            tally.equal("the client is listed", [known["clientId"] for known in admin("oidc:list")], [client])
            kept = admin("credentials", "list")
            tally.equal("the app password is listed", [(given["user"], given["state"]) for given in kept], [(demo.user["name"], "active")])
            tally.check("the audit log is whole", admin("audit", "verify")["good"] > 3)
            copy = folder / "copy.sql"
            admin("oidc:backup", copy)
            text = copy.read_text()
            tally.check("a copy has the rows and no secret", client in text and token not in text and KEYS[0] not in text)
            cluster.ask("CREATE DATABASE restored")
            put_back = run("psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", copy, cluster.url("restored"))
            tally.equal("psql puts the copy back", (put_back.returncode, put_back.stderr), (0, ""))
            restored = environment | {"TOKEN_STORAGE_DB": cluster.url("restored")}
            ended = run(BINARIES / "nextcloud-mcp", "admin", "--json", "audit", "verify", environment=restored, cwd=folder)
            tally.check("and it is whole", ended.returncode == 0, ended.stderr)
        with tally.part("taking back"):
            form = {"token": tokens["refresh_token"], "client_id": client}
            tally.check("both take it before", reads(one.url, tokens["access_token"]) and reads(other.url, tokens["access_token"]))
            tally.equal("at the first", requests.post(f"{one.url}/oauth/revoke", data=form, timeout=20).status_code, 200)
            answer = message(other.url, tokens["access_token"], "tools/list")
            tally.equal("is known to the second", answer.status_code, 401)
            tally.check("the first one is good until its person is put out", reads(other.url, token))
            admin("credentials", "revoke", "--user", demo.user["name"])
            tally.check("and then ended", not reads(one.url, token) and not reads(other.url, token))
        with tally.part("another key"):
            code, said = start(environment | {"TOKEN_ENCRYPTION_KEY": KEYS[1]}, 1).ended() if not other.stop() else (None, "")
            tally.check("it does not start", code == 1 and "another key" in said, f"{code} {said}")
    subject = cluster.ask("SELECT subject FROM subjects", "mcp")
    return {"the client": client, "the subject": subject, "the person": demo.user["name"]}


def main():
    tally = Tally()
    with Cluster() as cluster, tempfile.TemporaryDirectory(prefix="nextcloud-mcp-") as folder:
        with tally.part("the store"):
            store_tests(tally, cluster)
        with Record() as record, Demo() as demo:
            for secret in [cluster.password, *KEYS, *(user[kind] for user in demo.users.values() for kind in ["password", "app_password"])]:
                record.add("", "beside the wire", secret)
            with tally.part("a shared database"):
                known = shared(tally, cluster, demo, Path(folder))
            with tally.part("what was secret"):
                walk(tally, cluster, record, known, Path(folder))
    tally.finish()


if __name__ == "__main__":
    main()
