"""Authlib, PyJWT and joserfc against the OpenID provider, and the life of a client that registers itself."""

import json

import jwt
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwk as joserfc_jwk
from joserfc import jwt as joserfc_jwt

from harness import Tally
from person import Page, Person
from provider import REFERENCE, Provider, parameters

BACK = "http://127.0.0.1:45678/back"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"


def get(url, **options):
    return requests.get(url, timeout=20, allow_redirects=False, **options)


def post(url, **options):
    return requests.post(url, timeout=20, allow_redirects=False, **options)


class Registered:
    """A client that registered itself."""

    def __init__(self, provider, **metadata):
        self.provider = provider
        self.server = get(f"{provider.issuer}/.well-known/openid-configuration").json()
        wanted = {
            "client_name": "Python client",
            "redirect_uris": [BACK],
            "application_type": "native",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            **metadata,
        }
        answer = post(self.server["registration_endpoint"], json=wanted)
        assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
        self.headers = answer.headers
        self.information = answer.json()
        self.id = self.information["client_id"]

    def session(self, scope):
        return OAuth2Session(
            self.id,
            self.information.get("client_secret"),
            token_endpoint_auth_method=self.information["token_endpoint_auth_method"],
            scope=scope,
            redirect_uri=BACK,
            code_challenge_method="S256",
        )

    def begin(self, session, **more):
        url, _ = session.create_authorization_url(
            self.server["authorization_endpoint"], code_verifier=VERIFIER, **{"nonce": "a-nonce", **more}
        )
        return url

    def redeem(self, session, back, state=None):
        return session.fetch_token(
            self.server["token_endpoint"],
            authorization_response=back,
            code_verifier=VERIFIER,
            state=state or parameters(back)["state"],
        )

    def introspect(self, token):
        auth = (self.id, self.information["client_secret"])
        return post(self.server["introspection_endpoint"], data={"token": token}, auth=auth).json()


def by_two_libraries(tally, client, token, audience):
    """The claims of a token, verified by PyJWT and by joserfc."""
    keys = get(client.server["jwks_uri"]).json()
    kid = jwt.get_unverified_header(token)["kid"]
    algorithm = jwt.get_unverified_header(token)["alg"]
    key = next(key for key in keys["keys"] if key["kid"] == kid)
    claims = jwt.decode(
        token,
        jwt.PyJWK(key).key,
        algorithms=[algorithm],
        issuer=client.server["issuer"],
        audience=audience,
        options={"require": ["exp", "iat", "sub", "iss"]},
    )
    again = joserfc_jwt.decode(token, joserfc_jwk.KeySet.import_key_set(keys), algorithms=[algorithm]).claims
    tally.equal("both libraries read the same", again, claims)
    thumbprint = joserfc_jwk.import_key(key).thumbprint()
    tally.equal("the key is named by its thumbprint", kid, thumbprint)
    return claims


def everything(tally, provider):
    """S01, S03: register, sign in, consent, tokens, refresh, deletion."""
    client = Registered(provider)
    tally.equal("the answer is not stored", client.headers["Cache-Control"], "no-store")
    tally.check("id of 64 letters and digits", len(client.id) == 64 and client.id.isalnum(), client.id)
    person = Person(provider.user["name"], provider.user["password"])
    session = client.session("openid profile email notes:read offline_access")
    back = person.answer(client.begin(session, state="a state & more"), BACK)
    tally.equal("pages", person.pages, ["sign-in", "consent"])
    tally.equal("state and issuer", (parameters(back)["state"], parameters(back)["iss"]), ("a state & more", provider.issuer))
    token = client.redeem(session, back, state="a state & more")
    claims = by_two_libraries(tally, client, token["id_token"], client.id)
    tally.equal("nonce", claims["nonce"], "a-nonce")
    about = session.get(client.server["userinfo_endpoint"], timeout=20).json()
    tally.equal("userinfo", (about["sub"], about["preferred_username"]), (claims["sub"], provider.user["name"]))
    tally.equal("scopes in userinfo", set(about["scope"].split()), {"openid", "profile", "email", "notes:read", "offline_access"})
    again = session.refresh_token(client.server["token_endpoint"], refresh_token=token["refresh_token"])
    tally.check("the refresh token changes", again["refresh_token"] != token["refresh_token"])
    tally.check("live", client.introspect(again["access_token"])["active"])

    manage = client.information["registration_client_uri"]
    right = {"Authorization": f"Bearer {client.information['registration_access_token']}"}
    seen = get(manage, headers=right)
    tally.equal("its own record", (seen.status_code, seen.json()["client_id"]), (200, client.id))
    tally.check("without the secret", "client_secret" not in seen.json(), seen.text)
    for what, headers in [("none", {}), ("wrong", {"Authorization": "Bearer wrong"})]:
        tally.equal(f"{what} credentials", requests.delete(manage, headers=headers, timeout=20).status_code, 401)
    unknown = manage.rsplit("/", 1)[0] + "/" + "x" * 64
    tally.equal("unknown client", requests.delete(unknown, headers=right, timeout=20).status_code, 401)
    gone = requests.delete(manage, headers=right, timeout=20)
    tally.equal("deleted", (gone.status_code, gone.content), (204, b""))
    tally.equal("twice", requests.delete(manage, headers=right, timeout=20).status_code, 401)
    bearer = {"Authorization": f"Bearer {again['access_token']}"}
    tally.equal("its tokens are dead", get(client.server["userinfo_endpoint"], headers=bearer).status_code, 401)


def every_scope(tally, provider, form):
    """S02: none of 21 scopes is lost on the way."""
    client = Registered(provider, token_type=form, scope=REFERENCE)
    tally.equal("registered scopes", set(client.information["scope"].split()), set(REFERENCE.split()))
    session = client.session(REFERENCE)
    person = Person(provider.user["name"], provider.user["password"])
    token = client.redeem(session, person.answer(client.begin(session), BACK))
    wanted = set(REFERENCE.split())
    tally.equal("scopes in the answer", set(token["scope"].split()), wanted)
    if form == "jwt":
        audience = jwt.decode(token["access_token"], options={"verify_signature": False})["aud"]
        claims = by_two_libraries(tally, client, token["access_token"], audience)
        tally.equal("its type", jwt.get_unverified_header(token["access_token"])["typ"], "at+jwt")
        tally.equal("scopes in the token", set(claims["scope"].split()), wanted)
    else:
        tally.check("an opaque token", token["access_token"].startswith("nca_"), token["access_token"][:8])
    tally.equal("scopes in introspection", set(client.introspect(token["access_token"])["scope"].split()), wanted)
    about = session.get(client.server["userinfo_endpoint"], timeout=20).json()
    tally.equal("scopes in userinfo", set(about["scope"].split()), wanted)


def decisions(tally, provider):
    """S04 and denial, without a browser."""
    client = Registered(provider)
    person = Person(provider.user["name"], provider.user["password"])
    session = client.session("openid notes:read notes:write")
    token = client.redeem(session, person.answer(client.begin(session), BACK, untick=["notes:write"]))
    tally.equal("only what was ticked", set(token["scope"].split()), {"openid", "notes:read"})
    denied = parameters(person.answer(client.begin(session, prompt="consent"), BACK, deny=True))
    tally.equal("denial", (denied.get("error"), denied.get("iss")), ("access_denied", provider.issuer))
    page = person.session.get(client.begin(session, prompt="consent"), timeout=20)
    tally.equal("no script on consent", Page(page.url, page.text).scripts, 0)
    policy = page.headers["Content-Security-Policy"]
    tally.check("the policy names the program", policy.endswith("form-action 'self' http://127.0.0.1:45678"), policy)
    tally.check("and allows no script", "script-src 'none'" in policy, policy)


def refusals(tally, provider):
    """What must not lead to the program: A01, A02, A05."""
    client = Registered(provider)
    good = {
        "client_id": client.id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    bad = {
        "unknown client": {"client_id": "x" * 64},
        "longer redirect URI": {"redirect_uri": BACK + "/more"},
        "redirect URI with a query": {"redirect_uri": BACK + "?a=b"},
        "redirect URI with a fragment": {"redirect_uri": BACK + "#a"},
    }
    for what, change in bad.items():
        answer = get(client.server["authorization_endpoint"], params={**good, **change})
        tally.equal(what, (answer.status_code, answer.headers.get("Location")), (400, None))
    told = {
        "unsupported_response_type": {"response_type": "token"},
        "invalid_request": {"code_challenge_method": "plain"},
        "invalid_scope": {"scope": "openid no-such-scope"},
        "invalid_target": {"resource": "https://elsewhere.example"},
        "request_not_supported": {"request": "e30.e30."},
    }
    for error, change in told.items():
        answer = get(client.server["authorization_endpoint"], params={**good, **change})
        back = parameters(answer.headers.get("Location", ""))
        expected = (303, error, "s", provider.issuer)
        tally.equal(error, (answer.status_code, back.get("error"), back.get("state"), back.get("iss")), expected)
    other_port = get(client.server["authorization_endpoint"], params={**good, "redirect_uri": BACK.replace("45678", "5")})
    tally.equal("another port of the same program", other_port.status_code, 303)


def metadata(tally, provider):
    documents = [
        "/.well-known/openid-configuration",
        "/apps/oidc/openid-configuration",
        "/index.php/apps/oidc/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ]
    answers = [get(provider.issuer + path) for path in documents]
    tally.equal("found", [answer.status_code for answer in answers], [200] * len(documents))
    tally.equal("the same bytes", len({answer.content for answer in answers}), 1)
    tally.equal("issuer", answers[0].json()["issuer"], provider.issuer)
    spoofed = get(provider.issuer + documents[0], headers={"Host": "evil.example"})
    tally.check("a made-up Host changes nothing", b"evil.example" not in spoofed.content, spoofed.text)
    tally.check("and JSON it is", json.loads(answers[0].text)["code_challenge_methods_supported"] == ["S256"])


def main():
    tally = Tally()
    with Provider() as provider:
        with tally.part("metadata"):
            metadata(tally, provider)
        with tally.part("the life of a client"):
            everything(tally, provider)
        for form in ["jwt", "opaque"]:
            with tally.part(f"21 scopes, {form}"):
                every_scope(tally, provider, form)
        with tally.part("the person decides"):
            decisions(tally, provider)
        with tally.part("refusals"):
            refusals(tally, provider)
    tally.finish()


main()
