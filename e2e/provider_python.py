"""Authlib, PyJWT, joserfc and jwcrypto against the OpenID provider, and the life of a client that registers itself."""

import base64
import hashlib
import json
import time
import uuid

import jwt
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwk as joserfc_jwk

from harness import Tally
from person import Page, Person
from provider import REFERENCE, Provider, parameters
from registered import BACK, VERIFIER, Registered, by_libraries, get, post


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
    claims = by_libraries(tally, client, token["id_token"], client.id)
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
        claims = by_libraries(tally, client, token["access_token"], audience)
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


def algorithms(tally, provider):
    """ID tokens of every kind that can be registered."""
    for algorithm in ["RS256", "ES256", "EdDSA"]:
        client = Registered(provider, id_token_signed_response_alg=algorithm)
        session = client.session("openid")
        person = Person(provider.user["name"], provider.user["password"])
        token = client.redeem(session, person.answer(client.begin(session), BACK))
        tally.equal(f"signed with {algorithm}", jwt.get_unverified_header(token["id_token"])["alg"], algorithm)
        claims = by_libraries(tally, client, token["id_token"], client.id)
        tally.equal("nonce", claims["nonce"], "a-nonce")


def pushed_with_a_key(tally, provider):
    """private_key_jwt at every endpoint, a pushed request, form_post, a second factor, revocation, logout."""
    key = joserfc_jwk.ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
    client = Registered(
        provider,
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks={"keys": [key.as_dict(private=False)]},
    )
    tally.check("no secret", "client_secret" not in client.information, client.information)
    session = client.session("openid notes:read offline_access", key)
    asked = parameters(client.begin(session, response_mode="form_post", state="a state"))
    assertion = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(
            {
                "iss": client.id,
                "sub": client.id,
                "aud": client.server["issuer"],
                "jti": str(uuid.uuid4()),
                "iat": int(time.time()),
                "exp": int(time.time()) + 60,
            },
            key.as_pem(private=True),
            algorithm="ES256",
            headers={"kid": "one"},
        ),
    }
    endpoint = client.server["pushed_authorization_request_endpoint"]
    pushed = post(endpoint, data={**asked, **assertion})
    tally.equal("pushed", pushed.status_code, 201)
    again = post(endpoint, data={**asked, **assertion})
    tally.equal("an assertion is good once", (again.status_code, again.json()["error"]), (401, "invalid_client"))
    reference = requests.Request(
        "GET",
        client.server["authorization_endpoint"],
        params={"client_id": client.id, "request_uri": pushed.json()["request_uri"]},
    )
    person = Person(provider.guarded["name"], provider.guarded["password"], provider.code)
    sent = person.answer(reference.prepare().url, BACK)
    tally.equal("pages", person.pages, ["sign-in", "second-factor", "consent"])
    tally.equal("nothing in the address", sent.url, BACK)
    tally.equal("state and issuer", (sent.fields["state"], sent.fields["iss"]), ("a state", provider.issuer))
    token = session.fetch_token(client.server["token_endpoint"], code=sent.fields["code"], code_verifier=VERIFIER)
    claims = by_libraries(tally, client, token["id_token"], client.id)
    tally.equal("the ways of signing in are told", set(claims["amr"]), {"pwd", "otp", "mfa"})
    live = session.introspect_token(client.server["introspection_endpoint"], token=token["access_token"])
    tally.equal("live", (live.status_code, live.json()["active"]), (200, True))
    gone = session.revoke_token(client.server["revocation_endpoint"], token=token["refresh_token"])
    tally.equal("revoked", gone.status_code, 200)
    live = session.introspect_token(client.server["introspection_endpoint"], token=token["access_token"])
    tally.equal("dead", live.json(), {"active": False})
    provider.admin("oidc:create-logout-redirect-uri", BACK)
    leave = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": BACK, "state": "after"}
    answer = person.session.get(client.server["end_session_endpoint"], params=leave, allow_redirects=False, timeout=20)
    back = person.follow(answer, BACK)
    tally.check("back after logout", isinstance(back, str) and parameters(back) == {"state": "after"}, back)
    silent = parameters(person.answer(client.begin(session, prompt="none"), BACK))
    tally.equal("nobody is signed in", silent.get("error"), "login_required")


def proof(key, method, url, token=None, nonce=None):
    """A DPoP proof (RFC 9449), made with PyJWT."""
    claims = {"jti": str(uuid.uuid4()), "htm": method, "htu": url, "iat": int(time.time())}
    if token:
        claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    if nonce:
        claims["nonce"] = nonce
    headers = {"typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
    return jwt.encode(claims, key.as_pem(private=True), algorithm="ES256", headers=headers)


def bound_to_a_key(tally, provider):
    """Tokens that only the holder of a key may use."""
    key, other = (joserfc_jwk.ECKey.generate_key("P-256") for _ in range(2))
    client = Registered(provider, token_endpoint_auth_method="none")
    session = client.session("openid")
    person = Person(provider.user["name"], provider.user["password"])
    code = parameters(person.answer(client.begin(session), BACK))["code"]
    endpoint = client.server["token_endpoint"]
    wanted = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    wanted["client_id"] = client.id

    def ask(nonce=None):
        return post(endpoint, data=wanted, headers={"DPoP": proof(key, "POST", endpoint, nonce=nonce)})

    answer = ask()
    if answer.status_code == 400 and answer.json()["error"] == "use_dpop_nonce":
        answer = ask(answer.headers["DPoP-Nonce"])
    tally.equal("token type", (answer.status_code, answer.json().get("token_type")), (200, "DPoP"))
    token = answer.json()["access_token"]
    about = client.server["userinfo_endpoint"]

    def see(scheme, with_key=None):
        headers = {"Authorization": f"{scheme} {token}"}
        if with_key:
            headers["DPoP"] = proof(with_key, "GET", about, token)
        first = get(about, headers=headers)
        if "DPoP-Nonce" in first.headers and with_key and first.status_code == 401:
            headers["DPoP"] = proof(with_key, "GET", about, token, first.headers["DPoP-Nonce"])
            return get(about, headers=headers).status_code
        return first.status_code

    tally.equal("with its key", see("DPoP", key), 200)
    tally.equal("with another", see("DPoP", other), 401)
    tally.equal("without a proof", see("DPoP"), 401)
    tally.equal("as a bearer token", see("Bearer"), 401)


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
        with tally.part("every algorithm"):
            algorithms(tally, provider)
        with tally.part("with a key: pushed, posted, revoked, signed out"):
            pushed_with_a_key(tally, provider)
        with tally.part("tokens bound to a key"):
            bound_to_a_key(tally, provider)
        with tally.part("refusals"):
            refusals(tally, provider)
    tally.finish()


main()
