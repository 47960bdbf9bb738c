"""What was secret on the wire must be nowhere afterwards: the rules of `nc-testkit/tests/secrets`, for scripts.

What is public is read from the list of those tests, so that there is one list.
"""

import base64
import json
import re
import urllib.parse

import requests

from harness import ROOT
from person import Page

SOURCE = (ROOT / "crates/nc-testkit/tests/secrets/harvest.rs").read_text()
PUBLIC = set(re.findall(r'"([^"]+)"', re.search(r"const PUBLIC: &\[&str\] = &\[(.*?)\n\];", SOURCE, re.DOTALL).group(1)))
SHORTEST = int(re.search(r"const SHORTEST: usize = (\d+);", SOURCE).group(1))
LONGEST_PUBLIC_SEGMENT = int(re.search(r"const LONGEST_PUBLIC_SEGMENT: usize = (\d+);", SOURCE).group(1))
assert {"client_id", "state", "sub"} <= PUBLIC and "access_token" not in PUBLIC


class Record:
    """Every exchange that `requests` makes, and every value in them that could be a secret, with where it was seen first."""

    def __init__(self):
        self.secrets = {}

    def __enter__(self):
        self.send = requests.Session.send

        def recorded(session, request, **options):
            answer = self.send(session, request, **options)
            self.one(request, answer)
            return answer

        requests.Session.send = recorded
        return self

    def __exit__(self, *_):
        requests.Session.send = self.send

    def add(self, place, name, value):
        if len(value) >= SHORTEST and name not in PUBLIC and "://" not in value:
            self.secrets.setdefault(value, f"{name} at {place}")

    def one(self, request, answer):
        url = urllib.parse.urlsplit(request.url)
        place = url.path
        for segment in place.split("/"):
            if len(segment) > LONGEST_PUBLIC_SEGMENT:
                self.add("a path", "segment", segment)
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        self.add(place, scheme, rest)
        for pair in request.headers.get("Cookie", "").split("; "):
            name, _, value = pair.partition("=")
            self.add(place, f"cookie {name}", value)
        for cookie in answer.cookies:
            self.add(place, f"cookie {cookie.name}", cookie.value or "")
        self.pairs(place, url.query)
        self.pairs(place, urllib.parse.urlsplit(answer.headers.get("Location", "")).query)
        if place != "/mcp":
            # What tools are asked and answer are people's contents, and no secrets of the protocol.
            sent = request.body or ""
            self.body(place, sent.decode() if isinstance(sent, bytes) else sent)
            self.body(place, answer.text)

    def pairs(self, place, query):
        for name, value in urllib.parse.parse_qsl(query):
            self.add(place, name, value)

    def body(self, place, text):
        try:
            value = json.loads(text)
        except ValueError:
            if text.lstrip().startswith("<"):
                for form in Page("", text).forms:
                    for field in form["inputs"]:
                        if field.get("type") == "hidden":
                            self.add(place, field.get("name", ""), field.get("value", ""))
            else:
                self.pairs(place, text)
            return
        if "/.well-known/" not in place and not place.endswith("/jwks"):
            self.json(place, "", value)

    def json(self, place, name, value):
        if isinstance(value, str):
            self.add(place, name, value)
        elif isinstance(value, list):
            for item in value:
                self.json(place, name, item)
        elif isinstance(value, dict):
            for member, item in value.items():
                self.json(place, member, item)


def random_part(secret):
    """Without what all secrets of the kind have in common; of a signed token, the signature."""
    body = secret.rsplit(".", 1)[-1].rsplit(":", 1)[-1]
    body = body[4:] if re.match(r"nc._", body) else body
    return body if len(body) >= 16 else secret


def forms_of(secret):
    """A secret as it is, as hexadecimal digits and as base64; and what it stands for, where it is written in one of these."""
    body = random_part(secret).encode()
    forms = {"as it is": body, "hexadecimal": body.hex().encode(), "hexadecimal capitals": body.hex().upper().encode()}
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + body)
        forms[f"base64, {offset} bytes in"] = text[[0, 2, 3][offset] : (offset + len(body)) * 8 // 6]
    for decode in [bytes.fromhex, lambda text: base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)]:
        try:
            decoded = decode(body.decode())
        except ValueError:
            continue
        if len(decoded) >= 16:
            forms["decoded"] = decoded
            break
    return forms


class Search:
    """Looks for secrets in bytes, in every form in which they could hide."""

    def __init__(self, secrets):
        self.forms = [(f"{place}, {form}", text) for secret, place in secrets.items() for form, text in forms_of(secret).items()]

    def in_bytes(self, place, content):
        return [f"{place}: {what}" for what, text in self.forms if text in content]


def values_in(ask):
    """Every column of every table of a PostgreSQL database, by name; `ask` runs a statement and gives the lines of the answer."""
    values = {}
    columns = ask(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3"
    )
    for schema, table, column, kind in (line.split("|") for line in columns):
        # Texts and documents may hold line breaks, so everything comes as hexadecimal digits.
        value = f'"{column}"' if kind == "bytea" else f"convert_to(\"{column}\"::text, 'UTF8')"
        statement = f'SELECT encode({value}, \'hex\') FROM "{schema}"."{table}" WHERE "{column}" IS NOT NULL'
        values[f"{table}.{column}"] = [bytes.fromhex(line) for line in ask(statement)]
    return values
