"""Open Cloud Mesh with a server that is written on other libraries, as sender and as receiver; and litmus on the mount of a share."""

import contextlib
import json
import tempfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
import requests
from harness import BINARIES, BUILD, Cloud, Demo, Tally, free_port, run
from litmus_suites import litmus
from ocm_peer import Peer

API = "/ocs/v2.php/apps/files_sharing/api/v1"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def ocs(cloud, method, route, **fields):
    """Status and data of an OCS answer."""
    body = urllib.parse.urlencode(fields).encode() if fields else None
    status, _, answer = cloud.send(method, f"{API}{route}", body, FORM if fields else None)
    return status, json.loads(answer)["ocs"]["data"]


def jwt_of(origin, token, audience):
    """The claims of an access token, by what its issuer publishes and nothing else."""
    header = jwt.get_unverified_header(token)
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    document = requests.get(f"{issuer}/.well-known/ocm", timeout=10).json()
    keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(requests.get(document["jwksUri"], timeout=10).json()).keys}
    claims = jwt.decode(
        token,
        keys[header["kid"]].key,
        algorithms=["ES256", "EdDSA"],
        audience=audience,
        issuer=origin,
        options={"require": ["iss", "sub", "aud", "exp", "iat", "client_id", "jti"]},
    )
    return header, claims


def peer_receives(tally, demo, algorithm):
    """Ours is the sender."""
    peer = Peer(algorithm)
    alice = Cloud(demo.cloud_url, demo.user)
    name = f"Shared with {algorithm}"
    folder = f"{alice.files}/{urllib.parse.quote(name)}"
    alice.send("MKCOL", folder)
    alice.send("PUT", f"{folder}/plan.txt", b"the plan")
    status, share = ocs(
        alice, "POST", "/shares?format=json", path=f"/{name}", shareType=6, shareWith=f"zoe@{peer.url}", permissions=15
    )
    tally.equal("a share is made", status, 200)
    tally.equal("its message is signed by us", (peer.signers, peer.refused), ([demo.cloud_url], []))
    tally.check("no secret is told to the one who shares", not share.get("share_token"), share)
    body = peer.shares[0]
    webdav = body["protocol"]["webdav"]
    secret, provider_id = webdav["sharedSecret"], body["providerId"]
    tally.equal("the share is strict", webdav["requirements"], ["must-exchange-token"])

    answer = peer.exchange(demo.cloud_url, secret)
    tally.equal("the secret is exchanged", answer.status_code, 200)
    tally.equal("nobody keeps the answer", answer.headers["cache-control"], "no-store")
    token = answer.json()["access_token"]
    header, claims = jwt_of(demo.cloud_url, token, f"zoe@{peer.host}")
    tally.equal("type of the token", header["typ"], "at+jwt")
    tally.equal("the token names share and owner", (claims["client_id"], claims["sub"]), (provider_id, demo.user["name"]))
    tally.equal("its life is what was said", claims["exp"] - claims["iat"], answer.json()["expires_in"])

    bearer = {"authorization": f"Bearer {token}"}
    for root in ("/public.php/webdav/", f"/public.php/webdav/{provider_id}/", f"/ocm/dav/{provider_id}/"):
        url = f"{demo.cloud_url}{root}"
        found = requests.request("PROPFIND", url, headers={**bearer, "depth": "1"}, timeout=10)
        tally.equal(f"{root} lists the folder", (found.status_code, "plan.txt" in found.text), (207, True))
        tally.equal(f"{root} gives the file", requests.get(f"{url}plan.txt", headers=bearer, timeout=10).content, b"the plan")
    root = f"{demo.cloud_url}/ocm/dav/{provider_id}/"
    put = requests.put(f"{root}new%20%C3%A9.txt", data=b"written by the peer", headers=bearer, timeout=10)
    tally.equal("the peer writes", put.status_code, 201)
    tally.equal("and we have it", alice.send("GET", f"{folder}/new%20%C3%A9.txt")[2], b"written by the peer")
    part = requests.get(f"{root}plan.txt", headers={**bearer, "range": "bytes=4-7"}, timeout=10)
    tally.equal("a part of a file", (part.status_code, part.content), (206, b"plan"))

    for what, refused in [
        ("the secret with Basic", {"auth": (secret, "")}),
        ("the secret as Bearer", {"headers": {"authorization": f"Bearer {secret}"}}),
        ("nothing", {}),
        ("the token with Basic", {"auth": (token, "")}),
    ]:
        tally.equal(f"{what} opens nothing", requests.get(f"{root}plan.txt", timeout=10, **refused).status_code, 401)
    for path in (alice.files, "/ocs/v2.php/cloud/user?format=json", "/remote.php/dav/calendars/alice/"):
        answer = requests.get(f"{demo.cloud_url}{path}", headers={**bearer, "ocs-apirequest": "true"}, timeout=10)
        tally.equal(f"the token opens nothing at {path}", answer.status_code, 401)

    again = peer.exchange(demo.cloud_url, secret)
    tally.equal("it is exchanged again", again.status_code, 200)
    tally.check("for another token", again.json()["access_token"] != token)
    tally.equal("the first stays good", requests.get(f"{root}plan.txt", headers=bearer, timeout=10).status_code, 200)
    refusals = [
        ("an unknown code", peer.exchange(demo.cloud_url, "wrong" * 9), "invalid_grant"),
        ("another client", peer.exchange(demo.cloud_url, secret, client_id="example.org"), "invalid_client"),
        ("a changed body", peer.exchange(demo.cloud_url, secret, change=lambda headers, body: body + b"&a=b"), "invalid_client"),
    ]

    def unsigned(headers, body):
        for name in ("signature", "signature-input"):
            del headers[name]
        return body

    refusals.append(("no signature", peer.exchange(demo.cloud_url, secret, change=unsigned), "invalid_client"))
    for what, answer, error in refusals:
        tally.equal(f"{what} is refused", (answer.status_code, answer.json().get("error")), (400, error))

    accepted = peer.notify(demo.cloud_url, "SHARE_ACCEPTED", provider_id, secret)
    tally.equal("acceptance is noted", accepted.status_code, 201)
    wrong = peer.notify(demo.cloud_url, "SHARE_DECLINED", provider_id, "wrong")
    tally.equal("a wrong secret is refused", wrong.status_code, 403)
    status, _ = ocs(alice, "PUT", f"/shares/{share['id']}?format=json", permissions=1)
    tally.equal("permissions are reduced", status, 200)
    put = requests.put(f"{root}plan.txt", data=b"no", headers=bearer, timeout=10)
    tally.equal("at once, for tokens that are in use", put.status_code, 403)
    tally.equal("unshared", alice.send("DELETE", f"{API}/shares/{share['id']}?format=json")[0], 200)
    tally.equal("no token is good any more", requests.get(f"{root}plan.txt", headers=bearer, timeout=10).status_code, 401)
    ended = peer.exchange(demo.cloud_url, secret)
    tally.equal("nor the secret", (ended.status_code, ended.json()["error"]), (400, "invalid_grant"))
    told = lambda: [sent["notificationType"] for sent in peer.notifications]
    wait_for(lambda: "SHARE_UNSHARED" in told())
    tally.equal("the peer is told of both", told(), ["RESHARE_CHANGE_PERMISSION", "SHARE_UNSHARED"])
    tally.equal("every message was signed well", peer.refused, [])
    alice.close()
    peer.stop()


def wait_for(condition, seconds=20):
    step = threading.Event()
    for _ in range(seconds * 10):
        if condition():
            return
        step.wait(0.1)


def peer_sends(tally, demo, algorithm):
    """Ours is the receiver."""
    peer = Peer(algorithm)
    bob = demo.info["users"][1]
    cloud = Cloud(demo.cloud_url, bob)
    name = f"From {algorithm}"
    address = f"{bob['name']}@{demo.cloud_url}"
    tally.equal("a share arrives", peer.share_with(demo.cloud_url, address, name).status_code, 201)
    twice = peer.share_with(demo.cloud_url, address, name, provider_id=peer.provider_id)
    tally.check("the same again makes no second one", twice.status_code in (201, 409), twice.status_code)
    _, pending = ocs(cloud, "GET", "/remote_shares/pending?format=json")
    mine = [share for share in pending if share["remote_id"] == peer.provider_id]
    tally.equal("it waits for an answer", len(mine), 1)
    tally.equal("nothing was fetched for it", peer.dav_log, [])
    number = mine[0]["id"]
    status, _ = ocs(cloud, "POST", f"/remote_shares/pending/{number}?format=json")
    tally.equal("it is accepted", status, 200)
    place = f"{cloud.files}/{urllib.parse.quote(name)}"
    _, _, listing = cloud.send("PROPFIND", f"{cloud.files}/", headers={"depth": "1"})
    tally.check("it is among the files", urllib.parse.quote(name) in listing.decode())
    status, headers, content = cloud.send("GET", f"{place}/hello.txt")
    tally.equal("a file is read", (status, content), (200, peer.files["hello.txt"]))
    tally.equal("its version passes through", headers["etag"], '"hello.txt-1"')
    status, _, content = cloud.send("GET", f"{place}/hello.txt", headers={"range": "bytes=0-4"})
    tally.equal("a part of it", (status, content), (206, b"hello"))
    tally.equal("a file is made", cloud.send("PUT", f"{place}/made.txt", b"made by us")[0], 201)
    tally.equal("the peer has it", peer.files.get("made.txt"), b"made by us")
    stale = cloud.send("PUT", f"{place}/hello.txt", b"x", {"if-match": '"hello.txt-9"'})[0]
    tally.equal("a stale version is refused", stale, 412)
    tally.equal("and nothing changed", peer.files["hello.txt"], b"hello from the peer\n")
    tally.equal("one token did for all", len(peer.token_requests), 1)

    peer.tokens.clear()
    tally.equal("a token that ended is renewed", cloud.send("GET", f"{place}/hello.txt")[0], 200)
    tally.equal("once", len(peer.token_requests), 2)
    peer.tokens.clear()
    status = cloud.send("PUT", f"{place}/made.txt", b"y" * 300_000)[0]
    tally.check("also while something is written, whole or not at all", status in (204, 503), status)
    tally.check("never half", peer.files["made.txt"] in (b"made by us", b"y" * 300_000))

    refused = peer.notify(demo.cloud_url, "SHARE_UNSHARED", peer.provider_id, "wrong")
    tally.equal("a wrong secret ends nothing", (refused.status_code, cloud.send("GET", f"{place}/hello.txt")[0]), (403, 200))
    tally.equal("the right one does", peer.notify(demo.cloud_url, "SHARE_UNSHARED", peer.provider_id, peer.secret).status_code, 201)
    tally.equal("the folder is gone", cloud.send("PROPFIND", f"{place}/", headers={"depth": "0"})[0], 404)

    tally.equal("another share", peer.share_with(demo.cloud_url, address, "Unwanted").status_code, 201)
    _, pending = ocs(cloud, "GET", "/remote_shares/pending?format=json")
    [unwanted] = [share for share in pending if share["remote_id"] == peer.provider_id]
    tally.equal("is declined", cloud.send("DELETE", f"{API}/remote_shares/pending/{unwanted['id']}?format=json")[0], 200)
    wait_for(lambda: "SHARE_DECLINED" in [sent["notificationType"] for sent in peer.notifications])
    tally.equal("and the peer is told", peer.notifications[-1]["notificationType"], "SHARE_DECLINED")
    tally.equal("every message was signed well, and the secret stayed home", peer.refused, [])

    def spoil(headers, body):
        return body.replace(b"Zoe", b"Eve")

    document = peer.discover(demo.cloud_url)
    forged = json.dumps({"shareWith": address, "name": "Zoe"}).encode()
    answer = peer.post(f"{document['endPoint']}/shares", forged, change=spoil)
    tally.check("a changed message is refused", answer.status_code in (400, 401), answer.status_code)
    cloud.close()
    peer.stop()


def litmus_with_bearer(tally, demo):
    """litmus only knows Basic; a proxy in front of the mount sets the token."""
    peer = Peer()
    alice = Cloud(demo.cloud_url, demo.user)
    alice.send("MKCOL", f"{alice.files}/For%20litmus")
    ocs(
        alice, "POST", "/shares?format=json", path="/For litmus", shareType=6, shareWith=f"zoe@{peer.url}", permissions=15
    )
    body = peer.shares[0]
    secret, provider_id = body["protocol"]["webdav"]["sharedSecret"], body["providerId"]
    token = {"value": peer.exchange(demo.cloud_url, secret).json()["access_token"]}
    for root in (f"/ocm/dav/{provider_id}", "/public.php/webdav"):
        with BearerProxy(demo.cloud_url, token) as url:
            log = BUILD / "litmus-federation" / f"litmus{root.split('/')[1].replace('.', '-')}.log"
            litmus(tally, f"{url}{root}/", ("user", "password"), log, root)
    alice.close()
    peer.stop()


class BearerProxy:
    """Passes everything on, with the token as credential."""

    def __init__(self, target, token):
        session = requests.Session()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                skipped = ("host", "authorization", "content-length", "connection", "accept-encoding")
                headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
                headers["Authorization"] = f"Bearer {token['value']}"
                headers["Accept-Encoding"] = "identity"
                here = f"http://{self.headers['host']}"
                for name in ("Destination", "If"):
                    if name in headers:
                        headers[name] = headers[name].replace(here, target)
                answer = session.request(
                    self.command, f"{target}{self.path}", headers=headers, data=body, timeout=60, allow_redirects=False
                )
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                if self.command != "HEAD":
                    # litmus hangs up where the answer does not matter to it.
                    with contextlib.suppress(OSError):
                        self.wfile.write(answer.content)

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self.pass_on
                raise AttributeError(name)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()


def restarts(tally):
    """Either side is killed and starts again, at the same address and with the same data."""
    ports = [free_port() for _ in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        start = lambda which: Demo(
            data=Path(folder) / f"cloud-{which}",
            port=ports[2 * which],
            arguments=("--cloud-port", ports[2 * which + 1]),
            environment=SETTINGS,
        )
        here, there = start(0), start(1)
        alice, bob = here.info["users"][0], there.info["users"][1]
        sender = Cloud(here.cloud_url, alice)
        sender.send("MKCOL", f"{sender.files}/Kept")
        sender.send("PUT", f"{sender.files}/Kept/plan.txt", b"the plan")
        address = f"{bob['name']}@{there.cloud_url}"
        _, share = ocs(sender, "POST", "/shares?format=json", path="/Kept", shareType=6, shareWith=address, permissions=15)
        receiver = Cloud(there.cloud_url, bob)
        _, [offered] = ocs(receiver, "GET", "/remote_shares/pending?format=json")
        ocs(receiver, "POST", f"/remote_shares/pending/{offered['id']}?format=json")

        def read():
            cloud = Cloud(there.cloud_url, bob)
            status, _, content = cloud.send("GET", f"{cloud.files}/Kept/plan.txt")
            cloud.close()
            return status, content

        tally.equal("the file is read", read(), (200, b"the plan"))
        here.kill()
        status, _ = read()
        tally.check("while the sender is away it cannot be read", status in (502, 503, 504), status)
        here = start(0)
        wait_for(lambda: read()[0] == 200)
        tally.equal("the sender is back", read(), (200, b"the plan"))
        there.kill()
        there = start(1)
        tally.equal("the receiver starts again", read(), (200, b"the plan"))
        sender = Cloud(here.cloud_url, alice)
        there.kill()
        tally.equal("it is ended while the receiver is away", ocs(sender, "DELETE", f"/shares/{share['id']}?format=json")[0], 200)
        here.kill()
        here, there = start(0), start(1)
        # The sender may need a moment until it can be asked.
        answers = [read()[0]]
        wait_for(lambda: answers.append(read()[0]) or answers[-1] in (403, 404))
        tally.check("what was ended stays ended", answers[-1] in (403, 404) and 200 not in answers, answers)
        for demo in (here, there):
            demo.stop()
        sender.close()


class Assistant:
    """The tools of the product, as one person at one cloud."""

    def __init__(self, demo, user):
        self.environment = {
            "NEXTCLOUD_HOST": demo.cloud_url,
            "NEXTCLOUD_USERNAME": user["name"],
            "NEXTCLOUD_PASSWORD": user["app_password"],
        }

    def call(self, tool, **arguments):
        ended = run(BINARIES / "nextcloud-mcp", "call", tool, json.dumps(arguments), environment=self.environment)
        if ended.returncode:
            raise RuntimeError(f"{tool}: {ended.stderr[-1500:]}")
        return json.loads(ended.stdout)


def assistants(tally, here, there):
    """Two clouds, and an assistant at each: shared, seen, accepted, read, written, given up."""
    alice, bob = here.info["users"][0], there.info["users"][1]
    sender, receiver = Assistant(here, alice), Assistant(there, bob)
    sender.call("nc_webdav_create_directory", path="For Bob")
    sender.call("nc_webdav_write_file", path="For Bob/plan.txt", content="the plan")
    address = f"{bob['name']}@{there.cloud_url}"
    made = sender.call(
        "nc_share_create", path="/For Bob", share_type=6, share_with=address, permissions=15, confirm_outside=True
    )
    number = made["share"]["id"]
    tally.check("no secret is told", "secret" not in json.dumps(made).lower(), made)
    listed = sender.call("nc_share_list")
    tally.check("the share is among the others", str(number) in json.dumps(listed), listed)
    pending = receiver.call("nc_share_list_remote", pending=True)
    [offered] = pending["shares"]
    tally.check("it says from whom", alice["name"] in json.dumps(offered), offered)
    receiver.call("nc_share_accept_remote", share_id=offered["id"])
    tally.equal("nothing waits any more", receiver.call("nc_share_list_remote", pending=True)["shares"], [])
    read = receiver.call("nc_webdav_read_file", path="For Bob/plan.txt")
    tally.equal("the other assistant reads the file", read["content"], "the plan")
    receiver.call("nc_webdav_write_file", path="For Bob/answer.txt", content="I agree")
    read = sender.call("nc_webdav_read_file", path="For Bob/answer.txt")
    tally.equal("and answers", read["content"], "I agree")
    found = receiver.call("nc_webdav_list_directory", path="For Bob")
    names = sorted(entry["name"] for entry in found["files"])
    tally.equal("the folder lists both", names, ["answer.txt", "plan.txt"])
    sender.call("nc_share_update", share_id=number, permissions=1)
    try:
        receiver.call("nc_webdav_write_file", path="For Bob/more.txt", content="x")
        tally.check("who may only read does not write", False)
    except RuntimeError as refused:
        tally.check("who may only read does not write", "403" in str(refused) or "permission" in str(refused).lower(), refused)
    receiver.call("nc_share_remove_remote", share_id=offered["id"])
    wait_for(lambda: str(number) not in json.dumps(sender.call("nc_share_list")), seconds=10)
    tally.check("given up, it ends there too", str(number) not in json.dumps(sender.call("nc_share_list")))


SETTINGS = {"OCM_ENABLED": "true", "OCM_ALLOW_HTTP": "true", "OCM_ALLOW_PRIVATE": "true"}


def main():
    tally = Tally()
    with Demo(environment=SETTINGS) as demo:
        for algorithm in ("Ed25519", "ES256"):
            with tally.part(f"a peer with {algorithm} receives"):
                peer_receives(tally, demo, algorithm)
            with tally.part(f"a peer with {algorithm} sends"):
                peer_sends(tally, demo, algorithm)
        with tally.part("two clouds with an assistant each"), Demo(environment=SETTINGS) as other:
            assistants(tally, demo, other)
        with tally.part("either side starts again"):
            restarts(tally)
        with tally.part("litmus on the mount of a share"):
            litmus_with_bearer(tally, demo)
    tally.finish()


main()
