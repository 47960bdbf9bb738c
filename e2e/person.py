"""A person at the pages of the authorization server, without a browser: reads forms, fills them in, sends them."""

import urllib.parse
from html.parser import HTMLParser

import requests


class Page(HTMLParser):
    """The forms of one page, and whether it has scripts."""

    def __init__(self, url, text):
        super().__init__()
        self.url = url
        self.text = text
        self.forms = []
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "script":
            self.scripts += 1
        elif tag == "form":
            self.forms.append({"action": attributes.get("action", ""), "inputs": [], "actions": []})
        elif tag == "input" and self.forms:
            self.forms[-1]["inputs"].append(attributes)
        elif tag == "button" and self.forms:
            self.forms[-1]["actions"].append(attributes.get("formaction"))

    @property
    def fields(self):
        """What the first form holds."""
        return {field["name"]: field.get("value", "") for field in self.forms[0]["inputs"]} if self.forms else {}

    @property
    def names(self):
        return {field.get("name") for form in self.forms for field in form["inputs"]}


def values(form, typed=None, untick=()):
    """What a browser would send."""
    sent = []
    for field in form["inputs"]:
        name, kind = field.get("name"), field.get("type", "text")
        if not name or "disabled" in field:
            continue
        if kind == "checkbox" and ("checked" not in field or field.get("value") in untick):
            continue
        sent.append((name, (typed or {}).get(name, field.get("value", ""))))
    return sent


class Person:
    """One browser's cookies."""

    def __init__(self, name, password, code=None):
        self.name = name
        self.password = password
        self.code = code
        self.session = requests.Session()
        self.pages = []

    def follow(self, response, redirect_uri):
        """Goes where answers lead, but not to the program: the address there, or the page where it ends."""
        for _ in range(12):
            if not response.is_redirect:
                return Page(response.url, response.text)
            url = urllib.parse.urljoin(response.url, response.headers["Location"])
            if url.startswith(redirect_uri):
                return url
            response = self.session.get(url, allow_redirects=False, timeout=20)
        raise RuntimeError(f"redirects without an end: {response.url}")

    def send(self, page, form, fields, action=None):
        url = urllib.parse.urljoin(page.url, action or form["action"])
        headers = {"Origin": url.split("/", 3)[0] + "//" + url.split("/", 3)[2], "Sec-Fetch-Site": "same-origin"}
        return self.session.post(url, data=fields, headers=headers, allow_redirects=False, timeout=20)

    def answer(self, url, redirect_uri, untick=(), deny=False):
        """Answers page after page; the address at which the program is told, or the page that posts it there."""
        self.pages = []
        at = self.follow(self.session.get(url, allow_redirects=False, timeout=20), redirect_uri)
        for _ in range(5):
            if isinstance(at, str):
                return at
            form, action = (at.forms or [None])[0], None
            if form and form["action"].startswith(redirect_uri):
                # response_mode=form_post: the form is for the program.
                at.url = form["action"]
                return at
            if "password" in at.names:
                self.pages.append("sign-in")
                fields = values(form, {"user": self.name, "password": self.password})
            elif "code" in at.names:
                self.pages.append("second-factor")
                fields = values(form, {"code": self.code()})
            elif "rid" in at.names:
                self.pages.append("consent")
                fields = values(form, untick=untick)
                action = next((action for action in form["actions"] if action), None) if deny else None
            else:
                raise RuntimeError(f"a page without an end: {at.url}: {at.text[-600:]}")
            at = self.follow(self.send(at, form, fields, action), redirect_uri)
        raise RuntimeError(f"no end after {self.pages}")
