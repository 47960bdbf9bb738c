"""A client of the OpenID provider that registered itself: Authlib, with tokens read by PyJWT, joserfc and jwcrypto."""

import json
import time

import jwt
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwk as joserfc_jwk
from joserfc import jwt as joserfc_jwt
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jwt as jwcrypto_jwt
from jwcrypto.common import JWException

from provider import parameters

BACK = "http://127.0.0.1:45678/back"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"


def get(url, **options):
    return requests.get(url, timeout=20, allow_redirects=False, **options)


def post(url, **options):
    return requests.post(url, timeout=20, allow_redirects=False, **options)


class ShortAssertion(PrivateKeyJWT):
    """Authlib's assertions are good for an hour and for the token endpoint; this server wants minutes, and its issuer."""

    def __init__(self, issuer):
        super().__init__(issuer, alg="ES256")

    def sign(self, auth, token_endpoint):
        # New each time: Authlib keeps the `jti` in the claims that it is given.
        self.claims = {"exp": int(time.time()) + 60}
        return super().sign(auth, token_endpoint)


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

    def session(self, scope, key=None):
        """Authlib's client; with a key it proves with that who it is."""
        method = ShortAssertion(self.server["issuer"]) if key else self.information["token_endpoint_auth_method"]
        return OAuth2Session(
            self.id,
            key or self.information.get("client_secret"),
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
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


def by_jwcrypto(keys, token, algorithm, issuer, audience):
    """The claims of a token, verified by jwcrypto; raises when they are not as they should be."""
    expected = {"iss": issuer, "aud": audience, "exp": None, "iat": None, "sub": None}
    key_set = jwcrypto_jwk.JWKSet.from_json(json.dumps(keys))
    read = jwcrypto_jwt.JWT(jwt=token, key=key_set, algs=[algorithm], expected_type="JWS", check_claims=expected)
    return json.loads(read.claims)


def is_taken(*arguments):
    """Whether jwcrypto takes a token."""
    try:
        by_jwcrypto(*arguments)
    except JWException:
        return False
    return True


def by_libraries(tally, client, token, audience):
    """The claims of a token, verified by PyJWT, joserfc and jwcrypto."""
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
    tally.equal("joserfc reads the same", again, claims)
    issuer = client.server["issuer"]
    tally.equal("jwcrypto reads the same", by_jwcrypto(keys, token, algorithm, issuer, audience), claims)
    head, payload, signature = token.split(".")
    other = {"A": "B"}.get(signature[0], "A") + signature[1:]
    tally.check("and no other signature", not is_taken(keys, f"{head}.{payload}.{other}", algorithm, issuer, audience))
    tally.check("nor for somebody else", not is_taken(keys, token, algorithm, issuer, "https://elsewhere.example"))
    thumbprints = {joserfc_jwk.import_key(key).thumbprint(), jwcrypto_jwk.JWK(**key).thumbprint()}
    tally.equal("the key is named by its thumbprint", thumbprints, {kid})
    return claims
