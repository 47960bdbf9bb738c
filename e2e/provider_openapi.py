"""The OpenID provider as docs/openid-provider.yaml describes it: schemathesis sends what the description allows and what it
forbids, and every answer has to be one that is described."""

import json
import sys
import textwrap
import urllib.parse

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness import BUILD, ROOT, Tally, run
from person import Person
from provider import Provider, parameters
from registered import BACK, Registered, post

DESCRIPTION = ROOT / "docs" / "openid-provider.yaml"
FOLDER = BUILD / "openapi"
# What is valid by its shape may still name a client, a code or a token that does not exist.
NOT_ASKED = "positive_data_acceptance"
# The same cases in every run: nothing is learned from answers or from runs before. A seed as argument tries others, and more.
USUAL = """
[cache]
enabled = false
[generation]
deterministic = true
database = "none"
[phases.coverage.extra-data-sources]
responses = false
[phases.fuzzing.extra-data-sources]
responses = false
[phases.fuzzing.error-feedback]
enabled = false
"""
HOW_MANY = ["--seed", sys.argv[1], "--max-examples", "200"] if len(sys.argv) > 1 else ["--max-examples", "40"]
CLAIM = {"scope": "profile", "name": "is_staff", "function": "isInGroup", "parameter": "staff"}


def schemathesis(tally, what, provider, scene, settings, *options):
    """One run of its command line; checks each operation."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = {name: FOLDER / f"{what}-{name}.json" for name in ["scene", "report", "answered"]}
    for file in files.values():
        file.unlink(missing_ok=True)
    files["scene"].write_text(json.dumps({"origin": provider.issuer, "answered": str(files["answered"]), **scene}))
    configuration = FOLDER / f"{what}.toml"
    usual = USUAL.replace("deterministic = true", "deterministic = false") if len(sys.argv) > 1 else USUAL
    configuration.write_text(usual + textwrap.dedent(settings))
    ended = run(
        *[sys.executable, "-m", "schemathesis.cli", "--config-file", configuration, "run", DESCRIPTION],
        *["--url", provider.issuer, "--no-color", *HOW_MANY],
        *["--report", "json", "--report-json-path", files["report"]],
        *options,
        environment={
            "SCHEMATHESIS_HOOKS": "hooks",
            "OPENAPI_SCENE": str(files["scene"]),
            "PYTHONPATH": str(ROOT / "e2e" / "openapi"),
        },
        cwd=FOLDER,
    )
    (FOLDER / f"{what}.log").write_text(ended.stdout + ended.stderr)
    if not tally.check(f"{what}: schemathesis ran", files["report"].exists(), ended.stdout[-1500:] + ended.stderr[-1500:]):
        return
    report = json.loads(files["report"].read_text())
    answered = json.loads(files["answered"].read_text())
    tally.equal(f"{what}: tested", report["operations"]["tested"], report["operations"]["selected"])
    tally.equal(f"{what}: errors of its own", report["errors"], [])
    wrong = {}
    for failure in report["failures"]:
        for operation in failure["operations"]:
            wrong.setdefault(operation, []).append(failure["title"])
    for operation, statuses in sorted(answered.items()):
        tally.equal(f"{operation} answers as described", wrong.pop(operation, []), [])
        # Otherwise nothing but errors would have been looked at.
        tally.check(f"{operation} succeeded", any(status[0] in "23" for status in statuses), statuses)
    tally.equal(f"{what}: other failures", wrong, {})
    if wrong or report["failures"]:
        text = ended.stdout
        print(text[text.find("= FAILURES =") :][:20000])
    cases = report["test_cases"]["generated"]
    print(f"{what}: {cases} cases for {len(answered)} operations")


def for_programs(tally, provider):
    """What clients, resource servers and the pages of a person ask."""
    client = Registered(provider)
    person = Person(provider.user["name"], provider.user["password"])
    session = client.session("openid profile notes:read offline_access")
    token = client.redeem(session, person.answer(client.begin(session), BACK))
    other = Registered(provider, client_name="To be disconnected")
    person.answer(other.begin(other.session("openid notes:read")), BACK)
    cookie = person.session.cookies["nc_oidc"]
    consents = person.session.get(f"{provider.issuer}/apps/oidc/api/consents", timeout=20).json()
    numbers = {consent["clientIdentifier"]: consent["clientId"] for consent in consents}

    authorization = parameters(client.begin(session))
    without = ["request_uri", "prompt", "claims", "max_age", "resource", "response_mode", "dpop_jkt", "id_token_hint"]
    credentials = ["client_id", "client_secret", "client_assertion", "client_assertion_type"]
    metadata = {"redirect_uris": [BACK], "application_type": "native", "token_endpoint_auth_method": "none", "client_name": "A client"}
    unusual = ["jwks", "jwks_uri", "logo_uri", "policy_uri", "tos_uri", "backchannel_logout_uri", "resource_url", "scope"]
    unusual += ["grant_types", "response_types"]
    known = {
        "GET /.well-known/webfinger": {"query": {"resource": f"acct:alice@{urllib.parse.urlsplit(provider.issuer).netloc}"}},
        "GET /apps/oidc/authorize": {"query": authorization, "without": without},
        "POST /apps/oidc/authorize": {"body": authorization, "without": without},
        "POST /apps/oidc/par": {"body": authorization, "without": [*without, *credentials]},
        "POST /apps/oidc/token": {"body": {"grant_type": "refresh_token"}, "without": ["scope", "resource", *credentials]},
        "POST /apps/oidc/userinfo": {"without": ["access_token"]},
        "POST /apps/oidc/introspect": {"body": {"token": token["access_token"]}, "without": credentials},
        "POST /apps/oidc/revoke": {"body": {"token": "ncr_unknown"}, "without": credentials},
        "POST /apps/oidc/register": {"body": metadata, "without": unusual},
        "PUT /apps/oidc/register/{client_id}": {"body": metadata, "without": [*unusual, "client_secret"]},
        "PATCH /apps/oidc/api/consents/{client}/scopes": {"path": {"client": numbers[client.id]}, "body": {"scopes": ["openid"]}},
        "DELETE /apps/oidc/api/consents/{client}": {"path": {"client": numbers[other.id]}},
    }
    settings = f"""
        [auth.openapi.clientSecret]
        username = "{client.id}"
        password = "{client.information["client_secret"]}"
        [auth.openapi.accessToken]
        bearer = "{token["access_token"]}"
        [auth.openapi.registrationAccessToken]
        bearer = "of-nobody"
        [auth.openapi.session]
        api_key = "{cookie}"
    """
    scene = {"known": known, "refresh_token": token["refresh_token"]}
    options = ["--exclude-tag", "administration", "--exclude-checks", NOT_ASKED]
    schemathesis(tally, "programs", provider, scene, settings, *options)


def for_administrators(tally, provider):
    """What administrators ask."""
    account = (provider.administrator["name"], provider.administrator["password"])

    def add(path, **values):
        return post(f"{provider.issuer}/apps/oidc{path}", json=values, auth=account).json()

    # Many, as generated numbers are small: what others are about to change must not be removed by chance.
    *_, changed, removed = [add("/clients", name="Client", redirectUri=f"https://{number}.example/cb") for number in range(40)]
    claims = [add("/customClaim", clientId=changed["id"], **{**CLAIM, "name": f"claim_{number}"})["id"] for number in range(40)]
    after_logout = add("/logoutRedirect", redirectUri="https://changed.example/out")
    unusual = ["emailRegex", "resourceUrl", "allowedScopes"]
    number, text = {"path": {"id": changed["id"]}}, "https://more.example/cb"
    known = {
        "GET /apps/oidc/clients/{id}": number,
        "POST /apps/oidc/clients": {"body": {"name": "More", "redirectUri": text}, "without": unusual},
        "DELETE /apps/oidc/clients/{id}": {"path": {"id": removed["id"]}},
        "POST /apps/oidc/clients/redirect": {"body": {"id": changed["id"], "redirectUri": text}},
        "DELETE /apps/oidc/clients/redirect/{id}": {"path": {"id": changed["redirectUris"][0]["id"]}},
        "POST /apps/oidc/logoutRedirect": {"body": {"redirectUri": text}},
        "DELETE /apps/oidc/logoutRedirect/{id}": {"path": {"id": after_logout[0]["id"]}},
        "POST /apps/oidc/customClaim": {"body": {"clientId": changed["id"], **CLAIM}, "without": ["clientUid"]},
        "PATCH /apps/oidc/customClaim": {"body": {"id": claims[-1], **CLAIM, "name": "changed"}},
        "PATCH /apps/oidc/customClaim/{id}": {"path": {"id": claims[-2]}, "body": {**CLAIM, "name": "changed_too"}},
        "DELETE /apps/oidc/customClaim/{id}": {"path": {"id": claims[-3]}},
        "POST /apps/oidc/dynamicClientRegistration": {"body": {"dynamicClientRegistration": "open"}},
    }
    values = {"groups": ["staff"], "flows": None, "token_type": None, "allowed_scopes": "openid", "email_regex": "", "resource_url": ""}
    names = {"groups": "groups", "allowed_scopes": "allowedScopes", "email_regex": "emailRegex", "resource_url": "resourceUrl"}
    for what, value in values.items():
        body = {names[what]: value} if what in names else {}
        known[f"PATCH /apps/oidc/clients/{what}/{{id}}"] = {**number, "body": body}
    settings = f"""
        [auth.openapi.password]
        username = "{account[0]}"
        password = "{account[1]}"
        [checks.negative_data_rejection]
        # What could come from a form of another site is refused before anything of it is read.
        expected-statuses = [400, 401, 403, 404, 405, 412]
        [phases.stateful.inference]
        # Which number belongs to what, the description says; names do not.
        algorithms = []
    """
    # For the same reason a method that is not there may be answered with 412. Numbers are small, and what was just made is removed
    # by chance.
    excluded = f"{NOT_ASKED},unsupported_method,ensure_resource_availability"
    options = ["--include-tag", "administration", "--exclude-checks", excluded]
    schemathesis(tally, "administrators", provider, {"known": known}, settings, *options)


def is_valid(tally):
    """The description itself."""
    described = yaml.safe_load(DESCRIPTION.read_text())
    tally.equal("it is OpenAPI 3.1", [str(error)[:500] for error in OpenAPIV31SpecValidator(described).iter_errors()], [])


if __name__ == "__main__":
    tally = Tally()
    is_valid(tally)
    for part, options in [(for_programs, {}), (for_administrators, {"administrator": "root"})]:
        with Provider(**options) as provider, tally.part(part.__doc__.rstrip(".")):
            part(tally, provider)
    tally.finish()
