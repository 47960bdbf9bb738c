"""Another server that speaks Open Cloud Mesh, written on other libraries: http-message-signatures, cryptography and PyJWT.

It is sender and receiver, keeps everything in memory, and can be told to misbehave.
"""

import base64
import datetime
import hashlib
import json
import secrets
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

COVERED = ("@method", "@target-uri", "content-digest", "content-length")


def text(data):
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Message:
    """A request as the library wants it."""

    def __init__(self, method, url, headers):
        self.method = method
        self.url = url
        self.headers = headers


class Keys(HTTPSignatureKeyResolver):
    """The private key of one side, or the published ones of the other."""

    def __init__(self, private=None, public=None):
        self.private = private or {}
        self.public = public or {}

    def resolve_private_key(self, key_id):
        return self.private[key_id]

    def resolve_public_key(self, key_id):
        return self.public[key_id]


ALGORITHMS = {"ES256": algorithms.ECDSA_P256_SHA256, "Ed25519": algorithms.ED25519, "EdDSA": algorithms.ED25519}


def public_key(jwk):
    """The key of a JWK."""
    number = lambda name: base64.urlsafe_b64decode(jwk[name] + "==")
    if jwk["kty"] == "OKP":
        return ed25519.Ed25519PublicKey.from_public_bytes(number("x"))
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + number("x") + number("y"))


def verify(method, url, headers, body):
    """Verifies a message by the keys that the origin in its `keyid` publishes. The origin; an exception when it is not good."""
    key_id = headers["signature-input"].split('keyid="')[1].split('"')[0]
    origin = "/".join(key_id.split("/")[:3])
    document = requests.get(f"{origin}/.well-known/ocm", timeout=10).json()
    published = requests.get(document["jwksUri"], timeout=10).json()["keys"]
    [jwk] = [jwk for jwk in published if jwk["kid"] == key_id]
    verifier = HTTPMessageVerifier(
        signature_algorithm=ALGORITHMS[jwk["alg"]], key_resolver=Keys(public={key_id: public_key(jwk)})
    )
    verifier.verify(
        Message(method, url, headers),
        max_age=datetime.timedelta(seconds=300),
        expect_tag="ocm",
        require_components=COVERED,
        body=body,
    )
    return origin


class Peer:
    """The server. `algorithm` is what it signs with."""

    def __init__(self, algorithm="Ed25519", can_exchange=True):
        self.algorithm = algorithm
        self.can_exchange = can_exchange
        self.key = ed25519.Ed25519PrivateKey.generate() if algorithm == "Ed25519" else ec.generate_private_key(ec.SECP256R1())
        # What was received: shares, notifications, and the signatures of their senders.
        self.shares = []
        self.notifications = []
        self.token_requests = []
        self.signers = []
        self.refused = []
        # What is sent: files of the shared folder, the secret, tokens that are good.
        self.files = {"hello.txt": b"hello from the peer\n"}
        self.versions = {"hello.txt": 1}
        self.secret = secrets.token_urlsafe(32)
        self.tokens = set()
        self.dav_log = []
        self.signed_at = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                if self.headers.get("transfer-encoding", "").lower() == "chunked":
                    body = b""
                    while size := int(self.rfile.readline().split(b";")[0], 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                status, headers, answer = peer.answer(self.command, self.path, self.headers, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PROPFIND = do_MKCOL = do_MOVE = handle_any

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.key_id = f"{self.url}/ocm#k1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()

    # What it sends.

    def post(self, url, body, content_type="application/json", change=None):
        """Posts a signed message. `change` gets the prepared request and may spoil it."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = requests.structures.CaseInsensitiveDict({"content-type": content_type, "content-length": str(len(body))})
        signer = HTTPMessageSigner(
            signature_algorithm=ALGORITHMS[self.algorithm], key_resolver=Keys(private={self.key_id: self.key})
        )
        signer.sign(
            Message("POST", url, headers),
            key_id=self.key_id,
            created=self.moment(),
            tag="ocm",
            include_alg=False,
            covered_component_ids=COVERED,
            body=body,
        )
        if change:
            body = change(headers, body)
        return requests.post(url, data=body, headers=dict(headers), timeout=30, allow_redirects=False)

    def moment(self):
        """Now, but never the same second twice: Ed25519 signs the same message alike, and nobody takes it again."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.signed_at = max(now, self.signed_at + datetime.timedelta(seconds=1))
        return self.signed_at

    def discover(self, origin):
        return requests.get(f"{origin}/.well-known/ocm", timeout=10).json()

    def share_with(self, origin, address, name="From the peer", provider_id=None, requirements=("must-exchange-token",)):
        """Shares the folder of the peer with somebody."""
        end_point = self.discover(origin)["endPoint"]
        self.provider_id = provider_id or secrets.token_hex(16)
        webdav = {"uri": self.provider_id, "sharedSecret": self.secret, "permissions": ["read", "write"]}
        if requirements:
            webdav["requirements"] = list(requirements)
        return self.post(
            f"{end_point}/shares",
            {
                "shareWith": address,
                "name": name,
                "providerId": self.provider_id,
                "owner": f"zoe@{self.url}",
                "sender": f"zoe@{self.url}",
                "ownerDisplayName": "Zoe",
                "senderDisplayName": "Zoe",
                "shareType": "user",
                "resourceType": "folder",
                "protocol": {"name": "multi", "webdav": webdav},
            },
        )

    def notify(self, origin, kind, provider_id, secret, **more):
        end_point = self.discover(origin)["endPoint"]
        body = {
            "notificationType": kind,
            "resourceType": "folder",
            "providerId": provider_id,
            "notification": {"sharedSecret": secret, "message": "from the peer"},
            **more,
        }
        return self.post(f"{end_point}/notifications", body)

    def exchange(self, origin, secret, client_id=None, change=None):
        """Exchanges a secret at the server's token endpoint."""
        form = {"grant_type": "authorization_code", "client_id": client_id or self.host, "code": secret}
        body = urllib.parse.urlencode(form).encode()
        end_point = self.discover(origin)["tokenEndPoint"]
        return self.post(end_point, body, "application/x-www-form-urlencoded", change)

    # What it answers.

    def document(self):
        capabilities = ["http-sig", "notifications", "protocol-object"]
        document = {
            "enabled": True,
            "apiVersion": "1.4.0",
            "version": "1.4.0",
            "endPoint": f"{self.url}/ocm",
            "provider": "Peer",
            "resourceTypes": [
                {
                    "name": name,
                    "shareTypes": ["user"],
                    "protocols": {"webdav": "/dav/", "webdav-receive": {"uri": "relative"}},
                }
                for name in ("file", "folder")
            ],
            "criteria": [],
            "jwksUri": f"{self.url}/jwks",
        }
        if self.can_exchange:
            capabilities.append("exchange-token")
            document["tokenEndPoint"] = f"{self.url}/token"
        return {**document, "capabilities": capabilities}

    def key_set(self):
        if self.algorithm == "Ed25519":
            x = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            key = {"kty": "OKP", "crv": "Ed25519", "x": text(x)}
        else:
            numbers = self.key.public_key().public_numbers()
            key = {"kty": "EC", "crv": "P-256", "x": text(numbers.x.to_bytes(32)), "y": text(numbers.y.to_bytes(32))}
        return {"keys": [{**key, "alg": self.algorithm, "use": "sig", "kid": self.key_id}]}

    def answer(self, method, path, headers, body):
        place = urllib.parse.unquote(urllib.parse.urlsplit(path).path)
        as_json = lambda status, value: (status, {"content-type": "application/json"}, json.dumps(value).encode())
        if place in ("/.well-known/ocm", "/ocm-provider/"):
            return as_json(200, self.document())
        if place == "/jwks":
            return as_json(200, self.key_set())
        if place == "/dav" or place.startswith("/dav/"):
            return self.webdav(method, place.removeprefix("/dav").strip("/"), headers, body)
        if method == "POST" and place in ("/ocm/shares", "/ocm/notifications", "/token"):
            try:
                self.signers.append(verify("POST", f"{self.url}{path}", headers, body))
            except Exception as error:
                self.refused.append(f"{place}: {type(error).__name__}: {error}")
                return as_json(401, {"message": "not signed well"})
            if place == "/ocm/shares":
                self.shares.append(json.loads(body))
                return as_json(201, {"recipientDisplayName": "Zoe"})
            if place == "/ocm/notifications":
                self.notifications.append(json.loads(body))
                return as_json(201, {})
            form = dict(urllib.parse.parse_qsl(body.decode()))
            self.token_requests.append({key: value for key, value in form.items() if key != "code"})
            if form.get("code") != self.secret:
                return as_json(400, {"error": "invalid_grant"})
            token = secrets.token_urlsafe(24)
            self.tokens.add(token)
            return as_json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 600})
        return as_json(404, {"message": "nothing here"})

    def webdav(self, method, name, headers, body):
        authorization = headers.get("authorization", "")
        self.dav_log.append((method, name, authorization.split(" ")[0]))
        if self.secret in authorization or text(f"{self.secret}:".encode()) in authorization:
            self.refused.append("the secret was sent to WebDAV")
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return 401, {"www-authenticate": 'Bearer error="invalid_token"'}, b""
        name = name.removeprefix(self.provider_id).strip("/")
        etag = lambda known: f'"{known}-{self.versions[known]}"'
        if method == "PROPFIND":
            return self.propfind(name, headers)
        if method in ("GET", "HEAD"):
            if name not in self.files:
                return 404, {}, b""
            content, extra, status = self.files[name], {}, 200
            if wanted := headers.get("range"):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                first, last = int(first), min(int(last or len(content) - 1), len(content) - 1)
                extra = {"content-range": f"bytes {first}-{last}/{len(content)}"}
                content, status = content[first : last + 1], 206
            return status, {"etag": etag(name), "content-type": "text/plain", "accept-ranges": "bytes", **extra}, content
        if method == "PUT":
            match = headers.get("if-match")
            if match and (name not in self.files or match != etag(name)):
                return 412, {}, b""
            new = name not in self.files
            self.files[name] = body
            self.versions[name] = self.versions.get(name, 0) + 1
            return (201 if new else 204), {"etag": etag(name)}, b""
        if method == "DELETE":
            if self.files.pop(name, None) is None:
                return 404, {}, b""
            return 204, {}, b""
        return 405, {}, b""

    def propfind(self, name, headers):
        root = f"/dav/{self.provider_id}/"
        whole = hashlib.sha256(repr(sorted(self.versions.items())).encode()).hexdigest()[:12]

        def response(href, properties):
            inside = "".join(f"<{key}>{value}</{key}>" for key, value in properties.items())
            return (
                f"<d:response><d:href>{escape(href)}</d:href><d:propstat><d:prop>{inside}</d:prop>"
                "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
            )

        def of_file(known):
            return response(
                root + urllib.parse.quote(known),
                {
                    "d:resourcetype": "",
                    "d:getetag": f"&quot;{known}-{self.versions[known]}&quot;",
                    "d:getcontentlength": len(self.files[known]),
                    "d:getcontenttype": "text/plain",
                    "d:getlastmodified": "Sun, 22 Nov 2026 05:00:00 GMT",
                    "oc:permissions": "RGDNVW",
                },
            )

        if name:
            if name not in self.files:
                return 404, {}, b""
            parts = [of_file(name)]
        else:
            parts = [
                response(
                    root,
                    {
                        "d:resourcetype": "<d:collection/>",
                        "d:getetag": f"&quot;{whole}&quot;",
                        "d:getlastmodified": "Sun, 22 Nov 2026 05:00:00 GMT",
                        "oc:permissions": "RGDNVCK",
                    },
                )
            ]
            if headers.get("depth", "1") != "0":
                parts += [of_file(known) for known in sorted(self.files)]
        answer = (
            '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">'
            + "".join(parts)
            + "</d:multistatus>"
        )
        return 207, {"content-type": "application/xml; charset=utf-8"}, answer.encode()
